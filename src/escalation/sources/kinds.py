"""Tell which kind of task list a file is: by its path, its first line, and its content."""

from __future__ import annotations

import csv
import re
from itertools import islice
from json import JSONDecodeError
from pathlib import Path
from typing import Any, NamedTuple

from escalation.errors import InputError
from escalation.files import parse_json
from escalation.sources.columns import header_of, normal
from escalation.sources.json_lists import parsed, task_list
from escalation.sources.records import has_text
from escalation.sources.tables import delimiter_of


class Kind(NamedTuple):
    """A kind of task list.

    Attributes
    ----------
    name : str
        As ``--format`` takes it.
    what : str
        In words.
    reader : str
        Module and function in `escalation.sources`, imported where used.
    """

    name: str
    what: str
    reader: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("boxes", "boxes in Markdown, as spec-kit, Kiro and OpenSpec have them", "boxes:read_boxes"),
        Kind("task-master", "Task Master's tasks.json", "taskmaster:read_taskmaster"),
        Kind("backlog", "a task of Backlog.md", "backlog:read_backlog"),
        Kind("bmad", "a BMAD story", "bmad:read_bmad"),
        Kind("github", "GitHub issues in JSON", "json_lists:read_json"),
        Kind("json", "a list in JSON", "json_lists:read_json"),
        Kind("jsonl", "JSON lines", "json_lists:read_json_lines"),
        Kind("beads", "issues of beads in JSON lines", "json_lists:read_json_lines"),
        Kind("csv", "a table as CSV, as Jira and Linear export it", "tables:read_table"),
        Kind("parquet", "a table as Parquet", ""),
        Kind("lines", "plain text, one task a line", "lists:read_lines"),
        Kind("text", "one task", "reading:read_whole"),
    )
}
_OTHER_NAMES = {
    "spec-kit": "boxes", "kiro": "boxes", "openspec": "boxes", "markdown": "boxes", "taskmaster": "task-master",
    "jira": "csv", "linear": "csv", "tsv": "csv", "ndjson": "jsonl", "backlog.md": "backlog", "gh": "github",
}  # fmt: skip

BOX = re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\[[ xX~-]?\]\*?[ \t]+(?=\S)", re.MULTILINE)
_NUMBERED_BOX = re.compile(BOX.pattern + r"[*_~]*(T\d{2,4}[a-z]?\b|\d{1,3}(?:\.\d{1,3})*[.:]?[*_]*\s)", re.MULTILINE)
_NOT_PROSE = re.compile(r"\s*(?:#|[-*+•|>]\s|\d+[.)]\s|[-=*_]{3,}\s*$|<!--|\*\*[^*]+\*\*:?\s*$|$)|\s{2,}\S|\t")
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.{0,80})$", re.MULTILINE)
_NUMBERED_HEADING = re.compile(r"^#{2,3}[ \t]+(?:\d+[.:)]|Phase \d)", re.MULTILINE)
_CHECKS = re.compile(
    r"accept|criteria|\bdod\b|definition of done|checklist|test plan|verif|reproduc|before |done when", re.I
)
_FENCED = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_STORY_SECTIONS = frozenset({"status", "story", "user story", "acceptance criteria", "tasks", "tasks / subtasks"})
_BMAD_SECTIONS = frozenset(
    {"tasks / subtasks", "tasks/subtasks", "tasks and subtasks", "dev notes", "dev agent record", "qa results"}
)
_SECTION_NAME = re.compile(r"^[\W\d_]+|\s*\(.*\)\s*$|[:*_]+$")
_TITLE_KEY = re.compile(r'"(?:title|summary)"\s*:')
_SURE = ("text", "title", "summary", "description", "body", "node", "fields")
"""Keys that people, packages and other things with a name have not."""
_PLAIN = ("", ".txt", ".text", ".todo", ".list", ".lst", ".log")
_MARKDOWN = (".md", ".markdown", ".mdx", ".mdc")


