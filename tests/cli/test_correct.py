"""The commands `correct` and `corrections`, and what `predict` makes of them."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from subprocess import CompletedProcess

import jsonschema
import pytest

from escalation.batch.loading import _loaded
from escalation.cli.app import main
from escalation.files import PREDICTION_SCHEMA
from helpers import refused

TASK = "Write the Dockerfile"


@pytest.fixture
def command(tmp_path, monkeypatch, capfdbinary):
    """Run a command in this process, which is faster, with a store of its own."""
    monkeypatch.setenv("ESCALATION_STORE", str(tmp_path / "fixes.db"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments):
        monkeypatch.setattr(sys, "argv", ["escalation", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return CompletedProcess(arguments, end.value.code or 0, *capfdbinary.readouterr())

    yield run_command
    _loaded.cache_clear()  # else the models of all tests stay in memory


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8")))


def test_a_correction_is_shown_and_repeated_at_once(command, validator, tmp_path):
    done = command("correct", TASK, "--escalate", "Database_Specialist,frontend", "--collaborate", "none", "--core")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode()
    assert "database-specialist" in shown
    assert "Corrected    by a person (correction 1)" in shown
    assert f"kept as correction 1 in {tmp_path / 'fixes.db'}" in done.stderr.decode()
    answer = json.loads(command("predict", "write the dockerfile!", "--json").stdout)
    validator.validate(answer)
    assert answer["correction"] == {"id": 1, "by": "person"}
    assert [entry["source"] for entry in answer["escalate"]] == ["correction", "correction"]
    (tmp_path / "tasks.jsonl").write_text(json.dumps({"id": 7, "text": TASK}) + '\n{"text": "Fix it"}\n')
    lines = command("predict", "--input", "tasks.jsonl", "--json").stdout.splitlines()
    assert ["correction" in json.loads(line) for line in lines] == [True, False]
    off = json.loads(command("predict", TASK, "--json", "--store", "none").stdout)
    assert off["escalate"][0]["source"] == "model"
    assert "correction" not in off


def test_an_empty_store_changes_no_byte(command, run, tmp_path):
    before = run("predict", TASK, "--json").stdout
    assert command("corrections").returncode == 0
    assert (tmp_path / "fixes.db").exists()
    assert command("predict", TASK, "--json").stdout == before
    assert run("predict", TASK, "--json", "--store", "none").stdout == before


def test_the_default_store_is_in_the_users_data_directory(run, tmp_path):
    env = {"XDG_DATA_HOME": str(tmp_path / "data"), "ESCALATION_STORE": ""}
    assert run("correct", TASK, "--none", env=env).returncode == 0
    assert sorted(path.name for path in (tmp_path / "data" / "escalation").iterdir()) == [
        "corrections.answers.json",
        "corrections.db",
    ]
    assert json.loads(run("predict", TASK, "--json", env=env).stdout)["escalate"] == []


def test_nothing_is_kept_unless_asked_for(command, tmp_path):
    command("predict", TASK)
    command("correct", TASK)
    assert not (tmp_path / "fixes.db").exists()


def test_a_logged_answer_is_corrected_by_its_id(command):
    done = command("predict", "Rotate the keys", "--log", "--project", "shop", "--json")
    assert "kept as answer 1; if it is wrong: escalation correct --id 1" in done.stderr.decode()
    kept = json.loads(command("correct", "--id", 1, "--none", "--json").stdout)
    assert kept["correction"]["project"] == "shop"
    assert kept["correction"]["right"]["escalate"] == []
    assert kept["answer"]["correction"]["id"] == 1
    listed = json.loads(command("corrections", "--logged", "--json").stdout)
    assert (listed["id"], listed["text"]) == (1, "Rotate the keys")
    refused(command("correct", "--id", 9, "--none"), 2, "no logged answer 9")


def test_a_contradiction_is_a_warning(command):
    command("correct", TASK, "--none", "--author", "Ann")
    done = command("correct", TASK, "--escalate", "database-specialist")
    assert "warning: correction 2 contradicts correction 1 by Ann of " in done.stderr.decode()
    assert "the later one counts" in done.stderr.decode()
    done = command("correct", TASK, "--none", "--by", "agent", "--json")
    kept = json.loads(done.stdout)
    assert kept["contradicts"] == [2]
    assert kept["answer"]["escalate"][0]["mode"] == "database-specialist"


def test_list_export_import_and_forget(command, tmp_path):
    (tmp_path / "fixes.csv").write_text(
        "text,escalate,collaborate,core,project\nOne,database-specialist,,no,a\nTwo,,frontend,yes,b\none!,,,yes,a\n"
    )
    done = command("correct", "--input", "fixes.csv", "--author", "Ann")
    assert "3 corrections kept" in done.stdout.decode()
    table = command("corrections").stdout.decode()
    assert all(word in table for word in ("database-specialist", "Ann (person), replaced", "frontend"))
    assert "2 tasks" in command("corrections", "--export", "corpus.jsonl").stdout.decode()
    rows = [json.loads(line) for line in (tmp_path / "corpus.jsonl").read_text().splitlines()]
    assert [(row["id"], row["project"], row["core"]) for row in rows] == [
        ("correction-2", "b", True),
        ("correction-3", "a", True),
    ]
    assert "1 corrections and 0 logged" in command("corrections", "--forget", "--project", "b").stdout.decode()
    assert "1 corrections and 0 logged" in command("corrections", "--forget", 3).stdout.decode()
    assert json.loads(command("predict", "one", "--json").stdout)["correction"]["id"] == 1
    assert "1 corrections" in command("corrections", "--forget", "--before", "2999-01-01").stdout.decode()
    assert "nothing is kept" in command("corrections").stdout.decode()
    refused(command("corrections", "--export", "none.jsonl"), 2, "no corrections to export")
    assert not (tmp_path / "none.jsonl").exists()


def test_a_file_with_a_wrong_line_changes_nothing(command, tmp_path):
    good = {"text": "Fix it", "escalate": [], "collaborate": [], "core": True}
    (tmp_path / "fixes.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(good | {'core': 1})}\n")
    refused(
        command("correct", "--input", "fixes.jsonl"),
        2,
        "fixes.jsonl: line 2: core must be true or false",
        "nothing was kept",
    )
    assert "nothing is kept" in command("corrections").stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["correct", TASK], 2, "name what is right by --escalate"),
        (["correct", TASK, "--id", "1"], 2, "name one of"),
        (["correct", TASK, "--none", "--escalate", "frontend"], 2, "leave out --escalate"),
        (["correct", TASK, "--escalate", "none,frontend"], 2, "none alone for nobody"),
        (["correct", TASK, "--escalate", "nobody"], 2, "unknown mode 'nobody'"),
        (["correct", TASK, "--collaborate", "docker-compose-specialist"], 2, "in both lists"),
        (["correct", TASK, "--none", "--store", "none"], 2, "keeps nothing"),
        (["correct", TASK, "--none", "--store", "postgresql://a:hidden@127.0.0.1:1/x"], 8, "is the server running"),
        (["correct", "--input", "nowhere.csv"], 2, "nowhere.csv: cannot be read"),
        (["correct", "--input", "nowhere.csv", "--none"], 2, "leave out the parts"),
        (["corrections", "x"], 2, "'x' is not an id"),
        (["corrections", "--forget"], 2, "nothing is named to be forgotten"),
        (["corrections", "--forget", "99"], 2, "some do not exist"),
        (["corrections", "--export", "x", "--json"], 2, "--export goes with"),
        (["predict", "--input", "x", "--log"], 2, ""),
        (["predict", TASK, "--log", "--store", "none"], 2, "keeps nothing"),
    ],
)
def test_bad_input_gets_a_clear_error(command, arguments, code, words):
    done = command(*arguments)
    refused(done, code, words)
    assert "hidden" not in done.stderr.decode()


def test_a_damaged_file_of_answers_is_an_error_until_it_is_written_anew(command, tmp_path):
    command("correct", TASK, "--none")
    path = tmp_path / "fixes.answers.json"
    path.write_bytes(path.read_bytes()[:-30])
    refused(command("predict", TASK), 8, "fixes.answers.json: is damaged", "--store none")
    assert command("predict", TASK, "--store", "none").returncode == 0
    assert command("corrections").returncode == 0
    assert json.loads(command("predict", TASK, "--json").stdout)["correction"]["id"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("keys", "right"),
    [
        ("nos", {"escalate": [], "collaborate": [], "core": True}),
        ("e{docker-compose-specialist}\rc{docker-compose-specialist}\rs", {"escalate": [], "core": False}),
        ("q", None),
    ],
)
def test_parts_are_changed_by_keys_on_a_terminal(command, tmp_path, rulebook, keys, right):
    from escalation.cli.editing import keys_of

    letters = {name: key for key, name in keys_of("escalate", rulebook).items()}
    others = {name: key for key, name in keys_of("collaborate", rulebook).items()}
    assert all(others.get(name, key) == key for name, key in letters.items())
    typed = keys.format(**letters).encode()
    shown = on_terminal(["correct", TASK], typed, {"ESCALATION_STORE": str(tmp_path / "fixes.db")}, tmp_path)
    assert "[e]scalate" in shown
    kept = [json.loads(line) for line in command("corrections", "--json").stdout.splitlines()]
    if right is None:
        assert kept == []
        assert "nothing was kept" in shown
    else:
        assert kept[0]["right"].items() >= right.items()


def on_terminal(arguments, typed, env, folder):
    """Run a command on a pseudo-terminal on which keys are typed; return what it shows."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(env)
        os.execv(sys.executable, [sys.executable, "-m", "escalation", *arguments])
    shown, keys = b"", [bytes([key]) for key in typed]
    waiting, reacted, typing = False, True, b""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.3)
        try:
            data = os.read(terminal, 4096) if ready else None
        except OSError:  # the command has ended
            break
        if data:
            shown += data
            waiting = shown.rstrip().endswith((b"[q]uit", b"return ends"))
            reacted = True
        elif waiting and (keys or not reacted):
            # What is typed before the command begins to listen is lost; then nothing happens, and it is typed again.
            typing = keys.pop(0) if reacted else typing
            reacted = False
            os.write(terminal, typing)
    else:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(terminal)
    return shown.decode()
