"""Take a Markdown document apart into its sections, and write out what is still to be done in one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from escalation.sources.marks import is_reference, read_heads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from escalation.task.outline import Line

_BOLD = re.compile(r"(?:\*\*|__)([^*_\n]{1,60}?):?(?:\*\*|__):?$")
_NAME = re.compile(r"^[\W\d_]+|[\W_]+$")


class Section(NamedTuple):
    """A heading with what is below it, up to the next one that is not deeper.

    Attributes
    ----------
    name : str
        The heading without its number and signs, in lower case; "" for what is before the first one.
    title : str
        The heading as written.
    level : int
    lines : list of Line
        With the headings of deeper sections.
    """

    name: str
    title: str
    level: int
    lines: list[Line]


def read_sections(lines: Iterable[Line], held: Collection[int] = ()) -> list[Section]:
    """Return all sections, outer and inner ones, in order; a bold line of its own is the innermost kind of heading.

    Parameters
    ----------
    lines : iterable of Line
    held : collection of int
        Numbers of lines that are no headings, whatever they look like.
    """
    found = [Section("", "", 0, [])]
    open_ = [found[0]]
    for line in lines:
        level, title = line.level, line.body
        if line.kind == "text" and not line.indent and (bold := _BOLD.match(line.text)):
            level, title = 7, bold[1]
        if level and line.number not in held:
            while open_[-1].level >= level:
                open_.pop()
            for section in open_[1:]:
                section.lines.append(line)
            open_.append(Section(_NAME.sub("", title[:200]).lower(), title, level, []))
            found.append(open_[-1])
        else:
            for section in open_[1:] or open_:
                section.lines.append(line)
    return found


def write_open(lines: Iterable[Line], include_done: bool = False) -> str:
    """Return the text of lines without ticked and struck boxes and what is below them, and without markers of tools."""
    written: list[str] = []
    closed: int | None = None
    for line in lines:
        head = read_heads([line.body])[0] if line.kind == "item" else None
        over = head is not None and (line.box == "x" or head.over is not None)
        if closed is not None and (line.indent > closed) and (line.box is None or over):
            continue
        closed = line.indent if over and not include_done else None
        if closed is not None or is_reference(line.body):
            continue
        text = line.text
        if head is not None:
            mark = line.text[: len(line.text) - len(line.body)] if line.body else ""
            text = f"{mark}{head.text or line.body}"
        if line.blank and written:
            written.append("")
        written.append(" " * line.indent + text)
    return "\n".join(written).strip()
