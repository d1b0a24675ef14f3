"""Read lists without boxes: items and headings of a Markdown file, and plain text with one task a line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

from escalation.errors import InputError
from escalation.sources.marks import Head, is_named, read_heads, remark
from escalation.sources.source import Entry, Skipped, SourceTask, check_source, first_line, is_done, is_json
from escalation.task.outline import read_box
from escalation.task.pieces import read_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from escalation.task.outline import Line
    from escalation.task.reading import ReadingPhrases

_MAX_LIST = 5_000_000
_NUMBERED = re.compile(r"\(?(\d{1,4})[.)]\s")
_STATUS = re.compile(r"[-*\s]*[*_]*(?i:status)[*_]*\s?[:\uff1a][*_]*\s*(.+)")
_TICK = re.compile(r"[✅✔☑]")
_LATER = re.compile(r"(?i)defer|later|future|follow|postpon|next|park|icebox|hold")
_BULLET = re.compile(r"\s*(?:[-*+•▪●◦]\s+|\(?\d{1,4}[.)]\s+)")
_TODO_TXT = re.compile(r"x \d{4}-\d\d-\d\d ")
_PRIORITY = re.compile(r"(?:\([A-Z]\) )?(?:\d{4}-\d\d-\d\d )?")


def read_list(
    text: str, path: Path, lines: list[Line], phrases: ReadingPhrases, include_done: bool = False
) -> Iterator[Entry]:
    """Read a Markdown file without boxes: headings such as ``Task 1: ...`` are its tasks, else the items of its lists.

    Parameters
    ----------
    text : str
    path : Path
        For messages and places.
    lines : list of Line
        The same text as an outline.
    phrases : ReadingPhrases
        They tell notes and work already done from what is asked.
    include_done : bool
        Whether entries that are done are tasks as well.

    Raises
    ------
    InputError
        If the file has neither.
    """
    headings = [line for line in lines if line.kind == "heading" and is_named(line.body)]
    if len(headings) > 1:
        yield from _headings(path, lines, headings, include_done)
        return
    items = _items(lines)
    if not items:
        raise InputError(
            f"{path}: has no boxes (- [ ] ...), no list and no headings such as 'Task 1: ...'; "
            "write each task as an item of a list, or give the format of the file"
        )
    if len(text) > _MAX_LIST:
        raise InputError(f"{path}: has {len(text):,} characters, more than a list of tasks has; split it")
    heads = read_heads(item[0].body for item in items)
    named = sum(head.id is not None for head in heads) > 1
    numbers = Counter(match[1] for item in items if (match := _NUMBERED.match(item[0].text)))
    asked, why = _asked(text, phrases)
    for (item, *details), head in zip(items, heads, strict=True):
        place = f"{path}:{item.number}"
        match = _NUMBERED.match(item.text)
        name = head.id or (match[1] if match is not None and numbers[match[1]] == 1 else None)
        reason = head.over
        if reason is None and item.number not in asked and not _LATER.search(why.get(item.number, ("", ""))[1]):
            status, words = why.get(item.number, ("", "not asked"))
            reason = "done" if status == "done" else "out of scope" if status == "excluded" else words
        if named and head.id is None and reason is None:
            reason = "has no id as the tasks do"
        title = first_line(head.text or item.body)
        left = min((line.indent for line in details), default=0)
        body = "\n".join([head.text, *(" " * (line.indent - left) + line.text for line in details)]).strip()
        over = reason == "done" or head.over
        if reason is None or (over and include_done):
            yield SourceTask(name, body, reason or "", place) if body else Skipped(name, title, "no text", place)
        else:
            yield Skipped(name, title, reason, place)


def _items(lines: list[Line]) -> list[list[Line]]:
    """Return each item of the outermost lists with the lines below it."""
    found: list[list[Line]] = []
    current: list[Line] | None = None
    for line in lines:
        if line.kind == "item" and (current is None or line.indent <= current[0].indent):
            current = [line]
            found.append(current)
        elif current is not None and line.kind != "heading" and line.indent > current[0].indent:
            current.append(line)
        elif (
            current is not None
            and line.kind == "text"
            and not line.blank
            and line.text[0] not in "*_"
            and len(current[-1].text) < 10_000
        ):
            last = current[-1]
            current[-1] = last._replace(text=f"{last.text} {line.text}", body=f"{last.body} {line.text}")
        else:
            current = None
    return found


def _asked(text: str, phrases: ReadingPhrases) -> tuple[set[int], dict[int, tuple[str, str]]]:
    """Return the numbers of the lines that ask for something, and what is said of the others."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
    pieces = read_pieces(text, phrases)
    asked: set[int] = set()
    why: dict[int, tuple[str, str]] = {}
    for piece in pieces.pieces:
        start, end = pieces.original_span(piece.start, piece.end)
        for number in range(bisect_right(starts, start), bisect_right(starts, max(end - 1, start)) + 1):
            if piece.status == "asked":
                asked.add(number)
            else:
                why.setdefault(number, (piece.status, piece.why))
    return asked, why


