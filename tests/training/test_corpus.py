from __future__ import annotations

import json

import pytest

from escalation.errors import CorpusError
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS

LINES = SMALL_CORPUS.read_text(encoding="utf-8").splitlines()
TASK = {"id": "a", "text": "Draw", "escalate": [], "collaborate": [], "core": True}


def read(tmp_path, *lines):
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return read_corpus(path)


def test_tasks_targets_and_groups(small_rulebook):
    corpus = read_corpus(SMALL_CORPUS)
    assert len(corpus) == len(LINES) == 48
    assert corpus.tasks["group"].nunique() == 6
    targets = corpus.targets(small_rulebook, small_rulebook.labels)
    assert targets.shape == (48, len(small_rulebook.labels))
    translated = small_rulebook.labels.index("escalate:translation")
    # Members of a group and the open group are one label.
    assert targets[:, translated].sum() == sum(
        "translat" in json.loads(line)["escalate"][:1].__str__() for line in LINES
    )


def test_the_group_is_the_project_or_the_repository_or_the_task(tmp_path):
    corpus = read(
        tmp_path,
        TASK | {"project": "p"},
        TASK | {"id": "b", "source": "owner/name@abc:tasks.md#1"},
        "",
        TASK | {"id": "c"},
    )
    assert corpus.tasks["group"].tolist() == ["p", "owner/name", "c"]
    assert corpus.tasks["line"].tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "has no task"),
        (["", " "], "has no task"),
        ([TASK, json.dumps(TASK)[:-9]], "line 2: is not JSON .*is the file cut"),
        (["[]"], "line 1: is list, not an object"),
        ([{"id": "a"}], "line 1: lacks the key 'text'"),
        ([TASK | {"id": True}], "the key 'id' is True"),
        (["[" * 100_000], "nested too deeply"),
        ([TASK | {"core": "yes"}], "the key 'core' is 'yes'"),
        ([TASK | {"escalate": "x"}], "the key 'escalate' is 'x'"),
        ([TASK | {"escalate": [3]}], "holds something else than modes"),
        ([TASK | {"text": " "}], "line 1: the task is empty"),
        ([TASK | {"stack": []}], "the Stack Profile is list"),
        ([TASK, TASK], "line 2: the id 'a' stands twice"),
        ([TASK | {"id": n, "core": 0} for n in "abcdefgh"], "and 3 more"),
    ],
)
def test_a_bad_corpus_is_refused_with_the_line(tmp_path, lines, message):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, *lines)


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_corpus(tmp_path / "none.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(CorpusError, match="is not UTF-8"):
        read_corpus(tmp_path / "binary.jsonl")
