"""How far probabilities can be believed, and what is gained by leaving doubtful tasks to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BINS = 10
MIN_POSITIVES = 30
"""A label with fewer positives has no reliability of its own."""
_COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)


def calibration(
    labels: Sequence[str], targets: NDArray[np.int8], probabilities: NDArray[np.float64]
) -> dict[str, Any] | None:
    """Give the expected calibration error over all labels and of each that has support.

    Parameters
    ----------
    labels : sequence of str
    targets : array of shape (tasks, labels)
    probabilities : array of shape (tasks, labels)
        NaN where no model was asked, for a task or for a label.

    Returns
    -------
    dict or None
        ``micro_ece``; ``micro_ece_doubtful``; ``labels``, each with ``ece`` and ``brier``; ``bins`` over all labels:
        mean probability, share that has the label, and count. None where nothing has a probability.

    Notes
    -----
    Ten bins of equal width (Naeini, Cooper and Hauskrecht 2015), weighted by their counts. As most pairs of task and
    label are clear negatives, an error over all of them flatters; ``micro_ece_doubtful`` leaves out those under 5 %.
    """
    asked = ~np.isnan(probabilities)
    if not asked.any():
        return None
    target, probability = targets[asked], probabilities[asked]
    doubtful = probability >= 1 / (2 * BINS)
    by_label = {
        label: (targets[asked[:, column], column], probabilities[asked[:, column], column])
        for column, label in enumerate(labels)
    }
    return {
        "micro_ece": _ece(target, probability),
        "micro_ece_doubtful": _ece(target[doubtful], probability[doubtful]),
        "labels": {
            label: {"ece": _ece(own, believed), "brier": float(np.mean((believed - own) ** 2))}
            for label, (own, believed) in by_label.items()
            if own.sum() >= MIN_POSITIVES
        },
        "bins": _bins(target, probability),
    }


def average_precisions(
    labels: Sequence[str], targets: NDArray[np.int8], probabilities: NDArray[np.float64]
) -> dict[str, dict[str, Any]]:
    """Give how well each label's probabilities rank the tasks, whatever the threshold.

    Parameters
    ----------
    labels : sequence of str
    targets : array of shape (tasks, labels)
    probabilities : array of shape (tasks, labels)
        NaN where no model was asked.

    Returns
    -------
    dict of str to dict
        ``value`` and ``support``; without labels that no task has, or that no model was asked about.
    """
    from sklearn.metrics import average_precision_score

    found = {}
    for column, label in enumerate(labels):
        asked = ~np.isnan(probabilities[:, column])
        target = targets[asked, column]
        if target.any():
            value = float(average_precision_score(target, probabilities[asked, column]))
            found[label] = {"value": value, "support": int(target.sum())}
    return found


def risk_and_coverage(
    targets: NDArray[np.int8], given: NDArray[np.int8], confidence: NDArray[np.float64]
) -> list[dict[str, float]]:
    """Give the quality of the surest tasks' answers at several coverages.

    Parameters
    ----------
    targets, given : array of shape (tasks, areas)
        Dispositions towards modes, without core.
    confidence : array of shape (tasks,)
        How sure each answer is.

    Returns
    -------
    list of dict
        ``coverage``; ``confidence``, the least of those answered; ``micro_f1`` and ``exact_match`` of the answered
        tasks; ``micro_f1_of_all``, where every mode of a task that is left unanswered counts as missed.
    """
    order = np.argsort(-confidence, kind="stable")
    points = []
    for coverage in _COVERAGES:
        answered = order[: max(1, round(coverage * len(order)))]
        target, answer = targets[answered], given[answered]
        both, total = int((target & answer).sum()), int(target.sum() + answer.sum())
        everything = int(targets.sum() + answer.sum())
        points.append(
            {
                "coverage": coverage,
                "confidence": float(confidence[answered[-1]]),
                "micro_f1": 2 * both / total if total else 0.0,
                "micro_f1_of_all": 2 * both / everything if everything else 0.0,
                "exact_match": float((target == answer).all(axis=1).mean()),
            }
        )
    return points


def confidences(probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """How sure the least sure decision of each task is, from 0 at its threshold to 1 for certain.

    Parameters
    ----------
    probabilities, thresholds : array of shape (tasks, labels)
        NaN where no model was asked. A task on which it was asked about no label is the least sure of all.
    """
    above = (probabilities - thresholds) / (1 - thresholds)
    below = (thresholds - probabilities) / thresholds
    each = np.where(probabilities >= thresholds, above, below)
    least: NDArray[np.float64] = np.where(np.isnan(each), np.inf, each).min(axis=1)
    sure: NDArray[np.float64] = np.where(np.isinf(least), -1.0, least)
    return sure


def _bins(target: NDArray[np.int8], probability: NDArray[np.float64]) -> list[dict[str, float]]:
    places = np.minimum((probability * BINS).astype(int), BINS - 1)
    found = []
    for place in range(BINS):
        chosen = places == place
        if chosen.any():
            found.append(
                {
                    "probability": float(probability[chosen].mean()),
                    "share": float(target[chosen].mean()),
                    "count": int(chosen.sum()),
                }
            )
    return found


def _ece(target: NDArray[np.int8], probability: NDArray[np.float64]) -> float:
    bins = _bins(target, probability)
    total = sum(entry["count"] for entry in bins)
    return float(sum(entry["count"] * abs(entry["probability"] - entry["share"]) for entry in bins) / max(total, 1))
