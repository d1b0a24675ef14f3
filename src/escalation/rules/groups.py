"""Which mode of a group is meant: told by the text first, then by the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from escalation.rules.evidence import Evidence, EvidenceReader
    from escalation.rules.rulebook import Group, Rulebook


class Resolution(NamedTuple):
    """A mode, or a group that stays open with the modes that it may be.

    Attributes
    ----------
    mode : str or None
        The mode, or None where the group stays open.
    candidates : tuple of str
        The modes that an open group may be. Empty where a technology without a mode is told.
    by : {"text", "stack", "fallback", "open"}
        What decided.
    technology : str or None
        The technology that decided.
    words : tuple of int or None
        The first and last of the words in which it stands.
    """

    mode: str | None
    candidates: tuple[str, ...]
    by: Literal["text", "stack", "fallback", "open"]
    technology: str | None = None
    words: tuple[int, int] | None = None


class GroupResolver:
    """Resolves the groups of one rulebook.

    Parameters
    ----------
    rulebook : Rulebook
    reader : EvidenceReader
        Of the same rulebook.
    """

    def __init__(self, rulebook: Rulebook, reader: EvidenceReader) -> None:
        self._rulebook = rulebook
        self._reader = reader
        self._category = {technology.name: technology.category for technology in rulebook.technologies.values()}

    def resolve(self, group: Group, evidence: Evidence) -> Resolution:
        """Decide which mode of a group a task means.

        A technology that the text names decides; one that it names and that no mode is for leaves the
        group open. Else idioms in the text decide, else the stack, if it selects exactly one mode and the
        text does not speak of a client that the stack cannot be about.
        """
        named = self._named(group, evidence)
        modes = self._modes(group, list(named))
        if len(modes) == 1:
            mode, technology = next(iter(modes.items()))
            return Resolution(mode, (), "text", technology, named[technology])
        in_stack = self._modes(group, [name for name in evidence.stack if self._category[name] == group.category])
        if modes:
            both = {mode: technology for mode, technology in in_stack.items() if mode in modes}
            return self._by_stack(group, both if len(both) == 1 else modes)
        if named:
            return self._open(group, (), "text")
        if evidence.names(group.stays_open):
            return self._open(group, (), "text")
        if in_stack:
            return self._by_stack(group, in_stack)
        others = any(self._category[name] == group.category for name in evidence.stack)
        return self._open(group, () if others else tuple(group.members), "open")

    def _named(self, group: Group, evidence: Evidence) -> dict[str, tuple[int, int]]:
        """Technologies of the group's category in the text, else those told by idioms, with first and last word."""
        named = {
            name: (hit.first, hit.last)
            for name, hit in evidence.technologies.items()
            if self._category[name] == group.category
        }
        if not named:
            for name, first, last in self._reader.idioms_in(evidence.reading, group.category):
                named.setdefault(name, (first, last))
        return named

    def _modes(self, group: Group, technologies: list[str]) -> dict[str, str]:
        """Modes that technologies select, each with the technology."""
        return {
            mode: technology
            for mode, selecting in group.members.items()
            for technology in selecting
            if technology in technologies
        }

    def _by_stack(self, group: Group, modes: dict[str, str]) -> Resolution:
        """The mode that the stack selects; of several, none."""
        if len(modes) == 1:
            mode, technology = next(iter(modes.items()))
            return Resolution(mode, (), "stack", technology)
        return self._open(group, tuple(modes), "open")

    def _open(self, group: Group, candidates: tuple[str, ...], by: Literal["text", "open"]) -> Resolution:
        if group.fallback is not None:
            return Resolution(group.fallback, (), "fallback")
        return Resolution(None, candidates, by)
