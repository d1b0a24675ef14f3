"""Folds that never split a group and keep the labels' shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

from escalation.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SEED = 16
"""One seed for all that is drawn, so that the same corpus gives the same model."""


def grouped_folds(
    groups: Sequence[str], targets: NDArray[np.int8], folds: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Split tasks by group, stratified by the union of the labels in each group.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011) over groups instead of tasks.

    Parameters
    ----------
    groups : sequence of str
        Group of each task.
    targets : array of shape (tasks, labels)
        Indicator matrix.
    folds : int

    Yields
    ------
    tuple of array
        Rows to train on, rows to test on.

    Raises
    ------
    CorpusError
        If there are fewer groups than folds.
    """
    names, numbers = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    if len(names) < folds:
        raise CorpusError(f"the corpus has {len(names)} projects, and {folds} folds need as many; add projects")
    union = np.zeros((len(names), targets.shape[1]), np.int8)
    np.maximum.at(union, numbers, targets)
    splitter = MultilabelStratifiedKFold(n_splits=folds, shuffle=True, random_state=SEED)
    for _, tested in splitter.split(union, union):
        test = np.isin(numbers, tested)
        yield np.flatnonzero(~test), np.flatnonzero(test)
