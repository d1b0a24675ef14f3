from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.errors import InputError
from escalation.report.charts import CHARTS
from escalation.report.page import LEVELS, Passage, check_report, page, passages, printable, write_report
from report_contents import LONG, full, hostile, put, rules_only

EMPTY = {"meta", "link", "br", "img"}


class Read(HTMLParser):
    """The elements of a page, each with its attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.open = [], "", []
        self.feed(html)
        assert self.open == []
        self.prose = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def values(self, key, tag=None):
        return [attributes[key] for found, attributes in self.elements if key in attributes and tag in (None, found)]


@cache
def reading(contents):
    return Read(page(contents()))


@pytest.fixture(scope="module")
def whole():
    return reading(full)


@pytest.mark.parametrize("contents", [full, rules_only, hostile])
def test_a_page_needs_nothing_else_and_its_links_lead_somewhere(contents):
    read = reading(contents)
    assert not {"script", "img"} & {tag for tag, _ in read.elements}
    assert not [key for _, attributes in read.elements for key in attributes if key.startswith("on")]
    assert all(address.startswith(("#", "data:,")) for address in [*read.values("href"), *read.values("src")])
    names = read.values("id")
    assert len(names) == len(set(names))
    assert {address[1:] for address in read.values("href", "a")} <= set(names)
    assert set(read.values("aria-labelledby")) <= set(names)


def test_tables_have_captions_and_headers(whole):
    tags = [tag for tag, _ in whole.elements]
    assert tags.count("caption") == tags.count("table") > 3
    assert set(whole.values("scope", "th")) == {"col", "row"}
    assert len(whole.values("data-name", "td")) == tags.count("td")


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (
            full,
            "On 240 tasks of 12 projects, the engine hybrid reaches a micro-F1 of 0.810 (95 % interval 0.760 to 0.860)",
        ),
        (full, "The escalations and collaborations of 78 % of the tasks are exactly right."),
        (full, "Micro-F1 of the others: model 0.790, rules 0.660 and majority 0.000."),
        (full, "F1 0.94 at own work, 0.87 at illustrator (escalate) and 0.76 at legal-reviewer (escalate)."),
        (full, "F1 0.51 at illustrator (collaborate)."),
        (full, "53 tasks have an error, own work included. The most frequent kinds: missed (30) and"),
        (full, "Where model and rules differ, the model is right in"),
        (full, "Severe findings: weak label, illustrator (collaborate)."),
        (full, "In 64 tasks the words that the labels rest on are marked."),
        (rules_only, "The rules alone have no probabilities"),
        (rules_only, "Model and rules were not both evaluated"),
        (rules_only, "Nothing was learned"),
    ],
)
def test_the_page_says_how_good_the_answers_are_and_what_is_missing(contents, words):
    assert words in reading(contents).prose


@pytest.mark.parametrize(
    ("caption", "name", "cells"),
    [
        ("By genre", "letters", ["40", "2", "0.700", "0.750 0.700–0.800", "-", "0.100 0.050–0.150"]),
        ("Evidence and parts", "rules", ["30", "0.900 0.830–0.950", "33", "0.880 0.800–0.940"]),
    ],
)
def test_genres_and_evidence_have_tables_with_intervals(caption, name, cells):
    table = re.search(rf"<caption>{caption}.*?</table>", page(full()), re.DOTALL)[0]
    row = re.search(rf'<th scope="row" role="rowheader">{name}</th>(.*?)</tr>', table, re.DOTALL)[1]
    found = re.findall(r"<td.*?</td>", row, re.DOTALL)
    assert [" ".join(re.sub("<.*?>", " ", cell).split()) for cell in found] == cells


def test_severe_findings_come_before_the_figures(whole):
    titles = (
        "Findings\n",
        "Weak label:",
        "Unlike the training corpus",
        "Too few tasks to judge",
        "Averages with their",
    )
    places = [whole.text.index(title) for title in titles]
    assert places == sorted(places)


def test_an_error_shows_its_whole_text_with_the_words_that_weighed_marked():
    article = re.search(r'<article class="example" aria-label="pumps-3">.*?</article>', page(full()), re.DOTALL)[0]
    task = re.search(r'<p class="task" dir="auto">(.*?)</p>', article, re.DOTALL)[1]
    assert re.sub(r"</?mark[^>]*>", "", task) == full()["errors"]["kinds"][0]["examples"][0]["text"]
    assert re.findall(r'<mark class="level-(\d)">(.*?)</mark>', task) == [("4", "paragraph"), ("2", "pays")]
    for words in ("legal-reviewer", "probability 21 %, threshold 35 %", "no rule applies"):
        assert words in article


def test_a_rule_against_a_label_is_marked(whole):
    assert "against it: figure 7" in whole.prose
    assert "against it: drawings" not in whole.prose


def test_markup_in_a_text_is_shown_as_text():
    text = reading(hostile).text
    for words in ("<script>document.title='taken'</script><img src=x onerror=alert(1)>", "{{ 7 * 7 }} {% raw %}", LONG):
        assert words in text
    text.encode("utf-8")


def test_unprintable_characters_are_replaced():
    odd = {"\x00a": ["b\ud800c", 1, None, {"d": "e\ufffe\n\tf🧪"}]}
    assert printable(odd) == {"\ufffda": ["b\ufffdc", 1, None, {"d": "e\ufffd\n\tf🧪"}]}


@pytest.mark.parametrize(
    ("place", "value", "present", "absent"),
    [
        ("terms/escalate:illustrator", {"for": [], "against": []}, "For the label none", "For the label 0"),
        ("errors/kinds/1/count", 0, "Missed 30", "False alarm"),
        ("errors", {"tasks": 0, "kinds": []}, "No task has an error.", "frequent kinds"),
        ("genres", {}, "By register", "By genre"),
        ("evidence", {}, "By genre", "right words"),
        ("findings", [], "No finding of high or medium severity", "Severe findings"),
        ("labels/hybrid/escalate:translator-de/f1", 1.0, "F1 0.94 at own work", "F1 1.00 at"),
    ],
    ids=[
        "no terms",
        "no error of a kind",
        "no errors",
        "no genres",
        "no evidence",
        "no findings",
        "a rare label is not named best",
    ],
)
def test_a_page_says_what_there_is(monkeypatch, place, value, present, absent):
    monkeypatch.setattr("escalation.report.charts.inlined", lambda contents, name, title: None)
    contents = full()
    put(contents, place, value)
    prose = Read(page(contents)).prose
    assert present in prose
    assert absent not in prose


# ------------------------------------------------------------------------------------------------ marked passages

spans = st.lists(
    st.fixed_dictionaries(
        {"start": st.integers(-3, 40), "end": st.integers(-3, 40), "weight": st.floats(-5, 5, allow_nan=False)}
    )
)


@given(st.text(max_size=30), spans)
def test_joined_passages_are_the_text(text, spans):
    found = passages(text, spans)
    assert "".join(passage.text for passage in found) == text
    assert all(passage.text and 0 <= passage.level <= LEVELS for passage in found)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 4, 1.0), (2, 6, 1.0)], [Passage("ab", 2), Passage("cd", 4), Passage("ef", 2)]),
        ([(0, 1, -8.0), (2, 3, 0.5)], [Passage("a", 4), Passage("bcdef", 0)]),
    ],
)
def test_overlapping_spans_add_up_and_light_ones_are_not_marked(spans, expected):
    found = passages("abcdef", [dict(zip(("start", "end", "weight"), span, strict=True)) for span in spans])
    assert found == expected


# ------------------------------------------------------------------------------------------------ the directory


WRITERS = [check_report, lambda directory: write_report(rules_only(), directory)]


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    directory = tmp_path_factory.mktemp("reports") / "deep" / "report"
    write_report(full(), directory)
    return directory


@pytest.fixture
def report(tmp_path, older):
    return copytree(older, tmp_path / "report")


def test_a_report_is_a_page_its_data_and_a_picture_of_each_chart(older):
    pictures = {f"{name}.{kind}" for name in CHARTS for kind in ("svg", "png")}
    assert set(files(older)) == {"report.html", "report.json"} | pictures
    assert json.loads((older / "report.json").read_bytes()) == full()


@pytest.mark.slow
def test_the_same_contents_make_the_same_files(report, older):
    write_report(full(), report)
    assert files(report) == files(older)


def test_an_older_report_is_replaced_whole(report):
    write_report(rules_only(), report)
    assert set(files(report)) == {"report.html", "report.json", "averages.svg", "averages.png"}


def test_an_older_report_survives_an_error(report, older):
    with pytest.raises(ValueError, match="JSON"):
        write_report(full() | {"extra": float("nan")}, report)
    assert files(report) == files(older)
    assert [path.name for path in report.parent.iterdir()] == ["report"]


@pytest.mark.parametrize("write", WRITERS)
def test_other_files_are_not_overwritten(report, write):
    (report / "thesis.txt").write_text("mine")
    before = files(report)
    with pytest.raises(InputError, match=r"thesis\.txt"):
        write(report)
    assert files(report) == before


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("place", ["file", "file/report"])
def test_a_report_cannot_be_written_into_a_file(tmp_path, write, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        write(tmp_path / place)


def test_a_check_writes_nothing(tmp_path):
    check_report(tmp_path / "not" / "yet" / "there")
    assert not (tmp_path / "not").exists()
