from __future__ import annotations

import pytest

from escalation.rules.phrases import PhraseError, PhraseFinder, compile_phrase
from escalation.task.text import read


def found(phrase, text):
    return [text[slice(*_span(hit, text))] for hit in PhraseFinder({"cue": [phrase]}).find(read(text))]


def _span(hit, text):
    reading = read(text)
    return reading.span(hit.first, hit.last - 1)


@pytest.mark.parametrize(
    ("phrase", "text", "hits"),
    [
        ("docker-compose.yml", "edit Docker-Compose.yml now", ["Docker-Compose.yml"]),
        ("add|create ~ table", "Create the new table", ["Create the new table"]),
        ("add|create ~ table", "create one two three four table", []),
        ("migrat*", "Migrating, migration; immigrate", ["Migrating", "migration"]),
        ("the? page", "open the page", ["the page", "page"]),
        ("slow query", "a slow. Query it", []),
        ("c++", "port it to C++", ["C++"]),
        ("row level security", "row-level security", ["row-level security"]),
    ],
)
def test_phrases_match_whole_words_within_a_clause(phrase, text, hits):
    assert found(phrase, text) == hits


@pytest.mark.parametrize("phrase", ["", "~ table", "table ~", "a ~ b ~ c ~ d", "??", "a*b", "*", "the? a?", "x " * 9])
def test_a_phrase_that_does_not_compile_is_refused(phrase):
    with pytest.raises(PhraseError):
        compile_phrase(phrase)


def test_too_many_variants_are_refused():
    with pytest.raises(PhraseError, match="variants"):
        compile_phrase(" ".join(["a|b|c|d"] * 5))
