"""What more tasks bring: one fold answered by models of growing shares of the other projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.evaluation.metrics import averages
from escalation.training.pipeline import SEED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.run import Run
    from escalation.training.fit import Prepared

    Split = tuple[NDArray[np.intp], NDArray[np.intp]]

SHARES = (0.5, 0.25, 0.1)
_SHOWN = ("micro_f1", "escalate_f1", "collaborate_f1")
_MIN_PROJECTS = 2


def places(groups: Sequence[str]) -> NDArray[np.float64]:
    """Give each task its project's place, from 0 to 1, in an order of projects drawn once: a share is its beginning."""
    names = np.unique(np.asarray(groups, dtype=str))
    rank = dict(zip(np.random.default_rng(SEED).permutation(names), range(len(names)), strict=True))
    return np.array([rank[group] for group in groups]) / len(names)


def thinned(data: Prepared, split: Split) -> list[Split]:
    """Give the splits of a learning curve: the same rows to answer, fewer projects to learn from.

    A share that leaves too few projects to choose a threshold on is left out.
    """
    train, test = split
    place = places(data.groups[train].tolist())
    kept = (train[place < share] for share in SHARES)
    return [(rows, test) for rows in kept if len(set(data.groups[rows])) >= _MIN_PROJECTS]


def learning_curve(run: Run) -> list[dict[str, Any]] | None:
    """Give figures of models of 10, 25, 50 and 100 % of the projects that one fold learns from.

    One fold and one draw of projects, so that all of it costs less than another fold: the points stand on a fifth of
    the tasks, and the last one differs a little from the figures over all folds. Every model is fitted in full, with
    the settings, the calibration and the thresholds of any other.

    Returns
    -------
    list of dict or None
        ``share`` of the projects, ``tasks`` learned from, and averages. None where no such models were fitted.
    """
    if not run.growing:
        return None
    whole, data = run.folds[0], run.data
    projects = len(set(data.groups[whole.train]))
    points = []
    for fold in sorted([*run.growing, whole], key=lambda fold: len(fold.train)):
        figures = averages(run.columns, run.targets[fold.test], fold.answers[run.engine].given)
        share = len(set(data.groups[fold.train])) / projects
        points.append(
            {"share": share, "tasks": len(fold.train), **{name: figures[name] for name in _SHOWN}},
        )
    return points
