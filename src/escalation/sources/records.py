"""Make an entry of one record: a JSON object or the row of a table, with the keys that trackers use.

A record is told by its keys: GitHub's issues have a ``number``, those of beads an ``issue_type``, Jira's API nests
its ``fields``. What they have in common is a title, a description and a status, under one of a few names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.errors import InputError
from escalation.sources.source import Entry, Skipped, SourceTask, first_line, is_done
from escalation.sources.wiki import document_text, from_wiki

if TYPE_CHECKING:
    from collections.abc import Iterable


class Reading(NamedTuple):
    """How task lists are read.

    Attributes
    ----------
    format : str or None
        The kind of list; None to tell it by path and content.
    include_done : bool
        Whether entries that are done, cancelled or closed are tasks too.
    text_columns : tuple of str
        Columns or keys that make up a task's text, the title first; () for the known ones.
    id_column : str or None
        Column or key of the id; None for the known ones.
    """

    format: str | None = None
    include_done: bool = False
    text_columns: tuple[str, ...] = ()
    id_column: str | None = None


class Row(NamedTuple):
    """An entry of a list that is read one by one, or why it cannot be used.

    Attributes
    ----------
    number : int
        Of its line, or of its row in a Parquet file.
    done : int
        How much of the input has been read: bytes, or rows of a Parquet file.
    value : SourceTask, Skipped or InputError
    path : str
        The file.
    id : str, int or None
        The id, if at least that can be read.
    """

    number: int
    done: int
    value: Entry | InputError
    path: str
    id: str | int | None = None


TITLES = ("title", "summary", "name")
BODIES = ("description", "body", "details", "content")
_IDS = ("id", "key", "identifier", "number")
_STATUSES = ("status", "state", "statuscategory", "statecategory")
_ENDS = {"closedat": "closed", "closed_at": "closed", "completedat": "completed", "canceledat": "cancelled"}
"""Keys with the time at which an issue ended, which decide only where there is no status."""
_FLAGS = ("done", "completed", "closed", "iscompleted", "is_completed", "passes")
_CRITERIA = ("acceptance_criteria", "acceptancecriteria")
_NOT_ISSUES = frozenset(
    {"agent", "message", "role", "rig", "event", "convoy", "gate", "slot", "merge-request", "molecule"}
)
"""Types of beads by which agents organise themselves."""


def entry_of(value: Any, place: str, reading: Reading = Reading(), *, wiki: bool = False) -> Entry:  # noqa: B008
    r"""Return the entry that a record describes.

    Parameters
    ----------
    value : object
        A parsed JSON value, or the row of a table as a mapping.
    place : str
        ``path:line``.
    reading : Reading
    wiki : bool
        Whether descriptions are in Jira's wiki markup.

    Raises
    ------
    InputError
        If it is not a mapping, or has no text under a key that is known.

    Examples
    --------
    >>> entry_of({"number": 7, "title": "Add a page", "body": "With a test", "state": "OPEN"}, "issues.json:2").text
    'Add a page\n\nWith a test'
    """
    if not isinstance(value, Mapping):
        raise InputError(f'the task is {type(value).__name__}; pass a text or an object such as {{"text": "..."}}')
    record = {str(key).lower(): each for key, each in value.items()}
    if isinstance(record.get("fields"), Mapping):  # Jira's API
        record |= {str(key).lower(): each for key, each in record["fields"].items()}
        wiki = True
    name = id_of(record, reading)
    kind = _not_an_issue(record)
    if kind is not None:
        return Skipped(printable(name), first_line(_words(record) or kind), kind, place)
    text = _text(record, reading.text_columns, list(value), wiki=wiki)
    status = _status(record)
    reason = _reason(record, status)
    if reason is not None and not reading.include_done:
        return Skipped(printable(name), first_line(text if isinstance(text, str) else ""), reason, place)
    sender: Any = record.get("from") if "text" in record else None
    return SourceTask(name, text, status, place, record.get("stack") if "text" in record else None, sender)


def has_text(value: object, columns: Iterable[str] = ()) -> bool:
    """Return whether a parsed JSON value is a record with a text under a key that is known, or under one of these.

    >>> has_text({"title": "Add a page"}), has_text({"label": "build", "command": "make"})
    (True, False)
    """
    if not isinstance(value, Mapping):
        return False
    inner = value.get("fields", value.get("node"))  # Jira's API, an edge of GraphQL
    value = inner if isinstance(inner, Mapping) else value
    keys = {str(key).lower() for key, each in value.items() if isinstance(each, str) and each.strip()}
    return not keys.isdisjoint([column.lower() for column in columns] or ["text", *TITLES])


def id_of(record: Mapping[str, Any], reading: Reading) -> Any:
    """Return the id of a record whose keys are in lower case: as the file has it, but GitHub's number as a text."""
    if reading.id_column is not None:
        if reading.id_column.lower() not in record:
            raise InputError(f"the task has no {reading.id_column!r}, which --id-column names; name another")
        return record[reading.id_column.lower()]
    if "text" in record:
        return record.get("id")
    if "title" in record and isinstance(record.get("number"), int):
        return str(record["number"])  # beside it, GitHub's own id is of its whole database
    first = ("identifier", "key", *_IDS) if "summary" in record or "identifier" in record else _IDS
    return next((record[key] for key in first if isinstance(record.get(key), (str, int))), None)


