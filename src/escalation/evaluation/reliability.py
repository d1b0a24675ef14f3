"""How far probabilities can be believed, and what is gained if the least sure tasks are left to a person.

Arrays have the shape (tasks, labels); probabilities are NaN where the model abstained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import average_precision_score

from escalation.evaluation.figures import Bin, Calibration, CoveragePoint, LabelCalibration, Ranking, SettledPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BINS = 10
MIN_POSITIVES = 30
"""A label with fewer tasks has no calibration error of its own."""
_COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
_SETTLED = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)


def calibration(
    labels: Sequence[str], targets: NDArray[np.int8], probabilities: NDArray[np.float64]
) -> Calibration | None:
    """Return the expected calibration error over all labels, and of each label with enough support, if there is any.

    It has ten bins of equal width (Naeini, Cooper and Hauskrecht 2015), weighted by their counts. An error over all
    pairs of task and label is too good, as most are clear negatives; ``micro_ece_doubtful`` omits those under 5 %.
    """
    known = ~np.isnan(probabilities)
    if not known.any():
        return None
    target, probability = targets[known], probabilities[known]
    doubtful = probability >= 1 / (2 * BINS)
    by_label = {}
    for column, label in enumerate(labels):
        rows = known[:, column]
        own, believed = targets[rows, column], probabilities[rows, column]
        if own.sum() >= MIN_POSITIVES:
            by_label[label] = LabelCalibration(_ece(own, believed), float(np.mean((believed - own) ** 2)))
    return Calibration(
        micro_ece=_ece(target, probability),
        micro_ece_doubtful=_ece(target[doubtful], probability[doubtful]),
        labels=by_label,
        bins=_bins(target, probability),
    )


def average_precisions(
    labels: Sequence[str], targets: NDArray[np.int8], probabilities: NDArray[np.float64]
) -> dict[str, Ranking]:
    """Return the average precision of each label that some task with a probability has."""
    found = {}
    for column, label in enumerate(labels):
        known = ~np.isnan(probabilities[:, column])
        target = targets[known, column]
        if target.any():
            value = float(average_precision_score(target, probabilities[known, column]))
            found[label] = Ranking(value, int(target.sum()))
    return found


def coverage_curve(
    targets: NDArray[np.int8], given: NDArray[np.int8], confidence: NDArray[np.float64]
) -> list[CoveragePoint]:
    """Return the quality of the surest answers at several coverages (a risk-coverage curve).

    Targets and given answers are without core; `confidence` is that of `confidences`.
    """
    order = np.argsort(-confidence, kind="stable")
    points = []
    for coverage in _COVERAGES:
        answered = order[: max(1, round(coverage * len(order)))]
        target, answer = targets[answered], given[answered]
        both, total = int((target & answer).sum()), int(target.sum() + answer.sum())
        # An unanswered task has no answer that could be wrong, but its targets are missed.
        possible = int(targets.sum() + answer.sum())
        points.append(
            CoveragePoint(
                coverage=coverage,
                confidence=float(confidence[answered[-1]]),
                micro_f1=2 * both / total if total else 0.0,
                micro_f1_of_all=2 * both / possible if possible else 0.0,
                exact_match=float((target == answer).all(axis=1).mean()),
            )
        )
    return points


def settled_curve(
    targets: NDArray[np.int8], given: NDArray[np.int8], doubts: NDArray[np.float64]
) -> list[SettledPoint]:
    """Return micro-F1 if the most doubtful answers are settled by a reader who is always right.

    Targets and given answers are without core; `doubts` are those of `escalation.answer.doubt`.

    >>> targets, given = np.eye(2, dtype=np.int8), np.array([[1, 0], [1, 0]], np.int8)
    >>> settled_curve(targets, given, np.array([0.1, 0.9]))[-1]
    SettledPoint(share=0.5, micro_f1=1.0, in_random_order=0.75)
    """
    order = np.argsort(-doubts, kind="stable")
    needed, right, size = int(targets.sum()), int((targets & given).sum()), int(targets.sum() + given.sum())
    points = []
    for share in _SETTLED:
        rest = order[round(share * len(order)) :]
        done = needed - int(targets[rest].sum())
        both = done + int((targets[rest] & given[rest]).sum())
        total = needed + done + int(given[rest].sum())
        # Drawn at random, the same share of everything is settled, on average.
        all_both, all_size = right + share * (needed - right), size + share * (2 * needed - size)
        points.append(
            SettledPoint(
                share=share,
                micro_f1=2 * both / total if total else None,
                in_random_order=2 * all_both / all_size if all_size else None,
            )
        )
    return points


def confidences(probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how sure the least sure decision of each task is: 0 at its threshold, 1 if certain, -1 without any."""
    above = (probabilities - thresholds) / (1 - thresholds)
    below = (thresholds - probabilities) / thresholds
    least_sure: NDArray[np.float64] = np.fmin.reduce(np.where(probabilities >= thresholds, above, below), axis=1)
    return np.where(np.isnan(least_sure), -1.0, least_sure)


def _bins(target: NDArray[np.int8], probability: NDArray[np.float64]) -> list[Bin]:
    numbers = np.minimum((probability * BINS).astype(int), BINS - 1)
    return [
        Bin(float(probability[rows].mean()), float(target[rows].mean()), int(rows.sum()))
        for rows in (numbers == number for number in range(BINS))
        if rows.any()
    ]


def _ece(target: NDArray[np.int8], probability: NDArray[np.float64]) -> float:
    off = sum(entry.count * abs(entry.probability - entry.share) for entry in _bins(target, probability))
    return float(off / max(len(target), 1))
