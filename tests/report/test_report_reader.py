"""The page as a reader sees it, in a browser: on a phone and on a desk, by day and by night."""

from __future__ import annotations

import pytest

from escalation.report.page import page
from report import browser
from report_contents import ROOT, full, hostile, rules_only

READING = (ROOT / "tests" / "report" / "reading.js").read_text()
SECTIONS = ["summary", "findings", "quality", "labels", "errors", "trust", "rules", "learned", "drift", "making"]
CONTENTS = {"full": full, "rules only": rules_only, "hostile": hostile}


@pytest.fixture(scope="module")
def chromium():
    browser.installed()
    with browser.chromium() as driver:
        yield driver


@pytest.fixture(scope="module", params=CONTENTS)
def written(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(CONTENTS[request.param]()), encoding="utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_reader_has_nothing_to_complain_of(chromium, written, width, dark):
    browser.show(chromium, written, width, dark=dark)
    complaints = chromium.execute_script(READING)
    assert not complaints, "\n".join(complaints)
    assert chromium.get_log("browser") == []
    assert browser.requests(chromium) == [written.resolve().as_uri()]
    shown = chromium.execute_script("return [...document.querySelectorAll('section')].map(s => s.offsetHeight && s.id)")
    assert shown == SECTIONS


@pytest.mark.parametrize("width", [360, 1280])
def test_each_chart_is_shown_once(chromium, written, width):
    browser.show(chromium, written, width)
    shown = (
        "return [...document.querySelectorAll('figure.chart')]"
        ".map(f => [...f.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width).length)"
    )
    assert set(chromium.execute_script(shown)) == {1}


def test_a_dark_page_has_no_bright_chart(chromium, written):
    browser.show(chromium, written, 1280, dark=True)
    paper = (
        "const painted = [...document.querySelectorAll('.wide svg > rect')].map(r => getComputedStyle(r).fill);"
        "return [getComputedStyle(document.body).backgroundColor, ...new Set(painted)]"
    )
    page_colour, *charts = chromium.execute_script(paper)
    assert charts == [page_colour]


def test_the_reading_finds_what_it_looks_for(chromium, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text(
        "<body style='margin:0'><p style='margin:0'>first</p><p style='margin:-1.2em 0 0'>second</p>"
        "<p style='width:40px;overflow:hidden;white-space:nowrap'>cut off here</p>"
        "<p style='color:#bbb'>pale</p><p style='width:3000px'>wide</p>"
        "<svg width='50' height='20'><title id='chart'>t</title><text y='12'>longer than its chart</text></svg></body>"
    )
    browser.show(chromium, path, 360)
    found = " ".join(chromium.execute_script(READING))
    for complaint in ("overlap: second | first", "cut off in its p: cut off here", "pale", "sideways", "edge of chart"):
        assert complaint in found
