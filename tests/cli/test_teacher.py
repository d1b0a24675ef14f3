"""`escalation predict --teacher`: which answers it is asked for, how often, and what is kept."""

from __future__ import annotations

import json
import sys

import jsonschema
import pytest

from escalation.files import PREDICTION_SCHEMA
from helpers import refused, write_tasks

SCHEMA = json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8"))
TEXTS = [
    "Write the Dockerfile",
    "Rework the login page and its token handling",
    "Rework the login page",
    "Cache the settings of the signed-in user in the page and the token table",
]
SCRIPT = """
import json, pathlib, sys
asked = json.load(sys.stdin)["task"]["text"]
with open(sys.argv[1], "a") as stream:
    stream.write(asked + chr(10))
print(json.dumps({"escalate": [], "collaborate": ["security-specialist"], "core": True}))
"""


@pytest.fixture
def teacher(tmp_path):
    """A command that answers every task alike and writes down which it was asked."""
    (tmp_path / "teacher.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "asked").touch()
    return f"{sys.executable} teacher.py asked"


def asked(tmp_path):
    return (tmp_path / "asked").read_text(encoding="utf-8").splitlines()


def doubts(texts, predictor):
    from escalation.answer.doubt import doubt_of

    return [doubt_of(*predictor.predict_with_decisions(text)) for text in texts]


def test_one_task_is_asked_if_it_is_unclear(run, tmp_path, teacher):
    clear = run("predict", TEXTS[0], "--teacher", teacher, "--store", "none", "--json")
    assert "teacher" not in json.loads(clear.stdout)
    assert b"0 calls" in clear.stderr
    done = run("predict", TEXTS[1], "--teacher", teacher, "--store", "none", "--json")
    answer = json.loads(done.stdout)
    jsonschema.validate(answer, SCHEMA)
    assert answer["collaborate"][0]["source"] == answer["core"]["source"] == "teacher"
    assert answer["teacher"]["calls"] == 1
    assert b"1 call, 1 of them answered" in done.stderr
    assert asked(tmp_path) == [TEXTS[1]]


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_of_many_the_most_doubtful_are_asked(run, tmp_path, teacher, predictor, jobs):
    path = write_tasks(tmp_path / "tasks.jsonl", [{"id": str(n), "text": text} for n, text in enumerate(TEXTS)])
    options = ("--teacher", teacher, "--max-calls", "2", "--store", "none", "--json", "--jobs", jobs)
    done = run("predict", "--input", path, *options)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["0", "1", "2", "3"]
    found = doubts(TEXTS, predictor)
    most = sorted(range(4), key=lambda place: -found[place])[:2]
    assert asked(tmp_path) == [TEXTS[place] for place in most]
    assert [place for place, answer in enumerate(answers) if "teacher" in answer] == sorted(most)
    assert sorted(answer["teacher"]["calls"] for answer in answers if "teacher" in answer) == [1, 2]
    assert b"2 calls, 2 of them answered" in done.stderr
    for answer in answers:
        jsonschema.validate(answer, SCHEMA)


@pytest.mark.slow
def test_answers_are_kept_only_on_request(run, tmp_path, teacher):
    store = ("--store", tmp_path / "fixes.db")
    run("predict", TEXTS[1], "--teacher", teacher, *store)
    assert not (tmp_path / "fixes.db").exists()
    done = run("predict", TEXTS[1], "--teacher", teacher, *store, "--keep", "--project", "shop")
    assert b"kept in" in done.stderr
    (kept,) = map(json.loads, run("corrections", *store, "--json").stdout.splitlines())
    assert (kept["by"], kept["project"], kept["author"]) == ("teacher", "shop", sys.executable.rpartition("/")[2])
    again = json.loads(run("predict", TEXTS[1], "--teacher", teacher, *store, "--json").stdout)
    assert again["correction"]["by"] == "teacher"
    assert len(asked(tmp_path)) == 2


@pytest.mark.slow
def test_a_teacher_that_fails_changes_no_answer(run, tmp_path):
    path = write_tasks(tmp_path / "tasks.jsonl", [{"text": text} for text in TEXTS])
    own = run("predict", "--input", path, "--store", "none", "--json")
    for command in ("no-such-command", "false"):
        done = run("predict", "--input", path, "--store", "none", "--json", "--teacher", command, "--max-calls", 9)
        assert (done.returncode, done.stdout) == (0, own.stdout)
        assert b"warning: the teacher" in done.stderr


def test_a_wrong_row_ends_the_run_before_the_teacher_is_asked(run, tmp_path, teacher):
    path = write_tasks(tmp_path / "tasks.jsonl", [{"text": TEXTS[1]}, {"text": ""}])
    done = run("predict", "--input", path, "--teacher", teacher, "--max-calls", 5, "--store", "none")
    assert done.returncode == 2
    assert asked(tmp_path) == []
    done = run("predict", "--input", path, "--teacher", teacher, "--max-calls", 5, "--store", "none", "--keep-going")
    assert done.returncode == 2
    assert asked(tmp_path) == [TEXTS[1]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--max-calls", "3"], "--teacher"),
        (["--keep"], "--teacher"),
        (["--teacher", ""], "is empty"),
        (["--teacher", "ask", "--max-calls", "0"], "at least 1"),
        (["--teacher", "ask", "--keep", "--store", "none"], "keeps nothing"),
    ],
)
def test_options_that_do_not_fit(run, options, words):
    refused(run("predict", TEXTS[1], *options), 2, words)


def test_the_calls_for_many_tasks_are_limited_by_the_user(run, tmp_path, teacher):
    path = write_tasks(tmp_path / "tasks.jsonl", [{"text": TEXTS[1]}])
    refused(run("predict", "--input", path, "--teacher", teacher), 2, "--max-calls N")


def test_no_file_and_no_variable_names_a_teacher(run, tmp_path, teacher, monkeypatch):
    (tmp_path / ".env").write_text(f"ESCALATION_TEACHER={teacher}\n", encoding="utf-8")
    monkeypatch.setenv("ESCALATION_TEACHER", teacher)
    assert b"teacher" not in run("predict", TEXTS[1], "--store", "none", "--json").stdout
    assert asked(tmp_path) == []
