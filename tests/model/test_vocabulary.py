from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.model.features import ngrams
from escalation.model.vocabulary import NONE, Lexicon
from escalation.model.wordings import Wordings

WORDS = ["a", "b", "c", "1", "22", "x" * 41, "x" * 50]
GRAMS = ["a", "c", "0", "a b", "b a", "0 c", "x" * 40]
PHRASES = {"b": (0,), "a b": (1,), "a b c": (0, 2), "b c 0": (1,), "c c c": (2,), "c a": (1, 2)}
LEXICON = Lexicon.build(GRAMS, Wordings(("one", "two", "three"), PHRASES))


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.integers(0, 5))
def test_everything_is_found_that_stands_there(words, title):
    found = LEXICON.find(words, title)
    rows = {gram: row for row, gram in enumerate(LEXICON.gram_texts())}
    grams = ngrams(words)
    assert found.rows == [rows.get(gram, NONE) for gram in grams]
    texts = [(first, " ".join(grams[first : first + length])) for length in (1, 2, 3) for first in range(len(words))]
    wordings = {
        number for first, text in texts for number in PHRASES.get(text, ()) if first + len(text.split()) <= len(words)
    }
    opening = {
        number + 3
        for first, text in texts
        for number in PHRASES.get(text, ())
        if first < title and first + len(text.split()) <= len(words)
    }
    assert found.wordings == sorted(wordings | opening)


def test_the_grams_keep_no_order_but_are_all_there():
    assert sorted(LEXICON.gram_texts()) == sorted(GRAMS)
    assert LEXICON.grams == len(GRAMS)


def test_an_empty_lexicon_finds_nothing():
    empty = Lexicon.build((), Wordings())
    assert empty.find([], 0).rows == []
    assert empty.find(["a", "b"], 2) == ([NONE] * 3, [])


@pytest.mark.parametrize(
    "change",
    [
        {"pairs": LEXICON.arrays["pairs"][::-1]},
        {"pairs": LEXICON.arrays["pairs"] + 100},
        {"word_grams": LEXICON.arrays["word_grams"][1:]},
        {"word_grams": LEXICON.arrays["word_grams"].astype(int)},
        {"pair_lists": LEXICON.arrays["pair_lists"] + 100},
        {"triples": LEXICON.arrays["triples"][:, :2]},
        {"triple_lists": np.zeros(0, int)},
    ],
)
def test_parts_that_do_not_fit_are_refused(change):
    with pytest.raises(ValueError, match=r"order|about|there are not"):
        Lexicon(LEXICON.words, LEXICON.arrays | change, LEXICON.lists, LEXICON.names)
