"""Whatever a file is made of, the tasks that go in come out or are reported, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.sources.boxes import read_boxes
from escalation.sources.lists import read_lines
from escalation.sources.source import Skipped, SourceTask
from escalation.sources.taskmaster import read_taskmaster

WORDS = st.lists(
    st.sampled_from(["add", "the", "page", "größe", "登录", "`src/a.py`", "for", "users", "**fast**", "(T001)", "50%"]),
    min_size=1,
    max_size=6,
).map(lambda words: "Write a few words more about " + " ".join(words))
BULLETS = st.sampled_from(["-", "*", "+", "1.", "2)", ">  -", ""])
NOISE = st.sampled_from(
    [
        *["", "## Phase 2: Core (Priority: P1)", "**Goal**: a page", "**Checkpoint**: it runs", "Only prose here."],
        *["<!-- - [ ] T900 sample -->", "<!--\n- [ ] T901 sample\n-->", "```\n- [ ] T902 code\n```", "---"],
        *["- [P] tasks = different files", "> **NOTE**: first the tests", "- a note: `- [ ]` is open", "| a | b |"],
    ]
)
MARKERS = st.sampled_from(["", "[P] ", "[P] [US1] ", "[FN] "])


@st.composite
def box_lines(draw):
    """Lines of a file with boxes, and of each box its number, its sign and its text."""
    lines, boxes = [], []
    for number in range(draw(st.integers(1, 12))):
        lines += draw(st.lists(NOISE, max_size=2))
        sign = draw(st.sampled_from([" ", "x", "X", "-", "~"]))
        words = draw(WORDS)
        lines.append(f"{draw(BULLETS)} [{sign}] T{number + 100} {draw(MARKERS)}{words}".strip())
        lines += draw(st.lists(st.just("    - with a detail"), max_size=1))
        boxes.append((f"T{number + 100}", sign, words))
    return lines, boxes


@settings(max_examples=150, deadline=None)
@given(box_lines(), st.sampled_from(["\n", "\r\n"]))
def test_boxes(content, newline):
    lines, boxes = content
    entries = list(read_boxes(newline.join(lines), Path("tasks.md")))
    assert [entry.id for entry in entries] == [name for name, _, _ in boxes]
    where = "\n".join(lines).split("\n")
    for entry, (name, sign, words) in zip(entries, boxes, strict=True):
        assert isinstance(entry, Skipped) == (sign in "xX")
        assert name in where[int(entry.place.rpartition(":")[2]) - 1]
        if isinstance(entry, SourceTask):
            assert entry.text.split("\n")[0].strip("* ").startswith(words[:12])


STATUSES = st.sampled_from(["pending", "in-progress", "review", "deferred", "done", "completed", "cancelled", None])
SUBTASKS = st.fixed_dictionaries(
    {"title": WORDS, "status": STATUSES}, optional={"description": WORDS, "details": st.text(max_size=30)}
)
TASKS = st.fixed_dictionaries(
    {"title": WORDS, "status": STATUSES},
    optional={
        "description": WORDS,
        "testStrategy": st.just("Use Playwright"),
        "subtasks": st.lists(SUBTASKS, max_size=3),
    },
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["master", "search", "v2"]), st.lists(TASKS, max_size=4), min_size=1), st.booleans()
)
def test_taskmaster(tags, indented):
    wanted = []
    for tasks in tags.values():
        for number, task in enumerate(tasks, 1):
            task["id"] = number
            wanted.append((str(number), task))
            for below, subtask in enumerate(task.get("subtasks", []), 1):
                subtask["id"] = below
                wanted.append((f"{number}.{below}", subtask))
    text = json.dumps({tag: {"tasks": tasks} for tag, tasks in tags.items()}, indent=2 if indented else None)
    entries = list(read_taskmaster(text, Path("tasks.json")))
    assert [entry.id for entry in entries] == [name for name, _ in wanted]
    lines = text.split("\n")
    for entry, (_, task) in zip(entries, wanted, strict=True):
        if task["status"] in ("done", "completed", "cancelled"):
            assert isinstance(entry, Skipped)
        elif isinstance(entry, Skipped):
            assert entry.reason in ("groups its subtasks", "cancelled")
        else:
            assert task["title"] in entry.text
            assert task.get("description", "") in entry.text
            assert "Playwright" not in entry.text
        if indented:
            assert lines[int(entry.place.rpartition(":")[2]) - 1].strip() == "{"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(WORDS, st.just(""), st.just("   ")), min_size=1, max_size=10).filter(
        lambda rows: any(map(str.strip, rows))
    )
)
def test_lines(rows):
    entries = list(read_lines("\n".join(rows), Path("todo.txt")))
    assert [(entry.text, int(entry.place.rpartition(":")[2])) for entry in entries] == [
        (row, number) for number, row in enumerate(rows, 1) if row.strip()
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("-*[] x~`<!->|#:1.T_\n\tab✅☐"), min_size=1, max_size=120))
def test_no_text_makes_the_reader_fail(text):
    from escalation.errors import InputError

    try:
        entries = list(read_boxes(text, Path("tasks.md")))
    except InputError as error:
        assert str(error).startswith("tasks.md")
    else:
        assert all(entry.text.strip() for entry in entries if isinstance(entry, SourceTask))
