from __future__ import annotations

import copy
import re

import msgspec
import pytest

from escalation.evaluation import Evaluation
from escalation.evaluation.findings import KINDS, find
from escalation.training.oracle import HARD
from helpers import ROOT


def label(f1, support):
    return {"precision": f1, "recall": f1, "f1": f1, "support": support, "answered": support}


OF = ("engines", "hybrid")
HEALTHY = {
    "format": 3,
    "created_by": "a test",
    "hashes": {"model": None, "rulebook": "", "corpus": ""},
    "method": "unseen",
    "corpus": {"path": "tasks.jsonl", "sha256": ""},
    "engines": {
        "hybrid": {
            "tasks": 1000,
            "groups": 20,
            "averages": {"none_correct": {"value": 0.95, "low": 0.9, "high": 0.97}},
            "labels": {"escalate:a": label(0.8, 200), "collaborate:a": label(0.7, 150), "core": label(0.9, 700)},
            "calibration": {
                "micro_ece": 0.01,
                "micro_ece_doubtful": 0.03,
                "labels": {"escalate:a": {"ece": 0.02, "brier": 0.05}},
                "bins": [],
            },
            "coverage": None,
            "abstained": 0.01,
            "label_free": 400,
            "average_precision": {"escalate:a": {"value": 0.85, "support": 200}},
        }
    },
    "baselines": {},
    "differences": {},
    "registers": {},
    "confusions": {"a": {"under_escalated": 5, "over_escalated": 8, "tasks": 200}},
    "rules_over_model": {"escalate:a": {"value": 0.02, "low": -0.01, "high": 0.05}},
    "training": {"escalate:a": 0.88},
    "drift": {
        "reference": None,
        "known_words": {"value": 0.95},
        "unknown": [],
        "unlike": 0.3,
        "more": [],
        "less": [],
    },
    "overlap": [],
    "findings": [],
}
"""Figures without a finding."""
LABELS, F1 = (*OF, "labels"), (*OF, "labels", "escalate:a", "f1")
KNOWN, AHEAD = ("drift", "known_words", "value"), ("rules_over_model", "escalate:a")
CONFUSED, ECE = ("confusions", "a"), (*OF, "calibration", "micro_ece_doubtful")
FREE, RANKING = (*OF, "averages", "none_correct", "value"), (*OF, "average_precision", "escalate:a")


def confused(under, over, tasks=200):
    return {"under_escalated": under, "over_escalated": over, "tasks": tasks}


def found(*changes):
    figures = copy.deepcopy(HEALTHY)
    for path, value in changes:
        place = figures
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    return find(msgspec.convert(figures, Evaluation))


def test_good_figures_have_no_finding():
    assert found() == []
    without_model = [((*OF, "calibration"), None), (("drift",), None), (("training",), None)]
    assert found(*without_model, (("rules_over_model",), {})) == []


@pytest.mark.parametrize(
    ("code", "path", "value", "where", "severity"),
    [
        ("E101", (*LABELS, "collaborate:a", "support"), 29, "collaborate:a", "low"),
        ("E102", KNOWN, 0.89, None, "medium"),
        ("E102", KNOWN, 0.7, None, "high"),
        ("E103", ("overlap",), ["t1"], None, "high"),
        ("E201", F1, 0.49, "escalate:a", "medium"),
        ("E201", F1, 0.0, "escalate:a", "high"),
        ("E202", AHEAD, {"value": 0.05, "low": 0.01, "high": 0.09}, "escalate:a", "medium"),
        ("E202", AHEAD, {"value": 0.2, "low": 0.1, "high": 0.3}, "escalate:a", "high"),
        ("E203", FREE, 0.84, None, "medium"),
        ("E204", CONFUSED, confused(5, 40), "escalate:a", "medium"),
        ("E204", CONFUSED, confused(90, 5), "collaborate:a", "high"),
        ("E301", ECE, 0.11, None, "medium"),
        ("E301", (*OF, "calibration", "labels", "escalate:a", "ece"), 0.06, "escalate:a", "medium"),
        ("E302", (*RANKING, "value"), 0.77, "escalate:a", "medium"),
        ("E303", (*OF, "abstained"), 0.25, None, "high"),
    ],
)
def test_a_figure_beyond_its_limit_is_found(code, path, value, where, severity):
    (finding,) = found((path, value))
    assert (finding.code, finding.where, finding.severity) == (code, where, severity)
    assert finding.message
    assert finding.figure
    assert finding.value != finding.limit


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*LABELS, "collaborate:a", "support"), 30),
        (KNOWN, 0.9),
        (F1, 0.5),
        (AHEAD, {"value": 0.2, "low": 0.0, "high": 0.4}),
        (FREE, 0.86),
        (CONFUSED, confused(0, 40)),
        (ECE, 0.1),
        ((*RANKING, "value"), 0.79),
        ((*OF, "abstained"), 0.05),
    ],
)
def test_a_figure_at_its_limit_is_not_found(path, value):
    assert found((path, value)) == []


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("E201", [((*LABELS, "escalate:a"), label(0.1, 29))]),
        ("E202", [((*LABELS, "escalate:a"), label(0.8, 29)), (AHEAD, {"value": 0.3, "low": 0.2, "high": 0.4})]),
        ("E203", [(FREE, 0.1), ((*OF, "label_free"), 29)]),
        ("E204", [(CONFUSED, confused(14, 15, 29))]),
        ("E301", [(ECE, 0.5), ((*OF, "tasks"), 99)]),
        ("E302", [(RANKING, {"value": 0.1, "support": 29})]),
    ],
)
def test_few_tasks_are_no_ground_for_a_finding(code, changes):
    assert code not in [finding.code for finding in found(*changes)]


def test_the_gravest_come_first():
    changes = [((*LABELS, "collaborate:a", "support"), 3), (KNOWN, 0.89), (("overlap",), ["t1"])]
    assert [finding.severity for finding in found(*changes)] == ["high", "medium", "low"]


def test_every_code_has_a_section_and_none_is_the_oracle_s():
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == list(KINDS)
    assert not set(KINDS) & set(HARD)
