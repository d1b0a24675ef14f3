from __future__ import annotations

import json
from contextlib import nullcontext

import msgspec
import pytest
from msgspec.structs import replace

from escalation.errors import InputError
from escalation.evaluation.figures import EvidenceFigures, Interval, SubsetFigures
from escalation.model import read_model
from escalation.report.card import check_figures, read_figures, write_card
from escalation.training.behaviour import Minimum
from helpers import SMALL_CORPUS, SMALL_RULEBOOK, refused
from report_contents import put


@pytest.fixture(scope="module")
def figures(small_rulebook, small_model_path, tmp_path_factory):
    """The figures of a cross-validation, and of tasks that the model has not seen, as files."""
    from escalation.evaluation import run_engines, score
    from escalation.training.corpus import read_corpus

    directory = tmp_path_factory.mktemp("figures")
    rows = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]
    others = [row | {"id": f"other-{row['id']}", "text": f"{row['text']} please"} for row in rows]
    unseen = directory / "unseen.jsonl"
    unseen.write_text("".join(f"{json.dumps(row)}\n" for row in others), encoding="utf-8")
    own = read_model(small_model_path, small_rulebook)
    for name, corpus, model in (("figures", SMALL_CORPUS, None), ("unseen", unseen, own)):
        run = run_engines(read_corpus(corpus), small_rulebook, ["hybrid", "model", "rules"], model)
        (directory / f"{name}.json").write_bytes(msgspec.json.encode(score(run, own)))
    return directory


@pytest.fixture
def changed(figures, tmp_path):
    """Return a function that writes figures with one entry changed, and returns the path."""

    def change(name, place, value):
        data = json.loads((figures / f"{name}.json").read_text(encoding="utf-8"))
        put(data, place, value)
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return path

    return change


@pytest.fixture
def own(small_model_path):
    return ["--model", small_model_path, "--corpus", SMALL_CORPUS, "--rulebook", SMALL_RULEBOOK]


@pytest.fixture
def facts(small_model_path, small_rulebook, figures):
    return read_model(small_model_path, small_rulebook), small_rulebook, read_figures(figures / "figures.json")


@pytest.mark.slow
def test_the_card_of_your_own_model(run, figures, own, tmp_path):
    options = [figures / "figures.json", "--unseen", figures / "unseen.json", *own]
    done = run("card", *options, "--out", tmp_path / "CARD.md")
    assert done.returncode == 0, done.stderr
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    headings = [line[3:] for line in card.splitlines() if line.startswith("## ")]
    assert headings == ["Use", "Data", "Method", "Figures", "Limits", "Train it again"]
    assert "`tech-writer`" in card
    assert f"escalation train --corpus {SMALL_CORPUS} --rulebook {SMALL_RULEBOOK} --out" in card
    for name in ("figures", "unseen"):
        hybrid = read_figures(figures / f"{name}.json").engines["hybrid"]
        micro, row = hybrid.averages["micro_f1"], hybrid.labels["escalate:illustrator"]
        assert f"| {micro.value:.3f} [{micro.low:.3f}, {micro.high:.3f}] |" in card
        assert f"| {row.support} | {row.precision:.3f} | {row.recall:.3f} | {row.f1:.3f} |" in card
    assert "cross-validation: hybrid | model | rules | unseen tasks: hybrid | model | rules |" in card
    assert "the rules decide alone: `escalate:illustrator`" in card
    assert "FastAPI" not in card
    assert run("card", *options).stdout.decode().replace("\r\n", "\n") == card


def test_outdated_figures_are_an_error(run, changed, own):
    refused(run("card", changed("figures", "hashes/rulebook", "0" * 64), *own), 2, "measured with another rulebook")


