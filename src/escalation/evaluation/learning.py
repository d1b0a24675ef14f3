"""What more tasks bring: the learning curve, and figures without each targeted kind of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from escalation.evaluation.figures import LearningPoint
from escalation.evaluation.metrics import averages
from escalation.evaluation.run import answer_splits, answer_tasks, indicators, merge_folds, outer_splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.run import Fold, Run
    from escalation.files import Progress
    from escalation.training.fit import Prepared

LEARNING_AVERAGES = ("micro_f1", "escalate_f1", "collaborate_f1")
"""The averages that the curve shows, as keys of `escalation.evaluation.metrics.AVERAGES`."""


def learning_curve(run: Run, reference: Prepared | None = None) -> list[LearningPoint] | None:
    """Return averages of models fitted to 10, 25, 50 and 100 % of the projects that one fold learns from.

    One fold and one order of projects, so that all of it costs less than another fold: the last point differs a little
    from the figures over all folds. Every model is fitted in full, with its own calibration and thresholds. The run is
    a cross-validation with ``growth``, else there is no curve. The models also answer the reference, tasks of other
    projects.
    """
    if not run.growing:
        return None
    whole = run.folds[0]
    folds = sorted([*run.growing, whole], key=lambda fold: len(fold.train))
    return [_point(run, [fold], whole.train, reference=reference) for fold in folds]


def leave_kinds_out(
    run: Run, reference: Prepared | None = None, progress: Progress | None = None
) -> dict[str, LearningPoint]:
    """Return averages of models fitted to all tasks and without each targeted kind, over the untargeted tasks.

    A task is targeted if it has a kind, that is, if it was written for a purpose. The model of the first fold also
    answers the reference.
    """
    kinds = run.corpus.tasks["kind"].to_numpy(dtype=str)
    untargeted = kinds == ""
    learned_from = {f"without {kind}": kinds != kind for kind in sorted(set(kinds) - {""})}
    if learned_from:
        learned_from["without all targeted"] = untargeted
    everything = np.arange(len(run.data))
    points = {"everything": _point(run, run.folds, everything, untargeted, reference)}
    for done, (name, kept) in enumerate(learned_from.items(), 1):
        splits = [(train[kept[train]], test) for train, test in outer_splits(run.data)]
        folds = list(answer_splits(run.data, [(split, [run.engine]) for split in splits]))
        points[name] = _point(run, folds, everything, untargeted, reference)
        if progress:
            progress("leaving kinds out", done, len(learned_from))
    return points


def _point(
    run: Run,
    folds: Sequence[Fold],
    available: NDArray[np.intp],
    measured: NDArray[np.bool_] | None = None,
    reference: Prepared | None = None,
) -> LearningPoint:
    """Return the averages over the measured tasks that the folds answer, learning from some of those available."""
    groups, engine = run.data.groups, run.engine
    train = np.unique(np.concatenate([fold.train for fold in folds]))
    test = np.sort(np.concatenate([fold.test for fold in folds]))
    rows = np.ones(len(test), bool) if measured is None else measured[test]
    own = averages(run.columns, run.targets[test][rows], merge_folds(folds)[engine].given[rows])
    others = None
    if reference is not None:
        answered = answer_tasks(run.rulebook, folds[0].model, engine, reference.tasks).given
        found = averages(run.columns, indicators(run.columns, reference.answers), answered)
        others = {name: found[name] for name in LEARNING_AVERAGES}
    return LearningPoint(
        share=len(set(groups[train])) / len(set(groups[available])),
        tasks=len(train),
        **{name: own[name] for name in LEARNING_AVERAGES},
        reference=others,
    )
