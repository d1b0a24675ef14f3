"""Thresholds that promise a recall: for those who would rather ask once too often than miss an escalation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from mapie.risk_control import BinaryClassificationController

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECALL = 0.9
CONFIDENCE = 0.9
_THRESHOLDS = np.round(np.arange(0.01, 0.81, 0.01), 2)


def cautious_threshold(
    probabilities: NDArray[np.float64], target: NDArray[np.int8], recall: float = RECALL, confidence: float = CONFIDENCE
) -> float | None:
    """Give the highest threshold that holds a recall with a confidence, or None where none can be promised.

    Learn then test (Angelopoulos and others 2022) as MAPIE has it: thresholds are tested from the lowest on, and the
    first that fails ends the search. The promise is about tasks drawn as these were; tasks of one project resemble each
    other, so it is somewhat weaker than its number for a few new projects.

    Parameters
    ----------
    probabilities : array of shape (tasks,)
        Of models that have not seen the task.
    target : array of shape (tasks,)
    recall : float
        Share of the tasks with the label that are to be found.
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
        list_predict_params=_THRESHOLDS,
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        # That no threshold holds is an answer here, not a surprise.
        warnings.simplefilter("ignore", UserWarning)
        controller.calibrate(probabilities, target.astype(int))
    valid = np.asarray(controller.valid_predict_params, dtype=float).ravel()
    return float(valid.max()) if len(valid) else None


def _both_classes(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    both: NDArray[np.float64] = np.column_stack([1 - probabilities, probabilities])
    return both
