from __future__ import annotations

import json

import pytest

from escalation.errors import InputError
from escalation.model import read_model
from escalation.report.card_figures import Figures, moved, read_figures, stale
from escalation.report.card_markdown import table
from escalation.report.card_writing import write_card
from escalation.training.behaviour import Minimum
from helpers import SMALL_CORPUS, SMALL_RULEBOOK


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    rows = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]
    path = tmp_path_factory.mktemp("unseen") / "unseen.jsonl"
    told = [row | {"id": f"secret-{row['id']}", "text": f"{row['text']} please"} for row in rows]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in told), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def figures_path(small_rulebook, small_model_path, unseen, tmp_path_factory):
    from escalation.report.card_measuring import measure
    from escalation.training.corpus import read_corpus

    path = tmp_path_factory.mktemp("figures") / "figures.json"
    model = read_model(small_model_path, small_rulebook)
    measured = measure(small_model_path, model, small_rulebook, read_corpus(SMALL_CORPUS), read_corpus(unseen))
    path.write_text(measured.to_json(), encoding="utf-8")
    return path


@pytest.fixture
def changed(figures_path, tmp_path):
    """Write figures that were measured otherwise in one place; gives the path."""

    def change(*place, to):
        figures = read_figures(figures_path)
        entry = {"hashes": figures.hashes, **figures.parts}
        for key in place[:-1]:
            entry = entry[key]
        entry[place[-1]] = to(entry[place[-1]]) if callable(to) else to
        path = tmp_path / "changed.json"
        path.write_text(figures.to_json(), encoding="utf-8")
        return path

    return change


@pytest.fixture
def own(small_model_path):
    return ["--model", small_model_path, "--corpus", SMALL_CORPUS, "--rulebook", SMALL_RULEBOOK]


def refused(done, code, *words):
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert "Traceback" not in message
    for word in words:
        assert word in message


# ------------------------------------------------------------------------------------------------ the figures


def test_figures_hold_no_text_and_no_id(figures_path, unseen):
    kept = figures_path.read_text(encoding="utf-8")
    for line in unseen.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert row["text"] not in kept
        assert row["id"] not in kept
    assert "secret" not in kept


def test_figures_are_those_of_an_evaluation(run, figures_path, unseen, own):
    done = run("evaluate", "--json", "--corpus", unseen, *own[:2], *own[4:])
    evaluated = json.loads(done.stdout)["engines"]
    kept = read_figures(figures_path).parts["unseen"]
    assert (kept["tasks"], kept["groups"]) == (48, 6)
    for engine, entry in evaluated.items():
        assert kept["engines"][engine]["averages"] == rounded(entry["averages"])
        assert kept["engines"][engine]["labels"] == rounded(entry["labels"])


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return round(value, 6) if isinstance(value, float) else value


def test_what_was_measured_holds(run, figures_path, own):
    done = run("figures", *own, "--check", figures_path)
    assert done.returncode == 0, done.stderr
    assert "holds within 0.005" in done.stdout.decode()


def test_a_figure_that_moved_is_named(run, changed, own, tmp_path):
    place = ("cross_validation", "engines", "rules", "averages", "micro_f1", "value")
    path = changed(*place, to=lambda value: value - 0.01)
    done = run("figures", *own, "--check", path)
    refused(done, 1, "1 figures moved", "escalation figures --out")
    assert "cross_validation rules micro_f1 value" in done.stdout.decode()
    assert run("figures", *own, "--check", path, "--tolerance", "0.02").returncode == 0


def test_moved_figures(figures_path, changed):
    kept = read_figures(figures_path)
    assert moved(kept, kept, 0.005) == []
    engine = ("cross_validation", "engines", "rules")
    near = read_figures(changed(*engine, "averages", "core_f1", "value", to=lambda value: value + 0.004))
    assert moved(kept, near, 0.005) == []
    gone = read_figures(changed(*engine, "averages", "core_f1", "low", to=None))
    assert [place for place, _, now in moved(kept, gone, 0.005) if now is None] == [
        "cross_validation rules core_f1 low"
    ]
    # Nine tasks have the label: two answers make 0.22 of its F1, three do not pass.
    label = (*engine, "labels", "escalate:translator-de", "f1")
    support = kept.parts["cross_validation"]["engines"]["rules"]["labels"]["escalate:translator-de"]["support"]
    assert moved(kept, read_figures(changed(*label, to=lambda value: value - 1.9 / support)), 0.005) == []
    assert len(moved(kept, read_figures(changed(*label, to=lambda value: value - 2.1 / support)), 0.005)) == 1


def test_only_parts_that_both_have_are_compared(figures_path):
    kept = read_figures(figures_path)
    less = Figures(kept.hashes, {"cross_validation": kept.parts["cross_validation"]}, kept.created_by)
    assert moved(kept, less, 0.005) == []


