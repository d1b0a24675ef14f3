"""Learn from out-of-fold logits how a label's signals are joined, and from which probability it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from escalation.model import Join, LabelPolicy
from escalation.model.policy import nested_heads
from escalation.rules.rulebook import CORE
from escalation.training.caution import cautious_threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from escalation.model.decision import Engine

MIN_SUPPORT = 12
"""Below so many tasks with a label, the rules alone decide it: too few to learn or to calibrate."""
_GRID = np.round(np.arange(0.05, 0.80, 0.01), 2)
RULES_SAY = (0.5, -0.25)
"""What the rules add to a score at least, as a logit before calibration, where they are for a label and against it."""
_SCALES = (1.5, 0.25, 0.3, 0.3)
"""How freely a join may move from even weights of the two views and no weight of the rules: the sum of the views,
their difference, and the rules for and against. Small values hold a weight near zero where cases are few."""
_JOINED: tuple[Engine, ...] = ("model", "hybrid")


def learn_policies(
    labels: tuple[str, ...], logits: NDArray[np.float64], verdicts: NDArray[np.int8], targets: NDArray[np.int8]
) -> tuple[dict[str, LabelPolicy], NDArray[np.float64]]:
    """Learn joins, thresholds and cautious thresholds of every label.

    Parameters
    ----------
    labels : tuple of str
    logits : array of shape (tasks, heads)
        Of models that have not seen the task.
    verdicts : array of shape (tasks, labels)
        1 where the rules are for, -1 against, 0 silent.
    targets : array of shape (tasks, labels)

    Returns
    -------
    policies : dict of str to LabelPolicy
    probabilities : array of shape (tasks, labels)
        Of the hybrid.
    """
    joins = {engine: _joins(labels, logits, verdicts, targets, engine) for engine in _JOINED}
    probabilities = {engine: joined_probabilities(labels, joins[engine], logits, verdicts) for engine in _JOINED}
    thresholds = {engine: _thresholds(labels, probabilities[engine], targets) for engine in _JOINED}
    policies = {}
    for index, label in enumerate(labels):
        target = targets[:, index]
        support = int(target.sum())
        policies[label] = LabelPolicy(
            by_rules=support < MIN_SUPPORT,
            support=support,
            model=joins["model"][label],
            hybrid=joins["hybrid"][label],
            thresholds={engine: thresholds[engine][label] for engine in _JOINED},
            cautious={engine: cautious_threshold(probabilities[engine][:, index], target) for engine in _JOINED},
        )
    return policies, probabilities["hybrid"]


def joined_probabilities(
    labels: tuple[str, ...], joins: dict[str, Join], logits: NDArray[np.float64], verdicts: NDArray[np.int8]
) -> NDArray[np.float64]:
    """Give the probabilities that joins make of many tasks' signals, as `escalation.decision.decide` does of one's.

    Returns
    -------
    array of shape (tasks, labels)
    """
    columns = []
    for index, label in enumerate(labels):
        join = joins[label]
        nested = nested_logits(labels, label, logits)
        score = _score(join, logits[:, index], nested, verdicts[:, index])
        columns.append(0.5 * (1.0 + np.tanh(0.5 * score)))
    return np.column_stack(columns)


def nested_logits(labels: tuple[str, ...], label: str, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the nested heads of a label give for many tasks; zero for a label that has none."""
    heads = nested_heads(labels).get(label)
    if heads is None:
        return np.zeros(len(logits))
    involved, degree = -logits[:, heads.involved], -heads.sign * logits[:, heads.degree]
    joined: NDArray[np.float64] = -np.logaddexp(np.logaddexp(involved, degree), involved + degree)
    return joined


