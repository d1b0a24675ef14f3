"""What more tasks bring: the learning curve, and figures without each targeted kind of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from escalation.evaluation.answers import answer_splits, answer_tasks, indicators, merge_folds, outer_splits
from escalation.evaluation.figures import LearningPoint
from escalation.evaluation.metrics import averages
from escalation.training.pipeline import SEED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.answers import Fold, Split
    from escalation.evaluation.run import Run
    from escalation.files import Progress
    from escalation.training.fit import Prepared

SHARES = (0.5, 0.25, 0.1)
LEARNING_AVERAGES = ("micro_f1", "escalate_f1", "collaborate_f1")
"""The averages that the curve shows, as keys of `escalation.evaluation.metrics.AVERAGES`."""
_MIN_PROJECTS = 2


def project_order(groups: Sequence[str]) -> NDArray[np.float64]:
    """Return the position of each task's project in a random order, from 0 to 1; the order is always the same."""
    names = np.unique(np.asarray(groups, dtype=str))
    rank = dict(zip(np.random.default_rng(SEED).permutation(names), range(len(names)), strict=True))
    return np.array([rank[group] for group in groups]) / len(names)


def smaller_splits(data: Prepared, split: Split) -> list[Split]:
    """Return splits with the same rows to answer and ever fewer projects to learn from.

    A share that leaves too few projects to choose a threshold is omitted.
    """
    train, test = split
    position = project_order(data.groups[train].tolist())
    kept = (train[position < share] for share in SHARES)
    return [(rows, test) for rows in kept if len(set(data.groups[rows])) >= _MIN_PROJECTS]


def learning_curve(run: Run, reference: Prepared | None = None) -> list[LearningPoint] | None:
    """Return averages of models fitted to 10, 25, 50 and 100 % of the projects that one fold learns from.

    One fold and one order of projects, so that all of it costs less than another fold: the figures are about a fifth of
    the tasks, and the last point differs a little from the figures over all folds. Every model is fitted in full, with
    its own calibration and thresholds.

    Parameters
    ----------
    run : Run
        In cross-validation, with ``growth``.
    reference : Prepared, optional
        Real tasks of other projects, which the same models answer too.

    Returns
    -------
    list of LearningPoint or None
        By rising share; None if no such models were fitted.
    """
    if not run.growing:
        return None
    whole, everything = run.folds[0], np.ones(len(run.data), bool)
    folds = sorted([*run.growing, whole], key=lambda fold: len(fold.train))
    return [_point(run, [fold], whole.train, everything, reference) for fold in folds]


def leave_kinds_out(
    run: Run, kinds: NDArray[np.str_], reference: Prepared | None = None, progress: Progress | None = None
) -> dict[str, LearningPoint]:
    """Return averages of models fitted to all tasks and without each targeted kind, over the untargeted tasks.

    Parameters
    ----------
    run : Run
        In cross-validation.
    kinds : array of shape (tasks,)
        Kind of each task; empty if it was not written for a purpose.
    reference : Prepared, optional
        Real tasks of other projects, which the first fold's model answers too.
    progress : callable, optional
    """
    everything, untargeted = np.arange(len(run.data)), kinds == ""
    points = {"everything": _point(run, run.folds, everything, untargeted, reference)}
    without = {f"without {kind}": kinds != kind for kind in sorted(set(kinds) - {""})}
    if without:
        without["without all targeted"] = untargeted
    for done, (name, kept) in enumerate(without.items(), 1):
        splits = [(train[kept[train]], test) for train, test in outer_splits(run.data)]
        folds = list(answer_splits(run.data, [(split, [run.engine]) for split in splits]))
        points[name] = _point(run, folds, everything, untargeted, reference)
        if progress:
            progress("leaving kinds out", done, len(without))
    return points


def _point(
    run: Run,
    folds: Sequence[Fold],
    available: NDArray[np.intp],
    measured: NDArray[np.bool_],
    reference: Prepared | None,
) -> LearningPoint:
    """Return the averages over the measured tasks that the folds answer, learning from some of those available."""
    groups, engine = run.data.groups, run.engine
    train = np.unique(np.concatenate([fold.train for fold in folds]))
    test = np.sort(np.concatenate([fold.test for fold in folds]))
    given, rows = merge_folds(folds)[engine].given, measured[test]
    own = averages(run.columns, run.targets[test][rows], given[rows])
    others = None
    if reference is not None:
        answered = answer_tasks(run.rulebook, folds[0].model, engine, reference.tasks).given
        found = averages(run.columns, indicators(run.columns, reference.answers), answered)
        others = {name: found[name] for name in LEARNING_AVERAGES}
    return LearningPoint(
        share=len(set(groups[train])) / len(set(groups[available])),
        tasks=len(train),
        micro_f1=own["micro_f1"],
        escalate_f1=own["escalate_f1"],
        collaborate_f1=own["collaborate_f1"],
        reference=others,
    )
