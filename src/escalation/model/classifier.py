"""Linear heads over the n-grams and cues of a task: one per label, and two more per target with both dispositions."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from escalation.model.vocabulary import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.model.directory import ModelInfo
    from escalation.model.policy import LabelPolicy
    from escalation.model.vocabulary import Vocabulary
    from escalation.rules.rulebook import Label


class Scores(NamedTuple):
    """What the model sees in one task.

    Attributes
    ----------
    logits : array of shape (heads,)
        In the order of `escalation.model.policy.head_names`.
    rows : list of int
        For each word of the task, then for each pair of neighbours, as `Vocabulary.find` returns them.
    weights : array of shape (known n-grams + cues, heads)
        Of the distinct n-grams that the model knows, in the order of their first occurrence, then of the active cues.
    values : array of shape (known n-grams + cues,)
        TF-IDF values of those n-grams, and 1 for each cue.
    known_words, known : int
        Distinct words of the task that the model knows, and distinct n-grams.
    """

    logits: NDArray[np.float64]
    rows: list[int]
    weights: NDArray[np.float32]
    values: NDArray[np.float64]
    known_words: int
    known: int

    def first_places(self) -> list[int]:
        """Return where among words and pairs each known n-gram first occurs, in the order of `values`."""
        places: dict[int, int] = {}
        for place, row in enumerate(self.rows):
            places.setdefault(row, place)
        places.pop(NONE, None)
        return list(places.values())


class Model:
    """A trained classifier for the labels of a rulebook.

    Parameters
    ----------
    labels : tuple of Label
    policies : dict of Label to LabelPolicy
    vocabulary : Vocabulary
        The known n-grams and wordings; the rows of n-grams are feature numbers.
    idf : array of shape (n-grams,), float32
        Inverse document frequency of each n-gram.
    weights : array of shape (n-grams + cues + wordings, heads), float32
        Cues follow the n-grams, wordings follow the cues.
    bias : array of shape (heads,)
    known_share : float
        The model should not be asked about a text if it knows a smaller share of its distinct words.
    info : ModelInfo, optional
        Where the model comes from; None for a model that was only fitted in memory.
    seen : frozenset of str
        Short digests of the texts that it was trained on.
    """

    def __init__(
        self,
        labels: tuple[Label, ...],
        policies: dict[Label, LabelPolicy],
        vocabulary: Vocabulary,
        idf: NDArray[np.float32],
        weights: NDArray[np.float32],
        bias: NDArray[np.float64],
        known_share: float = 0.0,
        info: ModelInfo | None = None,
        seen: frozenset[str] = frozenset(),
    ) -> None:
        self.labels = labels
        self.policies = policies
        self.vocabulary = vocabulary
        self.idf = idf
        self.weights = weights
        self.bias = bias
        self.known_share = known_share
        self.info = info
        self.seen = seen
        self._scale = np.concatenate([idf.astype(np.float64), np.ones(len(weights) - len(idf))])

    def score(self, rows: list[int], words: int, cues: Sequence[int]) -> Scores:
        """Score a task.

        Sublinear term frequency times inverse document frequency, normalised to length 1, as in scikit-learn's
        `TfidfVectorizer`; each cue counts 1.

        Parameters
        ----------
        rows : list of int
            Of the task's words and pairs, as `Vocabulary.find` returns them.
        words : int
            How many of them, at the beginning, belong to single words.
        cues : sequence of int
            Numbers of the active cues, then of the active wordings.
        """
        counts = Counter(rows)
        counts.pop(NONE, None)
        known, behind = len(counts), len(self.idf)
        features = np.array([*counts, *[behind + cue for cue in cues]], np.intp)
        values = np.array([*counts.values(), *[1] * len(cues)], np.float64)
        np.log(values, out=values)  # a cue counts 1, whose logarithm plus 1 is 1 again
        values += 1.0
        values *= self._scale.take(features)
        tfidf = values[:known]
        if known:
            tfidf /= sqrt(tfidf.dot(tfidf))
        weights = self.weights.take(features, axis=0)
        logits = values.dot(weights)
        logits += self.bias
        return Scores(logits, rows, weights, values, len({*rows[:words]} - {NONE}), known)
