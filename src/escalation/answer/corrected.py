"""Answer a task as somebody else settled it: as it was corrected, or as a teacher says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from escalation.answer.compose import accept
from escalation.answer.prediction import Core, CorrectedBy, Entry, Reason, rounded
from escalation.rules.groups import resolve
from escalation.rules.names import find_modes
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from escalation.answer.corrections import Answered
    from escalation.answer.prediction import Part, Prediction, Source, TaughtBy
    from escalation.model.decision import Decisions
    from escalation.rules.evidence import Evidence
    from escalation.rules.roster import Disposition
    from escalation.rules.rulebook import Rulebook

_WHO = {"person": "a person", "agent": "an agent", "teacher": "a teacher"}


class Taught(NamedTuple):
    """What a teacher says of a task: modes, or groups that stay open, and own work."""

    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool
    by: TaughtBy


def correct_answer(
    answer: Prediction,
    right: Answered | Taught,
    decisions: Decisions,
    evidence: Evidence,
    rulebook: Rulebook,
    *,
    reasons: bool = True,
) -> Prediction:
    """Return an answer with the labels of a correction, or of a teacher.

    What the model finds probable stays, and so do the reasons and parts of what was right. Nothing is undecided or
    unclear any longer. A correction that names a mode which the rulebook no longer has changes nothing.

    Parameters
    ----------
    answer : Prediction
        Without the correction.
    right : Answered or Taught
        The correction, or what the teacher says.
    decisions : dict of Label to Decision
        Those behind the answer.
    evidence : Evidence
        What the rulebook finds in the task.
    rulebook : Rulebook
    reasons : bool
        Whether the answer says why.
    """
    sides: dict[Disposition, tuple[str, ...]] = {
        "escalate": tuple(_today(target, rulebook) for target in right.escalate),
        "collaborate": tuple(_today(target, rulebook) for target in right.collaborate),
    }
    if not all(rulebook.allows(side, target) for side, targets in sides.items() for target in targets):
        return answer
    source: Source
    named: dict[str, Any]
    if isinstance(right, Taught):
        source, named = "teacher", {"teacher": right.by}
        why = Reason("teacher", right.by.reason or "answered by a teacher", right.by.name)
    else:
        source, named = "correction", {"correction": CorrectedBy(right.id, right.by)}
        why = Reason("correction", f"corrected by {_WHO[right.by]}", str(right.id))
    before = {"escalate": answer.escalate, "collaborate": answer.collaborate}

    def entry(side: Disposition, target: str) -> Entry:
        same = next((entry for entry in before[side] if entry.target == target), None)
        if same is None:
            decision = decisions.get(rulebook.label(side, target))
            same = _entry(target, rounded(decision.probability) if decision else None, evidence, rulebook)
        return replace(same, source=source, reasons=(why, *same.reasons) if reasons else ())

    escalate, collaborate = (tuple(entry(side, target) for target in targets) for side, targets in sides.items())
    delegated_by = answer.accept.delegated_by if answer.accept else None
    return replace(
        answer,
        escalate=escalate,
        collaborate=collaborate,
        core=Core(right.core, rounded(decisions[CORE].probability), source),
        parts=tuple(_parts(answer.parts, sides)),
        undecided=(),
        unclear=None,
        accept=accept(rulebook, delegated_by, evidence, right.core),
        promise=None,
        **named,
    )


def _entry(target: str, probability: float | None, evidence: Evidence, rulebook: Rulebook) -> Entry:
    group = rulebook.groups.get(target)
    if group is not None:
        candidates = resolve(group, evidence).candidates or tuple(group.members)
        return Entry(None, target, candidates, probability, "correction", ())
    group = rulebook.group_of(target)
    return Entry(target, group.slug if group else None, (), probability, "correction", ())


def _today(target: str, rulebook: Rulebook) -> str:
    """Return the name that a mode has now, if it was renamed since the correction."""
    if target in rulebook.modes or target in rulebook.groups:
        return target
    modes = [mode for mode in find_modes(rulebook, target) if mode in rulebook.modes]
    return modes[0] if len(modes) == 1 else target


def _parts(parts: tuple[Part, ...], right: Mapping[Disposition, tuple[str, ...]]) -> Iterator[Part]:
    """Yield the parts of modes that were right."""
    for part in parts:
        escalate = tuple(target for target in part.escalate if target in right["escalate"])
        collaborate = tuple(target for target in part.collaborate if target in right["collaborate"])
        if escalate or collaborate:
            yield replace(part, escalate=escalate, collaborate=collaborate)
