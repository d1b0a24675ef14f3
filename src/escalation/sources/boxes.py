"""Read the boxes of a Markdown file: ``tasks.md`` of spec-kit, Kiro and OpenSpec, and any other list with boxes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from escalation.errors import InputError
from escalation.files import default_reading
from escalation.sources.lists import read_list
from escalation.sources.marks import GIVEN_UP, Head, is_reference, read_heads, remark
from escalation.sources.source import Entry, Skipped, SourceTask, check_source, first_line, is_done, is_json
from escalation.task.outline import Line, named_heading, read_box, read_outline
from escalation.task.reading import ReadingPhrases, load_reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STATUS = {"": "open", "x": "done", "-": "begun", "~": "begun", "/": "begun", ">": "deferred", "*": "optional"}
_CELLS = re.compile(r"(?<!\\)\|")
_CELL_ID = re.compile(r"[*_`]*([A-Za-z]{0,10}(?:[-_.]?[A-Za-z]{0,4}\d{1,5})+[a-z]?)[*_`]*")
_LEAD = re.compile(r"(?:\*\*|__)([^*_\n]{1,60})(?:\*\*|__)|([^:*_`\n]{1,60}):$")
_LEGEND = re.compile(
    r"(?i)(?:\w+ )?(?:legend|légende|leyenda|notation|symbols)|(?:status|box|symbol) key|key|图例|凡例|범례|легенда"
)
_STATES = {
    *("not started", "todo", "to do", "open", "pending", "in progress", "done", "complete", "completed", "blocked"),
    *(
        "optional",
        "queued",
        "cancelled",
        "canceled",
        "skipped",
        "incomplete",
        "finished",
        "deferred",
        "begun",
        "started",
    ),
}
_CHECKLIST = re.compile(r"(?i)check-?\s?list|checkpoint|validation|\bgates?\b|sign-?off|\breview\b")
_LATER = re.compile(r"(?i)defer|later|future|follow|postpon|next|park|icebox|hold")
_SHORT_WORDS, _SHORT = 4, 24
_LONG = 10_000
"""Length up to which wrapped lines are joined, so that time stays linear."""


@dataclass(slots=True, eq=False)
class _Box:
    """A box with what is below it."""

    line: Line
    indent: int
    body: str
    sections: tuple[str, ...]
    parent: _Box | None = None
    details: list[Line] = field(default_factory=list)
    children: list[_Box] = field(default_factory=list)
    lead: tuple[str, int] = ("", 0)
    head: Head = Head(None, "", None)  # noqa: RUF009 - an immutable tuple


def read_boxes(text: str, path: Path, include_done: bool = False) -> Iterator[Entry]:
    r"""Read a Markdown file with boxes; without any, its lists or headings are the tasks.

    Parameters
    ----------
    text : str
    path : Path
        As the caller wrote it; for messages and places.
    include_done : bool
        Whether done, cancelled and struck entries are tasks as well.

    Yields
    ------
    SourceTask or Skipped
        One for each box, in order. The text is the title with the details below it.

    Raises
    ------
    InputError
        If the file has no list, is not Markdown, or is cut off inside a comment or a block of code.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = "- [x] T001 Create the project\n- [ ] T002 [P] Add the model in src/models.py"
    >>> [entry[:2] for entry in read_boxes(text, Path("tasks.md"))]
    [('T001', 'Create the project'), ('T002', 'Add the model in src/models.py')]
    """
    check_source(text, path)
    if is_json(text):
        raise InputError(f"{path}: is JSON, not Markdown; name a Markdown file, or give the format of this one")
    outline = read_outline(text)
    if outline.unclosed is not None and "[" in text:
        number, what = outline.unclosed
        raise InputError(f"{path}:{number}: the {what} that begins here is never closed; close it, or restore the file")
    phrases = _phrases()
    boxes = _Reader(phrases).read(outline.lines)
    if not boxes:
        yield from read_list(text, path, outline.lines, phrases, include_done)
        return
    for box, head in zip(boxes, read_heads(box.body for box in boxes), strict=True):
        box.head = head
    _adopt(boxes)
    numbered = sum(box.head.id is not None for box in boxes) * 5 >= len(boxes) * 3
    reasons = [_no_task(box, phrases, numbered) for box in boxes]
    if all(reasons):
        # A file that consists of criteria or of a checklist lists them as its tasks.
        reasons = [None if reason in ("a criterion", "a checklist") else reason for reason in reasons]
    for box, reason in zip(boxes, reasons, strict=True):
        yield _entry(box, reason, path, include_done)


@lru_cache(maxsize=1)
def _phrases() -> ReadingPhrases:
    return load_reading(default_reading())


class _Reader:
    """Collects the boxes of a file with the lines that belong to each."""

    def __init__(self, phrases: ReadingPhrases) -> None:
        self.phrases = phrases
        self.found: list[_Box] = []
        self.open: list[_Box] = []
        self.headings: list[tuple[int, str]] = []
        self.lead = ""
        self.last: Line | None = None

    def read(self, lines: list[Line]) -> list[_Box]:
        """Return the boxes in order."""
        for line in lines:
            if line.kind == "heading":
                self._heading(line)
            elif line.kind == "row":
                self._row(line)
            elif line.box is not None:
                self._box(line)
            else:
                self._other(line)
            self.last = line
        return self.found

    def _heading(self, line: Line) -> None:
        depth = line.level - 100
        while self.open and self.open[-1].indent >= depth:
            self.open.pop()
        while self.headings and self.headings[-1][0] >= line.level:
            self.headings.pop()
        self.headings.append((line.level, line.body))
        self.lead = ""
        if line.box is not None:
            self._add(line, depth, line.body)
        elif self.open:
            self.open[-1].details.append(line)

    def _box(self, line: Line) -> None:
        # One column deeper is not below, but badly aligned.
        while self.open and self.open[-1].indent >= line.indent - 1:
            self.open.pop()
        parent = self.open[-1] if self.open else None
        criterion = parent is not None and parent.lead[0] in ("criteria", "form") and line.indent >= parent.lead[1]
        if parent is not None and criterion and read_heads([line.body])[0].id is None:
            parent.details.append(line)
        else:
            self._add(line, line.indent, line.body)

    def _add(self, line: Line, indent: int, body: str) -> None:
        sections = tuple(name for _, name in self.headings) + ((self.lead,) if self.lead else ())
        parent = self.open[-1] if self.open else None
        box = _Box(line, indent, body, sections, parent)
        if parent is not None:
            parent.children.append(box)
        self.open.append(box)
        self.found.append(box)

    def _row(self, line: Line) -> None:
        cells = [cell.strip() for cell in _CELLS.split(line.text.strip().strip("|"))]
        boxes = [(read_box(cell) if cell[:1] in "[☐☑☒✅✔✓⬜" else None) if cell else None for cell in cells]
        box = next((box for box in boxes if box is not None), None)
        if box is None or not any(character.isalnum() for character in line.text.replace("[x]", "").replace("[X]", "")):
            if self.open and line.indent > self.open[-1].indent:
                self.open[-1].details.append(line)
            return
        self.open = [box for box in self.open if box.indent < 0]
        texts = [cell if found is None else found[2] for cell, found in zip(cells, boxes, strict=True)]
        rest = [text for text in texts if text]
        name = next((match[1] for text in rest[:2] if (match := _CELL_ID.fullmatch(text))), "")
        rest = [text for text in rest if text.strip("*_`") != name]
        worded = [text for text in rest if len(text.split()) > 2] or sorted(rest, key=len)[-1:]
        body = f"{name}: {' – '.join(worded)}" if name else " – ".join(worded)
        self._add(line._replace(box=box[0], optional=box[1]), line.indent, body)

    def _other(self, line: Line) -> None:
        """Add a line to the box that it belongs to, or let it lead the boxes that follow."""
        owner = self._owner(line)
        if owner is None:
            if line.kind == "text":
                lead = _LEAD.match(line.text)
                alone = lead is not None and (lead.end() == len(line.text) or line.text.rstrip("*_ ").endswith(":"))
                self.lead = (lead[1] or lead[2]) if lead and alone else ""
            if line.kind != "code":
                self.open = [box for box in self.open if box.indent < min(line.indent, 0)]
            return
        while self.open[-1] is not owner:
            self.open.pop()
        continued = line.kind == "text" and not line.blank and line.text[0] != ">" and self.last is not None
        continued = continued and self.last is not None and self.last.kind != "code"
        if continued and owner.details:
            before = owner.details[-1]
            if before.kind in ("text", "item") and not _LEAD.match(line.text) and len(before.text) < _LONG:
                owner.details[-1] = before._replace(
                    text=f"{before.text} {line.text}", body=f"{before.body} {line.text}"
                )
                return
        elif continued and not (
            owner.children or _LEAD.match(line.text) or owner.indent < 0 or len(owner.body) > _LONG
        ):
            owner.body = f"{owner.body} {line.text}"
            return
        lead = _LEAD.match(line.body)
        if lead is not None:
            # What an item leads is indented below it.
            owner.lead = named_heading(lead[1] or lead[2], self.phrases), line.indent + (line.kind == "item")
        elif line.indent < owner.lead[1]:
            owner.lead = "", 0
        owner.details.append(line)

    def _owner(self, line: Line) -> _Box | None:
        if not self.open:
            return None
        owner = next((box for box in reversed(self.open) if box.indent < line.indent), None)
        if owner is not None:
            return owner
        box = self.open[-1]
        if line.blank or line.kind == "code" or box.line.kind == "row":
            return None
        if line.kind == "item":
            # Bullets below a numbered title that are not indented.
            return box if box.indent == line.indent and box.body[:1].isdigit() else None
        wraps = self.last is not None and self.last.kind != "code"
        return box if wraps and line.text[0] not in "*_#<" and not _LEAD.match(line.text) else None


def _adopt(boxes: list[_Box]) -> None:
    """Let a title be the parent of what is numbered as below it, whether it is indented or not."""
    by_id: dict[str, _Box] = {}
    for box in boxes:
        name = box.head.id
        if name is None:
            continue
        parent = by_id.get(name.rpartition(".")[0])
        if parent is not None and box.parent is None:
            box.parent = parent
            parent.children.append(box)
        by_id[name] = box


def _no_task(box: _Box, phrases: ReadingPhrases, numbered: bool) -> str | None:
    """Return why a box is no task, whatever its state, or None."""
    words = box.head.text.strip(" -:=*_`.→").lower()
    if box.head.id is None and (box.head.text[:1] in ("=", "→") or words in _STATES):
        return "a legend"
    if box.head.id is None and any(_LEGEND.fullmatch(name.strip(" *_:")) for name in box.sections):
        return "a legend"
    status = ""
    for name in reversed(box.sections):
        given_up = is_done(name) if named_heading(name, phrases) == "excluded" else remark(name)
        if given_up in GIVEN_UP:
            return given_up
        status = status or named_heading(name, phrases)
        if status == "excluded":
            return None if _LATER.search(name) else "out of scope"
        if box.head.id is None and box.parent is None:
            if status == "criteria" and not name[:1].isdigit() and not re.search(r"(?i)verif|tests?\b", name):
                return "a criterion"
            if numbered and _CHECKLIST.search(name):
                return "a checklist"
        if status:
            break
    if not box.children or any(not is_reference(line.body) for line in box.details):
        return None
    own = box.head.id
    extends = any(child.head.id is not None and child.head.id.startswith(f"{own}.") for child in box.children)
    return "groups its subtasks" if own is None or own[0].isdigit() or extends else None


def _entry(box: _Box, reason: str | None, path: Path, include_done: bool) -> Entry:
    place = f"{path}:{box.line.number}"
    status = _STATUS.get(box.line.box or "", box.line.box or "")
    over = box.head.over or is_done(status) or (reason if reason in GIVEN_UP else None)
    reason = None if reason in GIVEN_UP else reason
    if box.head.over == "struck through":
        status = "struck through"
    elif box.line.optional and status == "open":
        status = "optional"
    text = _text(box)
    title = first_line(box.head.text or box.body or text)
    if over and not include_done:
        return Skipped(box.head.id, title, over, place)
    if reason is not None:
        return Skipped(box.head.id, title, reason, place)
    if not text.strip():
        return Skipped(box.head.id, title, "no text", place)
    return SourceTask(box.head.id, text, status, place)


def _text(box: _Box) -> str:
    """Return the title with its details; a short one follows the title that it belongs to."""
    details = [line for line in box.details if not is_reference(line.body)]
    title = box.head.text
    short = len(title) < _SHORT and len(title.split()) < _SHORT_WORDS and not details
    if short and box.parent is not None and box.parent.head.text:
        title = f"{box.parent.head.text.rstrip(':. ')}: {title}"
    if not details:
        return title
    left = min(line.indent for line in details)
    gaps = ["\n" if line.blank and line.kind == "text" else "" for line in details]
    rows = [gap + " " * (line.indent - left) + line.text for gap, line in zip(gaps, details, strict=True)]
    return "\n".join([title, *rows]).strip()
