"""What comes from outside is shown on a terminal and never acts on it; so every command is fed hostile strings."""

from __future__ import annotations

import io
import json
import sys

import pytest

from escalation.cli.display import steps_progress
from escalation.cli.terminal import visible
from helpers import SMALL_CORPUS, SMALL_RULEBOOK

CLEAR = "\x1b[2J\x1b[31m\rok\x9b2J"
SHOWN = "\\x1b[2J\\x1b[31m\\rok\\x9b2J"
MARKUP = "[red]x[/red] :bug: [/]"


def is_inert(output):
    return not any(sign in output.decode() for sign in "\x1b\r\x9b\u202e")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [bold]text[/bold] :bug:", "plain [bold]text[/bold] :bug:"),
        (CLEAR, SHOWN),
        ("a\u202eb\udce9\0", "a\\u202eb\\udce9\\x00"),
        ("line\n\ttab, no-break\u00a0space, \U0001f469\u200d\U0001f4bb, Ünïcödé 日本語", None),
    ],
)
def test_only_control_characters_are_escaped(text, shown):
    assert visible(text) == (text if shown is None else shown)


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_task_cannot_control_the_terminal(run, command):
    done = run(command, f"Write the {CLEAR} Dockerfile {MARKUP}")
    assert done.returncode == 0
    assert is_inert(done.stdout)
    assert MARKUP in done.stdout.decode() or command == "predict"  # its answer quotes parts of the text


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "x", "--stack", f"{CLEAR}.json"],
        ["predict", "x", "--rulebook", CLEAR],
        ["predict", "x", "--model", CLEAR],
        ["predict", "x", "--model", CLEAR, "--allow-rules"],
        ["predict", "x", "--fail-on", CLEAR],
        ["predict", "x", "--output", f"{CLEAR}/answer.json"],
        ["predict", "--input", CLEAR],
        ["explain", "x", "--label", CLEAR],
        ["train", "--corpus", CLEAR],
        ["predict", "x", f"--{CLEAR}"],
        ["predict", "x", CLEAR],
        [CLEAR],
    ],
)
def test_errors_and_warnings_show_names_as_they_are(run, arguments):
    done = run(*arguments)
    assert is_inert(done.stderr)
    assert "\\x1b[2J" in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.returncode == (0 if "--allow-rules" in arguments else done.returncode or 1)


@pytest.mark.slow
def test_tables_and_findings_show_ids_as_they_are(run, tmp_path, small_model_path):
    lines = [json.loads(line) for line in SMALL_CORPUS.read_text().splitlines()]
    hostile = [line | {"id": f"{MARKUP}{CLEAR}{number}"} for number, line in enumerate(lines)]
    wrong = hostile[0] | {"id": f"wrong {CLEAR}", "escalate": ["nobody"]}
    name = "[b] :bug: \x1b[2J.jsonl"
    (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in [*hostile, wrong]))
    small = ["--rulebook", SMALL_RULEBOOK, "--corpus", name]
    done = run("validate", *small, "--model", small_model_path, "--conflicts", 50)
    assert is_inert(done.stdout)
    output = "".join(done.stdout.decode().split())
    assert "".join(MARKUP.split()) in output
    assert f"wrong{SHOWN}" in output
    printable = (line | {"id": f"{MARKUP}{number}"} for number, line in enumerate(lines))
    (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in printable))
    done = run("evaluate", *small, "--engine", "rules")
    assert is_inert(done.stdout)
    assert "[b] :bug: \\x1b[2J.jsonl" in done.stdout.decode()


def test_progress_shows_titles_as_they_are(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with steps_progress() as progress:
        progress(f"reading {MARKUP}\x9b2J", 1, 2)
        progress("reading what has no end", 3, 0)
    assert f"reading {MARKUP}\\x9b2J" in terminal.getvalue()
    assert "\x9b" not in terminal.getvalue()


def test_nothing_is_shown_of_progress_in_a_pipe(capsys):
    with steps_progress() as progress:
        progress("reading", 1, 2)
    assert capsys.readouterr().err == ""
