from __future__ import annotations

import json

import pytest

from escalation.errors import CorpusError
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS

TASK = {"id": "a", "text": "Draw", "escalate": [], "collaborate": [], "core": True}


def read(tmp_path, *lines):
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return read_corpus(path)


def test_a_mode_of_a_group_counts_as_the_group(small_rulebook):
    corpus = read_corpus(SMALL_CORPUS)
    targets = corpus.targets(small_rulebook, small_rulebook.labels)
    assert targets.shape == (len(corpus), len(small_rulebook.labels)) == (48, 5)
    translated = [any(mode.startswith("translat") for mode in task.escalate) for task in corpus.rows()]
    assert targets[:, small_rulebook.labels.index("escalate:translation")].tolist() == translated


def test_the_group_is_the_project_or_the_repository_or_the_task(tmp_path):
    lines = [{"project": "p"}, {"id": 2, "source": "owner/name@abc:tasks.md#1"}, "", {"id": "c", "free": None}]
    corpus = read(tmp_path, *(line and TASK | line for line in lines))
    rows = [(task.id, task.group, task.line) for task in corpus.rows()]
    assert rows == [("a", "p", 1), ("2", "owner/name", 2), ("c", "c", 4)]


def test_genre_and_evidence_are_kept(tmp_path):
    evidence = {"core": ["Draw"], "illustrator": ["Dr", "aw"]}
    nothing = TASK | {"id": "c", "genre": None, "evidence": None}
    corpus = read(tmp_path, TASK, nothing, TASK | {"id": "b", "genre": "needs", "evidence": evidence})
    *others, with_both = corpus.rows()
    assert [(other.genre, other.evidence) for other in others] == [("", None)] * 2
    assert (with_both.genre, with_both.evidence) == ("needs", {"core": ("Draw",), "illustrator": ("Dr", "aw")})


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "there are no tasks in it"),
        (["", " "], "there are no tasks in it"),
        ([TASK, json.dumps(TASK)[:-9]], "line 2: is not JSON .*is the file cut off"),
        (["[]"], "line 1: it must be a mapping, not a list"),
        ([{"id": "a"}], "line 1: text is missing"),
        ([TASK | {"id": True}], "line 1: id must be a whole number or text, not true or false"),
        (["[" * 100_000], "nested more than 64 levels deep"),
        ([TASK | {"core": "yes"}], "core must be true or false, not text"),
        ([TASK | {"escalate": ["x", 3]}], r"escalate\[1\] must be text, not a whole number"),
        ([TASK | {"text": " "}], "line 1: the task is empty"),
        ([TASK | {"stack": []}], "line 1: the Stack Profile is list"),
        ([TASK | {"evidence": ["Draw"]}], "evidence must be a mapping or null, not a list"),
        ([TASK | {"evidence": {"core": "Draw"}}], "line 1: evidence of 'core': it must be a list, not text"),
        ([TASK | {"evidence": {"core": []}}], "evidence of 'core': it is empty"),
        ([TASK | {"evidence": {"core": ["Draw", ""]}}], r"evidence of 'core': \[1\] is empty"),
        ([TASK, TASK], "line 2: the id 'a' is used twice"),
        ([TASK | {"id": n, "core": 0} for n in "abcdefgh"], "line 1: .*line 5: .*; correct the value; and 3 more"),
    ],
)
def test_an_invalid_corpus_is_an_error_that_names_the_lines(tmp_path, lines, message):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, *lines)


def test_a_file_that_is_missing_or_not_text_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_corpus(tmp_path / "none.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(CorpusError, match="is not UTF-8"):
        read_corpus(tmp_path / "binary.jsonl")