def named(name: str) -> Kind:
    """Return the kind that ``--format`` names.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    kind = KINDS.get(_OTHER_NAMES.get(name.lower(), name.lower()))
    if kind is None:
        raise InputError(f"unknown format {name!r}; use one of {', '.join(KINDS)}")
    return kind


def by_first_line(path: Path, first: bytes | None, columns: tuple[str, ...] = ()) -> Kind | None:
    """Return the kind of a list that is read row by row, or None if the whole must be seen.

    Parameters
    ----------
    path : Path
    first : bytes or None
        The first line that is not blank; None if it is too long.
    columns : tuple of str
        Names of columns with texts, besides those that are known.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return KINDS["csv"]
    if suffix in (".jsonl", ".ndjson"):
        return KINDS["beads" if path.parent.name == ".beads" else "jsonl"]
    if suffix in _MARKDOWN:
        return None
    if first is None:
        return None if suffix == ".json" else KINDS["jsonl"]
    line = first.decode("utf-8-sig", "replace").strip()
    if line.startswith("{"):
        return _by_object(line, suffix)
    return KINDS["csv"] if not line.startswith("[") and is_header(line, columns) else None


def _by_object(line: str, suffix: str) -> Kind | None:
    try:
        value = parse_json(line)
    except ValueError:
        # A document that goes on over several lines, or a wrong line among others.
        return None if suffix == ".json" or line[-1] in "{[,:" else KINDS["jsonl"]
    lists = any(isinstance(each, (list, dict)) for each in value.values())
    is_line = (
        has_text(value, ("text", "title", "summary")) and not lists
        if suffix == ".json"
        else has_text(value) or not lists
    )
    return KINDS["jsonl"] if is_line else None


def is_header(line: str, columns: tuple[str, ...] = ()) -> bool:
    """Return whether a line is the header of a table: at least two columns, one with a title and one more known.

    >>> is_header("Issue key;Summary;Status"), is_header("Summary of the week, with a description")
    (True, False)
    """
    if line.lower().startswith("sep="):
        return True
    names = next(csv.reader([line], delimiter=delimiter_of(line, columns)), [])
    header = header_of(names)
    asked = {normal(column) for column in columns}
    if asked:
        return len(names) > 1 and asked.issubset(map(normal, names))
    return header.is_known and len(header.places) > 1


def detect(path: Path, text: str, columns: tuple[str, ...] = ()) -> Kind:
    """Return the kind of a task list that is read whole.

    Raises
    ------
    InputError
        If it is not understood; the message names the kinds that were tried.
    """
    suffix = path.suffix.lower()
    start = text.lstrip("\ufeff \t\r\n")[:2]
    if suffix == ".json" or start[:1] == "{" or (start[:1] == "[" and start not in ("[ ", "[x", "[X", "[-", "[~")):
        try:
            value = parsed(text, path)
        except InputError:
            if _is_json_lines(text):
                return KINDS["jsonl"]
            raise
        if is_task_master(value) or is_task_master_file(path):
            return KINDS["task-master"]
        try:
            found = task_list(value, path, columns)
        except InputError as error:
            tried = "Task Master, GitHub issues and other lists in JSON"
            raise InputError(f"{error} (tried: {tried}; --format names one)") from error
        return KINDS["github" if _are_issues([value] if found is None else found[1]) else "json"]
    if is_backlog(text) or path.absolute().parts[-3:-1] in (("backlog", "tasks"), (".backlog", "tasks")):
        return KINDS["backlog"]
    if is_story(text):
        return KINDS["bmad"]
    if suffix in _MARKDOWN or is_box_file(path) or BOX.search(_FENCED.sub("", text)):
        return KINDS["boxes"]
    if suffix in _PLAIN:
        return KINDS["lines"]
    number = text[: len(text) - len(text.lstrip())].count("\n") + 1
    raise InputError(
        f"{path}, line {number}: no task list begins here (tried: JSON, tables, boxes, Backlog.md, BMAD); "
        "--format names the kind, and --format lines reads one task a line"
    )


def _is_json_lines(text: str) -> bool:
    lines = (line for line in text.lstrip("\ufeff").splitlines() if line.strip())
    try:
        return all(isinstance(parse_json(line), dict) for line in islice(lines, 2))
    except ValueError:
        return False


def is_box_file(path: Path) -> bool:
    """Return whether a file is where spec-kit, Kiro or OpenSpec keep the tasks of a change."""
    parts = path.absolute().parts
    return parts[-1] == "tasks.md" and not {"specs", "changes"}.isdisjoint(parts[-4:-2])


def is_task_master_file(path: Path) -> bool:
    """Return whether a file is where Task Master keeps its tasks."""
    return path.absolute().parts[-3:] == (".taskmaster", "tasks", "tasks.json")


