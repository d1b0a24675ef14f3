"""A teacher answers what is unclear; whatever it does wrong, the task is answered without it."""

from __future__ import annotations

import json
import sys
import time

import jsonschema
import pytest

from escalation import Predictor
from escalation.errors import InputError
from escalation.feedback import Labels, Store, correct
from escalation.feedback.teacher import SCHEMA, Reply, TaughtPredictor, Teacher
from escalation.files import PREDICTION_SCHEMA

UNCLEAR = "Rework the login page and its token handling"
CLEAR = "Write the Dockerfile"
REPLY = {"escalate": ["security-specialist"], "collaborate": ["database-specialist"], "core": True, "reason": "tokens"}
GOOD = f"import json, sys; json.load(sys.stdin); print(json.dumps({REPLY!r}))"


def schema_of(name):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return {"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}


@pytest.fixture
def command(tmp_path):
    """Return a function that makes a command of a script in Python."""

    def make(script):
        path = tmp_path / "a teacher.py"
        path.write_text(script, encoding="utf-8")
        return f"'{sys.executable}' '{path}' --model big"

    return make


@pytest.fixture
def teacher(command):
    """Return a function that makes a teacher of a script, and the warnings of all of them."""
    warnings: list[str] = []

    def make(script, **options):
        return Teacher(command(script), **{"max_calls": 9, "timeout": 20, **options}, warn=warnings.append)

    make.warnings = warnings
    return make


def test_a_teacher_answers_what_is_unclear(predictor, teacher):
    taught = TaughtPredictor(predictor, teacher(GOOD))
    assert taught.predict(CLEAR) == predictor.predict(CLEAR)
    answer = taught.predict(UNCLEAR)
    assert [(entry.mode, entry.source) for entry in answer.escalate] == [("security-specialist", "teacher")]
    assert [entry.mode for entry in answer.collaborate] == ["database-specialist"]
    assert (answer.core.value, answer.core.source) == (True, "teacher")
    assert (answer.unclear, answer.undecided) == (None, ())
    assert (answer.teacher.calls, answer.teacher.reason) == (1, "tokens")
    assert answer.escalate[0].reasons[0].kind == "teacher"
    assert (taught.teacher.calls, taught.teacher.used, teacher.warnings) == (1, 1, [])
    jsonschema.validate(answer.to_dict(), json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8")))


def test_a_teacher_gets_the_task_the_distinctions_and_the_candidates(predictor, teacher, tmp_path):
    place = tmp_path / "request.json"
    script = f"import sys, pathlib; pathlib.Path({str(place)!r}).write_bytes(sys.stdin.buffer.read())\n"
    taught = TaughtPredictor(predictor, teacher(script + f"print({json.dumps(json.dumps(REPLY))})"))
    taught.predict(UNCLEAR, {"database": ["PostgreSQL"]}, "technical-architect")
    request = json.loads(place.read_text(encoding="utf-8"))
    jsonschema.validate(request, schema_of("request"))
    before = predictor.predict(UNCLEAR)
    assert request["task"] == {
        "text": UNCLEAR,
        "stack": {"database": ["PostgreSQL"]},
        "from": "technical-architect",
    }
    sentences = {source.text for source in predictor.rulebook.sources.values()}
    assert {each["text"] for each in request["distinctions"]} <= sentences
    assert {mode for each in request["distinctions"] for mode in each["modes"]} >= {
        "security-specialist",
        "cicd-specialist",
    }
    near = {(each.disposition, each.target) for each in before.undecided}
    assert {(each["label"], each["mode"]) for each in request["candidates"] if not each["given"]} == near
    assert request["questions"] == [json.loads(json.dumps(q)) for q in before.to_dict()["unclear"]["questions"]]
    jsonschema.validate(REPLY, request["reply"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(REPLY | {"escalate": ["cook"]}, request["reply"])


@pytest.mark.parametrize(
    ("reply", "valid"),
    [
        (REPLY, True),
        ({"escalate": [], "collaborate": [], "core": False}, True),
        (REPLY | {"reason": None}, True),
        (REPLY | {"core": "yes"}, False),
        (REPLY | {"escalate": "security-specialist"}, False),
        (REPLY | {"confidence": 1}, False),
        (REPLY | {"reason": "x" * 1001}, False),
        ({"escalate": [], "collaborate": []}, False),
        ([REPLY], False),
    ],
)
def test_the_schema_and_the_program_accept_the_same_replies(predictor, teacher, reply, valid):
    assert jsonschema.Draft202012Validator(schema_of("reply")).is_valid(reply) is valid
    taught = TaughtPredictor(predictor, teacher(f"print({json.dumps(json.dumps(reply))})"))
    assert (taught.predict(UNCLEAR).teacher is not None) is valid
    assert set(Reply.__struct_fields__) == set(schema_of("reply")["$defs"]["reply"]["properties"])


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("print('I think it is for security')", "did not write a reply"),
        ("", "did not write a reply"),
        ("print('[' * 50_000)", "did not write a reply"),
        ('import sys; sys.stdout.buffer.write(b\'{"escalate": ["\\xff\\xfe"]}\')', "did not write UTF-8"),
        ("import sys; sys.exit('no\\x1b[2J quota')", "exit code 1 (no\x1b[2J quota)"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -9"),
        ("while True: print('x' * 1000)", "wrote more than"),
        (GOOD.replace("security-specialist", "cook"), "unknown mode 'cook'"),
        (GOOD.replace("database-specialist", "security-specialist"), "is in both lists"),
        (
            GOOD.replace("['database-specialist']", "['git-manager', 'docker-compose-specialist']"),
            "wrote an answer that",
        ),
    ],
)
def test_what_a_teacher_does_wrong_is_a_warning(predictor, teacher, script, words):
    taught = TaughtPredictor(predictor, teacher(script))
    assert taught.predict(UNCLEAR) == predictor.predict(UNCLEAR)
    (warning,) = teacher.warnings
    assert words in warning
    assert warning.endswith("answered without it")
    assert (taught.teacher.calls, taught.teacher.used) == (1, 0)


@pytest.mark.parametrize(
    "script",
    [
        "import time; time.sleep(60)",
        # What it starts, and what holds its output open, ends with it.
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
        "import os, time; os.close(1); time.sleep(60)",
    ],
)
def test_a_slow_teacher_is_ended(predictor, teacher, script):
    began = time.monotonic()
    taught = TaughtPredictor(predictor, teacher(script, timeout=0.7))
    assert taught.predict(UNCLEAR) == predictor.predict(UNCLEAR)
    assert time.monotonic() - began < 15
    assert "within 0.7 s" in teacher.warnings[0]


def test_a_teacher_that_is_not_there_or_fails_again_and_again_is_not_asked_again(predictor):
    warnings: list[str] = []
    teacher = Teacher("no-such-command-here --x", max_calls=9, warn=warnings.append)
    taught = TaughtPredictor(predictor, teacher)
    for _ in range(5):
        assert taught.predict(UNCLEAR) == predictor.predict(UNCLEAR)
    assert teacher.calls == len(warnings) == 3
    assert "no-such-command-here cannot be started" in warnings[0]
    assert "not asked again" in warnings[2]


def test_a_teacher_is_asked_no_more_often_than_allowed(predictor, teacher):
    taught = TaughtPredictor(predictor, teacher(GOOD, max_calls=1), only_unclear=False)
    assert taught.predict(UNCLEAR).teacher is not None
    assert taught.predict(CLEAR) == predictor.predict(CLEAR)
    assert taught.teacher.is_spent


def test_the_same_task_is_asked_once(predictor, teacher):
    taught = TaughtPredictor(predictor, teacher(GOOD))
    one, again = taught.predict(UNCLEAR), taught.predict(f"{UNCLEAR}!")
    assert one.escalate[0].mode == again.escalate[0].mode == "security-specialist"
    assert taught.teacher.calls == 1


def test_no_shell_reads_the_command(predictor, command, tmp_path):
    mark = tmp_path / "mark"
    teacher = Teacher(f"{command(GOOD)} ; touch '{mark}' && $(touch '{mark}')", warn=print)
    assert TaughtPredictor(predictor, teacher).predict(UNCLEAR).teacher is not None
    assert not mark.exists()


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("", {}, "is empty"),
        ("'ask", {}, "close the quote"),
        ("ask", {"max_calls": 0}, "at least 1"),
        ("ask", {"timeout": 0}, "more than 0"),
        ("ask", {"timeout": float("nan")}, "more than 0"),
    ],
)
def test_a_teacher_that_cannot_be_is_an_error(command, options, words):
    with pytest.raises(InputError, match=words):
        Teacher(command, **options, warn=print)


def test_what_is_kept_is_a_teachers_and_never_replaces_a_persons(predictor, teacher, tmp_path):
    place = tmp_path / "fixes.db"
    with Store.open(place) as store:
        answers = store.place.answers
        again = Predictor(predictor.rulebook, predictor.model, corrections=answers)
        taught = TaughtPredictor(again, teacher(GOOD), store=store, project="shop")
        taught.predict(UNCLEAR)
        (kept,) = store.corrections()
        assert (kept.by, kept.author, kept.project, kept.weight) == ("teacher", taught.teacher.name, "shop", None)
        assert kept.right.escalate == ("security-specialist",)
        assert kept.given == Labels.of(predictor.predict(UNCLEAR))
        # It is not asked twice for the same task, in this run or another.
        assert taught.predict(UNCLEAR.upper()).correction.by == "teacher"
        correct(UNCLEAR, escalate=[], collaborate=[], core=True, store=store, predictor=predictor)
        assert taught.predict(UNCLEAR).correction.by == "person"
        assert taught.teacher.calls == 1
