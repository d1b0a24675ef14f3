from __future__ import annotations

import pytest

from escalation import Predictor
from escalation.errors import InputError


@pytest.fixture(scope="module")
def by_rules(rulebook):
    return Predictor(rulebook)


@pytest.mark.parametrize(
    ("sender", "text", "accepted"),
    [
        ("project-onboarding", "Draw a logo", True),
        ("technical-architect", "Add an endpoint", True),
        ("api-developer", "Migrate the Express routes to FastAPI", True),
        ("api-developer", "Add an endpoint for orders", False),
        ("backend-developer", "Write Pydantic models for the feed", True),
        ("backend-developer", "Sort the mailing list", False),
        ("react-specialist", "Add an endpoint in FastAPI", False),
    ],
)
def test_a_delegation_is_accepted_as_documented(by_rules, sender, text, accepted):
    answer = by_rules.predict(text, delegated_by=sender).accept
    assert answer.value is accepted
    assert answer.reason
    assert answer.delegated_by == sender
    if sender != "react-specialist":
        assert answer.section == "Accept Escalations"


def test_an_unknown_mode_is_refused_with_those_known(by_rules):
    with pytest.raises(InputError, match=r"'nobody'.*api-developer.*technical-architect"):
        by_rules.predict("Add an endpoint", delegated_by="nobody")


def test_without_a_sender_there_is_nothing_to_accept(by_rules):
    assert by_rules.predict("Add an endpoint").accept is None


def test_a_condition_on_the_own_work(small_rulebook):
    predictor = Predictor(small_rulebook)
    assert predictor.predict("Write a chapter", delegated_by="product-manager").accept.value
    assert not predictor.predict("Draw an illustration", delegated_by="product-manager").accept.value
