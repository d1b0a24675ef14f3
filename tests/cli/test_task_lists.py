"""`escalation predict` on the files that tools keep their tasks in."""

from __future__ import annotations

import csv
import json

import jsonschema
import pytest

from escalation.files import PREDICTION_SCHEMA
from helpers import refused

BOXES = "# Tasks\n\n- [x] T001 Set up\n- [ ] T002 Write the Dockerfile\n- [ ] T003 Fix the settings page\n"
ISSUES = [
    {"number": 4, "title": "Write the Dockerfile", "body": "", "state": "OPEN"},
    {"number": 5, "title": "Typo", "body": "", "state": "CLOSED"},
    {"number": 6, "title": "Wrong", "body": 3},
]


def answers(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize(
    "arguments", [["-"], ["--input", "-"], ["--input", "tasks.md"], ["--input", "tasks.md", "--jobs", 2]]
)
def test_each_task_is_answered_and_what_is_left_out_is_counted(run, tmp_path, arguments):
    (tmp_path / "tasks.md").write_text(BOXES)
    done = run("predict", *arguments, "--json", stdin=BOXES)
    name = "tasks.md" if "tasks.md" in arguments else "-"
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode() == "left out: 1 done (--include-done brings them back)\n"
    found = answers(done)
    assert [(answer["id"], answer["place"]) for answer in found] == [("T002", f"{name}:4"), ("T003", f"{name}:5")]
    validator = jsonschema.Draft202012Validator(json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8")))
    for answer in found:
        validator.validate(answer)
    done = run("predict", *arguments, "--json", "--include-done", stdin=BOXES)
    assert [answer["id"] for answer in answers(done)] == ["T001", "T002", "T003"]
    assert done.stderr == b""


@pytest.mark.parametrize("arguments", [["-"], ["--input", "-"]])
@pytest.mark.parametrize(
    "text", ["Write the Dockerfile:\n- small\n- fast\n", "Write the Dockerfile\n\n- [ ] with a test\n"]
)
def test_an_ordinary_text_stays_one_task(run, arguments, text):
    done = run("predict", *arguments, "--json", stdin=text)
    (answer,) = answers(done)
    assert answer["escalate"][0]["mode"] == "docker-compose-specialist"
    assert done.stderr == b""
    assert len(answers(run("predict", *arguments, "--json", "--format", "text", stdin=BOXES))) == 1


def test_a_wrong_entry_is_named_and_the_others_answered_on_request(run, tmp_path):
    (tmp_path / "issues.json").write_text(json.dumps(ISSUES, indent=1))
    refused(
        run("predict", "--input", "issues.json"), 2, "issues.json, line 14: the task's 'body' is int", "--keep-going"
    )
    done = run("predict", "--input", "issues.json", "--keep-going", "--output", "out.csv")
    assert done.returncode == 2
    assert b"left out: 1 closed (--include-done brings them back)" in done.stderr
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["id"], row["place"], bool(row["error"])) for row in rows] == [
        ("4", "issues.json:2", False),
        ("6", "issues.json:14", True),
    ]


def test_a_folder_and_columns_of_its_own(run, tmp_path):
    (tmp_path / "specs" / "a").mkdir(parents=True)
    (tmp_path / "specs" / "a" / "tasks.md").write_text(BOXES)
    assert [answer["id"] for answer in answers(run("predict", "--input", ".", "--json"))] == [
        "specs/a/tasks.md#T002",
        "specs/a/tasks.md#T003",
    ]
    (tmp_path / "own.csv").write_text("Nr;Aufgabe;Grund\n7;Write the Dockerfile;for CI\n")
    columns = ["--text-column", "Aufgabe,Grund", "--id-column", "Nr"]
    assert answers(run("predict", "--input", "own.csv", "--json", *columns))[0]["id"] == "7"
    assert answers(run("predict", "-", "--json", *columns, stdin="Nr;Aufgabe;Grund\n7;Fix;it\n"))[0]["id"] == "7"


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["--input", "-"], b"", ["-: is empty"]),
        (["--input", "-"], b"\x89PNG\0\0", ["is binary"]),
        (["-"], b'[{"number": 1, "title": "Cut', ["-: is not JSON", "is it cut?"]),
        (["--input", "-", "--format", "word"], b"x", ["unknown format 'word'; use one of boxes"]),
        (["--input", "-", "--format", "json"], b"Fix it", ["-: is not JSON"]),
        (["--input", "-", "--format", "parquet"], b"Fix it", ["Parquet is read from a file"]),
        (["--input", "-", "--text-column", ","], b"Fix it", ["--text-column names no column"]),
        (["Fix it", "--format", "json"], b"", ["--format is for many tasks"]),
        (["-", "--include-done"], b"Fix it", ["--include-done is for many tasks"]),
    ],
)
def test_bad_input_gets_a_clear_error(run, arguments, stdin, words):
    refused(run("predict", *arguments, stdin=stdin), 2, *words)


@pytest.mark.parametrize("arguments", [["-"], ["--input", "-"]])
@pytest.mark.parametrize("stdin", ["[]\n", '{"issues": []}'])
def test_a_list_without_tasks_is_said_to_have_none(run, arguments, stdin):
    done = run("predict", *arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"warning: -: has no tasks\n"
