from __future__ import annotations

import numpy as np
import pytest

from escalation import Predictor
from escalation.errors import InputError
from escalation.training.caution import CONFIDENCE, RECALL, cautious_threshold


def draw(random, tasks):
    target = (random.random(tasks) < 0.1).astype(np.int8)
    return 1 / (1 + np.exp(-(random.normal(0, 1.5, tasks) + 4 * target - 3))), target


def test_the_promise_holds_as_often_as_it_says():
    random = np.random.default_rng(16)
    future, target = draw(random, 200_000)
    kept = 0
    for _ in range(100):
        threshold = cautious_threshold(*draw(random, 2000))
        assert threshold is not None
        kept += (future[target == 1] >= threshold).mean() >= RECALL
    # 100 draws at 0.9: 80 is more than three standard errors below.
    assert kept >= 100 * CONFIDENCE - 10


def test_more_cases_allow_a_higher_threshold():
    random = np.random.default_rng(3)
    few, many = (np.mean([cautious_threshold(*draw(random, n)) or 0 for _ in range(10)]) for n in (600, 20_000))
    assert many > few


@pytest.mark.parametrize("positives", [0, 5, 20])
def test_too_few_cases_promise_nothing(positives):
    target = np.zeros(300, np.int8)
    target[:positives] = 1
    assert cautious_threshold(0.01 + 0.9 * target, target) is None


def test_a_cautious_answer_holds_the_plain_one_and_says_what_it_promises(predictor):
    cautious = Predictor.load(caution="high")
    text = "Add a login page and keep an audit trail of who signed in"
    plain, careful = predictor.predict(text), cautious.predict(text)
    assert plain.promise is None
    assert (careful.promise.recall, careful.promise.confidence) == (RECALL, CONFIDENCE)
    assert "collaborate:docker-compose-specialist" in careful.promise.not_attainable
    modes = [{entry.target for entry in answer.escalate} for answer in (plain, careful)]
    assert modes[0] <= modes[1]


def test_nothing_is_promised_where_the_model_was_not_asked():
    assert Predictor.load(caution="high").predict("добавить миграцию базы данных").promise is None


def test_a_mode_that_has_a_label_is_named_on_one_side():
    cautious = Predictor.load(caution="high")
    text = "Store orders in a new table with an Alembic migration, password hashing at login and structured logs"
    given = {label.partition(":")[2] for label, decision in cautious.decisions(text).items() if decision.given}
    answer = cautious.predict(text)
    named = {entry.group or entry.mode for entry in answer.escalate + answer.collaborate}
    assert {"database-specialist", "security-specialist"} <= named
    assert given - {"", "auth-provider"} <= named


def test_caution_needs_a_model(rulebook):
    with pytest.raises(InputError, match="promise of the model"):
        Predictor(rulebook, caution="high")
    with pytest.raises(InputError, match="unknown caution 'some'"):
        Predictor(rulebook, caution="some")
