"""Compose an answer from decisions: one entry per mode, escalation before collaboration, and the acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from escalation.answer.prediction import Accept, Entry, Promise, Undecided, rounded
from escalation.answer.reasons import reasons_for, resolution_reason
from escalation.errors import ModelError
from escalation.rules.groups import resolve
from escalation.rules.names import find_modes, nearest_mode
from escalation.rules.rulebook import CORE, Label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from escalation.answer.reasons import Attribution
    from escalation.model.classifier import Model
    from escalation.model.decision import Decision, Decisions, Engine
    from escalation.model.signals import Signals
    from escalation.rules.evidence import Evidence
    from escalation.rules.groups import Resolution
    from escalation.rules.rulebook import Rulebook


def compose_entries(
    decisions: Decisions,
    resolutions: Mapping[str, Resolution],
    signals: Signals,
    attributions: Mapping[Label, Attribution] | None,
    cue_names: Sequence[str],
) -> dict[Label, tuple[Label, Entry]]:
    """Compose the entries of an answer.

    Parameters
    ----------
    decisions : mapping of Label to Decision
    resolutions : mapping of str to Resolution
        The mode of each group that is needed.
    signals : Signals
    attributions : mapping of Label to Attribution, optional
        What the model weighed, for the labels that it decided. If None, the entries have no reasons.
    cue_names : sequence of str
        Names of the cue features.

    Returns
    -------
    dict of Label to tuple
        For every assigned label that the answer contains: the disposition and mode (or open group) in the answer, and
        the entry. Labels of one mode share an entry; no mode has both dispositions.
    """
    given = [label for label, decision in decisions.items() if decision.given and label != CORE]
    # Escalations first, each disposition by falling probability.
    given.sort(key=lambda label: (label.disposition != "escalate", -(decisions[label].probability or 0.0)))
    answered: dict[Label, Label] = {}
    entries: dict[str, tuple[str, Entry]] = {}
    for label in given:
        reasons = []
        if attributions is not None:
            reasons = reasons_for(label, signals, attributions.get(label), cue_names)
            if label.target in resolutions:
                reasons += resolution_reason(resolutions[label.target], signals.evidence.reading)
        entry = _entry(label, decisions[label], resolutions.get(label.target))
        disposition, held = entries.get(entry.target, (label.disposition, entry))
        if disposition != label.disposition:
            continue
        merged = tuple(dict.fromkeys((*held.reasons, *reasons)))
        entries[entry.target] = disposition, msgspec.structs.replace(held, reasons=merged)
        answered[label] = Label(disposition, entry.target)
    return {label: (shown, entries[shown.target][1]) for label, shown in answered.items()}


def resolve_groups(decisions: Decisions, evidence: Evidence, rulebook: Rulebook) -> dict[str, Resolution]:
    """Pick the mode of every group that is needed, once."""
    needed = {label.target for label, decision in decisions.items() if decision.given}
    groups = rulebook.groups
    return {name: resolve(groups[name], evidence) for name in needed & groups.keys()}


def _entry(label: Label, decision: Decision, resolution: Resolution | None) -> Entry:
    probability = rounded(decision.probability)
    if resolution is None:
        return Entry(label.target, None, (), probability, decision.source, ())
    return Entry(resolution.mode, label.target, resolution.candidates, probability, decision.source, ())


def undecided_labels(decisions: Decisions) -> tuple[Undecided, ...]:
    """Return the labels that come near their threshold, without modes that are escalated to anyway."""
    escalated = {
        label.target for label, decision in decisions.items() if decision.given and label.disposition == "escalate"
    }
    return tuple(
        Undecided(label.disposition, label.target, rounded(decision.probability) or 0.0)
        for label, decision in decisions.items()
        if decision.undecided and label != CORE and label.target not in escalated
    )


def accept(rulebook: Rulebook, delegated_by: str | None, evidence: Evidence, core: bool) -> Accept | None:
    """Decide whether the home mode accepts a delegated task; return None if nobody delegates it.

    Parameters
    ----------
    rulebook : Rulebook
    delegated_by : str or None
        Name of the mode that delegates, in any spelling. From a mode that the rulebook does not know, no task is
        accepted.
    evidence : Evidence
        What the rulebook finds in the task.
    core : bool
        Whether some part of the task is the home mode's own work.
    """
    if delegated_by is None:
        return None
    modes = find_modes(rulebook, delegated_by)
    for rule in rulebook.acceptance.values():
        for mode in modes:
            if mode not in rule.modes:
                continue
            taken = {"always": True, "cue": evidence.has_any(rule.cues), "core": core}[rule.condition]
            reason = rule.reason if taken else rule.otherwise
            return Accept(taken, mode, reason, rule.id, rule.source.section)
    if modes:
        return Accept(False, modes[0], "tasks delegated from this mode are not among those accepted", None, None)
    near = nearest_mode(rulebook, delegated_by)
    advice = f"; did you mean {near!r}?" if near else ""
    return Accept(False, delegated_by, f"no mode of this name is known{advice}", None, None)


def promise_of(model: Model, engine: Engine) -> Promise:
    """Return what high caution promises with a model.

    Raises
    ------
    ModelError
        If the training promised nothing.
    """
    if model.info is None:
        raise ModelError("the model promises no recall, so high caution is not available; train it again")
    missing = tuple(label for label in model.labels if label != CORE and model.policies[label].cautious[engine] is None)
    return Promise(model.info.caution.recall, model.info.caution.confidence, tuple(map(str, missing)))


def about(model: Model | None, rulebook: Rulebook) -> dict[str, str] | None:
    """Return the name and version of the model, its parent if it was adapted, and the hash of the rulebook."""
    if model is None:
        return None
    info = model.info
    name, version = (info.name, info.version) if info else ("", "")
    adapted = {"parent": f"sha256:{info.adapted.parent}"} if info and info.adapted else {}
    return {"name": name, "version": version, **adapted, "rulebook": f"sha256:{rulebook.sha256}"}
