"""The least that an answer must beat: the same for every task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from escalation.evaluation.run import Run

MAJORITY = "majority"
"""Name of the baseline beside the engines."""


def majority(run: Run) -> NDArray[np.int8]:
    """Answer every task with the labels that more than half of the others have.

    In cross-validation the others are the tasks that the fold learned from; where nothing was fitted they are all tasks
    of the corpus itself, which can only favour the baseline.

    Returns
    -------
    array of shape (tasks, columns)
    """
    given = np.zeros_like(run.targets)
    for fold in run.folds:
        known = fold.train if len(fold.train) else fold.test
        given[fold.test] = run.targets[known].mean(axis=0) > 1 / 2
    return given
