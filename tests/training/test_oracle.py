from __future__ import annotations

import pytest

from escalation.model import read_model
from escalation.task.stack import StackProfile
from escalation.training.corpus import read_corpus
from escalation.training.oracle import HARD, Oracle, validate
from helpers import SMALL_CORPUS

REACT = {"frontend": ["React"]}


@pytest.fixture(scope="module")
def check(rulebook):
    oracle = Oracle(rulebook)

    def codes(text, escalate=(), collaborate=(), stack=None):
        return [finding.code for finding in oracle.check("t", text, StackProfile.of(stack), escalate, collaborate)]

    return codes


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        ("H1", {"text": "x", "escalate": ["nobody"]}),
        ("H2", {"text": "x", "escalate": ["e2e-tester"]}),
        ("H2", {"text": "x", "collaborate": ["clerk-auth-specialist"]}),
        ("H2", {"text": "x", "escalate": ["auth-provider"]}),
        ("H3", {"text": "fix the login", "escalate": ["clerk-auth-specialist"]}),
        ("H4", {"text": "fix the page", "escalate": ["frontend"], "stack": REACT}),
        ("H4", {"text": "fix the page", "escalate": ["vuejs-developer"], "stack": REACT}),
        ("H4", {"text": "fix the Vue page", "escalate": ["frontend"]}),
        ("H5", {"text": "x", "escalate": ["cicd-specialist"], "collaborate": ["cicd-specialist"]}),
    ],
)
def test_what_must_not_be_is_found(check, expected, arguments):
    assert check(**arguments) == [expected]
    assert expected in HARD


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "x"},
        {"text": "x", "collaborate": ["e2e-tester", "integration-tester"]},
        {"text": "fix the Clerk login", "escalate": ["clerk-auth-specialist"]},
        {"text": "fix the login", "escalate": ["supabase-auth-specialist"], "stack": {"auth": ["Supabase"]}},
        {"text": "fix the page", "escalate": ["frontend"]},
        {"text": "fix the page", "escalate": ["frontend"], "stack": {"frontend": ["React", "Vue"]}},
        {"text": "fix the screen of the mobile app", "escalate": ["frontend"], "stack": REACT},
        {"text": "fix Page.vue with Pinia", "escalate": ["vuejs-developer"], "stack": REACT},
    ],
)
def test_what_may_be_is_left_alone(check, arguments):
    assert check(**arguments) == []


def test_the_default_model_answers_the_sources_examples(rulebook, predictor):
    assert Oracle(rulebook).check_examples(predictor) == []


def test_a_report_counts_where_rules_and_labels_part(small_rulebook, small_model_path):
    report = validate(read_corpus(SMALL_CORPUS), small_rulebook, read_model(small_model_path, small_rulebook))
    assert report.hard == []
    drawings = report.rules_and_labels["escalate:illustrator"]
    # "without drawings" speaks against, and rightly so; nine tasks ask for drawings.
    assert drawings.tasks == 48
    assert drawings.spoken == 10
    assert drawings.agreed + len(drawings.conflicts) == drawings.spoken
    shares = report.to_dict()["rules_and_labels"]["escalate:illustrator"]
    assert shares["coverage"] == pytest.approx(10 / 48)
    assert shares["agreement"] + shares["conflict"] == pytest.approx(1)
