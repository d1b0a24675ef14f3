"""Compare what is evaluated (B) against another engine or model (A), on the same tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from escalation.errors import CorpusError
from escalation.evaluation.answers import answer_tasks
from escalation.evaluation.figures import (
    Answer,
    Changed,
    ChangedTask,
    Comparison,
    Difference,
    Side,
)
from escalation.evaluation.metrics import averages, differences, label_differences, label_figures
from escalation.evaluation.run import some_tasks
from escalation.model import Model
from escalation.rules.rulebook import CORE, DISPOSITIONS
from escalation.training.corpus import seen_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.run import Run
    from escalation.files import Progress
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Label
    from escalation.training.corpus import Corpus

    Matrix = NDArray[np.int8]

MIN_SUPPORT = 30
"""A label with fewer tasks is never called worse: its interval says little."""
GATED = "micro_f1"
"""The average that must not be worse."""


def check_unseen(corpus: Corpus, model: Model, name: str) -> None:
    """Check that a model was not trained on any task of a corpus.

    Raises
    ------
    CorpusError
        If it was; the message has the name of the model and some ids.
    """
    seen = seen_tasks(model, corpus)
    if seen:
        raise CorpusError(
            f"{corpus.path}: {name} was trained on {some_tasks(seen)}, so the comparison would be biased; "
            "use tasks it has not seen"
        )


def compare(run: Run, against: Engine | Model, names: tuple[str, str], progress: Progress | None = None) -> Comparison:
    """Compare the answers of a run's first engine (B) with other answers (A), task by task.

    Parameters
    ----------
    run : Run
    against : str or Model
        Another engine of the same run, or another model, which answers by the same engine.
    names : tuple of str
        Names of A and of B.
    progress : callable, optional

    Returns
    -------
    Comparison
        Differences are B minus A, with 95 % intervals by paired bootstrap over projects.

    Raises
    ------
    CorpusError
        If one of the models has seen a task.
    """
    for model, name in zip((against, run.model), names, strict=True):
        if isinstance(model, Model):
            check_unseen(run.corpus, model, name)
    given = run.answers[run.engine].given
    if isinstance(against, Model):
        sides = _side(names[0], run.engine, against), _side(names[1], run.engine, run.model)
        others = answer_tasks(run.rulebook, against, run.engine, run.data.tasks, progress).given
    else:
        sides = _side(names[0], against, run.model), _side(names[1], run.engine, run.model)
        others = run.answers[against].given
    columns, targets, groups = run.columns, run.targets, list(run.data.groups)
    average_a, average_b = (averages(columns, targets, answers) for answers in (others, given))
    label_a, label_b = (label_figures(columns, targets, answers) for answers in (others, given))
    found = {
        name: Difference(average_a[name], average_b[name], difference)
        for name, difference in differences(columns, targets, given, others, groups).items()
    }
    labels = {
        label: Difference(label_a[label].f1, label_b[label].f1, difference, label_a[label].support)
        for label, difference in label_differences(columns, targets, given, others, groups).items()
    }
    gated = {GATED: found[GATED]} | {
        label: row for label, row in labels.items() if row.support is not None and row.support >= MIN_SUPPORT
    }
    highs = {name: row.difference.high for name, row in gated.items()}
    return Comparison(
        *sides,
        averages=found,
        labels=labels,
        changed=_changed(run, others, given),
        min_support=MIN_SUPPORT,
        worse=[str(name) for name, high in highs.items() if high is not None and high < 0],
    )


def _changed(run: Run, a: Matrix, b: Matrix) -> Changed:
    tasks = []
    for row in np.flatnonzero((a != b).any(axis=1)).tolist():
        answer_a, answer_b, expected = (_answer(run.columns, given[row]) for given in (a, b, run.targets))
        # Answers that differ cannot both be right.
        who: Literal["a", "b", "neither"] = "a" if answer_a == expected else "b" if answer_b == expected else "neither"
        tasks.append(ChangedTask(str(run.data.tasks[row].id), answer_a, answer_b, expected, who))
    right = {name: sum(task.right == name for task in tasks) for name in ("a", "b", "neither")}
    return Changed(len(tasks), right, tasks)


def _side(name: str, engine: Engine, model: Model | None) -> Side:
    info = None if model is None or engine == "rules" else model.info
    return Side(name, engine, info.corpus.tasks if info else None)


def _answer(columns: Sequence[Label], row: Matrix) -> Answer:
    given = [column for column, value in zip(columns, row, strict=True) if value]
    escalate, collaborate = (
        [label.target for label in given if label.disposition == disposition] for disposition in DISPOSITIONS
    )
    return Answer(escalate, collaborate, CORE in given)
