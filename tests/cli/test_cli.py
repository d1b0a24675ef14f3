from __future__ import annotations

import json

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


def test_the_published_schema_is_printed(run):
    assert json.loads(run("schema").stdout) == json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8"))


def test_help_shows_examples(run):
    for command in ("predict", "train", "evaluate", "validate"):
        done = run(command, "--help")
        assert done.returncode == 0
        examples = done.stdout.decode().split("Examples:")[1].split("Options")[0]
        assert f"escalation {command} --" in examples or f'escalation {command} "' in examples
    assert run("--version").stdout.strip()


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
