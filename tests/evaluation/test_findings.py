from __future__ import annotations

import copy
import re

import pytest

from escalation.evaluation.findings import KINDS
from escalation.evaluation.judging import find
from escalation.training.oracle import HARD
from helpers import ROOT

SECTION = re.compile(r"^## (\w+)$", re.MULTILINE)


@pytest.fixture
def healthy():
    """Figures without anything to say about them."""
    return {
        "engines": {
            "hybrid": {
                "tasks": 1000,
                "averages": {"free_kept": {"value": 0.95, "low": 0.9, "high": 0.97}},
                "labels": {
                    "escalate:a": {"f1": 0.8, "support": 200},
                    "collaborate:a": {"f1": 0.7, "support": 150},
                    "core": {"f1": 0.9, "support": 700},
                },
                "label_free": 400,
                "abstained": 0.01,
                "average_precision": {"escalate:a": {"value": 0.85, "support": 200}},
                "calibration": {"micro_ece_doubtful": 0.03, "labels": {"escalate:a": {"ece": 0.02, "brier": 0.05}}},
            }
        },
        "rules_over_model": {"escalate:a": {"value": 0.02, "low": -0.01, "high": 0.05}},
        "confusions": {"a": {"softened": 5, "hardened": 8, "tasks": 200}},
        "training": {"escalate:a": 0.88},
        "drift": {"known_words": {"value": 0.95}},
        "overlap": [],
    }


def worse(figures, path, value):
    """The same figures, with another value at a place."""
    changed = copy.deepcopy(figures)
    place = changed
    *way, last = path
    for key in way:
        place = place[key]
    place[last] = value
    return changed


OF = ("engines", "hybrid")
CASES = {
    "E101": [((*OF, "labels", "collaborate:a", "support"), 29, "collaborate:a", "low")],
    "E102": [
        (("drift", "known_words", "value"), 0.89, None, "medium"),
        (("drift", "known_words", "value"), 0.7, None, "high"),
    ],
    "E103": [(("overlap",), ["t1"], None, "high")],
    "E201": [
        ((*OF, "labels", "escalate:a", "f1"), 0.49, "escalate:a", "medium"),
        ((*OF, "labels", "escalate:a", "f1"), 0.0, "escalate:a", "high"),
    ],
    "E202": [
        (("rules_over_model", "escalate:a"), {"value": 0.05, "low": 0.01, "high": 0.09}, "escalate:a", "medium"),
        (("rules_over_model", "escalate:a"), {"value": 0.2, "low": 0.1, "high": 0.3}, "escalate:a", "high"),
    ],
    "E203": [((*OF, "averages", "free_kept", "value"), 0.84, None, "medium")],
    "E204": [
        (("confusions", "a"), {"softened": 5, "hardened": 40, "tasks": 200}, "escalate:a", "medium"),
        (("confusions", "a"), {"softened": 90, "hardened": 5, "tasks": 200}, "collaborate:a", "high"),
    ],
    "E301": [
        ((*OF, "calibration", "micro_ece_doubtful"), 0.11, None, "medium"),
        ((*OF, "calibration", "labels", "escalate:a", "ece"), 0.06, "escalate:a", "medium"),
    ],
    "E302": [((*OF, "average_precision", "escalate:a", "value"), 0.77, "escalate:a", "medium")],
    "E303": [((*OF, "abstained"), 0.25, None, "high")],
}


def test_good_figures_have_no_finding(healthy):
    assert find(healthy) == []


@pytest.mark.parametrize(
    ("code", "path", "value", "where", "severity"), [(code, *case) for code, cases in CASES.items() for case in cases]
)
def test_a_figure_beyond_its_limit_is_found(healthy, code, path, value, where, severity):
    (found,) = find(worse(healthy, path, value))
    assert (found.code, found.where, found.severity) == (code, where, severity)
    told = found.to_dict()
    assert told["title"] == KINDS[code].title
    assert told["remedy"]
    assert (told["figure"]["value"] - told["figure"]["limit"]) != 0
    assert told["message"]


JUST_WITHIN = {
    "E101": ((*OF, "labels", "collaborate:a", "support"), 30),
    "E102": (("drift", "known_words", "value"), 0.9),
    "E103": (("overlap",), []),
    "E201": ((*OF, "labels", "escalate:a", "f1"), 0.5),
    "E202": (("rules_over_model", "escalate:a"), {"value": 0.2, "low": 0.0, "high": 0.4}),
    "E203": ((*OF, "averages", "free_kept", "value"), 0.86),
    "E204": (("confusions", "a"), {"softened": 0, "hardened": 40, "tasks": 200}),
    "E301": ((*OF, "calibration", "micro_ece_doubtful"), 0.1),
    "E302": ((*OF, "average_precision", "escalate:a", "value"), 0.79),
    "E303": ((*OF, "abstained"), 0.05),
}


@pytest.mark.parametrize("code", JUST_WITHIN)
def test_a_figure_at_its_limit_is_not_found(healthy, code):
    assert find(worse(healthy, *JUST_WITHIN[code])) == []


TOO_FEW = {
    "E201": [((*OF, "labels", "escalate:a"), {"f1": 0.1, "support": 29})],
    "E202": [
        ((*OF, "labels", "escalate:a"), {"f1": 0.8, "support": 29}),
        (("rules_over_model", "escalate:a"), {"value": 0.3, "low": 0.2, "high": 0.4}),
    ],
    "E203": [((*OF, "averages", "free_kept", "value"), 0.1), ((*OF, "label_free"), 29)],
    "E204": [(("confusions", "a"), {"softened": 14, "hardened": 15, "tasks": 29})],
    "E301": [((*OF, "calibration", "micro_ece_doubtful"), 0.5), ((*OF, "tasks"), 99)],
    "E302": [((*OF, "average_precision", "escalate:a"), {"value": 0.1, "support": 29})],
}


@pytest.mark.parametrize("code", TOO_FEW)
def test_few_tasks_are_no_ground_for_a_finding(healthy, code):
    figures = healthy
    for path, value in TOO_FEW[code]:
        figures = worse(figures, path, value)
    assert code not in [finding.code for finding in find(figures)]


def test_where_there_is_no_model_nothing_is_said_of_it(healthy):
    figures = worse(healthy, (*OF, "calibration"), None)
    figures |= {"drift": None, "training": None, "rules_over_model": {}}
    assert find(figures) == []


def test_the_gravest_come_first(healthy):
    figures = worse(healthy, (*OF, "labels", "collaborate:a", "support"), 3)
    figures = worse(figures, ("drift", "known_words", "value"), 0.89)
    figures = worse(figures, ("overlap",), ["t1"])
    assert [finding.severity for finding in find(figures)] == ["high", "medium", "low"]


def test_every_code_is_tested_and_has_its_section_and_no_other():
    sections = SECTION.findall((ROOT / "docs" / "findings.md").read_text(encoding="utf-8"))
    assert sections == list(KINDS)
    assert set(CASES) == set(JUST_WITHIN) == set(KINDS)


def test_these_codes_are_not_those_of_the_oracle():
    assert not set(KINDS) & set(HARD)
