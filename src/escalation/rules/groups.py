"""Pick the mode of a group: by the text first, then by the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from escalation.rules.rulebook import TECHNOLOGY_CUE

if TYPE_CHECKING:
    from collections.abc import Collection

    from escalation.rules.evidence import Evidence, Mention
    from escalation.rules.roster import Group


class Resolution(NamedTuple):
    """A mode, or an open group with the modes that it may be.

    Attributes
    ----------
    mode : str or None
        None if the group stays open.
    candidates : tuple of str
        The modes that an open group may be. Empty if the technology is known and no mode is for it.
    by : {"text", "stack", "fallback", "open"}
        What decided.
    technology : str or None
        The technology that decided.
    mention : Mention or None
        Where the text names it.
    """

    mode: str | None
    candidates: tuple[str, ...]
    by: Literal["text", "stack", "fallback", "open"]
    technology: str | None = None
    mention: Mention | None = None


def resolve(group: Group, evidence: Evidence) -> Resolution:
    """Pick the mode of a group from the text, then from the stack.

    A technology that the text names decides; if no mode is for it, the group stays open. Otherwise idioms in the text
    decide, otherwise the stack, provided that it selects exactly one mode and the text does not speak of a client
    that the stack cannot be about.

    Examples
    --------
    >>> from escalation import StackProfile, load_rulebook
    >>> from escalation.rules.evidence import EvidenceReader
    >>> book = load_rulebook()
    >>> evidence = EvidenceReader(book).read("Fix Settings.tsx", StackProfile())
    >>> resolve(book.groups["frontend"], evidence).mode
    'react-specialist'
    """
    named = _named(group, evidence)
    modes = _modes(group, named)
    if len(modes) == 1:
        mode, technology = next(iter(modes.items()))
        return Resolution(mode, (), "text", technology, named[technology])
    listed = [technology for technology, category in evidence.stack.items() if category == group.category]
    in_stack = _modes(group, listed)
    if modes:
        both = {mode: technology for mode, technology in in_stack.items() if mode in modes}
        return _by_stack(group, both if len(both) == 1 else modes)
    if named or evidence.has_any(group.stays_open):
        return _open(group, (), "text")
    if in_stack:
        return _by_stack(group, in_stack)
    if not listed:
        around = [technology for technology, category in evidence.around.items() if category == group.category]
        by_circumstance = _modes(group, around)
        if by_circumstance:
            return _by_stack(group, by_circumstance)
    return _open(group, () if listed else tuple(group.members), "open")


def _named(group: Group, evidence: Evidence) -> dict[str, Mention]:
    """Return the technologies of the group's category that the text names, by alias or else by idiom."""
    cue = TECHNOLOGY_CUE + group.category
    named = {name: mention for name, mention in evidence.technologies.items() if mention.cue == cue}
    if not named:
        for mention in evidence.idioms:
            if mention.cue == cue and mention.technology:
                named.setdefault(mention.technology, mention)
    return named


def _modes(group: Group, technologies: Collection[str]) -> dict[str, str]:
    """Return the modes that technologies select, each with its technology."""
    return {
        mode: technology
        for mode, selecting in group.members.items()
        for technology in selecting
        if technology in technologies
    }


def _by_stack(group: Group, modes: dict[str, str]) -> Resolution:
    if len(modes) == 1:
        mode, technology = next(iter(modes.items()))
        return Resolution(mode, (), "stack", technology)
    return _open(group, tuple(modes), "open")


def _open(group: Group, candidates: tuple[str, ...], by: Literal["text", "open"]) -> Resolution:
    if group.fallback is not None:
        return Resolution(group.fallback, (), "fallback")
    return Resolution(None, candidates, by)
