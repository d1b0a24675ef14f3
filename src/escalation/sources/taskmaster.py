"""Read ``tasks.json`` of Task Master: with tags or flat, with subtasks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from escalation.errors import InputError
from escalation.files import parse_json
from escalation.sources.source import Entry, Skipped, SourceTask, check_source, first_line, is_done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{\n]')
_SHORT_WORDS = 4
_OTHER = "name the tasks.json of Task Master, or give the format of this file"
_GIVEN_UP = {"cancelled", "tombstone", "deleted", "removed"}


def read_taskmaster(text: str, path: Path, include_done: bool = False) -> Iterator[Entry]:
    r"""Read the tasks and subtasks of all tags of a file.

    The text of a task is its title, description and details. How to test it (``testStrategy``) is left out; what
    ``scopeBoundaries`` exclude is under a heading ``Out of scope``. A task that has only a title groups its subtasks.

    Parameters
    ----------
    text : str
    path : Path
        As the caller wrote it; for messages and places.
    include_done : bool
        Whether done and cancelled entries are tasks as well.

    Yields
    ------
    SourceTask or Skipped
        One for each task and subtask, in order. A subtask's id is ``12.3``.

    Raises
    ------
    InputError
        If the text is not JSON, or another tool's.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = '{"tasks": [{"id": 1, "title": "Add login", "description": "With Clerk", "status": "pending"}]}'
    >>> next(read_taskmaster(text, Path("tasks.json"))).text
    'Add login\n\nWith Clerk'
    """
    check_source(text, path)
    value = _parse(text, path)
    if not isinstance(value, dict):
        raise InputError(f"{path}: is {_kind(value)}, not an object with 'tasks'; {_OTHER}")
    lists = {key: part["tasks"] for key, part in value.items() if isinstance(part, dict) and "tasks" in part}
    if "tasks" in value:
        lists = {"": value["tasks"], **{tag: tasks for tag, tasks in lists.items() if tag != "tasks"}}
    if not lists:
        keys = ", ".join(map(repr, list(value)[:5])) or "nothing"
        raise InputError(f"{path}: has no list 'tasks' but {keys}; {_OTHER}")
    for tag, tasks in lists.items():
        _check(tasks, f"{path}: {tag}.tasks".replace(" .", " "))
    lines = _object_lines(value, text)
    for tasks in lists.values():
        for task in tasks:
            yield from _read(task, None, path, lines, include_done)


def _parse(text: str, path: Path) -> Any:
    try:
        return parse_json(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        remedy = "is the file complete? Restore it, or correct it there"
        raise InputError(f"{path}:{error.lineno}: is not JSON ({error.msg}); {remedy}") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON as it must be ({error}); correct it") from error


def _kind(value: object) -> str:
    return {list: "a list", str: "a text", type(None): "null", bool: "true or false"}.get(type(value), "a number")


def _check(tasks: object, where: str, depth: int = 0) -> None:
    """Raise if a list is not of tasks as Task Master has them."""
    if not isinstance(tasks, list):
        raise InputError(f"{where} is {'an object' if isinstance(tasks, dict) else _kind(tasks)}, not a list; {_OTHER}")
    for number, task in enumerate(tasks):
        if not isinstance(task, dict):
            raise InputError(f"{where}[{number}] is {_kind(task)}, not an object; {_OTHER}")
        if not any(isinstance(task.get(key), str) for key in ("title", "description", "details")):
            keys = ", ".join(map(repr, list(task)[:5])) or "nothing"
            raise InputError(f"{where}[{number}] has no 'title' but {keys}; {_OTHER}")
        if depth < 8 and task.get("subtasks"):
            _check(task["subtasks"], f"{where}[{number}].subtasks", depth + 1)


def _object_lines(value: object, text: str) -> dict[int, int]:
    """Return the number of the line on which each object begins, by the identity of the object."""
    lines: dict[int, int] = {}
    objects: list[object] = [value]
    number = 1
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign == "\n":
            number += 1
        elif sign == "{":
            # Objects open in the order of the file, which is the order of a walk.
            current = objects.pop()
            while not isinstance(current, dict):
                if isinstance(current, list):
                    objects.extend(reversed(current))
                current = objects.pop()
            lines[id(current)] = number
            objects.extend(reversed(current.values()))
    return lines


def _read(
    task: dict[str, Any], parent: SourceTask | Skipped | None, path: Path, lines: dict[int, int], include_done: bool
) -> Iterator[Entry]:
    name = _id(task.get("id"), parent)
    status = task.get("status")
    status = status.strip().lower() if isinstance(status, str) else ""
    place = f"{path}:{lines[id(task)]}"
    subtasks = task.get("subtasks") or []
    title, body = _texts(task)
    over = is_done(status)
    reason = None if over and include_done else over
    if parent is not None and isinstance(parent, Skipped) and parent.reason in _GIVEN_UP and not over:
        # Nothing is left to do below what was given up.
        reason = parent.reason
    if reason is None and subtasks and not body:
        reason = "groups its subtasks"
    text = "\n\n".join(part for part in (title, body) if part)
    if parent is not None and not body and len(title.split()) < _SHORT_WORDS:
        above = first_line(parent.text) if isinstance(parent, SourceTask) else parent.title
        text = f"{above.rstrip(':. ')}: {title}" if above and title else text
    if reason is None and not text:
        reason = "no text"
    entry: Entry = (
        SourceTask(name, text, status, place) if reason is None else Skipped(name, first_line(text), reason, place)
    )
    yield entry
    for subtask in subtasks:
        yield from _read(subtask, entry, path, lines, include_done)


def _id(value: object, parent: Entry | None) -> str | None:
    name = str(value).strip() if isinstance(value, (int, float, str)) and not isinstance(value, bool) else ""
    if parent is None or parent.id is None or not name:
        return name or None
    return name if name.startswith(f"{parent.id}.") else f"{parent.id}.{name}"


def _texts(task: dict[str, Any]) -> tuple[str, str]:
    """Return the title, and what is said beside it."""
    parts: list[str] = []
    for key in ("title", "description", "details"):
        part = _lines(task.get(key)).strip()
        parts.append("" if part in parts else part)
    scope = task.get("scopeBoundaries")
    if isinstance(scope, dict):
        for key, heading in (("included", "In scope"), ("excluded", "Out of scope")):
            items = _items(scope.get(key))
            parts.append(f"## {heading}\n\n{items}" if items else "")
    return parts[0], "\n\n".join(part for part in parts[1:] if part)


def _lines(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(f"- {part}" for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _items(value: object) -> str:
    """Return a scope as a list, whether it is written as one or as lines."""
    parts = value if isinstance(value, list) else value.splitlines() if isinstance(value, str) else []
    return "\n".join(f"- {part.strip().lstrip('-*• ')}" for part in parts if isinstance(part, str) and part.strip())
