"""Averages and figures by label, with bootstrap intervals over projects.

Answers are indicator matrices of shape (tasks, columns) with values 0 and 1; a column is a label such as
``escalate:database-specialist``, or ``core``. Everything is computed from counts by group, so that the groups can be
resampled a thousand times by one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from escalation.evaluation.figures import Interval, LabelFigures
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
"""Titles of the averages by their key.

Core counts in its own average only. Macro-F1 is over the labels that some task has. Exact match is the share of the
tasks whose escalations and collaborations are all right. The last is the share of the tasks that need no specialist
that are answered with none.
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of tasks, one row for each group or resample.

    Attributes
    ----------
    columns : tuple of Label
    true_positives, answered, support : array of shape (rows, columns)
        Tasks that were answered with the label and have it, were answered with it, and have it.
    tasks, exact, none_needed, none_correct : array of shape (rows,)
        Tasks; tasks whose dispositions are all right; tasks that need no specialist; those of them answered with none.
    """

    columns: tuple[Label, ...]
    true_positives: Array
    answered: Array
    support: Array
    tasks: Array
    exact: Array
    none_needed: Array
    none_correct: Array

    def __len__(self) -> int:
        return len(self.tasks)

    def total(self) -> Counts:
        """Return the sum over all rows, as one row."""
        return self.resampled(np.ones((1, len(self))))

    def resampled(self, times: Array) -> Counts:
        """Return one row for each row of `times`, which says how often each group is counted."""
        return Counts(self.columns, *(times @ getattr(self, field.name) for field in fields(self)[1:]))


def counts(columns: Sequence[Label], targets: Matrix, given: Matrix, groups: Sequence[str]) -> Counts:
    """Count answers by group.

    Parameters
    ----------
    columns : sequence of Label
    targets, given : array of shape (tasks, columns)
        The right answers, and those of an engine.
    groups : sequence of str of length tasks
    """
    modes = [index for index, column in enumerate(columns) if column != CORE]
    none_needed = targets[:, modes].sum(axis=1) == 0
    names, numbers = np.unique(np.asarray(groups, dtype=str), return_inverse=True)

    def by_group(values: NDArray[np.generic]) -> Array:
        sums = np.zeros((len(names), *values.shape[1:]))
        np.add.at(sums, numbers, values)
        return sums

    return Counts(
        tuple(columns),
        true_positives=by_group(targets & given),
        answered=by_group(given),
        support=by_group(targets),
        tasks=by_group(np.ones(len(targets))),
        exact=by_group((targets[:, modes] == given[:, modes]).all(axis=1)),
        none_needed=by_group(none_needed),
        none_correct=by_group(none_needed & (given[:, modes].sum(axis=1) == 0)),
    )


def resamples(groups: int) -> Array:
    """Return how often each group is drawn in each bootstrap resample (Efron 1979), of shape (resamples, groups)."""
    random = np.random.default_rng(SEED)
    return np.array(
        [np.bincount(random.integers(0, groups, groups), minlength=groups) for _ in range(RESAMPLES)], np.float64
    )


def averages(columns: Sequence[Label], targets: Matrix, given: Matrix) -> dict[str, float | None]:
    """Return the averages of `AVERAGES`, without intervals.

    Parameters
    ----------
    columns : sequence of Label
    targets, given : array of shape (tasks, columns)
        The right answers, and those of an engine.

    Returns
    -------
    dict of str to float or None
        None where the figure is undefined.

    Examples
    --------
    >>> from escalation.rules.rulebook import Label
    >>> right, given = np.array([[1, 0], [0, 1]], np.int8), np.array([[1, 0], [1, 1]], np.int8)
    >>> averages([Label("escalate", "designer"), CORE], right, given)["exact_match"]
    0.5
    """
    figures = _averages(counts(columns, targets, given, ["all"] * len(targets)))
    return {name: _defined(values[0]) for name, values in figures.items()}


def averages_with_intervals(
    columns: Sequence[Label], targets: Matrix, given: Matrix, groups: Sequence[str]
) -> Averages:
    """Return the averages with their intervals; whole groups are resampled. See `averages` for the parameters."""
    counted = counts(columns, targets, given, groups)
    return _with_intervals(_averages(counted.total()), _averages(counted.resampled(resamples(len(counted)))))


def label_figures(columns: Sequence[Label], targets: Matrix, given: Matrix) -> dict[str, LabelFigures]:
    """Return precision, recall, F1 and support of each column. See `averages` for the parameters."""
    figures: dict[str, LabelFigures] = {}
    for index, column in enumerate(columns):
        target, answer = targets[:, index], given[:, index]
        right, answered, support = int((target & answer).sum()), int(answer.sum()), int(target.sum())
        figures[column] = LabelFigures(
            precision=right / answered if answered else None,
            recall=right / support if support else None,
            f1=2 * right / (answered + support) if answered + support else None,
            support=support,
            answered=answered,
        )
    return figures


def differences(
    columns: Sequence[Label], targets: Matrix, given: Matrix, others: Matrix, groups: Sequence[str]
) -> Averages:
    """Return the averages of `given` minus those of `others`, with paired intervals.

    Parameters
    ----------
    columns : sequence of Label
    targets, given, others : array of shape (tasks, columns)
        The right answers, and two engines' answers to the same tasks.
    groups : sequence of str of length tasks
        Resampled as wholes, alike for both.
    """
    return _paired(_averages, *(counts(columns, targets, answers, groups) for answers in (given, others)))


def label_differences(
    columns: Sequence[Label], targets: Matrix, given: Matrix, others: Matrix, groups: Sequence[str]
) -> dict[str, Interval]:
    """Return the F1 of each column of `given` minus that of `others`; see `differences`."""
    return _paired(_f1_by_column, *(counts(columns, targets, answers, groups) for answers in (given, others)))


def _averages(counted: Counts) -> dict[str, Array]:
    escalate, collaborate, core = (
        [index for index, column in enumerate(counted.columns) if column.disposition == disposition]
        for disposition in (*DISPOSITIONS, CORE)
    )
    modes = [*escalate, *collaborate]
    parts = (counted.true_positives, counted.answered, counted.support)

    def pooled(chosen: list[int]) -> Array:
        return _f1(*(part[:, chosen].sum(axis=1) for part in parts))

    each = np.nan_to_num(_f1(*(part[:, modes] for part in parts)))
    supported = counted.support[:, modes] > 0
    return {
        "micro_f1": pooled(modes),
        "escalate_f1": pooled(escalate),
        "collaborate_f1": pooled(collaborate),
        "macro_f1": _ratio((each * supported).sum(axis=1), supported.sum(axis=1)),
        "core_f1": pooled(core),
        "exact_match": _ratio(counted.exact, counted.tasks),
        "none_correct": _ratio(counted.none_correct, counted.none_needed),
    }


def _f1_by_column(counted: Counts) -> dict[str, Array]:
    each = _f1(counted.true_positives, counted.answered, counted.support)
    return {column: each[:, index] for index, column in enumerate(counted.columns)}


def _paired(figures: Callable[[Counts], Mapping[str, Array]], one: Counts, other: Counts) -> dict[str, Interval]:
    """Return figures of one minus those of the other, both resampled alike."""
    times = resamples(len(one))
    values, others = figures(one.total()), figures(other.total())
    resampled, resampled_others = figures(one.resampled(times)), figures(other.resampled(times))
    return _with_intervals(
        {name: value - others[name] for name, value in values.items()},
        {name: value - resampled_others[name] for name, value in resampled.items()},
    )


def _with_intervals(values: Mapping[str, Array], resampled: Mapping[str, Array]) -> dict[str, Interval]:
    """Return each figure with the percentile interval of its resamples; NaN means undefined."""
    tail = 100 * (1 - LEVEL) / 2
    figures = {}
    for name, value in values.items():
        defined = resampled[name][~np.isnan(resampled[name])]
        low, high = np.percentile(defined, [tail, 100 - tail]) if len(defined) else (np.nan, np.nan)
        figures[name] = Interval(_defined(value[0]), _defined(low), _defined(high))
    return figures


def _f1(true_positives: Array, answered: Array, support: Array) -> Array:
    return _ratio(2 * true_positives, answered + support)


def _ratio(part: Array, whole: Array) -> Array:
    ratio: Array = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
    return ratio


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
