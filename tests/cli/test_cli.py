from __future__ import annotations

import csv
import io
import json
import shutil

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


def test_the_published_schema_is_printed(run):
    assert json.loads(run("schema").stdout) == json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8"))


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


def test_help_shows_examples(run):
    for command in ("predict", "train", "evaluate", "validate"):
        done = run(command, "--help")
        assert done.returncode == 0
        examples = done.stdout.decode().split("Examples:")[1].split("Options")[0]
        assert f"escalation {command} --" in examples or f'escalation {command} "' in examples
    assert run("--version").stdout.strip()


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
    assert {key: value for key, value in found[0].items() if key != "id"} == single


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
    lines = run("predict", "--input", "tasks.csv").stdout.decode().splitlines()
    assert lines[0].startswith("x1  escalate: vuejs-developer")


WRONG = {
    "not JSON": ('{"text": "Write', "is not JSON"),
    "not an object": ("[1]", "the task is list"),
    "no text": ('{"task": "x"}', "has no 'text'"),
    "empty": ('{"text": " "}', "is empty"),
    "bad stack": ('{"text": "x", "stack": [1]}', "Stack Profile is list"),
    "unknown sender": ('{"text": "x", "from": "nobody"}', "unknown mode 'nobody'"),
    "surrogate": ('{"text": "x \\ud800"}', "lone surrogate"),
    "NUL": ('{"text": "x\\u0000"}', "NUL character"),
    "deep": ("[" * 100_000, "line 2"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_line_is_named_and_the_others_answered_on_request(run, tmp_path, validator, case):
    line, message = WRONG[case]
    write_lines(tmp_path / "tasks.jsonl", [LINES[0], line, LINES[1]])
    refused(run("predict", "--input", "tasks.jsonl", "--output", "out.jsonl"), 2, "line 2", message)
    assert not (tmp_path / "out.jsonl").exists()
    done = run("predict", "--input", "tasks.jsonl", "--json", "--keep-going")
    assert done.returncode == 2
    assert "line 2" in done.stderr.decode()
    found = answers(done)
    for answer in found:
        validator.validate(answer)
    assert found[1]["line"] == 2
    assert [answer.get("id") for answer in found] == ["b", None, 2]


def test_a_file_gets_the_answers_that_there_are(run, tmp_path):
    write_lines(tmp_path / "tasks.jsonl", [LINES[0], "{", LINES[1]])
    done = run("predict", "--input", "tasks.jsonl", "--output", "out.jsonl", "--keep-going")
    assert done.returncode == 2
    assert b"1 lines of tasks.jsonl are not answered" in done.stderr
    assert [json.loads(line).get("id") for line in (tmp_path / "out.jsonl").read_text().splitlines()] == ["b", None, 2]


CSV = {
    "unquoted comma": (
        b"id,text\n1,Fix the page, then write it\n2,Write the Dockerfile\n",
        "more fields than the header",
    ),
    "short row": (b"id,text,stack\n1\n2,Write the Dockerfile,\n", "fewer fields than the header"),
    "not UTF-8": (b"id,text\n1,caf\xe9\n2,Write the Dockerfile\n", "lone surrogate"),
    "bad stack": (b"id,text,stack\n1,x,react\n2,Write the Dockerfile,\n", "lacks a category"),
    "deep stack": (b'id,text,stack\n1,x,{"a":' + b"[" * 60_000 + b"\n2,Write the Dockerfile,\n", "is not JSON"),
    "quote in the middle": (b'id,text\n1,"bad" x\n2,Write the Dockerfile\n', "is not CSV"),
}


@pytest.mark.parametrize("case", CSV)
def test_a_wrong_csv_row_is_named_and_the_others_answered(run, tmp_path, case):
    content, message = CSV[case]
    (tmp_path / "tasks.csv").write_bytes(content)
    refused(run("predict", "--input", "tasks.csv"), 2, "tasks.csv, line 2", message)
    done = run("predict", "--input", "tasks.csv", "--json", "--keep-going")
    assert done.returncode == 2
    wrong, right = answers(done)
    assert wrong["line"] == 2
    assert "error" in wrong
    assert right["id"] == "2"


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
    refused(run("predict", "--input", "tasks.jsonl", "--output", "./tasks.jsonl"), 2, "is the input too")
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


def test_an_old_output_stays_when_the_input_is_wrong(run, tmp_path):
    (tmp_path / "out.jsonl").write_text("precious")
    write_lines(tmp_path / "tasks.jsonl", [LINES[0], "{"])
    refused(run("predict", "--input", "tasks.jsonl", "--output", "out.jsonl"), 2)
    assert (tmp_path / "out.jsonl").read_text() == "precious"
    kept = ["out.jsonl.part", "out.jsonl.part.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", *kept, "tasks.jsonl"]


# ---------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["predict", ""], b"", ["the task is empty"]),
        (["predict", "-"], b" \n", ["the task is empty"]),
        (["predict", "-"], b"a" * 10_000_000, ["characters", "not a whole file"]),
        (["predict", "-"], b"write\0it", ["NUL character at offset 5"]),
        (["predict", "-"], b"\xff\xfe\x00W", ["standard input is not UTF-8"]),
        (["predict", b"caf\xe9"], b"", ["lone surrogate"]),
        (["predict", "x", "--input", "y"], b"", ["give one task"]),
        (["predict", "--json"], b"", ["give one task"]),
        (["predict", "x", "--from", "nobody"], b"", ["unknown mode 'nobody'", "technical-architect"]),
        (["predict", "x", "--stack", "none.json"], b"", ["none.json: cannot be read"]),
        (["predict", "x", "--stack", "=react"], b"", ["lacks a category"]),
        (["predict", "--input", "none.jsonl"], b"", ["none.jsonl: cannot be read"]),
        (["predict", "--input", "."], b"", ["cannot be read"]),
        (["predict", "x", "--output", "none/answer.jsonl"], b"", ["cannot be written"]),
        (["predict", "x", "--output", "."], b"", ["cannot be written", "directory"]),
        (["predict", "x", "--output", "/dev/full"], b"", ["No space left"]),
    ],
)
def test_bad_input_gets_a_clear_error(run, arguments, stdin, words):
    import os

    arguments = [os.fsdecode(argument) for argument in arguments]
    refused(run(*arguments, stdin=stdin), 2, *words)


