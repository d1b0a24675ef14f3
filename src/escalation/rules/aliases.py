"""Other names of modes in a rulebook: a mode is renamed in its own table; all others may keep the old name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from escalation.rules.roster import Mode

_REFERENCES = frozenset({"collaborate", "escalate", "fallback", "mode", "targets"})
"""Keys that name modes; `when` of a question does behind a colon."""


class ModeAliases:
    """The aliases of a rulebook file.

    Parameters
    ----------
    modes : iterable of dict
        The tables of the modes as the file has them, not yet checked.
    slugs : collection of str
        Slugs of modes and groups, which mean themselves.
    fault : callable
        Takes what is wrong with the table that is being read.
    """

    def __init__(self, modes: Iterable[dict[str, Any]], slugs: Collection[str], fault: Callable[[str], None]) -> None:
        self._slugs = slugs
        self._fault = fault
        self._modes: dict[str, list[str]] = {}
        for mode in modes:
            aliases = mode.get("aliases")
            for alias in aliases if isinstance(aliases, list) else ():
                if isinstance(alias, str) and alias not in slugs:
                    self._modes.setdefault(alias, []).append(str(mode.get("slug")))

    def check(self, mode: Mode) -> None:
        """Check that no alias is another mode or a group."""
        for alias in mode.aliases:
            if alias in self._slugs and alias != mode.slug:
                self._fault(f"aliases has {alias!r}, which is the slug of a mode or group; remove one of them")

    def replaced(self, value: Any, key: str = "") -> Any:
        """Return a table with the slugs of modes in place of their aliases.

        An alias of several modes is a fault here, though a task may be delegated under it.
        """
        if isinstance(value, dict):
            return {name: self.replaced(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self.replaced(each, key) for each in value]
        if not isinstance(value, str):
            return value
        before, colon, name = value.rpartition(":") if key == "when" else ("", "", value)
        if name not in self._modes or not (colon or key in _REFERENCES):
            return value
        modes = self._modes[name]
        if len(modes) > 1:
            self._fault(f"{key} names {name!r}, an alias of {' and '.join(modes)}; name one of them")
        return before + colon + modes[0]
