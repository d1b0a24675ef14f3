"""Tables in and out: CSV and Parquet hold the same as JSON lines."""

from __future__ import annotations

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers import ROOT, refused

CORPUS = [json.loads(line) for line in (ROOT / "data" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
TASKS = [{"id": row["id"], "text": row["text"], "stack": row.get("stack") or {}} for row in CORPUS[::30]]


def write_table(path, rows):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_tables_in_and_out_hold_the_same(run, tmp_path, predictor):
    singly = [json.dumps(predictor.predict(task).to_dict(), ensure_ascii=False) for task in TASKS]
    rows = [{**task, "stack": json.dumps(task["stack"])} for task in TASKS]
    for name, out in (("tasks.csv", "out.parquet"), ("tasks.parquet", "out.csv")):
        write_table(tmp_path / name, rows)
        done = run("predict", "--input", name, "--output", out)
        assert done.returncode == 0, done.stderr
    rows_out = read_csv(tmp_path / "out.csv")
    parquet = pq.read_table(tmp_path / "out.parquet")
    for found in ([row["answer"] for row in rows_out], parquet["answer"].to_pylist()):
        answered = [json.loads(line) for line in found]
        assert all(answer.pop("place") for answer in answered)
        assert [json.dumps(answer, ensure_ascii=False) for answer in answered] == singly
    answers = [json.loads(line) for line in singly]
    modes = [[entry["mode"] or entry["group"] for entry in answer["escalate"]] for answer in answers]
    assert parquet["escalate"].to_pylist() == [row["escalate"].split() for row in rows_out] == modes
    assert [row["core"] for row in rows_out] == [json.dumps(answer["core"]["value"]) for answer in answers]
    assert parquet["core"].to_pylist() == [answer["core"]["value"] for answer in answers]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_wrong_row_has_its_error_in_the_table(run, tmp_path, name):
    write_table(tmp_path / "tasks.csv", [{"id": "a", "text": " "}, {"id": "b", "text": "Write the Dockerfile"}])
    assert run("predict", "--input", "tasks.csv", "--output", name, "--keep-going").returncode == 2
    path = tmp_path / name
    rows = read_csv(path) if name.endswith("csv") else pq.read_table(path).to_pylist()
    assert [(row["id"], bool(row["error"]), bool(row["answer"])) for row in rows] == [
        ("a", True, False),
        ("b", False, True),
    ]
    assert [path.name for path in sorted(tmp_path.iterdir())] == [name, "tasks.csv"]


def test_a_parquet_column_may_hold_the_stack_as_it_is(run, tmp_path):
    rows = [{"text": "Fix the page", "stack": {"frontend": ["Vue"]}}, {"text": "Fix the page", "stack": None}]
    write_table(tmp_path / "tasks.parquet", rows)
    found = [json.loads(line) for line in run("predict", "--input", "tasks.parquet", "--json").stdout.splitlines()]
    assert [answer["escalate"][0]["mode"] for answer in found] == ["vuejs-developer", None]


def test_a_file_that_is_not_parquet_is_an_error(run, tmp_path):
    for content in (b"", b"PAR1 cut"):
        (tmp_path / "tasks.parquet").write_bytes(content)
        refused(run("predict", "--input", "tasks.parquet"), 2, "tasks.parquet: cannot be read as Parquet")
    write_table(tmp_path / "other.parquet", [{"words": "x"}])
    refused(run("predict", "--input", "other.parquet"), 2, "has no column 'text'")