@pytest.mark.parametrize("name", ["model", "rulebook", "corpus"])
def test_stale_figures_are_noticed(run, figures_path, changed, own, name):
    path = changed("hashes", name, to="0" * 64)
    kept = read_figures(figures_path)
    assert stale(read_figures(path), kept.hashes) == [name]
    refused(run("card", path, *own), 2, f"measured with another {name}")


def test_another_corpus_is_refused(run, own, unseen):
    refused(run("figures", *own[:2], "--corpus", unseen, *own[4:]), 4, "was trained on another corpus")


def test_an_unseen_corpus_that_the_model_has_seen_is_refused(run, own):
    refused(run("figures", *own, "--unseen", SMALL_CORPUS), 4, "trained on 48 of these tasks")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', "[" * 100_000])
def test_what_holds_no_figures_is_refused(tmp_path, content):
    (tmp_path / "figures.json").write_text(content)
    with pytest.raises(InputError, match="holds no figures"):
        read_figures(tmp_path / "figures.json")


def test_figures_changed_by_hand_are_refused(figures_path, tmp_path):
    text = figures_path.read_text(encoding="utf-8")
    for old, new, words in ((" 48,", " 480,", "was changed"), ('"format": 1', '"format": 2', "has format 2")):
        (tmp_path / "figures.json").write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(InputError, match=words):
            read_figures(tmp_path / "figures.json")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_figures(tmp_path / "none.json")


# --------------------------------------------------------------------------------------------------- the card


def test_the_card_of_ones_own_model(run, figures_path, own, tmp_path):
    done = run("card", figures_path, *own, "--out", tmp_path / "CARD.md")
    assert done.returncode == 0, done.stderr
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    headings = [line for line in card.splitlines() if line.startswith("## ")]
    assert headings == [f"## {name}" for name in ("Use", "Data", "Method", "Figures", "Limits", "Make it again")]
    assert "`tech-writer`" in card
    assert f"escalation train --corpus {SMALL_CORPUS} --rulebook {SMALL_RULEBOOK} --out" in card
    figures = json.loads(figures_path.read_text(encoding="utf-8"))
    hybrid = figures["cross_validation"]["engines"]["hybrid"]
    interval = hybrid["averages"]["micro_f1"]
    assert f"| micro-F1 | {interval['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}] |" in card
    row = hybrid["labels"]["escalate:illustrator"]
    assert f"| `escalate:illustrator` | {row['support']} | {row['precision']:.3f} | {row['recall']:.3f}" in card
    assert "decided by the rules: `escalate:illustrator`" in card
    assert "FastAPI" not in card
    assert run("card", figures_path, *own).stdout.decode().replace("\r\n", "\n") == card


@pytest.fixture
def parts(small_model_path, small_rulebook, figures_path):
    return read_model(small_model_path, small_rulebook), small_rulebook, read_figures(figures_path)


def test_known_failures_are_told_with_their_counts(parts):
    cases = [Minimum(str(number), "Draw", known="hands are hard" if number else None) for number in range(3)]
    card = write_card(*parts, cases)
    assert "Of 3 behaviour cases these are known to fail" in card
    assert "- hands are hard (2)" in card
    assert "## Known failures" not in write_card(*parts)


def test_the_card_without_unseen_tasks(parts):
    model, rulebook, figures = parts
    alone = Figures(figures.hashes, {"cross_validation": figures.parts["cross_validation"]}, figures.created_by)
    assert "nseen tasks" in write_card(model, rulebook, figures)
    assert "nseen tasks" not in write_card(model, rulebook, alone)


def test_prose_of_ones_own(parts, tmp_path):
    own = tmp_path / "own.md.jinja"
    own.write_text('{% extends "card.md.jinja" %}{% block use %}\nFor {{ rulebook.home }} alone.\n{% endblock %}')
    card = write_card(*parts, template=own)
    assert "For tech-writer alone." in card
    assert "advise the mode" not in card
    assert "## Limits" in card


@pytest.mark.parametrize(
    ("prose", "words"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("\n{% if %}", "line 2"),
        ('{% extends "other" %}', "other"),
        ("{{ 1 / 0 }}", "division by zero"),
        (None, "cannot be read"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(parts, tmp_path, prose, words):
    own = tmp_path / "own.md.jinja"
    if prose is not None:
        own.write_text(prose)
    with pytest.raises(InputError, match=words) as refusal:
        write_card(*parts, template=own)
    assert "own.md.jinja" in str(refusal.value)


def test_tables_in_markdown():
    interval = {"value": 0.5, "low": 0.4, "high": 0.6}
    shown = table(["", "a"], [["x|y", 1234], ["z", None], ["i", interval], ["f", 0.25]])
    assert shown.splitlines() == [
        "|  | a |",
        "| --- | --- |",
        "| x\\|y | 1,234 |",
        "| z | - |",
        "| i | 0.500 [0.400, 0.600] |",
        "| f | 0.250 |",
    ]
