"""Read a task of Backlog.md: a Markdown file with YAML front matter for each task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from escalation.errors import InputError
from escalation.files import parse_yaml
from escalation.sources.sections import read_sections, write_open
from escalation.sources.source import Entry, Skipped, SourceTask, check_source, first_line, is_done
from escalation.task.outline import read_outline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FRONT = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"<!--\s*((?:SECTION:)?[A-Z_]+):(BEGIN|END)\s*-->")
_MAX_FRONT = 100_000
_WISH = ("description", "acceptance criteria", "out of scope", "scope", "in scope", "non-goals", "requirements", "goal")
_WORK = re.compile(
    r"(?:implementation|final|progress|work|review|completion)?\s?(?:plan|notes?|summary|log|record|report|results?)"
    r"|comments?|discussion|definition of done|dod|references?|documentation|dependencies|labels"
)
_PLACES = {"completed": "completed", "archive": "archived"}
_REMEDY = "name a file of Backlog.md, which begins with front matter (---, id: task-1, title: ..., ---)"


def read_backlog(text: str, path: Path, include_done: bool = False) -> Iterator[Entry]:
    r"""Read the task of a file: its title, description, and the acceptance criteria that are open.

    Implementation plan, notes and summaries tell of work already done, and are left out.

    Parameters
    ----------
    text : str
    path : Path
        As the caller wrote it, for messages and places; what is below ``completed`` or ``archive`` is done.
    include_done : bool
        Whether a task that is done is one as well.

    Yields
    ------
    SourceTask or Skipped
        One.

    Raises
    ------
    InputError
        If the file has no front matter with an id or a title, or is cut off.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = "---\nid: task-12\ntitle: Add login\nstatus: To Do\n---\n## Description\n\nWith Clerk.\n"
    >>> next(read_backlog(text, Path("task-12.md")))[:3]
    ('task-12', 'Add login\n\nWith Clerk.', 'to do')
    """
    check_source(text, path)
    text = re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff")).lstrip("\n")
    fields = _front_matter(text, path)
    name, title, status = (_field(fields, key) for key in ("id", "title", "status"))
    if not name and not title:
        keys = ", ".join(map(repr, list(fields)[:5])) or "nothing"
        raise InputError(f"{path}: its front matter has no 'id' and no 'title' but {keys}; {_REMEDY}")
    body = _body(text, path, include_done)
    if not title:
        title = re.sub(r"(?i)^[a-z]+-?[\d.]+\s*-\s*", "", path.stem).replace("-", " ")
    whole = f"{title}\n\n{body}".strip()
    folders = path.parts[-3:-1]
    over = is_done(status) or next((_PLACES[folder] for folder in folders if folder in _PLACES), None)
    if over and not include_done:
        yield Skipped(name or None, first_line(title), over, str(path))
    else:
        yield SourceTask(name or None, whole, status.lower(), str(path))


def _front_matter(text: str, path: Path) -> dict[str, Any]:
    front = _FRONT.match(text)
    if front is None:
        problem = "its front matter is never closed by ---" if text.startswith("---") else "has no front matter"
        raise InputError(f"{path}: {problem}; {_REMEDY}")
    if len(front[1]) > _MAX_FRONT:
        raise InputError(f"{path}: its front matter has more than {_MAX_FRONT:,} characters; {_REMEDY}")
    try:
        fields = parse_yaml(front[1])
    except ValueError as error:
        # Lines are counted from the front matter's first one, behind the dashes.
        reason = re.sub(r"^line (\d+)", lambda match: f"line {int(match[1]) + 1}", str(error))
        raise InputError(f"{path}: its front matter is not YAML ({reason}); quote values that have a colon") from error
    if not isinstance(fields, dict):
        raise InputError(f"{path}: its front matter is not a mapping; {_REMEDY}")
    return fields


def _field(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    return value.strip() if isinstance(value, str) else ""


def _body(text: str, path: Path, include_done: bool) -> str:
    """Return the sections that say what is wanted."""
    held = _held(text, path)
    outline = read_outline(text)
    sections = [section for section in read_sections(outline.lines, held) if section.level in (0, 1, 2)]
    wish = [section for section in sections if section.name in _WISH]
    if not wish:
        wish = [section for section in sections if section.level != 1 and not _WORK.fullmatch(section.name)]
    parts = []
    for section in wish:
        written = write_open(section.lines, include_done)
        if written:
            headed = section.name not in ("", "description")
            parts.append(f"## {section.title}\n\n{written}" if headed else written)
    return "\n\n".join(parts)


def _held(text: str, path: Path) -> set[int]:
    """Return the numbers of the lines between the marks of a section, whose headings do not end it."""
    held: set[int] = set()
    begun: tuple[str, int] | None = None
    for mark in _MARK.finditer(text):
        number = text.count("\n", 0, mark.start()) + 1
        if mark[2] == "BEGIN":
            begun = begun or (mark[1], number)
        elif begun is not None and begun[0] == mark[1]:
            held.update(range(begun[1], number + 1))
            begun = None
    if begun is not None:
        raise InputError(f"{path}:{begun[1]}: the section {begun[0]} that begins here has no end; restore the file")
    return held
