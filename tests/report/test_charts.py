from __future__ import annotations

from xml.etree import ElementTree

import pytest

from escalation.report.charts import CHARTS, HALF, PHONE, WIDE, draw, inlined
from escalation.report.look import DARK, as_png
from escalation.report.page import TITLES, printable
from report_contents import LONG, SCRIPT, full, hostile, put, rules_only


def texts(svg):
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    ]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_fits_its_place_and_has_a_title_and_colours_for_a_dark_page(name):
    drawn = inlined(full(), name, "Seen <by> all")
    for size, most in (("wide", WIDE), ("narrow", PHONE)):
        root = ElementTree.fromstring(drawn[size])
        assert float(root.get("width")) <= most
        assert root.get("role") == "img"
        assert root[0].text == "Seen <by> all"
        assert root.get("aria-labelledby") == root[0].get("id")
        colours = {element.get(key) for element in root.iter() for key in ("fill", "stroke")}
        assert colours - {None, "none", "transparent"} <= set(DARK)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("averages", {"hybrid", "model", "rules", "majority", "micro-F1", "exact match"}),
        ("curves", {"illustrator", "legal-reviewer", "own work", "escalate"}),
        ("reliability", {"50 %", "100 %"}),
        ("drift", {"pump", "oven", "here"}),
        ("agreement", {"translator-de", "rules only"}),
    ],
)
def test_charts_show_what_they_are_about(name, words):
    assert words <= set(texts(draw(full(), name)))


def test_each_curve_has_the_point_that_its_threshold_chooses():
    contents = full()
    with_points = draw(contents, "curves").count("<path")
    for curve in contents["curves"].values():
        curve["chosen"] = None
    assert draw(contents, "curves").count("<path") == with_points - len(contents["curves"])


def test_every_chart_has_a_title():
    assert set(CHARTS) == set(TITLES)


def test_a_chart_without_data_is_not_drawn():
    assert {name for name in CHARTS if draw(rules_only(), name) is not None} == {"averages"}


def test_an_undefined_figure_is_left_out():
    contents = full()
    put(contents, "averages/rules/macro_f1", {"value": None, "low": None, "high": None})
    put(contents, "learning_curve/0/collaborate_f1", None)
    assert draw(contents, "averages")
    assert draw(contents, "learning-curve")


def test_text_from_the_corpus_stays_text():
    svg = draw(printable(hostile()), "drift")
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "g", "path", "text", "line", "rect", "defs", "clipPath"}
    assert not any(LONG in text for text in texts(svg))
    assert any(text.startswith(SCRIPT[:8]) for text in texts(svg))


def test_a_png_has_twice_the_pixels():
    png = as_png(draw(full(), "coverage"))
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == pytest.approx(2 * HALF, abs=2)
