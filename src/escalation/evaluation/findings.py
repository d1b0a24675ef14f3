"""Findings: figures of an evaluation that are beyond a limit, with stable codes; `docs/findings.md` explains each.

These are judgements of quality, and their limits can be argued about. What must never occur, whatever the figures, has
codes of its own (`escalation.training.oracle`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from escalation.evaluation.reliability import MIN_POSITIVES
from escalation.training.oracle import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.evaluation.figures import EngineFigures, Evaluation


class Kind(NamedTuple):
    """What a code means, and what to do about it."""

    title: str
    remedy: str


KINDS = {
    "E101": Kind("Too few tasks to judge", "do not rely on this label's figures; label more tasks that have it"),
    "E102": Kind(
        "Unlike the training corpus", "read some of these tasks with their answers; label them and train on them"
    ),
    "E103": Kind("Tasks that the model has seen", "the figures are too good; remove these tasks and evaluate again"),
    "E104": Kind(
        "Evidence that does not fit",
        "copy the words of the text, for each label and for nothing else, or correct a label",
    ),
    "E201": Kind("Weak label", "read its mistakes; write tasks that show the difference, and look at its rules"),
    "E202": Kind("Rules better than the model", "write tasks that teach this label; until then trust the rules for it"),
    "E203": Kind("False alarms", "read the false alarms; write tasks that need no specialist and use the same words"),
    "E204": Kind("Escalation and collaboration confused", "check the labels against the guide; write pairs of both"),
    "E301": Kind("Badly calibrated", "do not read its probabilities as chances; train on tasks like these"),
    "E302": Kind("Worse than in training", "the model knows its corpus better than these tasks; train on some of them"),
    "E303": Kind("Model often abstains", "see the reasons under `abstained`; train on tasks in these words"),
}
"""E1 is about the tasks, E2 about the answers, E3 about the model."""
ENOUGH = MIN_POSITIVES
"""Fewer tasks with a label, or without any, say little."""
ENOUGH_FOR_ERRORS, ENOUGH_FOR_LABEL_ERRORS = 100, 500
"""With fewer tasks even true probabilities seem to be off by as much as the limits of calibration allow."""
_SEVERITIES = ("high", "medium", "low")


class _Limit(NamedTuple):
    """Where a figure becomes a finding of medium and of high severity; above if `high` is the larger, else below."""

    code: str
    figure: str
    medium: float
    high: float

    def check(self, value: float, message: str, where: str | None = None) -> Iterator[Finding]:
        """Yield a finding if the value is beyond the limit."""
        sign = 1 if self.high > self.medium else -1
        if sign * value > sign * self.medium:
            severity: Literal["high", "medium"] = "high" if sign * value > sign * self.high else "medium"
            yield Finding(self.code, severity, where and str(where), message, self.figure, value, self.medium)


KNOWN_WORDS = _Limit("E102", "share of known words", 0.9, 0.8)
F1 = _Limit("E201", "F1", 0.5, 0.3)
BEHIND_RULES = _Limit("E202", "F1 of the rules minus the model's", 0.0, 0.1)
FALSE_ALARMS = _Limit("E203", "share of false alarms", 0.15, 0.3)
CONFUSED = _Limit("E204", "share of confused dispositions", 0.2, 0.35)
ERROR_OF_ALL = _Limit("E301", "calibration error from 5 % on", 0.1, 0.2)
ERROR_OF_LABEL = _Limit("E301", "calibration error", 0.05, 0.1)
LOST_SINCE_TRAINING = _Limit("E302", "average precision lost since training", 0.1, 0.2)
ABSTAINED = _Limit("E303", "share of abstentions", 0.05, 0.2)


def find(evaluation: Evaluation) -> list[Finding]:
    """Return the findings of an evaluation, the gravest first; labels are judged by the first engine."""
    first = next(iter(evaluation.engines.values()))
    found = (finding for judge in (_tasks, _answers, _model) for finding in judge(evaluation, first))
    return sorted(found, key=lambda finding: _SEVERITIES.index(finding.severity))


def _tasks(evaluation: Evaluation, first: EngineFigures) -> Iterator[Finding]:
    for label, row in first.labels.items():
        if row.support < ENOUGH:
            message = f"support of {label} is {row.support}, less than {ENOUGH}"
            yield Finding("E101", "low", str(label), message, "support", row.support, ENOUGH)
    if evaluation.drift is not None:
        known = evaluation.drift.known_words.value
        yield from KNOWN_WORDS.check(
            known, f"the model knows {known:.1%} of the words, less than {KNOWN_WORDS.medium:.0%}"
        )
    seen = len(evaluation.overlap)
    if seen:
        message = f"the model was trained on {seen:,} of the {first.tasks:,} tasks"
        yield Finding("E103", "high", None, message, "tasks seen in training", seen, 0)


def _answers(evaluation: Evaluation, first: EngineFigures) -> Iterator[Finding]:
    supported = {label: row for label, row in first.labels.items() if row.support >= ENOUGH}
    for label, row in supported.items():
        if row.f1 is not None:
            message = f"F1 of {label} is {row.f1:.2f} over {row.support} tasks, less than {F1.medium}"
            yield from F1.check(row.f1, message, label)
    for label, difference in evaluation.rules_over_model.items():
        value, low = difference.value, difference.low
        if label in supported and value is not None and low is not None and low > BEHIND_RULES.medium:
            message = (
                f"for {label} the F1 of the rules is {value:.2f} higher than that of the model, "
                f"95 % interval [{low:.2f}, {difference.high:.2f}]"
            )
            yield from BEHIND_RULES.check(value, message, label)
    correct = first.averages["none_correct"].value
    if correct is not None and first.label_free >= ENOUGH:
        message = f"{1 - correct:.1%} of the {first.label_free:,} tasks that need no specialist are answered with one"
        yield from FALSE_ALARMS.check(1 - correct, message)
    for target, confused in evaluation.confusions.items():
        under, over = confused.under_escalated, confused.over_escalated
        if confused.tasks >= ENOUGH:
            message = (
                f"of {confused.tasks:,} tasks rightly answered with {target}, {under} escalations are answered as "
                f"collaborations and {over} collaborations as escalations"
            )
            where = f"{'escalate' if over > under else 'collaborate'}:{target}"
            yield from CONFUSED.check((under + over) / confused.tasks, message, where)


def _model(evaluation: Evaluation, first: EngineFigures) -> Iterator[Finding]:
    if first.calibration is not None:
        error = first.calibration.micro_ece_doubtful
        if first.tasks >= ENOUGH_FOR_ERRORS:
            yield from ERROR_OF_ALL.check(error, f"probabilities from 5 % on are off by {error:.2f} on average")
        if first.tasks >= ENOUGH_FOR_LABEL_ERRORS:
            for label, row in first.calibration.labels.items():
                message = f"probabilities of {label} are off by {row.ece:.2f} on average"
                yield from ERROR_OF_LABEL.check(row.ece, message, label)
    training = evaluation.training or {}
    for label, ranking in first.average_precision.items():
        if label in training and ranking.support >= ENOUGH:
            before = training[label]
            message = f"average precision of {label} is {ranking.value:.2f}, and was {before:.2f} in training"
            yield from LOST_SINCE_TRAINING.check(before - ranking.value, message, label)
    message = f"on {first.abstained:.1%} of the tasks the model abstained and the rules decided alone"
    yield from ABSTAINED.check(first.abstained, message)
