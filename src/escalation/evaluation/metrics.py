"""Figures of indicator matrices: per label, over areas, with intervals by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.evaluation.tally import Tally, resamples, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Matrix = NDArray[np.int8]
    Figures = Mapping[str, NDArray[np.float64]]

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
    counted = tally(labels, targets, given, groups)
    drawn = resamples(len(counted))
    return {
        "tasks": len(targets),
        "groups": len(counted),
        "averages": with_intervals(_averages(counted.total()), _averages(counted.drawn(drawn))),
        "labels": {label: _label_figures(targets[:, column], given[:, column]) for column, label in enumerate(labels)},
    }


def differences(
    labels: Sequence[str], targets: Matrix, given: Matrix, others: Matrix, groups: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    """Give how far the averages of answers lie above those of others to the same tasks, with paired intervals."""
    return _paired(_averages, *(tally(labels, targets, answers, groups) for answers in (given, others)))


def label_differences(
    labels: Sequence[str], targets: Matrix, given: Matrix, others: Matrix, groups: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    """Give how far the F1 of each label lies above that of other answers, with paired intervals."""
    return _paired(_each_f1, *(tally(labels, targets, answers, groups) for answers in (given, others)))


def averages(labels: Sequence[str], targets: Matrix, given: Matrix) -> dict[str, float | None]:
    """Give the averages alone, without intervals; see `summarize`."""
    figures = _averages(tally(labels, targets, given, ["all"] * len(targets)))
    return {name: _number(values[0]) for name, values in figures.items()}


def bootstrap(
    figures: Callable[[NDArray[np.intp]], dict[str, float | None]], groups: Sequence[str]
) -> dict[str, tuple[float | None, float | None]]:
    """Give the intervals of any figures, computed anew from the rows of each resample.

    Parameters
    ----------
    figures : callable
        From the rows drawn to figures by name.
    groups : sequence of str
        Group of each row.
    """
    names, numbers = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    rows = np.arange(len(numbers))
    drawn = [figures(np.repeat(rows, times[numbers])) for times in resamples(len(names)).astype(int)]
    resampled = {name: np.array([values[name] for values in drawn], np.float64) for name in drawn[0]}
    return {name: (row["low"], row["high"]) for name, row in with_intervals(resampled, resampled).items()}


def with_intervals(values: Figures, resampled: Figures) -> dict[str, dict[str, float | None]]:
    """Put figures and the percentile intervals of their resamples together (Efron 1979).

    Parameters
    ----------
    values, resampled : mapping of str to array
        One value a figure, and one a resample; NaN where nothing defines it.
    """
    tail = 100 * (1 - LEVEL) / 2
    figures = {}
    for name, value in values.items():
        defined = resampled[name][~np.isnan(resampled[name])]
        low, high = np.percentile(defined, [tail, 100 - tail]) if len(defined) else (np.nan, np.nan)
        figures[name] = {"value": _number(value[0]), "low": _number(low), "high": _number(high)}
    return figures


def _averages(counted: Tally) -> dict[str, NDArray[np.float64]]:
    escalate, collaborate, core = counted.columns("escalate:"), counted.columns("collaborate:"), counted.columns("core")
    areas = [*escalate, *collaborate]

    def pooled(chosen: list[int]) -> NDArray[np.float64]:
        return _f1(*(part[:, chosen].sum(axis=1) for part in (counted.both, counted.answered, counted.right)))

    each = np.nan_to_num(_f1(counted.both[:, areas], counted.answered[:, areas], counted.right[:, areas]))
    supported = counted.right[:, areas] > 0
    return {
        "micro_f1": pooled(areas),
        "escalate_f1": pooled(escalate),
        "collaborate_f1": pooled(collaborate),
        "macro_f1": _share((each * supported).sum(axis=1), supported.sum(axis=1)),
        "core_f1": pooled(core),
        "exact_match": _share(counted.exact, counted.tasks),
        "free_kept": _share(counted.kept, counted.free),
    }


def _each_f1(counted: Tally) -> dict[str, NDArray[np.float64]]:
    each = _f1(counted.both, counted.answered, counted.right)
    return {label: each[:, column] for column, label in enumerate(counted.labels)}


def _paired(
    figures: Callable[[Tally], dict[str, NDArray[np.float64]]], one: Tally, other: Tally
) -> dict[str, dict[str, float | None]]:
    """Give how far figures of one tally lie above those of another, both drawn alike."""
    drawn = resamples(len(one))
    values, resampled = (
        _less(figures(first), figures(second))
        for first, second in ((one.total(), other.total()), (one.drawn(drawn), other.drawn(drawn)))
    )
    return with_intervals(values, resampled)


def _less(one: Figures, other: Figures) -> dict[str, NDArray[np.float64]]:
    return {name: values - other[name] for name, values in one.items()}


def _label_figures(target: Matrix, given: Matrix) -> dict[str, float | int | None]:
    both, answered, right = int((target & given).sum()), int(given.sum()), int(target.sum())
    return {
        "precision": both / answered if answered else None,
        "recall": both / right if right else None,
        "f1": 2 * both / (answered + right) if answered + right else None,
        "support": right,
        "answered": answered,
    }


def _f1(both: NDArray[np.float64], answered: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    return _share(2 * both, answered + right)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide; NaN where there is nothing to divide by."""
    share: NDArray[np.float64] = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
    return share


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