def _joins(
    labels: tuple[str, ...],
    logits: NDArray[np.float64],
    verdicts: NDArray[np.int8],
    targets: NDArray[np.int8],
    engine: Engine,
) -> dict[str, Join]:
    """Fit one small logistic regression a label to its signals.

    The model alone has one signal, its own head, so that the fit is its calibration (Platt 1999). The hybrid weighs two
    views and the rules. The rules are documented, and the corpus is one sample of tasks: so they have a say from the
    start, `RULES_SAY`, which the corpus may raise and not lower. Calibration then scales all weights alike.
    """
    joins = {}
    for index, label in enumerate(labels):
        target, flat = targets[:, index], logits[:, index]
        if min(target.sum(), (1 - target).sum()) < MIN_SUPPORT:
            joins[label] = Join(1.0, 0.0, 0.0, 0.0, 0.0)
            continue
        joined = engine == "hybrid" and label != CORE
        nested = nested_logits(labels, label, logits) if joined else np.zeros(len(target))
        verdict = verdicts[:, index] if joined else np.zeros(len(target), np.int8)
        views = (flat + nested, flat - nested) if nested.any() else (2 * flat, np.zeros(len(target)))
        signals = np.column_stack([*views, verdict == 1, verdict == -1]) * _SCALES
        of_sum, of_difference, rules_for, rules_against = (_logistic(signals, target)[0] * _SCALES).tolist()
        say = RULES_SAY if joined else (0.0, 0.0)
        join = Join(
            flat=of_sum + of_difference if nested.any() else 2 * of_sum,
            nested=of_sum - of_difference if nested.any() else 0.0,
            rules_for=max(rules_for, say[0]),
            rules_against=min(rules_against, say[1]),
            bias=0.0,
        )
        # Calibrated once more, as the rules' say may have moved the scores.
        score = _score(join, flat, nested, verdict)
        slopes, bias = _logistic(score[:, None], target)
        slope = float(slopes[0])
        joins[label] = Join(
            join.flat * slope, join.nested * slope, join.rules_for * slope, join.rules_against * slope, bias
        )
    return joins


def _score(
    join: Join, flat: NDArray[np.float64], nested: NDArray[np.float64], verdict: NDArray[np.int8]
) -> NDArray[np.float64]:
    rules = join.rules_for * (verdict == 1) + join.rules_against * (verdict == -1)
    score: NDArray[np.float64] = join.bias + join.flat * flat + join.nested * nested + rules
    return score


def _logistic(signals: NDArray[np.float64], target: NDArray[np.int8]) -> tuple[NDArray[np.float64], float]:
    fitted = LogisticRegression(C=1.0, solver="lbfgs", max_iter=1000).fit(signals, target)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _thresholds(
    labels: tuple[str, ...], probabilities: NDArray[np.float64], targets: NDArray[np.int8]
) -> dict[str, float]:
    """Choose the threshold of every label for the best F1.

    Where probabilities are calibrated, the best threshold is half of the best F1 (Lipton, Elkan and Naryanaswamy 2014);
    so it is taken from that, which varies less from sample to sample than the place of the maximum. The threshold of
    a label lies half way between its own and that of all labels together, which serves F1 over all.
    """
    shared = [index for index, label in enumerate(labels) if label != CORE]
    common = _best_f1(probabilities[:, shared], targets[:, shared]) / 2
    thresholds = {}
    for index, label in enumerate(labels):
        own = _best_f1(probabilities[:, index], targets[:, index]) / 2
        # A label that nothing finds has no best F1, and must not be given always for that.
        thresholds[label] = max(round(own if label == CORE else (own + common) / 2, 4), float(_GRID[0]))
    return thresholds


def _best_f1(probabilities: NDArray[np.float64], target: NDArray[np.int8]) -> float:
    return max(_f1(target, probabilities >= threshold) for threshold in _GRID)


def _f1(target: NDArray[np.int8], given: NDArray[np.bool_]) -> float:
    both = int((given & (target == 1)).sum())
    total = int(given.sum()) + int(target.sum())
    return 2 * both / total if total else 0.0
