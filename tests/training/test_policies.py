"""Weights, thresholds and promises learned from logits and verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from escalation import Predictor
from escalation.errors import InputError
from escalation.rules.rulebook import CORE, Label
from escalation.training.policies import (
    CONFIDENCE,
    MIN_SUPPORT,
    RECALL,
    RULES_SAY,
    Examples,
    cautious_threshold,
    learn_policies,
)

LABEL = Label("escalate", "a")


def signals(seed, tasks=6000):
    """Draw logits (their sigmoid at half slope, shifted, is the truth) and rules that are right nine times in ten."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (tasks, 1))
    target = (random.random((tasks, 1)) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(np.int8)
    right = random.random((tasks, 1)) < 0.9
    return logits, np.where(right == (target == 1), 1, -1).astype(np.int8), target


def learn(logits, verdicts, target, label=LABEL):
    """Learn from tasks of one ask each."""
    tasks = len(logits)
    views = (np.arange(tasks), np.ones(tasks, np.intp), np.zeros(tasks, np.intp))
    policies, probabilities = learn_policies((label,), [[Examples(logits, *views, verdicts, target)]])
    return policies[label], probabilities


def slope(weights):
    """Return what a label's own head weighs in a task of one ask."""
    return weights.flat * (weights.whole + weights.best)


def test_scores_are_calibrated():
    weights = learn(*signals(1))[0].model
    assert (slope(weights), weights.bias) == pytest.approx((0.5, -1), abs=0.1)
    assert (weights.rules_for, weights.rules_against) == (0, 0)


def test_the_hybrid_learns_how_far_to_trust_the_rules():
    logits, verdicts, target = signals(2)
    policy, probabilities = learn(logits, verdicts, target)
    assert policy.hybrid.rules_for > 1
    assert policy.hybrid.rules_against < -1
    assert ((probabilities >= policy.thresholds["hybrid"]) == target).mean() > 0.88
    noise = learn(logits, np.random.default_rng(3).permutation(verdicts), target)[0].hybrid
    assert 0 < noise.rules_for < 2 * RULES_SAY[0]
    assert 2 * RULES_SAY[1] < noise.rules_against < 0


def test_thresholds_are_half_of_the_best_f1():
    logits, verdicts, target = signals(4)
    policy, _ = learn(logits, verdicts * 0, target)
    probability = 1 / (1 + np.exp(-(slope(policy.model) * logits + policy.model.bias)))
    best = max(
        2 * ((probability >= place) & (target == 1)).sum() / ((probability >= place).sum() + target.sum())
        for place in np.linspace(0.05, 0.8, 76)
    )
    assert policy.thresholds["model"] == pytest.approx(best / 2, abs=0.01)


def test_a_label_that_is_never_found_is_not_always_answered():
    target = (np.arange(4000) < 20).astype(np.int8)[:, None]
    logits = np.random.default_rng(6).normal(0, 1, (4000, 1))
    policy, probabilities = learn(logits, np.zeros((4000, 1), np.int8), target, CORE)
    assert (probabilities >= policy.thresholds["hybrid"]).mean() < 0.1


def test_a_rare_label_is_left_to_the_rules():
    target = (np.arange(100) < MIN_SUPPORT - 1).astype(np.int8)[:, None]
    policy, _ = learn(target * 0.9, np.zeros((100, 1), np.int8), target)
    assert policy.rules_only
    assert policy.support == MIN_SUPPORT - 1
    assert policy.cautious == {"model": None, "hybrid": None}


def draw(random, tasks):
    target = (random.random(tasks) < 0.1).astype(np.int8)
    return 1 / (1 + np.exp(-(random.normal(0, 1.5, tasks) + 4 * target - 3))), target


def test_a_promised_recall_is_kept_as_often_as_stated():
    random = np.random.default_rng(16)
    future, target = draw(random, 200_000)
    thresholds = [cautious_threshold(*draw(random, 2000)) for _ in range(100)]
    kept = sum((future[target == 1] >= threshold).mean() >= RECALL for threshold in thresholds)
    # 100 draws at 0.9: 80 is more than three standard errors below.
    assert kept >= 100 * CONFIDENCE - 10


def test_more_cases_allow_a_higher_threshold():
    random = np.random.default_rng(3)
    few, many = (np.mean([cautious_threshold(*draw(random, n)) or 0 for _ in range(10)]) for n in (600, 20_000))
    assert many > few


@pytest.mark.parametrize("positives", [0, 5, 20])
def test_too_few_cases_promise_nothing(positives):
    target = (np.arange(300) < positives).astype(np.int8)
    assert cautious_threshold(0.01 + 0.9 * target, target) is None


# ------------------------------------------------------------------------------------------------ answers with caution


@pytest.fixture(scope="module")
def cautious():
    return Predictor.load(caution="high")


def test_a_cautious_answer_contains_the_plain_one_and_says_what_it_promises(predictor, cautious):
    text = "Add a login page and keep an audit trail of who signed in"
    plain, careful = predictor.predict(text), cautious.predict(text)
    assert plain.promise is None
    assert (careful.promise.recall, careful.promise.confidence) == (RECALL, CONFIDENCE)
    assert "collaborate:docker-compose-specialist" in careful.promise.not_attainable
    assert {entry.target for entry in plain.escalate} <= {entry.target for entry in careful.escalate}


def test_nothing_is_promised_where_the_model_abstains(cautious):
    assert cautious.predict("добавить миграцию базы данных").promise is None


def test_every_mode_of_a_label_is_in_the_answer(cautious):
    text = "Store orders in a new table with an Alembic migration, password hashing at login and structured logs"
    targets = {label.target for label, decision in cautious.decisions(text).items() if decision.given}
    answer = cautious.predict(text)
    named = {entry.group or entry.mode for entry in answer.escalate + answer.collaborate}
    assert {"database-specialist", "security-specialist"} <= named
    assert targets - {"", "auth-provider"} <= named


def test_caution_needs_a_model(rulebook):
    with pytest.raises(InputError, match="promise of the model"):
        Predictor(rulebook, caution="high")
    with pytest.raises(InputError, match="unknown caution 'some'"):
        Predictor(rulebook, caution="some")
