"""Paths and checks that several tests share."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from escalation import load_rulebook
from escalation.task.pieces import read_pieces
from escalation.task.text import read

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
DATA = TESTS / "data"
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


def small_tasks():
    """Return the tasks of the small corpus, as its lines have them."""
    return [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]


def write_tasks(path, tasks):
    """Write tasks as JSON lines; return the path."""
    path.write_text("".join(f"{json.dumps(task)}\n" for task in tasks), encoding="utf-8")
    return path


def read_text(text, verbs=frozenset()):
    """Read a text as predictors do, with the phrases that ship."""
    return read(read_pieces(text, load_rulebook().reading, verbs), verbs)
