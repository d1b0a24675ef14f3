"""Which kind of task list a file, a folder or a text is, and what is said of one that is none."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from escalation import Predictor, Skipped, Task, read_tasks
from escalation.errors import InputError
from escalation.sources.kinds import KINDS, detect, evident, named
from escalation.sources.lines import MAX_FILE
from escalation.sources.reading import read_rows
from escalation.sources.source import SourceTask
from helpers import DATA

SOURCES = DATA / "sources"
FOLDERS = {"taskmaster": "task-master"}
MARKDOWN = [
    pytest.param(FOLDERS.get(path.parent.name, path.parent.name), path, id=f"{path.parent.name}/{path.name}")
    for kind in ("boxes", "taskmaster", "backlog", "bmad", "lines", "github", "json")
    for path in sorted((SOURCES / kind).iterdir())
    if not path.name.endswith(".expected.json")
]


@pytest.mark.parametrize(("kind", "path"), MARKDOWN)
def test_every_golden_file_is_told(kind, path):
    found = detect(path, path.read_text(encoding="utf-8")).name
    assert found == kind or (found == "boxes" and kind == "lines")


@pytest.mark.parametrize("name", ["spec-kit", "Kiro", "OPENSPEC", "jira", "linear", "taskmaster", *KINDS])
def test_formats_have_several_names(name):
    assert named(name) in KINDS.values()


# ------------------------------------------------------------------------------------------------ evident or not

LISTS = {
    "spec-kit": (
        "boxes",
        "# Tasks: Login\n\nSome words first.\n\n## Phase 1\n- [x] T001 Set up\n- [ ] T002 [P] Add it\n",
    ),
    "kiro": (
        "boxes",
        "# Implementation Plan\n\n- [ ] 1. Set up\n  - [ ] 1.1 Add it\n    - with a test\n  - _Requirements: 1.1_\n",
    ),
    "openspec": ("boxes", "## 1. Server\n\n- [ ] 1.1 Add it\n- [ ] 1.2 Test it\n"),
    "openspec, plain boxes": (
        "boxes",
        "Why: it is slow.\n\n## 1. Server\n- [ ] Add it\n- [ ] Test it\n- [x] Plan it\n",
    ),
    "boxes alone": ("boxes", "- [ ] Add it\n- [ ] Test it\n"),
    "Windows": ("boxes", "## 1. Server\r\n\r\n- [ ] 1.1 Add it\r\n- [ ] 1.2 Test it\r\n"),
    "gh": ("github", '[{"number":1,"title":"Add it","body":"x"}]'),
    "export": ("github", '{"issues": [{"number": 1, "title": "Add it"}]}'),
    "task master": ("task-master", '{"master": {"tasks": [{"id": 1, "title": "Add it", "status": "pending"}]}}'),
    "array": ("json", '[{"title": "Add it", "description": "x"}, {"summary": "Test it"}]'),
    "JSON lines": ("jsonl", '{"id": 1, "text": "Add it"}\n{"id": 2, "text": "Test it"}\n'),
    "beads with a memory": (
        "jsonl",
        '{"_type":"memory","key":"a","value":"b"}\n{"id":"a-1","title":"Add it","issue_type":"task"}\n',
    ),
    "cut, with tags": ("json", '{"master": {"tasks": [{"id": 1, "title": "Add it", "desc'),
    "cut behind a value": ("json", '[{"title": "Add it"},'),
    "beads": (
        "jsonl",
        '{"id":"a-1","title":"Add it","issue_type":"task"}\n{"id":"a-2","title":"B","issue_type":"bug"}\n',
    ),
    "cut": ("json", '[{"number":1,"title":"Add it","body":"x"},{"number":2,"ti'),
    "Jira": ("csv", 'Summary,Issue key,Status,Description\nAdd it,X-1,To Do,"two\nlines"\n'),
    "Linear": ("csv", '"ID","Title","Status"\n"E-1","Add it","Todo"\n'),
    "semicolons": ("csv", "id;text\n1;Add it\n"),
    "backlog": ("backlog", "---\nid: task-1\ntitle: Add it\nstatus: To Do\n---\n\n## Description\n\nx\n"),
    "bmad": ("bmad", "# Story 1.1: A\n\n## Story\nI want it.\n\n## Acceptance Criteria\n1. x\n\n## Dev Notes\ny\n"),
}

TEXTS = {
    "sentence": "Split the users table without downtime",
    "bullets": "Improve the login:\n- remember the user\n- limit the attempts\n- write a test\n",
    "bullets alone": "- remember the user\n- limit the attempts\n",
    "one box": "- [ ] Remember the user\n",
    "one box in prose": "Remember the user.\n\n- [ ] with a test\n",
    "criteria": "Remember the user for a month.\n\n## Acceptance Criteria\n- [ ] a cookie\n- [ ] a test\n- [ ] docs\n",
    "criteria alone": "## Acceptance criteria\n- [ ] a cookie\n- [ ] a test\n",
    "issue form": "### Describe the bug\n\nIt breaks.\n\n### Checklist\n\n- [x] I searched\n- [ ] I can help\n",
    "boxes after a request": "Please do these before Friday:\n- [ ] bump the version\n- [ ] tag it\n- [ ] publish it\n",
    "pull request": "Adds retries.\n\n## Test plan\n- [x] unit\n- [ ] by hand\n\nFixes #3\n",
    "boxes in code": "Parse this:\n```\n- [ ] T001 a\n- [ ] T002 b\n```\n",
    "boxes in a comment": "Fix it\n<!--\n- [ ] T001 a\n- [ ] T002 b\n-->\n",
    "user story": "## User Story\nI want it.\n\n## Acceptance Criteria\n1. fast\n\n## Tasks\n- one\n",
    "JSON payload": '{"error": "not found", "status": 404}',
    "JSON in words": 'The API returns {"title": "x"} but should return a list',
    "JSON before words": '[{"title": "x"}] is what the API returns; sort it',
    "JSON with dots": '{"title": ..., "body": ...} is what we return; add the id',
    "numbered boxes after a request": "Please do this:\n- [ ] 1. bump the version\n- [ ] 2. tag it\n",
    "array of numbers": "[1, 2, 3]",
    "bracket": "[API] Add a health check",
    "wrong braces": "{ not JSON, but a title: in braces }",
    "configuration": '{"tasks": [{"label": "build", "command": "make"}]}',
    "commas": "Title, description and status are missing in the export\nAdd them, please\n",
    "header in a sentence": "Summary\nAdd a page\n",
    "front matter": "---\ntitle: Add it\nlabels: bug\n---\nAdd the page\n",
    "headings": "# Login\n\n## Goal\nFaster\n\n## Steps\n1. cache\n2. measure\n",
    "empty": "",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_text_that_is_evidently_a_list(name):
    kind, text = LISTS[name]
    found = evident(text)
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_may_be_one_task(name):
    assert evident(TEXTS[name]) is None


@pytest.mark.parametrize(
    "part", ["- [ ] a\n", "# #", "# (", "```\n", "<!-- ", "- [ ", "*" * 9 + "\n", "[", "{", ",", "a,", "# \t"]
)
def test_a_text_is_told_in_linear_time(part):
    begin = time.process_time()
    evident(part * (100_000 // len(part)))
    assert time.process_time() - begin < 10


# ------------------------------------------------------------------------------------------------ folders

TREE = {
    "specs/001-login/tasks.md": "- [x] T001 Set up\n- [ ] T002 Add the page\n",
    "specs/001-login/plan.md": "- [ ] T900 Not a list of tasks\n",
    ".kiro/specs/billing/tasks.md": "- [ ] 1. Charge the card daily\n",
    "openspec/changes/add-x/tasks.md": "## 1. Server\n- [ ] 1.1 Add a column\n",
    "openspec/changes/archive/2026-01-01-old/tasks.md": "## 1. Server\n- [ ] 1.1 Old work\n",
    ".taskmaster/tasks/tasks.json": '{"tasks": [{"id": 3, "title": "Add Redis", "description": "As a cache"}]}',
    ".vscode/tasks.json": '{"version": "2.0.0", "tasks": [{"label": "build"}]}',
    "backlog/tasks/task-9 - Log-in.md": "---\nid: task-9\ntitle: Log in\nstatus: To Do\n---\n",
    ".beads/issues.jsonl": '{"id": "b-1", "title": "Fix it", "status": "open", "issue_type": "bug"}\n',
    "docs/stories/1.1.x.md": LISTS["bmad"][1],
    "docs/stories/README.md": "# How to write stories\n\n- short\n",
    "node_modules/a/specs/b/tasks.md": "- [ ] T001 Not ours\n",
    "data.csv": "Summary,Issue key\nNot read,X-1\n",
    "README.md": "- [ ] Not a task\n",
}


def write(folder, tree):
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_a_folder_is_searched_for_the_known_kinds(tmp_path, monkeypatch):
    write(tmp_path / "shop", TREE)
    monkeypatch.chdir(tmp_path)
    tasks = read_tasks("shop")
    assert [task.id for task in tasks] == [
        ".beads/issues.jsonl#b-1",
        ".kiro/specs/billing/tasks.md#1",
        ".taskmaster/tasks/tasks.json#3",
        "backlog/tasks/task-9 - Log-in.md#task-9",
        "docs/stories/1.1.x.md#1.1",
        "openspec/changes/add-x/tasks.md#1.1",
        "specs/001-login/tasks.md#T002",
    ]
    assert [task.place for task in tasks][-1] == "shop/specs/001-login/tasks.md:2"
    assert [(entry.id, entry.reason) for entry in tasks.skipped] == [("specs/001-login/tasks.md#T001", "done")]
    for inner in ("specs", "specs/001-login", ".kiro/specs", "backlog/tasks", ".taskmaster", ".beads"):
        assert list(read_tasks(Path("shop", inner)))


def test_a_folder_of_exports_is_read_by_content(tmp_path):
    names = {
        "jira.csv": "Summary,Issue key\nOne,X-1\n",
        "gh.json": '[{"number": 2, "title": "Two"}]',
        "sprint.md": "- [x] T008 A\n- [ ] T009 B\n",
    }
    others = {
        "package.json": '{"name": "shop", "version": "1"}',
        "people.csv": "name,mail\nx,y\n",
        "notes.md": "# Notes\n\n- [ ] a\n",
    }
    write(tmp_path, {**names, **others, "more/deep.csv": names["jira.csv"]})
    assert [task.id for task in read_tasks(tmp_path)] == ["gh.json#2", "jira.csv#X-1", "sprint.md#T009"]


# ------------------------------------------------------------------------------------------------ what is broken


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tasks.md", b"", ["tasks.md: is empty", "name a file"]),
        ("tasks.csv", b"\xef\xbb\xbf\r\n", ["is empty"]),
        ("tasks.json", b" \n", ["is empty"]),
        ("tasks.json", b'[{"number": 1,\n"title": "Cut', ["tasks.json: is not JSON", "line 2", "is it cut?"]),
        ("tasks.json", b'{"master": {"tasks": [{"id": 1,', ["is not JSON", "is it cut?"]),
        (
            "tasks.json",
            b'{"version": "2.0.0", "tasks": [{"label": "a", "command": "b"}]}',
            ["tasks[0] has no title", "'label'", "tried"],
        ),
        (
            "tasks.json",
            b'{"compilerOptions": {"strict": true}}',
            ["holds no list of tasks but 'compilerOptions'", "tried"],
        ),
        (
            "tasks.json",
            b'{"a": [{"title": "x"}], "b": [{"title": "y"}]}',
            ["several lists of tasks, 'a' and 'b'", "save the one"],
        ),
        ("tasks.json", b"3", ["is int in JSON"]),
        (
            "issues.json",
            b'[{"number": 1, "title": "A"},\n{"number": 2, "labels": []}]',
            ["issues.json, line 2: the task has no 'text'"],
        ),
        (
            "tasks.md",
            "Größe".encode("latin-1"),
            ["tasks.md, line 1: is not UTF-8 text (byte 2)", "save the file as UTF-8"],
        ),
        (
            "tasks.csv",
            "text\ngut\nGröße\n".encode("cp1252"),
            ["tasks.csv, line 3: is not UTF-8", "save the file as UTF-8"],
        ),
        (
            "tasks.csv",
            "Summary,Status\nAdd it,x".encode("utf-16")[:-1],
            ["tasks.csv, line 2: is cut or not UTF-16", "UTF-8"],
        ),
        (
            "tasks.md",
            "- [ ] Add it".encode("utf-16-le"),
            ["is binary, or UTF-16 without a byte order mark (byte 1 is 0)"],
        ),
        ("tasks.csv", b"PK\x03\x04\x14\x00\x06\x00", ["tasks.csv: is binary", "name a task list that is text"]),
        ("tasks", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["is binary"]),
        ("tasks.jsonl", b"\0\0", ["is binary"]),
        (
            "list.yaml",
            b"\ntasks:\n- title: A\n",
            ["list.yaml, line 2: no task list begins here (tried: JSON", "--format lines"],
        ),
        ("people.csv", b"name,mail\nx,y\n", ["people.csv: has no column 'text'", "'mail'", "--text-column"]),
        ("specs/a/tasks.md", b"# Tasks\n\nNothing here yet.\n", ["tasks.md", "list"]),
        (".beads/issues.jsonl", b'{"nodes": 3}\n', [".beads/issues.jsonl, line 1: the task has no 'text' but 'nodes'"]),
        ("backlog/tasks/task-1.md", b"Just words\n", ["task-1.md: has no front matter", "Backlog.md"]),
        (".taskmaster/tasks/tasks.json", b'{"tasks": "none"}', [".taskmaster/tasks/tasks.json", "give the format"]),
        (".taskmaster/tasks/tasks.json", b'{"tasks": [{"name": "nightly", "cron": "0 3"}]}', ["give the format"]),
        (".taskmaster/tasks/tasks.json", b'[{"id": 1, "title": "A"}]', ["give the format"]),
    ],
)
def test_a_broken_file_is_named_with_the_place_and_a_remedy(tmp_path, monkeypatch, name, content, words):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        list(read_tasks(name))
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("name", ["tasks.json", "tasks.md", "tasks.txt", "tasks"])
def test_a_file_that_is_too_large_is_not_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b'[{"title": "' if name.endswith("json") else b"- [ ] Add it\n")
    os.truncate(path, 50 * 2**20)
    with pytest.raises(InputError, match=rf"is larger than {MAX_FILE:,} bytes.*JSON lines or CSV"):
        list(read_tasks(path))


def test_a_long_line_is_no_obstacle_where_the_file_is_read_whole(tmp_path):
    issues = [{"number": number, "title": "Add it", "body": "x" * 900_000} for number in range(15)]
    (tmp_path / "issues.json").write_text(json.dumps(issues))
    assert [task.id for task in read_tasks(tmp_path / "issues.json")] == [str(number) for number in range(15)]
    (tmp_path / "issues.jsonl").write_text(f"{json.dumps(issues)}\n{json.dumps(issues[0])}\n")
    rows = list(read_rows(tmp_path / "issues.jsonl"))
    assert [(row.number, type(row.value)) for row in rows] == [(1, InputError), (2, SourceTask)]


def test_json_lines_under_another_name(tmp_path):
    for text in (
        '{"id": 1, "text": "Fix it"}\n{"id": 2, "text": "Add it"}\n',
        '{"title": "A", "labels": []}\n{"title": "B"}\n',
    ):
        for name in ("tasks.json", "tasks", "tasks.txt"):
            (tmp_path / name).write_text(text)
            assert len(list(read_tasks(tmp_path / name))) == 2


@pytest.mark.skipif(os.name != "posix", reason="needs names of files that are not UTF-8")
def test_a_name_that_is_not_printable_is_escaped(tmp_path):
    path = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9/specs/a/tasks.md"))
    path.parent.mkdir(parents=True)
    path.write_text("- [ ] T001 Add it\n")
    (task,) = read_tasks(tmp_path)
    assert (task.id, task.place) == ("caf\\udce9/specs/a/tasks.md#T001", f"{tmp_path}/caf\\udce9/specs/a/tasks.md:1")


def test_wrong_arguments(tmp_path):
    with pytest.raises(InputError, match="unknown format 'word'; use one of boxes, task-master"):
        read_tasks("x", "word")
    with pytest.raises(InputError, match="text_columns is one text"):
        read_tasks("x", text_columns="title")
    with pytest.raises(InputError, match="has no file of a known kind"):
        list(read_tasks(tmp_path))
    with pytest.raises(InputError, match=r"nowhere\.md: cannot be read"):
        list(read_tasks("nowhere.md"))


# ------------------------------------------------------------------------------------------------ the public function


def test_tasks_are_answered_with_id_and_place(tmp_path):
    path = tmp_path / "tasks.md"
    path.write_text("- [x] T001 Set up\n- [ ] T002 Write the Dockerfile\n", encoding="utf-8")
    tasks = read_tasks(path)
    (answer,) = Predictor.load().predict_many(tasks)
    assert (answer.id, answer.place) == ("T002", f"{path}:2")
    assert answer.to_dict()["place"] == f"{path}:2"
    assert [type(entry) for entry in tasks.skipped] == [Skipped]
    assert [task.id for task in read_tasks(path, include_done=True)] == ["T001", "T002"]
    assert [task.text for task in read_tasks(path, "text")] == [path.read_text()]
    assert [task.text for task in read_tasks(path, "lines")] == ["Write the Dockerfile"]
    (tmp_path / "own.jsonl").write_text(json.dumps({"id": 4, "text": "Fix it", "place": "here"}))
    assert list(read_tasks(tmp_path / "own.jsonl")) == [Task("Fix it", id=4)]
