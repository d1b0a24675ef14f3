from __future__ import annotations

import tomllib

import pytest

from escalation.errors import CorpusError
from escalation.model.vocabulary import Lexicon
from escalation.model.wordings import Wordings, read_wordings
from escalation.task.text import words_of
from escalation.training.corpus import read_corpus
from helpers import DATA, ROOT

PAIRS = tomllib.loads((DATA / "wording-pairs.toml").read_text(encoding="utf-8"))
SHIPPED = read_wordings(ROOT / "data" / "wordings.toml")


@pytest.fixture(scope="module")
def shipped():
    return Lexicon.build((), SHIPPED)


def found(lexicon, text, title=0):
    return [lexicon.features[number] for number in lexicon.find(words_of(text), title).wordings]


def test_every_list_has_its_pair():
    assert set(PAIRS) == set(SHIPPED.names)


@pytest.mark.parametrize("name", PAIRS)
def test_a_list_is_found_where_it_must_and_nowhere_else(shipped, name):
    assert name in found(shipped, PAIRS[name]["fires"])
    assert name not in found(shipped, PAIRS[name]["silent"])


def read(tmp_path, text):
    (tmp_path / "wordings.toml").write_text(text, encoding="utf-8")
    return read_wordings(tmp_path / "wordings.toml")


def lexicon(tmp_path, text):
    return Lexicon.build((), read(tmp_path, text))


def test_phrases_of_one_to_three_words_are_found(tmp_path):
    wordings = lexicon(
        tmp_path, 'a = ["one", "one two", "two three four", "2fa|3fa", "100 rows"]\nb = ["three four five?"]'
    )
    assert found(wordings, "one") == ["a"]
    assert found(wordings, "two three") == []
    assert found(wordings, "x two three four five") == ["a", "b"]
    assert found(wordings, "Use 3FA.") == ["a"]
    assert found(wordings, "for 250 rows") == ["a"], "numbers are alike, as they are in n-grams"


def test_the_first_clause_counts_once_more(tmp_path):
    wordings = lexicon(tmp_path, 'a = ["one", "two three four"]')
    assert found(wordings, "one x", title=2) == ["a", "a@title"]
    assert found(wordings, "x one", title=1) == ["a"]
    assert found(wordings, "two three four", title=1) == ["a", "a@title"]


def test_what_stands_beside_a_corpus_is_read_with_it(tmp_path):
    line = '{"id": "1", "text": "x", "escalate": [], "collaborate": [], "core": true}\n'
    (tmp_path / "corpus.jsonl").write_text(line)
    assert read_corpus(tmp_path / "corpus.jsonl").wordings == Wordings()
    (tmp_path / "wordings.toml").write_text('a = ["one"]')
    assert read_corpus(tmp_path / "corpus.jsonl").wordings.names == ("a",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = [", "is no TOML"),
        ("a = " + "[" * 100_000, "is no TOML"),
        ('a = "one"', "a is no list of phrases"),
        ("a = [1]", "a has 1; a wording has one to 3 words"),
        ('a = ["one ~ two"]', "no gap"),
        ('a = ["wor*"]', r"no \*"),
        ('a = ["one* two"]', r"no \*"),
        ('a = ["one two three four"]', "one to 3 words"),
        ('a = ["one||two"]', "does not compile"),
    ],
)
def test_wrong_wordings_are_refused(tmp_path, text, message):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, text)
