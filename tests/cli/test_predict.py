"""`escalation predict`: one task, many tasks, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import jsonschema
import pytest

from escalation.files import PREDICTION_SCHEMA
from helpers import SMALL_RULEBOOK, refused

TASK = "Write the Dockerfile"


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def answers(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


# ---------------------------------------------------------------------------------------------- one task


def test_the_answer_for_people(run):
    done = run("predict", TASK, "--from", "technical-architect")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "docker-compose-specialist" in text
    assert "rule deployment.containers" in text
    assert "Escalate When Necessary / Deployment/Infrastructure" in text
    assert "accept" in text


@pytest.mark.parametrize("engine", ["hybrid", "model", "rules"])
def test_the_answer_for_programs_follows_the_schema(run, validator, engine):
    done = run("predict", TASK, "--json", "--engine", engine, "--from", "react-specialist")
    answer = answers(done)[0]
    validator.validate(answer)
    assert answer["engine"] == engine
    assert answer["escalate"][0]["mode"] == "docker-compose-specialist"
    assert answer["accept"]["value"] is False
    assert (answer["model"] is None) == (engine == "rules")


def test_an_open_group_follows_the_schema(run, validator):
    answer = answers(run("predict", "Fix the settings page", "--json"))[0]
    validator.validate(answer)
    entry = answer["escalate"][0]
    assert entry["mode"] is None
    assert entry["group"] == "frontend"
    assert entry["candidates"] == ["react-specialist", "vuejs-developer"]


def test_a_task_from_standard_input(run):
    assert answers(run("predict", "-", "--json", stdin=TASK))[0]["escalate"][0]["mode"] == "docker-compose-specialist"


@pytest.mark.parametrize("stack", ["frontend=react", "stack.json"])
def test_a_stack_profile_resolves_the_group(run, tmp_path, stack):
    (tmp_path / "stack.json").write_text('{"detected_stack": {"frontend": ["React"]}}')
    answer = answers(run("predict", "Fix the settings page", "--stack", stack, "--json"))[0]
    assert answer["escalate"][0]["mode"] == "react-specialist"


def test_the_answer_into_a_file(run, tmp_path):
    assert run("predict", TASK, "--output", "answer.jsonl").stdout == b""
    assert json.loads((tmp_path / "answer.jsonl").read_text())["escalate"]


def test_caution_is_shown_and_needs_the_model(run, validator):
    done = run("predict", TASK, "--caution", "high")
    assert "a mode is named in 90 % of the tasks that need it, with 90 % confidence" in done.stdout.decode()
    assert "in the answer" in run("explain", TASK, "--caution", "high").stdout.decode()
    answer = answers(run("predict", TASK, "--caution", "high", "--json"))[0]
    validator.validate(answer)
    assert answer["promise"]["recall"] == 0.9
    refused(run("predict", TASK, "--caution", "high", "--engine", "rules"), 2, "promise of the model")
    refused(run("predict", TASK, "--caution", "high", "--model", "none", "--allow-rules"), 5, "no model directory")


# ---------------------------------------------------------------------------------------------- many tasks

LINES = [
    {"id": "b", "text": TASK},
    {"id": 2, "text": "Fix the page", "stack": {"frontend": ["Vue"]}},
    {"text": "Refactor the parser", "from": "technical-architect"},
]


def write_lines(path, lines=LINES):
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_many_tasks_keep_order_and_ids(run, tmp_path, validator):
    write_lines(tmp_path / "tasks.jsonl")
    found = answers(run("predict", "--input", "tasks.jsonl", "--json"))
    for answer in found:
        validator.validate(answer)
    assert [answer.get("id") for answer in found] == ["b", 2, None]
    assert found[1]["escalate"][0]["mode"] == "vuejs-developer"
    assert found[2]["accept"]["value"] is True
    single = answers(run("predict", "--json", TASK))[0]
    assert found[0] == {"id": "b", "place": "tasks.jsonl:1", **single}


def test_many_tasks_from_csv_standard_input_and_for_people(run, tmp_path):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["id", "text", "stack", "other"])
    writer.writerow(["x1", "Fix the page,\nthe second line", "frontend=vue", ""])
    writer.writerow(["x2", "Fix the page", '{"frontend": ["React"]}', ""])
    (tmp_path / "tasks.csv").write_text(buffer.getvalue(), encoding="utf-8-sig")
    found = answers(run("predict", "--input", "tasks.csv", "--json"))
    assert [(a["id"], a["escalate"][0]["mode"]) for a in found] == [
        ("x1", "vuejs-developer"),
        ("x2", "react-specialist"),
    ]
    assert len(answers(run("predict", "--input", "-", "--json", stdin=json.dumps(LINES[0])))) == 1
    table = run("predict", "--input", "tasks.csv").stdout.decode()
    assert "vuejs-developer  escalate 1, collaborate 0\n  x1  escalate     Fix the page" in table


WRONG = {
    "not JSON": ('{"text": "Write', "is not JSON"),
    "not an object": ("[1]", "the task is list"),
    "no text": ('{"task": "x"}', "has no 'text'"),
    "empty": ('{"text": " "}', "is empty"),
    "bad stack": ('{"text": "x", "stack": [1]}', "Stack Profile is list"),
    "bad sender": ('{"text": "x", "from": 3}', "'from' is int"),
    "surrogate": ('{"text": "x \\ud800"}', "lone surrogate"),
    "surrogate elsewhere": ('{"text": "x", "stack": {"frontend": ["\\ud800"]}}', "lone surrogate"),
    "number": ('{"text": "x", "note": NaN}', "is not JSON"),
    "key": ('{"text": "x", "text": "y"}', "the key 'text' occurs twice"),
    "NUL": ('{"text": "x\\u0000"}', "NUL character"),
    "deep": ("[" * 100_000, "nested"),
    "deep id": (f'{{"text": "x", "id": {"[" * 900}{"]" * 900}}}', "nested"),
}


def test_wrong_lines_are_named_and_the_others_answered_on_request(run, tmp_path, validator):
    write_lines(tmp_path / "tasks.jsonl", [LINES[0], *(line for line, _ in WRONG.values()), LINES[1]])
    refused(run("predict", "--input", "tasks.jsonl", "--output", "out.jsonl"), 2, "line 2: is not JSON", "--keep-going")
    assert not (tmp_path / "out.jsonl").exists()
    done = run("predict", "--input", "tasks.jsonl", "--json", "--keep-going", "--jobs", 2)
    assert done.returncode == 2
    first, *wrong, last = answers(done)
    assert (first["id"], last["id"]) == ("b", 2)
    warnings = done.stderr.decode().splitlines()
    for number, (answer, (_, message)) in enumerate(zip(wrong, WRONG.values(), strict=True), 2):
        validator.validate(answer)
        assert answer["line"] == number
        assert message in answer["error"]
        assert warnings[number - 2] == f"warning: tasks.jsonl, line {number}: {answer['error']}"
    assert warnings[-1] == f"error: tasks.jsonl: {len(WRONG)} of its lines are not answered; see the warnings"


def test_a_file_gets_the_answers_that_there_are(run, tmp_path):
    write_lines(tmp_path / "tasks.jsonl", [LINES[0], "{", LINES[1]])
    done = run("predict", "--input", "tasks.jsonl", "--output", "out.jsonl", "--keep-going")
    assert done.returncode == 2
    assert b"tasks.jsonl: 1 of its lines are not answered" in done.stderr
    assert [json.loads(line).get("id") for line in (tmp_path / "out.jsonl").read_text().splitlines()] == ["b", None, 2]


CSV = {
    "unquoted comma": (b"1,Fix the page, then write it,or not", "more fields than the header"),
    "short row": (b"1", "fewer fields than the header"),
    "not UTF-8": (b"1,caf\xe9,", "is not UTF-8 text"),
    "not UTF-8 elsewhere": (b"1,x,frontend=caf\xe9", "is not UTF-8 text"),
    "bad stack": (b"1,x,react", "has no category"),
    "deep stack": (b'1,x,{"a":' + b"[" * 60_000, "is not JSON"),
    "quote in the middle": (b'1,"bad" x,', "is not CSV"),
}


def test_wrong_csv_rows_are_named_and_the_others_answered(run, tmp_path):
    rows = [b"id,text,stack", *(row for row, _ in CSV.values()), b"2,Write the Dockerfile,"]
    (tmp_path / "tasks.csv").write_bytes(b"\n".join(rows))
    refused(run("predict", "--input", "tasks.csv"), 2, "tasks.csv, line 2: has more fields")
    done = run("predict", "--input", "tasks.csv", "--json", "--keep-going")
    assert done.returncode == 2
    *wrong, right = answers(done)
    assert right["id"] == "2"
    for number, (answer, (_, message)) in enumerate(zip(wrong, CSV.values(), strict=True), 2):
        assert answer["line"] == number
        assert message in answer["error"]


def test_an_open_quote_swallows_nothing_in_silence(run, tmp_path):
    (tmp_path / "tasks.csv").write_bytes(b'id,text\n1,Write it\n2,"Fix the page\n3,Write the Dockerfile\n')
    done = run("predict", "--input", "tasks.csv", "--json", "--keep-going")
    assert done.returncode == 2
    assert [answer.get("id") for answer in answers(done)] == ["1", None]
    assert b"is not CSV" in done.stderr


def test_a_line_too_long_is_one_line(run, tmp_path):
    long = b'{"text": "' + b"a" * 13_000_000 + b'"}\n'
    (tmp_path / "tasks.jsonl").write_bytes(long + json.dumps(LINES[0]).encode())
    found = answers(run("predict", "--input", "tasks.jsonl", "--json", "--keep-going"))
    assert [answer.get("line") or answer["id"] for answer in found] == [1, "b"]
    escaped = json.dumps({"text": "Напиши " * 130_000}).encode()
    assert len(escaped) > 4_000_000
    (tmp_path / "tasks.jsonl").write_bytes(escaped)
    assert len(answers(run("predict", "--input", "tasks.jsonl", "--json"))) == 1


def test_input_and_output_must_differ(run, tmp_path):
    before = write_lines(tmp_path / "tasks.jsonl").read_text()
    refused(run("predict", "--input", "tasks.jsonl", "--output", "./tasks.jsonl"), 2, "is also the input")
    assert (tmp_path / "tasks.jsonl").read_text() == before


def test_output_keeps_modes_and_links_and_goes_into_devices(run, tmp_path):
    private = tmp_path / "private.jsonl"
    private.write_text("old")
    private.chmod(0o600)
    (tmp_path / "link.jsonl").symlink_to("private.jsonl")
    assert run("predict", TASK, "--output", "link.jsonl").returncode == 0
    assert (tmp_path / "link.jsonl").is_symlink()
    assert private.stat().st_mode & 0o777 == 0o600
    assert json.loads(private.read_text())["escalate"]
    assert run("predict", TASK, "--output", "/dev/null").returncode == 0


def test_an_old_output_is_kept_if_the_input_is_wrong(run, tmp_path):
    (tmp_path / "out.jsonl").write_text("precious")
    write_lines(tmp_path / "tasks.jsonl", [LINES[0], "{"])
    refused(run("predict", "--input", "tasks.jsonl", "--output", "out.jsonl"), 2, "line 2", "--keep-going")
    assert (tmp_path / "out.jsonl").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "tasks.jsonl"]


@pytest.mark.parametrize("to_file", [True, False])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_leaves_no_half_of_a_file(tmp_path, to_file, sent):
    with start("--jobs", "2", *(["--output", "out.jsonl"] if to_file else ["--json"]), cwd=tmp_path) as process:
        process.stdin.write(json.dumps(LINES[0]).encode() + b"\n")
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while not any(tmp_path.iterdir()) and to_file and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0 if to_file else 1)
        process.send_signal(sent)
        message = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 130, message
    assert message == ("error: interrupted; out.jsonl was not written\n" if to_file else "error: interrupted\n")
    assert not list(tmp_path.iterdir())


def test_standard_output_gets_each_answer_at_once(tmp_path):
    with start("--json", cwd=tmp_path) as process:
        for line in LINES:
            process.stdin.write(json.dumps(line).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()).get("id") == line.get("id")


def start(*arguments, cwd):
    """Start answering tasks from a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "escalation", "predict", "--input", "-", *arguments],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


