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
    """A wrong label in an answer: one that was predicted wrongly, or else one that was missed."""

    row: int  # of the task
    kind: str  # a key of `KINDS`
    label: Label
    predicted: bool
    sureness: float  # how far the probability is on the wrong side of the threshold, up to 1; -1 if there is none


def errors(run: Run) -> dict[str, Any]:
    """Count the tasks with a mistake and the mistakes of each kind, with the most confident ones as examples."""
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
    above = answers.probabilities - answers.thresholds
    margins = above / np.where(above >= 0, 1 - answers.thresholds, answers.thresholds)
    for row in np.flatnonzero((run.targets != answers.given).any(axis=1)).tolist():
        right, predicted = set(_present(run, run.targets[row])), set(_present(run, answers.given[row]))
        for kind, label in _wrong(run.rulebook, right, predicted):
            column = run.data.labels.index(classifier_label(run.rulebook, label))
            margin = float(margins[row, column])
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
    general = {label: classifier_label(rulebook, label) for label in needed | named}
    groups_needed, groups_named = ({general[label] for label in side} for side in (needed, named))
    for label in list(extra):
        counterpart = next((other for other in missed if general[other].target == general[label].target), None)
        if counterpart is not None:
            extra.remove(label)
            missed.remove(counterpart)
            if label.disposition == counterpart.disposition:
                yield "member", label
            else:
                yield "over_escalated" if label.disposition == "escalate" else "under_escalated", label
    for label in missed:
        kind = "lost" if needed & named else "missed"
        yield "member" if general[label] in groups_named else kind, label
    for label in extra:
        kind = "extra" if needed else "false_alarm"
        yield "member" if general[label] in groups_needed else kind, label


# ------------------------------------------------------------------------------------------------ examples


def _example(run: Run, mistake: Mistake, predictor: Predictor, rules: Predictor) -> dict[str, Any]:
    """Return the task, its labels, the words that weigh for the wrong answer, and the rules on the wrong label."""
    task, answers = run.data.tasks[mistake.row], run.answers[run.engine]
    label = classifier_label(run.rulebook, mistake.label)
    place = mistake.row, run.data.labels.index(label)
    model_said, rules_said = (
        next(entry for entry in each.explain(task).labels if entry.label == label) for each in (predictor, rules)
    )
    return {
        "id": task.id,
        "text": task.text[:_CHARACTERS],
        "expected": _labels(run, run.targets[mistake.row], mistake),
        "answered": _labels(run, answers.given[mistake.row], mistake),
        "label": mistake.label,
        "probability": _number(answers.probabilities[place]),
        "threshold": _number(answers.thresholds[place]),
        "spans": _spans(model_said, 1 if mistake.predicted else -1),
        "rules": [
            {
                "id": rule.id,
                "section": rule.section,
                "value": "for" if rules_said.given else "against",
                "text": rule.text,
            }
            for rule in rules_said.contributions
        ],
    }


def _labels(run: Run, row: NDArray[np.int8], mistake: Mistake) -> list[Label]:
    """Return the labels of an answer, core only if the mistake is about it."""
    return [label for label in _present(run, row) if label != CORE or mistake.label == CORE]


def _present(run: Run, row: NDArray[np.int8]) -> list[Label]:
    return [label for label, value in zip(run.columns, row, strict=True) if value]


def _spans(explained: LabelExplanation, sign: int) -> list[dict[str, Any]]:
    """Return the words for the wrong answer: for the label if it was predicted, against it if it was missed."""
    spans = [
        {"start": term.start, "end": term.end, "weight": sign * term.weight}
        for term in explained.contributions
        if term.kind == "term" and term.weight is not None and sign * term.weight > 0
        if term.end is not None and term.end <= _CHARACTERS
    ]
    return spans[:_SPANS]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
