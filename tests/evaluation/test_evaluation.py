from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from escalation.errors import CorpusError
from escalation.evaluation import evaluate, run_engines, score
from escalation.evaluation.metrics import averages, bootstrap, differences, label_differences, summarize
from escalation.model import read_model
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS

LABELS = ("escalate:a", "escalate:b", "collaborate:a", "core")


@pytest.fixture
def random_answers():
    random = np.random.default_rng(3)
    targets = (random.random((300, 4)) < [0.3, 0.1, 0.2, 0.8]).astype(np.int8)
    given = np.where(random.random((300, 4)) < 0.8, targets, 1 - targets).astype(np.int8)
    return targets, given, [f"g{number}" for number in random.integers(0, 30, 300)]


def test_figures_equal_those_of_scikit_learn(random_answers):
    targets, given, groups = random_answers
    figures = summarize(LABELS, targets, given, groups)
    averages = {name: entry["value"] for name, entry in figures["averages"].items()}
    assert averages["micro_f1"] == pytest.approx(f1_score(targets[:, :3], given[:, :3], average="micro"))
    assert averages["macro_f1"] == pytest.approx(f1_score(targets[:, :3], given[:, :3], average="macro"))
    assert averages["escalate_f1"] == pytest.approx(f1_score(targets[:, :2], given[:, :2], average="micro"))
    assert averages["collaborate_f1"] == pytest.approx(f1_score(targets[:, 2], given[:, 2]))
    assert averages["core_f1"] == pytest.approx(f1_score(targets[:, 3], given[:, 3]))
    for column, label in enumerate(LABELS):
        row = figures["labels"][label]
        assert row["precision"] == pytest.approx(precision_score(targets[:, column], given[:, column]))
        assert row["recall"] == pytest.approx(recall_score(targets[:, column], given[:, column]))
        assert row["support"] == targets[:, column].sum()


def test_exact_match_and_label_free_tasks():
    targets = np.array([[1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 1, 1]], np.int8)
    given = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 1]], np.int8)
    averages = summarize(LABELS, targets, given, list("abcd"))["averages"]
    assert averages["exact_match"]["value"] == 0.5
    assert averages["free_kept"]["value"] == 0.5


def test_what_nothing_defines_has_no_figure():
    nothing = np.zeros((3, 4), np.int8)
    figures = summarize(LABELS, nothing, nothing, list("abc"))
    assert figures["averages"]["micro_f1"]["value"] is None
    assert figures["labels"]["escalate:a"] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "support": 0,
        "answered": 0,
    }


def test_intervals_hold_the_figure_and_widen_with_the_groups(random_answers):
    targets, given, _ = random_answers
    one_by_one = summarize(LABELS, targets, given, [str(n) for n in range(300)])["averages"]["micro_f1"]
    assert one_by_one["low"] < one_by_one["value"] < one_by_one["high"]
    alike = [f"half{int(row)}" for row in (targets == given).all(axis=1)]
    coarse = summarize(LABELS, targets, given, alike)["averages"]["micro_f1"]
    assert coarse["high"] - coarse["low"] > one_by_one["high"] - one_by_one["low"]


def test_the_bootstrap_draws_whole_groups():
    groups = ["a", "a", "b", "b", "b"]
    seen = []
    bootstrap(lambda rows: seen.append(sorted(rows.tolist())) or {"x": 1.0}, groups)
    for rows in seen:
        assert rows.count(0) == rows.count(1)
        assert rows.count(2) == rows.count(3) == rows.count(4)


