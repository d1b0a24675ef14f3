"""Decide whether a task that another mode delegates may be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.answer.prediction import Accept
from escalation.errors import InputError

if TYPE_CHECKING:
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Rulebook


def accept(rulebook: Rulebook, delegated_by: str, evidence: Evidence, core: bool) -> Accept:
    """Decide whether the home mode takes a delegated task.

    Parameters
    ----------
    rulebook : Rulebook
    delegated_by : str
        Slug of the mode that delegates.
    evidence : Evidence
        What stands in the task.
    core : bool
        Whether some part of the task is the home mode's own work.

    Raises
    ------
    InputError
        If the rulebook knows no such mode. The message lists those that it knows.
    """
    for rule in rulebook.acceptance.values():
        if delegated_by not in rule.modes:
            continue
        named = evidence.names(rule.cues)
        taken = {"always": True, "cue": named, "core": core}[rule.condition]
        reason = rule.reason if taken else rule.otherwise
        return Accept(taken, delegated_by, reason, rule.id, rule.source.section)
    if delegated_by in rulebook.modes:
        return Accept(False, delegated_by, "tasks delegated from this mode are not among those accepted", None, None)
    known = sorted({*rulebook.modes, *(mode for rule in rulebook.acceptance.values() for mode in rule.modes)})
    raise InputError(f"unknown mode {delegated_by!r} delegates the task; use one of {', '.join(known)}")