# ---------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["predict", ""], b"", ["the task is empty"]),
        (["predict", "-"], b" \n", ["the task is empty"]),
        (["predict", "-"], b"a" * 10_000_000, ["characters", "not a whole file"]),
        (["predict", "-"], b"write\0it", ["NUL character at offset 5"]),
        (["predict", "-"], b"\xff\x00W", ["standard input is not UTF-8"]),
        (["predict", b"caf\xe9"], b"", ["lone surrogate"]),
        (["predict", "x", "--input", "y"], b"", ["name either one task"]),
        (["predict", "--json"], b"", ["name either one task"]),
        (["predict", "Fix", "the", "page"], b"", ["'the' comes after 'Fix', so put the task in quotes"]),
        (["predict", "--input", "-", "-"], b"", ["standard input (-) is read by itself"]),
        (["predict", "x", "--output", "report.html"], b"", ["one answer is written as JSON"]),
        (["predict", "x", "--stack", "none.json"], b"", ["none.json: cannot be read"]),
        (["predict", "x", "--stack", "=react"], b"", ["has no category"]),
        (["predict", "--input", "none.jsonl"], b"", ["none.jsonl: cannot be read"]),
        (["predict", "--input", "."], b"", ["has no file of a known kind", "name a file"]),
        (["predict", "--input", "/dev/zero"], b"", ["is a device"]),
        (["predict", "--input", "-"], b"{" * 20_000_000, ["line 1: has more than"]),
        (["predict", "--input", "none.csv", "--jobs", "0"], b"", ["jobs must be at least 1, got 0"]),
        (["predict", "x", "--jobs", "2"], b"", ["--jobs is for many tasks; name them with --input"]),
        (["predict", "x", "--keep-going"], b"", ["--keep-going is for many tasks"]),
        (["predict", "x", "--output", "one.parquet"], b"", ["one answer is written as JSON"]),
        (["predict", "--input", "-", "--output", "."], b"", ["is a directory"]),
        (["predict", "--input", "-", "--output", "none/out.csv"], b"", ["none/out.csv: cannot be written"]),
        (
            ["predict", "--input", "-", "--output", "/dev/full"],
            b'{"text": "x"}',
            ["/dev/full: cannot be written (No space"],
        ),
        (["predict", "x", "--output", "none/answer.jsonl"], b"", ["cannot be written"]),
        (["predict", "x", "--output", "."], b"", ["cannot be written", "directory"]),
        (["predict", "x", "--output", "/dev/full"], b"", ["No space left"]),
    ],
)
def test_bad_input_gets_a_clear_error(run, arguments, stdin, words):
    arguments = [os.fsdecode(argument) for argument in arguments]
    refused(run(*arguments, stdin=stdin), 2, *words)


