"""Which labels a model that has not seen them finds unlikely: where to read again first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from escalation.training.fit import Prepared


def rank_doubtful(data: Prepared, out_of_fold: NDArray[np.float64], most: int) -> list[dict[str, Any]]:
    """Rank tasks by the quality of their labels (confident learning, Northcutt, Jiang and Chuang 2021; cleanlab).

    A low score is a reason to read again, no proof: what the model has not learned looks the same.

    Parameters
    ----------
    data : Prepared
    out_of_fold : array of shape (tasks, labels)
        Calibrated probabilities.
    most : int
        As many tasks are given.

    Returns
    -------
    list of dict
        ``id``, ``score`` (0 to 1) and ``label``, the least likely one, in ascending order of the score.
    """
    from cleanlab.multilabel_classification.rank import get_label_quality_scores

    given = [np.flatnonzero(row).tolist() for row in data.targets]
    scores = np.asarray(get_label_quality_scores(given, out_of_fold))
    surprise = np.abs(data.targets - out_of_fold)
    order = np.argsort(scores, kind="stable")[:most]
    return [
        {
            "id": data.tasks[row].id,
            "score": round(float(scores[row]), 4),
            "label": data.labels[int(surprise[row].argmax())],
            "given": bool(data.targets[row, surprise[row].argmax()]),
        }
        for row in order
    ]
