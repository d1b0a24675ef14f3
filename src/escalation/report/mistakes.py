"""Wrong labels by kind. The kind follows from what is right and what was answered, never from a mode's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from escalation.rules.rulebook import CORE, DISPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.evaluation.run import Run
    from escalation.rules.rulebook import Rulebook


class Kind(NamedTuple):
    """A kind of mistake, as people read it."""

    title: str
    explanation: str


KINDS = {
    "missed": Kind("Missed altogether", "Somebody is needed, and the answer names nobody who is."),
    "lost": Kind("One of several lost", "The task needs several, the answer names some of them and not this one."),
    "softened": Kind("Escalation given as collaboration", "The right specialist, and too little of a part."),
    "hardened": Kind("Collaboration given as escalation", "The right specialist, and too much of a part."),
    "member": Kind("Right group, wrong mode", "The group is right; which mode of it was told wrongly, or not at all."),
    "false_alarm": Kind("Called for nothing", "The task needs nobody, and the answer names somebody."),
    "extra": Kind("One too many", "The task needs somebody, and the answer names one more who is not needed."),
    "core": Kind("Own work told wrongly", "Whether some part of the task is the developer's own."),
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A label that is wrong in an answer.

    Attributes
    ----------
    row : int
        Of the task.
    kind : str
        A key of `KINDS`.
    label : str
        What was given and should not have been; else what was missed.
    given : bool
        Whether the label was given.
    sureness : float
        How far the probability lies on the wrong side of the threshold, up to 1; -1 where no model was asked.
    """

    row: int
    kind: str
    label: str
    given: bool
    sureness: float


def mistakes(run: Run) -> list[Mistake]:
    """Give the wrong labels of the first engine's answers, the most confident of each kind first.

    A task may have several. A part of the wrong degree, or a wrong mode of the right group, is one mistake and not two.
    """
    answers, found = run.answers[run.engine], []
    for row in np.flatnonzero((run.targets != answers.given).any(axis=1)):
        right, given = (
            {label for label, value in zip(run.columns, matrix[row], strict=True) if value}
            for matrix in (run.targets, answers.given)
        )
        for kind, label in _wrong(run.rulebook, right, given):
            place = run.data.labels.index(classifier_label(run.rulebook, label))
            beyond = _beyond(answers.probabilities[row, place], answers.thresholds[row, place])
            sureness = -1.0 if np.isnan(beyond) else beyond if label in given else -beyond
            found.append(Mistake(int(row), kind, label, label in given, sureness))
    return sorted(found, key=lambda mistake: -mistake.sureness)


def classifier_label(rulebook: Rulebook, label: str) -> str:
    """Give the classifier's label for one of an answer: a mode of a group stands under the group."""
    disposition, _, target = label.partition(":")
    return label if label == CORE else rulebook.label(disposition, target)


def _wrong(rulebook: Rulebook, right: set[str], given: set[str]) -> Iterator[tuple[str, str]]:
    """Give kind and label of each mistake in one answer."""
    if (CORE in right) != (CORE in given):
        yield "core", CORE
    needed, named = right - {CORE}, given - {CORE}
    missed, beyond = sorted(needed - named), sorted(named - needed)
    for label in list(beyond):
        counterpart = next((other for other in missed if _group(rulebook, other) == _group(rulebook, label)), None)
        if counterpart is not None:
            beyond.remove(label)
            missed.remove(counterpart)
            yield _kind_of_pair(counterpart, label), label
    grouped_needed, grouped_named = ({classifier_label(rulebook, label) for label in side} for side in (needed, named))
    for label in missed:
        kind = "lost" if needed & named else "missed"
        yield ("member" if classifier_label(rulebook, label) in grouped_named else kind), label
    for label in beyond:
        kind = "extra" if needed else "false_alarm"
        yield ("member" if classifier_label(rulebook, label) in grouped_needed else kind), label


def _group(rulebook: Rulebook, label: str) -> str:
    """The target that the classifier learns, whatever the disposition."""
    return classifier_label(rulebook, label).partition(":")[2]


def _kind_of_pair(right: str, given: str) -> str:
    """What is wrong where the right target, or its group, was given."""
    escalated = f"{DISPOSITIONS[0]}:"
    if right.startswith(escalated) == given.startswith(escalated):
        return "member"
    return "softened" if right.startswith(escalated) else "hardened"


def _beyond(probability: float, threshold: float) -> float:
    """How far a probability lies above its threshold, from -1 to 1."""
    room = 1 - threshold if probability >= threshold else threshold
    return float((probability - threshold) / room)
