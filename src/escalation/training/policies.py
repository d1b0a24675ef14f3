"""Learn from out-of-fold logits how the signals of a label are weighed, and at which probability it is assigned."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from mapie.risk_control import BinaryClassificationController
from sklearn.linear_model import LogisticRegression

from escalation.model import LabelPolicy, SignalWeights
from escalation.model.policy import nested_logits, sigmoid, view_scores, weigh
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.rules.rulebook import Label

MIN_SUPPORT = 12
"""With fewer tasks a label cannot be learned or calibrated: the rules alone decide it."""
RULES_SAY = (0.5, -0.25)
"""The least that the rules add to a score, as a logit before calibration, if they are for a label or against it."""
JOINED_WEIGHT = 1.0
"""Weight of a joined task, beside 1 for a plain one, where the policies are learned."""
RECALL = 0.9
CONFIDENCE = 0.9
"""What cautious thresholds promise: this recall, with this confidence."""
_SCALES = (1.5, 0.25, 0.3, 0.3)
"""How freely the fit may move from even weights of both views and no weight of the rules: the sum of the views, their
difference, the rules for and against. Small values hold a weight near zero where there are few cases."""
_ENGINES: tuple[Literal["model", "hybrid"], ...] = ("model", "hybrid")
_THRESHOLDS = np.round(np.arange(0.05, 0.80, 0.01), 2)
_CAUTIOUS_THRESHOLDS = np.round(np.arange(0.01, 0.81, 0.01), 2)


class Examples(NamedTuple):
    """What heads say of tasks that they have not seen, and what is right.

    Attributes
    ----------
    logits : array of shape (views, heads)
    starts : array of int of shape (tasks,)
        The first view of each task: the whole, which its asks follow if there are several.
    works : array of int of shape (tasks,)
        Number of asks in each task that begin a piece of work, at least 1.
    apart : array of int of shape (tasks,)
        Whether the asks of each task are pieces of work of their own.
    verdicts : array of shape (tasks, labels)
        1 where the rules are for a label, -1 against it, 0 silent.
    targets : array of shape (tasks, labels)
    """

    logits: NDArray[np.float64]
    starts: NDArray[np.intp]
    works: NDArray[np.intp]
    apart: NDArray[np.intp]
    verdicts: NDArray[np.int8]
    targets: NDArray[np.int8]


def _together(examples: Sequence[Examples]) -> Examples:
    sizes = np.cumsum([0, *(len(each.logits) for each in examples)])
    starts = [each.starts + size for each, size in zip(examples, sizes, strict=False)]
    return Examples(
        np.concatenate([each.logits for each in examples]),
        np.concatenate(starts),
        np.concatenate([each.works for each in examples]),
        np.concatenate([each.apart for each in examples]),
        np.concatenate([each.verdicts for each in examples]),
        np.concatenate([each.targets for each in examples]),
    )


def learn_policies(
    labels: tuple[Label, ...], folds: Sequence[Sequence[Examples]]
) -> tuple[dict[Label, LabelPolicy], NDArray[np.float64]]:
    """Learn the weights, thresholds and cautious thresholds of every label.

    Parameters
    ----------
    labels : tuple of Label
    folds : sequence of sequence of Examples
        For each fold its tasks and, if there are any, its joined tasks, from which only the weights are learned.

    Returns
    -------
    policies : dict of Label to LabelPolicy
    probabilities : array of shape (tasks, labels)
        From model and rules together, for the tasks of one fold after the other.
    """
    plain = _together([each[0] for each in folds])
    both = _together([plain, *(joined for each in folds for joined in each[1:])])
    targets = plain.targets
    weights = {engine: _learn_weights(labels, plain, both, engine) for engine in _ENGINES}
    probabilities = {}
    for engine, table in weights.items():
        views = view_scores(labels, table, plain.logits, plain.starts, plain.works, plain.apart)
        probabilities[engine] = sigmoid(weigh(table, views, plain.verdicts).scores(views))
    thresholds = {engine: _thresholds(labels, probabilities[engine], targets) for engine in _ENGINES}
    policies = {}
    for index, label in enumerate(labels):
        target = targets[:, index]
        support = int(target.sum())
        policies[label] = LabelPolicy(
            rules_only=support < MIN_SUPPORT,
            support=support,
            model=SignalWeights(*weights["model"][:, index].tolist()),
            hybrid=SignalWeights(*weights["hybrid"][:, index].tolist()),
            thresholds={engine: thresholds[engine][label] for engine in _ENGINES},
            cautious={engine: cautious_threshold(probabilities[engine][:, index], target) for engine in _ENGINES},
        )
    return policies, probabilities["hybrid"]


def _learn_weights(
    labels: tuple[Label, ...], plain: Examples, both: Examples, engine: Literal["model", "hybrid"]
) -> NDArray[np.float64]:
    """Return the table of weights, learned in three steps.

    1. How the two views of the heads make the score of a whole task, and what the rules add: a small logistic
       regression per label. The model alone has one signal, its own head. The rules are documented, the corpus is
       only one sample of tasks. So the rules have a say from the start, `RULES_SAY`, which it may raise but not lower.
    2. How the score of the whole, that of the best ask and the number of asks are weighed: another one, which sees
       joined tasks beside plain ones.
    3. As that moves the scores, they are calibrated on the plain tasks (Platt 1999).
    """
    table = np.zeros((14, len(labels)))
    table[[0, 2]] = 1.0
    nested_heads = nested_logits(labels, plain.logits[plain.starts])
    support = np.minimum(plain.targets.sum(axis=0), (1 - plain.targets).sum(axis=0))
    learned = np.flatnonzero(support >= MIN_SUPPORT).tolist()
    for index in learned:
        weighed = engine == "hybrid" and labels[index] != CORE
        target, flat = plain.targets[:, index], plain.logits[plain.starts, index]
        nested, verdict = nested_heads[:, index] * weighed, plain.verdicts[:, index] * weighed
        own_views = (flat + nested, flat - nested) if nested.any() else (2 * flat, nested)
        signals = np.column_stack([*own_views, verdict == 1, verdict == -1]) * _SCALES
        of_sum, of_difference, rules_for, rules_against = (_logistic(signals, target)[0] * _SCALES).tolist()
        table[0, index] = of_sum + of_difference if nested.any() else 2 * of_sum
        table[1, index] = of_sum - of_difference if nested.any() else 0.0
        table[10, index] = max(rules_for, RULES_SAY[0] * weighed)
        table[11, index] = min(rules_against, RULES_SAY[1] * weighed)
    views = view_scores(labels, table, both.logits, both.starts, both.works, both.apart)
    asks, works = views.asks[:, 0], views.works[:, 0]
    weight = np.where(np.arange(len(both.starts)) < len(plain.starts), 1.0, JOINED_WEIGHT)
    for index in learned:
        whole, best, verdict = views.whole[:, index], views.best[:, index], both.verdicts[:, index]
        rules = table[10, index] * (verdict == 1) + table[11, index] * (verdict == -1)
        more_for_rules = asks * (verdict == 1) * (table[10, index] > 0)
        of_views = (whole, best, asks, works, whole * asks, best * asks, whole * works, best * works)
        signals = np.column_stack([*of_views, rules, more_for_rules])
        weights = _logistic(signals, both.targets[:, index], weight)[0]
        table[2:10, index] = weights[:8]
        # The rules weigh at least what they did beside the whole task, and no less where there is more to be done.
        table[10:12, index] *= max(float(weights[8]), float(weights[:2].sum()), 0.0)
        table[12, index] = max(float(weights[9]), 0.0)
    views = view_scores(labels, table, plain.logits, plain.starts, plain.works, plain.apart)
    scores = weigh(table, views, plain.verdicts).scores(views)
    for index in learned:
        slopes, bias = _logistic(scores[:, [index]], plain.targets[:, index])
        table[2:13, index] *= slopes[0]
        table[13, index] = bias
    return table


def _logistic(
    signals: NDArray[np.float64], target: NDArray[np.int8], weight: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], float]:
    fitted = LogisticRegression(C=1.0, solver="lbfgs", max_iter=1000).fit(signals, target, sample_weight=weight)
    return fitted.coef_[0], float(fitted.intercept_[0])


# ------------------------------------------------------------------------------------------------ thresholds


def _thresholds(
    labels: tuple[Label, ...], probabilities: NDArray[np.float64], targets: NDArray[np.int8]
) -> dict[Label, float]:
    """Choose the threshold of every label for the best F1.

    Where probabilities are calibrated, the best threshold is half of the best F1 (Lipton, Elkan and Naryanaswamy 2014),
    which varies less from sample to sample than the place of the maximum. The threshold of a label is half way between
    its own and that of all labels together, which serves micro-F1.
    """
    shared = [index for index, label in enumerate(labels) if label != CORE]
    common = _best_f1(probabilities[:, shared], targets[:, shared]) / 2
    thresholds = {}
    for index, label in enumerate(labels):
        own = _best_f1(probabilities[:, index], targets[:, index]) / 2
        # A label that is never found has a best F1 of zero, and must not be assigned always because of that.
        thresholds[label] = max(round(own if label == CORE else (own + common) / 2, 4), float(_THRESHOLDS[0]))
    return thresholds


def _best_f1(probabilities: NDArray[np.float64], target: NDArray[np.int8]) -> float:
    return max(_f1(target, probabilities >= threshold) for threshold in _THRESHOLDS)


def _f1(target: NDArray[np.int8], answered: NDArray[np.bool_]) -> float:
    both = int((answered & (target == 1)).sum())
    total = int(answered.sum()) + int(target.sum())
    return 2 * both / total if total else 0.0


def cautious_threshold(
    probabilities: NDArray[np.float64], target: NDArray[np.int8], recall: float = RECALL, confidence: float = CONFIDENCE
) -> float | None:
    """Return the highest threshold that keeps a recall with a confidence, or None if none can be promised.

    Learn then test (Angelopoulos and others 2022), as implemented by MAPIE: thresholds are tested from the lowest up,
    and the first one that fails ends the search. The promise is about tasks drawn as these were. Tasks of one project
    resemble each other, so for a few new projects it is somewhat weaker than its number.

    Parameters
    ----------
    probabilities : array of shape (tasks,)
        From models that have not seen the task.
    target : array of shape (tasks,)
    recall : float
        Share of the tasks with the label that must be found.
    confidence : float
        Probability that the promise holds.
    """
    if not target.any():
        return None
    controller = BinaryClassificationController(
        predict_function=_both_classes,
        risk="recall",
        target_level=recall,
        confidence_level=confidence,
        best_predict_param_choice="precision",
        list_predict_params=_CAUTIOUS_THRESHOLDS,
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        # MAPIE warns if no threshold keeps the recall; here that is an answer.
        warnings.simplefilter("ignore", UserWarning)
        controller.calibrate(probabilities, target.astype(int))
    valid = np.asarray(controller.valid_predict_params, dtype=float).ravel()
    return float(valid.max()) if len(valid) else None


def _both_classes(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    both: NDArray[np.float64] = np.column_stack([1 - probabilities, probabilities])
    return both
