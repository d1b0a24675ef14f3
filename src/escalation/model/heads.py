"""Linear heads: one a label, over the n-grams and cues of a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """How signals of a label become a decision.

    Attributes
    ----------
    by_rules : bool
        The label has too little support to be learned: the rules alone decide it.
    threshold : float
        Probability from which the model says yes.
    low, high : float
        Between them the model abstains where the rules speak, and the rules decide.
    support : int
        Tasks of the training corpus that have the label.
    """

    by_rules: bool
    threshold: float
    low: float
    high: float
    support: int


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model sees of one task.

    Attributes
    ----------
    probabilities : array of shape (labels,)
    occurrences : list of tuple of int
        Index in the task's n-gram list and feature number, of each known n-gram's first occurrence.
    values : array of shape (len(occurrences),)
        TF-IDF values of those n-grams.
    """

    probabilities: NDArray[np.float64]
    occurrences: list[tuple[int, int]]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """A trained classifier for the labels of a rulebook.

    Attributes
    ----------
    labels : tuple of str
    policies : dict of str to LabelPolicy
    vocabulary : dict of str to int
        Feature number of each n-gram, from 0 in sorted order.
    idf : array of shape (n-grams,)
        Inverse document frequency of each n-gram.
    weights : array of shape (n-grams + cues, labels), float32
        Calibrated weights; the cues follow the n-grams.
    bias : array of shape (labels,)
    about : dict
        Name, version, hashes, figures: what `model.json` holds besides.
    """

    labels: tuple[str, ...]
    policies: dict[str, LabelPolicy]
    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float64]
    about: dict[str, Any] = field(default_factory=dict)

    def score(self, grams: Sequence[str], cues: Sequence[int]) -> Scores:
        """Score a task.

        Sublinear term frequency times inverse document frequency, normalised to length 1, as
        scikit-learn's `TfidfVectorizer` does; cues count 1 each.

        Parameters
        ----------
        grams : sequence of str
            N-grams as `escalation.features.ngrams` gives them.
        cues : sequence of int
            Active features as `CueFeatures.active` gives them.
        """
        counts: dict[int, int] = {}
        first: dict[int, int] = {}
        get = self.vocabulary.get
        for index, gram in enumerate(grams):
            number = get(gram)
            if number is not None:
                if number in counts:
                    counts[number] += 1
                else:
                    counts[number] = 1
                    first[number] = index
        numbers = np.fromiter(counts, np.intp, len(counts))
        frequencies = np.array([1.0 + log(count) for count in counts.values()], np.float64)
        values: NDArray[np.float64] = np.multiply(frequencies, self.idf[numbers], dtype=np.float64)
        norm = float(np.sqrt(values @ values))
        if norm > 0:
            values = values / norm
        active = np.asarray(cues, np.intp) + len(self.vocabulary)
        logits = self.bias + values @ self.weights[numbers] + self.weights[active].sum(axis=0, dtype=np.float64)
        occurrences = [(first[number], number) for number in counts]
        return Scores(sigmoid(logits), occurrences, values)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give probabilities of logits without overflow."""
    result: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return result
