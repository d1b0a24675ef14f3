"""The rules as oracle: what labels and predictions must never say, and where rules disagree with them.

Hard findings are wrong whatever the wording of a task: they contradict the documented page. Soft findings
are places to look: the rules read words, and words can mislead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from escalation.predictor import Predictor
from escalation.rules.engine import RuleEngine
from escalation.rules.groups import GroupResolver
from escalation.rules.rulebook import CORE, DISPOSITIONS
from escalation.task.stack import StackProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from escalation.answer.prediction import Prediction
    from escalation.model import Model
    from escalation.rules.engine import Verdict
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

_STEP = 200
Code = Literal["H1", "H2", "H3", "H4", "H5", "H6", "H7"]
HARD: dict[str, str] = {
    "H1": "a label outside the roster",
    "H2": "a disposition that the mode does not take",
    "H3": "a mode of a group without its technology in text or stack",
    "H4": "a group where text or stack resolves it, or the mode that they do not select",
    "H5": "one mode in both lists",
    "H6": "an example that the source names answered wrongly",
    "H7": "a behaviour case that fails",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be.

    Attributes
    ----------
    code : str
        A key of `HARD`.
    task : str
        Id of the task or case, or the rule whose example it is.
    message : str
        What is wrong there.
    """

    code: Code
    task: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """Give the finding as JSON knows it."""
        return {"code": self.code, "task": self.task, "message": self.message}


@dataclass(slots=True)
class Agreement:
    """How the rules stand to one label over a corpus.

    Attributes
    ----------
    spoken, agreed : int
        Tasks on which the rules speak (for or against), and agree.
    tasks : int
        All tasks.
    conflicts : list of str
        Ids of the tasks on which they speak and disagree.
    """

    tasks: int = 0
    spoken: int = 0
    agreed: int = 0
    conflicts: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Give shares: coverage of all tasks, agreement and conflict of those spoken on."""
        return {
            "coverage": self.spoken / self.tasks if self.tasks else 0.0,
            "agreement": self.agreed / self.spoken if self.spoken else None,
            "conflict": len(self.conflicts) / self.spoken if self.spoken else None,
            "conflicts": self.conflicts,
        }


class Oracle:
    """Checks labels and predictions against one rulebook.

    Parameters
    ----------
    rulebook : Rulebook
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.engine = RuleEngine(rulebook)
        self._resolver = GroupResolver(rulebook, self.engine.reader)

    def check(
        self, task: str, text: str, stack: StackProfile, escalate: Sequence[str], collaborate: Sequence[str]
    ) -> list[Finding]:
        """Give the hard findings of one labelled or answered task."""
        findings: list[Finding] = []
        evidence = self.engine.reader.read(text, stack)
        for disposition, modes in zip(DISPOSITIONS, (escalate, collaborate), strict=True):
            for mode in modes:
                if mode not in self.rulebook.modes and mode not in self.rulebook.groups:
                    findings.append(Finding("H1", task, f"{disposition}s {mode!r}, which is not on the roster"))
                elif not self.rulebook.allows(disposition, mode):
                    findings.append(Finding("H2", task, f"{disposition}s {mode!r}, which takes no such part"))
                else:
                    findings.extend(self._check_group(task, disposition, mode, evidence))
        findings += [Finding("H5", task, f"{mode!r} stands in both lists") for mode in escalate if mode in collaborate]
        return findings

    def check_answer(self, task: str, text: str, stack: StackProfile, answer: Prediction) -> list[Finding]:
        """Give the hard findings of an answer."""
        escalate, collaborate = ([entry.target for entry in side] for side in (answer.escalate, answer.collaborate))
        return self.check(task, text, stack, escalate, collaborate)

    def _check_group(self, task: str, disposition: str, mode: str, evidence: Evidence) -> Iterable[Finding]:
        group = self.rulebook.groups.get(mode) or self.rulebook.group_of(mode)
        if group is None:
            return
        if group.fallback is not None:
            selecting = set(group.members[mode])
            told = set(evidence.technologies) | evidence.stack
            told |= {name for name, _, _ in self.engine.reader.idioms_in(evidence.reading, group.category)}
            if not selecting & told:
                yield Finding(
                    "H3",
                    task,
                    f"{disposition}s {mode!r}, but neither text nor stack has {' or '.join(sorted(selecting))}",
                )
            return
        resolution = self._resolver.resolve(group, evidence)
        if resolution.mode is not None and resolution.mode != mode and (mode == group.slug or resolution.by == "stack"):
            yield Finding(
                "H4",
                task,
                f"{disposition}s {mode!r}, but the {resolution.by} has {resolution.technology}: {resolution.mode!r}",
            )

    def check_examples(self, predictor: Predictor) -> list[Finding]:
        """Give the findings of all examples that the source names: a mode that is missing, or escalated too."""
        findings: list[Finding] = []
        for rule in self.rulebook.rules.values():
            for example in rule.examples:
                answer = predictor.predict(example.text, stack=StackProfile(dict(example.stack)))
                for disposition, wanted in zip(DISPOSITIONS, (example.escalate, example.collaborate), strict=True):
                    got = {entry.target for entry in getattr(answer, disposition)}
                    beyond = got - set(wanted) if disposition == "escalate" else set()
                    if set(wanted) - got or beyond:
                        must, gives = (", ".join(sorted(modes)) or "nobody" for modes in (wanted, got))
                        message = f"{example.text!r} must {disposition} to {must}, and the answer is {gives}"
                        findings.append(Finding("H6", rule.id, message.replace("collaborate to", "collaborate with")))
        return findings

    def compare(
        self, task: str, verdicts: dict[str, Verdict], labels: set[str], agreements: dict[str, Agreement]
    ) -> None:
        """Count how the rules stand to the labels of one task.

        Parameters
        ----------
        task : str
        verdicts : dict of str to Verdict
        labels : set of str
            The labels that the task has, members under their group.
        agreements : dict of str to Agreement
            Counted further.
        """
        for label, verdict in verdicts.items():
            if label == CORE:
                continue
            higher = label.replace("collaborate:", "escalate:")
            value = verdict.value
            if value == "for" and higher != label and higher in verdicts and verdicts[higher].value == "for":
                value = "silent"
            count = agreements.setdefault(label, Agreement())
            count.tasks += 1
            if value == "silent":
                continue
            count.spoken += 1
            if (value == "for") == (label in labels):
                count.agreed += 1
            else:
                count.conflicts.append(task)


