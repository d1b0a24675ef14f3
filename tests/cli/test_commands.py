"""The commands `train`, `validate`, `evaluate` and `explain`, and what the README says of all."""

from __future__ import annotations

import json

import pytest

from escalation.files import PREDICTION_SCHEMA
from helpers import ROOT, SMALL_CORPUS, SMALL_RULEBOOK, refused

BOOK = ["--rulebook", SMALL_RULEBOOK]
TASK = "Write the Dockerfile"


def test_help_shows_examples(run):
    for command in ("predict", "explain", "stack", "train", "evaluate", "validate", "audit", "card"):
        done = run(command, "--help")
        assert done.returncode == 0
        assert f"escalation {command} " in done.stdout.decode().split("Examples:")[1].split("Options")[0]
    assert run("--version").stdout.strip()
    assert all(command in run("--help").stdout.decode() for command in ("predict", "schema"))


def test_the_published_schema_is_printed(run):
    assert run("schema").stdout == PREDICTION_SCHEMA.read_bytes()


@pytest.mark.slow
def test_train_validate_and_evaluate_with_another_rulebook(run, tmp_path):
    done = run("train", *BOOK, "--corpus", SMALL_CORPUS, "--out", "model")
    assert done.returncode == 0, done.stderr
    assert "48 tasks of 6 projects" in done.stdout.decode()
    model = [*BOOK, "--model", "model"]
    answer = json.loads(run("predict", "Draw the exploded view", *model, "--json").stdout)
    assert answer["escalate"][0]["mode"] == "illustrator"
    done = run("validate", *model, "--corpus", SMALL_CORPUS, "--conflicts", 3)
    assert done.returncode == 0, done.stderr
    assert "no hard finding" in done.stdout.decode()
    lines = [json.loads(line) for line in SMALL_CORPUS.read_text().splitlines()[:20]]
    others = (line | {"text": f"Please: {line['text']}"} for line in lines)
    (tmp_path / "other.jsonl").write_text("".join(json.dumps(line) + "\n" for line in others))
    other = ["evaluate", *model, "--corpus", "other.jsonl"]
    assert "micro-F1" in run(*other).stdout.decode()
    assert list(json.loads(run(*other, "--json", "--engine", "rules").stdout)["engines"]) == ["rules"]
    seen = ["evaluate", *model, "--corpus", SMALL_CORPUS]
    refused(run(*seen), 4, "was trained on 48 of these tasks")
    done = run(*seen, "--allow-overlap", "--report", "report")
    assert "E103 high: the model was trained on 48 of the 48 tasks" in done.stdout.decode()
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert "E103" in [finding["code"] for finding in report["findings"]]


@pytest.mark.slow
def test_a_report_that_cannot_be_written_is_an_error_before_the_corpus_is_read(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    for place, word in (("mine", "letter.txt"), ("mine/letter.txt", "is a file"), ("mine/letter.txt/x", "written")):
        refused(run("evaluate", "--corpus", "nowhere.jsonl", "--report", place), 2, word)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


@pytest.mark.slow
def test_train_rejects_a_bad_corpus_and_a_place_that_holds_something(run, tmp_path):
    (tmp_path / "corpus.jsonl").write_text("{")
    refused(run("train", *BOOK, "--corpus", "corpus.jsonl"), 4, "corpus.jsonl: line 1: is not JSON")
    assert not (tmp_path / "model").exists()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("precious")
    refused(run("train", *BOOK, "--corpus", SMALL_CORPUS, "--out", "work"), 2, "thesis.txt")
    assert (tmp_path / "work" / "thesis.txt").exists()


@pytest.mark.slow
def test_own_behaviour_cases_decide_whether_a_model_is_written(run, tmp_path):
    passing = '[[minimum]]\nid = "view"\ntext = "Draw the exploded view"\nescalate = ["illustrator"]\n'
    (tmp_path / "passing.toml").write_text(passing)
    (tmp_path / "failing.toml").write_text(passing.replace("illustrator", "legal-reviewer"))
    arguments = ["train", *BOOK, "--corpus", SMALL_CORPUS, "--behaviour"]
    refused(run(*arguments, "none.toml"), 2, "none.toml: cannot be read")
    refused(run(*arguments, "failing.toml"), 1, "H7 in view: must escalate legal-reviewer")
    assert not (tmp_path / "model").exists()
    assert run(*arguments, "passing.toml").returncode == 0
    assert (tmp_path / "model").exists()


def test_validate_ends_with_one_on_a_hard_finding(run, tmp_path, small_model_path):
    text = SMALL_CORPUS.read_text().replace('"escalate": ["illustrator"]', '"escalate": ["nobody"]', 1)
    (tmp_path / "corpus.jsonl").write_text(text)
    arguments = ["validate", *BOOK, "--corpus", "corpus.jsonl", "--model", small_model_path]
    done = run(*arguments)
    assert done.returncode == 1
    assert "H1" in done.stdout.decode()
    report = json.loads(run(*arguments, "--json").stdout)
    assert [finding["code"] for finding in report["hard"]] == ["H1"]


def test_an_explanation_for_people(run):
    done = run("explain", "Split the users table without downtime", "--label", "escalate:database")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    for words in (
        "escalate:database-specialist  in the answer: model ",
        "Split the users table without downtime",
        "  score +",
        " = base -",
        "rule database.migrations",
    ):
        assert words in text
    assert "collaborate:" not in text


def test_an_explanation_for_programs(run):
    explanation = json.loads(run("explain", "-", "--json", "--stack", "frontend=vue", stdin="Fix the page").stdout)
    label = explanation["labels"][0]
    assert label["label"] == "escalate:frontend"
    assert label["given"]
    total = label["base"] + sum(reason["weight"] for reason in label["contributions"])
    assert total == pytest.approx(label["score"], abs=1e-4)
    only = json.loads(run("explain", TASK, "--label", "collaborate:docker", "--json").stdout)
    assert [label["label"] for label in only["labels"]] == ["collaborate:docker-compose-specialist"]


def test_explaining_by_rules_and_of_nothing(run):
    assert "in the answer: decided by rule" in run("explain", TASK, "--engine", "rules").stdout.decode()
    assert "no other label comes near" in run("explain", "Tidy the docstrings of the parser").stdout.decode()
    assert "The model abstained: " in run("explain", "🚀🚀").stdout.decode()
    refused(run("explain", TASK, "--label", "plumber"), 2, "'plumber'", "collaborate:database-specialist")
    refused(run("explain", " "), 2, "the task is empty")


def test_the_commands_of_the_readme_are_in_it():
    readme, ci = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", ".ci/run"))
    task = "Split the users table into accounts and profiles without downtime, then build the image in GitHub Actions"
    venv = "python3 -m venv .venv && .venv/bin/pip install"
    assert f'{venv} . && .venv/bin/escalation predict "{task}"' in readme
    assert f'{venv} -e ".[dev]" && .venv/bin/pytest\n' in readme
    assert f'{venv} -e ".[dev]" && .venv/bin/pytest\n' in ci
