"""What each signal adds to the score of a label, so that all of it adds up.

The score is linear in the label's own head. In the two nested heads it is not; what each of them moves is its mean over
the two orders in which they can be moved from their start to where they are (Shapley 1953 for two players), and is
shared among the n-grams and cues of that head in proportion to their weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from escalation.model.policy import nested_heads, nested_logit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.model.classifier import Model, Scores

_STILL = 1e-6
"""A head that moves less than this has no share in the score."""


class Attribution(NamedTuple):
    """What a label's score is made of: ``base + grams.sum() + cues.sum()`` and what the rules add.

    Attributes
    ----------
    base : float
        The score of a text without any known n-gram or cue.
    grams : array of shape (known n-grams,)
        What each known n-gram adds, in the order of `Scores.values`.
    cues : array of shape (active cues,)
        What each active cue adds.
    places : list of int
        Where among the task's words and pairs each known n-gram first stands.
    """

    base: float
    grams: NDArray[np.float64]
    cues: NDArray[np.float64]
    places: list[int]


def attribute(model: Model, labels: Sequence[str], scores: Scores, engine: str) -> dict[str, Attribution]:
    """Take the scores of labels apart.

    Parameters
    ----------
    model : Model
    labels : sequence of str
    scores : Scores
    engine : {"hybrid", "model"}

    Returns
    -------
    dict of str to Attribution
    """
    places = scores.first_places()
    bias = model.bias.tolist()
    bases = []
    slopes = np.zeros((len(bias), len(labels)))
    for column, label in enumerate(labels):
        join, index = model.policies[label].join(engine), model.labels.index(label)
        base = join.bias + join.flat * bias[index]
        slopes[index, column] = join.flat
        heads = nested_heads(model.labels).get(label)
        if heads is not None:
            start = bias[heads.involved], heads.sign * bias[heads.degree]
            end = scores.logits[heads.involved], heads.sign * scores.logits[heads.degree]
            base += join.nested * nested_logit(*start)
            of_involved, of_degree = _slopes(start, end)
            slopes[heads.involved, column] = join.nested * of_involved
            slopes[heads.degree, column] = join.nested * heads.sign * of_degree
        bases.append(base)
    added = (scores.weights @ slopes).T * scores.values
    return {
        label: Attribution(base, of_label[: scores.known], of_label[scores.known :], places)
        for label, base, of_label in zip(labels, bases, added, strict=True)
    }


def _slopes(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """How much of each of two logits' moves arrives in the logit of their probabilities' product."""
    none, both = nested_logit(*start), nested_logit(*end)
    only_first, only_second = nested_logit(end[0], start[1]), nested_logit(start[0], end[1])
    first = (only_first - none + both - only_second) / 2
    second = (only_second - none + both - only_first) / 2
    moves = end[0] - start[0], end[1] - start[1]
    return (
        first / moves[0] if abs(moves[0]) > _STILL else 0.0,
        second / moves[1] if abs(moves[1]) > _STILL else 0.0,
    )
