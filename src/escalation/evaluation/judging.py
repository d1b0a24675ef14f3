"""When a figure of an evaluation is a finding: limits, and how many tasks a judgement takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.evaluation.findings import SEVERITIES, Finding
from escalation.evaluation.reliability import MIN_POSITIVES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.evaluation.findings import Severity

ENOUGH = MIN_POSITIVES
"""Fewer tasks with a label, or without any, say little."""
ENOUGH_FOR_ERRORS = 100
ENOUGH_FOR_LABEL_ERRORS = 500
"""Of fewer tasks even true probabilities seem off by as much as the limits of calibration allow."""


class _Limit(NamedTuple):
    """From where on a figure is worth a finding, and from where on a grave one."""

    medium: float
    high: float

    def severity(self, value: float) -> Severity | None:
        """Judge a value; the limits rise where much is bad, and fall where little is."""
        sign = 1 if self.high > self.medium else -1
        if sign * value > sign * self.high:
            return "high"
        return "medium" if sign * value > sign * self.medium else None


KNOWN_WORDS = _Limit(0.9, 0.8)
F1 = _Limit(0.5, 0.3)
BEHIND_RULES = _Limit(0.0, 0.1)
FALSE_ALARMS = _Limit(0.15, 0.3)
CONFUSED = _Limit(0.2, 0.35)
ERROR_OF_LABEL = _Limit(0.05, 0.1)
ERROR_OF_ALL = _Limit(0.1, 0.2)
LOST_SINCE_TRAINING = _Limit(0.1, 0.2)
NOT_ASKED = _Limit(0.05, 0.2)


def find(scored: dict[str, Any]) -> list[Finding]:
    """Give the findings of an evaluation, the gravest first.

    Parameters
    ----------
    scored : dict
        The figures, as `escalation.evaluation.scoring.score` gives them. Labels are judged by the first engine.
    """
    first = next(iter(scored["engines"].values()))
    found = [
        *_support(first["labels"]),
        *_drift(scored["drift"]),
        *_overlap(scored["overlap"], first["tasks"]),
        *_weak(first["labels"]),
        *_behind_rules(scored["rules_over_model"], first["labels"]),
        *_false_alarms(first),
        *_confused(scored["confusions"]),
        *_calibration(first["calibration"], first["tasks"]),
        *_since_training(first["average_precision"], scored["training"]),
        *_not_asked(first["abstained"]),
    ]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _support(labels: dict[str, Any]) -> Iterator[Finding]:
    for label, row in labels.items():
        if row["support"] < ENOUGH:
            message = f"support of {label} is {row['support']}, less than {ENOUGH}"
            yield Finding("E101", "low", label, "support", row["support"], ENOUGH, message)


def _drift(drift: dict[str, Any] | None) -> Iterator[Finding]:
    if drift is None:
        return
    known = drift["known_words"]["value"]
    severity = KNOWN_WORDS.severity(known)
    if severity:
        message = f"the model knows {known:.1%} of the words, less than {KNOWN_WORDS.medium:.0%}"
        yield Finding("E102", severity, None, "share of known words", known, KNOWN_WORDS.medium, message)


def _overlap(overlap: list[str], tasks: int) -> Iterator[Finding]:
    if overlap:
        message = f"the model was trained on {len(overlap):,} of the {tasks:,} tasks"
        yield Finding("E103", "high", None, "tasks seen in training", len(overlap), 0, message)


def _weak(labels: dict[str, Any]) -> Iterator[Finding]:
    for label, row in labels.items():
        value = row["f1"]
        severity = F1.severity(value) if row["support"] >= ENOUGH else None
        if severity:
            message = f"F1 of {label} is {value:.2f} over {row['support']} tasks, less than {F1.medium}"
            yield Finding("E201", severity, label, "F1", value, F1.medium, message)


def _behind_rules(differences: dict[str, Any], labels: dict[str, Any]) -> Iterator[Finding]:
    for label, difference in differences.items():
        low, value = difference["low"], difference["value"]
        if labels[label]["support"] < ENOUGH or value is None or low is None or low <= BEHIND_RULES.medium:
            continue
        severity = BEHIND_RULES.severity(value)
        if severity:
            message = (
                f"on {label} the F1 of the rules lies {value:.2f} above that of the model, "
                f"95 % interval [{low:.2f}, {difference['high']:.2f}]"
            )
            limit = BEHIND_RULES.medium
            yield Finding("E202", severity, label, "F1 of the rules less the model's", value, limit, message)


def _false_alarms(first: dict[str, Any]) -> Iterator[Finding]:
    kept = first["averages"]["free_kept"]["value"]
    if kept is None or first["label_free"] < ENOUGH:
        return
    severity = FALSE_ALARMS.severity(1 - kept)
    if severity:
        message = f"{1 - kept:.1%} of the {first['label_free']:,} tasks that need nobody are given somebody"
        yield Finding("E203", severity, None, "share of false alarms", 1 - kept, FALSE_ALARMS.medium, message)


def _confused(confusions: dict[str, Any]) -> Iterator[Finding]:
    for target, row in confusions.items():
        if row["tasks"] < ENOUGH:
            continue
        share = (row["softened"] + row["hardened"]) / row["tasks"]
        severity = CONFUSED.severity(share)
        if severity:
            wrong = "escalate" if row["hardened"] > row["softened"] else "collaborate"
            message = (
                f"of {row['tasks']:,} tasks that name {target} rightly, {row['softened']} escalations are given as "
                f"collaborations and {row['hardened']} collaborations as escalations"
            )
            where = f"{wrong}:{target}"
            yield Finding("E204", severity, where, "share of wrong degrees", share, CONFUSED.medium, message)


def _calibration(calibration: dict[str, Any] | None, tasks: int) -> Iterator[Finding]:
    if calibration is None:
        return
    error = calibration["micro_ece_doubtful"]
    severity = ERROR_OF_ALL.severity(error) if tasks >= ENOUGH_FOR_ERRORS else None
    if severity:
        message = f"probabilities from 5 % on are off by {error:.2f} on average"
        yield Finding("E301", severity, None, "calibration error from 5 % on", error, ERROR_OF_ALL.medium, message)
    for label, row in calibration["labels"].items():
        error = row["ece"]
        severity = ERROR_OF_LABEL.severity(error) if tasks >= ENOUGH_FOR_LABEL_ERRORS else None
        if severity:
            message = f"probabilities of {label} are off by {error:.2f} on average"
            yield Finding("E301", severity, label, "calibration error", error, ERROR_OF_LABEL.medium, message)


def _since_training(here: dict[str, Any], training: dict[str, float] | None) -> Iterator[Finding]:
    for label, row in here.items():
        if training is None or label not in training or row["support"] < ENOUGH:
            continue
        lost = training[label] - row["value"]
        severity = LOST_SINCE_TRAINING.severity(lost)
        if severity:
            message = f"average precision of {label} is {row['value']:.2f}, and was {training[label]:.2f} in training"
            limit = LOST_SINCE_TRAINING.medium
            yield Finding("E302", severity, label, "average precision lost since training", lost, limit, message)


def _not_asked(abstained: float) -> Iterator[Finding]:
    severity = NOT_ASKED.severity(abstained)
    if severity:
        message = f"on {abstained:.1%} of the tasks the model was not asked, and the rules alone answered"
        yield Finding("E303", severity, None, "share not asked", abstained, NOT_ASKED.medium, message)
