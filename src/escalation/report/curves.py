"""Precision and recall of the classifier's labels at every threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.evaluation.reliability import average_precisions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from escalation.evaluation.run import Run

_POINTS = 100


def curves(run: Run) -> dict[str, Any]:
    """Give each label's curve of precision over recall, before groups are resolved.

    Returns
    -------
    dict of str to dict
        ``average_precision``; ``threshold``, from which the label is given (in cross-validation the mean of the
        folds'); ``chosen``, precision and recall there; ``points``, pairs of recall and precision by rising recall. A
        label that no task has, and one that no model was asked about, has no curve.
    """
    answers, found = run.answers[run.engine], {}
    ranked = average_precisions(run.data.labels, run.data.targets, answers.probabilities)
    for label, precision in ranked.items():
        column = run.data.labels.index(label)
        asked = ~np.isnan(answers.probabilities[:, column])
        target = run.data.targets[asked, column]
        probability, threshold = answers.probabilities[asked, column], answers.thresholds[asked, column]
        given = probability >= threshold
        right = int((given & (target == 1)).sum())
        found[label] = {
            "average_precision": precision["value"],
            "threshold": float(threshold.mean()),
            "chosen": {
                "precision": right / int(given.sum()) if given.any() else None,
                "recall": right / int(target.sum()),
            },
            "points": _points(target, probability),
        }
    return found


def _points(target: NDArray[np.int8], probability: NDArray[np.float64]) -> list[list[float]]:
    """Thin the curve out, evenly over its length, with both ends."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(target, probability, drop_intermediate=True)
    places = np.unique(np.linspace(0, len(recall) - 1, min(_POINTS, len(recall))).round().astype(int))
    return [[float(recall[place]), float(precision[place])] for place in places[::-1]]
