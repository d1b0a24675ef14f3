"""Tune thresholds, bands and calibration on out-of-fold probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from escalation.model import LabelPolicy
from escalation.rulebook import CORE

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_SUPPORT = 12
"""Below so many tasks with a label, the rules alone decide it: too few to learn or to calibrate."""
_PRIOR = 40
"""The threshold of all labels together counts as much as this many tasks with the label."""
_MIN_ERRORS = 0.5
"""Gain in F1, in standard errors, below which a band in which the rules decide is chance and stays empty."""
_GRID = np.round(np.arange(0.10, 0.82, 0.02), 2)
_LOW = (0.15, 0.3, 0.5, 0.7)
_HIGH = (0.0, 0.25, 0.5, 0.75)


def calibrate(logits: NDArray[np.float64], targets: NDArray[np.int8]) -> NDArray[np.float64]:
    """Fit one sigmoid a label on out-of-fold logits (Platt 1999).

    Parameters
    ----------
    logits : array of shape (tasks, labels)
    targets : array of shape (tasks, labels)

    Returns
    -------
    array of shape (labels, 2)
        Slope and shift: the calibrated logit is ``slope * logit + shift``. Slope 1 and shift 0 for a label of
        too little support, and where a sigmoid would turn the order round.
    """
    fitted = np.tile([1.0, 0.0], (targets.shape[1], 1))
    for column in range(targets.shape[1]):
        target = targets[:, column]
        if min(target.sum(), (1 - target).sum()) < MIN_SUPPORT:
            continue
        sigmoid = LogisticRegression(C=1e4, solver="lbfgs").fit(logits[:, [column]], target)
        if sigmoid.coef_[0, 0] > 0:
            fitted[column] = sigmoid.coef_[0, 0], sigmoid.intercept_[0]
    return fitted


def tune(
    labels: tuple[str, ...],
    probabilities: NDArray[np.float64],
    verdicts: NDArray[np.int8],
    targets: NDArray[np.int8],
) -> dict[str, LabelPolicy]:
    """Choose threshold and band of every label for the best F1 on out-of-fold probabilities.

    A label's own best threshold is drawn towards that of all labels together, the more the fewer tasks
    have the label; a band is taken only where it gains.

    Parameters
    ----------
    labels : tuple of str
    probabilities : array of shape (tasks, labels)
        Calibrated, out of fold.
    verdicts : array of shape (tasks, labels)
        1 where the rules are for, -1 against, 0 silent.
    targets : array of shape (tasks, labels)
    """
    shared = [index for index, label in enumerate(labels) if label != CORE]
    scores = [_f1(targets[:, shared], probabilities[:, shared] >= threshold) for threshold in _GRID]
    common = float(_GRID[int(np.argmax(scores))])
    policies = {}
    for index, label in enumerate(labels):
        target, probability, verdict = targets[:, index], probabilities[:, index], verdicts[:, index]
        support = int(target.sum())
        own = float(_GRID[int(np.argmax([_f1(target, probability >= threshold) for threshold in _GRID]))])
        prior = 0 if label == CORE else _PRIOR
        threshold = round((support * own + prior * common) / (support + prior), 4) if support + prior else common
        low, high = _band(target, probability, verdict, threshold)
        policies[label] = LabelPolicy(support < MIN_SUPPORT, threshold, low, high, support)
    return policies


def _band(
    target: NDArray[np.int8], probability: NDArray[np.float64], verdict: NDArray[np.int8], threshold: float
) -> tuple[float, float]:
    alone = _f1(target, probability >= threshold)
    error = (alone * (1 - alone) / max(int(target.sum()), 1)) ** 0.5
    best, band = alone + _MIN_ERRORS * error, (threshold, threshold)
    for low in (threshold, *(round(threshold * share, 4) for share in _LOW)):
        for high in (round(threshold + (1 - threshold) * share, 4) for share in _HIGH):
            inside = (probability >= low) & (probability < high) & (verdict != 0)
            score = _f1(target, np.where(inside, verdict == 1, probability >= threshold))
            if score > best:
                best, band = score, (low, high)
    return band


def _f1(target: NDArray[np.int8], given: NDArray[np.bool_]) -> float:
    both = int((given & (target == 1)).sum())
    total = int(given.sum()) + int(target.sum())
    return 2 * both / total if total else 0.0
