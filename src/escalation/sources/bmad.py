"""Read a story of BMAD: what the story, its acceptance criteria and its tasks ask for, without the records of work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from escalation.errors import InputError
from escalation.sources.sections import Section, read_sections, write_open
from escalation.sources.source import Entry, Skipped, SourceTask, check_source, first_line, is_done
from escalation.task.outline import read_outline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STATUS = re.compile(r"(?im)^[\W_]*status[*_]*[ \t]*[:\uff1a][*_]*[ \t]*(\S.*)$")
_STORY = re.compile(r"(?i)(?:user\s+)?stor(?:y|ies)\s*#?\s*(\d[\w.-]*\w|\d)?\s*[:\uff1a\u2013\u2014-]?\s*(.*)")
_NUMBERED = re.compile(r"(\d+[.-]\d+[a-z]?)\s*[:\uff1a\u2013\u2014-]?\s+(\S.*)")
_FILE = re.compile(r"(?:story[-_.])?(\d+)[.-](\d+[a-z]?)(?=[.-]|$)")
_PARTS = {
    "story": re.compile(r"(?:user )?story(?: statement)?"),
    "criteria": re.compile(r"acceptance criteri\w+(?: .*)?|acs?"),
    "tasks": re.compile(
        r"(?:implementation |technical |dev )?(?:sub-?)?tasks(?:\W*(?:and )?sub-?tasks)?|task list|task breakdown"
    ),
}


def read_bmad(text: str, path: Path, include_done: bool = False) -> Iterator[Entry]:
    r"""Read a story file as one task: its title, story, acceptance criteria, and the tasks that are not ticked.

    Dev notes, testing, agent record, QA results and change log are left out.

    Parameters
    ----------
    text : str
    path : Path
        As the caller wrote it, for messages and places; the id is taken from its name if the title has none.
    include_done : bool
        Whether a story or task that is done is one as well.

    Yields
    ------
    SourceTask or Skipped
        One.

    Raises
    ------
    InputError
        If the file has neither a story nor acceptance criteria with tasks.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = "# Story 1.3: Login\n\nStatus: Draft\n\n## Story\n\nI want to log in.\n\n## Tasks\n\n- [ ] Add (AC: 1)"
    >>> next(read_bmad(text, Path("1.3.login.md")))[:3]
    ('1.3', 'Login\n\nI want to log in.\n\n## Tasks\n\n- [ ] Add', 'draft')
    """
    check_source(text, path)
    text = re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff"))
    sections = read_sections(read_outline(text).lines)
    parts = _parts(sections)
    if "story" not in parts and len(parts) < 2:
        raise InputError(
            f"{path}: has no sections Story, Acceptance Criteria and Tasks, so it is not a story of BMAD; "
            "name a story file, or give the format of this one"
        )
    name, title = _title(sections, path)
    status = _status(text, sections)
    body = []
    for kind, heading in (("story", ""), ("criteria", "Acceptance Criteria"), ("tasks", "Tasks")):
        written = write_open(parts[kind].lines, include_done) if kind in parts else ""
        if written:
            body.append(f"## {heading}\n\n{written}" if heading else written)
    over = is_done(status)
    if over and not include_done:
        yield Skipped(name, first_line(title), over, str(path))
    else:
        yield SourceTask(name, "\n\n".join([title, *body]), status, str(path))


def _parts(sections: list[Section]) -> dict[str, Section]:
    """Return the first section of each kind that has anything in it, without the lines of another kind."""
    found: dict[str, Section] = {}
    for section in sections:
        kind = next((kind for kind, name in _PARTS.items() if name.fullmatch(section.name)), None)
        if kind is not None and kind not in found and section.lines:
            found[kind] = section
    numbers = {kind: {line.number for line in section.lines} for kind, section in found.items()}
    for kind, section in found.items():
        inner = [other for other in found if other != kind and numbers[other] < numbers[kind]]
        if inner:
            begins = min(min(numbers[other]) for other in inner)
            found[kind] = section._replace(lines=[line for line in section.lines if line.number < begins - 1])
    return found


def _title(sections: list[Section], path: Path) -> tuple[str | None, str]:
    named = [section for section in sections if section.level == 1] or sections[1:2]
    title = named[0].title if named else path.stem
    story = _STORY.search(title) or _NUMBERED.match(title)
    name = story[1] if story is not None else None
    if story is not None and story[2]:
        title = story[2]
    if name is None and (match := _FILE.match(path.name)):
        name = f"{match[1]}.{match[2]}"
    return name, title.strip()


def _status(text: str, sections: list[Section]) -> str:
    """Return what a line or a section says of the status, in lower case."""
    for section in sections:
        if section.name == "status":
            written = next((line.body for line in section.lines if line.body.strip("*_` ")), "")
            return written.strip("*_`[] .").lower()
    first = re.search(r"(?m)^##\s", text)
    match = _STATUS.search(text, 0, first.start() if first is not None else len(text))
    return match[1].strip("*_`[] .'\"").lower() if match is not None else ""