def test_a_csv_without_texts_is_refused(run, tmp_path):
    (tmp_path / "tasks.csv").write_text("id,task\n1,x\n")
    refused(run("predict", "--input", "tasks.csv"), 2, "no column 'text'")


@pytest.mark.parametrize("content", ['["React"]', '{"frontend": 3}', "{", "\xff"])
def test_a_stack_profile_of_the_wrong_shape_is_refused(run, tmp_path, content):
    (tmp_path / "stack.json").write_text(content, encoding="latin-1")
    refused(run("predict", "x", "--stack", "stack.json"), 2, "stack.json", '{"category": ["name"')


def test_a_refused_model_or_rulebook(run, tmp_path, small_model_path):
    refused(run("predict", TASK, "--model", "none"), 5, "there is no model directory", "escalation train")
    damaged = shutil.copytree(small_model_path, tmp_path / "damaged")
    (damaged / "words.txt").write_text("x")
    refused(run("predict", TASK, "--model", "damaged", "--rulebook", SMALL_RULEBOOK), 5, "words.txt")
    (tmp_path / "book.toml").write_text("format = 1\ncolour = 2\n")
    refused(run("predict", TASK, "--rulebook", "book.toml"), 3, "book.toml")
    done = run("predict", TASK, "--model", "none", "--allow-rules", "--json")
    assert done.returncode == 0
    assert b"warning: " in done.stderr
    assert answers(done)[0]["engine"] == "rules"


def test_an_unknown_option_or_engine_is_a_usage_error(run):
    for arguments in (["predict", "x", "--engine", "magic"], ["predict", "x", "--colour"], ["nothing"]):
        done = run(*arguments)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr


def test_caution_is_said_and_needs_the_model(run, validator):
    done = run("predict", TASK, "--caution", "high")
    assert "a mode is named in 90% of the tasks that need it, with 90% confidence" in done.stdout.decode()
    assert "given" in run("explain", TASK, "--caution", "high").stdout.decode()
    answer = answers(run("predict", TASK, "--caution", "high", "--json"))[0]
    validator.validate(answer)
    assert answer["promise"]["recall"] == 0.9
    refused(run("predict", TASK, "--caution", "high", "--engine", "rules"), 2, "promise of the model")
    refused(run("predict", TASK, "--caution", "high", "--model", "none", "--allow-rules"), 5, "no model directory")
