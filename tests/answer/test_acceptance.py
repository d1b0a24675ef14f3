from __future__ import annotations

import pytest

from escalation import Predictor


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
        ("fastapi-developer", "Add an endpoint in FastAPI", False),
    ],
)
def test_a_delegation_is_accepted_as_documented(by_rules, sender, text, accepted):
    answer = by_rules.predict(text, delegated_by=sender).accept
    assert answer.value is accepted
    assert answer.reason
    assert answer.delegated_by == sender
    if sender not in ("react-specialist", "fastapi-developer"):
        assert answer.section == "Accept Escalations"


@pytest.mark.parametrize(
    ("sender", "mode", "accepted"),
    [
        ("Technical Architect", "technical-architect", True),
        ("technical_architect", "technical-architect", True),
        ("core-architect", "technical-architect", True),
        ("Dev React", "react-specialist", False),
        ("lead-devops", "infrastructure-specialist", False),
    ],
)
def test_a_sender_has_other_names(by_rules, sender, mode, accepted):
    answer = by_rules.predict("Add an endpoint", delegated_by=sender).accept
    assert (answer.delegated_by, answer.value) == (mode, accepted)


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("nobody", "no mode of this name is known"),
        ("", "no mode of this name is known"),
        ("technical-architct", "no mode of this name is known; did you mean 'technical-architect'?"),
    ],
)
def test_from_an_unknown_mode_nothing_is_accepted(by_rules, sender, reason):
    answer = by_rules.predict("Add an endpoint", delegated_by=sender).accept
    assert (answer.value, answer.delegated_by, answer.reason, answer.rule) == (False, sender, reason, None)


def test_without_a_sender_there_is_nothing_to_accept(by_rules):
    assert by_rules.predict("Add an endpoint").accept is None


def test_a_condition_on_the_own_work(small_rulebook):
    predictor = Predictor(small_rulebook)
    assert predictor.predict("Write a chapter", delegated_by="product-manager").accept.value
    assert not predictor.predict("Draw an illustration", delegated_by="product-manager").accept.value
