"""One run of engines over a corpus: all answers, and the models behind them. Every figure is computed from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from joblib import Parallel, delayed

from escalation.answer.doubt import doubt_of
from escalation.errors import CorpusError
from escalation.predictor import Predictor
from escalation.rules.rulebook import CORE, DISPOSITIONS, Label
from escalation.training.corpus import seen_tasks
from escalation.training.fit import FOLDS, fit, prepare
from escalation.training.pipeline import SEED, grouped_folds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from escalation.files import Progress
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.task.task import Task
    from escalation.training.corpus import Corpus
    from escalation.training.fit import Prepared

    Split = tuple[NDArray[np.intp], NDArray[np.intp]]

OUTER_FOLDS = 5
SMALLER_SHARES = (0.5, 0.25, 0.1)
"""Shares of the projects that the models of the learning curve learn from."""
_MIN_PROJECTS = 2
_STEP = 200
_LISTED = 3


class Answers(NamedTuple):
    """What an engine answered to many tasks; probabilities are NaN where the model abstained."""

    given: NDArray[np.int8]  # (tasks, columns): 1 where a task was answered with the label of the column
    probabilities: NDArray[np.float64]  # (tasks, labels): of the model's labels, before groups are resolved
    thresholds: NDArray[np.float64]  # (tasks, labels)
    parts: NDArray[np.object_]  # (tasks,): the parts of each answer, as tuples of `Part`
    doubts: NDArray[np.float64]  # (tasks,): how doubtful each answer is


@dataclass(frozen=True, slots=True)
class Fold:
    """Tasks that were answered by the same model."""

    train: NDArray[np.intp]  # rows of the tasks that the model was fitted to; none if nothing was fitted
    test: NDArray[np.intp]  # rows of the tasks that it answered
    model: Model | None  # None for the rules alone
    answers: dict[Engine, Answers]  # to the tasks of `test`


@dataclass(frozen=True)
class Run:
    """What engines answered to a corpus. The method is ``unseen`` if nothing was fitted to the corpus."""

    corpus: Corpus
    data: Prepared  # the same tasks, with their cues and verdicts
    engines: tuple[Engine, ...]
    method: Literal["cross-validation", "unseen"]
    model: Model | None  # what answered if nothing was fitted; None for the rules alone
    folds: list[Fold]  # all tasks, by the model that answered them; a single fold if nothing was fitted
    growing: list[Fold]  # the first fold's tasks, answered again by models of fewer projects
    overlap: tuple[str, ...] = ()  # ids of tasks that the model was trained on, if that was allowed

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook that the labels belong to."""
        return self.data.rulebook

    @property
    def engine(self) -> Engine:
        """The first engine, which the details are about."""
        return self.engines[0]

    @cached_property
    def columns(self) -> tuple[Label, ...]:
        """The columns of targets and answers."""
        return answer_columns(self.rulebook)

    @cached_property
    def targets(self) -> NDArray[np.int8]:
        """The right answers, of shape (tasks, columns)."""
        return indicators(self.columns, self.data.answers)

    @cached_property
    def answers(self) -> dict[Engine, Answers]:
        """What each engine answered, in the order of the tasks."""
        return merge_folds(self.folds)


def run_engines(
    corpus: Corpus,
    rulebook: Rulebook,
    engines: Sequence[Engine],
    model: Model | None = None,
    progress: Progress | None = None,
    *,
    growth: bool = False,
    allow_overlap: bool = False,
) -> Run:
    """Answer a corpus with each engine.

    Parameters
    ----------
    corpus : Corpus
    rulebook : Rulebook
    engines : sequence of {"hybrid", "model", "rules"}
    model : Model, optional
        Answers the corpus, which it must not have seen. Without one, models are fitted to the corpus itself, in
        cross-validation by project.
    progress : callable, optional
    growth : bool
        In cross-validation, also fit the models of the learning curve.
    allow_overlap : bool
        Continue if the model has seen some of the tasks, and list them in the result.

    Returns
    -------
    Run

    Raises
    ------
    CorpusError
        If no task needs a specialist, a label is not on the roster, or the model was trained on some of the tasks.
    """
    _check_labels(corpus, rulebook)
    rules_only = set(engines) == {"rules"}
    model = None if rules_only else model
    if model and not allow_overlap:
        remedy = "use tasks it has not seen, --cross-validate, or --allow-overlap to continue and list them"
        check_unseen(corpus, model, "the model", f"its figures would be too good; {remedy}")
    data = prepare(corpus, rulebook)
    if model is None and not rules_only:
        splits = outer_splits(data)
        smaller = _smaller_splits(data, splits[0]) if growth else []
        work = [(split, engines) for split in splits] + [(split, engines[:1]) for split in smaller]
        folds = list(answer_splits(data, work, progress))
        return Run(corpus, data, tuple(engines), "cross-validation", None, folds[: len(splits)], folds[len(splits) :])
    answers = {engine: answer_tasks(rulebook, model, engine, data.tasks, progress) for engine in engines}
    whole = Fold(np.array([], np.intp), np.arange(len(data)), model, answers)
    overlap = tuple(seen_tasks(model, corpus)) if model else ()
    return Run(corpus, data, tuple(engines), "unseen", model, [whole], [], overlap)


