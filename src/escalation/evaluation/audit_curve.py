"""What more tasks would bring: figures at growing shares of the projects, and without each targeted kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed

from escalation.evaluation.answers import OUTER_FOLDS, answer_columns, answers_after, indicators
from escalation.evaluation.growth import places
from escalation.evaluation.metrics import averages
from escalation.training.pipeline import grouped_folds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from escalation.model.decision import Engine
    from escalation.training.fit import Prepared

    Progress = Callable[[str, int, int], None]

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
_SHOWN = ("micro_f1", "escalate_f1", "collaborate_f1")
_ENGINE: Engine = "hybrid"
_MIN_PROJECTS = 2


def learning_curve(
    data: Prepared, reference: Prepared | None, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Give figures for models of 10, 25, 50, 75 and 100 % of the projects.

    The tested tasks stay the same; only the projects to learn from are thinned out, always the same first ones.
    A share that leaves too few projects to tune a threshold on is left out.

    Parameters
    ----------
    data : Prepared
    reference : Prepared, optional
        Tasks that nothing is fitted to, measured beside cross-validation.
    progress : callable, optional

    Returns
    -------
    list of dict
        ``share``, ``tasks`` learned from, ``cross_validation`` and, with a reference, ``reference``.
    """
    place = places(data.groups.tolist())
    points = []
    for done, share in enumerate(SHARES, 1):
        kept = place < share
        if _fewest_projects(data, kept) < _MIN_PROJECTS:
            continue
        points.append({"share": share, "tasks": int(kept.sum()), **_figures(data, kept, reference)})
        if progress:
            progress("learning curve", done, len(SHARES))
    return points


def leave_kinds_out(
    data: Prepared, kinds: NDArray[np.str_], reference: Prepared | None, progress: Progress | None = None
) -> dict[str, Any]:
    """Give figures with everything and without each targeted kind, measured on the untargeted tasks.

    Parameters
    ----------
    data : Prepared
    kinds : array of shape (tasks,)
        Kind of each task; empty for those that were written by project.
    reference : Prepared, optional
    progress : callable, optional
    """
    everything = np.ones(len(data), bool)
    measured = kinds == ""
    names = sorted(set(kinds) - {""})
    figures = {"everything": _figures(data, everything, reference, measured)}
    for done, kind in enumerate([*names, *(["all targeted"] if names else [])], 1):
        kept = measured if kind == "all targeted" else kinds != kind
        figures[f"without {kind}"] = _figures(data, kept, reference, measured)
        if progress:
            progress("leaving kinds out", done, len(names) + 1)
    return figures


def _fewest_projects(data: Prepared, kept: NDArray[np.bool_]) -> int:
    splits = grouped_folds(list(data.groups), data.targets, OUTER_FOLDS)
    return min(len(set(data.groups[train[kept[train]]])) for train, _ in splits)


def _figures(
    data: Prepared, kept: NDArray[np.bool_], reference: Prepared | None, measured: NDArray[np.bool_] | None = None
) -> dict[str, Any]:
    splits = [
        (train[kept[train]], test if measured is None else test[measured[test]])
        for train, test in grouped_folds(list(data.groups), data.targets, OUTER_FOLDS)
    ]
    answers = Parallel(n_jobs=-1, max_nbytes=None)(
        delayed(_answers)(data.rows(train), data.rows(test)) for train, test in splits
    )
    tests = [data.rows(test) for _, test in splits]
    result = {"cross_validation": _averages(data, np.vstack([_truth(test) for test in tests]), np.vstack(answers))}
    if reference is not None:
        model_answers = _answers(data.rows(np.flatnonzero(kept)), reference)
        result["reference"] = _averages(data, _truth(reference), model_answers)
    return result


def _answers(seen: Prepared, asked: Prepared) -> NDArray[np.int8]:
    return answers_after(seen, asked.tasks, [_ENGINE])[_ENGINE].given


def _truth(data: Prepared) -> NDArray[np.int8]:
    return indicators(answer_columns(data.rulebook), data.answers)


def _averages(data: Prepared, truth: NDArray[np.int8], given: NDArray[np.int8]) -> dict[str, float | None]:
    figures = averages(answer_columns(data.rulebook), truth, given)
    return {name: figures[name] for name in _SHOWN}
