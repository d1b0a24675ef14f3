"""Every reader finds the tasks of its files, none more, and says of each other entry why it is none."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from escalation.errors import InputError
from escalation.sources.backlog import read_backlog
from escalation.sources.bmad import read_bmad
from escalation.sources.boxes import read_boxes
from escalation.sources.lists import read_lines
from escalation.sources.source import Skipped, SourceTask, first_line, is_done
from escalation.sources.taskmaster import read_taskmaster

DATA = Path(__file__).parents[1] / "data" / "sources"
READERS = {
    "boxes": read_boxes,
    "taskmaster": read_taskmaster,
    "backlog": read_backlog,
    "bmad": read_bmad,
    "lines": read_lines,
}
FILES = [
    pytest.param(kind, path, id=f"{kind}/{path.name}")
    for kind in READERS
    for path in sorted((DATA / kind).iterdir())
    if not path.name.endswith(".expected.json")
]


def as_json(entry):
    if isinstance(entry, SourceTask):
        return {"id": entry.id, "text": entry.text, "status": entry.status, "place": entry.place}
    return {"id": entry.id, "skipped": entry.reason, "title": entry.title, "place": entry.place}


def read(kind, text, path, **options):
    return [as_json(entry) for entry in READERS[kind](text, Path(path), **options)]


@pytest.mark.parametrize("change", [str, lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
@pytest.mark.parametrize(("kind", "path"), FILES)
def test_golden_files(kind, path, change):
    expected = json.loads(path.with_name(f"{path.stem}.expected.json").read_text(encoding="utf-8"))
    assert read(kind, change(path.read_text(encoding="utf-8")), path.name) == expected


@pytest.mark.parametrize(("kind", "path"), FILES)
def test_done_entries_come_back_on_request(kind, path):
    text = path.read_text(encoding="utf-8")
    usual, all_ = read(kind, text, "f"), read(kind, text, "f", include_done=True)
    over = [entry for entry in usual if is_done(entry.get("skipped", "")) or entry.get("skipped") == "struck through"]
    names = [(entry["id"], entry["place"]) for entry in usual if "text" in entry]
    back = [(entry["id"], entry["place"]) for entry in all_ if "text" in entry]
    assert len(usual) == len(all_)
    assert not [entry for entry in all_ if is_done(entry.get("skipped", ""))]
    assert set(names) <= set(back) <= {*names, *((entry["id"], entry["place"]) for entry in over)}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *[("done", "done"), ("Completed", "completed"), ("CLOSED", "closed"), ("tombstone", "tombstone")],
        *[("canceled", "cancelled"), ("Won't Do", "won't do"), ("wont-fix", "won't do"), ("✔ Done", "done")],
        *[("Done (2026-01-02)", "done"), ("completed - all tests pass", "completed"), ("not_planned", "not planned")],
        *[(status, None) for status in ("pending", "in-progress", "In Progress", "review", "Ready for Review")],
        *[
            (status, None)
            for status in ("deferred", "blocked", "optional", "", "to do", "ready for done", "halb fertig")
        ],
    ],
)
def test_statuses(status, reason):
    assert is_done(status) == reason


def test_titles_are_short():
    assert first_line("\n  First  \nsecond") == "First"
    assert len(first_line("word " * 100)) == 80


def test_what_is_out_of_scope_is_not_asked(reading):
    text = (DATA / "taskmaster" / "tagged.json").read_text(encoding="utf-8")
    task = next(entry for entry in read_taskmaster(text, Path("tasks.json")) if entry.id == "2")
    pieces = reading(task.text)
    excluded = [pieces.words_of(piece) for piece in pieces.pieces if piece.status == "excluded"]
    assert {"Invoices by mail", "A refund page in React"} <= set(excluded)
    assert "SEPA" in [pieces.words_of(piece) for piece in pieces.asked]
    assert "Playwright" not in task.text


def test_a_criterion_below_a_task_belongs_to_it():
    text = "- [ ] T001 Add the page\n  - Acceptance Criteria:\n    - [ ] It loads fast\n- [ ] T002 Add the menu\n"
    entries = list(read_boxes(text, Path("tasks.md")))
    assert [entry.id for entry in entries] == ["T001", "T002"]
    assert entries[0].text == "Add the page\n- Acceptance Criteria:\n  - [ ] It loads fast"


def test_a_note_below_a_task_stays_a_quote():
    (entry,) = read_boxes("- [ ] 1.1 Add the page\n  > Note: the menu is there\n", Path("tasks.md"))
    assert entry.text == "Add the page\n> Note: the menu is there"


@pytest.mark.parametrize(
    "heading", ["Key rotation", "Foreign key", "Setup", "Dependencies", "Completed", "Phase 1 (DONE)"]
)
def test_an_open_box_is_a_task_under_most_headings(heading):
    (entry,) = read_boxes(f"## {heading}\n\n- [ ] Write the migration\n", Path("tasks.md"))
    assert isinstance(entry, SourceTask)


def test_a_checklist_of_its_own_is_a_list_of_tasks():
    entries = list(read_boxes("# Acceptance Criteria\n\n- [ ] It is fast\n- [x] It is blue\n", Path("a.md")))
    assert [type(entry) for entry in entries] == [SourceTask, Skipped]


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("SHA-256 sums for the downloads", None, "SHA-256 sums for the downloads"),
        ("3.12 is the next Python", "3.12", "is the next Python"),
        ("**2.1 Add the model**", "2.1", "Add the model"),
        ("Task 3: Add the view (AC: 1, 2)", "3", "Add the view"),
        ("`T003` Add the form [P]", "T003", "Add the form"),
        ("任务 4：添加登录", "4", "添加登录"),
        ("Python 3: drop what is old", None, "Python 3: drop what is old"),
        ("**T01 — Add the model**", "T01", "Add the model"),
        ("**T008 · Add unit tests**", "T008", "Add unit tests"),
        ("*T009* Add the view", "T009", "Add the view"),
        ("SubTask 1.1: Add the route", "1.1", "Add the route"),
        ("#12 Fix the footer", "#12", "Fix the footer"),
        ("Add the report _(Requirements: 1.1, 2.3)_", None, "Add the report"),
    ],
)
def test_ids_and_markers(line, name, text):
    entry = next(read_boxes(f"- [ ] {line}", Path("tasks.md")))
    assert (entry.id, entry.text) == (name, text)


def test_a_prefix_that_several_lines_share_is_an_id():
    entries = list(read_boxes("- [ ] FE-01 Add the page\n- [ ] FE-02 Add the menu", Path("tasks.md")))
    assert [entry[:2] for entry in entries] == [("FE-01", "Add the page"), ("FE-02", "Add the menu")]


BROKEN = {
    "empty": ("boxes", "\n\n", "tasks.md: is empty; name"),
    "json as Markdown": ("boxes", '{"tasks": []}', "tasks.md: is JSON"),
    "JSON list as Markdown": ("boxes", '[{"title": "Add it"}]', "tasks.md: is JSON"),
    "prose": ("boxes", "Only some words.", "has no boxes"),
    "cut in a comment": (
        "boxes",
        "- [ ] One\n<!-- sample\n- [ ] Two",
        "tasks.md:2: the comment that begins here is never closed",
    ),
    "cut in a block": ("boxes", "- [ ] One\n\n```\n- [ ] Two", "tasks.md:3: the block of code"),
    "UTF-16 read as something else": ("boxes", "-\0 \0[\0 \0]\0", "tasks.md:1: has NUL characters"),
    "cut JSON": ("taskmaster", '{"tasks": [\n{"id": 1, "title": "A"},\n{"id"', "tasks.md:3: is not JSON"),
    "JSON of VS Code": (
        "taskmaster",
        '{"version": "2", "tasks": [{"label": "build"}]}',
        "tasks[0] has no 'title' but 'label'",
    ),
    "JSON without tasks": ("taskmaster", '{"compilerOptions": {}}', "has no list 'tasks' but 'compilerOptions'"),
    "JSON list": ("taskmaster", "[1]", "is a list, not an object with 'tasks'"),
    "tasks by id": ("taskmaster", '{"tasks": {"1": {}}}', "tasks is an object, not a list"),
    "a text as a task": ("taskmaster", '{"master": {"tasks": ["Do it"]}}', "master.tasks[0] is a text, not an object"),
    "a broken subtask": (
        "taskmaster",
        '{"tasks": [{"title": "A", "subtasks": [7]}]}',
        "tasks[0].subtasks[0] is a number",
    ),
    "a key twice": ("taskmaster", '{"tasks": [], "tasks": []}', "the key 'tasks' occurs twice"),
    "no front matter": ("backlog", "# Add login\n", "has no front matter; name a file of Backlog.md"),
    "open front matter": ("backlog", "---\nid: task-1\n", "its front matter is never closed"),
    "front matter of another tool": ("backlog", "---\nname: agent\n---\n", "has no 'id' and no 'title' but 'name'"),
    "front matter that is no YAML": (
        "backlog",
        "---\nid: a\ntitle: Fix: this\n---\n",
        "is not YAML (line 3: mapping values",
    ),
    "front matter as a list": ("backlog", "---\n- a\n---\n", "is not a mapping"),
    "aliases": ("backlog", "---\nid: &a [*a]\n---\n", "an alias is within what it stands for"),
    "huge front matter": ("backlog", "---\nid: " + "a" * 200_000 + "\n---\n", "more than 100,000 characters"),
    "cut in a section": (
        "backlog",
        "---\nid: a\n---\n<!-- SECTION:DESCRIPTION:BEGIN -->\nAdd",
        "tasks.md:4: the section SECTION:DESCRIPTION",
    ),
    "another document as a story": ("bmad", "# Architecture\n\n## Tasks\n\n- a\n", "is not a story of BMAD"),
    "JSON lines as text": ("lines", '{"text": "Fix it"}\n', "is JSON, not text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_with_the_place_and_a_remedy(name):
    kind, text, message = BROKEN[name]
    with pytest.raises(InputError) as error:
        read(kind, text, "tasks.md")
    assert str(error.value).startswith("tasks.md:")
    assert message in str(error.value)
    assert ";" in str(error.value)


@pytest.mark.parametrize("kind", READERS)
def test_too_large_a_file_is_rejected(kind):
    with pytest.raises(InputError, match=r"^tasks\.md: has 52,428,801 characters, more than 52,428,800; split it"):
        read(kind, "x" * (50 * 2**20 + 1), "tasks.md")


def test_thousands_of_tasks_are_read_in_linear_time():
    tasks = [{"id": number, "title": f"Add page {number}", "details": "- step\n" * 20} for number in range(10_000)]
    entries = list(read_taskmaster(json.dumps({"master": {"tasks": tasks}}, indent=2), Path("tasks.json")))
    assert len(entries) == 10_000
    assert entries[-1].place == "tasks.json:49999"
    lines = "\n".join(f"- [ ] T{number:04} Add page {number}\n  - with a step" for number in range(5_000))
    assert len(list(read_boxes(lines, Path("tasks.md")))) == 5_000


@pytest.mark.parametrize("sign", ["*", "_", "(", "[P] ", " - ", "~~", "1.1, ", "_a: 1.1", "<!--", "> ", "- [ ] "])
def test_a_line_of_one_sign_takes_no_long_time(sign):
    started = time.perf_counter()
    list(read_boxes(f"- [ ] T001 {sign * 20_000}\n- [ ] {sign * 20_000}x", Path("tasks.md")))
    assert time.perf_counter() - started < 2