def check_unseen(
    corpus: Corpus,
    model: Model,
    name: str,
    consequence: str = "the comparison would be biased; use tasks it has not seen",
) -> None:
    """Raise a `CorpusError` if a model was trained on tasks of a corpus."""
    seen = seen_tasks(model, corpus)
    if seen:
        ids = ", ".join(seen[:_LISTED]) + (", ..." if len(seen) > _LISTED else "")
        raise CorpusError(
            f"{corpus.path}: {name} was trained on {len(seen):,} of these tasks ({ids}), so {consequence}"
        )


def _check_labels(corpus: Corpus, rulebook: Rulebook) -> None:
    """Raise an error if the rulebook does not know a label of a corpus, or if no task needs a specialist."""
    known = set(answer_columns(rulebook))
    labels = [
        (row.line, Label(disposition, mode))
        for row in corpus.rows()
        for disposition in DISPOSITIONS
        for mode in getattr(row, disposition)
    ]
    for line, label in labels:
        if label not in known:
            raise CorpusError(
                f"{corpus.path}, line {line}: label {label} is not in the rulebook {rulebook.name!r}; "
                "correct the label, or name another rulebook with --rulebook"
            )
    if not labels:
        raise CorpusError(
            f"{corpus.path}: no task escalates or collaborates, so there is nothing to find; label the tasks first"
        )


# ------------------------------------------------------------------------------------------------ answers


def answer_columns(rulebook: Rulebook) -> tuple[Label, ...]:
    """Return the columns of answers: each disposition that a mode or an open group may have, and ``core``."""
    targets = [*rulebook.modes, *(slug for slug, group in rulebook.groups.items() if group.fallback is None)]
    labels = (Label(disposition, target) for disposition in DISPOSITIONS for target in targets)
    return (*(label for label in labels if rulebook.allows(label.disposition, label.target)), CORE)


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
    parts, doubts = np.empty(len(tasks), object), np.zeros(len(tasks))
    for row, task in enumerate(tasks):
        answer, decisions = predictor.predict_with_decisions(task)
        escalate, collaborate = ([entry.target for entry in side] for side in (answer.escalate, answer.collaborate))
        rows.append((escalate, collaborate, answer.core.value))
        parts[row], doubts[row] = answer.parts, doubt_of(answer, decisions)
        for column, label in enumerate(rulebook.labels):
            decision = decisions[label]
            if decision.probability is not None and decision.threshold is not None:
                probabilities[row, column] = decision.probability
                thresholds[row, column] = decision.threshold
        if progress and ((row + 1) % _STEP == 0 or row + 1 == len(tasks)):
            progress(f"answering by {engine}", row + 1, len(tasks))
    return Answers(indicators(answer_columns(rulebook), rows), probabilities, thresholds, parts, doubts)


# ------------------------------------------------------------------------------------------------ cross-validation


def outer_splits(data: Prepared) -> list[Split]:
    """Return the folds of cross-validation as pairs of rows: to learn from, and to answer. No project is split."""
    return list(grouped_folds(list(data.groups), data.targets, OUTER_FOLDS))


def _smaller_splits(data: Prepared, split: Split) -> list[Split]:
    """Return splits with the same rows to answer and ever fewer projects to learn from, in a fixed random order."""
    train, test = split
    names = np.unique(data.groups[train])
    order = np.random.default_rng(SEED).permutation(names)
    smaller = []
    for share in SMALLER_SHARES:
        kept = order[np.arange(len(names)) / len(names) < share]
        if len(kept) >= _MIN_PROJECTS:  # else no threshold can be chosen
            smaller.append((train[np.isin(data.groups[train], kept)], test))
    return smaller


def answer_splits(
    data: Prepared, work: Sequence[tuple[Split, Sequence[Engine]]], progress: Progress | None = None
) -> Iterator[Fold]:
    """Fit a model to the first rows of each split, and answer the second ones by each of its engines; in parallel.

    Cross-validation is nested: weights, calibration, policies and thresholds are all fitted within the first rows.
    """
    folds = Parallel(n_jobs=-1, return_as="generator", max_nbytes=None)(
        delayed(_answer_fold)(data.rows(train), data.rows(test).tasks, (train, test), engines)
        for (train, test), engines in work
    )
    for done, fold in enumerate(folds, 1):
        if progress:
            progress("cross-validation", done, len(work))
        yield fold


def _answer_fold(seen: Prepared, tasks: Sequence[Task], split: Split, engines: Sequence[Engine]) -> Fold:
    """Fit a model to some tasks, in this process, and answer others by each engine."""
    model = None
    if any(engine != "rules" for engine in engines):
        model = fit(seen, folds=min(FOLDS, len(set(seen.groups))), jobs=1).model
    answers = {engine: answer_tasks(seen.rulebook, model, engine, tasks) for engine in engines}
    return Fold(*split, model, answers)


def merge_folds(folds: Sequence[Fold]) -> dict[Engine, Answers]:
    """Return the answers of all folds, in the order of the tasks."""
    order = np.argsort(np.concatenate([fold.test for fold in folds]))
    merged = {}
    for engine in folds[0].answers:
        fields = zip(*(fold.answers[engine] for fold in folds), strict=True)
        merged[engine] = Answers(*(np.concatenate(field)[order] for field in fields))
    return merged
