from __future__ import annotations

from math import log

import numpy as np
import pytest

from escalation.model import LabelPolicy, Model, SignalWeights
from escalation.model.classifier import Scores
from escalation.model.decision import Decider, decide_by_rules, verdict_row
from escalation.model.policy import decision_scores, head_names, nested_logit, sigmoid, weight_table
from escalation.model.vocabulary import Vocabulary, Wordings
from escalation.rules.engine import Verdict
from escalation.rules.rulebook import Label

LABELS = tuple(map(Label.parse, ("escalate:a", "collaborate:a", "escalate:b", "core")))
PLAIN = SignalWeights(1.0, 0.0, 0.0, 0.0, 0.0)
HYBRID = SignalWeights(0.5, 0.5, 1.0, -1.0, 0.0)


def model_with(**policies):
    def policy(label):
        given = {"rules_only": False, "model": PLAIN, "hybrid": HYBRID if label.endswith(":a") else PLAIN}
        given |= {"thresholds": {"model": 0.5, "hybrid": 0.5}, "cautious": {"model": 0.2, "hybrid": 0.2}}
        return LabelPolicy(**({"support": 50} | given | policies.get(label.replace(":", "_"), {})))

    heads = len(head_names(LABELS))
    return Model(
        LABELS,
        {label: policy(label) for label in LABELS},
        Vocabulary((), Wordings()),
        np.zeros(0, np.float32),
        np.zeros((0, heads), np.float32),
        np.zeros(heads),
    )


def verdicts(**values):
    return {label: Verdict(values.get(label.replace(":", "_"), "silent")) for label in LABELS}


def decide(model, seen, rules, engine, caution="normal"):
    scores = Scores(np.array(seen), [], model.weights, np.zeros(0), 0, 0)
    return Decider(model, engine, caution).decide(scores, rules)


def logits(**heads):
    return tuple(heads.get(name.replace(":", "_"), -5.0) for name in head_names(LABELS))


def test_the_heads_are_the_labels_and_two_for_each_target_of_both_parts():
    assert head_names(LABELS) == (*LABELS, "involved:a", "degree:a")


def test_nested_heads_multiply_probabilities():
    for involved, degree in ((2.0, -1.0), (-30.0, 4.0), (800.0, 800.0), (0.0, 0.0)):
        product = sigmoid(involved) * sigmoid(degree)
        assert sigmoid(nested_logit(involved, degree)) == pytest.approx(product)


def test_the_model_alone_looks_at_its_own_head():
    seen = logits(**{"escalate_a": log(3), "involved_a": -9, "degree_a": -9})
    decision = decide(model_with(), seen, verdicts(escalate_a="against"), "model")["escalate:a"]
    assert decision.given
    assert decision.source == "model"
    assert decision.probability == pytest.approx(0.75)


def test_the_hybrid_weighs_both_views():
    seen = logits(**{"escalate_a": 1.0, "collaborate_a": 1.0, "involved_a": 4.0, "degree_a": -3.0})
    decisions = decide(model_with(), seen, verdicts(), "hybrid")
    assert not decisions["escalate:a"].given
    assert decisions["collaborate:a"].given
    assert decisions["escalate:a"].score == pytest.approx(0.5 + 0.5 * nested_logit(4.0, -3.0))


def test_rules_that_turn_a_decision_are_its_source():
    near = logits(escalate_a=-0.5, involved_a=5.0, degree_a=-0.5)
    turned = decide(model_with(), near, verdicts(escalate_a="for"), "hybrid")["escalate:a"]
    assert turned.given
    assert turned.source == "rules"
    kept = decide(model_with(), near, verdicts(escalate_a="against"), "hybrid")["escalate:a"]
    assert not kept.given
    assert kept.source == "model"
    assert kept.probability < decide(model_with(), near, verdicts(), "hybrid")["escalate:a"].probability


def test_what_comes_near_and_is_not_given_is_undecided():
    for probability, undecided in ((0.2, False), (0.3, True), (0.6, False)):
        seen = logits(escalate_b=log(probability / (1 - probability)))
        assert decide(model_with(), seen, verdicts(), "hybrid")["escalate:b"].undecided is undecided


def test_caution_lowers_a_threshold_only_where_it_was_promised():
    seen = logits(escalate_b=log(0.3 / 0.7))
    assert not decide(model_with(), seen, verdicts(), "hybrid")["escalate:b"].given
    assert decide(model_with(), seen, verdicts(), "hybrid", "high")["escalate:b"].given
    unpromised = model_with(escalate_b={"cautious": {"model": None, "hybrid": None}})
    assert not decide(unpromised, seen, verdicts(), "hybrid", "high")["escalate:b"].given


def test_a_label_of_little_support_is_left_to_the_rules():
    rare = model_with(escalate_b={"rules_only": True, "support": 2})
    sure = logits(escalate_b=9.0)
    assert not decide(rare, sure, verdicts(), "hybrid")["escalate:b"].given
    decision = decide(rare, logits(), verdicts(escalate_b="for"), "hybrid")["escalate:b"]
    assert decision.given
    assert decision.source == "rules"
    assert decision.probability is None
    assert not decide(rare, sure, verdicts(escalate_b="for"), "model")["escalate:b"].given


def test_the_scores_of_many_tasks_are_those_of_each_alone():
    seen = np.array([logits(escalate_a=1.0, collaborate_a=1.0), logits(collaborate_a=3.0), logits(escalate_b=9.0)])
    rules = [verdicts(escalate_a="for"), verdicts(), verdicts(escalate_b="against")]
    model = model_with()
    table = weight_table([model.policies[label].hybrid for label in LABELS])
    together = decision_scores(LABELS, table, seen, np.array([verdict_row(LABELS, each) for each in rules]))
    for row, each in enumerate(rules):
        alone = decide(model, seen[row], each, "hybrid")
        assert together[row].tolist() == [alone[label].score for label in LABELS]


def test_own_work_is_left_where_something_is_shared_and_nothing_handed_over():
    def core(**heads):
        return decide(model_with(), logits(**heads), verdicts(), "model")["core"]

    shared = core(collaborate_a=3.0)
    assert shared.given
    assert shared.source == "rules"
    assert not core(collaborate_a=3.0, escalate_b=3.0).given
    assert not core().given
    assert core(core=3.0).source == "model"


def test_the_rules_alone():
    decisions = decide_by_rules(verdicts(escalate_a="for", collaborate_a="against"))
    assert decisions["escalate:a"].given
    assert not decisions["collaborate:a"].given
    assert decisions["escalate:a"].probability is None
