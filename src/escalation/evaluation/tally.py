"""Counts of right and given labels by group: all that averages need, so that groups can be drawn a thousand times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from escalation.rules.rulebook import CORE
from escalation.training.pipeline import SEED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Counts = NDArray[np.float64]

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts, a row a group or a resample.

    Attributes
    ----------
    labels : tuple of str
    both, answered, right : array of shape (rows, labels)
        Tasks that have a label rightly, that were given it, and that should have it.
    tasks, exact, free, kept : array of shape (rows,)
        Tasks; those whose dispositions are all right; those without a disposition, and of them those given none.
    """

    labels: tuple[str, ...]
    both: Counts
    answered: Counts
    right: Counts
    tasks: Counts
    exact: Counts
    free: Counts
    kept: Counts

    def __len__(self) -> int:
        return len(self.tasks)

    def columns(self, beginning: str) -> list[int]:
        """Give the places of the labels with a beginning."""
        return [index for index, label in enumerate(self.labels) if label.startswith(beginning)]

    def total(self) -> Tally:
        """Add all rows up."""
        return self.drawn(np.ones((1, len(self))))

    def drawn(self, times: Counts) -> Tally:
        """Give a row for each row of `times`, which says how often each group counts."""
        return Tally(
            self.labels,
            times @ self.both,
            times @ self.answered,
            times @ self.right,
            times @ self.tasks,
            times @ self.exact,
            times @ self.free,
            times @ self.kept,
        )


def tally(labels: Sequence[str], targets: NDArray[np.int8], given: NDArray[np.int8], groups: Sequence[str]) -> Tally:
    """Count answers by group.

    Parameters
    ----------
    labels : sequence of str
        Columns: ``disposition:target`` and ``core``.
    targets, given : array of shape (tasks, labels)
    groups : sequence of str of length tasks
    """
    areas = [index for index, label in enumerate(labels) if label != CORE]
    free = targets[:, areas].sum(axis=1) == 0
    kept = free & (given[:, areas].sum(axis=1) == 0)
    exact = (targets[:, areas] == given[:, areas]).all(axis=1)
    names, numbers = np.unique(np.asarray(groups, dtype=str), return_inverse=True)

    def added(values: NDArray[np.generic]) -> Counts:
        sums = np.zeros((len(names), *values.shape[1:]))
        np.add.at(sums, numbers, values)
        return sums

    return Tally(
        tuple(labels),
        added(targets & given),
        added(given),
        added(targets),
        added(np.ones(len(targets))),
        added(exact),
        added(free),
        added(kept),
    )


def resamples(groups: int) -> Counts:
    """Draw as many groups as there are, with replacement, many times: how often each was drawn (Efron 1979)."""
    random = np.random.default_rng(SEED)
    return np.array(
        [np.bincount(random.integers(0, groups, groups), minlength=groups) for _ in range(RESAMPLES)], np.float64
    )