def test_paired_differences_hold_what_lies_between_two_sets_of_answers(random_answers):
    targets, given, groups = random_answers
    worse = given.copy()
    worse[:, 0] = 1 - worse[:, 0]
    found = differences(LABELS, targets, given, worse, groups)
    one, other = averages(LABELS, targets, given), averages(LABELS, targets, worse)
    for name, figure in found.items():
        assert figure["value"] == pytest.approx(one[name] - other[name])
    assert 0 < found["micro_f1"]["low"] < found["micro_f1"]["value"] < found["micro_f1"]["high"]
    assert found["collaborate_f1"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    by_label = label_differences(LABELS, targets, given, worse, groups)
    assert by_label["escalate:a"]["low"] > 0
    assert by_label["core"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_intervals_by_counts_are_those_of_resampled_rows(random_answers):
    targets, given, groups = random_answers
    counted = summarize(LABELS, targets, given, groups)["averages"]
    intervals = bootstrap(lambda rows: averages(LABELS, targets[rows], given[rows]), groups)
    for name, (low, high) in intervals.items():
        assert (counted[name]["low"], counted[name]["high"]) == pytest.approx((low, high))


def test_cross_validation_answers_every_task_once(small_rulebook):
    result = evaluate(read_corpus(SMALL_CORPUS), small_rulebook, ["hybrid", "model", "rules"])
    assert result["method"] == "cross-validation"
    assert list(result["engines"]) == ["hybrid", "model", "rules"]
    rules = result["engines"]["rules"]
    assert rules["tasks"] == 48
    assert rules["groups"] == 6
    # The small corpus is written so that its cues tell nearly all; what the rules miss is the open group.
    assert rules["averages"]["micro_f1"]["value"] > 0.85
    # Most tasks are the developer's own work and need nobody.
    majority = result["baselines"]["majority"]
    assert majority["micro_f1"]["value"] == 0.0
    assert majority["free_kept"]["value"] == 1.0
    assert majority["core_f1"]["value"] > 0.5
    ahead = result["differences"]["majority"]["micro_f1"]
    assert ahead["value"] == result["engines"]["hybrid"]["averages"]["micro_f1"]["value"]
    assert {finding["code"] for finding in result["findings"]} >= {"E101"}
    json.dumps(result, allow_nan=False)


def test_a_model_is_scored_only_on_tasks_that_it_has_not_seen(small_rulebook, small_model_path, tmp_path):
    model = read_model(small_model_path, small_rulebook)
    with pytest.raises(CorpusError, match="was trained on 48 of these tasks"):
        evaluate(read_corpus(SMALL_CORPUS), small_rulebook, ["hybrid"], model)
    lines = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()[:10]]
    some, others = tmp_path / "some.jsonl", tmp_path / "other.jsonl"
    disguised = [line | {"id": f"new-{line['id']}", "text": f"- {line['text'].upper()}!\n"} for line in lines]
    some.write_text("\n".join(map(json.dumps, disguised)), encoding="utf-8")
    with pytest.raises(CorpusError, match="trained on 10 of these tasks"):
        evaluate(read_corpus(some), small_rulebook, ["hybrid"], model)
    others.write_text(
        "\n".join(json.dumps(line | {"text": f"{line['text']} please"}) for line in lines), encoding="utf-8"
    )
    result = evaluate(read_corpus(tmp_path / "other.jsonl"), small_rulebook, ["hybrid"], model)
    assert result["method"] == "unseen"
    assert result["engines"]["hybrid"]["tasks"] == 10


def test_what_a_model_has_seen_may_be_allowed_and_is_then_said(small_rulebook, small_model_path):
    model = read_model(small_model_path, small_rulebook)
    run = run_engines(read_corpus(SMALL_CORPUS), small_rulebook, ["hybrid"], model, allow_overlap=True)
    result = score(run)
    assert len(result["overlap"]) == 48
    (finding,) = [finding for finding in result["findings"] if finding["code"] == "E103"]
    assert finding["figure"]["value"] == 48


def test_a_corpus_without_any_label_is_refused(small_rulebook, tmp_path):
    lines = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]
    (tmp_path / "corpus.jsonl").write_text(
        "\n".join(json.dumps(line | {"escalate": [], "collaborate": []}) for line in lines), encoding="utf-8"
    )
    with pytest.raises(CorpusError, match="no task escalates or collaborates"):
        evaluate(read_corpus(tmp_path / "corpus.jsonl"), small_rulebook, ["rules"])


def test_degrees_are_counted_at_each_target_that_takes_both(small_rulebook, tmp_path):
    tasks = [
        {"id": "1", "text": "Draw the exploded view", "escalate": [], "collaborate": ["illustrator"]},
        {"id": "2", "text": "Draw the exploded view of it", "escalate": ["illustrator"], "collaborate": []},
        {"id": "3", "text": "Choose the screenshots", "escalate": ["illustrator"], "collaborate": []},
        {"id": "4", "text": "Shorten the section", "escalate": ["illustrator"], "collaborate": []},
    ]
    path = tmp_path / "tasks.jsonl"
    path.write_text("\n".join(json.dumps(task | {"core": False}) for task in tasks), encoding="utf-8")
    result = evaluate(read_corpus(path), small_rulebook, ["rules"])
    assert result["confusions"] == {"illustrator": {"softened": 1, "hardened": 1, "tasks": 3}}


def test_tasks_in_words_that_the_model_does_not_know_are_found(rulebook, model, tmp_path):
    texts = ["Перенести таблицу заказов", "Добавить страницу настроек", "Собрать образ для сервера"]
    tasks = [
        {"id": str(number), "text": text, "escalate": ["database-specialist"], "collaborate": [], "core": False}
        for number, text in enumerate(texts)
    ]
    path = tmp_path / "tasks.jsonl"
    path.write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")
    result = evaluate(read_corpus(path), rulebook, ["hybrid"], model)
    high = {finding["code"] for finding in result["findings"] if finding["severity"] == "high"}
    assert high == {"E102", "E303"}
    assert result["drift"]["known_words"]["value"] == 0.0


def test_rules_need_no_folds(small_rulebook, tmp_path):
    (tmp_path / "few.jsonl").write_text("\n".join(SMALL_CORPUS.read_text().splitlines()[:8]))
    result = evaluate(read_corpus(tmp_path / "few.jsonl"), small_rulebook, ["rules"])
    assert result["method"] == "unseen"
    assert result["engines"]["rules"]["groups"] == 1


def test_an_unknown_label_is_refused_with_its_line(small_rulebook, tmp_path):
    text = SMALL_CORPUS.read_text(encoding="utf-8").replace('"legal-reviewer"', '"lawyer"')
    (tmp_path / "corpus.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match="line 3: escalates 'lawyer'"):
        evaluate(read_corpus(tmp_path / "corpus.jsonl"), small_rulebook, ["rules"])
