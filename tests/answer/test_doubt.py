from __future__ import annotations

import msgspec
import pytest

from escalation import Predictor
from escalation.answer.corrected import Taught
from escalation.answer.doubt import DOUBTFUL, doubt_of, needs_settling
from escalation.answer.prediction import CorrectedBy, TaughtBy
from escalation.model.decision import Decision
from escalation.rules.rulebook import CORE
from escalation.task.task import Task

OPEN = "Rework the login page and its token handling"


def settled(predictor, text, **probabilities):
    """Return an answer, and decisions of which all are certain but those that are named."""
    answer, decisions = predictor.predict_with_decisions(text)
    sure = {label: Decision(each.given, "model", float(each.given)) for label, each in decisions.items()}
    for label in sure:
        for name, probability in probabilities.items():
            if label == f"escalate:{name.replace('_', '-')}":
                sure[label] = msgspec.structs.replace(sure[label], probability=probability)
    return answer, sure


def test_doubt_is_what_is_expected_to_be_wrong_and_a_missed_label_counts_more(predictor):
    text = "Write the Dockerfile"
    assert doubt_of(*settled(predictor, text)) == 0
    given = doubt_of(*settled(predictor, text, docker_compose_specialist=0.6))
    missed = doubt_of(*settled(predictor, text, database_specialist=0.4))
    assert 0 < given < missed
    both = doubt_of(*settled(predictor, text, docker_compose_specialist=0.6, database_specialist=0.4))
    assert both == pytest.approx(given + missed)


def test_own_work_is_not_doubted(predictor):
    answer, decisions = settled(predictor, "Write the Dockerfile")
    decisions[CORE] = msgspec.structs.replace(decisions[CORE], probability=0.5)
    assert doubt_of(answer, decisions) == 0


def test_what_somebody_settled_is_not_doubted(predictor):
    answer, decisions = predictor.predict_with_decisions(OPEN)
    doubt = doubt_of(answer, decisions)
    assert doubt > 0
    assert needs_settling(answer, doubt)
    taught = predictor.settle(Task.of(OPEN), Taught(("security-specialist",), (), False, TaughtBy("it", 1)))
    corrected = msgspec.structs.replace(answer, correction=CorrectedBy(1, "person"))
    for each in (taught, corrected):
        assert doubt_of(each, decisions) == 0
        assert not needs_settling(each, doubt)


def test_without_probabilities(predictor):
    rules = Predictor(predictor.rulebook)
    assert doubt_of(*rules.predict_with_decisions(OPEN)) >= DOUBTFUL
    assert doubt_of(*predictor.predict_with_decisions("+1")) == 0


def test_a_clear_answer_needs_nobody(predictor):
    answer, decisions = settled(predictor, "Write the Dockerfile")
    assert not needs_settling(answer, doubt_of(answer, decisions))
    assert needs_settling(answer, DOUBTFUL)
