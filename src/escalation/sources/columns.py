"""Know the columns of trackers' exports and the statuses in them, also where an export is translated."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from escalation.errors import InputError
from escalation.files import default_reading, read_toml
from escalation.sources.source import is_done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BLANKS = re.compile(r"[\s_]+")


class Names(NamedTuple):
    """The names of ``trackers.toml``.

    Attributes
    ----------
    columns : mapping
        From what a column holds (``title``, ``id``, ...) to its names, the more telling first.
    jira_titles : frozenset of str
    statuses : mapping
        From a status to what it means: ``open``, or why the issue is left out.
    """

    columns: Mapping[str, Sequence[str]]
    jira_titles: frozenset[str]
    statuses: Mapping[str, str]


@lru_cache(maxsize=1)
def names() -> Names:
    """Return the names that are known."""
    table = read_toml(default_reading("trackers.toml"), InputError, "reinstall the package")
    meanings = {name: meaning for meaning, known in table["statuses"].items() for name in known}
    return Names(table["columns"], frozenset(table["jira"]["titles"]), meanings)


class Header(NamedTuple):
    """Which columns of a table have what is read.

    Attributes
    ----------
    names : tuple of str
        As the header has them.
    places : dict
        Positions of the columns by what they hold, such as ``title``. A header may name a column several times.
    """

    names: tuple[str, ...]
    places: dict[str, tuple[int, ...]]

    @property
    def is_known(self) -> bool:
        """Whether the columns with the text of tasks are known."""
        return "text" in self.places or "title" in self.places

    @property
    def is_wiki(self) -> bool:
        """Whether the table is Jira's, whose descriptions are in its wiki markup."""
        titles = self.places.get("title", ())
        known = any(normal(self.names[place]) in names().jira_titles for place in titles)
        return known and "id" in self.places and "text" not in self.places


def normal(name: str) -> str:
    """Return the name of a column as the names that are known are written."""
    return _BLANKS.sub(" ", name.strip().strip("\ufeff").lower()).strip(" :")


def header_of(shown: Sequence[str]) -> Header:
    """Find the columns that are known.

    >>> header_of(["Issue key", "Summary", "Labels", "Labels"]).places
    {'title': (1,), 'id': (0,)}
    """
    own = [normal(name) for name in shown]
    places: dict[str, tuple[int, ...]] = {}
    for what, known in names().columns.items():
        found = next((name for name in known if name in own), None)
        if found is not None:
            places[what] = tuple(place for place, name in enumerate(own) if name == found)
    return Header(tuple(shown), places)


def end_of(status: str, category: str, resolution: str, completed: str, cancelled: str) -> str | None:
    """Return why the entry of a table is left out as done, cancelled or closed, or None if it is open.

    A status that nobody knows is decided by Jira's category and resolution, and by Linear's dates.

    Examples
    --------
    >>> end_of("Fertig", "", "", "", "")
    'done'
    >>> end_of("On staging", "In Progress", "Fixed", "", "") is None
    True
    >>> end_of("On staging", "", "Fixed", "", "")
    'fixed'
    """
    statuses = names().statuses
    for name in (status, category):
        meaning = statuses.get(normal(name))
        if meaning == "open":
            return None
        reason = is_done(name) or meaning
        if reason is not None:
            return reason
    meaning = statuses.get(normal(resolution))
    if resolution.strip() and meaning != "unresolved":
        return is_done(resolution) or meaning or "resolved"
    return "completed" if completed.strip() else "cancelled" if cancelled.strip() else None
