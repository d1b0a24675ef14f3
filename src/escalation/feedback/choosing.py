"""Choose by cross-validation how far corrections move a model, and measure what that gains.

Folds are whole projects, as many as there are up to ten. Corrections of one project are split by task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from escalation.evaluation.run import answer_columns, indicators
from escalation.feedback.moving import moved_logits, moved_model, rough_movements
from escalation.model.policy import sigmoid, view_scores, weigh, weight_table
from escalation.predictor import Predictor
from escalation.task.stack import StackProfile
from escalation.task.task import Task

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from escalation.feedback.moving import Lessons
    from escalation.files import Progress
    from escalation.model import Model
    from escalation.rules.rulebook import Rulebook

    Shifts: TypeAlias = dict[str, NDArray[np.float64]]

STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Strengths of the prior to choose from."""
FIXED = 0.5
"""The strength where there is one project, or fewer than `MIN_TASKS` corrections to choose by.

Chosen on the corpus, with heads that had not seen the corrected projects: eight tasks of the same project raise
micro-F1 most with 0.3, and lower log loss most with 1.
"""
STRONGER = (30.0, 100.0)
"""Strengths to try after these if a check fails with all of them."""
SHARES = (1.0, 0.5, 0.25, 0.0)
"""Shares of the shift of the policies that are tried, in this order, if a check fails."""
MIN_TASKS = 20
FOLDS = 10
_HELD = 10.0
"""How strongly the shift of all scores, and that of each label beside it, are held at zero: half of this times the
square of the shift is added to the log loss, and more with a strength above 1. On the corpus this lowers log loss and
raises F1 a little, while thresholds that were chosen anew for the best F1 made answers worse; so thresholds, which are
probabilities, stay."""
_STEPS = 30
_ENGINES: tuple[Literal["model", "hybrid"], ...] = ("model", "hybrid")


class Learned(NamedTuple):
    """What cross-validation found.

    Attributes
    ----------
    strength : float
        Of the prior.
    chosen : bool
        Whether the corrections were enough to choose it by.
    by : {"project", "task"}
        What folds and intervals are made of.
    out_of_fold : array of shape (views, heads)
        What heads say of tasks that they were not moved by.
    given, before : array of shape (tasks, columns)
        Answers to each task of a model that was moved by other folds alone, strength included, and of the parent.
    """

    strength: float
    chosen: bool
    by: Literal["project", "task"]
    out_of_fold: NDArray[np.float64]
    given: NDArray[np.int8]
    before: NDArray[np.int8]


def learn(
    lessons: Lessons,
    model: Model,
    rulebook: Rulebook,
    strength: float | None = None,
    progress: Progress | None = None,
    *,
    shifted: float = 1.0,
) -> Learned:
    """Choose a strength, unless it is given, and answer each correction by a model moved by other ones.

    Of the shift of the policies, the share `shifted` is applied.
    """
    folds, by = split(lessons)
    chosen = strength is None and by == "project" and len(lessons) >= MIN_TASKS
    strengths = STRENGTHS if chosen else (FIXED if strength is None else strength,)
    everything = np.arange(len(lessons))
    found = {each: lessons.logits.copy() for each in strengths}
    moved = {}
    for fold in range(folds.max() + 1):
        rows, others = everything[folds != fold], everything[folds == fold]
        moved[fold] = rough_movements(lessons, rows, strengths)
        for each in strengths:
            found[each][lessons.views(others)] = moved_logits(lessons, rows, moved[fold][each], others)
        if progress:
            progress("cross-validation", fold + 1, int(folds.max()) + 1)
    losses = np.array([losses_of(lessons, model, found[each]) for each in strengths])
    tasks = [Task(each.text, StackProfile(each.stack)) for each in lessons.corrections]
    given, before = [], _answers(rulebook, model, tasks)
    for fold in range(folds.max() + 1):
        rows, others = everything[folds != fold], everything[folds == fold]
        best = strengths[_best(losses[:, rows])]
        shifts = shifts_of(lessons, model, found[best], rows, best, shifted)
        fitted = moved_model(model, lessons, rows, moved[fold][best], shifts)
        given.append(_answers(rulebook, fitted, [tasks[row] for row in others]))
    order = np.argsort(np.concatenate([everything[folds == fold] for fold in range(folds.max() + 1)]))
    best = strengths[_best(losses)]
    return Learned(best, chosen, by, found[best], np.concatenate(given)[order], before)


