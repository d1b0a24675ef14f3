"""Compare two sides, models or engines, on the same tasks: differences with intervals, and the answers that changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from escalation.errors import CorpusError
from escalation.evaluation.answers import answer_columns, answers_of, cross_validate, indicators
from escalation.evaluation.changes import changed_answers
from escalation.evaluation.metrics import differences, label_differences, summarize
from escalation.evaluation.run import check_roster
from escalation.training.corpus import seen_tasks
from escalation.training.fit import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus
    from escalation.training.fit import Prepared

    Progress = Callable[[str, int, int], None]
    Matrix = NDArray[np.int8]

MIN_SUPPORT = 30
"""A label with fewer tasks on this corpus fails nobody: its interval says little."""
GATED = "micro_f1"
"""The average that must not be worse."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared.

    Attributes
    ----------
    name : str
        As the user names it.
    engine : {"hybrid", "model", "rules"}
    model : Model or None
        What answers; None for the rules, and where models are fitted in cross-validation.
    """

    name: str
    engine: Engine
    model: Model | None = None


def compare(
    corpus: Corpus, rulebook: Rulebook, first: Side, second: Side, progress: Progress | None = None
) -> dict[str, Any]:
    """Compare the answers of two sides, task by task.

    Parameters
    ----------
    corpus : Corpus
        No task of it may have been seen by a model of either side.
    rulebook : Rulebook
    first, second : Side
        With no model on either side, engines are compared in one cross-validation by group.
    progress : callable, optional

    Returns
    -------
    dict
        ``method`` and ``corpus``; ``sides``, ``a`` and ``b``; ``averages`` and ``labels`` (F1), each with both
        figures and the ``difference``, second minus first, with its 95 % interval, paired and by bootstrap over
        groups; ``changed``, the tasks that are answered differently and who is right; ``worse``, what is worse beyond
        its interval: micro-F1, or a label with at least `MIN_SUPPORT` tasks.

    Raises
    ------
    CorpusError
        If a model has seen a task, or a label is outside the roster.
    """
    check_roster(corpus, rulebook)
    for side in (first, second):
        _check_unseen(corpus, side)
    data = prepare(corpus, rulebook)
    method, given = _answers(data, first, second, progress)
    columns = answer_columns(rulebook)
    targets = indicators(columns, data.answers)
    result = {
        "method": method,
        "corpus": {
            "path": corpus.path.name,
            "sha256": corpus.sha256,
            "tasks": len(data),
            "groups": len(set(data.groups)),
        },
        "sides": {"a": _about(first), "b": _about(second)},
        **_differences(columns, targets, *given, list(data.groups)),
        "changed": changed_answers(columns, [str(task.id) for task in data.tasks], targets, *given),
        "min_support": MIN_SUPPORT,
    }
    return result | {"worse": _worse(result)}


def _check_unseen(corpus: Corpus, side: Side) -> None:
    seen = seen_tasks(side.model.about, corpus) if side.model else []
    if seen:
        raise CorpusError(
            f"{corpus.path}: {side.name} was trained on {len(seen):,} of these tasks ({', '.join(seen[:3])}, ...), "
            "so it would win by heart; name a corpus that neither side has seen"
        )


def _answers(data: Prepared, first: Side, second: Side, progress: Progress | None) -> tuple[str, tuple[Matrix, Matrix]]:
    if first.model is None and second.model is None:
        found = cross_validate(data, [first.engine, second.engine], progress)
        return "cross-validation", (found[first.engine].given, found[second.engine].given)
    each = (answers_of(data.rulebook, side.model, side.engine, data.tasks, progress) for side in (first, second))
    one, other = (answers.given for answers in each)
    return "unseen", (one, other)


def _differences(
    columns: Sequence[str], targets: Matrix, one: Matrix, other: Matrix, groups: Sequence[str]
) -> dict[str, Any]:
    a, b = (summarize(columns, targets, given, groups) for given in (one, other))
    average, label = (far(columns, targets, other, one, groups) for far in (differences, label_differences))
    return {
        "averages": {
            name: {"a": a["averages"][name]["value"], "b": b["averages"][name]["value"], "difference": average[name]}
            for name in average
        },
        "labels": {
            name: {
                "support": a["labels"][name]["support"],
                "a": a["labels"][name]["f1"],
                "b": b["labels"][name]["f1"],
                "difference": label[name],
            }
            for name in label
        },
    }


def _about(side: Side) -> dict[str, Any]:
    model = None
    if side.model is not None:
        corpus = side.model.about.get("corpus", {})
        model = {"name": side.model.about.get("name"), "trained_on": corpus.get("tasks")}
    return {"name": side.name, "engine": side.engine, "model": model}


def _worse(result: dict[str, Any]) -> list[str]:
    """What is worse beyond its interval, of micro-F1 and the labels with enough support."""
    gated = {GATED: result["averages"][GATED]} | {
        label: row for label, row in result["labels"].items() if row["support"] >= MIN_SUPPORT
    }
    highs = {name: row["difference"]["high"] for name, row in gated.items()}
    return [name for name, high in highs.items() if high is not None and high < 0]