@dataclass(frozen=True, slots=True)
class Report:
    """What the oracle says.

    Attributes
    ----------
    tasks : int
    hard : list of Finding
        On the corpus' labels, the model's answers, and the examples that the source names.
    rules_and_labels, rules_and_model : dict of str to Agreement
        How the rules stand to each label, as given in the corpus and as the model alone gives it.
    """

    tasks: int
    hard: list[Finding]
    rules_and_labels: dict[str, Agreement]
    rules_and_model: dict[str, Agreement]

    def to_dict(self) -> dict[str, Any]:
        """Give the report as JSON knows it."""
        return {
            "tasks": self.tasks,
            "hard": [finding.to_dict() for finding in self.hard],
            "rules_and_labels": {label: count.to_dict() for label, count in self.rules_and_labels.items()},
            "rules_and_model": {label: count.to_dict() for label, count in self.rules_and_model.items()},
        }


def validate(
    corpus: Corpus, rulebook: Rulebook, model: Model, progress: Callable[[str, int, int], None] | None = None
) -> Report:
    """Check labels and answers, hard and soft.

    Parameters
    ----------
    corpus : Corpus
    rulebook : Rulebook
    model : Model
        Its hybrid answers are checked hard, its own answers compared with the rules.
    progress : callable, optional
    """
    oracle = Oracle(rulebook)
    hybrid, alone = Predictor(rulebook, model), Predictor(rulebook, model, "model")
    hard = oracle.check_examples(hybrid)
    by_label: dict[str, Agreement] = {}
    by_model: dict[str, Agreement] = {}
    for done, row in enumerate(corpus.rows(), 1):
        hard += oracle.check(row.id, row.text, row.stack, row.escalate, row.collaborate)
        answer = hybrid.predict(row.text, stack=row.stack)
        hard += oracle.check_answer(f"{row.id} (answer)", row.text, row.stack, answer)
        verdicts = oracle.engine.verdicts(row.text, row.stack)
        oracle.compare(row.id, verdicts, grouped_labels(rulebook, row.escalate, row.collaborate), by_label)
        oracle.compare(row.id, verdicts, _answered(alone.predict(row.text, stack=row.stack)), by_model)
        if progress and (done % _STEP == 0 or done == len(corpus)):
            progress("checking", done, len(corpus))
    return Report(len(corpus), hard, by_label, by_model)


def grouped_labels(rulebook: Rulebook, escalate: Iterable[str], collaborate: Iterable[str]) -> set[str]:
    """Give the labels of a task, members of a group under the group's name."""
    labelled = zip(DISPOSITIONS, (escalate, collaborate), strict=True)
    return {rulebook.label(disposition, mode) for disposition, modes in labelled for mode in modes}


def _answered(answer: Prediction) -> set[str]:
    sides = zip(DISPOSITIONS, (answer.escalate, answer.collaborate), strict=True)
    return {f"{disposition}:{entry.group or entry.mode}" for disposition, entries in sides for entry in entries}
