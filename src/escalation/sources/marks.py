"""Take apart the line of a task: its id, the markers of its tool, and the remark that it is over."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from escalation.sources.source import is_done
from escalation.task.lines import before_trailer

if TYPE_CHECKING:
    from collections.abc import Iterable

_TASK = (
    "sub-?tasks?|tasks?|todo|step|item|story|ticket|issue|aufgabe|tâche|tarea|tarefa|compito|attività|taak|zadanie|görev"
    "|uppgift|opgave|задача|任务|任務|タスク|작업|태스크"
)
_NUMBER = r"\d{1,4}(?:\.\d{1,4})*[a-z]?"
_ID = re.compile(
    r"(?P<open>(?:\*\*|\*(?!\*)|__|_(?!_)|`|\[|\(|~~)*)(?:"
    rf"(?P<number>\d{{1,4}}(?:\.\d{{1,4}})+[a-z]?|\d{{1,4}}(?=[.):\uff1a]))[.):\uff1a]?"
    rf"|(?P<task>#?T-?{_NUMBER}(?:\s?[-–]\s?T{_NUMBER})?|TX{{2,4}}|#\d{{1,6}})"
    rf"|(?i:{_TASK})[\s#]*(?P<named>{_NUMBER})(?=[:\uff1a.)*_\]\s–—-])"
    rf"|(?P<other>(?:[A-Za-z][A-Za-z0-9]{{0,9}}[-_])+[A-Z]?\d{{1,6}}(?:\.\d+)*[a-z]?|[A-Z]{{1,5}}{_NUMBER})"
    r")(?P<close>(?:\*\*|\*(?!\*)|__|_(?!_)|`|\]|\)|~~)*)(?P<end>\s?[:\uff1a.]|\s[-–—|·](?=\s))?(?P<shut>(?:\*\*|__|~~)*)"
    r"(?:(?<=\uff1a)|(?=\s|$|\[))\s*"
)
_NAMED = re.compile(rf"(?i)[\W_]*(?:T-?\d{{1,4}}\b|(?:{_TASK})[\s#_-]*\d)")
_REF = r"(?:[A-Z]{1,5}[-_]?)?\d+(?:\.\d+)*[a-z]?(?:\s?[-–]\s?(?:[A-Z]{1,5}[-_]?)?\d+(?:\.\d+)*)?"
_REFS = rf"(?:[^\W\d_]{{1,20}}\s?)?{_REF}(?:\s?[,;、\uff0c&/]\s?(?:[^\W\d_]{{1,20}}\s)?{_REF})*"
_MARKER = re.compile(
    r"\s*(?:\*\*|`)?(?:\[(?:P\??|FN|Story|[A-Z]|[A-Za-z]{1,8}[\s_-]?\d+[a-z]?(?:\s?[,/+&–-]\s?[A-Za-z]{0,5}[\s_-]?\d+)*)\]"
    r"|\((?:P|US\s?\d+)\))(?:\*\*|`)?(?!\()[:\uff1a]?"
)
_LAST_MARKER = re.compile(r"\s*(?:\[(?:P|FN|US[\s-]?\d+)\]\s*)+$")
_LAST_REFERENCE = re.compile(
    rf"\s*(?:[_*]+\(?[^_*():\uff1a\n]{{1,30}}[:\uff1a]\s*{_REFS}\.?\)?[_*]+|\(ACs?:?[^()\n]{{0,60}}\))\s*$"
)
_REFERENCE = re.compile(rf"[_*(]+[^:\uff1a\n]{{1,40}}[:\uff1a][_*]*\s*{_REFS}[.\s]*[_*)]*$")
_KNOWN_REFERENCE = re.compile(
    r"[_*(]+(?:requirements?|validates?|depends on|dependenc\w+|blocked by|refs?|references?|traces to|acs?)\b"
    r"[^\n]*[_*)]$",
    re.IGNORECASE,
)
_TAIL = 300
"""How much of the end of a line is looked at for references, so that time stays linear."""
_STRUCK = re.compile(r"~~.{1,2000}?(?:~~|$)")
_SHOUTED = re.compile(r"[\W_]*([A-Z]{4,12}|WON'T DO)\b")
_REMARK = re.compile(
    r"(?:[(\[]|\s[–—-]{1,2}\s)[\W_]{0,6}([A-Za-z]{3,12}(?:[ '\u2019]\w{1,2} \w{2,4})?)\b(?:(,)|\s*[–—:-])?"
    r"(?:(?<=[,–—:-])[^\n]*|[\W_]{0,9})$"
)
GIVEN_UP = {"cancelled", "abandoned", "dropped", "rejected", "declined", "obsolete", "superseded", "won't do"}


class Head(NamedTuple):
    """What a line begins with.

    Attributes
    ----------
    id : str or None
    text : str
        The rest, without the markers of the tool.
    over : str or None
        Why the line says itself that there is nothing left to do.
    """

    id: str | None
    text: str
    over: str | None


def read_heads(lines: Iterable[str]) -> list[Head]:
    """Take apart the lines of all tasks of a file.

    What may be an id or a name, such as ``FE-03`` or ``SHA-256``, is an id if it is set apart, or if another line
    begins likewise.

    Examples
    --------
    >>> read_heads(["T012 [P] [US1] Add the model in src/models.py"])[0][:2]
    ('T012', 'Add the model in src/models.py')
    """
    bodies = [line.strip() for line in lines]
    matches = [_match(body) for body in bodies]
    numbers: defaultdict[str, set[str]] = defaultdict(set)
    for match in matches:
        if match is not None and match["other"]:
            numbers[_prefix(match["other"])].add(match["other"])
    heads = []
    for body, match in zip(bodies, matches, strict=True):
        if match is not None and match["other"]:
            apart = match["open"] or match["end"] or match["other"].lower().startswith("task")
            if not apart and len(numbers[_prefix(match["other"])]) < 2:
                match = None
        heads.append(_head(body, match))
    return heads


def _match(body: str) -> re.Match[str] | None:
    """Return the match of the id that a line begins with, if need be behind markers."""
    match = _ID.match(body)
    if match is not None and not (match["other"] and "[" in match["open"] and "-" not in match["other"]):
        return match
    start = 0
    while marker := _MARKER.match(body, start):
        start = marker.end()
    start += len(body[start:]) - len(body[start:].lstrip())
    return _ID.match(body, start) if start else None


def is_named(heading: str) -> bool:
    """Return whether a heading names one task, as in ``Task 1: ...`` or ``T001 ...``; ``1. ...`` is a section."""
    return _NAMED.match(heading) is not None


def is_reference(line: str) -> bool:
    """Return whether a line below a task only refers to requirements or other tasks.

    >>> is_reference("_Requirements: 1.1, 1.2_"), is_reference("Read requirement 1.1")
    (True, False)
    """
    line = line.strip()
    if not line or line[0] not in "_*(" or len(line) > 300:
        return False
    return _REFERENCE.match(line) is not None or _KNOWN_REFERENCE.match(line) is not None


def without_markers(text: str) -> str:
    """Return the text of a task without the markers and references around it."""
    start = 0
    while marker := _MARKER.match(text, start):
        start = marker.end()
    text = text[start:].strip()
    before = None
    while text != before:
        before = text
        text = text[: before_trailer(text, 0, len(text))]
        begin, end = text[:-_TAIL], text[-_TAIL:]
        text = begin + _LAST_REFERENCE.sub("", _LAST_MARKER.sub("", end)).rstrip()
    return text


def _prefix(name: str) -> str:
    return name.rstrip("0123456789.abcdefghijklmnopqrstuvwxyz").rstrip("-_") or name


def _head(body: str, match: re.Match[str] | None) -> Head:
    name, text = None, body
    struck = body.startswith("~~")
    if match is not None:
        name = match["number"] or (match["task"] or "").replace("#T", "T") or match["named"] or match["other"]
        text = body[match.end() :]
        opened = match["open"].strip("[(`")
        struck = struck or text.startswith("~~")
        if opened and not (match["close"] + match["shut"]).strip("])`") and "~" not in opened:
            # The signs enclose the title as well.
            text = opened + text
    over = None
    if struck and _is_all_struck(body, text, match):
        over = "struck through"
        text = text.replace("~~", " ").strip() if text.strip("~ ") else body
    text = _balanced(without_markers(text))
    if over is None and name is not None and (shouted := _SHOUTED.match(text)):
        over = is_done(shouted[1])
    if over is None:
        over = remark(text)
    return Head(name, text, over)


def _balanced(text: str) -> str:
    """Repair what the removal of an id or a marker has left of signs for bold text."""
    signs = text.count("**")
    if signs % 2:
        text = text.removeprefix("**").strip() if text.startswith("**") else "**" + text
    elif signs == 2 and text.startswith("**") and text.endswith("**"):
        text = text[2:-2].strip()
    return text


def _is_all_struck(body: str, text: str, match: re.Match[str] | None) -> bool:
    if match is not None and "~~" in match["open"]:
        return True
    strike = _STRUCK.match(text if not body.startswith("~~") else body)
    if strike is None:
        return False
    rest = (text if not body.startswith("~~") else body)[strike.end() :].strip()
    return not rest or not (rest[0].isalnum() or rest[0] == "`") or _SHOUTED.match(rest) is not None


def remark(text: str) -> str | None:
    """Return why a remark in brackets or behind a dash says that a task is given up, or in capitals that it is over."""
    for said in _REMARK.finditer(text):
        reason = is_done(said[1])
        if reason in GIVEN_UP or (reason and said[1].isupper() and not said[2]):
            return reason
    return None
