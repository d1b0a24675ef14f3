from __future__ import annotations

import pytest

from escalation.decision import Decision, decide
from escalation.model import LabelPolicy

POLICY = LabelPolicy(by_rules=False, threshold=0.5, low=0.3, high=0.7, support=50)
RARE = LabelPolicy(by_rules=True, threshold=0.5, low=0.5, high=0.5, support=2)


@pytest.mark.parametrize(
    ("probability", "rules", "given", "source", "undecided"),
    [
        (0.9, "against", True, "model", False),
        (0.7, "against", True, "model", False),
        (0.6, "against", False, "rules", False),
        (0.4, "for", True, "rules", False),
        (0.6, "silent", True, "model", True),
        (0.4, "silent", False, "model", True),
        (0.2, "for", False, "model", False),
    ],
)
def test_the_rules_decide_where_the_model_abstains(probability, rules, given, source, undecided):
    decision = decide(POLICY, probability, rules, "hybrid")
    assert decision == Decision(given, source, probability, undecided)


def test_the_model_alone_ignores_the_rules():
    assert decide(POLICY, 0.6, "against", "model").given
    assert not decide(POLICY, 0.4, "for", "model").given


def test_a_label_of_little_support_is_left_to_the_rules():
    assert decide(RARE, 0.01, "for", "hybrid").given
    assert not decide(RARE, 0.99, "silent", "hybrid").given
    assert not decide(RARE, 0.99, "for", "model").given
