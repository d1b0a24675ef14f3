"""Linear heads over the n-grams and cues of a task: one a label, and two more for each target that takes both parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from escalation.model.vocabulary import NONE, Lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.model.policy import LabelPolicy


class Scores(NamedTuple):
    """What the model sees of one task.

    Attributes
    ----------
    logits : list of float
        One a head, in the order of `escalation.model.joining.head_names`.
    rows : list of int
        Of each word of the task and of each pair of neighbours, as `Lexicon.find` gives them.
    weights : array of shape (known n-grams + cues, heads)
        Of the distinct n-grams that the model knows, in the order of their first occurrences, and of the active cues.
    values : array of shape (known n-grams + cues,)
        TF-IDF values of those n-grams, and 1 for each cue.
    known_words, known : int
        Distinct words of the task that the model knows, and distinct n-grams.
    """

    logits: list[float]
    rows: list[int]
    weights: NDArray[np.float32]
    values: NDArray[np.float64]
    known_words: int
    known: int

    def first_places(self) -> list[int]:
        """Give where among words and pairs each known n-gram first stands, in the order of `values`."""
        backwards = range(len(self.rows) - 1, -1, -1)
        places = dict(zip(reversed(self.rows), backwards, strict=True))  # of each row the place set last, its first
        places.pop(NONE, None)
        return sorted(places.values())


@dataclass(frozen=True, slots=True)
class Model:
    """A trained classifier for the labels of a rulebook.

    Attributes
    ----------
    labels : tuple of str
    policies : dict of str to LabelPolicy
    lexicon : Lexicon
        Which n-grams and wordings there are, and how they are found; rows of n-grams are feature numbers.
    idf : array of shape (n-grams,)
        Inverse document frequency of each n-gram.
    weights : array of shape (n-grams + cues + wordings, heads), float32
        Cues follow the n-grams, wordings the cues.
    bias : array of shape (heads,)
    known_share : float
        A text of which a smaller share of the distinct words is known is unlike all that was learned from.
    about : dict
        Name, version, hashes, figures: what `model.json` holds besides.
    """

    labels: tuple[str, ...]
    policies: dict[str, LabelPolicy]
    lexicon: Lexicon
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float64]
    known_share: float = 0.0
    about: dict[str, Any] = field(default_factory=dict)
    _scale: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        cues = np.ones(len(self.weights) - len(self.idf))
        object.__setattr__(self, "_scale", np.concatenate([self.idf.astype(np.float64), cues]))

    def score(self, rows: list[int], words: int, cues: Sequence[int]) -> Scores:
        """Score a task.

        Sublinear term frequency times inverse document frequency, normalised to length 1, as
        scikit-learn's `TfidfVectorizer` does; cues count 1 each.

        Parameters
        ----------
        rows : list of int
            Of the task's words and pairs, as `Lexicon.find` gives them.
        words : int
            So many of them, in front, are of single words.
        cues : sequence of int
            Numbers of the active cues, and behind them of the active wordings.
        """
        counts = Counter(rows)
        counts.pop(NONE, None)
        known, behind = len(counts), len(self.idf)
        features = np.array([*counts, *[behind + cue for cue in cues]], np.intp)
        values = np.array([*counts.values(), *[1] * len(cues)], np.float64)
        np.log(values, out=values)  # a cue counts 1, which becomes 1 again
        values += 1.0
        values *= self._scale.take(features)
        tfidf = values[:known]
        if known:
            tfidf /= sqrt(tfidf.dot(tfidf))
        weights = self.weights.take(features, axis=0)
        logits = values.dot(weights)
        logits += self.bias
        return Scores(logits.tolist(), rows, weights, values, len({*rows[:words]} - {NONE}), known)
