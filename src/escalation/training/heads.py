"""What each head of the model learns, drawn from the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from escalation.model.policy import joint_targets
from escalation.training.pipeline import ASIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray


def head_targets(labels: tuple[str, ...], targets: NDArray[np.int8]) -> NDArray[np.int8]:
    """Give what every head learns.

    Parameters
    ----------
    labels : tuple of str
    targets : array of shape (tasks, labels)

    Returns
    -------
    array of shape (tasks, heads)
        The labels; for each target that takes both parts, whether it is involved; and whether it is escalated to,
        `ASIDE` where it is not involved.
    """
    involved, degree = [], []
    for target in joint_targets(labels):
        escalated = targets[:, labels.index(f"escalate:{target}")]
        any_part = escalated | targets[:, labels.index(f"collaborate:{target}")]
        involved.append(any_part)
        degree.append(np.where(any_part == 1, escalated, np.int8(ASIDE)))
    return np.column_stack([targets, *involved, *degree]).astype(np.int8)
