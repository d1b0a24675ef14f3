"""Wrong labels by kind, counted and shown as examples. No kind depends on the name of a mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from escalation.predictor import Predictor
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from escalation.answer.explanation import LabelExplanation
    from escalation.evaluation.run import Run
    from escalation.rules.rulebook import Label, Rulebook
    from escalation.task.task import Task

_EXAMPLES = 8
_SPANS = 20
_CHARACTERS = 4000
"""A longer text is cut here."""


class Kind(NamedTuple):
    """A kind of mistake, as the report names and explains it."""

    title: str
    explanation: str


KINDS = {
    "missed": Kind("Missed", "The task needs a specialist, and the answer names none of those needed."),
    "lost": Kind("One of several missed", "The task needs several specialists; the answer names only others of them."),
    "under_escalated": Kind("Under-escalated", "The right specialist, but collaboration instead of escalation."),
    "over_escalated": Kind("Over-escalated", "The right specialist, but escalation instead of collaboration."),
    "member": Kind("Right group, wrong mode", "The group is right, but its mode is wrong or was left open."),
    "false_alarm": Kind("False alarm", "The task needs no specialist; the answer names one."),
    "extra": Kind("One too many", "The task needs a specialist, and the answer names another one who is not needed."),
    "core": Kind("Own work misjudged", "Whether part of the task is the developer's own work."),
}
"""The kinds by their keys, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong label in an answer.

    Attributes
    ----------
    row : int
        Of the task.
    kind : str
        A key of `KINDS`.
    label : Label
        The label that was predicted wrongly, or else the one that was missed.
    predicted : bool
        Whether the label was predicted.
    sureness : float
        How far the probability is on the wrong side of the threshold, from 0 to 1; -1 if no model was asked.
    """

    row: int
    kind: str
    label: Label
    predicted: bool
    sureness: float


def errors(run: Run) -> dict[str, Any]:
    """Count the mistakes of each kind, and show the most confident ones.

    Returns
    -------
    dict
        ``tasks``, the number of tasks with a mistake, and ``kinds``, each with the ``count`` of all mistakes and at
        most eight ``examples``.
    """
    found = mistakes(run)
    rules = Predictor(run.rulebook, None, "rules")
    # A task is explained by the model that answered it, which has not seen it.
    predictors = [Predictor(run.rulebook, fold.model, run.engine) for fold in run.folds]
    predictor_of = {row: each for each, fold in zip(predictors, run.folds, strict=True) for row in fold.test.tolist()}
    kinds = []
    for key, (title, explanation) in KINDS.items():
        own = [mistake for mistake in found if mistake.kind == key]
        examples = [_example(run, mistake, predictor_of[mistake.row], rules) for mistake in own[:_EXAMPLES]]
        kinds.append({"kind": key, "title": title, "explanation": explanation, "count": len(own), "examples": examples})
    return {"tasks": len({mistake.row for mistake in found}), "kinds": kinds}


# ------------------------------------------------------------------------------------------------ kinds


def mistakes(run: Run) -> list[Mistake]:
    """Return the wrong labels in the answers of the first engine, the most confident ones first.

    A task may have several. The right specialist with the wrong disposition, or the wrong mode of the right group, is
    one mistake and not two.
    """
    answers, found = run.answers[run.engine], []
    for row in np.flatnonzero((run.targets != answers.given).any(axis=1)).tolist():
        right, predicted = (
            {label for label, value in zip(run.columns, matrix[row], strict=True) if value}
            for matrix in (run.targets, answers.given)
        )
        for kind, label in _wrong(run.rulebook, right, predicted):
            column = run.data.labels.index(classifier_label(run.rulebook, label))
            margin = _margin(answers.probabilities[row, column], answers.thresholds[row, column])
            sureness = -1.0 if np.isnan(margin) else margin if label in predicted else -margin
            found.append(Mistake(row, kind, label, label in predicted, sureness))
    return sorted(found, key=lambda mistake: -mistake.sureness)


def classifier_label(rulebook: Rulebook, label: Label) -> Label:
    """Return the classifier's label for one of an answer, which names a mode where the classifier names its group."""
    return CORE if label == CORE else rulebook.label(label.disposition, label.target)


