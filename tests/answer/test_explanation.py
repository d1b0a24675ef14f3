from __future__ import annotations

import pytest

from escalation import Predictor

TEXTS = [
    "Split the users table into accounts and profiles without downtime, then build the image in GitHub Actions",
    "Ｓｐｌｉｔ the ﬁrst users table — naïve İstanbul rows, no Dockerfile please",
    "Fix the settings page.\n\n- add a dark mode\n- do not touch the API",
    "x",
]


@pytest.mark.parametrize("engine", ["hybrid", "model"])
@pytest.mark.parametrize("text", TEXTS)
def test_contributions_add_up_to_the_score(model, rulebook, text, engine):
    explanation = Predictor(rulebook, model, engine).explain(text)
    scored = [label for label in explanation.labels if label.score is not None]
    assert scored or explanation.abstained
    for label in scored:
        total = label.base + sum(reason.weight for reason in label.contributions)
        assert total == pytest.approx(label.score, abs=1e-4)


@pytest.mark.parametrize("text", TEXTS[:3])
def test_offsets_are_those_of_the_text_as_it_came(predictor, text):
    for label in predictor.explain(text).labels:
        for reason in label.contributions:
            if reason.kind == "term":
                assert text[reason.start : reason.end] == reason.text


def test_contributions_and_labels_stand_in_order(predictor):
    explanation = predictor.explain(TEXTS[0])
    assert [label.given for label in explanation.labels] == sorted(
        (label.given for label in explanation.labels), reverse=True
    )
    for label in explanation.labels:
        weights = [abs(reason.weight) for reason in label.contributions]
        assert weights == sorted(weights, reverse=True)


def test_explaining_and_predicting_agree(predictor):
    answer, explanation = predictor.predict(TEXTS[0]), predictor.explain(TEXTS[0])
    given = {label.label: label for label in explanation.labels if label.given}
    for entry in answer.escalate:
        assert given[f"escalate:{entry.group or entry.mode}"].probability == pytest.approx(entry.probability, abs=1e-4)


def test_rules_are_explained_without_numbers(rulebook):
    explanation = Predictor(rulebook).explain("Write the Dockerfile")
    given = [label for label in explanation.labels if label.given]
    assert [label.label for label in given] == ["escalate:docker-compose-specialist"]
    assert given[0].score is None
    assert given[0].contributions[0].id == "deployment.containers"
    assert given[0].contributions[0].weight is None


def test_a_text_unlike_any_task_is_explained_by_the_rules(predictor):
    explanation = predictor.explain("zxqv wkrrt plonk")
    assert explanation.abstained == "the model knows none of the words"
    assert all(label.score is None for label in explanation.labels)
