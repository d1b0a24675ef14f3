"""The outline of a Markdown file has its lines with numbers, boxes and levels, and no comments."""

from __future__ import annotations

import pytest

from escalation.files import default_reading
from escalation.task.outline import named_heading, read_outline
from escalation.task.reading import load_reading


@pytest.mark.parametrize(
    ("text", "kind", "box", "body"),
    [
        *[("- [ ] One", "item", "", "One"), ("- [x] One", "item", "x", "One"), ("* [-] One", "item", "-", "One")],
        *[("+ [√] One", "item", "x", "One"), ("1. [ ] One", "item", "", "One"), ("-[X] One", "item", "x", "One")],
        *[("- []One", "item", "", "One"), ("☐ One", "item", "", "One"), ("- ✅ One", "item", "x", "One")],
        *[
            ("> - [~] One", "item", "~", "One"),
            ("> > [ ] One", "item", "", "One"),
            ("## [x] One", "heading", "x", "One"),
        ],
        *[("- [One](a.md)", "item", None, "[One](a.md)"), ("- [x](a.md)", "item", None, "[x](a.md)")],
        *[("One <!-- two -->", "text", None, "One"), ("| One |", "row", None, "| One |")],
    ],
)
def test_a_line(text, kind, box, body):
    (line,) = read_outline(text).lines
    assert (line.kind, line.box, line.body) == (kind, box, body)


def test_numbers_are_those_of_the_file():
    text = "---\ntitle: a\n---\r\n# One\r\n\r\n<!-- x\ny -->\n- two\n```\n- [ ] code\n```\nThree\n===\n"
    lines = read_outline(text).lines
    assert [(line.number, line.kind) for line in lines] == [
        *[(4, "heading"), (8, "item"), (9, "code"), (10, "code"), (11, "code"), (12, "heading")]
    ]


@pytest.mark.parametrize(("opens", "closes", "what"), [("<!-- b", "-->", "comment"), ("```", "```", "block of code")])
def test_what_is_never_closed(opens, closes, what):
    assert read_outline(f"a\n{opens}\nc").unclosed == (2, what)
    assert read_outline(f"a\n{opens}\nc\n{closes}").unclosed is None


@pytest.mark.parametrize(
    ("name", "status"),
    [("4. Out of scope", "excluded"), ("✅ Done", "done"), ("Acceptance Criteria (must)", "criteria"), ("Pages", "")],
)
def test_a_heading_is_known_without_its_number(name, status):
    assert named_heading(name, load_reading(default_reading())) == status
