from __future__ import annotations

import threading

import pytest

import escalation
from escalation import EscalationError, Predictor, Task
from escalation.errors import InputError

README_TASK = (
    "Split the users table into accounts and profiles without downtime, then build the image in GitHub Actions"
)


def modes(entries):
    return {entry.target for entry in entries}


def test_the_task_of_the_readme(predictor):
    answer = predictor.predict(README_TASK)
    assert modes(answer.escalate) == {"database-specialist", "cicd-specialist"}
    assert answer.collaborate == ()
    assert answer.engine == "hybrid"
    assert answer.model["name"] == "default"
    assert [(README_TASK[part.start : part.end], part.escalate) for part in answer.parts] == [
        ("Split the users table into accounts and profiles without downtime", ("database-specialist",)),
        ("then build the image in GitHub Actions", ("cicd-specialist",)),
    ]
    assert all(part.text == README_TASK[part.start : part.end] for part in answer.parts)


def test_every_entry_has_reasons_that_point_into_the_text(predictor):
    for text in (README_TASK, "Ｆix the lоgin page\n- write the Dockerfile\n- İntegration tests for the endpoints"):
        answer = predictor.predict(text)
        assert answer.escalate
        for entry in answer.escalate + answer.collaborate:
            assert entry.reasons
            assert 0 <= entry.probability <= 1
            for reason in entry.reasons:
                if reason.start is not None and reason.kind in ("rule", "term"):
                    assert text[reason.start : reason.end] == reason.text
                assert reason.kind != "rule" or (reason.id and reason.section)
                assert reason.kind != "term" or reason.weight > 0


def test_only_the_frontend_mode_follows_the_frontend_of_the_stack(predictor):
    task = "Fix the settings page: the form shows stale data after saving"
    react = predictor.predict(task, stack={"frontend": ["React"]})
    vue = predictor.predict(task, stack={"frontend": ["Vue"]})
    unknown = predictor.predict(task)
    assert modes(react.escalate) == {"react-specialist"}
    assert modes(vue.escalate) == {"vuejs-developer"}
    assert react.escalate[0].probability == vue.escalate[0].probability
    assert unknown.escalate[0].mode is None
    assert unknown.escalate[0].to_dict()["candidates"] == ["react-specialist", "vuejs-developer"]


def test_no_mode_stands_in_both_lists(predictor):
    from conftest import ROOT
    from escalation.corpus import read_corpus

    for row in list(read_corpus(ROOT / "data" / "corpus.jsonl").rows())[::20]:
        answer = predictor.predict(row.text, stack=row.stack)
        assert not modes(answer.escalate) & modes(answer.collaborate)
        assert answer.core.value or answer.escalate or not answer.collaborate


def test_own_work_is_core_and_a_hand_over_is_not(predictor):
    assert predictor.predict("Add an endpoint that returns the open orders as a Pydantic model").core.value
    assert not predictor.predict("Write the Dockerfile").core.value


def test_the_rules_alone_need_no_model(rulebook):
    answer = Predictor(rulebook).predict(README_TASK)
    assert answer.engine == "rules"
    assert answer.model is None
    assert modes(answer.escalate) == {"database-specialist", "cicd-specialist"}
    assert all(entry.probability is None and entry.source == "rules" for entry in answer.escalate)


def test_a_text_unlike_anything_known_is_left_to_the_rules(predictor):
    answer = predictor.predict("zxqv wkrrt plonk")
    assert answer.abstained
    assert answer.escalate == answer.collaborate == ()
    assert predictor.predict("Add an endpoint").abstained is None


def test_tasks_come_as_text_mapping_or_object(predictor):
    text = "Write the Dockerfile"
    answers = [
        predictor.predict(text),
        predictor.predict({"text": text, "note": "free keys are passed over"}),
        predictor.predict(Task.of(text)),
        *predictor.predict_many([text, {"text": text, "id": 7}]),
    ]
    assert len({answer.escalate for answer in answers}) == 1
    assert [answer.id for answer in answers] == [None, None, None, None, 7]
    assert answers[-1].to_dict()["id"] == 7


def test_a_task_brings_its_own_stack_and_sender(predictor):
    task = {"text": "Fix the page", "stack": {"frontend": ["Vue"]}, "from": "technical-architect"}
    answer = predictor.predict(task, stack={"frontend": ["React"]}, delegated_by="react-specialist")
    assert modes(answer.escalate) == {"vuejs-developer"}
    assert answer.accept.value


@pytest.mark.parametrize(
    "task", ["", None, 3, {}, {"text": 1}, {"text": "x", "id": []}, {"text": "x", "from": 3}, ["x"]]
)
def test_what_is_no_task_is_refused(predictor, task):
    with pytest.raises(InputError):
        predictor.predict(task)


def test_engines_are_checked(rulebook, model):
    with pytest.raises(InputError, match="unknown engine"):
        Predictor(rulebook, model, "magic")
    with pytest.raises(InputError, match="needs a model"):
        Predictor(rulebook, None, "hybrid")
    assert issubclass(InputError, EscalationError)


def test_threads_get_the_same_answers(predictor):
    tasks = ["Write the Dockerfile", README_TASK, "Fix the login page"] * 20
    alone = predictor.predict_many(tasks)
    together: dict[int, list] = {}
    threads = [
        threading.Thread(target=lambda n=n: together.__setitem__(n, predictor.predict_many(tasks))) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers == alone for answers in together.values())


def test_the_short_way():
    assert modes(escalation.predict("Write the Dockerfile").escalate) == {"docker-compose-specialist"}


def test_another_home_mode(small_predictor):
    answer = small_predictor.predict("Translate the chapter", stack={"language": ["German"]})
    assert modes(answer.escalate) == {"translator-de"}
    assert modes(small_predictor.predict("Translate the chapter").escalate) == {"translation"}