def test_a_csv_without_texts_is_an_error(run, tmp_path):
    (tmp_path / "tasks.csv").write_text("id,task\n1,x\n")
    refused(run("predict", "--input", "tasks.csv"), 2, "no column 'text'")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('"React"', '{"category": ["name"'),
        ("[3]", '{"category": ["name"'),
        ("{", "is not JSON"),
        ("\xff", "is not UTF-8"),
    ],
)
def test_a_stack_profile_of_the_wrong_shape_is_an_error(run, tmp_path, content, message):
    (tmp_path / "stack.json").write_text(content, encoding="latin-1")
    refused(run("predict", "x", "--stack", "stack.json"), 2, "stack.json", message)


def test_an_invalid_model_or_rulebook_is_an_error(run, tmp_path, small_model_path):
    refused(run("predict", TASK, "--model", "none"), 5, "there is no model directory", "escalation train")
    damaged = shutil.copytree(small_model_path, tmp_path / "damaged")
    (damaged / "vocabulary.txt").write_text("x")
    refused(run("predict", TASK, "--model", "damaged", "--rulebook", SMALL_RULEBOOK), 5, "vocabulary.txt")
    (tmp_path / "book.toml").write_text("format = 1\ncolour = 2\n")
    refused(run("predict", TASK, "--rulebook", "book.toml"), 3, "book.toml")
    done = run("predict", TASK, "--model", "none", "--allow-rules", "--json")
    assert done.returncode == 0
    assert b"warning: " in done.stderr
    assert answers(done)[0]["engine"] == "rules"
