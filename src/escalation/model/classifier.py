"""Linear heads over the n-grams and cues of a task: one per label, and two more per target with both dispositions."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from escalation.model.vocabulary import NONE
from escalation.task.text import Apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.model.info import ModelInfo
    from escalation.model.policy import LabelPolicy
    from escalation.model.signals import View
    from escalation.model.vocabulary import Vocabulary
    from escalation.rules.rulebook import Label


class Features(NamedTuple):
    """What the heads see of the views of one task: one view after the other, its n-grams, then its cues.

    Attributes
    ----------
    rows : array of int of shape (features,)
        Rows of the weights.
    values : array of shape (features,)
        TF-IDF values of the n-grams, and 1 for each cue.
    starts : list of int
        Where the features of each view begin, and where the last view ends.
    known : list of int
        Number of distinct n-grams that the model knows in each view.
    """

    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    starts: list[int]
    known: list[int]


class Scores(NamedTuple):
    """What the model sees in the views of one task.

    Attributes
    ----------
    logits : array of shape (views, heads)
        In the order of `escalation.model.policy.head_names`.
    weights : array of shape (features, heads)
        For each view: of the distinct n-grams that the model knows, in the order of their first occurrence, then of
        the active cues.
    values : array of shape (features,)
        TF-IDF values of those n-grams, and 1 for each cue.
    starts : list of int
        Where the features of each view begin, and where the last view ends.
    known : list of int
        Number of distinct n-grams that the model knows in each view.
    known_words : int
        Distinct words of the task that the model knows.
    works : int
        Number of asks in the task that begin a piece of work, at least 1.
    apart : Apart
        Whether the asks of the task are pieces of work of their own; see `Reading.apart`.
    """

    logits: NDArray[np.float64]
    weights: NDArray[np.float32]
    values: NDArray[np.float64]
    starts: list[int]
    known: list[int]
    known_words: int
    works: int
    apart: Apart


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
    words : frozenset of str
        The folded words of those texts.
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
        words: frozenset[str] = frozenset(),
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
        self.words = words
        self._scale = np.concatenate([idf.astype(np.float64), np.ones(len(weights) - len(idf))])

    @property
    def known_words(self) -> frozenset[str]:
        """The words of the corpus and of the wordings."""
        phrases = self.vocabulary.wordings.phrases
        return self.words.union(word for phrase in phrases for word in phrase.split())

    def features(self, views: Sequence[View]) -> Features:
        """Return what the heads see of the views of a task.

        Sublinear term frequency times inverse document frequency, normalised to length 1 in each view, as in
        scikit-learn's `TfidfVectorizer`; each cue counts 1.
        """
        behind = len(self.idf)
        features: list[int] = []
        counts: list[int] = []
        starts, known = [0], []
        for view in views:
            grams = Counter(view.words)
            grams.update(view.pairs)
            grams.pop(NONE, None)
            features += grams
            features += [behind + cue for cue in view.cues]
            counts += grams.values()
            counts += [1] * len(view.cues)
            known.append(len(grams))
            starts.append(len(features))
        rows = np.array(features, np.intp)
        values = np.log(np.array(counts, np.float64))  # a cue counts 1, whose logarithm plus 1 is 1 again
        values += 1.0
        values *= self._scale.take(rows)
        for start, distinct in zip(starts, known, strict=False):
            if distinct:
                grams_of_view = values[start : start + distinct]
                grams_of_view /= np.sqrt(grams_of_view.dot(grams_of_view))
        return Features(rows, values, starts, known)

    def score(self, views: Sequence[View], works: int = 1, apart: Apart = Apart.NO) -> Scores:
        """Score the views of a task."""
        rows, values, starts, known = self.features(views)
        weights = self.weights.take(rows, axis=0)
        logits = np.empty((len(views), len(self.bias)))
        for number, (start, end) in enumerate(pairwise(starts)):
            logits[number] = values[start:end].dot(weights[start:end])
        logits += self.bias
        return Scores(logits, weights, values, starts, known, len({*views[0].words} - {NONE}), works, apart)
