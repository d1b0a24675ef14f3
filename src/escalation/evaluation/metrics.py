"""Figures of indicator matrices: per label, over areas, with intervals by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.rulebook import CORE
from escalation.training.folds import SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Matrix = NDArray[np.int8]

RESAMPLES = 1000
LEVEL = 0.95
AVERAGES = {
    "micro_f1": "micro-F1",
    "escalate_f1": "escalate F1",
    "collaborate_f1": "collaborate F1",
    "macro_f1": "macro-F1",
    "core_f1": "own work (core) F1",
    "exact_match": "exact match",
    "free_kept": "label-free tasks kept free",
}
"""The averages, as `averages` names them and as people read them."""


def summarize(labels: Sequence[str], targets: Matrix, given: Matrix, groups: Sequence[str]) -> dict[str, Any]:
    """Give all figures of a set of answers.

    Parameters
    ----------
    labels : sequence of str
        Columns: ``disposition:target`` and ``core``.
    targets, given : array of shape (tasks, labels)
        What is right, and what was answered.
    groups : sequence of str of length tasks
        What is drawn as a whole in the bootstrap.

    Returns
    -------
    dict
        ``averages``: each with value and interval; ``labels``: precision, recall, F1 and support of each;
        ``tasks`` and ``groups``: how many. A figure is None where nothing defines it.
    """
    values = averages(labels, targets, given)
    intervals = bootstrap(lambda rows: averages(labels, targets[rows], given[rows]), groups)
    return {
        "tasks": len(targets),
        "groups": len(set(groups)),
        "averages": {
            name: {"value": value, "low": intervals[name][0], "high": intervals[name][1]}
            for name, value in values.items()
        },
        "labels": {label: _label_figures(targets[:, column], given[:, column]) for column, label in enumerate(labels)},
    }


def bootstrap(
    figures: Callable[[NDArray[np.intp]], dict[str, float | None]], groups: Sequence[str]
) -> dict[str, tuple[float | None, float | None]]:
    """Give percentile intervals of figures, drawing whole groups with replacement (Efron 1979).

    Parameters
    ----------
    figures : callable
        From the rows drawn to figures by name.
    groups : sequence of str
        Group of each row.
    """
    names, numbers = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    members = [np.flatnonzero(numbers == number) for number in range(len(names))]
    random = np.random.default_rng(SEED)
    drawn: dict[str, list[float]] = {}
    for _ in range(RESAMPLES):
        rows = np.concatenate([members[number] for number in random.integers(0, len(names), len(names))])
        for name, value in figures(rows).items():
            drawn.setdefault(name, [])
            if value is not None:
                drawn[name].append(value)
    tail = 100 * (1 - LEVEL) / 2
    return {
        name: (float(np.percentile(values, tail)), float(np.percentile(values, 100 - tail))) if values else (None, None)
        for name, values in drawn.items()
    }


class _Columns:
    """Which columns belong to which average."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.escalate = [index for index, label in enumerate(labels) if label.startswith("escalate:")]
        self.collaborate = [index for index, label in enumerate(labels) if label.startswith("collaborate:")]
        self.areas = self.escalate + self.collaborate
        self.core = [index for index, label in enumerate(labels) if label == CORE]


def averages(labels: Sequence[str], targets: Matrix, given: Matrix) -> dict[str, float | None]:
    """Give the averages alone, without intervals; see `summarize`."""
    columns = _Columns(labels)
    both = (targets & given).sum(axis=0)
    right, answered = targets.sum(axis=0), given.sum(axis=0)
    supported = [column for column in columns.areas if right[column]]
    free = targets[:, columns.areas].sum(axis=1) == 0
    kept = given[:, columns.areas].sum(axis=1) == 0

    def pooled(chosen: list[int]) -> float | None:
        return _f1(int(both[chosen].sum()), int(answered[chosen].sum()), int(right[chosen].sum()))

    each = [_f1(int(both[column]), int(answered[column]), int(right[column])) or 0.0 for column in supported]
    return {
        "micro_f1": pooled(columns.areas),
        "escalate_f1": pooled(columns.escalate),
        "collaborate_f1": pooled(columns.collaborate),
        "macro_f1": float(np.mean(each)) if each else None,
        "core_f1": pooled(columns.core),
        "exact_match": float((targets[:, columns.areas] == given[:, columns.areas]).all(axis=1).mean()),
        "free_kept": float(kept[free].mean()) if free.any() else None,
    }


def _label_figures(target: Matrix, given: Matrix) -> dict[str, float | int | None]:
    both, answered, right = int((target & given).sum()), int(given.sum()), int(target.sum())
    return {
        "precision": both / answered if answered else None,
        "recall": both / right if right else None,
        "f1": _f1(both, answered, right),
        "support": right,
        "answered": answered,
    }


def _f1(both: int, answered: int, right: int) -> float | None:
    return 2 * both / (answered + right) if answered + right else None
