from __future__ import annotations

import json

from escalation.files import PREDICTION_SCHEMA


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
