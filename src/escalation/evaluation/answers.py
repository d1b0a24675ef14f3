"""Answers of an engine for a whole corpus, as indicators over modes: by a given model or in cross-validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from escalation.predictor import Predictor
from escalation.rules.rulebook import CORE, DISPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from escalation.answer.prediction import Prediction
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.task.task import Task
    from escalation.training.fit import Prepared

    Progress = Callable[[str, int, int], None]
    Split = tuple[NDArray[np.intp], NDArray[np.intp]]

OUTER_FOLDS = 5
_STEP = 200


@dataclass(frozen=True, slots=True)
class Answers:
    """What an engine answered to many tasks.

    Attributes
    ----------
    given : array of shape (tasks, columns)
        Modes and core, as `answer_columns` names them.
    probabilities, thresholds : array of shape (tasks, labels)
        Of the labels before groups are resolved; NaN where no model was asked.
    """

    given: NDArray[np.int8]
    probabilities: NDArray[np.float64]
    thresholds: NDArray[np.float64]


def answer_columns(rulebook: Rulebook) -> tuple[str, ...]:
    """Give the columns of answers: every disposition that a mode or an open group may have, and ``core``."""
    targets = [*rulebook.modes, *(slug for slug, group in rulebook.groups.items() if group.fallback is None)]
    return (
        *(
            f"{disposition}:{target}"
            for disposition in DISPOSITIONS
            for target in targets
            if rulebook.allows(disposition, target)
        ),
        CORE,
    )


def indicators(columns: Sequence[str], rows: Iterable[tuple[Iterable[str], Iterable[str], bool]]) -> NDArray[np.int8]:
    """Give rows of escalations, collaborations and core as a matrix of shape (rows, columns)."""
    column = {label: index for index, label in enumerate(columns)}
    matrix = []
    for escalate, collaborate, core in rows:
        row = np.zeros(len(columns), np.int8)
        row[[column[f"escalate:{mode}"] for mode in escalate]] = 1
        row[[column[f"collaborate:{mode}"] for mode in collaborate]] = 1
        row[column[CORE]] = core
        matrix.append(row)
    return np.array(matrix, np.int8).reshape(-1, len(columns))


def answers_of(
    rulebook: Rulebook,
    model: Model | None,
    engine: Engine,
    tasks: Sequence[Task],
    progress: Progress | None = None,
) -> Answers:
    """Answer tasks with one engine."""
    predictor = Predictor(rulebook, model, engine)
    rows = []
    probabilities, thresholds = (np.full((len(tasks), len(rulebook.labels)), np.nan) for _ in range(2))
    for done, task in enumerate(tasks, 1):
        answer, decisions = predictor.predict_with_decisions(task)
        rows.append(_row(answer))
        for column, label in enumerate(rulebook.labels):
            decision = decisions[label]
            if decision.probability is not None and decision.threshold is not None:
                probabilities[done - 1, column] = decision.probability
                thresholds[done - 1, column] = decision.threshold
        if progress and (done % _STEP == 0 or done == len(tasks)):
            progress(f"answering by {engine}", done, len(tasks))
    return Answers(indicators(answer_columns(rulebook), rows), probabilities, thresholds)


@dataclass(frozen=True, slots=True)
class Fold:
    """Tasks that were answered together, and by what.

    Attributes
    ----------
    train, test : array of int
        Rows of the tasks that were learned from (none where nothing was fitted to the corpus) and of those answered.
    model : Model or None
        What answered; it has not seen the tasks.
    answers : dict of str to Answers
        By engine, a row a task of `test`.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    model: Model | None
    answers: dict[Engine, Answers]


def cross_validate(
    data: Prepared, engines: Sequence[Engine], progress: Progress | None = None, jobs: int = -1
) -> dict[Engine, Answers]:
    """Answer every task by a model that has not seen its project.

    Nested: weights, calibration, joins and thresholds are all fitted within the training folds.

    Parameters
    ----------
    data : Prepared
    engines : sequence of str
        What answers; all see the same folds.
    progress : callable, optional
    jobs : int
        Processes, as joblib counts them.

    Returns
    -------
    dict of str to Answers
    """
    return merge_folds(list(answer_splits(data, outer_splits(data), engines, progress=progress, jobs=jobs)))


def outer_splits(data: Prepared) -> list[Split]:
    """Give the folds of cross-validation: rows to learn from, rows to answer."""
    from escalation.training.pipeline import grouped_folds

    return list(grouped_folds(list(data.groups), data.targets, OUTER_FOLDS))


def answer_splits(
    data: Prepared,
    splits: Sequence[Split],
    engines: Sequence[Engine],
    smaller: Sequence[Split] = (),
    progress: Progress | None = None,
    jobs: int = -1,
) -> Iterator[Fold]:
    """Fit a model to the first rows of each split, and answer the second ones; the splits run side by side.

    Parameters
    ----------
    data : Prepared
    splits : sequence of tuple
        Rows to learn from, rows to answer.
    engines : sequence of str
    smaller : sequence of tuple
        Splits that follow, answered by the first engine alone. Together with the others they leave no process idle.
    progress : callable, optional
    jobs : int
        Processes, as joblib counts them.
    """
    from joblib import Parallel, delayed

    work = [(split, engines) for split in splits] + [(split, engines[:1]) for split in smaller]
    results = Parallel(n_jobs=jobs, return_as="generator", max_nbytes=None)(
        delayed(_fit_and_answer)(data.rows(train), data.rows(test).tasks, asked) for (train, test), asked in work
    )
    for done, (((train, test), _), (model, answers)) in enumerate(zip(work, results, strict=True), 1):
        if progress:
            progress("cross-validation", done, len(work))
        yield Fold(train, test, model, answers)


def merge_folds(folds: Sequence[Fold]) -> dict[Engine, Answers]:
    """Put the answers of folds that cover a corpus into the order of its tasks."""
    order = np.argsort(np.concatenate([fold.test for fold in folds]))
    return {
        engine: Answers(
            *(
                np.concatenate([getattr(fold.answers[engine], field) for fold in folds])[order]
                for field in ("given", "probabilities", "thresholds")
            )
        )
        for engine in folds[0].answers
    }


def answers_after(seen: Prepared, asked: Sequence[Task], engines: Sequence[Engine]) -> dict[Engine, Answers]:
    """Fit a model to some tasks, in this process, and answer others by each engine."""
    return _fit_and_answer(seen, asked, engines)[1]


def _fit_and_answer(
    seen: Prepared, asked: Sequence[Task], engines: Sequence[Engine]
) -> tuple[Model | None, dict[Engine, Answers]]:
    from escalation.training.fit import FOLDS, fit

    model = None
    if any(engine != "rules" for engine in engines):
        model = fit(seen, folds=min(FOLDS, len(set(seen.groups))), jobs=1).model
    return model, {engine: answers_of(seen.rulebook, model, engine, asked) for engine in engines}


def _row(answer: Prediction) -> tuple[list[str], list[str], bool]:
    return (
        [entry.target for entry in answer.escalate],
        [entry.target for entry in answer.collaborate],
        answer.core.value,
    )