def _headings(path: Path, lines: list[Line], headings: list[Line], include_done: bool) -> Iterator[Entry]:
    heads = dict(zip((line.number for line in headings), read_heads(line.body for line in headings), strict=True))
    task: tuple[Line, Head] | None = None
    below: list[Line] = []
    for line in lines:
        head = heads.get(line.number)
        if task is not None and line.kind == "heading" and (head is not None or line.level <= task[0].level):
            yield _headed(*task, below, path, include_done)
            task, below = None, []
        if head is not None:
            task, below = (line, head), []
        elif task is not None:
            below.append(line)
    if task is not None:
        yield _headed(*task, below, path, include_done)


def _headed(line: Line, head: Head, below: list[Line], path: Path, include_done: bool) -> Entry:
    stated = next((match[1].strip(" *_`") for part in below if (match := _STATUS.match(part.text))), "")
    over = head.over or is_done(stated) or remark(line.body) or ("done" if _TICK.search(line.body) else None)
    place = f"{path}:{line.number}"
    if over and not include_done:
        return Skipped(head.id, first_line(head.text or line.body), over, place)
    kept = [part for part in below if not _STATUS.match(part.text)]
    text = "\n".join([head.text, *(" " * part.indent + part.text for part in kept)]).strip()
    if not text:
        return Skipped(head.id, first_line(line.body), "no text", place)
    return SourceTask(head.id, text, stated.lower(), place)


def read_lines(text: str, path: Path, include_done: bool = False) -> Iterator[Entry]:
    r"""Read plain text with one task a line; bullets, numbers and boxes in front of a line are not part of it.

    Parameters
    ----------
    text : str
    path : Path
        For messages and places.
    include_done : bool
        Whether lines that are done or struck are tasks as well.

    Raises
    ------
    InputError
        If the text is empty, not text, or JSON.

    Examples
    --------
    >>> from pathlib import Path
    >>> [entry.place for entry in read_lines("Fix the page\n\nAdd a test", Path("todo.txt"))]
    ['todo.txt:1', 'todo.txt:3']
    """
    check_source(text, path)
    text = text.removeprefix("\ufeff")
    if is_json(text):
        raise InputError(f"{path}: is JSON, not text with one task a line; give the format of the file")
    rows = []
    for number, line in enumerate(re.split(r"\r\n?|\n", text), start=1):
        body = line.strip()
        if not body or not any(character.isalnum() for character in body):
            continue
        if re.match(r"#{1,6}\s", body):
            rows.append((number, "", body.strip("# "), "a heading"))
            continue
        bullet = _BULLET.match(body)
        body = body[bullet.end() :] if bullet is not None else body
        box = read_box(body) if body[0] in "[☐☑☒✅✔✓⬜" else None
        status = ("done" if box[0] == "x" else "open") if box is not None else ""
        body = box[2] if box is not None else body
        done = _TODO_TXT.match(body)
        status = "done" if done is not None else status
        body = _PRIORITY.sub("", body[done.end() :] if done is not None else body, count=1)
        rows.append((number, status, body, ""))
    for (number, status, body, reason), head in zip(rows, read_heads(row[2] for row in rows), strict=True):
        over = head.over or is_done(status)
        place = f"{path}:{number}"
        if reason or not head.text or (over and not include_done):
            yield Skipped(head.id, first_line(head.text or body), reason or over or "no text", place)
        else:
            yield SourceTask(head.id, head.text, status, place)
