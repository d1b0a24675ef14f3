"""Read the structure of a text: headings, lists, boxes, code, quotes, logs, forms, and what tools wrap around it."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from escalation.task.statuses import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.task.clauses import ClauseReader
    from escalation.task.reading import ReadingPhrases

_FENCE = re.compile(r"(`{3,}|~{3,})\s*([\w+-]*)")
_HEADING = re.compile(r"(#{1,6})\s+(?=\S)|h([1-6])\.\s+(?=\S)")
_BOLD_LINE = re.compile(r"(?:\*\*|__)([^*_\n]{1,80})(?:\*\*:?|__:?)$")
_UNDERLINE = re.compile(r"[=~*_-]{3,}$")
_MARKERS = re.compile(
    r"(?P<bullet>[-*+•▪●◦‣–—]\s+|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s+|\(?[a-hA-H][.)]\s+|(?=\[[ xX*~-]?\]\s)|(?=[☐☑☒✅✔✓⬜❌]))"
    r"(?P<box>\[[ xX*~-]?\]\*?\s+|[☐☑☒✅✔✓⬜❌]\ufe0f?\s*)?"
)
_NUMBER = re.compile(
    r"(?:[*_]{0,2}(?:T\d{2,4}[a-z]?|#\d{1,4}(?=\s+[^\s\d])|\d{1,3}(?:\.\d{1,3})+\.?|\d{1,3}\.)[*_]{0,2}:?\s+"
    r"|\[(?:P|FN|P\d|US\s?\d+|[A-Z]{1,3}-?\d+)\]\s*)+"
)
_TRAILER = re.compile(r"\s*(?:\(ACs?:?[^()\n]{0,40}\)|_?\(?_?Requirements?:[\d., ]+\)?_?|\^[\w-]+)\s*$")
_TICKED, _UNTICKED = "xX☑✅✔✓", " ☐⬜"
_LOG = re.compile(
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d[.,: ]|\[?(?:INFO|ERROR|WARN|WARNING|DEBUG|CRITICAL|FATAL|TRACE)\]?\s*[:|\]-]|\d+\.\d+\.\d+\.\d+(?::\d+)? - |"
    r"File \"[^\"\n]*\", line \d+|at [\w.$<>]+ ?\([^)\n]*:\d+|E   |\$ \w|>>> |During handling of the above|The above exception was|"
    r"[A-Za-z_][\w.]*(?:Error|Exception|Warning)(?:: |$)"
)
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
_EXCEPTION = re.compile(r"[\w.]+(?:: |$)")
_VERSION = r"[v^~=<>]*\d+(?:\.[\dx]+)+[\w.+-]*"
_VERSIONS = re.compile(
    rf"[*_`]*[A-Za-z][\w .()/+-]{{0,30}}?[*_`]*\s*[:=]\s*[*_`]*{_VERSION}(?:\s\([^)\n]{{0,40}}\))?[.*_`]*$"
    rf"|(?:[A-Z][\w.+-]*\s){{1,2}}{_VERSION}(?:\s?[,;/|]\s?(?:and\s)?(?:[A-Za-z][\w.+-]*\s){{1,2}}[v^~=<>]*\d[\w.+-]*)*[.*_`]*$"
)
_PATH = re.compile(r"[*_`]*(?:[\w.@~-]*/)*[\w.@-]+\.[a-z]{1,5}(?::\d+(?:-\d+)?)?[*_`]*$|[*_`]*(?:[\w.@~-]+/)+[\w.@-]*[*_`]*$")
_STRUCK = re.compile(r"~~[^~\n]{1,2000}~~")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_OPEN_TAG = re.compile(r"<([A-Za-z][\w:-]{0,60})(?:\s[^<>]{0,300})?>")
_CLOSE_TAG = re.compile(r"</([A-Za-z][\w:-]{0,60})\s*>")
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_KEY = re.compile(r"([A-Za-z_][\w -]{0,40}):[ \t]*(.*)")
_INLINE_BLOCK = re.compile(r"(?<=\s)(?=[-*•]\s\[[ xX]\]\s|#{2,6}\s\w)")
_INLINE_WORD = re.compile(r"\S+")
_PARENTHESIS = re.compile(r"\s*[(\[][^()\[\]\n]*[)\]]")
_TURN_BEFORE = re.compile(r"(?:^|\n|[.!?/|])\s*$")
BLANK = "\x1f"
"""Stands for what was taken out of a text: white space that nobody writes, so that it is not an indentation."""
_NO_LETTER = re.compile(r"[\W\d_]*$")


class Part(NamedTuple):
    """A unit of the text with its spans: a title, an item, a line of prose, or a block that was not read."""

    kind: str
    spans: list[Span]


class _Section(NamedTuple):
    level: int
    status: str
    why: str


class BlockReader:
    """Reads the blocks of a text of several lines.

    Parameters
    ----------
    text, low : str
        The cleaned text and the same in lower case.
    phrases : ReadingPhrases
    reader : ClauseReader
        Reads what is prose.
    """

    def __init__(self, text: str, low: str, phrases: ReadingPhrases, reader: ClauseReader) -> None:
        self.text = text
        self.low = low
        self.phrases = phrases
        self.reader = reader
        self.parts: list[Part] = []
        self.sections: list[_Section] = []
        self.lead: tuple[str, str] | None = None
        self.parents: list[tuple[int, str, str]] = []
        self.titled = False
        self.listed = False
        self.asked_lead = False

    # -------------------------------------------------------------------------------------------- lines

    def read(self, lines: list[tuple[int, int]]) -> list[Part]:
        """Return the parts of the lines, in order."""
        number, blank = 0, True
        while number < len(lines):
            start, end = lines[number]
            line = self.text[start:end]
            body = line.strip()
            if not body:
                blank = True
                number += 1
                continue
            indent = len(line) - len(line.lstrip())
            begin = start + indent
            finish = begin + len(body)
            taken = self._block(lines, number, line, body, blank)
            if taken:
                number = taken
                blank = False
                continue
            if not self._heading(lines, number, body, begin, finish, blank):
                number = self._line(lines, number, body, begin, finish, indent, blank)
            blank = False
            number += 1
        return self.parts

    def _block(self, lines: list[tuple[int, int]], number: int, line: str, body: str, blank: bool) -> int:
        """Take code, quotes, logs and the like; return the number of the line behind, or 0."""
        indent = len(line) - len(line.lstrip())
        fence = _FENCE.match(body) if body[0] in "`~" else None
        if fence is not None:
            last = self._fenced(lines, number, fence)
            self._skipped(lines, number, last, "code block")
            return last
        if body[0] == ">":
            last = number + 1
            while last < len(lines) and self.text[slice(*lines[last])].lstrip()[:1] == ">":
                last += 1
            self._skipped(lines, number, last, "quote")
            return last
        if _TRACEBACK.match(body):
            last = number + 1
            while last < len(lines):
                following = self.text[slice(*lines[last])]
                last += 1
                if following[:1].strip() and not _TRACEBACK.match(following):
                    if not _EXCEPTION.match(following):
                        last -= 1
                    break
            self._skipped(lines, number, last, "traceback")
            return last
        if _LOG.match(body) and self.titled:
            self._skipped(lines, number, number + 1, "log")
            return number + 1
        if indent >= 4 and blank and BLANK not in line[:indent] and not self.listed and self.titled and not _MARKERS.match(body):
            last = number + 1
            while last < len(lines):
                following = self.text[slice(*lines[last])]
                if following.strip() and len(following) - len(following.lstrip()) < 4:
                    break
                last += 1
            self._skipped(lines, number, last, "code block")
            return last
        if _NO_LETTER.match(body):
            return number + 1
        return 0

    def _fenced(self, lines: list[tuple[int, int]], number: int, fence: re.Match[str]) -> int:
        sign, depth = fence[1], 1
        holds_text = fence[2].lower() in ("markdown", "md", "")
        last = number + 1
        while last < len(lines):
            body = self.text[slice(*lines[last])].strip()
            last += 1
            if not body.startswith(sign[0] * 3):
                continue
            rest = body.lstrip(sign[0])
            if rest and not rest.startswith(" "):
                depth += holds_text and fence[2] != ""
            elif len(body) - len(rest) >= len(sign) or depth > 1:
                depth -= 1
                if depth == 0:
                    break
        return last

    def _skipped(self, lines: list[tuple[int, int]], first: int, last: int, why: str) -> None:
        start, end = lines[first][0], lines[last - 1][1]
        text = self.text[start:end]
        stripped = text.strip()
        if stripped:
            start += len(text) - len(text.lstrip())
            self.parts.append(Part("item", [Span(start, start + len(stripped), "circumstance", why)]))

    # -------------------------------------------------------------------------------------------- headings

    def _heading(
        self, lines: list[tuple[int, int]], number: int, body: str, begin: int, finish: int, blank: bool
    ) -> bool:
        """Take a heading, and let it decide for what is below."""
        marked = _HEADING.match(body)
        level, name = 0, body
        if marked is not None:
            level = len(marked[1]) if marked[1] else int(marked[2])
            begin += marked.end()
            name = body[marked.end() :].rstrip("# ")
        else:
            bold = _BOLD_LINE.match(body)
            if bold is not None:
                level, name = 7, bold[1]
                begin += 2
            elif number + 1 < len(lines) and self.titled:
                following = self.text[slice(*lines[number + 1])].strip()
                if len(following) >= 3 and following[0] in "=-" and _UNDERLINE.match(following):
                    level = 1 if following[0] == "=" else 2
        status = self._named(name) if len(name) <= 120 else ""
        if level == 0:
            # A line of its own that is nothing but a known heading.
            if not status or not self.titled or len(body) > 60 or _MARKERS.match(body):
                return False
            if not blank and not body.rstrip("*_ ").endswith(":"):
                return False
            if body.rstrip("*_ ").endswith(":"):
                level = 9
            else:
                level = 8
        while self.sections and self.sections[-1].level >= level:
            self.sections.pop()
        around = self.sections[-1] if self.sections else _Section(0, "asked", "")
        self.lead, self.parents, self.listed = None, [], False
        self.asked_lead = False
        why = f"heading '{name.strip(':*_ ')}'"
        if status:
            self.sections.append(_Section(level, status, why))
            own = status if status in ("excluded", "done") else "circumstance"
            if not self.titled and status not in ("excluded", "done") and len(self.parts) == 0 and status == "group":
                own = "circumstance"
            self._add("title", [Span(begin, finish, own, why)])
            return True
        spans = self.reader.read(begin, finish)
        if around.status in ("excluded", "done", "circumstance"):
            spans = [span._replace(status=around.status, why=around.why) for span in spans]
            self.sections.append(_Section(level, around.status, around.why))
        else:
            own = spans[0].status if spans and len({span.status for span in spans}) == 1 else "asked"
            if own != "fault":
                self.sections.append(_Section(level, own, spans[0].why if own != "asked" else ""))
        self._add("title", spans)
        self.titled = True
        return True

    def _named(self, name: str) -> str:
        """Return the status of a known heading, with or without what it says in brackets."""
        status = self.phrases.heading_status(name.strip(":*_#?!. \t"))
        if status:
            return status
        for bracket in _PARENTHESIS.findall(name):
            status = self.phrases.tag_status(bracket.strip("()[] "))
            if status:
                return status
        bare = _PARENTHESIS.sub("", name).strip(":*_#?!. \t")
        return self.phrases.heading_status(bare) if bare else ""

    # -------------------------------------------------------------------------------------------- prose and lists

    def _line(
        self, lines: list[tuple[int, int]], number: int, body: str, begin: int, finish: int, indent: int, blank: bool
    ) -> int:
        """Take a line of prose, an item or a row with the lines that continue it; return the number of the last one."""
        if self.phrases.marker_line.match(body):
            return number
        marks = _MARKERS.match(body)
        box = ""
        is_item = marks is not None
        if marks is not None:
            box = (marks["box"] or "").strip()
            begin += marks.end()
        ids = _NUMBER.match(self.text, begin, finish)
        if ids is not None and ids.end() < finish:
            begin = ids.end()
        row = body[0] == "|"
        if not row:
            while number + 1 < len(lines) and self._continues(lines, number, is_item):
                number += 1
                finish = lines[number][0] + len(self.text[slice(*lines[number])].rstrip())
        trailer = _TRAILER.search(self.text, max(begin, finish - 60), finish)
        if trailer is not None and trailer.start() > begin:
            finish = trailer.start()
        if begin >= finish:
            return number
        self._close(is_item, indent, blank, begin, finish)
        kind = "item" if is_item or row else "sentence"
        if not self.titled and not is_item:
            kind = "title"
        status, why, section = self._around(bool(box))
        own = self._box(box, section)
        if own is not None:
            status, why = own
            if status != "asked" or box[:2] == "[ ":
                self.parents.append((indent, status, why))
        if status == "asked":
            fixed = self._structural(body, begin, finish, row)
            if fixed:
                spans = [Span(begin, finish, "circumstance", fixed)]
            else:
                spans = self.reader.read(begin, finish, as_criteria=section == "criteria" or box == "[ ]")
        else:
            spans = [Span(begin, finish, status, why)]
        self._add(kind, spans)
        if not spans:
            return number
        self.titled = True
        self.listed = self.listed or is_item
        statuses = {span.status for span in spans}
        ends_open = self.text[finish - 1] == ":" or (self.text[finish - 1] in "*_" and self.text[finish - 3 : finish].strip("*_").endswith(":"))
        if is_item:
            if own is None and len(statuses) == 1 and (spans[0].status in ("excluded", "done") or ends_open):
                self.parents.append((indent, spans[0].status, spans[0].why))
        else:
            self.listed = False
            self.lead = None
            if ends_open and spans[-1].status in ("excluded", "done", "circumstance"):
                self.lead = spans[-1].status, spans[-1].why
        if ends_open:
            self.asked_lead = spans[-1].status == "asked"
        elif not is_item:
            self.asked_lead = False
        return number

    def _continues(self, lines: list[tuple[int, int]], number: int, is_item: bool) -> bool:
        """Return whether the next line is the same sentence, wrapped."""
        start, end = lines[number]
        line = self.text[start:end].rstrip()
        following = self.text[slice(*lines[number + 1])]
        body = following.strip()
        if not body or not line or line[-1] in ".:!?;|" or body[0] in "#>|`~[" or _MARKERS.match(body):
            return False
        if line[-1] == "," and body[0].islower():
            return True
        last = line.rsplit(None, 1)[-1].lower().strip("*_`")
        words = self.phrases.words
        if last in words["alternatives"] or last in words["joins"] or last in words["prepositions"]:
            return body[0].islower() or len(line) > 40
        return len(line.strip()) >= 55 and (body[0].islower() or body[0] in "(`\"'*")

    def _close(self, is_item: bool, indent: int, blank: bool, begin: int, finish: int) -> None:
        """End lists and sections that this line no longer belongs to."""
        while self.parents and (self.parents[-1][0] >= indent or not (is_item or indent)):
            self.parents.pop()
        if is_item:
            return
        if blank:
            self.lead = None
        if self.sections and self.sections[-1].status not in ("asked", "group", "criteria"):
            section = self.sections[-1]
            ended = self.listed and (section.level == 9 or (blank and (section.status in ("excluded", "done") or self.reader.begins_work(begin, finish))))
            if section.level == 9 and blank and self.parts and self.parts[-1].kind != "title":
                ended = True
            if ended:
                self.sections.pop()
        self.listed = False

    def _around(self, boxed: bool) -> tuple[str, str, str]:
        """Return what heading, lead or parent make of a line, and the section's status."""
        section = self.sections[-1] if self.sections else _Section(0, "asked", "")
        status, why = section.status, section.why
        if status in ("group", "criteria", "form"):
            status, why = ("circumstance", why) if status == "form" and boxed else ("asked", "")
        if status == "asked" and self.lead is not None:
            status, why = self.lead
        if status == "asked" and self.parents:
            _, status, why = self.parents[-1]
        return status, why, section.status

    def _box(self, box: str, section: str) -> tuple[str, str] | None:
        if not box or section in ("form", "excluded", "circumstance"):
            return None
        sign = box[1] if box[0] == "[" else box[0]
        if sign in _TICKED:
            return "done", "ticked box"
        if sign in _UNTICKED or box == "[]":
            return "asked", "" 
        return None

    def _structural(self, body: str, begin: int, finish: int, row: bool) -> str:
        """Return the structure that makes a circumstance of a line, or ""."""
        own = self.text[begin:finish]
        if row:
            cells = [cell.strip("*_` ") for cell in own.strip("|").split("|")]
            if len(cells) == 2 and self.phrases.heading_status(cells[0]) == "circumstance":
                return f"label '{cells[0]}'"
        if self.titled and not self.asked_lead and _VERSIONS.match(own) and not self.reader.begins_work(begin, finish):
            return "versions"
        if self.titled and not self.asked_lead and _PATH.match(own):
            return "file name"
        if own.strip("*_ .").lower() in self.phrases.words["empty"]:
            return "no answer"
        return ""

    def _add(self, kind: str, spans: list[Span]) -> None:
        if spans:
            self.parts.append(Part(kind, spans))


