"""Averages and figures by label, with bootstrap intervals over projects.

Targets, the right answers, and answers are matrices of shape (tasks, columns) with values 0 and 1; a column is a label
such as ``escalate:database-specialist``, or ``core``. Everything is computed from counts by group, so that the groups
can be resampled a thousand times by one matrix product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from escalation.evaluation.figures import Difference, Interval, LabelFigures, SubsetDifferences, SubsetFigures
from escalation.rules.rulebook import CORE, DISPOSITIONS
from escalation.training.pipeline import SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.figures import Averages
    from escalation.rules.rulebook import Label

    Matrix = NDArray[np.int8]
    Array = NDArray[np.float64]

LEVEL = 0.95
"""Coverage of the intervals."""
RESAMPLES = 1000
AVERAGES = {
    "micro_f1": "micro-F1",
    "escalate_f1": "escalate F1",
    "collaborate_f1": "collaborate F1",
    "macro_f1": "macro-F1",
    "core_f1": "own work (core) F1",
    "exact_match": "exact match",
    "none_correct": "none needed, none named",
}
"""Titles of the averages by their key. Core counts in its own average only; macro-F1 is over the labels that some task
has. The last two are shares: of the tasks whose escalations and collaborations are all right, and, of the tasks that
need no specialist, of those answered with none."""
SUBSET_FIGURES = {key: AVERAGES[key] for key in ("micro_f1", "escalate_f1", "collaborate_f1")} | {
    "core_wrong": "own work wrong"
}
"""Titles of the figures of some of the tasks by their key; the last is the better the lower it is."""


class _Counts(NamedTuple):
    """Counts of tasks: over all groups in the first row, over each resample in another."""

    true_positives: Array  # (rows, columns): answered with the label, and have it
    answered: Array  # (rows, columns): answered with the label
    support: Array  # (rows, columns): have the label
    tasks: Array
    exact: Array  # all escalations and collaborations are right
    none_needed: Array  # need no specialist
    none_correct: Array  # need no specialist, and are answered with none
    core_wrong: Array  # core is answered wrongly


def _counts(columns: Sequence[Label], targets: Matrix, given: Matrix, groups: Sequence[str] | None = None) -> _Counts:
    """Count answers, also in resamples of the groups if there are any."""
    modes = [index for index, column in enumerate(columns) if column != CORE]
    core = [index for index, column in enumerate(columns) if column == CORE]
    none_needed, none_given = (matrix[:, modes].sum(axis=1) == 0 for matrix in (targets, given))
    count = _counter(len(targets), groups)
    return _Counts(
        true_positives=count(targets & given),
        answered=count(given),
        support=count(targets),
        tasks=count(np.ones(len(targets))),
        exact=count((targets[:, modes] == given[:, modes]).all(axis=1)),
        none_needed=count(none_needed),
        none_correct=count(none_needed & none_given),
        core_wrong=count((targets[:, core] != given[:, core]).any(axis=1)),
    )


def _counter(tasks: int, groups: Sequence[str] | None) -> Callable[[NDArray[np.generic]], Array]:
    """Return a function that sums values of tasks over all groups, then over each resample if there are groups."""
    names, numbers = np.unique(np.asarray(groups or [""] * tasks, dtype=str), return_inverse=True)
    times = np.ones((1, len(names)))
    if groups:
        times = np.vstack([times, resamples(len(names))])

    def count(values: NDArray[np.generic]) -> Array:
        by_group = np.zeros((len(names), *values.shape[1:]))
        np.add.at(by_group, numbers, values)
        return times @ by_group

    return count


def resamples(groups: int) -> Array:
    """Return how often each group is drawn in each bootstrap resample (Efron 1979), of shape (resamples, groups)."""
    random = np.random.default_rng(SEED)
    drawn = (random.integers(0, groups, groups) for _ in range(RESAMPLES))
    return np.array([np.bincount(numbers, minlength=groups) for numbers in drawn], np.float64)


def averages(columns: Sequence[Label], targets: Matrix, given: Matrix) -> dict[str, float | None]:
    """Return the averages of `AVERAGES`, without intervals; None where a figure is undefined.

    >>> from escalation.rules.rulebook import Label
    >>> right, given = np.array([[1, 0], [0, 1]], np.int8), np.array([[1, 0], [1, 1]], np.int8)
    >>> averages([Label("escalate", "designer"), CORE], right, given)["exact_match"]
    0.5
    """
    figures = _averages(columns, _counts(columns, targets, given))
    return {name: _defined(values[0]) for name, values in figures.items()}


def averages_with_intervals(
    columns: Sequence[Label], targets: Matrix, given: Matrix, groups: Sequence[str]
) -> Averages:
    """Return the averages with their intervals; whole groups are resampled."""
    return _intervals(_averages(columns, _counts(columns, targets, given, groups)))


def label_figures(columns: Sequence[Label], targets: Matrix, given: Matrix) -> dict[str, LabelFigures]:
    """Return precision, recall, F1 and support of each column."""
    right, answered, support = (matrix.sum(axis=0) for matrix in (targets & given, given, targets))
    precision, recall, f1 = _ratio(right, answered), _ratio(right, support), _f1(right, answered, support)
    return {
        column: LabelFigures(
            precision=_defined(precision[index]),
            recall=_defined(recall[index]),
            f1=_defined(f1[index]),
            support=int(support[index]),
            answered=int(answered[index]),
        )
        for index, column in enumerate(columns)
    }


def differences(
    columns: Sequence[Label], targets: Matrix, given: Matrix, others: Matrix, groups: Sequence[str]
) -> Averages:
    """Return the averages of `given` minus those of `others`, with paired intervals: groups are resampled alike."""
    one, other = (_averages(columns, _counts(columns, targets, answers, groups)) for answers in (given, others))
    return _intervals({name: values - other[name] for name, values in one.items()})


def label_differences(
    columns: Sequence[Label], targets: Matrix, given: Matrix, others: Matrix, groups: Sequence[str]
) -> dict[str, Interval]:
    """Return the F1 of each column of `given` minus that of `others`; see `differences`."""
    one, other = (_f1(*_counts(columns, targets, answers, groups)[:3]) for answers in (given, others))
    return _intervals(dict(zip(columns, (one - other).T, strict=True)))


def subset_figures(columns: Sequence[Label], targets: Matrix, given: Matrix, groups: Sequence[str]) -> SubsetFigures:
    """Return how good the answers to some of the tasks are; only these are passed."""
    found = _intervals(_subset(columns, _counts(columns, targets, given, groups)))
    return SubsetFigures(len(targets), len(set(groups)), **found)


def subset_differences(
    columns: Sequence[Label], targets: Matrix, given: Matrix, others: Matrix, groups: Sequence[str]
) -> SubsetDifferences:
    """Return the figures of `others` (A), of `given` (B) and B minus A for some of the tasks; see `differences`."""
    a, b = (_subset(columns, _counts(columns, targets, answers, groups)) for answers in (others, given))
    found = _intervals({key: values - a[key] for key, values in b.items()})
    rows = {key: Difference(_defined(a[key][0]), _defined(b[key][0]), found[key]) for key in found}
    return SubsetDifferences(len(targets), len(set(groups)), **rows)


def _subset(columns: Sequence[Label], counted: _Counts) -> dict[str, Array]:
    figures = _averages(columns, counted) | {"core_wrong": _ratio(counted.core_wrong, counted.tasks)}
    return {key: figures[key] for key in SUBSET_FIGURES}


def share(part: NDArray[np.int_], whole: NDArray[np.int_], groups: Sequence[str]) -> Interval:
    """Return what share of all counts of `whole` is in `part`, both by task, with its interval.

    >>> share(np.array([1, 1]), np.array([1, 3]), ["a", "a"])
    Interval(value=0.5, low=0.5, high=0.5)
    """
    count = _counter(len(whole), groups)
    return _intervals({"share": _ratio(count(part), count(whole))})["share"]


def _averages(columns: Sequence[Label], counted: _Counts) -> dict[str, Array]:
    escalate, collaborate, core = (
        [index for index, column in enumerate(columns) if column.disposition == disposition]
        for disposition in (*DISPOSITIONS, CORE)
    )
    modes = [*escalate, *collaborate]

    def pooled(chosen: list[int]) -> Array:
        return _f1(*(count[:, chosen].sum(axis=1) for count in counted[:3]))

    supported = counted.support[:, modes] > 0
    by_mode = np.nan_to_num(_f1(*(count[:, modes] for count in counted[:3])))  # 0 for a label that no task has
    return {
        "micro_f1": pooled(modes),
        "escalate_f1": pooled(escalate),
        "collaborate_f1": pooled(collaborate),
        "macro_f1": _ratio(by_mode.sum(axis=1), supported.sum(axis=1)),
        "core_f1": pooled(core),
        "exact_match": _ratio(counted.exact, counted.tasks),
        "none_correct": _ratio(counted.none_correct, counted.none_needed),
    }


def _intervals(figures: Mapping[str, Array]) -> dict[str, Interval]:
    """Return the first value of each figure with the percentile interval of the others; NaN means undefined."""
    tail = 100 * (1 - LEVEL) / 2
    found = {}
    for name, values in figures.items():
        resampled = values[1:][~np.isnan(values[1:])]
        low, high = np.percentile(resampled, [tail, 100 - tail]) if len(resampled) else (np.nan, np.nan)
        found[name] = Interval(_defined(values[0]), _defined(low), _defined(high))
    return found


def _f1(true_positives: Array, answered: Array, support: Array) -> Array:
    return _ratio(2 * true_positives, answered + support)


def _ratio(part: Array, whole: Array) -> Array:
    ratio: Array = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
    return ratio


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
