"""Linear heads over the n-grams and cues of a task: one a label, and two more for each target that takes both parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.wordings import Wordings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.model.joining import LabelPolicy


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model sees of one task.

    Attributes
    ----------
    logits : tuple of float
        One a head, in the order of `escalation.model.joining.head_names`.
    occurrences : list of tuple of int
        Index in the task's n-gram list and feature number, of each known n-gram's first occurrence.
    values : array of shape (len(occurrences),)
        TF-IDF values of those n-grams.
    words, known_words : int
        Distinct words of the task, and those of them that the model knows.
    """

    logits: tuple[float, ...]
    occurrences: list[tuple[int, int]]
    values: NDArray[np.float64]
    words: int
    known_words: int


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
    weights : array of shape (n-grams + cues + wordings, heads), float32
        Cues follow the n-grams, wordings the cues.
    bias : array of shape (heads,)
    known_share : float
        A text of which a smaller share of the distinct words is known is unlike all that was learned from.
    wordings : Wordings
        Phrases that count beside the n-grams.
    about : dict
        Name, version, hashes, figures: what `model.json` holds besides.
    """

    labels: tuple[str, ...]
    policies: dict[str, LabelPolicy]
    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float64]
    known_share: float = 0.0
    wordings: Wordings = field(default_factory=Wordings)
    about: dict[str, Any] = field(default_factory=dict)

    def score(self, grams: Sequence[str], words: int, cues: Sequence[int]) -> Scores:
        """Score a task.

        Sublinear term frequency times inverse document frequency, normalised to length 1, as
        scikit-learn's `TfidfVectorizer` does; cues count 1 each.

        Parameters
        ----------
        grams : sequence of str
            N-grams as `escalation.features.ngrams` gives them.
        words : int
            So many of them, in front, are single words.
        cues : sequence of int
            Numbers of the active cues, and behind them of the active wordings.
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
        known = sum(1 for index, _ in occurrences if index < words)
        return Scores(tuple(logits.tolist()), occurrences, values, len(set(grams[:words])), known)
