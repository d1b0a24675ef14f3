from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.errors import InputError
from escalation.task.pieces import Piece, Pieces
from escalation.task.text import MAX_CHARACTERS, check_text, fold, words_of
from escalation.task.text import read as read_asked
from helpers import lines_executed

VERBS = frozenset({"add", "write", "build"})


def read(text, verbs=frozenset()):
    return read_asked(Pieces(text, text, [Piece(0, len(text), "sentence", "asked", "")], None), verbs)


def clauses(text):
    reading = read(text, VERBS)
    return [text[slice(*reading.span(first, last - 1))] for first, last in reading.clauses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Split the table, then build the image", ["Split the table", "then build the image"]),
        ("Add a route and write the Dockerfile", ["Add a route", "and write the Dockerfile"]),
        ("Docs, tests, build", ["Docs, tests", "build"]),
        ("salt and pepper", ["salt and pepper"]),
        ("Title. Next.js page", ["Title", "Next.js page"]),
        ("- one\n- two * three", ["one", "two", "three"]),
        ("the api but not the page", ["the api", "but not the page"]),
        ("see config.py:12", ["see config.py:12"]),
        ("Split the **users** table", ["Split the **users** table"]),
        ("Refactor `users` and  write it", ["Refactor `users", "and  write it"]),
        ("out of scope (old) but write it", ["out of scope (old", "but write it"]),
        ("fix it, and then build it", ["fix it", "and then build it"]),
    ],
)
def test_clauses_end_where_a_new_piece_of_work_begins(text, expected):
    assert clauses(text) == expected


def test_words_are_folded_and_keep_offsets_into_the_original():
    text = "Ｆastapi İstanbul ﬁx C++"
    reading = read(text)
    assert reading.words[0] == "fastapi"
    assert reading.words[2:] == ["fix", "c++"]
    assert [text[s:e] for s, e in reading.spans] == ["Ｆastapi", "İstanbul", "ﬁx", "C++"]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    reading = read(text, VERBS)
    assert reading.words == words_of(text)
    assert sum(last - first for first, last in reading.clauses) == len(reading.words)
    assert [fold(text[s:e]) for s, e in reading.spans] == reading.words
    assert [reading.clause_of()[first] for first, _ in reading.clauses] == list(range(len(reading.clauses)))


@given(
    st.lists(st.sampled_from([*"ab ,.!?;:-*\n\t_/+#", ". ", " - ", "and ", "then", "write ", "c++", "(1)"])).map(
        "".join
    )
)
def test_ascii_is_read_as_everything_else_is(text):
    plain, other = read(text, VERBS), read(f"{text} é", VERBS)
    assert [*plain.words, "é"] == other.words
    last = len(plain.words)
    begins = [first for first, _ in other.clauses if first < last]
    assert begins == [first for first, _ in plain.clauses]


@pytest.mark.parametrize(
    "unit", [" ", "a", "and ", ", ", ".", "- ", "\n", "\u0301", "then but ", "a+", "+", "-\t", "é- "]
)
def test_reading_is_linear_in_the_length(unit):
    def work(characters):
        text = (unit * (characters // len(unit) + 1))[:characters]
        return lines_executed(lambda: read(text, VERBS))

    assert work(20_000) < 11 * work(2_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("a\0b", "NUL character at offset 1"),
        ("x \ud800 y", "lone surrogate at offset 2"),
        ("a" * (MAX_CHARACTERS + 1), "characters"),
        (None, "NoneType"),
        (b"bytes", "bytes"),
        (["list"], "list"),
    ],
)
def test_an_invalid_text_is_rejected_with_the_reason(text, message):
    with pytest.raises(InputError, match=message):
        check_text(text)


def test_only_what_is_asked_is_read():
    text = "not this, add a route, not that, then write the test"
    pieces = [
        Piece(0, 8, "clause", "excluded", "not"),
        Piece(10, 21, "clause", "asked", ""),
        Piece(23, 31, "clause", "circumstance", "not"),
        Piece(33, len(text), "item", "asked", ""),
    ]
    reading = read_asked(Pieces(text, text, pieces, None), VERBS)
    assert reading.words == ["add", "a", "route", "then", "write", "the", "test"]
    assert [text[start:end] for start, end in reading.spans] == reading.words
    assert [(ask.first, ask.last, ask.begins_work) for ask in reading.asks] == [(0, 3, True), (3, 7, True)]
    assert reading.works == 2
    assert not reading.apart, "a clause and a list item"
