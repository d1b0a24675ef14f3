from __future__ import annotations

import json

import numpy as np
import pytest

from escalation import Predictor
from escalation.evaluation import run_engines, score
from escalation.model import read_model
from escalation.report.contents import agreement, contents, curves, terms
from escalation.report.mistakes import KINDS, classifier_label
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS
from report_contents import full


@pytest.fixture(scope="module")
def cross_validated(small_rulebook):
    return run_engines(read_corpus(SMALL_CORPUS), small_rulebook, ["hybrid", "model", "rules"], growth=True)


@pytest.fixture(scope="module")
def unseen(small_rulebook, small_model_path, tmp_path_factory):
    """Tasks of a model that was trained on others, of which some are near."""
    lines = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()[:30]]
    others = [line | {"text": f"{line['text']} for the third edition", "register": line["project"]} for line in lines]
    path = tmp_path_factory.mktemp("unseen") / "tasks.jsonl"
    path.write_text("\n".join(map(json.dumps, others)), encoding="utf-8")
    model = read_model(small_model_path, small_rulebook)
    return run_engines(read_corpus(path), small_rulebook, ["hybrid", "model", "rules"], model)


@pytest.fixture(scope="module")
def by_rules(small_rulebook):
    return run_engines(read_corpus(SMALL_CORPUS), small_rulebook, ["rules"])


def report_of(run):
    return contents(run, score(run))


def examples(made):
    return [example for kind in made["errors"]["kinds"] for example in kind["examples"]]


@pytest.mark.parametrize("kind", ["cross_validated", "unseen", "by_rules"])
def test_a_report_has_all_parts_and_is_json(kind, request):
    run = request.getfixturevalue(kind)
    made = report_of(run)
    assert list(made) == list(full())
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["about"]["corpus"]["tasks"] == len(run.data)
    assert list(made["averages"]) == [*run.engines, "majority"]
    assert list(made["labels"]) == list(run.engines)
    assert [kind["kind"] for kind in made["errors"]["kinds"]] == list(KINDS)


def test_the_rules_alone_have_no_part_that_needs_a_model(by_rules):
    made = report_of(by_rules)
    assert made["about"]["engine"] == "rules"
    assert made["about"]["model"] is None
    for part in ("reliability", "coverage", "settled", "learning_curve", "drift"):
        assert made[part] is None
    for part in ("curves", "agreement", "terms"):
        assert made[part] == {}
    for example in examples(made):
        assert (example["probability"], example["spans"]) == (None, [])


def test_a_model_of_another_corpus_is_named_and_compared_with_its_training(unseen):
    made = report_of(unseen)
    assert made["about"]["method"] == "unseen"
    assert made["about"]["model"]["trained_on"] == 48
    assert made["learning_curve"] is None
    assert made["drift"]["known_words"]["training"] is None
    assert "third" in [entry["term"] for entry in made["drift"]["unknown"]]
    assert set(made["registers"]) == set(unseen.data.groups)
    assert sum(row["tasks"] for row in made["registers"].values()) == 30


def test_the_learning_curve_answers_one_fold_by_ever_more_projects(cross_validated):
    points, first = report_of(cross_validated)["learning_curve"], cross_validated.folds[0]
    shares = [point["share"] for point in points]
    assert shares == sorted(set(shares))
    assert len(shares) > 1
    assert (shares[-1], points[-1]["tasks"]) == (1.0, len(first.train))
    for fold in cross_validated.growing:
        assert fold.test.tolist() == first.test.tolist()
        assert set(fold.train) < set(first.train)


def test_a_mistake_is_explained_by_a_model_that_has_not_seen_its_project(cross_validated, small_rulebook):
    run, shown = cross_validated, examples(report_of(cross_validated))
    for fold in run.folds:
        assert not set(run.data.groups[fold.train]) & set(run.data.groups[fold.test])
    rows = {task.id: row for row, task in enumerate(run.data.tasks)}
    assert any(example["spans"] for example in shown)
    for example in shown:
        row, label = rows[example["id"]], classifier_label(small_rulebook, example["label"])
        (fold,) = [fold for fold in run.folds if row in fold.test]
        explained = Predictor(small_rulebook, fold.model, run.engine).explain(run.data.tasks[row])
        (entry,) = [entry for entry in explained.labels if entry.label == label]
        assert example["probability"] == entry.probability
        sign = 1 if run.answers[run.engine].given[row, run.columns.index(example["label"])] else -1
        weights = {(c.start, c.end): c.weight for c in entry.contributions if c.kind == "term"}
        for span in example["spans"]:
            assert span["weight"] == sign * weights[span["start"], span["end"]] > 0
            assert example["text"][span["start"] : span["end"]].strip()


