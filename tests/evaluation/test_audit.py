from __future__ import annotations

import json

import pytest

from escalation.errors import CorpusError
from escalation.evaluation.audit import agreement_of_readers, audit
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS, small_tasks, write_tasks


@pytest.mark.slow
def test_an_audit_describes_the_corpus(small_rulebook, tmp_path):
    tasks = [task | {"kind": "extra" if task["project"] == "boats" else ""} for task in small_tasks()]
    corpus = read_corpus(write_tasks(tmp_path / "corpus.jsonl", tasks))
    others = [
        task | {"text": f"* {task['text'].upper()}!!", "draw": "random" if number < 24 else "enriched"}
        for number, task in enumerate(tasks)
    ]
    reference = read_corpus(write_tasks(tmp_path / "reference.jsonl", others))
    steps = []
    before = corpus.path.read_bytes()
    report = audit(corpus, small_rulebook, reference, doubtful=7, progress=lambda *step: steps.append(step))
    assert corpus.path.read_bytes() == before
    assert (report["counts"]["tasks"], report["counts"]["projects"]) == (48, 6)
    assert report["counts"]["labels"]["escalate:illustrator"] == 9
    assert report["counts"]["kinds"] == {"": 40, "extra": 8}
    assert report["near_duplicates"]["share"] == 0
    scores = [entry["score"] for entry in report["doubtful"]]
    assert len(scores) == 7
    assert scores == sorted(scores)
    # The reference's shares are those of its random draw alone.
    share = sum("illustrator" in task["escalate"] for task in others[:24]) / 24
    assert report["rates"]["reference"]["escalate:illustrator"] == pytest.approx(share)
    # A quarter of the four projects that a fold learns from is too few to choose a threshold.
    assert [point["share"] for point in report["curve"]] == [0.5, 1.0]
    assert set(report["kinds"]) == {"everything", "without extra", "without all targeted"}
    assert (report["kinds"]["everything"]["tasks"], report["kinds"]["without extra"]["tasks"]) == (48, 40)
    assert set(report["curve"][0]["reference"]) == {"micro_f1", "escalate_f1", "collaborate_f1"}
    assert {what for what, _, _ in steps} == {"cross-validation", "leaving kinds out"}
    json.dumps(report)


def test_two_readers_are_compared(tmp_path, small_rulebook):
    none, draw = ({"escalate": modes, "collaborate": [], "core": True} for modes in ([], ["illustrator"]))
    pairs = [(draw, draw)] * 4 + [(none, none)] * 4 + [(draw, none)] * 2
    path = write_tasks(tmp_path / "second.jsonl", [{"first": first, "second": second} for first, second in pairs])
    found = agreement_of_readers(path, small_rulebook)
    assert (found["tasks"], found["differing"]) == (10, 2)
    # Observed 0.8; by chance 0.6 * 0.4 + 0.4 * 0.6 = 0.48.
    assert found["labels"]["escalate:illustrator"]["kappa"] == pytest.approx((0.8 - 0.48) / (1 - 0.48))
    assert found["micro_f1"] == pytest.approx(8 / 10)
    write_tasks(path, [{"first": none, "second": draw | {"escalate": ["nobody"]}}])
    with pytest.raises(CorpusError, match="line 1: is not a pair"):
        agreement_of_readers(path, small_rulebook)


@pytest.mark.slow
def test_the_command(command):
    arguments = ["audit", "--corpus", SMALL_CORPUS, "--no-curve"]
    assert "near-duplicate" in command(*arguments)
    report = json.loads(command(*arguments, "--json"))
    assert "curve" not in report
    assert report["counts"]["tasks"] == 48
