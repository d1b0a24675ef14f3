"""Read a Markdown file line by line: headings, items with their boxes, rows, code, each with its line number.

`escalation.task.pieces` reads what a text asks for; this reads what a list consists of, by the same marks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from escalation.task.blocks import HEADING, MARKERS
from escalation.task.regions import FRONT_MATTER
from escalation.task.verbatim import FENCE, fenced

if TYPE_CHECKING:
    from escalation.task.reading import ReadingPhrases

_KEY = re.compile(r"\s*(?:#[^\n]*\n\s*)*[\w-]{1,40}:(?:\s|$)")
_LINES = re.compile(r"\r\n?|\n")
_QUOTE = re.compile(r"^(?:>\s?)+|^\s{1,3}(?:>\s?)+(?=[-*+]\s|\[|\d+[.)]\s)")
_BULLET = re.compile(r"[-*+](?=\[)")
_BOX = re.compile(
    r"\[(?P<sign>[ \u00a0\u3000]{0,2}[xX✓✔√☑✅☒~/>!?*-]?[ \u00a0\u3000]{0,2})\](?P<star>\\?\*)?(?:\s+|$|(?=[^\s(\[:]))"
    r"|(?P<emoji>[☐☑☒✅✔✓⬜])\ufe0f?\s*"
)
_LONGEST = 120
"""Characters of a heading that may be known."""
_TICKED = "xX✓✔√☑✅☒"
_SETEXT = re.compile(r"(=+|-{3,})\s*$")
_RULE = re.compile(r"(?:[-*_]\s*){3,}$")
_PARENTHESIS = re.compile(r"\s*[(\[][^()\[\]\n]*[)\]]")
_HEAD = re.compile(r"^(?:[\W_]*\d+(?:\.\d+)*[.):]?(?=\s))?[\W_]+|^[\W_]*\d+(?:\.\d+)*[.):]?\s+")


class Line(NamedTuple):
    """A line of a Markdown file that is not blank.

    Attributes
    ----------
    number : int
        Counted from 1.
    kind : str
        ``heading``, ``item``, ``row``, ``text`` or ``code``.
    indent : int
    level : int
        Of a heading; 0 for other lines.
    box : str or None
        The sign in the box: "" if it is open, ``x`` if it is ticked, or another sign such as ``-``.
    optional : bool
        Whether the box has a star behind it.
    body : str
        What is behind the marks.
    text : str
        The line without indentation and signs of a quote.
    blank : bool
        Whether a blank line is before it.
    """

    number: int
    kind: str
    indent: int
    level: int
    box: str | None
    optional: bool
    body: str
    text: str
    blank: bool


class Outline(NamedTuple):
    """The lines of a file, and the first comment or block of code that is never closed, with its line number."""

    lines: list[Line]
    unclosed: tuple[int, str] | None


def read_outline(text: str) -> Outline:
    r"""Read a Markdown file into its lines, without comments and front matter.

    Examples
    --------
    >>> [(line.number, line.kind, line.box, line.body) for line in read_outline("# Work\n\n- [x] Write it").lines]
    [(1, 'heading', None, 'Work'), (3, 'item', 'x', 'Write it')]
    """
    text = text.removeprefix("\ufeff")
    raw = [_QUOTE.sub("", line) if ">" in line[:4] else line for line in _LINES.split(text)]
    whole = "\n".join(raw)
    spans = []
    place = 0
    for line in raw:
        spans.append((place, place + len(line)))
        place += len(line) + 1
    front = FRONT_MATTER.match(whole)
    if front is not None and _KEY.match(front[1]) is None:
        # Two rules with anything else between them.
        front = None
    number = whole.count("\n", 0, front.end()) if front is not None else 0
    found: list[Line] = []
    unclosed: tuple[int, str] | None = None
    comment = 0
    blank = True
    while number < len(raw):
        line = raw[number]
        number += 1
        if not comment and line.lstrip()[:3] in ("```", "~~~"):
            fence = FENCE.match(line.strip())
            if fence is not None and "`" not in line.strip()[fence.end(1) :]:
                last = fenced(whole, spans, number - 1, fence)
                if last == len(raw) and (last == number or not raw[-1].strip().startswith(fence[1][0] * 3)):
                    unclosed = unclosed or (number, "block of code")
                for inside in range(number - 1, last):
                    found.append(_plain(inside + 1, raw[inside], "code", blank=blank))
                    blank = False
                number = last
                continue
        if comment or "<!--" in line:
            line, comment = _without_comments(line, comment, number)
            if not line.strip():
                continue
        if not line.strip():
            blank = True
            continue
        previous = found[-1] if found else None
        if previous is not None and not blank and previous.kind == "text" and _begins(found) and _SETEXT.match(line):
            found[-1] = previous._replace(kind="heading", level=1 if line.strip()[0] == "=" else 2)
        elif not _RULE.match(line.strip()):
            found.append(_read(number, line, blank=blank))
        blank = False
    if comment:
        unclosed = unclosed or (comment, "comment")
    return Outline(found, unclosed)


def _begins(found: list[Line]) -> bool:
    """Return whether the last line begins a paragraph, so that it is not the end of an item that is wrapped."""
    return len(found) < 2 or found[-1].blank or found[-2].kind not in ("text", "item")


def named_heading(name: str, phrases: ReadingPhrases) -> str:
    """Return the status of a heading that is known, without its number, signs and brackets; "" for any other."""
    if len(name) > _LONGEST:
        return ""
    name = _HEAD.sub("", name, count=1).strip(":*_#?!. \t")
    return phrases.heading_status(name) or phrases.heading_status(_PARENTHESIS.sub("", name).strip(":*_#?!. \t"))


def _without_comments(line: str, comment: int, number: int) -> tuple[str, int]:
    """Return a line without comments, and the number of the line where one begins that is still open, or 0."""
    kept = ""
    if line.count("<!--") > _LONGEST:
        return line, comment
    while line:
        if comment:
            _, closes, line = line.partition("-->")
            if closes:
                comment = 0
            continue
        before, opens, rest = line.partition("<!--")
        kept += before
        if opens and kept.count("`") % 2:
            # In code, it is only spoken of.
            kept, line = kept + opens, rest
            continue
        line = rest
        comment = number if opens else 0
    return kept, comment


def _plain(number: int, line: str, kind: str, *, blank: bool) -> Line:
    wide = line.expandtabs(4)
    body = line.strip()
    return Line(number, kind, len(wide) - len(wide.lstrip()), 0, None, False, body, body, blank)


def _read(number: int, line: str, *, blank: bool) -> Line:
    plain = _plain(number, line, "text", blank=blank)
    body = plain.body
    if body[0] == "|":
        return plain._replace(kind="row")
    heading = HEADING.match(body)
    if heading is not None and body[0] == "#":
        name = body[heading.end() :].rstrip("# ")
        return _boxed(plain._replace(kind="heading", level=len(heading[1]), body=name), name)
    marks = MARKERS.match(body) or _BULLET.match(body)
    if marks is not None:
        rest = body[marks.end("bullet") :] if "bullet" in marks.groupdict() else body[marks.end() :]
        return _boxed(plain._replace(kind="item", body=rest), rest)
    return _boxed(plain, body)


def read_box(text: str) -> tuple[str, bool, str] | None:
    """Return the sign of the box that a text begins with, whether it has a star, and the rest; None without a box."""
    box = _BOX.match(text)
    if box is None:
        return None
    sign = (box["emoji"] or box["sign"]).strip()
    sign = "x" if sign and sign in _TICKED else sign.strip("☐⬜")
    return sign, box["star"] is not None, text[box.end() :].strip()


def _boxed(line: Line, rest: str) -> Line:
    box = read_box(rest) if rest[:1] in "[☐☑☒✅✔✓⬜" else None
    if box is None:
        return line
    kind = "item" if line.kind == "text" else line.kind
    return line._replace(kind=kind, box=box[0], optional=box[1], body=box[2])