# ------------------------------------------------------------------------------------------------ regions


def regions(text: str, phrases: ReadingPhrases) -> list[Span]:
    """Return the parts of a text that are taken out before its lines are read, in order, without overlap."""
    found: list[Span] = []
    if "<" in text:
        found += [Span(*match.span(), "circumstance", "comment") for match in _COMMENT.finditer(text)]
        found += _wrappers(text, phrases)
    if "~~" in text:
        found += [Span(*match.span(), "excluded", "struck through") for match in _STRUCK.finditer(text)]
    if ":" in text:
        found += _turns(text, phrases)
    if text.lstrip()[:3] == "---":
        found += _front_matter(text, phrases)
    if len(found) < 2:
        return found
    found.sort(key=lambda span: (span.start, -span.end))
    kept: list[Span] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _wrappers(text: str, phrases: ReadingPhrases) -> Iterator[Span]:
    """Return what tools wrap in tags, but for tags that hold the request, which are taken out alone."""
    closing: dict[str, list[int]] = {}
    ends: dict[str, list[int]] = {}
    for match in _CLOSE_TAG.finditer(text):
        closing.setdefault(match[1].lower(), []).append(match.start())
        ends.setdefault(match[1].lower(), []).append(match.end())
    if not closing:
        return
    requests, contexts = phrases.words["request_tags"], phrases.words["context_tags"]
    behind = 0
    for match in _OPEN_TAG.finditer(text):
        if match.start() < behind:
            continue
        name = match[1].lower()
        places = closing.get(name)
        if not places:
            continue
        place = bisect_left(places, match.end())
        if place == len(places):
            continue
        if name in requests:
            yield Span(match.start(), match.end(), "marker", "")
            yield Span(places[place], ends[name][place], "marker", "")
        elif "-" in name or "_" in name or name in contexts:
            behind = ends[name][place]
            yield Span(match.start(), behind, "circumstance", f"<{name}>")


