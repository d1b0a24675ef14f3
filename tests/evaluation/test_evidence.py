from __future__ import annotations

import json

import msgspec
import pytest

from escalation import Predictor
from escalation.evaluation import evaluate
from escalation.evaluation.evidence import check_evidence
from escalation.evaluation.figures import Interval
from escalation.training.corpus import read_corpus
from helpers import small_tasks, write_tasks

TEXT = "Draw the exploded view of the impeller, then review the liability paragraph"
TASK = {"id": "a", "text": TEXT, "escalate": ["illustrator"], "collaborate": ["legal-reviewer"], "core": True}
BOTH_ESCALATE = TASK | {"escalate": ["illustrator", "legal-reviewer"], "collaborate": []}
FITTING = {"illustrator": ["exploded view", "impeller"], "legal-reviewer": ["liability paragraph"], "core": ["review"]}


def without(key):
    return {target: words for target, words in FITTING.items() if target != key}


def corpus_of(tmp_path, *tasks):
    return read_corpus(write_tasks(tmp_path / "tasks.jsonl", tasks))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"evidence": FITTING}, []),
        ({"evidence": None}, []),
        ({"evidence": without("illustrator")}, ["'illustrator' has no evidence"]),
        ({"evidence": without("core")}, ["'core' has no evidence"]),
        ({"evidence": without("core"), "core": False}, []),
        ({"evidence": FITTING, "core": False}, ["'core' is not a label, but has the evidence 'review'"]),
        ({"evidence": FITTING | {"designer": ["the"]}}, ["'designer' is not a label, but has the evidence 'the'"]),
        (
            {"evidence": FITTING | {"illustrator": ["exploded view", "Impeller", "view  of"]}},
            [
                "the evidence 'Impeller' of 'illustrator' does not occur in the text",
                "the evidence 'view  of' of 'illustrator' does not occur in the text",
            ],
        ),
        (
            {"evidence": {}},
            [f"'{label}' has no evidence" for label in ("illustrator", "legal-reviewer", "core")],
        ),
    ],
)
def test_evidence_must_fit_the_text_and_the_labels(tmp_path, change, expected):
    found = check_evidence(corpus_of(tmp_path, TASK | {"id": "b"}, TASK | change))
    assert [finding.message for finding in found] == [f"in task a, {message}" for message in expected]
    assert {(finding.code, finding.where) for finding in found} <= {("E104", "a")}


@pytest.mark.slow
def test_an_audit_lists_what_does_not_fit(command, tmp_path):
    tasks = [task | {"genre": "manuals"} for task in small_tasks()]
    tasks[1]["evidence"] = {"illustrator": ["exploded views"]}
    arguments = ["audit", "--no-curve", "--corpus", write_tasks(tmp_path / "tasks.jsonl", tasks)]
    message = "in task pumps-2, the evidence 'exploded views' of 'illustrator' does not occur in the text"
    assert f"E104 high: {message}; copy the words" in command(*arguments)
    report = json.loads(command(*arguments, "--json"))
    assert [finding["message"] for finding in report["findings"]] == [message]
    assert (report["counts"]["genres"], report["counts"]["with_evidence"]) == ({"manuals": 48}, 1)


# ------------------------------------------------------------------------------------------------ parts


def figures_of(tmp_path, rulebook, *evidence):
    tasks = [BOTH_ESCALATE | {"id": str(number), "evidence": each} for number, each in enumerate(evidence)]
    return evaluate(corpus_of(tmp_path, BOTH_ESCALATE, *tasks), rulebook, ["rules"]).evidence


def test_without_evidence_there_are_no_figures(tmp_path, small_rulebook):
    found = evaluate(corpus_of(tmp_path, BOTH_ESCALATE), small_rulebook, ["rules"])
    assert found.evidence == {}
    assert not {"evidence", "genres"} & set(msgspec.to_builtins(found))


def test_the_parts_that_are_compared(small_rulebook):
    """What the next test relies on."""
    parts = Predictor(small_rulebook).predict(TEXT).parts
    assert [(part.text, *part.escalate, *part.collaborate) for part in parts] == [
        ("Draw the exploded view of the impeller", "illustrator"),
        ("review the liability paragraph", "legal-reviewer"),
    ]


@pytest.mark.parametrize(
    ("evidence", "words", "in_parts", "parts", "on_words"),
    [
        (FITTING, 3, 1.0, 2, 1.0),
        # The mode counts, in whichever list it is; what is the evidence of another one does not.
        ({"illustrator": ["liability"]}, 1, 0.0, 1, 0.0),
        # More than half of the characters, half of them, fewer.
        ({"illustrator": ["impeller, then"]}, 1, 1.0, 1, 1.0),
        ({"illustrator": ["er, "]}, 1, 1.0, 1, 1.0),
        ({"illustrator": ["er, then"]}, 1, 0.0, 1, 1.0),
        # Any of the places where the words occur.
        ({"legal-reviewer": ["the"]}, 1, 1.0, 1, 1.0),
        # Words that do not occur; a mode that the answer does not name; own work, which has no parts.
        ({"illustrator": ["photograph"]}, 1, 0.0, 1, 0.0),
        ({"translator-de": ["Draw"], "core": ["Draw"]}, 0, None, 0, None),
        ({}, 0, None, 0, None),
    ],
)
def test_parts_are_compared_with_the_evidence_of_their_mode(
    tmp_path, small_rulebook, evidence, words, in_parts, parts, on_words
):
    found = figures_of(tmp_path, small_rulebook, evidence)["rules"]
    assert (found.tasks, found.words, found.parts) == (1, words, parts)
    assert found.words_in_parts == Interval(in_parts, in_parts, in_parts)
    assert found.parts_on_words == Interval(on_words, on_words, on_words)


def test_shares_are_over_all_tasks_with_intervals_by_project(tmp_path, small_rulebook):
    found = figures_of(tmp_path, small_rulebook, FITTING, {"illustrator": ["liability"]})["rules"]
    assert (found.tasks, found.words, found.parts) == (2, 4, 3)
    assert found.words_in_parts == Interval(0.75, 0.0, 1.0)
    assert found.parts_on_words == Interval(pytest.approx(2 / 3), 0.0, 1.0)


@pytest.mark.slow
def test_parts_of_a_cross_validation_are_those_of_its_tasks(command, tmp_path):
    tasks = small_tasks()
    for task in tasks:
        modes = [*task["escalate"], *task["collaborate"]]
        task["evidence"] = {mode: [task["text"]] for mode in modes}  # every part lies in the whole text
    path = write_tasks(tmp_path / "tasks.jsonl", tasks)
    arguments = ["evaluate", "--corpus", path, "--cross-validate", "--engine", "hybrid"]
    found = json.loads(command(*arguments, "--json"))["evidence"]["hybrid"]
    assert found["tasks"] == 48
    assert found["parts"] > 10
    assert found["parts_on_words"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert "48 tasks with evidence" in command(*arguments)
