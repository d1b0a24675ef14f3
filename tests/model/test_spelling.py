from __future__ import annotations

import pytest

from escalation import Predictor
from escalation.model.spelling import Spelling


@pytest.fixture(scope="module")
def spelling(rulebook):
    return Spelling({"works", "entry", "shared", "insert", "wirte"}, rulebook)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("dokerfile", "dockerfile"),  # a letter is missing
        ("dockerrfile", "dockerfile"),  # one too many
        ("dockefrile", "dockerfile"),  # neighbours swapped
        ("dockerfale", "dockerfile"),  # replaced
        ("dockerfil", "dockerfile"),
        ("compse", "compose"),
        # Known words mean themselves, however close they are to others.
        ("works", "works"),
        ("entry", "entry"),
        ("shared", "shared"),
        # Different words, mostly.
        ("invert", "invert"),
        ("simplex", "simplex"),
        ("cockerfile", "cockerfile"),
        # Two edits, no long word near, or no word.
        ("dokerfle", "dokerfle"),
        ("ngnx", "ngnx"),
        ("1234567", "1234567"),
    ],
)
def test_one_edit_from_one_long_word_counts_as_that_word(spelling, word, meant):
    words = ["the", word]
    spelling.correct(words)
    assert words == ["the", meant]


def test_words_of_corpus_and_rulebook_and_numbers_are_known(spelling):
    assert spelling.unknown(["works", "dockerfile", "instruments", "404", "zxqv"]) == {"zxqv"}


def test_rules_and_model_read_the_word_that_is_meant_and_show_the_one_written(rulebook, partial_model):
    text = "Wirte the Dokerfile and the docker-compse file for the API."
    assert Predictor(rulebook).predict("Write the Dokerfile").escalate == ()  # without a model no word is unknown
    (entry,) = Predictor(rulebook, partial_model).predict(text).escalate
    assert entry.mode == "docker-compose-specialist"
    quoted = [reason for reason in entry.reasons if reason.start is not None]
    assert "Dokerfile" in {reason.text for reason in quoted}
    assert all(text[reason.start : reason.end] == reason.text for reason in quoted)
