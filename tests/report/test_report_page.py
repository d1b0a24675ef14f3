from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

import pytest

from escalation.report.page import page, printable
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
def test_names_within_a_page_are_given_once_and_lead_somewhere(contents):
    read = reading(contents)
    names = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(names) == len(set(names))
    wanted = [attributes["href"][1:] for attributes in read.all("a")]
    wanted += [attributes["aria-labelledby"] for _, attributes in read.elements if "aria-labelledby" in attributes]
    assert set(wanted) <= set(names)


def test_tables_tell_what_their_cells_are(whole):
    assert len(whole.all("caption")) == len(whole.all("table")) > 3
    assert {attributes["scope"] for attributes in whole.all("th")} == {"col", "row"}
    assert all(attributes["data-name"] for attributes in whole.all("td"))


def test_the_summary_says_how_good_where_right_and_where_wrong(whole):
    for words in (
        "On 240 tasks of 12 projects the engine hybrid answers 78% exactly right",
        "a micro-F1 of 0.810 (95 % interval 0.760 to 0.860). Beside it: model 0.790, rules 0.660 and majority 0.000.",
        "Best at own work 0.94, illustrator (escalate) 0.87 and legal-reviewer (escalate) 0.76.",
        "Worst at illustrator (collaborate) 0.51.",
        "53 tasks have an error, own work included; most often: missed altogether (30)",
        "Severe: weak label at illustrator (collaborate).",
    ):
        assert words in whole.text


def test_labels_of_few_tasks_are_not_called_best_or_worst():
    contents = full()
    contents["labels"]["hybrid"]["escalate:translator-de"]["f1"] = 1.0
    assert "Best at own work" in Read(page(contents)).text


def test_findings_come_gravest_first(whole):
    places = [
        whole.text.index(title) for title in ("Weak label:", "Unlike the training corpus", "Too few tasks to judge")
    ]
    assert places == sorted(places)
    assert whole.text.index("Findings\n") < places[0] < whole.text.index("Averages with their")


def test_an_error_shows_its_text_whole_with_what_weighed_marked():
    html = page(full())
    article = re.search(r'<article class="example" aria-label="pumps-3">.*?</article>', html, re.DOTALL)[0]
    task = re.search(r'<p class="task" dir="auto">(.*?)</p>', article, re.DOTALL)[1]
    assert re.sub(r"</?mark[^>]*>", "", task) == full()["errors"]["kinds"][0]["examples"][0]["text"]
    assert re.findall(r'<mark class="level-(\d)">(.*?)</mark>', task) == [("4", "paragraph"), ("2", "pays")]
    assert "legal-reviewer" in article
    assert "21% probable, threshold 35%" in article
    assert "say nothing" in article


def test_the_opinion_of_the_rules_says_whether_it_is_against(whole):
    assert "against: figure 7" in whole.text
    assert "against: drawings" not in whole.text


def test_a_report_of_rules_alone_says_what_it_cannot_tell():
    text = reading(rules_only).text
    for words in (
        "Rules alone give no probabilities",
        "Only one of the two was asked",
        "Rules are written, not learned",
    ):
        assert words in text


def test_texts_of_strangers_are_shown_as_they_are():
    text = reading(hostile).text
    assert "<script>document.title='taken'</script><img src=x onerror=alert(1)>" in text
    assert "{{ 7 * 7 }} {% raw %}" in text
    assert LONG in text
    text.encode("utf-8")


def test_what_cannot_be_printed_is_replaced_one_by_one():
    odd = {"\x00a": ["b\ud800c", 1, None, {"d": "e\ufffe\n\tf🧪"}]}
    assert printable(odd) == {"\ufffda": ["b\ufffdc", 1, None, {"d": "e\ufffd\n\tf🧪"}]}


def test_a_label_that_learned_nothing_is_told():
    contents = full()
    contents["terms"]["escalate:illustrator"] = {"for": [], "against": []}
    assert "For it\n\nnothing" in Read(page(contents)).text


def test_kinds_of_errors_that_do_not_occur_are_left_out():
    contents = full()
    contents["errors"]["kinds"][1] |= {"count": 0, "examples": []}
    text = Read(page(contents)).text
    assert "Missed altogether 30" in text
    assert "Called for nothing" not in text


def test_an_answer_without_errors_or_findings_is_told():
    contents = full()
    contents["errors"] = {"tasks": 0, "kinds": []}
    contents["findings"] = []
    text = Read(page(contents)).text
    assert "No task has an error." in text
    assert "Nothing was found that asks for a remedy" in text