def _wrong(rulebook: Rulebook, right: set[Label], predicted: set[Label]) -> Iterator[tuple[str, Label]]:
    """Yield kind and label of each mistake in one answer."""
    if (CORE in right) != (CORE in predicted):
        yield "core", CORE
    needed, named = right - {CORE}, predicted - {CORE}
    missed, extra = sorted(needed - named), sorted(named - needed)
    target = {label: classifier_label(rulebook, label).target for label in needed | named}
    for label in list(extra):
        counterpart = next((other for other in missed if target[other] == target[label]), None)
        if counterpart is not None:
            extra.remove(label)
            missed.remove(counterpart)
            yield _kind_of_pair(counterpart, label), label
    groups_needed, groups_named = ({classifier_label(rulebook, label) for label in side} for side in (needed, named))
    for label in missed:
        kind = "lost" if needed & named else "missed"
        yield ("member" if classifier_label(rulebook, label) in groups_named else kind), label
    for label in extra:
        kind = "extra" if needed else "false_alarm"
        yield ("member" if classifier_label(rulebook, label) in groups_needed else kind), label


def _kind_of_pair(right: Label, predicted: Label) -> str:
    """Return what is wrong if the right target, or another mode of its group, was predicted."""
    if right.disposition == predicted.disposition:
        return "member"
    return "under_escalated" if right.disposition == "escalate" else "over_escalated"


def _margin(probability: float, threshold: float) -> float:
    """Return how far a probability is above its threshold, from -1 to 1."""
    room = 1 - threshold if probability >= threshold else threshold
    return float((probability - threshold) / room)


# ------------------------------------------------------------------------------------------------ examples


def _example(run: Run, mistake: Mistake, predictor: Predictor, rules: Predictor) -> dict[str, Any]:
    """Return the task, its labels, the words that weigh for the wrong answer, and the rules on the wrong label."""
    task, answers = run.data.tasks[mistake.row], run.answers[run.engine]
    label = classifier_label(run.rulebook, mistake.label)
    column = run.data.labels.index(label)
    ruled = _explanation(rules, task, label)
    return {
        "id": task.id,
        "text": task.text[:_CHARACTERS],
        "expected": _labels(run, run.targets[mistake.row], mistake),
        "answered": _labels(run, answers.given[mistake.row], mistake),
        "label": mistake.label,
        "probability": _number(answers.probabilities[mistake.row, column]),
        "threshold": _number(answers.thresholds[mistake.row, column]),
        "spans": _spans(_explanation(predictor, task, label), 1 if mistake.predicted else -1),
        "rules": [
            {"id": rule.id, "section": rule.section, "value": "for" if ruled.given else "against", "text": rule.text}
            for rule in ruled.contributions
        ],
    }


def _explanation(predictor: Predictor, task: Task, label: str) -> LabelExplanation:
    return next(entry for entry in predictor.explain(task).labels if entry.label == label)


def _labels(run: Run, row: NDArray[np.int8], mistake: Mistake) -> list[str]:
    """Return the labels of an answer, core only if the mistake is about it."""
    labels = (label for label, value in zip(run.columns, row, strict=True) if value)
    return [label for label in labels if label != CORE or mistake.label == CORE]


def _spans(explained: LabelExplanation, sign: int) -> list[dict[str, Any]]:
    """Return the words for the wrong answer: for the label if it was predicted, against it if it was missed."""
    spans = [
        {"start": reason.start, "end": reason.end, "weight": sign * reason.weight}
        for reason in explained.contributions
        if reason.kind == "term"
        and reason.weight is not None
        and sign * reason.weight > 0
        and reason.end is not None
        and reason.end <= _CHARACTERS
    ]
    return spans[:_SPANS]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
