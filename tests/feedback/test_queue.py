from __future__ import annotations

import json

import pytest

from escalation.feedback import correct
from escalation.feedback.queue import Source, logged_sources, queue, settled_texts, spread
from escalation.feedback.records import LoggedAnswer
from escalation.task.task import Task

TEXTS = [
    "Write the Dockerfile",
    "Rework the login page and its token handling",
    "Speed up the slow report query",
    "Cache the settings of the signed-in user in the page and the token table",
]


def sources(*texts):
    return [Source(Task.of(text), f"tasks.md:{number}") for number, text in enumerate(texts, 1)]


def test_each_text_is_in_the_queue_once(predictor):
    found = queue(sources(*TEXTS, TEXTS[1].upper(), f"{TEXTS[1]}!"), predictor)
    assert sorted(each.source.task.text for each in found) == sorted(TEXTS)
    assert found[0].doubt == max(each.doubt for each in found)


def test_the_queue_has_a_limit(predictor):
    whole = queue(sources(*TEXTS), predictor)
    assert queue(sources(*TEXTS), predictor, limit=2) == whole[:2]
    assert queue([], predictor) == []


@pytest.mark.parametrize(
    ("texts", "doubts", "known", "order"),
    [
        (["one", "two", "three"], [0.1, 0.3, 0.2], [], [1, 2, 0]),
        (["one", "two", "three"], [0.2, 0.2, 0.2], [], [0, 1, 2]),
        # What is like one that was chosen comes later, though it is more doubtful.
        (["Move the cache", "Move the cache now", "Sign the tokens"], [0.9, 0.8, 0.5], [], [0, 2, 1]),
        # So does what is like one that was reviewed before.
        (["Move the cache", "Sign the tokens"], [0.9, 0.5], ["Move the cache"], [1, 0]),
        (["", "", "x"], [0.0, 0.1, 0.0], [], [1, 0, 2]),
    ],
)
def test_doubtful_texts_that_are_unlike_come_first(texts, doubts, known, order):
    assert spread(texts, doubts, 9, known) == order


def test_corrected_and_reviewed_tasks_are_left_out(predictor, store):
    home = predictor.rulebook.home
    logged = store.log([LoggedAnswer(text=text, home=home, project="shop", place=f"a:{text}") for text in TEXTS])
    store.log([LoggedAnswer(text="Draw the pump", home="tech-writer")])
    correct(TEXTS[0], store=store, predictor=predictor)
    store.reviewed([logged[1].id])
    found = list(logged_sources(store, home))
    assert [(each.id, each.place) for each in found] == [(each.id, each.place) for each in logged[2:]]
    assert list(logged_sources(store, home, "other")) == []
    settled, known = settled_texts(store)
    assert known == [TEXTS[0]]
    # The same tasks from a file are left out too.
    left = queue(sources(*TEXTS), predictor, settled=settled, known=known)
    assert {each.source.task.text for each in left} == set(TEXTS[2:])


def test_json_has_the_task_and_the_answer(predictor):
    (found,) = queue([Source(Task.of(TEXTS[0], {"auth": ["JWT"]}), "tasks.md:3", "shop", 7)], predictor)
    made = json.loads(json.dumps(found.to_dict()))
    assert (made["id"], made["place"], made["project"], made["text"]) == (7, "tasks.md:3", "shop", TEXTS[0])
    assert made["stack"] == {"auth": ["JWT"]}
    assert made["answer"] == predictor.predict(TEXTS[0], {"auth": ["JWT"]}).to_dict()
    assert made["doubt"] == round(found.doubt, 4)
