"""A correction is checked as a label of the corpus is, and replaces the whole answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from escalation import StackProfile
from escalation.errors import InputError
from escalation.feedback import Labels, Store, correct
from escalation.feedback.project import project_name
from escalation.feedback.rows import read_corrections, write_corpus

TASK = "Write the Dockerfile"


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "fixes.db") as opened:
        yield opened


@pytest.fixture
def fix(store, predictor):
    return lambda task=TASK, **parts: correct(task, store=store, predictor=predictor, **parts)


def test_parts_that_are_not_named_stay_as_answered(fix):
    first = fix(collaborate=["database-specialist"]).correction
    assert first.given == Labels(("docker-compose-specialist",), (), core=False)
    assert first.right == Labels(("docker-compose-specialist",), ("database-specialist",), core=False)
    second = fix(core=True).correction
    assert second.given == first.right
    assert second.right == Labels(first.right.escalate, first.right.collaborate, core=True)


def test_a_call_without_parts_confirms_the_answer(fix):
    kept = fix()
    assert kept.correction.right == kept.correction.given
    assert kept.contradicts == ()


def test_what_is_kept_says_where_it_is_from(fix, predictor):
    kept = fix(stack={"Frontend": ["React"]}, project="shop", by="agent", author="bot", weight=0.3).correction
    assert (kept.home, kept.project, kept.by, kept.author, kept.weight) == (
        "fastapi-developer",
        "shop",
        "agent",
        "bot",
        0.3,
    )
    assert kept.rulebook == predictor.rulebook.sha256
    assert kept.model == predictor.model.info.sha256
    assert kept.stack == {"frontend": ("React",)}
    assert abs((kept.when - datetime.now(UTC)).total_seconds()) < 60


def test_a_contradiction_is_reported_and_a_repetition_is_not(fix):
    fix(escalate=[])
    assert fix("write the  DOCKERFILE.", escalate=[]).contradicts == ()
    assert [each.id for each in fix(escalate=["database-specialist"]).contradicts] == [1, 2]
    assert fix(stack={"frontend": ["React"]}, escalate=["security-specialist"]).contradicts == ()


def test_modes_are_named_in_any_spelling(fix):
    right = fix(escalate=["Database_Specialist", "FRONTEND"], collaborate=["Security Specialist"], core=False)
    assert right.correction.right == Labels(("database-specialist", "frontend"), ("security-specialist",), core=False)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"escalate": ["databas-specialist"]}, "unknown mode 'databas-specialist'; did you mean 'database-specialist'"),
        ({"escalate": ["fastapi-developer"]}, "unknown mode 'fastapi-developer'"),
        ({"escalate": ["auth-provider"]}, "'auth-provider' does not take escalate"),
        ({"collaborate": ["docker-compose-specialist"]}, "in both lists"),
        ({"escalate": "database-specialist"}, "pass a list of modes"),
        ({"by": "nobody"}, "by must be person, agent or teacher"),
        ({"weight": 0}, "weight must be greater than 0"),
        ({"weight": float("nan")}, "weight must be greater than 0"),
        ({"project": "a\x1b[2J"}, "the project .* must be printable"),
        ({"author": "x" * 201}, "at most 200 characters"),
        ({"stack": 7}, "the Stack Profile is int"),
    ],
)
def test_what_the_rulebook_does_not_allow_is_not_kept(fix, store, parts, words):
    with pytest.raises(InputError, match=words):
        fix(**parts)
    assert store.corrections() == []


def rows_of(path, store, predictor, **options):
    return read_corrections(path, predictor, store, stack=StackProfile(), **options)


def test_the_form_of_the_corpus_goes_in_and_out(fix, store, predictor, tmp_path):
    from escalation.training.corpus import read_corpus

    fix(escalate=[], project="shop", author="Ann", stack={"frontend": ["React"]})
    fix("Zweite Aufgabe, with a\nline break", escalate=["frontend"], by="teacher", weight=0.4)
    path = tmp_path / "corpus.jsonl"
    assert write_corpus(store.corrections(), path) == 2
    tasks = list(read_corpus(path).rows())
    assert [(task.id, task.escalate, task.group) for task in tasks] == [
        ("correction-1", (), "shop"),
        ("correction-2", ("frontend",), "corrections"),
    ]
    with Store.open(tmp_path / "other.db") as other:
        other.add(rows_of(path, other, predictor, project="elsewhere"))
        copies = other.corrections()
    for copy, original in zip(copies, store.corrections(), strict=True):
        assert (copy.text, copy.right, copy.stack, copy.by, copy.author, copy.when, copy.weight) == (
            (
                original.text,
                original.right,
                original.stack,
                original.by,
                original.author,
                original.when,
                original.weight,
            )
        )
    assert [copy.project for copy in copies] == ["shop", "elsewhere"]


def test_corrections_from_csv(store, predictor, tmp_path):
    path = tmp_path / "fixes.csv"
    path.write_text(
        "\ufefftext,escalate,collaborate,core,stack,note\n"
        '"Write it,\nthen ship it","database-specialist, security-specialist",none,yes,frontend=react,x\n'
        'Fix it,,Frontend,FALSE,"{""frontend"": [""Vue""]}",\n',
        encoding="utf-8",
    )
    found = rows_of(path, store, predictor, author="Ann")
    assert [each.right for each in found] == [
        Labels(("database-specialist", "security-specialist"), (), core=True),
        Labels((), ("frontend",), core=False),
    ]
    assert [each.stack for each in found] == [{"frontend": ("react",)}, {"frontend": ("Vue",)}]
    assert found[0].text == "Write it,\nthen ship it"


GOOD = {"text": "Fix it", "escalate": [], "collaborate": [], "core": True}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("f.jsonl", "", "there are no corrections in it"),
        ("f.jsonl", "{", "line 2: is not JSON"),
        ("f.jsonl", json.dumps({"text": "x"}), "line 2: escalate is missing"),
        ("f.jsonl", json.dumps(GOOD | {"escalate": ["nobody"]}), "line 2: unknown mode 'nobody'"),
        ("f.jsonl", json.dumps(GOOD | {"text": " "}), "line 2: the task is empty"),
        ("f.jsonl", json.dumps(GOOD | {"by": "god"}), "line 2: by must be person"),
        ("f.jsonl", json.dumps(GOOD | {"when": "soon"}), "line 2: "),
        ("f.jsonl", "[]", "line 2: "),
        ("f.csv", "text,core\nx,true", "has no column 'escalate'"),
        ("f.csv", "text,escalate,collaborate,core\nx,,,maybe", "line 2: core is 'maybe'"),
        ("f.csv", "text,escalate,collaborate,core\nx,,", "line 2: has more or fewer fields"),
        ("f.csv", 'text,escalate,collaborate,core\nx,,,true\n"x,,,true', "line 3: is not CSV"),
        ("f.csv", "text,escalate,collaborate,core,stack\nx,,,true,react", "line 2: .*category"),
    ],
)
def test_wrong_rows_are_named(store, predictor, tmp_path, name, content, words):
    path = tmp_path / name
    first = f"{json.dumps(GOOD)}\n" if name.endswith("l") and content else ""
    path.write_text(first + content, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        rows_of(path, store, predictor)
    assert str(path) in str(caught.value)


def test_the_project_is_the_git_repository(tmp_path):
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    (tmp_path / "shop" / "src").mkdir()
    (tmp_path / "work" / "deep").mkdir(parents=True)
    (tmp_path / "work" / ".git").write_text(f"gitdir: {tmp_path}/shop/.git/worktrees/work\n")
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / ".git").write_text("gitdir: ../.git/modules/module\n")
    names = {name: project_name(tmp_path / name) for name in ("shop/src", "work/deep", "module", ".")}
    assert names == {"shop/src": "shop", "work/deep": "shop", "module": "module", ".": project_name(tmp_path.parent)}
