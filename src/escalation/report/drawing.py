"""Charts as pictures: for the page, and as files for documents."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import vl_convert
from markupsafe import Markup

from escalation.report.charts import CHARTS

if TYPE_CHECKING:
    from escalation.report.charts.look import Chart

WIDE, HALF, NARROW = 800, 390, 328
"""A page's column, half of it, and a phone's."""
_SVG = "http://www.w3.org/2000/svg"
_SCALE = 2.0
_HALVES = ("reliability", "coverage", "learning-curve")
_UNCUTTABLE = re.compile("[\U00010000-\U0010ffff]")
"""What takes two places in JavaScript: a name that is cut between them ends the drawing."""
ElementTree.register_namespace("", _SVG)


def picture(contents: dict[str, Any], name: str) -> str | None:
    """Draw a chart as SVG for a document, or None where there is nothing to draw."""
    return _drawn(CHARTS[name](contents, HALF if name in _HALVES else WIDE))


def as_png(svg: str) -> bytes:
    """Give the pixels of an SVG, twice as many as its size says."""
    return bytes(vl_convert.svg_to_png(svg, scale=_SCALE))


def inlined(contents: dict[str, Any], name: str, title: str) -> dict[str, Markup] | None:
    """Draw a chart for the page, once for a wide screen and once for a phone.

    Parameters
    ----------
    contents : dict
    name : str
        A key of `CHARTS`.
    title : str
        What a reader who does not see it is told.

    Returns
    -------
    dict of str to Markup or None
        ``wide`` and ``narrow``; None where there is nothing to draw.
    """
    widths = {"wide": HALF if name in _HALVES else WIDE, "narrow": NARROW}
    drawn = {size: _drawn(CHARTS[name](contents, width)) for size, width in widths.items()}
    return {size: _titled(svg, f"{name}-{size}", title) for size, svg in drawn.items() if svg is not None} or None


def _drawn(chart: Chart | None) -> str | None:
    if chart is None:
        return None
    specification = _UNCUTTABLE.sub("\N{REPLACEMENT CHARACTER}", json.dumps(chart.to_dict(), ensure_ascii=False))
    return str(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]))


def _titled(svg: str, identifier: str, title: str) -> Markup:
    """Make an SVG an image with a title, as wide as there is room. Only what was parsed as XML goes into the page."""
    root = ElementTree.fromstring(svg)
    root.set("role", "img")
    root.set("aria-labelledby", identifier)
    element = ElementTree.Element(f"{{{_SVG}}}title", {"id": identifier})
    element.text = title
    root.insert(0, element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))
