"""Find modes by any of their names, in any spelling, and the known name that is nearest to an unknown one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.task.shapes import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from escalation.rules.rulebook import Rulebook

_LONGEST = 60
"""Characters of a name that are compared; comparing takes time that grows with the product of both lengths."""
_SIMILAR = 0.75


def find_modes(rulebook: Rulebook, name: str) -> tuple[str, ...]:
    """Return the modes that a name means, on the roster or not; empty if the rulebook knows no such name.

    Case, blanks, hyphens and other signs make no difference. A name may mean several modes, since a team can have one
    where the rulebook has two.

    Examples
    --------
    >>> from escalation import load_rulebook
    >>> find_modes(load_rulebook(), "Technical_Architect")
    ('technical-architect',)
    >>> find_modes(load_rulebook(), "core-architect")
    ('technical-architect',)
    """
    wanted = folded(name)
    exact = [slug for slug, names in _names(rulebook) if wanted == folded(slug)]
    found = exact or [slug for slug, names in _names(rulebook) if wanted in map(folded, names)]
    return tuple(dict.fromkeys(found)) if wanted else ()


def nearest_mode(rulebook: Rulebook, name: str) -> str | None:
    """Return the known name of a mode that an unknown one is probably meant to be, or None."""
    return nearest(name, (known for slug, names in _names(rulebook) for known in (slug, *names)))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like a name, or None if none is.

    >>> nearest("raect", ["React", "Vue"]), nearest("pony", ["React", "Vue"])
    ('React', None)
    """
    from difflib import get_close_matches

    spelled = {folded(each): each for each in reversed(list(known))}
    close = get_close_matches(folded(name)[:_LONGEST], spelled, n=1, cutoff=_SIMILAR)
    return spelled[close[0]] if close else None


def _names(rulebook: Rulebook) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every mode that the rulebook names, each with its other names: delegators, the roster, the home mode."""
    for rule in rulebook.acceptance.values():
        for slug in rule.modes:
            yield slug, rule.aliases.get(slug, ())
    for mode in rulebook.modes.values():
        yield mode.slug, (mode.title, *mode.aliases)
    yield rulebook.home, rulebook.aliases
