from __future__ import annotations

import json
import os
import select
import sys
import time

import pytest

from helpers import refused, write_tasks

TEXTS = ["Write the Dockerfile", "Rework the login page and its token handling", "Rework the login page"]


@pytest.fixture
def tasks(tmp_path):
    return write_tasks(tmp_path / "tasks.jsonl", [{"text": text} for text in TEXTS])


@pytest.mark.slow
def test_without_a_terminal_it_only_lists(run, tmp_path, tasks):
    store = ("--store", tmp_path / "fixes.db")
    done = run("review", "--input", tasks, *store, stdin="aaa")
    assert done.returncode == 0
    assert b"what would teach most" in done.stdout
    for words in (b"Dockerfile", b"token handling", b"docker-compose-specialist"):
        assert words in done.stdout
    assert run("review", *store).stdout.strip() == b"nothing waits for review"


def test_json_is_one_object_a_line_and_needs_no_store(run, tasks):
    done = run("review", "--input", tasks, "--json", "--limit", 2, "--store", "none")
    one, other = map(json.loads, done.stdout.splitlines())
    assert one["doubt"] >= other["doubt"]
    assert one["text"] in TEXTS
    assert {"escalate", "collaborate", "core"} <= one["answer"].keys()


@pytest.mark.slow
def test_answers_that_were_logged_wait_until_they_are_corrected(run, tmp_path):
    store = ("--store", tmp_path / "fixes.db")
    run("predict", TEXTS[1], "--log", *store)
    (waiting,) = map(json.loads, run("review", "--json", *store).stdout.splitlines())
    assert (waiting["id"], waiting["text"]) == (1, TEXTS[1])
    run("correct", "--id", 1, "--none", *store)
    assert run("review", "--json", *store).stdout == b""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--limit", "0"], "at least 1"),
        (["--input", "missing.jsonl"], "missing.jsonl"),
        (["--store", "none"], "keeps nothing"),
        (["--format", "stone"], "stone"),
    ],
)
def test_wrong_options(run, tmp_path, options, words):
    refused(run("review", "--store", tmp_path / "fixes.db", *options), 2, words)


def on_terminal(arguments, keys, cwd):
    """Run the command on a terminal, press one key at each question, and return what is shown and the exit code."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execv(sys.executable, [sys.executable, "-m", "escalation", *arguments])
    shown, end = b"", time.monotonic() + 60

    def read_until(questions):
        nonlocal shown
        while shown.count(b"[q]uit") < questions and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 65536)
                except OSError:  # the command has ended
                    return

    for number, key in enumerate(keys, 1):
        read_until(number)
        time.sleep(0.2)  # keys that were pressed before the question are thrown away
        os.write(terminal, key.encode())
    read_until(10**6)
    return shown.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
def test_keys_answer_one_task_after_the_other(run, tmp_path, tasks):
    store = ["--store", str(tmp_path / "fixes.db")]
    arguments = ["review", "--input", str(tasks), *store, "--project", "shop", "--author", "Ann"]
    shown, code = on_terminal(arguments, "noasbaxq", tmp_path)
    assert code == 0, shown
    assert "1 of 3" in shown
    assert "3 of 3" in shown
    assert "1 confirmed, 1 changed, 0 skipped; 1 wait" in shown
    kept = [json.loads(line) for line in run("corrections", "--json", *store).stdout.splitlines()]
    assert [(each["author"], each["project"]) for each in kept] == [("Ann", "shop")] * 2
    # What is left is asked next time; an interrupt keeps what was answered.
    shown, code = on_terminal(arguments, "\x03", tmp_path)
    assert (code, "1 of 1" in shown) == (0, True)
    assert "0 confirmed" in shown
