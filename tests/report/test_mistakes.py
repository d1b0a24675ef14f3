from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation import load_rulebook
from escalation.evaluation.run import Answers, Fold, Run, answer_columns
from escalation.report.mistakes import KINDS, mistakes
from escalation.training.corpus import read_corpus
from escalation.training.fit import prepare
from helpers import SMALL_CORPUS, SMALL_RULEBOOK

BOOK = load_rulebook(SMALL_RULEBOOK)
COLUMNS = answer_columns(BOOK)
CORPUS = read_corpus(SMALL_CORPUS)
DATA = prepare(CORPUS, BOOK)
DRAW, DRAW_WITH, LAW = "escalate:illustrator", "collaborate:illustrator", "escalate:legal-reviewer"
OPEN, GERMAN, FRENCH = "escalate:translation", "escalate:translator-de", "escalate:translator-fr"


def run_of(*pairs, probabilities=(), threshold=0.5):
    """A run with one task for each pair of right and answered labels."""
    rows = np.arange(len(pairs))
    given = np.array([[label in answer for label in COLUMNS] for _, answer in pairs], np.int8)
    believed = np.full((len(pairs), len(BOOK.labels)), np.nan)
    for row, values in enumerate(probabilities):
        for label, value in values.items():
            believed[row, BOOK.labels.index(label)] = value
    thresholds = np.where(np.isnan(believed), np.nan, threshold)
    parts = np.full(len(pairs), None)
    fold = Fold(rows[:0], rows, None, {"model": Answers(given, believed, thresholds, parts, np.zeros(len(pairs)))})
    run = Run(CORPUS, DATA.rows(rows), ("model",), "unseen", None, [fold], [])
    run.__dict__["targets"] = np.array([[label in right for label in COLUMNS] for right, _ in pairs], np.int8)
    return run


def kinds_of(right, answer):
    return sorted((mistake.kind, mistake.label) for mistake in mistakes(run_of((right, answer))))


@pytest.mark.parametrize(
    ("right", "answer", "expected"),
    [
        ({DRAW}, {DRAW}, []),
        ({DRAW}, set(), [("missed", DRAW)]),
        ({DRAW, LAW}, set(), [("missed", DRAW), ("missed", LAW)]),
        ({DRAW, LAW}, {DRAW}, [("lost", LAW)]),
        ({DRAW}, {DRAW_WITH}, [("under_escalated", DRAW_WITH)]),
        ({DRAW_WITH}, {DRAW}, [("over_escalated", DRAW)]),
        ({GERMAN}, {OPEN}, [("member", OPEN)]),
        ({OPEN}, {FRENCH}, [("member", FRENCH)]),
        ({GERMAN}, {FRENCH}, [("member", FRENCH)]),
        ({GERMAN, FRENCH}, {FRENCH}, [("member", GERMAN)]),
        ({FRENCH, LAW}, {FRENCH, OPEN, LAW}, [("member", OPEN)]),
        (set(), {LAW}, [("false_alarm", LAW)]),
        ({DRAW}, {DRAW, LAW}, [("extra", LAW)]),
        ({DRAW}, {LAW}, [("extra", LAW), ("missed", DRAW)]),
        ({"core"}, set(), [("core", "core")]),
        ({DRAW}, {DRAW, "core"}, [("core", "core")]),
    ],
)
def test_the_kind_follows_from_what_is_right_and_what_was_answered(right, answer, expected):
    assert kinds_of(right, answer) == expected


label_sets = st.sets(st.sampled_from(COLUMNS))


@settings(max_examples=200, deadline=None)
@given(label_sets, label_sets)
def test_every_wrong_answer_has_a_mistake_and_every_mistake_is_wrong(right, answer):
    found = mistakes(run_of((right, answer)))
    assert bool(found) == (right != answer)
    for mistake in found:
        assert mistake.kind in KINDS
        assert (mistake.label in answer - right) if mistake.predicted else (mistake.label in right - answer)


def test_the_most_confident_mistakes_come_first_and_those_without_a_probability_last():
    run = run_of(
        (set(), {LAW}),
        ({DRAW}, set()),
        (set(), {LAW}),
        ({DRAW}, set()),
        probabilities=[{LAW: 0.6}, {DRAW: 0.01}, {}, {DRAW: 0.3}],
    )
    assert [mistake.row for mistake in mistakes(run)] == [1, 3, 0, 2]
    assert [mistake.sureness for mistake in mistakes(run)] == pytest.approx([0.98, 0.4, 0.2, -1])


def test_a_mode_has_the_probability_of_its_group():
    (mistake,) = mistakes(run_of(({GERMAN}, {FRENCH}), probabilities=[{OPEN: 0.75}]))
    assert mistake.sureness == pytest.approx(0.5)
