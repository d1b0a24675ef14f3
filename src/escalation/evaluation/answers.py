"""Answer a whole corpus, by a model that is there already or by models fitted in cross-validation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from escalation.predictor import Predictor
from escalation.rules.rulebook import CORE, DISPOSITIONS, Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from escalation.files import Progress
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.task.task import Task
    from escalation.training.fit import Prepared

    Split = tuple[NDArray[np.intp], NDArray[np.intp]]

OUTER_FOLDS = 5
_STEP = 200


@dataclass(frozen=True, slots=True)
class Answers:
    """What an engine answered to many tasks.

    Attributes
    ----------
    given : array of shape (tasks, columns)
        1 where a task was answered with the label of the column; see `answer_columns`.
    probabilities, thresholds : array of shape (tasks, labels)
        Of the model's labels, before groups are resolved; NaN where the model abstained.
    """

    given: NDArray[np.int8]
    probabilities: NDArray[np.float64]
    thresholds: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fold:
    """Tasks that were answered by the same model.

    Attributes
    ----------
    train, test : array of int
        Rows of the tasks that the model was fitted to (none if nothing was fitted), and of those that it answered.
    model : Model or None
        It has not seen the tasks of `test`; None for the rules alone.
    answers : dict of str to Answers
        By engine, one row for each task of `test`.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    model: Model | None
    answers: dict[Engine, Answers]


def answer_columns(rulebook: Rulebook) -> tuple[Label, ...]:
    """Return the columns of answers: each disposition that a mode or an open group may have, and ``core``."""
    targets = [*rulebook.modes, *(slug for slug, group in rulebook.groups.items() if group.fallback is None)]
    return (
        *(
            Label(disposition, target)
            for disposition in DISPOSITIONS
            for target in targets
            if rulebook.allows(disposition, target)
        ),
        CORE,
    )


def indicators(columns: Sequence[Label], rows: Iterable[tuple[Iterable[str], Iterable[str], bool]]) -> NDArray[np.int8]:
    """Return escalations, collaborations and core of each task as a matrix of shape (tasks, columns)."""
    column = {label: index for index, label in enumerate(columns)}
    matrix = []
    for escalate, collaborate, core in rows:
        row = np.zeros(len(columns), np.int8)
        row[[column[Label("escalate", mode)] for mode in escalate]] = 1
        row[[column[Label("collaborate", mode)] for mode in collaborate]] = 1
        row[column[CORE]] = core
        matrix.append(row)
    return np.array(matrix, np.int8).reshape(-1, len(columns))


def answer_tasks(
    rulebook: Rulebook, model: Model | None, engine: Engine, tasks: Sequence[Task], progress: Progress | None = None
) -> Answers:
    """Answer tasks with one engine."""
    predictor = Predictor(rulebook, model, engine)
    rows = []
    probabilities, thresholds = (np.full((len(tasks), len(rulebook.labels)), np.nan) for _ in range(2))
    for row, task in enumerate(tasks):
        answer, decisions = predictor.predict_with_decisions(task)
        escalate, collaborate = ([entry.target for entry in side] for side in (answer.escalate, answer.collaborate))
        rows.append((escalate, collaborate, answer.core.value))
        for column, label in enumerate(rulebook.labels):
            decision = decisions[label]
            if decision.probability is not None and decision.threshold is not None:
                probabilities[row, column] = decision.probability
                thresholds[row, column] = decision.threshold
        if progress and ((row + 1) % _STEP == 0 or row + 1 == len(tasks)):
            progress(f"answering by {engine}", row + 1, len(tasks))
    return Answers(indicators(answer_columns(rulebook), rows), probabilities, thresholds)


def outer_splits(data: Prepared) -> list[Split]:
    """Return the folds of cross-validation as pairs of rows: to learn from, and to answer. No project is split."""
    from escalation.training.pipeline import grouped_folds

    return list(grouped_folds(list(data.groups), data.targets, OUTER_FOLDS))


def answer_splits(
    data: Prepared,
    work: Sequence[tuple[Split, Sequence[Engine]]],
    progress: Progress | None = None,
) -> Iterator[Fold]:
    """Fit a model to the first rows of each split and answer the second ones; the splits run in parallel.

    Cross-validation is nested: weights, calibration, policies and thresholds are all fitted within the first rows.

    Parameters
    ----------
    data : Prepared
    work : sequence of tuple
        Splits, each with the engines that answer it.
    progress : callable, optional
    """
    from joblib import Parallel, delayed

    results = Parallel(n_jobs=-1, return_as="generator", max_nbytes=None)(
        delayed(_fit_and_answer)(data.rows(train), data.rows(test).tasks, engines) for (train, test), engines in work
    )
    for done, (((train, test), _), (model, answers)) in enumerate(zip(work, results, strict=True), 1):
        if progress:
            progress("cross-validation", done, len(work))
        yield Fold(train, test, model, answers)


def _fit_and_answer(
    seen: Prepared, tasks: Sequence[Task], engines: Sequence[Engine]
) -> tuple[Model | None, dict[Engine, Answers]]:
    """Fit a model to some tasks, in this process, and answer others by each engine."""
    from escalation.training.fit import FOLDS, fit

    model = None
    if any(engine != "rules" for engine in engines):
        model = fit(seen, folds=min(FOLDS, len(set(seen.groups))), jobs=1).model
    return model, {engine: answer_tasks(seen.rulebook, model, engine, tasks) for engine in engines}


def merge_folds(folds: Sequence[Fold]) -> dict[Engine, Answers]:
    """Return the answers of folds that cover a corpus, in the order of its tasks."""
    order = np.argsort(np.concatenate([fold.test for fold in folds]))
    return {
        engine: Answers(
            *(
                np.concatenate([getattr(fold.answers[engine], field.name) for fold in folds])[order]
                for field in fields(Answers)
            )
        )
        for engine in folds[0].answers
    }
