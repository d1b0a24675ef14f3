from __future__ import annotations

import json

import numpy as np
import pytest

from escalation.errors import CorpusError
from escalation.evaluation.audit import audit
from escalation.evaluation.audit_agreement import agreement
from escalation.evaluation.audit_form import distinguishability, variety
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS, SMALL_RULEBOOK


@pytest.fixture(scope="module")
def tagged(tmp_path_factory):
    """The small corpus with one project as a targeted kind, and a reference in another manner."""
    folder = tmp_path_factory.mktemp("audit")
    tasks = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]
    for task in tasks:
        task["kind"] = "extra" if task["project"] == "boats" else ""
    (folder / "corpus.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
    others = [
        task | {"id": f"r{task['id']}", "source": f"{task.pop('project')}/x@1", "text": f"* {task['text'].upper()}!!"}
        for task in map(dict, tasks)
    ]
    for number, task in enumerate(others):
        task["draw"] = "random" if number < 24 else "enriched"
    (folder / "reference.jsonl").write_text("".join(json.dumps(task) + "\n" for task in others), encoding="utf-8")
    return read_corpus(folder / "corpus.jsonl"), read_corpus(folder / "reference.jsonl")


def test_an_audit_describes_the_corpus(tagged, small_rulebook):
    corpus, reference = tagged
    steps = []
    before = corpus.path.read_bytes()
    report = audit(corpus, small_rulebook, reference, doubtful=7, progress=lambda *step: steps.append(step))
    assert corpus.path.read_bytes() == before
    assert report["counts"]["tasks"] == 48
    assert report["counts"]["projects"] == 6
    assert report["counts"]["labels"]["escalate:illustrator"] == 9
    assert report["counts"]["kinds"] == {"": 40, "extra": 8}
    assert report["near_duplicates"]["share"] == 0
    assert len(report["doubtful"]) == 7
    assert [entry["score"] for entry in report["doubtful"]] == sorted(entry["score"] for entry in report["doubtful"])
    # Capitals, stars and exclamation marks tell the two apart without a word being understood.
    assert report["form"]["auc"] > 0.9
    # The reference's shares are those of its random draw alone.
    half = [task for task in reference.rows() if task.draw == "random"]
    share = sum("illustrator" in task.escalate for task in half) / len(half)
    assert report["rates"]["reference"]["escalate:illustrator"] == pytest.approx(share)
    # Less than three quarters of six projects are too few to learn from.
    assert [point["share"] for point in report["curve"]] == [0.75, 1.0]
    assert report["curve"][-1]["tasks"] == 48
    assert set(report["kinds"]) == {"everything", "without extra", "without all targeted"}
    assert {"cross_validation", "reference"} <= set(report["curve"][0])
    assert {what for what, _, _ in steps} == {"learning curve", "leaving kinds out"}
    json.dumps(report)


def test_texts_alike_in_form_are_not_told_apart(tagged):
    corpus, _ = tagged
    rows = corpus.tasks
    random = np.random.default_rng(5).random(len(rows)) < 0.5
    halves = [type(corpus)(rows[chosen].reset_index(drop=True), "", corpus.path) for chosen in (random, ~random)]
    assert 0.2 < distinguishability(*halves)["auc"] < 0.8


def test_variety_grows_with_the_words():
    same, other = variety(["one two three"] * 50), variety([f"word{n} and{n} more{n}" for n in range(50)])
    assert same["sample"] == other["sample"] == 150
    assert same["distinct_words"] == 3
    assert other["distinct_words"] == 150


def test_two_readers_are_compared(tmp_path, small_rulebook):
    none, draw = ({"escalate": e, "collaborate": [], "core": True} for e in ([], ["illustrator"]))
    pairs = [(draw, draw)] * 4 + [(none, none)] * 4 + [(draw, none)] * 2
    path = tmp_path / "second.jsonl"
    path.write_text("\n".join(json.dumps({"first": first, "second": second}) for first, second in pairs))
    found = agreement(path, small_rulebook)
    assert (found["tasks"], found["differing"]) == (10, 2)
    # Observed 0.8; by chance 0.6 * 0.4 + 0.4 * 0.6 = 0.48.
    assert found["labels"]["escalate:illustrator"]["kappa"] == pytest.approx((0.8 - 0.48) / (1 - 0.48))
    assert found["micro_f1"] == pytest.approx(8 / 10)
    path.write_text(json.dumps({"first": none, "second": draw | {"escalate": ["nobody"]}}))
    with pytest.raises(CorpusError, match="line 1: is no pair"):
        agreement(path, small_rulebook)


def test_the_command(run):
    done = run("audit", "--rulebook", SMALL_RULEBOOK, "--corpus", SMALL_CORPUS, "--no-curve")
    assert done.returncode == 0, done.stderr
    assert "near-duplicate" in done.stdout.decode()
    report = json.loads(
        run("audit", "--rulebook", SMALL_RULEBOOK, "--corpus", SMALL_CORPUS, "--no-curve", "--json").stdout
    )
    assert "curve" not in report
    assert report["counts"]["tasks"] == 48