def _answers(rulebook: Rulebook, model: Model, tasks: list[Task]) -> NDArray[np.int8]:
    """Return what a model answers, as an indicator matrix of shape (tasks, columns)."""
    predictor = Predictor(rulebook, model)
    rows = []
    for task in tasks:
        answer = predictor.predict(task, reasons=False)
        escalate, collaborate = ([entry.target for entry in side] for side in (answer.escalate, answer.collaborate))
        rows.append((escalate, collaborate, answer.core.value))
    return indicators(answer_columns(rulebook), rows)


def split(lessons: Lessons) -> tuple[NDArray[np.intp], Literal["project", "task"]]:
    """Return the fold of each task: whole projects, the largest first into the smallest fold; else by task."""
    names, numbers, sizes = np.unique(lessons.groups, return_inverse=True, return_counts=True)
    if len(names) == 1:
        return np.arange(len(lessons)) % min(FOLDS, len(lessons)), "task"
    filled = np.zeros(min(FOLDS, len(names)))
    folds = np.zeros(len(names), np.intp)
    for group in np.argsort(-sizes, kind="stable"):
        folds[group] = filled.argmin()
        filled[folds[group]] += sizes[group]
    return folds[numbers], "project"


def _best(losses: NDArray[np.float64]) -> int:
    """Return the strength of least loss; of equals, the strongest."""
    totals = losses.sum(axis=1)
    return int(np.flatnonzero(totals <= totals.min() + 1e-9).max())


# ------------------------------------------------------------------------------------------------ policies


def scores_of(
    lessons: Lessons, model: Model, logits: NDArray[np.float64], engine: Literal["model", "hybrid"] = "hybrid"
) -> NDArray[np.float64]:
    """Return the score of every label that the parent's policies make of some logits, of shape (tasks, labels)."""
    table = weight_table([model.policies[label].weights(engine) for label in model.labels])
    views = view_scores(model.labels, table, logits, lessons.starts, lessons.works, lessons.apart)
    return weigh(table, views, lessons.verdicts).scores(views)


def losses_of(lessons: Lessons, model: Model, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log loss of each task over all labels that the model decides, weighted, of shape (tasks,)."""
    decided = [not model.policies[label].rules_only for label in model.labels]
    margins = ((2.0 * lessons.targets - 1.0) * scores_of(lessons, model, logits))[: len(lessons)]
    losses: NDArray[np.float64] = lessons.weights * np.logaddexp(0.0, -margins[:, decided]).sum(axis=1)
    return losses


def shifts_of(
    lessons: Lessons,
    model: Model,
    logits: NDArray[np.float64],
    rows: NDArray[np.intp],
    strength: float,
    share: float = 1.0,
) -> Shifts:
    """Return by how much the score of every label is shifted, by engine, given logits out of fold.

    One shift of all labels that the model decides and one of each, both shrunk to zero: the maximum a posteriori again.
    With a `share` below 1, return less of it.
    """
    found: Shifts = {}
    held = _HELD * max(1.0, strength)
    decided = np.array([not model.policies[label].rules_only for label in model.labels])
    targets, counts = lessons.targets[rows].astype(np.float64), lessons.weights[rows, None] * decided
    for engine in _ENGINES:
        scores = scores_of(lessons, model, logits, engine)[rows]
        common, own = 0.0, np.zeros(len(model.labels))
        for _ in range(_STEPS):
            slopes, bends = _slopes(scores + common + own, targets, counts)
            common -= (slopes.sum() + held * common) / (bends.sum() + held)
            slopes, bends = _slopes(scores + common + own, targets, counts)
            own -= (slopes.sum(axis=0) + held * own) / (bends.sum(axis=0) + held)
        found[engine] = share * (common + own) * decided
    return found


def _slopes(
    scores: NDArray[np.float64], targets: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    probabilities = sigmoid(scores)
    return counts * (probabilities - targets), counts * probabilities * (1 - probabilities)
