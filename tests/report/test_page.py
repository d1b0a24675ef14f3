from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.errors import InputError
from escalation.report.charts import CHARTS
from escalation.report.page import LEVELS, Passage, check_report, page, passages, printable, write_report
from report_contents import LONG, full, hostile, rules_only

EMPTY = {"meta", "link", "br", "img"}


class Read(HTMLParser):
    """The elements of a page, each with its attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.open = [], "", []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def all(self, tag):
        return [attributes for found, attributes in self.elements if found == tag]


@cache
def reading(contents):
    return Read(page(contents()))


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the charts out of a page, whose text alone matters."""
    monkeypatch.setattr("escalation.report.charts.inlined", lambda contents, name: None)


@pytest.fixture(scope="module")
def whole():
    return reading(full)


@pytest.mark.parametrize("contents", [full, rules_only, hostile])
def test_a_page_needs_nothing_else(contents):
    read = reading(contents)
    assert not read.all("script")
    assert not read.all("img")
    addresses = [
        value for _, attributes in read.elements for key, value in attributes.items() if key in ("href", "src")
    ]
    assert all(address.startswith(("#", "data:,")) for address in addresses)
    assert not [key for _, attributes in read.elements for key in attributes if key.startswith("on")]


@pytest.mark.parametrize("contents", [full, rules_only, hostile])
def test_ids_are_unique_and_links_lead_to_them(contents):
    read = reading(contents)
    names = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(names) == len(set(names))
    wanted = [attributes["href"][1:] for attributes in read.all("a")]
    wanted += [attributes["aria-labelledby"] for _, attributes in read.elements if "aria-labelledby" in attributes]
    assert set(wanted) <= set(names)


def test_tables_have_captions_and_headers(whole):
    assert len(whole.all("caption")) == len(whole.all("table")) > 3
    assert {attributes["scope"] for attributes in whole.all("th")} == {"col", "row"}
    assert all(attributes["data-name"] for attributes in whole.all("td"))


def test_the_summary_says_how_good_the_answers_are_and_where(whole):
    for words in (
        "On 240 tasks of 12 projects, the engine hybrid reaches a micro-F1 of 0.810 (95% interval 0.760 to 0.860)",
        "The escalations and collaborations of 78% of the tasks are exactly right.",
        "Micro-F1 of the others: model 0.790, rules 0.660 and majority 0.000.",
        "F1 0.94 at own work, 0.87 at illustrator (escalate) and 0.76 at legal-reviewer (escalate).",
        "F1 0.51 at illustrator (collaborate).",
        "53 tasks have an error, own work included. The most frequent kinds: missed (30)",
        "Severe findings: weak label, illustrator (collaborate).",
    ):
        assert words in whole.text


def test_labels_of_few_tasks_are_not_named_best_or_worst(undrawn):
    contents = full()
    contents["labels"]["hybrid"]["escalate:translator-de"]["f1"] = 1.0
    assert re.search(r"Best labels\s*F1 0.94 at own work", Read(page(contents)).text)


def test_severe_findings_come_first(whole):
    places = [
        whole.text.index(title) for title in ("Weak label:", "Unlike the training corpus", "Too few tasks to judge")
    ]
    assert places == sorted(places)
    assert whole.text.index("Findings\n") < places[0] < whole.text.index("Averages with their")


def test_an_error_shows_its_whole_text_with_the_words_that_weighed_marked(undrawn):
    html = page(full())
    article = re.search(r'<article class="example" aria-label="pumps-3">.*?</article>', html, re.DOTALL)[0]
    task = re.search(r'<p class="task" dir="auto">(.*?)</p>', article, re.DOTALL)[1]
    assert re.sub(r"</?mark[^>]*>", "", task) == full()["errors"]["kinds"][0]["examples"][0]["text"]
    assert re.findall(r'<mark class="level-(\d)">(.*?)</mark>', task) == [("4", "paragraph"), ("2", "pays")]
    assert "legal-reviewer" in article
    assert "probability 21%, threshold 35%" in article
    assert "no rule applies" in article


def test_rules_against_a_label_are_marked(whole):
    assert "against it: figure 7" in whole.text
    assert "against it: drawings" not in whole.text


def test_a_report_of_the_rules_alone_says_what_is_missing():
    text = reading(rules_only).text
    for words in (
        "The rules alone have no probabilities",
        "Model and rules were not both evaluated",
        "Nothing was learned",
    ):
        assert words in text


def test_markup_in_a_text_is_shown_as_text():
    text = reading(hostile).text
    assert "<script>document.title='taken'</script><img src=x onerror=alert(1)>" in text
    assert "{{ 7 * 7 }} {% raw %}" in text
    assert LONG in text
    text.encode("utf-8")


def test_unprintable_characters_are_replaced():
    odd = {"\x00a": ["b\ud800c", 1, None, {"d": "e\ufffe\n\tf🧪"}]}
    assert printable(odd) == {"\ufffda": ["b\ufffdc", 1, None, {"d": "e\ufffd\n\tf🧪"}]}


def test_a_label_without_terms_is_shown(undrawn):
    contents = full()
    contents["terms"]["escalate:illustrator"] = {"for": [], "against": []}
    assert "For the label\n\nnone" in Read(page(contents)).text


def test_kinds_of_errors_that_do_not_occur_are_left_out(undrawn):
    contents = full()
    contents["errors"]["kinds"][1] |= {"count": 0, "examples": []}
    text = Read(page(contents)).text
    assert "Missed 30" in text
    assert "False alarm" not in text


def test_no_errors_and_no_findings(undrawn):
    contents = full()
    contents["errors"] = {"tasks": 0, "kinds": []}
    contents["findings"] = []
    text = Read(page(contents)).text
    assert "No task has an error." in text
    assert "No finding of high or medium severity" in text


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


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    directory = tmp_path_factory.mktemp("reports") / "deep" / "report"
    write_report(full(), directory)
    return files(directory)


@pytest.fixture
def report(tmp_path, older):
    directory = tmp_path / "report"
    directory.mkdir()
    for name, content in older.items():
        (directory / name).write_bytes(content)
    return directory


def test_a_report_is_a_page_its_data_and_a_picture_of_each_chart(older):
    pictures = {f"{name}.{kind}" for name in CHARTS for kind in ("svg", "png")}
    assert set(older) == {"report.html", "report.json"} | pictures
    assert json.loads(older["report.json"]) == full()


@pytest.mark.slow
def test_the_same_contents_make_the_same_files(report, older):
    write_report(full(), report)
    assert files(report) == older


def test_an_older_report_is_replaced_whole(report):
    write_report(rules_only(), report)
    assert set(files(report)) == {"report.html", "report.json", "averages.svg", "averages.png"}


def test_an_older_report_survives_an_error(report, older):
    with pytest.raises(ValueError, match="JSON"):
        write_report(full() | {"extra": float("nan")}, report)
    assert files(report) == older
    assert [path.name for path in report.parent.iterdir()] == ["report"]


def test_other_files_are_not_overwritten(report):
    (report / "thesis.txt").write_text("mine")
    before = files(report)
    for write in (check_report, lambda place: write_report(full(), place)):
        with pytest.raises(InputError, match=r"thesis\.txt"):
            write(report)
    assert files(report) == before


def test_a_report_cannot_be_written_into_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "report"):
        for write in (check_report, lambda place: write_report(rules_only(), place)):
            with pytest.raises(InputError, match="file"):
                write(place)
    check_report(tmp_path / "not" / "yet" / "there")
    assert not (tmp_path / "not").exists()