@pytest.mark.parametrize(
    ("name", "place", "value", "words"),
    [
        ("figures", "hashes/model", "0" * 64, "measured with another model"),
        ("figures", "hashes/corpus", "0" * 64, "measured with another corpus"),
        ("unseen", "hashes/model", "0" * 64, "measured with another model"),
        ("unseen", "method", "cross-validation", "is not an evaluation of the model itself"),
        ("unseen", "overlap", ["a", "b"], "the model was trained on 2 of these tasks"),
        ("figures", "method", "unseen", "is not a cross-validation of the model's own corpus"),
        ("figures", "engines", {}, "has no figures of the engine hybrid"),
    ],
)
def test_figures_that_do_not_fit_are_an_error(figures, changed, name, place, value, words):
    expected = read_figures(figures / "figures.json").hashes
    for path, fits in ((figures / f"{name}.json", True), (changed(name, place, value), False)):
        with nullcontext() if fits else pytest.raises(InputError, match=f"{name}.json: .*{words}"):
            check_figures(path, read_figures(path), expected, unseen=name == "unseen")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not JSON"),
        ("[]", "is not a file of figures"),
        ("{}", "`format`"),
        ('{"format": 1}', "has format 1"),
        ('{"format": "2"}', r"at `\$\.format`"),
        ("[" * 100_000, "nested"),
        ("\xff", "is not UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_a_file_without_figures_is_an_error(tmp_path, content, words):
    path = tmp_path / "figures.json"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=rf"figures\.json: .*{words}"):
        read_figures(path)


@pytest.mark.parametrize(("place", "value"), [("corpus/path", None), ("method", "guessed")])
def test_an_error_in_the_figures_is_located(changed, place, value):
    with pytest.raises(InputError, match=rf"at `\$\.{place.replace('/', '.')}`"):
        read_figures(changed("figures", place, value))


def test_a_card_has_the_figures_by_genre_and_of_the_evidence_if_there_are_any(facts):
    card = write_card(*facts)
    assert "by genre" not in card
    assert "Evidence:" not in card
    some = Interval(0.5, 0.4, 0.6)
    figures = replace(
        facts[-1],
        genres={"plain needs": SubsetFigures(1200, 7, some, some, Interval(None, None, None), some)},
        evidence={"hybrid": EvidenceFigures(40, 30, some, 35, some)},
    )
    card = write_card(*facts[:-1], figures)
    cell = "0.500 [0.400, 0.600]"
    titles = "micro-F1 | escalate F1 | collaborate F1 | own work wrong"
    assert (
        f"\n\n| genre, cross-validation | tasks | projects | {titles} |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        f"| plain needs | 1,200 | 7 | {cell} | {cell} | - | {cell} |\n\n"
    ) in card
    assert f"\n| hybrid | 40 | 30 | {cell} | 35 | {cell} |\n" in card


def test_known_failures_are_listed_with_their_counts(facts):
    cases = [Minimum(str(number), "Draw", known="hands are hard" if number else None) for number in range(3)]
    card = write_card(*facts, cases=cases)
    assert "Of 3 behaviour cases, these are known to fail" in card
    assert "- hands are hard (2)" in card
    assert "## Known failures" not in write_card(*facts)


def test_a_card_without_unseen_tasks_and_with_your_own_prose(facts, tmp_path):
    own = tmp_path / "own.md.jinja"
    own.write_text(
        '{% extends "card.md.jinja" %}{% block use %}\nFor {{ rulebook.home }} alone.\n{% endblock %}\n'
        "{% block figures %}\n{{ self.averages_table() }}{% endblock %}\n"
    )
    card = write_card(*facts, template=own)
    assert "nseen tasks" not in card
    assert "\n\n|  | cross-validation: hybrid | model | rules |\n" in card
    assert "| label |" not in card
    assert "For tech-writer alone." in card
    assert "advises the mode" not in card
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
def test_a_template_that_cannot_be_rendered_is_an_error(facts, tmp_path, prose, words):
    own = tmp_path / "own.md.jinja"
    if prose is not None:
        own.write_text(prose)
    with pytest.raises(InputError, match=words) as error:
        write_card(*facts, template=own)
    assert "own.md.jinja" in str(error.value)
