"""How far two readers agree who labelled the same tasks without seeing each other's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score

from escalation.errors import CorpusError
from escalation.evaluation.answers import answer_columns, indicators
from escalation.files import parse_json
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from escalation.rules.rulebook import Rulebook

    Matrix = NDArray[np.int8]

_READERS = ("first", "second")


def agreement(path: Path, rulebook: Rulebook) -> dict[str, Any]:
    """Compare two labellings.

    Parameters
    ----------
    path : Path
        JSON lines with ``first`` and ``second``, each with ``escalate``, ``collaborate`` and ``core``.
    rulebook : Rulebook

    Returns
    -------
    dict
        ``tasks``, ``differing`` tasks, ``micro_f1`` over the areas, and for each label that either reader gave its
        Cohen's ``kappa`` (1960; None where nothing varies) and how often each gave it.

    Raises
    ------
    CorpusError
        If the file cannot be read or a line has another form.
    """
    columns = answer_columns(rulebook)
    rows: dict[str, list[Matrix]] = {reader: [] for reader in _READERS}
    number = 0
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            number += 1
            data = parse_json(line)
            for reader in _READERS:
                labelled = data[reader]
                row = labelled["escalate"], labelled["collaborate"], labelled["core"]
                rows[reader].append(indicators(columns, [row]))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); name a file of two labellings") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(
            f"{path}, line {number}: is no pair of labellings of this roster ({error!r}); correct it"
        ) from error
    if not number:
        raise CorpusError(f"{path}: has no line; give some pairs of labellings")
    first, second = (np.vstack(rows[reader]) for reader in _READERS)
    areas = [index for index, label in enumerate(columns) if label != CORE]
    labels = {}
    for index, label in enumerate(columns):
        given = first[:, index], second[:, index]
        if any(column.any() for column in given):
            varies = any(column.min() != column.max() for column in given)
            labels[label] = {
                "kappa": float(cohen_kappa_score(*given)) if varies else None,
                "first": int(given[0].sum()),
                "second": int(given[1].sum()),
            }
    return {
        "tasks": len(first),
        "differing": int((first != second).any(axis=1).sum()),
        "micro_f1": float(f1_score(first[:, areas], second[:, areas], average="micro", zero_division=1.0)),
        "labels": labels,
    }