def _turns(text: str, phrases: ReadingPhrases) -> list[Span]:
    """Return all turns of a conversation but the one that asks."""
    turns = list(phrases.speakers.finditer(text))
    if turns and text[: turns[0].start()].strip():
        # Only a text that begins as a conversation has turns in the middle of its lines.
        turns = [turn for turn in turns if _TURN_BEFORE.search(text, max(turn.start() - 20, 0), turn.start())]
    asking = [number for number, turn in enumerate(turns) if turn["asks"]]
    if len(turns) < 2 or not asking or len(asking) == len(turns):
        return []
    last = asking[-1]
    found = []
    if turns[0].start() and text[: turns[0].start()].strip():
        found.append(Span(0, turns[0].start(), "circumstance", "before the conversation"))
    agreed = _agrees(text, turns, last, phrases)
    for number, turn in enumerate(turns):
        end = turns[number + 1].start() if number + 1 < len(turns) else len(text)
        if number == last or (agreed and number in (last - 1, last - 2)):
            found.append(Span(turn.start(), turn.end(), "marker", ""))
        else:
            found.append(Span(turn.start(), end, "circumstance", "earlier turn" if number < last else "answer"))
    return found


def _agrees(text: str, turns: list[re.Match[str]], last: int, phrases: ReadingPhrases) -> bool:
    """Return whether the last turn only says yes to what was proposed before."""
    end = turns[last + 1].start() if last + 1 < len(turns) else len(text)
    said = text[turns[last].end() : end].strip().lower()
    return len(said.split()) <= 7 and said.startswith(tuple(phrases.words["yes"]))


