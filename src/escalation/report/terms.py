"""What the classifier has learned: the terms that weigh most for and against each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.model.features import CueFeatures
from escalation.model.policy import head_names, nested_heads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from escalation.evaluation.run import Run
    from escalation.model import Model
    from escalation.model.decision import Engine

    Term = tuple[str, str]

_LISTED = 15
_NESTED_SLOPE = 2 / 3
"""What a small move of a nested head's logit moves in the logit of both heads, where both are undecided."""


def terms(run: Run) -> dict[str, Any]:
    """Give the weightiest terms of each label.

    A weight is what the term adds to the label's score where the label is undecided: a cue or a list of wordings that
    is present, an n-gram that stands once in a text of usual length. In cross-validation it is the mean over the folds'
    models; a term that a model does not know weighs nothing there, and nothing weighs where rules alone decide a label.

    Returns
    -------
    dict of str to dict
        ``for`` and ``against``, each with ``term``, ``kind`` (ngram, cue or wording) and ``weight``. Empty for rules.
    """
    models = [fold.model for fold in run.folds if fold.model is not None]
    cues = CueFeatures(run.rulebook).names
    numbers: dict[Term, int] = {}
    places = [[numbers.setdefault(term, len(numbers)) for term in _terms(model, cues)] for model in models]
    weights = np.zeros((len(numbers), len(run.data.labels)))
    for model, place in zip(models, places, strict=True):
        weights[place] += _weights(model, run.engine) / len(models)
    known = list(numbers)
    return {
        label: {"for": _heaviest(known, column), "against": _heaviest(known, -column, -1)}
        for label, column in zip(run.data.labels, weights.T, strict=True)
        if models
    }


def _terms(model: Model, cues: Iterable[str]) -> Iterable[Term]:
    """Names and kinds of a model's features, in their order."""
    yield from ((gram, "ngram") for gram in model.lexicon.gram_texts())
    yield from ((cue, "cue") for cue in cues)
    yield from ((wording, "wording") for wording in model.lexicon.features)


def _weights(model: Model, engine: Engine) -> NDArray[np.float64]:
    """What each feature, at its usual value, adds to the score of each label."""
    joined = np.zeros((len(head_names(model.labels)), len(model.labels)))
    nested = nested_heads(model.labels)
    for column, label in enumerate(model.labels):
        if model.policies[label].by_rules:
            continue
        join = model.policies[label].join(engine)
        joined[column, column] = join.flat
        if label in nested:
            joined[nested[label].involved, column] = _NESTED_SLOPE * join.nested
            joined[nested[label].degree, column] = _NESTED_SLOPE * join.nested * nested[label].sign
    idf = model.idf.astype(np.float64)
    # The share of the tasks that have an n-gram follows from its rarity, and from all shares a usual text's length.
    values = np.ones(len(model.weights))
    values[: len(idf)] = idf / np.sqrt((np.exp(1 - idf) * idf**2).sum())
    weights: NDArray[np.float64] = values[:, None] * (model.weights @ joined)
    return weights


def _heaviest(known: list[Term], weights: NDArray[np.float64], sign: int = 1) -> list[dict[str, Any]]:
    order = [int(place) for place in np.argsort(-weights, kind="stable")[:_LISTED] if weights[place] > 0]
    return [
        {"term": known[place][0], "kind": known[place][1], "weight": sign * float(weights[place])} for place in order
    ]
