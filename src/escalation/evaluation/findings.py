"""Findings: what the figures of an evaluation give cause to look at, each with a stable code.

These are judgements of quality, with limits that can be argued about. What must not be at all, whatever the figures,
has codes of its own (`escalation.training.oracle`). `docs/findings.md` has a section for each code; when there is a
finding is for `escalation.evaluation.judging` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


class Kind(NamedTuple):
    """What a code stands for, and what to do about it."""

    title: str
    remedy: str


KINDS = {
    "E101": Kind("Too few tasks to judge", "do not rely on this label's figures; label more tasks that have it"),
    "E102": Kind(
        "Unlike the training corpus", "read some of these tasks with their answers; label them and train with them"
    ),
    "E103": Kind("Tasks that the model has seen", "the figures flatter; take these tasks out and evaluate again"),
    "E201": Kind("Weak label", "read its mistakes; write tasks that show the difference, and look at its rules"),
    "E202": Kind(
        "The rules do better than the model", "write tasks that teach this label; until then trust the rules on it"
    ),
    "E203": Kind("Called for nothing", "read the false alarms; write tasks that need nobody and use the same words"),
    "E204": Kind("Escalation and collaboration confused", "check the labels against the guide; write pairs of both"),
    "E301": Kind("Badly calibrated", "do not read its probabilities as chances; train on tasks like these"),
    "E302": Kind("Worse than in training", "the model knows its corpus better than these tasks; train on some of them"),
    "E303": Kind("Model often not asked", "see the reasons under `abstained`; train on tasks in these words"),
}
"""E1 is about the tasks, E2 about the answers, E3 about the model."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure beyond its limit.

    Attributes
    ----------
    code : str
        A key of `KINDS`.
    severity : {"high", "medium", "low"}
    where : str or None
        The label; None where it is about all of them.
    figure : str
        Name of the figure.
    value, limit : float
    message : str
        What was found, as a sentence without a stop.
    """

    code: str
    severity: Severity
    where: str | None
    figure: str
    value: float
    limit: float
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as JSON knows it, with the title and the remedy of its code."""
        return {
            "code": self.code,
            "severity": self.severity,
            "title": KINDS[self.code].title,
            "where": self.where,
            "figure": {"name": self.figure, "value": self.value, "limit": self.limit},
            "message": self.message,
            "remedy": KINDS[self.code].remedy,
        }
