"""The tasks that two sides answer differently, and who is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.rules.rulebook import CORE, DISPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Matrix = NDArray[np.int8]


def changed_answers(
    columns: Sequence[str], ids: Sequence[str], targets: Matrix, one: Matrix, other: Matrix
) -> dict[str, Any]:
    """Give the tasks whose answers differ.

    Parameters
    ----------
    columns : sequence of str
        ``disposition:mode`` and ``core``.
    ids : sequence of str of length tasks
    targets, one, other : array of shape (tasks, columns)
        What is right, and what A and B answered.

    Returns
    -------
    dict
        ``count``; ``right``, in how many A, B or neither is right; ``tasks``, each with ``id``, the answers ``a`` and
        ``b``, what is ``expected``, and who is ``right``: "a", "b" or "neither". Both cannot be, for they differ.
    """
    tasks = []
    for row in np.flatnonzero((one != other).any(axis=1)).tolist():
        right = "a" if (one[row] == targets[row]).all() else "b" if (other[row] == targets[row]).all() else "neither"
        answers = {
            name: _answer(columns, given[row]) for name, given in (("a", one), ("b", other), ("expected", targets))
        }
        tasks.append({"id": ids[row], **answers, "right": right})
    counts = {name: sum(task["right"] == name for task in tasks) for name in ("a", "b", "neither")}
    return {"count": len(tasks), "right": counts, "tasks": tasks}


def _answer(columns: Sequence[str], row: Matrix) -> dict[str, Any]:
    given = [column for column, value in zip(columns, row, strict=True) if value]
    answer: dict[str, Any] = {
        disposition: [label.partition(":")[2] for label in given if label.startswith(f"{disposition}:")]
        for disposition in DISPOSITIONS
    }
    return answer | {"core": CORE in given}