def _text(record: Mapping[str, Any], columns: tuple[str, ...], shown: list[Any], *, wiki: bool) -> Any:
    """Return the text of a record: its title, its description and its acceptance criteria."""
    if columns:
        missing = [column for column in columns if column.lower() not in record]
        if missing:
            has = ", ".join(map(repr, shown)) or "nothing"
            raise InputError(f"the task has no {missing[0]!r}, which --text-column names, but {has}; name another")
        return _joined(_string(record, column.lower(), wiki=wiki) for column in columns)
    if "text" in record:
        return record["text"]
    title = next((key for key in TITLES if record.get(key) not in (None, "")), None)
    body = next((key for key in BODIES if record.get(key) not in (None, "", [], {})), None)
    if title is None and body is None:
        known = next((key for key in (*TITLES, *BODIES) if key in record), None)
        if known is not None:
            return ""
        has = ", ".join(map(repr, shown)) or "nothing"
        raise InputError(f"the task has no 'text' but {has}; add its description, or name the keys with --text-column")
    parts = [_string(record, key, wiki=wiki) for key in (title, body) if key is not None]
    criteria = next((key for key in _CRITERIA if record.get(key)), None)
    if criteria is not None:
        items = record[criteria]
        listed = "\n".join(f"- {item}" for item in items) if isinstance(items, list) else _string(record, criteria)
        parts.append(f"## Acceptance Criteria\n{listed}")
    return _joined(parts)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _string(record: Mapping[str, Any], key: str, *, wiki: bool = False) -> str:
    value = record[key]
    if value is None:
        return ""
    if isinstance(value, Mapping) and value.get("type") == "doc":
        return document_text(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(f"- {item}" for item in value)
    if not isinstance(value, str):
        raise InputError(f"the task's {key!r} is {type(value).__name__}; write a text")
    return from_wiki(value) if wiki and key not in TITLES else value


def _words(record: Mapping[str, Any]) -> str:
    """Return what names a record that is not a task."""
    return next((record[key] for key in ("text", *TITLES, "key", *BODIES) if isinstance(record.get(key), str)), "")


def _status(record: Mapping[str, Any]) -> str:
    return next((name for key in _STATUSES if (name := _name(record.get(key)))), "").lower()


def _name(value: object) -> str:
    """Return a status that is a text, or an object with a name."""
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("key")
    return value.strip() if isinstance(value, str) else ""


def _reason(record: Mapping[str, Any], status: str) -> str | None:
    """Return why a record is left out as done, cancelled or closed, or None."""
    for key in _STATUSES:
        value = record.get(key)
        if not value:
            continue
        reason = is_done(_name(value))
        if reason is None and isinstance(value, Mapping):  # a status of the team's own has a type that is not
            reason = is_done(_name(value.get("type")) or _name(value.get("statusCategory")))
        if reason is not None:
            return reason
    flag = next((key for key in _FLAGS if record.get(key) is True), None)
    if flag is not None:
        return is_done(flag) or "done"
    return None if status else next((reason for key, reason in _ENDS.items() if record.get(key)), None)


def _not_an_issue(record: Mapping[str, Any]) -> str | None:
    """Return what a record is that is not an issue at all: a memory, an agent, a pull request; else None."""
    kind = record.get("_type")
    if isinstance(kind, str) and kind.lower() not in ("issue", "task") and ("title" not in record or kind == "memory"):
        return kind.lower()
    kind = record.get("issue_type")
    if isinstance(kind, str) and kind.lower() in _NOT_ISSUES:
        return kind.lower()
    if record.get("is_template") is True:
        return "template"
    address = record.get("html_url") or record.get("url")
    pulled = isinstance(address, str) and "number" in record and f"/pull/{record['number']}" in address
    if pulled or record.get("pull_request") or record.get("__typename") == "PullRequest" or "headrefname" in record:
        return "pull request"
    return None


def printable(name: object) -> str | int | None:
    """Return an id if it is one, or None."""
    usable = isinstance(name, (str, int)) and not isinstance(name, bool) and str(name).isprintable()
    return name if usable else None  # type: ignore[return-value]