def _are_issues(records: list[Any]) -> bool:
    nodes = (each.get("node", each) for each in records if isinstance(each, dict))
    return any("number" in each and "title" in each for each in nodes)


def is_task_master(value: Any) -> bool:
    """Return whether a JSON document is Task Master's, with tags or without."""
    if not isinstance(value, dict):
        return False
    lists = [value.get("tasks"), *(each.get("tasks") for each in value.values() if isinstance(each, dict))]
    return any(
        isinstance(task, dict) and "id" in task and "title" in task and not {"number", "body", "key"} & task.keys()
        for tasks in lists
        if isinstance(tasks, list)
        for task in tasks
    )


def is_backlog(text: str) -> bool:
    """Return whether a text is a task of Backlog.md: front matter with id, title and status."""
    match = _FRONT_MATTER.match(text.lstrip("\ufeff"))
    keys = set(re.findall(r"^([\w-]+):", match[1], re.MULTILINE)) if match else set()
    return {"id", "title", "status"} <= keys


def is_story(text: str) -> bool:
    """Return whether a text is a BMAD story, by its sections, one of which at least only stories have."""
    names = {_SECTION_NAME.sub("", heading.strip(" \t#")).strip().lower() for heading in _HEADING.findall(text)}
    shared, own = names & _STORY_SECTIONS, names & _BMAD_SECTIONS
    return len(shared) > 1 and bool(own) and len(shared | own) > 2


def evident(text: str) -> Kind | None:
    r"""Return the kind of a text that is evidently a task list, or None for a text that may be one task.

    A text with a few bullets or boxes is one task: a list is nothing else, or its boxes are numbered.

    Examples
    --------
    >>> evident("- [ ] T001 Add the page\n- [x] T002 Set up the project").name
    'boxes'
    >>> evident("Add the page.\n\n- [ ] with a title\n- [ ] with a test") is None
    True
    """
    body = text.strip("\ufeff \t\r\n")
    if body[:1] in ("{", "["):
        return _evident_json(body)
    if is_backlog(text):
        return KINDS["backlog"]
    if is_story(text):
        return KINDS["bmad"]
    first, _, second = body.partition("\n")
    if second and is_header(first):
        delimiter = delimiter_of(first)
        widths = {len(next(csv.reader([line], delimiter=delimiter), [])) for line in (first, second.partition("\n")[0])}
        return KINDS["csv"] if len(widths) == 1 or '"' in second else None
    return KINDS["boxes"] if _evident_boxes(text) else None


def _evident_json(body: str) -> Kind | None:
    try:
        value = parse_json(body)
    except JSONDecodeError as error:
        if _is_json_lines(body) and (has_text(parse_json(body.splitlines()[0]), _SURE) or '"_type"' in body):
            return KINDS["jsonl"]
        # A document that was cut ends amid a value; what else is not JSON is a text that begins with a brace.
        is_cut = error.msg.startswith("Unterminated string") or error.pos >= len(body) - 1
        return KINDS["json"] if is_cut and _TITLE_KEY.search(body) else None
    except ValueError:
        return None
    if is_task_master(value):
        return KINDS["task-master"]
    try:
        found = task_list(value, Path("-"))
    except InputError:
        return None
    records = [value] if found is None else found[1]
    sure = not records or any(has_text(each, _SURE) for each in records)
    return KINDS["github" if _are_issues(records) else "json"] if sure and all(map(has_text, records)) else None


def _evident_boxes(text: str) -> bool:
    plain = _FENCED.sub("", text.replace("\r\n", "\n"))
    sections = re.split(r"(?=^#{1,6}[ \t])", plain, flags=re.MULTILINE)
    counted = [part for part in sections if not _CHECKS.search(part.partition("\n")[0][:80]) or part[:1] != "#"]
    boxes = sum(len(BOX.findall(part)) for part in counted)
    if boxes < 2:
        return False
    numbers = [match[1] for part in counted for match in _NUMBERED_BOX.finditer(part)]
    lines = plain.strip().splitlines()
    prose = [line for line in lines if not _NOT_PROSE.match(line)]
    if 2 * len(numbers) >= boxes and (numbers[0][:1] == "T" or lines[0] not in prose[:1]):
        return True
    if not prose:
        return True
    return boxes > 2 and bool(_NUMBERED_HEADING.search(plain)) and boxes > len(prose)
