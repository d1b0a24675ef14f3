from __future__ import annotations

import json
import re
import shutil

import pytest

from escalation.errors import EscalationError
from escalation.evaluation import evaluate, run_engines
from escalation.evaluation.metrics import SUBSET_FIGURES
from escalation.evaluation.scoring import MIN_SUPPORT, compare
from escalation.model import read_model
from escalation.training import train
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS, SMALL_RULEBOOK, refused, small_tasks, write_tasks


@pytest.fixture(scope="module")
def other_model_path(tmp_path_factory, small_rulebook):
    """A model of the same rulebook, trained on all projects but one."""
    folder = tmp_path_factory.mktemp("other")
    tasks = small_tasks()
    kept = [task for task in tasks if task["project"] != tasks[0]["project"]]
    train(write_tasks(folder / "corpus.jsonl", kept), small_rulebook, folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    """The tasks of the small corpus with four endings, so that no model has seen them."""
    tasks = [
        task | {"id": f"{task['id']}-{end[:3]}", "text": f"{task['text']} {end}"}
        for end in ("please", "soon", "for the new edition", "again")
        for task in small_tasks()
    ]
    return write_tasks(tmp_path_factory.mktemp("unseen") / "unseen.jsonl", tasks)


@pytest.fixture(scope="module")
def compare_on(small_rulebook, small_model_path):
    """Compare the model alone (B) against the rules (A) on a file of tasks, or the reverse."""
    model = read_model(small_model_path, small_rulebook)

    def on(path, a="rules", b="model"):
        return compare(run_engines(read_corpus(path), small_rulebook, [b, a], model), a, (a, b))

    return on


@pytest.fixture(scope="module")
def compared(compare_on, unseen):
    return compare_on(unseen)


def test_differences_are_those_of_two_evaluations(compared, small_rulebook, small_model_path, unseen):
    corpus, model = read_corpus(unseen), read_model(small_model_path, small_rulebook)
    a = evaluate(corpus, small_rulebook, ["rules"]).engines["rules"]
    b = evaluate(corpus, small_rulebook, ["model"], model).engines["model"]
    for name, row in compared.averages.items():
        assert (row.a, row.b) == (a.averages[name].value, b.averages[name].value)
        if row.a is not None and row.b is not None:
            assert row.difference.value == pytest.approx(row.b - row.a)
            assert row.difference.low <= row.difference.value <= row.difference.high
    for label, row in compared.labels.items():
        assert (row.a, row.b, row.support) == (a.labels[label].f1, b.labels[label].f1, a.labels[label].support)
    assert (compared.a.trained_on, compared.b.trained_on) == (None, 48)


def test_the_other_way_round_the_signs_change(compared, compare_on, unseen):
    back = compare_on(unseen, "model", "rules")
    for name, row in compared.averages.items():
        there, again = row.difference, back.averages[name].difference
        assert again.value == pytest.approx(-there.value)
        assert (again.low, again.high) == (pytest.approx(-there.high), pytest.approx(-there.low))
    assert [task.id for task in back.changed.tasks] == [task.id for task in compared.changed.tasks]
    assert (back.worse, compared.worse) == ([], ["micro_f1", "escalate:illustrator"])


def test_changed_answers_say_who_is_right(compared, unseen):
    labels = {task["id"]: task for task in map(json.loads, unseen.read_text(encoding="utf-8").splitlines())}
    assert compared.changed.count == len(compared.changed.tasks) == sum(compared.changed.right.values()) > 0
    for task in compared.changed.tasks:
        for side in ("escalate", "collaborate"):
            assert sorted(getattr(task.expected, side)) == sorted(labels[task.id][side])
        assert task.expected.core == labels[task.id]["core"]
        assert task.a != task.b
        assert (task.a == task.expected) == (task.right == "a")
        assert (task.b == task.expected) == (task.right == "b")


def test_differences_by_genre_show_what_a_gain_elsewhere_costs(compare_on, unseen, tmp_path, command, small_model_path):
    tasks = list(map(json.loads, unseen.read_text(encoding="utf-8").splitlines()))
    assert compare_on(unseen).genres == {}
    named = [task | {"genre": "drawn" if "illustrator" in task["escalate"] else "other"} for task in tasks]
    path = write_tasks(tmp_path / "genres.jsonl", named)
    found = compare_on(path).genres
    assert {genre: rows.tasks for genre, rows in found.items()} == {"drawn": 36, "other": 156}
    drawn = compare_on(write_tasks(tmp_path / "drawn.jsonl", [task for task in named if task["genre"] == "drawn"]))
    assert found["drawn"].micro_f1 == drawn.averages["micro_f1"]
    assert found["drawn"].micro_f1.difference.high < 0
    arguments = ["--corpus", path, "--model", small_model_path, "--engine", "model", "--against", "rules"]
    made = json.loads(command("evaluate", *arguments, "--json"))
    assert {genre: row["tasks"] for genre, row in made["genres"].items()} == {"drawn": 36, "other": 156}
    assert set(made["against"]["genres"]["other"]) == {"tasks", "projects", *SUBSET_FIGURES}
    assert re.search(r"drawn .* 36 .* micro-F1 .* worse", command("evaluate", *arguments))


def test_a_label_with_few_tasks_is_not_called_worse(compared, compare_on, unseen, tmp_path):
    assert compared.labels["escalate:legal-reviewer"].difference.high < 0
    assert compared.labels["escalate:legal-reviewer"].support < MIN_SUPPORT
    tasks = [task for task in map(json.loads, unseen.read_text().splitlines()) if "illustrator" in task["escalate"]]
    few = compare_on(write_tasks(tmp_path / "few.jsonl", tasks[: MIN_SUPPORT - 1]))
    assert few.labels["escalate:illustrator"].support == MIN_SUPPORT - 1
    assert few.worse == ["micro_f1"]


def test_undefined_figures_have_no_difference(compare_on, tmp_path):
    tasks = [task | {"id": task["id"], "text": f"{task['text']} again"} for task in small_tasks()]
    kept = [task for task in tasks if "legal-reviewer" not in task["escalate"] and "legal" not in task["text"]]
    found = compare_on(write_tasks(tmp_path / "tasks.jsonl", kept)).labels["escalate:legal-reviewer"]
    assert (found.a, found.b, found.difference.value) == (None, None, None)


def test_two_models(command, small_model_path, other_model_path, unseen, tmp_path):
    arguments = ["--corpus", unseen, "--against", small_model_path, "--model"]
    found = json.loads(command("evaluate", *arguments, other_model_path, "--json"))["against"]
    assert found["a"] == {"name": str(small_model_path), "engine": "hybrid", "trained_on": 48}
    assert found["b"]["trained_on"] < 48
    shown = command("evaluate", *arguments, other_model_path, "--changed", "2")
    assert f"{found['changed']['count']} changed answers" in shown
    assert shown.count(found["changed"]["tasks"][0]["id"]) == 1
    shutil.copytree(small_model_path, tmp_path / "copy")
    found = json.loads(command("evaluate", *arguments, tmp_path / "copy", "--fail-if-worse", "--json"))["against"]
    assert found["changed"]["count"] == 0
    assert {row["difference"]["value"] for row in found["averages"].values()} == {0.0}


@pytest.mark.slow
def test_two_engines_in_one_cross_validation(command):
    result = json.loads(
        command("evaluate", "--corpus", SMALL_CORPUS, "--cross-validate", "--against", "rules", "--json")
    )
    assert (result["method"], list(result["engines"])) == ("cross-validation", ["hybrid", "rules"])
    sides = [result["against"][side] for side in ("a", "b")]
    assert [(side["name"], side["trained_on"]) for side in sides] == [("rules", None), ("hybrid", None)]


def test_fail_if_worse(run, command, small_model_path, unseen):
    arguments = ["--corpus", unseen, "--model", small_model_path, "--engine", "model", "--against", "rules"]
    done = run("evaluate", *arguments, "--rulebook", SMALL_RULEBOOK, "--fail-if-worse", "--json")
    assert json.loads(done.stdout)["against"]["worse"] == ["micro_f1", "escalate:illustrator"]
    refused(done, 1, "model is worse than rules", "micro_f1, escalate:illustrator")
    command("evaluate", *arguments)
    command("evaluate", *arguments[:4], "--engine", "rules", "--against", "model", "--fail-if-worse")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("--against hybird", 2, ["'hybird'", "neither an engine (hybrid, model, rules) nor a model directory"]),
        ("--against rules --engine rules", 2, ["both sides are 'rules'"]),
        ("--against MODEL/../model --model MODEL --corpus UNSEEN", 2, ["nothing can differ"]),
        ("--against MODEL --engine rules --corpus UNSEEN", 2, ["is a model directory", "the rules need no model"]),
        ("--against MODEL --model OTHER", 2, ["--corpus"]),
        ("--against MODEL --model OTHER --corpus SEEN", 4, ["MODEL was trained on 48 of these tasks", "biased"]),
        ("--against rules --model OTHER --corpus SEEN", 4, ["the model was trained on"]),
        ("--against MODEL --corpus SEEN --cross-validate", 2, ["leave out one"]),
        ("--against rules --corpus UNSEEN --allow-overlap", 2, ["biased"]),
        ("--against rules --model MODEL --corpus STRANGE", 4, ["line 1", "escalate:lawyer"]),
        ("--against rules --model EMPTY --corpus UNSEEN", 5, ["EMPTY"]),
        ("--against EMPTY --model MODEL --corpus UNSEEN", 5, ["EMPTY"]),
        ("--fail-if-worse", 2, ["add --against"]),
    ],
)
def test_invalid_comparisons(command, small_model_path, other_model_path, unseen, tmp_path, arguments, code, words):
    row = {"id": "1", "text": "Ask", "escalate": ["lawyer"], "collaborate": [], "core": True}
    (tmp_path / "empty").mkdir()
    places = {
        "MODEL": small_model_path,
        "OTHER": other_model_path,
        "UNSEEN": unseen,
        "SEEN": SMALL_CORPUS,
        "STRANGE": write_tasks(tmp_path / "strange.jsonl", [row]),
        "EMPTY": tmp_path / "empty",
    }

    def filled(text):
        for name, place in places.items():
            text = text.replace(name, str(place))
        return text

    with pytest.raises(EscalationError) as caught:
        command("evaluate", *map(filled, arguments.split()))
    assert caught.value.exit_code == code
    for word in words:
        assert filled(word) in str(caught.value)
