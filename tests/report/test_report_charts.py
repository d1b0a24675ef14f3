from __future__ import annotations

from xml.etree import ElementTree

import pytest

from escalation.report.charts import CHARTS
from escalation.report.charts.look import DARK
from escalation.report.drawing import HALF, NARROW, WIDE, as_png, inlined, picture
from escalation.report.page import printable
from escalation.report.words import TITLES
from report_contents import LONG, SCRIPT, full, hostile, rules_only


def texts(svg):
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    ]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_takes_no_more_room_than_it_has(name):
    drawn = inlined(full(), name, TITLES[name])
    for size, most in (("wide", WIDE), ("narrow", NARROW)):
        assert float(ElementTree.fromstring(drawn[size]).get("width")) <= most


@pytest.mark.parametrize("name", CHARTS)
def test_a_page_on_a_dark_background_knows_every_colour_of_a_chart(name):
    colours = {
        element.get(key)
        for element in ElementTree.fromstring(picture(full(), name)).iter()
        for key in ("fill", "stroke")
    }
    assert colours - {None, "none", "transparent"} <= set(DARK)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_a_title_for_those_who_do_not_see_it(name):
    root = ElementTree.fromstring(inlined(full(), name, "Seen <by> all")["wide"])
    assert root.get("role") == "img"
    assert root[0].text == "Seen <by> all"
    assert root.get("aria-labelledby") == root[0].get("id")


def test_charts_show_what_they_are_about():
    contents = full()
    assert {"hybrid", "model", "rules", "majority", "micro-F1", "exactly right"} <= set(
        texts(picture(contents, "averages"))
    )
    assert {"illustrator", "legal-reviewer", "own work", "escalate"} <= set(texts(picture(contents, "curves")))
    assert {"pump", "oven", "here"} <= set(texts(picture(contents, "drift")))
    assert {"translator-de", "the rules alone"} <= set(texts(picture(contents, "agreement")))


def test_each_curve_has_the_place_that_its_threshold_chooses():
    contents = full()
    with_places = picture(contents, "curves").count("<path")
    for curve in contents["curves"].values():
        curve["chosen"] = None
    assert picture(contents, "curves").count("<path") == with_places - len(contents["curves"])


def test_nothing_is_drawn_of_what_is_not_there():
    assert {name for name in CHARTS if picture(rules_only(), name) is not None} == {"averages"}


def test_a_figure_that_is_missing_is_left_out():
    contents = full()
    contents["averages"]["rules"]["macro_f1"] = {"value": None, "low": None, "high": None}
    contents["learning_curve"][0]["collaborate_f1"] = None
    assert picture(contents, "averages")
    assert picture(contents, "learning-curve")


def test_words_of_strangers_stay_words():
    svg = picture(printable(hostile()), "drift")
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "g", "path", "text", "line", "rect", "defs", "clipPath"}
    assert not any(LONG in text for text in texts(svg))
    assert any(text.startswith(SCRIPT[:8]) for text in texts(svg))


def test_a_picture_of_pixels_is_a_png_twice_as_wide():
    png = as_png(picture(full(), "coverage"))
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == pytest.approx(2 * HALF, abs=2)