def _front_matter(text: str, phrases: ReadingPhrases) -> list[Span]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return []
    found = []
    last = match.start()
    for line in re.finditer(r"[^\n]+", match[1]):
        key = _FRONT_KEY.match(line.group())
        if key is not None and key[1].lower() in phrases.words["title_keys"] and key[2].strip("'\" >|"):
            start = match.start(1) + line.start() + key.start(2)
            found.append(Span(last, start, "circumstance", "front matter"))
            last = start + len(key[2])
    found.append(Span(last, match.end(), "circumstance", "front matter"))
    return found


def inline_lines(text: str, start: int, end: int, phrases: ReadingPhrases) -> list[tuple[int, int]]:
    """Cut a line before and behind the headings, and before the boxes, that it has since its text was flattened."""
    places = [start]
    for match in _INLINE_BLOCK.finditer(text, start, end):
        places.append(match.start())
        if match.start() == start and end - start < 80:
            continue
        words = list(_INLINE_WORD.finditer(text, match.start(), min(end, match.start() + 80)))[:5]
        known = (word.end() for word in words[:0:-1] if phrases.heading_status(text[match.start() : word.end()].strip("# ")))
        behind = next(known, None)
        if behind is not None:
            places.append(behind)
    places.append(end)
    return [(first, last) for first, last in pairwise(places) if first < last]
