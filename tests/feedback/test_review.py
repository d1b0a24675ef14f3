from __future__ import annotations

import pytest

from escalation.feedback.queue import logged_sources, queue
from escalation.feedback.records import Labels
from escalation.feedback.review import Review, fill
from escalation.task.task import Task

TEXTS = ["Write the Dockerfile", "Rework the login page and its token handling", "Speed up the slow report query"]


@pytest.fixture
def begin(store, predictor):
    """Begin a review of the tasks that wait."""

    def begin_review():
        return Review(queue(logged_sources(store, predictor.rulebook.home), predictor), store, predictor, "Ann")

    assert fill(store, map(Task.of, TEXTS), predictor, "shop") == 3
    return begin_review


def test_accepting_confirms_or_changes_an_answer(begin, store):
    session = begin()
    session.accept()
    session.toggle("cicd-specialist")
    session.accept()
    session.skip()
    assert session.now is None
    assert session.counts == (1, 1, 1)
    one, other = store.corrections()
    assert (one.by, one.author, one.project) == ("person", "Ann", "shop")
    assert one.right == one.given
    assert set(other.right.escalate) - set(other.given.escalate) == {"cicd-specialist"}
    assert store.logged(waiting=True) == []


def test_a_review_goes_on_where_it_ended(begin, store):
    first = begin()
    asked = [first.now.source.task.text]
    first.accept()
    asked.append(first.now.source.task.text)
    first.skip()
    again = begin()
    assert [each.source.task.text for each in again.queue] == [text for text in TEXTS if text not in asked]


def test_going_back_replaces_what_was_kept(begin, store):
    session = begin()
    assert not session.back()
    before = session.labels
    session.accept()
    assert session.back()
    assert session.labels == before
    session.accept()
    assert len(store.corrections()) == 1
    session.back()
    session.labels = Labels((), (), True)
    session.accept()
    (kept,) = store.corrections()
    assert kept.right == Labels((), (), True)
    session.back()
    assert session.labels == kept.right
    session.skip()
    assert store.corrections() == []
    assert session.counts == (0, 0, 1)


def test_a_key_moves_a_mode_on(begin, predictor):
    session = begin()
    session.labels = Labels()
    seen = []
    for _ in range(3):
        session.toggle("security-specialist")
        seen.append((session.labels.escalate, session.labels.collaborate))
    assert seen == [(("security-specialist",), ()), ((), ("security-specialist",)), ((), ())]
    only = next(mode.slug for mode in predictor.rulebook.modes.values() if len(mode.dispositions) == 1)
    session.toggle(only)
    assert only in session.labels.escalate + session.labels.collaborate
    session.toggle(only)
    assert session.labels == Labels()


def test_the_modes_that_are_offered_begin_with_those_answered(begin, predictor):
    session = begin()
    given = Labels.of(session.now.answer)
    offered = session.modes()
    assert offered[: len(given.escalate)] == list(given.escalate)
    assert len(offered) == len(set(offered)) == 9
    assert set(offered) <= {*predictor.rulebook.modes, *predictor.rulebook.groups}


def test_filling_again_brings_nothing_back(begin, store, predictor):
    session = begin()
    session.accept()
    session.skip()
    fill(store, map(Task.of, TEXTS), predictor, "shop")
    assert len(store.logged(waiting=True)) == 1
