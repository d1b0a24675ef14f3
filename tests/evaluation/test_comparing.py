from __future__ import annotations

import json
import shutil

import pytest

from escalation.evaluation import evaluate
from escalation.evaluation.comparing import MIN_SUPPORT, Side, compare
from escalation.model import read_model
from escalation.training import train
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS, SMALL_RULEBOOK, refused


@pytest.fixture(scope="module")
def other_model_path(tmp_path_factory, small_rulebook):
    """A model of the same rulebook that was taught less, by all projects but one."""
    folder = tmp_path_factory.mktemp("other")
    rows = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]
    kept = [row for row in rows if row["project"] != rows[0]["project"]]
    write(folder / "corpus.jsonl", kept)
    train(folder / "corpus.jsonl", small_rulebook, folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    """The small corpus told a little differently, four times over: no model has seen a text of it."""
    rows = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]
    path = tmp_path_factory.mktemp("unseen") / "unseen.jsonl"
    ends = ("please", "soon", "for the new edition", "again")
    write(
        path, [row | {"id": f"{row['id']}-{end[:3]}", "text": f"{row['text']} {end}"} for end in ends for row in rows]
    )
    return path


def write(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def sides(small_rulebook, small_model_path):
    return Side("rules", "rules"), Side("model", "model", read_model(small_model_path, small_rulebook))


@pytest.fixture(scope="module")
def compared(small_rulebook, sides, unseen):
    return compare(read_corpus(unseen), small_rulebook, *sides)


def test_differences_are_those_of_two_evaluations(compared, small_rulebook, sides, unseen):
    corpus = read_corpus(unseen)
    a = evaluate(corpus, small_rulebook, ["rules"])["engines"]["rules"]
    b = evaluate(corpus, small_rulebook, ["model"], sides[1].model)["engines"]["model"]
    for name, row in compared["averages"].items():
        assert (row["a"], row["b"]) == (a["averages"][name]["value"], b["averages"][name]["value"])
        if row["a"] is not None and row["b"] is not None:
            assert row["difference"]["value"] == pytest.approx(row["b"] - row["a"])
            assert row["difference"]["low"] <= row["difference"]["value"] <= row["difference"]["high"]
    for label, row in compared["labels"].items():
        assert (row["a"], row["b"]) == (a["labels"][label]["f1"], b["labels"][label]["f1"])
        assert row["support"] == a["labels"][label]["support"]
    assert compared["method"] == "unseen"


def test_the_other_way_round_the_signs_change(compared, small_rulebook, sides, unseen):
    back = compare(read_corpus(unseen), small_rulebook, *reversed(sides))
    for name, row in compared["averages"].items():
        there, again = row["difference"], back["averages"][name]["difference"]
        assert again["value"] == pytest.approx(-there["value"])
        assert (again["low"], again["high"]) == (pytest.approx(-there["high"]), pytest.approx(-there["low"]))
    assert [task["id"] for task in back["changed"]["tasks"]] == [task["id"] for task in compared["changed"]["tasks"]]


def test_changed_answers_say_who_is_right(compared, unseen):
    labels = {row["id"]: row for row in map(json.loads, unseen.read_text(encoding="utf-8").splitlines())}
    changed = compared["changed"]
    assert changed["count"] == len(changed["tasks"]) > 0
    for task in changed["tasks"]:
        row = labels[task["id"]]
        expected = {key: task["expected"][key] for key in ("escalate", "collaborate", "core")}
        assert {key: sorted(value) if key != "core" else value for key, value in expected.items()} == {
            "escalate": sorted(row["escalate"]),
            "collaborate": sorted(row["collaborate"]),
            "core": row["core"],
        }
        assert task["a"] != task["b"]
        assert (task["a"] == task["expected"]) == (task["right"] == "a")
        assert (task["b"] == task["expected"]) == (task["right"] == "b")
    assert sum(changed["right"].values()) == changed["count"]


def test_the_gate_names_what_is_worse_beyond_its_interval_and_has_support(compared):
    # The small corpus is too small to learn anything but core from, which the rules of its cues tell.
    supported = [label for label, row in compared["labels"].items() if row["support"] >= MIN_SUPPORT]
    assert supported == ["escalate:illustrator", "core"]
    assert compared["labels"]["escalate:legal-reviewer"]["difference"]["high"] < 0
    assert compared["worse"] == ["micro_f1", "escalate:illustrator"]


def test_a_label_with_fewer_tasks_fails_nobody(small_rulebook, sides, unseen, tmp_path):
    rows = [json.loads(line) for line in unseen.read_text(encoding="utf-8").splitlines()]
    having = [row for row in rows if "illustrator" in row["escalate"]]
    write(tmp_path / "few.jsonl", having[: MIN_SUPPORT - 1])
    result = compare(read_corpus(tmp_path / "few.jsonl"), small_rulebook, *sides)
    assert result["labels"]["escalate:illustrator"]["support"] == MIN_SUPPORT - 1
    assert result["worse"] == ["micro_f1"]


def test_what_is_better_passes_the_gate(small_rulebook, sides, unseen):
    assert compare(read_corpus(unseen), small_rulebook, *reversed(sides))["worse"] == []


def test_two_model_directories(run, small_model_path, other_model_path, unseen):
    arguments = ["compare", small_model_path, other_model_path, "--corpus", unseen, "--rulebook", SMALL_RULEBOOK]
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["sides"]["a"]["model"]["trained_on"] == 48
    assert result["sides"]["b"]["model"]["trained_on"] < 48
    done = run(*arguments, "--changed", "2")
    shown = done.stdout.decode()
    assert f"{result['changed']['count']} changed answers" in shown
    assert shown.count(result["changed"]["tasks"][0]["id"]) == 1


def test_a_model_beside_its_own_copy_differs_in_nothing(run, small_model_path, tmp_path, unseen):
    shutil.copytree(small_model_path, tmp_path / "copy")
    arguments = ["compare", small_model_path, tmp_path / "copy", "--corpus", unseen, "--rulebook", SMALL_RULEBOOK]
    done = run(*arguments, "--fail-if-worse", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["changed"]["count"] == 0
    assert {row["difference"]["value"] for row in result["averages"].values()} == {0.0}


def test_two_engines_in_one_cross_validation(run):
    arguments = ["compare", "rules", "hybrid", "--corpus", SMALL_CORPUS, "--rulebook", SMALL_RULEBOOK]
    done = run(*arguments, "--cross-validate", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["method"] == "cross-validation"
    assert result["corpus"]["tasks"] == 48
    assert [side["model"] for side in result["sides"].values()] == [None, None]


def test_fail_if_worse_exits_with_what_is_worse(run, small_model_path, unseen):
    arguments = ["--corpus", unseen, "--rulebook", SMALL_RULEBOOK, "--model", small_model_path]
    done = run("compare", "rules", "model", *arguments, "--fail-if-worse", "--json")
    assert json.loads(done.stdout)["worse"] == ["micro_f1", "escalate:illustrator"]
    refused(done, 1, "model is worse than rules", "micro_f1, escalate:illustrator")
    assert run("compare", "rules", "model", *arguments).returncode == 0
    assert run("compare", "model", "rules", *arguments, "--fail-if-worse").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["hybird", "rules"], 2, ["'hybird'", "neither an engine (hybrid, model, rules) nor a model directory"]),
        (["rules", "rules"], 2, ["both 'rules'"]),
        (["MODEL", "MODEL/../model", "--corpus", "UNSEEN"], 2, ["nothing can differ"]),
        (["MODEL", "rules", "--corpus", "UNSEEN"], 2, ["is a model directory and the other side an engine", "./model"]),
        (["MODEL", "OTHER"], 2, ["--corpus"]),
        (["MODEL", "OTHER", "--corpus", "SEEN"], 4, ["MODEL was trained on 48 of these tasks", "neither side"]),
        (["rules", "hybrid", "--model", "OTHER", "--corpus", "SEEN"], 4, ["hybrid was trained on"]),
        (["rules", "hybrid", "--model", "OTHER", "--cross-validate"], 2, ["give one of the two"]),
        (["MODEL", "OTHER", "--corpus", "SEEN", "--cross-validate"], 2, ["leave them out"]),
        (["rules", "model", "--model", "MODEL", "--corpus", "STRANGE"], 4, ["line 1", "'lawyer'"]),
        (["rules", "model", "--model", "EMPTY", "--corpus", "UNSEEN"], 5, ["model.json"]),
    ],
)
def test_bad_input(run, small_model_path, other_model_path, unseen, tmp_path, arguments, code, words):
    row = {"id": "1", "text": "Ask", "escalate": ["lawyer"], "collaborate": [], "core": True}
    write(tmp_path / "strange.jsonl", [row])
    (tmp_path / "empty").mkdir()
    places = {
        "MODEL": small_model_path,
        "OTHER": other_model_path,
        "UNSEEN": unseen,
        "SEEN": SMALL_CORPUS,
        "STRANGE": tmp_path / "strange.jsonl",
        "EMPTY": tmp_path / "empty",
    }

    def filled(text):
        for name, place in places.items():
            text = text.replace(name, str(place))
        return text

    done = run("compare", *map(filled, arguments), "--rulebook", SMALL_RULEBOOK)
    refused(done, code, *map(filled, words))


def test_what_nothing_defines_has_no_difference(small_rulebook, sides, tmp_path):
    row = {"text": "Water the plant", "escalate": [], "collaborate": [], "core": False}
    write(tmp_path / "free.jsonl", [row | {"id": str(number)} for number in range(4)])
    result = compare(read_corpus(tmp_path / "free.jsonl"), small_rulebook, *sides)
    assert result["labels"]["escalate:illustrator"]["difference"] == {"value": None, "low": None, "high": None}
    json.dumps(result, allow_nan=False)