def test_examples_are_bounded_and_counts_complete(cross_validated):
    made, given = report_of(cross_validated), cross_validated.answers[cross_validated.engine].given
    assert made["errors"]["tasks"] == int((given != cross_validated.targets).any(axis=1).sum())
    assert all(len(kind["examples"]) == min(8, kind["count"]) for kind in made["errors"]["kinds"])
    assert all(example["expected"] != example["answered"] for example in examples(made))


def test_a_mistake_comes_with_the_rules_that_apply(small_rulebook, tmp_path):
    tasks = [
        {"id": "1", "text": "Draw the exploded view of the impeller", "escalate": [], "collaborate": []},
        {"id": "2", "text": "Shorten the section on winter", "escalate": ["legal-reviewer"], "collaborate": []},
    ]
    path = tmp_path / "tasks.jsonl"
    path.write_text("\n".join(json.dumps(task | {"core": True}) for task in tasks), encoding="utf-8")
    made = report_of(run_engines(read_corpus(path), small_rulebook, ["rules"]))
    shown = {kind["kind"]: kind["examples"] for kind in made["errors"]["kinds"]}
    (called,), (missed,) = shown["false_alarm"], shown["missed"]
    (rule,) = called["rules"]
    assert rule["value"] == "for"
    assert rule["section"] == small_rulebook.rules[rule["id"]].source.section
    assert rule["text"] in called["text"]
    assert missed["rules"] == []
    assert (called["expected"], called["answered"]) == ([], ["escalate:illustrator"])


def test_curves_agree_with_the_answers(cross_validated):
    run, found = cross_validated, curves(cross_validated)
    answers = run.answers[run.engine]
    assert found
    for label, curve in found.items():
        column = run.data.labels.index(label)
        asked = ~np.isnan(answers.probabilities[:, column])
        chosen = answers.probabilities[asked, column] >= answers.thresholds[asked, column]
        target = run.data.targets[asked, column] == 1
        assert curve["chosen"]["recall"] == pytest.approx((chosen & target).sum() / target.sum())
        recalls = [recall for recall, _ in curve["points"]]
        assert recalls == sorted(recalls)
        assert recalls[-1] == 1.0
        assert len(curve["points"]) <= 100


def test_agreement_adds_up_and_counts_who_is_right(unseen):
    found = agreement(unseen)
    model, rules = unseen.answers["model"].given, unseen.answers["rules"].given
    for column, label in enumerate(unseen.columns):
        row = found[label]
        assert row["both"] + row["model_only"] + row["rules_only"] + row["neither"] == len(unseen.data)
        assert row["model_only"] + row["rules_only"] == row["model_right"] + row["rules_right"]
        target, differ = unseen.targets[:, column], model[:, column] != rules[:, column]
        assert row["rules_right"] == int((differ & (rules[:, column] == target)).sum())


def test_terms_are_sorted_and_limited(unseen, small_rulebook):
    found = terms(unseen)
    assert list(found) == list(unseen.data.labels)
    for row in found.values():
        speaking, against = ([term["weight"] for term in row[side]] for side in ("for", "against"))
        assert speaking == sorted((weight for weight in speaking if weight > 0), reverse=True)
        assert against == sorted(weight for weight in against if weight < 0)
        assert max(len(speaking), len(against)) <= 15
    assert {term["kind"] for side in found["core"].values() for term in side} == {"ngram", "cue"}
    # The small corpus has too few tasks of it, so that the rules alone decide.
    assert found["escalate:illustrator"] == {"for": [], "against": []}


def test_a_cue_weighs_what_it_adds_to_an_answer(unseen, small_rulebook):
    explanation = Predictor(small_rulebook, unseen.model, "hybrid").explain("Review the liability paragraph").labels
    (explained,) = [entry for entry in explanation if entry.label == "core"]
    added = {reason.text: reason.weight for reason in explained.contributions if reason.kind == "cue"}
    against = terms(unseen)["core"]["against"]
    weighed = {term["term"]: term["weight"] for term in against if term["kind"] == "cue"}
    assert weighed["liability"] == pytest.approx(added["liability"], rel=1e-5)


def test_the_words_of_a_label_weigh_most(rulebook, model, tmp_path):
    task = {"id": "1", "text": "Write the Dockerfile of the zebra", "escalate": ["docker-compose-specialist"]}
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps(task | {"collaborate": [], "core": False}), encoding="utf-8")
    found = terms(run_engines(read_corpus(path), rulebook, ["hybrid"], model))
    containers, tests = (
        [(term["term"], term["kind"]) for term in found[label]["for"]]
        for label in ("escalate:docker-compose-specialist", "collaborate:integration-tester")
    )
    assert ("dockerfile", "ngram") in containers
    assert ("ops.container", "cue") in containers
    assert ("ops.container", "wording") in containers
    assert ("integration testing", "ngram") in tests
