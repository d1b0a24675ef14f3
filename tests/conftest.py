"""Fixtures: the rulebook that ships, a small one for another home mode, and models of both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from escalation import Predictor, load_rulebook
from escalation.model import read_model
from escalation.resources import default_model
from escalation.training import train

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(__file__).resolve().parent / "data"
SMALL_RULEBOOK = DATA / "tech-writer.toml"
SMALL_CORPUS = DATA / "tech-writer.jsonl"


def refused(done, code, *words):
    """Check that a command ended with its own error, of these words."""
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert message.startswith("error: ")
    assert "Traceback" not in message
    for word in words:
        assert word in message


def lines_executed(function):
    """Count the lines of Python that a call runs: work that does not depend on the machine or its load."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


@pytest.fixture(scope="session")
def rulebook():
    return load_rulebook()


@pytest.fixture(scope="session")
def small_rulebook():
    return load_rulebook(SMALL_RULEBOOK)


@pytest.fixture(scope="session")
def small_model_path(tmp_path_factory, small_rulebook):
    path = tmp_path_factory.mktemp("small") / "model"
    train(SMALL_CORPUS, small_rulebook, path)
    return path


@pytest.fixture(scope="session")
def small_predictor(small_rulebook, small_model_path):
    return Predictor(small_rulebook, read_model(small_model_path, small_rulebook))


@pytest.fixture(scope="session")
def model(rulebook):
    return read_model(default_model(), rulebook)


@pytest.fixture(scope="session")
def predictor():
    return Predictor.load()


@pytest.fixture
def run(tmp_path):
    """Run the command as a user does, in another directory; gives the finished process."""

    def run_command(*arguments, stdin: bytes | str = b"", **options):
        data = stdin.encode() if isinstance(stdin, str) else stdin
        return subprocess.run(
            [sys.executable, "-m", "escalation", *map(str, arguments)],
            input=data,
            capture_output=True,
            cwd=options.pop("cwd", tmp_path),
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
            timeout=120,
            check=False,
        )

    return run_command
