from __future__ import annotations

import threading

import pytest

import escalation
from escalation import EscalationError, Predictor, Task
from escalation.errors import InputError
from escalation.rules.engine import RuleEngine
from escalation.training.corpus import read_corpus
from helpers import ROOT

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
        ("build the image in GitHub Actions", ("cicd-specialist",)),
    ]
    assert all(part.text == README_TASK[part.start : part.end] for part in answer.parts)


def test_every_entry_has_reasons_that_point_into_the_text(predictor):
    for text in (README_TASK, "Ｗrite the Dockerfile\n- İntegration tests for the endpoints"):
        answer = predictor.predict(text)
        assert answer.escalate
        for entry in answer.escalate + answer.collaborate:
            assert entry.reasons
            assert 0 <= entry.probability <= 1
            for reason in entry.reasons:
                if reason.start is not None:
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


def test_escalation_outranks_collaboration_in_entries_and_parts(rulebook):
    # The rules are for both towards the database, and for a provider that falls back to security beside bcrypt.
    text = (
        "Write the migration with a backfill of the orders table.\nAdd a nullable column with an Alembic revision.\n"
        "Integrate Auth0 for sign-in.\nHash the passwords with bcrypt."
    )
    verdicts = RuleEngine(rulebook).verdicts(text)
    for area in ("database", "security"):
        assert verdicts[f"collaborate:{area}-specialist"].value == "for"
    answer = Predictor(rulebook).predict(text)
    assert {"database-specialist", "security-specialist"} <= modes(answer.escalate)
    assert not modes(answer.escalate) & modes(answer.collaborate)
    assert all(not set(part.collaborate) & modes(answer.escalate) for part in answer.parts)


def test_parts_say_what_the_answer_says(predictor):
    for row in list(read_corpus(ROOT / "data" / "corpus.jsonl").rows())[::20]:
        answer = predictor.predict(row.text, stack=row.stack)
        assert {mode for part in answer.parts for mode in part.escalate} == modes(answer.escalate)
        assert {mode for part in answer.parts for mode in part.collaborate} == modes(answer.collaborate)
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
    numbers = " ".join(map(str, range(1000, 1100)))
    assert predictor.predict(f"Write the Dockerfile for tickets {numbers}").abstained is None


def test_an_answer_can_be_changed_without_harm(predictor):
    predictor.predict("Write the Dockerfile").model["name"] = "changed"
    assert predictor.predict("Write the Dockerfile").model["name"] == "default"
    assert len({Task.of("x"), Task.of("x"), Task.of("y")}) == 2


def test_one_text_is_not_many_tasks(predictor):
    with pytest.raises(InputError, match="call predict"):
        predictor.predict_many("Write the Dockerfile")


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
    "task",
    [
        "",
        None,
        3,
        {},
        {"text": 1},
        {"text": "x", "id": []},
        {"text": "x", "id": True},
        {"text": "x", "id": "\ud800"},
        {"text": "x", "from": 3},
        {"text": "x", "from": []},
        ["x"],
    ],
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
    alone = list(predictor.predict_many(tasks))
    together: dict[int, list] = {}
    threads = [
        threading.Thread(target=lambda n=n: together.__setitem__(n, list(predictor.predict_many(tasks))))
        for n in range(4)
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


def test_a_further_mode_of_a_group_needs_no_training(tmp_path):
    book = (ROOT / "data" / "rulebooks" / "fastapi-developer.toml").read_text(encoding="utf-8")
    book = book.replace(
        '[[groups.members]]\nmode = "vuejs-developer"',
        '[[groups.members]]\nmode = "angular-developer"\ntechnologies = ["Angular"]\n\n'
        '[[groups.members]]\nmode = "vuejs-developer"',
    ).replace(
        '[[modes]]\nslug = "infrastructure-specialist"',
        '[[modes]]\nslug = "angular-developer"\ntitle = "Angular"\ndispositions = ["escalate", "collaborate"]\n\n'
        '[[modes]]\nslug = "infrastructure-specialist"',
    )
    (tmp_path / "team.toml").write_text(book, encoding="utf-8")
    ours = Predictor.load(rulebook=tmp_path / "team.toml")
    answer = ours.predict("Fix the settings page", stack={"frontend": ["Angular"]})
    assert modes(answer.escalate) == {"angular-developer"}
    assert Predictor.load().predict("Fix the settings page", stack={"frontend": ["Angular"]}).escalate[0].mode is None


def test_a_part_stands_alone_and_says_what_it_belongs_to(predictor):
    text = "Release preparation:\n- write the Dockerfile\n- and set up `nginx.conf` (with TLS)\n- update the docstrings"
    parts = {part.text: part for part in predictor.predict(text).parts}
    assert set(parts) == {"write the Dockerfile", "set up `nginx.conf` (with TLS)"}
    for part in parts.values():
        assert text[part.start : part.end] == part.text
        assert part.context == "Release preparation"
    assert parts["write the Dockerfile"].escalate == ("docker-compose-specialist",)


def test_the_context_of_parts_stays_short(predictor):
    answer = predictor.predict("update the docs " * 500 + "\n" + "write the Dockerfile\n" * 200)
    assert len(answer.parts) >= 200
    assert max(len(part.context or "") for part in answer.parts) == 200


def test_what_is_escalated_is_not_undecided(predictor):
    answer = predictor.predict(
        "Split the orders table by year without downtime; new Alembic revision, models and constraints"
    )
    escalated = {entry.mode for entry in answer.escalate}
    assert "database-specialist" in escalated
    assert not escalated & {entry.target for entry in answer.undecided}


def test_a_title_needs_no_context(predictor):
    assert [part.context for part in predictor.predict("Write the Dockerfile").parts] == [None]


def test_what_comes_near_is_undecided(predictor):
    answer = predictor.predict("Handle the migration of the users table")
    assert [(entry.disposition, entry.target) for entry in answer.undecided] == [("escalate", "database-specialist")]
    assert 0 < answer.undecided[0].probability < 0.5


def test_decisions_are_those_of_the_answer(predictor):
    decisions = predictor.decisions("Write the Dockerfile")
    assert decisions["escalate:docker-compose-specialist"].given
    assert decisions["escalate:docker-compose-specialist"].score > 0
    assert not decisions["core"].given
