from __future__ import annotations

import pytest

from escalation.model import read_model
from escalation.task.stack import StackProfile
from escalation.training.corpus import read_corpus
from escalation.training.oracle import HARD, Oracle, validate
from helpers import SMALL_CORPUS

REACT = {"frontend": ["React"]}


@pytest.fixture(scope="module")
def oracle(rulebook):
    return Oracle(rulebook)


@pytest.mark.parametrize(
    ("codes", "text", "labels", "stack"),
    [
        (["H1"], "x", {"escalate": ["nobody"]}, None),
        (["H2"], "x", {"escalate": ["e2e-tester"]}, None),
        (["H2"], "x", {"collaborate": ["clerk-auth-specialist"]}, None),
        (["H2"], "x", {"escalate": ["auth-provider"]}, None),
        (["H3"], "fix the login", {"escalate": ["clerk-auth-specialist"]}, None),
        (["H4"], "fix the page", {"escalate": ["frontend"]}, REACT),
        (["H4"], "fix the page", {"escalate": ["vuejs-developer"]}, REACT),
        (["H4"], "fix the Vue page", {"escalate": ["frontend"]}, None),
        (["H5"], "x", {"escalate": ["cicd-specialist"], "collaborate": ["cicd-specialist"]}, None),
        ([], "x", {}, None),
        ([], "x", {"collaborate": ["e2e-tester", "integration-tester"]}, None),
        ([], "fix the Clerk login", {"escalate": ["clerk-auth-specialist"]}, None),
        ([], "fix the login", {"escalate": ["supabase-auth-specialist"]}, {"auth": ["Supabase"]}),
        ([], "fix the page", {"escalate": ["frontend"]}, None),
        ([], "fix the page", {"escalate": ["frontend"]}, {"frontend": ["React", "Vue"]}),
        ([], "fix the screen of the mobile app", {"escalate": ["frontend"]}, REACT),
        ([], "fix Page.vue with Pinia", {"escalate": ["vuejs-developer"]}, REACT),
    ],
)
def test_labels_that_contradict_the_source_are_found(oracle, codes, text, labels, stack):
    labels = {"escalate": (), "collaborate": ()} | labels
    findings = oracle.check("task", oracle.engine.reader.read(text, StackProfile.of(stack)), **labels)
    assert [finding.code for finding in findings] == codes
    assert {finding.where for finding in findings} <= {"task"}
    assert set(codes) <= set(HARD)


def test_the_default_model_answers_the_examples_in_the_source(oracle, predictor):
    assert oracle.check_examples(predictor) == []


def test_the_report_counts_where_rules_and_labels_disagree(small_rulebook, small_model_path):
    report = validate(read_corpus(SMALL_CORPUS), small_rulebook, read_model(small_model_path, small_rulebook))
    assert report.hard == []
    drawings = report.rules_and_labels["escalate:illustrator"]
    # "without drawings" speaks against, and rightly so; nine tasks ask for drawings.
    assert (drawings.tasks, drawings.spoken) == (48, 10)
    shares = report.to_dict()["rules_and_labels"]["escalate:illustrator"]
    assert shares["coverage"] == pytest.approx(10 / 48)
    assert shares["conflict"] == pytest.approx(len(drawings.conflicts) / 10)
    assert shares["agreement"] + shares["conflict"] == pytest.approx(1)
