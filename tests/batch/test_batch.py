"""Many tasks: every way to ask gives the same answers, in order, and a run goes on after an interruption."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from escalation import Predictor
from escalation.errors import InputError
from helpers import ROOT

CORPUS = [json.loads(line) for line in (ROOT / "data" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
TASKS = [{"id": row["id"], "text": row["text"], "stack": row.get("stack") or {}} for row in CORPUS[::16]]


def command(*arguments):
    return [sys.executable, "-m", "escalation", "predict", *map(str, arguments)]


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments):
        return subprocess.run(command(*arguments), cwd=tmp_path, capture_output=True, check=False)

    return invoke


@pytest.fixture
def tasks(tmp_path):
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in TASKS), encoding="utf-8")
    return TASKS


@pytest.fixture(scope="module")
def singly(predictor):
    return [json.dumps(predictor.predict(task).to_dict(), ensure_ascii=False) for task in TASKS]


def test_every_way_to_ask_gives_the_same_bytes(run, tmp_path, tasks, singly):
    predictor = Predictor.load()
    for jobs in (1, 2):
        many = predictor.predict_many(iter(tasks), jobs=jobs)
        assert [json.dumps(answer.to_dict(), ensure_ascii=False) for answer in many] == singly
    lines = "".join(f"{line}\n" for line in singly)
    assert run("--input", "tasks.jsonl", "--json").stdout.decode() == lines
    for jobs in (1, 2):
        assert run("--input", "tasks.jsonl", "--output", f"{jobs}.jsonl", "--jobs", jobs).returncode == 0
        assert (tmp_path / f"{jobs}.jsonl").read_text(encoding="utf-8") == lines


def test_without_reasons_all_else_is_the_same(predictor):
    for task in TASKS[::5]:
        full, short = (predictor.predict(task, reasons=reasons).to_dict() for reasons in (True, False))
        assert not short["parts"]
        assert not any(entry["reasons"] for side in ("escalate", "collaborate") for entry in short[side])
        for side in ("escalate", "collaborate"):
            for entry in (*full[side], *short[side]):
                del entry["reasons"]
        assert {**full, "parts": []} == short


def test_tables_in_and_out_hold_the_same(run, tmp_path, tasks, singly):
    rows = [{**task, "id": str(task["id"]), "stack": json.dumps(task["stack"])} for task in tasks]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "tasks.parquet")
    with (tmp_path / "tasks.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for name in ("tasks.jsonl", "tasks.csv", "tasks.parquet"):
        for kind in ("csv", "parquet"):
            assert run("--input", name, "--output", f"out.{kind}").returncode == 0
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as stream:
            table = list(csv.DictReader(stream))
        assert [row["answer"] for row in table] == singly
        assert pq.read_table(tmp_path / "out.parquet")["answer"].to_pylist() == singly
    answers = [json.loads(line) for line in singly]
    modes = [[entry["mode"] or entry["group"] for entry in answer["escalate"]] for answer in answers]
    assert pq.read_table(tmp_path / "out.parquet")["escalate"].to_pylist() == modes
    assert [row["escalate"].split() for row in table] == modes
    assert [row["core"] for row in table] == [json.dumps(answer["core"]["value"]) for answer in answers]


def test_a_parquet_column_may_hold_the_stack_as_it_is(run, tmp_path):
    rows = [{"text": "Fix the page", "stack": {"frontend": ["Vue"]}}, {"text": "Fix the page", "stack": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "tasks.parquet")
    found = [json.loads(line) for line in run("--input", "tasks.parquet", "--json").stdout.splitlines()]
    assert [answer["escalate"][0]["mode"] for answer in found] == ["vuejs-developer", None]


@pytest.mark.parametrize("content", [b"", b"PAR1 cut"])
def test_a_file_that_is_no_parquet_is_refused(run, tmp_path, content):
    (tmp_path / "tasks.parquet").write_bytes(content)
    done = run("--input", "tasks.parquet")
    assert done.returncode == 2
    assert b"tasks.parquet: cannot be read as Parquet" in done.stderr
    pq.write_table(pa.Table.from_pylist([{"words": "x"}]), tmp_path / "other.parquet")
    assert b"has no column 'text'" in run("--input", "other.parquet").stderr


def test_an_interrupted_run_keeps_what_it_has_and_goes_on(run, tmp_path, tasks, singly):
    many = tasks * 20
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in many), encoding="utf-8")
    part = tmp_path / "out.jsonl.part"
    process = subprocess.Popen(
        command("--input", "tasks.jsonl", "--output", "out.jsonl"), cwd=tmp_path, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 50_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    message = process.communicate()[1].decode()
    assert process.returncode == 130, message
    assert "interrupted" in message
    assert "--resume goes on" in message
    assert not (tmp_path / "out.jsonl").exists()
    kept = part.read_bytes()
    assert 0 < len(kept.splitlines()) < len(many)
    again = run("--input", "tasks.jsonl", "--output", "out.jsonl")
    assert again.returncode == 2
    assert b"an unfinished run" in again.stderr
    assert part.read_bytes() == kept
    part.write_bytes(kept + b'{"escalate": [half a li')
    other = run("--input", "tasks.jsonl", "--output", "out.jsonl", "--resume", "--engine", "rules")
    assert other.returncode == 2
    assert b"another engine and another model" in other.stderr
    assert run("--input", "tasks.jsonl", "--output", "out.jsonl", "--resume").returncode == 0
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines() == singly * 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "tasks.jsonl"]


def test_a_wrong_line_loses_nothing_that_was_answered(run, tmp_path, tasks, singly):
    lines = [json.dumps(task) for task in tasks[:20]]
    (tmp_path / "tasks.jsonl").write_text("\n".join([*lines[:10], "{", *lines[10:]]))
    done = run("--input", "tasks.jsonl", "--output", "out.jsonl")
    assert done.returncode == 2
    assert b"line 11: is not JSON" in done.stderr
    assert b"10 answers are kept in out.jsonl.part" in done.stderr
    (tmp_path / "tasks.jsonl").write_text("\n".join(lines))
    assert run("--input", "tasks.jsonl", "--output", "out.jsonl", "--resume").returncode == 0
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines() == singly[:20]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--jobs", "2"], "--jobs is for many tasks"),
        (["x", "--keep-going"], "--keep-going is for many tasks"),
        (["x", "--output", "one.parquet"], "one answer is written as JSON"),
        (["--input", "tasks.jsonl", "--output", "/dev/null", "--resume"], "keeps nothing"),
        (["--input", "tasks.jsonl", "--resume"], "name it by --output"),
        (["--input", "-", "--output", "out.jsonl", "--resume"], "cannot be read again"),
        (["--input", "tasks.jsonl", "--output", "out.jsonl", "--resume"], "there is no unfinished run"),
        (["--input", "tasks.jsonl", "--output", "."], "is a directory"),
        (["--input", "tasks.jsonl", "--output", "none/out.jsonl"], "cannot be written"),
        (["x", "--resume"], "name them by --input"),
        (["--input", "tasks.jsonl", "--jobs", "0"], "--jobs"),
    ],
)
def test_what_cannot_be_is_refused(run, tmp_path, tasks, arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["tasks.jsonl"]


def test_a_changed_input_is_not_gone_on_with(run, tmp_path, tasks):
    lines = [json.dumps(task) for task in tasks[:30]]
    (tmp_path / "tasks.jsonl").write_text("\n".join([*lines[:10], "{"]))
    run("--input", "tasks.jsonl", "--output", "out.jsonl")
    for other in (lines[10:], lines[:5]):
        (tmp_path / "tasks.jsonl").write_text("\n".join(other))
        done = run("--input", "tasks.jsonl", "--output", "out.jsonl", "--resume")
        assert done.returncode == 2
        assert b"is not what the unfinished run has read" in done.stderr
    assert len((tmp_path / "out.jsonl.part").read_text().splitlines()) == 10


def test_a_resumed_run_remembers_the_lines_that_were_wrong(run, tmp_path, tasks):
    lines = [json.dumps(task) for task in tasks[:10]]
    lines[3] = '{"id": "a7", "text": ""}'
    (tmp_path / "tasks.jsonl").write_text("\n".join(lines))
    assert run("--input", "tasks.jsonl", "--output", "out.jsonl", "--keep-going").returncode == 2
    answers = (tmp_path / "out.jsonl").read_text().splitlines(keepends=True)
    assert json.loads(answers[3])["id"] == "a7"
    asked = run("--input", "tasks.jsonl", "--output", "other.jsonl")
    assert asked.returncode == 2
    (tmp_path / "other.jsonl.part").write_text("".join(answers[:6]))
    done = run("--input", "tasks.jsonl", "--output", "other.jsonl", "--keep-going", "--resume")
    assert done.returncode == 2
    assert b"1 lines of tasks.jsonl are not answered" in done.stderr
    assert (tmp_path / "other.jsonl").read_text() == "".join(answers)


def test_two_runs_do_not_write_to_one_place(run, tmp_path, tasks):
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks * 20), encoding="utf-8")
    part = tmp_path / "out.jsonl.part"
    first = subprocess.Popen(command("--input", "tasks.jsonl", "--output", "out.jsonl"), cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    second = run("--input", "tasks.jsonl", "--output", "out.jsonl", "--resume")
    assert second.returncode == 2
    assert b"another run is writing there" in second.stderr
    assert first.wait() == 0
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == len(tasks) * 20


@pytest.mark.parametrize("description", ["[]", "", '{"input": 3}'])
def test_a_damaged_description_of_a_run_is_told(run, tmp_path, tasks, description):
    (tmp_path / "out.jsonl.part").write_text("{}\n")
    (tmp_path / "out.jsonl.part.json").write_text(description)
    done = run("--input", "tasks.jsonl", "--output", "out.jsonl", "--resume")
    assert done.returncode == 2
    assert b"out.jsonl.part" in done.stderr
    assert b"Traceback" not in done.stderr


def test_several_processes_end_as_one_does(predictor):
    tasks = [*(task["text"] for task in TASKS), "", "Write the Dockerfile"]
    for jobs in (1, 2):
        answers = Predictor.load().predict_many(tasks, jobs=jobs)
        for _ in TASKS:
            next(answers)
        with pytest.raises(InputError, match="is empty"):
            next(answers)


def test_several_processes_take_no_more_than_they_need():
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield "Write the Dockerfile"

    answers = Predictor.load().predict_many(endless(), jobs=2)
    next(answers)
    time.sleep(1)
    assert taken <= 4 * 250
    answers.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the processes in /proc")
def test_a_process_that_is_ended_is_told(run, tmp_path, tasks):
    program = (
        "import os, signal, time\nfrom escalation import Predictor\nfrom escalation.errors import InterruptedRunError\n"
        "answers = Predictor.load().predict_many(iter(lambda: 'Write the Dockerfile', None), jobs=2)\n"
        "next(answers)\n"
        # Let both finish what they were given: one that is ended while it hands over its answers leaves loky waiting.
        "time.sleep(3)\n"
        "children = open(f'/proc/{os.getpid()}/task/{os.getpid()}/children').read().split()\n"
        "workers = [child for child in children if b'popen_loky' in open(f'/proc/{child}/cmdline', 'rb').read()]\n"
        "assert workers\n"
        "for worker in workers: os.kill(int(worker), signal.SIGKILL)\n"
        "try:\n    for answer in answers: pass\nexcept InterruptedRunError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "ended from outside" in done.stdout, done.stderr


@pytest.mark.parametrize(("wrong", "jobs"), [("Write the Dockerfile", 1), ({"text": "x"}, 1), (["x"], 0)])
def test_predict_many_says_what_it_takes(predictor, wrong, jobs):
    with pytest.raises(InputError):
        predictor.predict_many(wrong, jobs=jobs)


def test_several_processes_need_a_predictor_that_was_loaded(rulebook, model):
    with pytest.raises(InputError, match=r"Predictor\.load"):
        Predictor(rulebook, model).predict_many(TASKS, jobs=2)


def test_memory_does_not_grow_with_the_input(tmp_path):
    # Peak resident memory of a process that answers n tasks from a pipe, which it can only hold or let go.
    program = (
        "import resource, sys\nfrom escalation.predictor import Predictor\n"
        "p = Predictor.load(engine='rules')\n"
        "for answer in p.predict_many(sys.stdin, reasons=False): pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )

    def peak(count):
        text = "Write the Dockerfile for the worker, then move the users table\n" * count
        done = subprocess.run([sys.executable, "-c", program], input=text, text=True, capture_output=True, check=True)
        return int(done.stdout)

    assert peak(60_000) < peak(6_000) + 3_000  # kB; 54,000 texts alone have 6,000, their answers many times that
