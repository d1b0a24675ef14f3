"""The documented rules as an oracle: what labels and answers must never say, and where the rules disagree with them.

A hard finding contradicts the documented page, whatever the wording of a task. Where the rules merely disagree with a
label, somebody should read the task: the rules read words, and words can mislead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from escalation.predictor import Predictor
from escalation.rules.engine import SILENT, RuleEngine
from escalation.rules.groups import resolve
from escalation.rules.rulebook import CORE, DISPOSITIONS, TECHNOLOGY_CUE, Label
from escalation.task.stack import StackProfile
from escalation.training.corpus import grouped_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from escalation.answer.prediction import Prediction
    from escalation.files import Progress
    from escalation.model import Model
    from escalation.rules.engine import Verdict
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

_STEP = 200
HARD = {
    "H1": "a mode that is not on the roster",
    "H2": "a disposition that the mode does not take",
    "H3": "a mode of a group without its technology in text or stack",
    "H4": "a group that text or stack resolves, or a mode that they do not select",
    "H5": "one mode in both lists",
    "H6": "a wrong answer to an example in the source",
    "H8": "a robustness gate that is not held",
    "H7": "a behaviour case that fails",
}
"""What must never occur, whatever the figures; the codes of figures are in `escalation.evaluation.findings`."""


class Finding(msgspec.Struct, frozen=True):
    """Something that must never occur, or a figure beyond its limit.

    `code` is a key of `HARD`, or of the kinds of figures in `escalation.evaluation.findings`. `where` is the task,
    behaviour case, rule or label that it is about; None if it is about all of them. `message` is a sentence without a
    full stop, `figure` the name of the figure.
    """

    code: str
    severity: Literal["high", "medium", "low"]
    where: str | None
    message: str
    figure: str | None = None
    value: float | None = None
    limit: float | None = None

    def __str__(self) -> str:
        return f"{self.code} in {self.where}: {self.message}"


class Agreement(msgspec.Struct):
    """How often the rules agree with one label over a corpus.

    `spoken` counts the tasks on which the rules are for or against the label, `conflicts` lists those on which they are
    wrong about it.
    """

    tasks: int = 0
    spoken: int = 0
    conflicts: list[str] = msgspec.field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return coverage as a share of all tasks; agreement and conflict as shares of those spoken on."""
        wrong = len(self.conflicts)
        return {
            "coverage": self.spoken / self.tasks if self.tasks else 0.0,
            "agreement": (self.spoken - wrong) / self.spoken if self.spoken else None,
            "conflict": wrong / self.spoken if self.spoken else None,
            "conflicts": self.conflicts,
        }


