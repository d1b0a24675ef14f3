from __future__ import annotations

import json

import msgspec
import pytest

from escalation.errors import CorpusError
from escalation.evaluation import Evaluation, evaluate, run_engines, score
from escalation.evaluation.figures import Confusion
from escalation.model import read_model
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS, SMALL_RULEBOOK, refused, small_tasks, write_tasks

CORPUS = read_corpus(SMALL_CORPUS)


@pytest.mark.slow
def test_cross_validation_answers_every_task_once(small_rulebook):
    result = evaluate(CORPUS, small_rulebook, ["hybrid", "model", "rules"])
    assert result.method == "cross-validation"
    assert list(result.engines) == ["hybrid", "model", "rules"]
    rules = result.engines["rules"]
    assert (rules.tasks, rules.groups) == (48, 6)
    # The cues of the small corpus reveal nearly all labels; the rules miss the open group only.
    assert rules.averages["micro_f1"].value > 0.85
    # Most tasks are the writer's own work and need no specialist.
    majority = result.baselines["majority"]
    assert (majority["micro_f1"].value, majority["none_correct"].value) == (0.0, 1.0)
    assert majority["core_f1"].value > 0.5
    ahead = result.differences["majority"]["micro_f1"]
    assert ahead.value == result.engines["hybrid"].averages["micro_f1"].value
    assert {finding.code for finding in result.findings} >= {"E101"}
    hybrid, points = result.engines["hybrid"], result.engines["hybrid"].settled
    assert points[0].micro_f1 == hybrid.averages["micro_f1"].value
    assert [point.micro_f1 for point in points] == sorted(point.micro_f1 for point in points)
    assert rules.settled is None
    made = json.loads(json.dumps(msgspec.to_builtins(result), allow_nan=False))
    assert "against" not in made
    assert msgspec.convert(made, Evaluation) == result


def test_the_figures_say_what_they_were_measured_with(small_rulebook, small_model_path, tmp_path):
    model = read_model(small_model_path, small_rulebook)
    path = write_tasks(tmp_path / "tasks.jsonl", [task | {"text": f"{task['text']} please"} for task in small_tasks()])
    corpus = read_corpus(path)
    made = msgspec.to_builtins(evaluate(corpus, small_rulebook, ["hybrid"], model))
    assert made["method"] == "unseen"
    assert made["hashes"] == {
        "model": model.info.sha256,
        "rulebook": small_rulebook.sha256,
        "corpus": corpus.sha256,
    }
    assert made["created_by"].startswith("escalation-predictor ")
    assert made["training"]["core"] == model.info.fit["core"].average_precision
    shown = json.dumps(made)
    assert not [task for task in small_tasks() if task["text"] in shown or f'"{task["id"]}"' in shown]


def test_a_model_is_evaluated_on_unseen_tasks_only(small_rulebook, small_model_path, tmp_path):
    model = read_model(small_model_path, small_rulebook)
    with pytest.raises(CorpusError, match="trained on 48 of these tasks"):
        evaluate(CORPUS, small_rulebook, ["hybrid"], model)
    disguised = [task | {"id": f"new-{task['id']}", "text": f"- {task['text'].upper()}!\n"} for task in small_tasks()]
    with pytest.raises(CorpusError, match="trained on 10 of these tasks"):
        evaluate(read_corpus(write_tasks(tmp_path / "some.jsonl", disguised[:10])), small_rulebook, ["hybrid"], model)
    result = score(run_engines(CORPUS, small_rulebook, ["hybrid"], model, allow_overlap=True))
    assert len(result.overlap) == 48
    assert [finding.value for finding in result.findings if finding.code == "E103"] == [48]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"escalate": [], "collaborate": []}, "no task escalates or collaborates"),
        ({"escalate": ["lawyer"]}, "line 1: label escalate:lawyer is not in the rulebook"),
    ],
)
def test_invalid_labels(small_rulebook, tmp_path, change, words):
    path = write_tasks(tmp_path / "corpus.jsonl", [task | change for task in small_tasks()])
    with pytest.raises(CorpusError, match=words):
        evaluate(read_corpus(path), small_rulebook, ["rules"])


def test_confused_dispositions_are_counted_by_target(small_rulebook, tmp_path):
    labelled = {
        "Draw the exploded view": ([], ["illustrator"]),
        "Draw the exploded view of it": (["illustrator"], []),
        "Choose the screenshots": (["illustrator"], []),
        "Shorten the section": (["illustrator"], []),
    }
    tasks = [
        {"id": text, "text": text, "escalate": escalate, "collaborate": collaborate, "core": False}
        for text, (escalate, collaborate) in labelled.items()
    ]
    result = evaluate(read_corpus(write_tasks(tmp_path / "tasks.jsonl", tasks)), small_rulebook, ["rules"])
    assert result.confusions == {"illustrator": Confusion(under_escalated=1, over_escalated=1, tasks=3)}
    # The rules need no folds, however few projects there are.
    assert (result.method, result.engines["rules"].groups) == ("unseen", 4)


def test_tasks_in_unknown_words_have_findings(rulebook, model, tmp_path):
    texts = ["Перенести таблицу заказов", "Добавить страницу настроек", "Собрать образ для сервера"]
    tasks = [
        {"id": text, "text": text, "escalate": ["database-specialist"], "collaborate": [], "core": False}
        for text in texts
    ]
    result = evaluate(read_corpus(write_tasks(tmp_path / "tasks.jsonl", tasks)), rulebook, ["hybrid"], model)
    assert {finding.code for finding in result.findings if finding.severity == "high"} == {"E102", "E303"}
    assert result.drift.known_words.value == 0.0


def test_a_cross_validated_model_keeps_its_hash(run, small_rulebook, small_model_path, tmp_path):
    arguments = ["--rulebook", SMALL_RULEBOOK, "--model", small_model_path, "--cross-validate", "--engine", "rules"]
    done = run("evaluate", *arguments, "--corpus", SMALL_CORPUS, "--json")
    assert json.loads(done.stdout)["hashes"]["model"] == read_model(small_model_path, small_rulebook).info.sha256
    other = write_tasks(tmp_path / "other.jsonl", small_tasks()[:40])
    refused(run("evaluate", *arguments, "--corpus", other), 2, "trained on another corpus")