class Oracle:
    """Checks labels and answers against one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.engine = RuleEngine(rulebook)

    def check(
        self, task: str, evidence: Evidence, escalate: Sequence[str], collaborate: Sequence[str]
    ) -> list[Finding]:
        """Return the hard findings about one task's labels or answer, given the evidence that was read in its text."""
        findings: list[Finding] = []
        for disposition, modes in zip(DISPOSITIONS, (escalate, collaborate), strict=True):
            for mode in modes:
                for code, what in self._faults(disposition, mode, evidence):
                    findings.append(Finding(code, "high", task, f"{disposition}s {what}"))
        both = [mode for mode in escalate if mode in collaborate]
        return findings + [Finding("H5", "high", task, f"{mode!r} is in both lists") for mode in both]

    def _faults(self, disposition: str, mode: str, evidence: Evidence) -> Iterator[tuple[str, str]]:
        """Yield code and message of each fault of a mode under a disposition."""
        group = self.rulebook.groups.get(mode) or self.rulebook.group_of(mode)
        if group is None and mode not in self.rulebook.modes:
            yield "H1", f"{mode!r}, which is not on the roster"
        elif not self.rulebook.allows(disposition, mode):
            yield "H2", f"{mode!r}, which does not take this disposition"
        elif group is not None and group.fallback is not None:
            # Without its technology, a mode of the group makes no sense; the fallback is for that case.
            selecting = set(group.members[mode])
            cue = TECHNOLOGY_CUE + group.category
            idioms = {mention.technology for mention in evidence.idioms if mention.cue == cue}
            if selecting.isdisjoint({*evidence.technologies, *evidence.around, *evidence.stack, *idioms}):
                yield "H3", f"{mode!r}, but neither text nor stack has {' or '.join(sorted(selecting))}"
        elif group is not None:
            resolution = resolve(group, evidence)
            binding = mode == group.slug or resolution.by == "stack"
            if resolution.mode not in (None, mode) and binding:
                yield "H4", f"{mode!r}, but the {resolution.by} has {resolution.technology}: {resolution.mode!r}"

    def check_examples(self, predictor: Predictor) -> list[Finding]:
        """Return the findings about the source's examples: modes that are missing, or wrongly escalated to."""
        findings: list[Finding] = []
        for rule in self.rulebook.rules.values():
            for example in rule.examples:
                answer = predictor.predict(example.text, stack=StackProfile(dict(example.stack)))
                for verb, wanted, entries in (
                    ("escalate to", set(example.escalate), answer.escalate),
                    ("collaborate with", set(example.collaborate), answer.collaborate),
                ):
                    got = {entry.target for entry in entries}
                    # Collaborating with one more mode than the source names is not wrong.
                    if wanted - got or (verb == "escalate to" and got - wanted):
                        modes, answered = (", ".join(sorted(side)) or "nobody" for side in (wanted, got))
                        message = f"{example.text!r} must {verb} {modes}, but the answer is {answered}"
                        findings.append(Finding("H6", "high", rule.id, message))
        return findings

    def compare(
        self, task: str, verdicts: dict[Label, Verdict], labels: set[Label], agreements: dict[str, Agreement]
    ) -> None:
        """Count in `agreements`, by label, how far the rules agree with the labels that one task has."""
        for label, verdict in verdicts.items():
            if label == CORE:
                continue
            agreement = agreements.setdefault(label, Agreement())
            agreement.tasks += 1
            # An escalation leaves nothing to say about working with the same mode.
            escalated = verdicts.get(Label("escalate", label.target), SILENT)
            covered = label.disposition == "collaborate" and verdict.value == escalated.value == "for"
            if verdict.value == "silent" or covered:
                continue
            agreement.spoken += 1
            if (verdict.value == "for") != (label in labels):
                agreement.conflicts.append(task)


class Report(msgspec.Struct, frozen=True):
    """What the oracle found about the labels of the corpus, the model's answers, and the examples in the source.

    Besides, how far the rules agree with each label of the corpus, and of the model on its own.
    """

    tasks: int
    hard: list[Finding]
    rules_and_labels: dict[str, Agreement]
    rules_and_model: dict[str, Agreement]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "tasks": self.tasks,
            "hard": [{"code": found.code, "task": found.where, "message": found.message} for found in self.hard],
            "rules_and_labels": {label: count.to_dict() for label, count in self.rules_and_labels.items()},
            "rules_and_model": {label: count.to_dict() for label, count in self.rules_and_model.items()},
        }


def validate(corpus: Corpus, rulebook: Rulebook, model: Model, progress: Progress | None = None) -> Report:
    """Check the labels of a corpus and a model's answers to it.

    What the model answers together with the rules is checked; what it answers on its own is compared with the rules.
    """
    oracle = Oracle(rulebook)
    hybrid, alone = Predictor(rulebook, model), Predictor(rulebook, model, "model")
    hard = oracle.check_examples(hybrid)
    by_label: dict[str, Agreement] = {}
    by_model: dict[str, Agreement] = {}
    for done, row in enumerate(corpus.rows(), 1):
        evidence = oracle.engine.reader.read(row.text, row.stack)
        answer, by_itself = (predictor.predict(row.text, row.stack, reasons=False) for predictor in (hybrid, alone))
        hard += oracle.check(row.id, evidence, row.escalate, row.collaborate)
        escalate, collaborate = ([entry.target for entry in side] for side in (answer.escalate, answer.collaborate))
        hard += oracle.check(f"{row.id} (answer)", evidence, escalate, collaborate)
        verdicts = oracle.engine.judge(evidence)
        oracle.compare(row.id, verdicts, grouped_labels(rulebook, row.escalate, row.collaborate), by_label)
        oracle.compare(row.id, verdicts, _answered_labels(by_itself), by_model)
        if progress and (done % _STEP == 0 or done == len(corpus)):
            progress("checking", done, len(corpus))
    return Report(len(corpus), hard, by_label, by_model)


def _answered_labels(answer: Prediction) -> set[Label]:
    """Return the labels of an answer. A group is the label even if its fallback, which is not a member, is the mode."""
    return {Label(side, entry.group or entry.target) for side in DISPOSITIONS for entry in getattr(answer, side)}
