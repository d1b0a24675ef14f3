"""How all charts look: colours that colour-blind readers can tell apart, one typeface, quiet axes.

The colours are those of Okabe and Ito (2008). A drawing spells each one out, so that the page can replace it on a dark
background without touching the drawing (`DARK`).
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias
from xml.etree import ElementTree

import altair as alt
import vl_convert
from markupsafe import Markup

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart | alt.VConcatChart

PAPER, INK, SOFT, GRID = "#ffffff", "#1f2328", "#57606a", "#e1e4e8"
FIRST, SECOND, THIRD, REST = "#0072b2", "#d55e00", "#009e73", "#7d858e"
DARK = {
    PAPER: "#15191e",
    INK: "#e6e9ec",
    SOFT: "#a8b0b9",
    GRID: "#333a42",
    FIRST: "#56b4e9",
    SECOND: "#e69f00",
    THIRD: "#2bbd93",
    REST: "#8d959e",
}
"""What each colour becomes on a dark background."""
_CHANNELS: dict[str, tuple[type[Any], list[Any]]] = {
    "color": (alt.Color, [FIRST, SECOND, THIRD, REST]),
    "shape": (alt.Shape, ["circle", "square", "triangle-up", "cross"]),
    "strokeDash": (alt.StrokeDash, [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]]),
}
"""The ways to distinguish names, by channel. Shape and dash repeat the colour for those who cannot see it."""
WIDEST = 1.2
"""How much wider a text can be in the reader's typeface than in the one that measured it."""
_SIZE, _PADDING = 11, 8
_CONFIG = {
    "background": PAPER,
    "font": 'Arial, "Liberation Sans", "DejaVu Sans", sans-serif',
    "aria": False,  # The page around a drawing supplies its title.
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT,
        "labelFontSize": _SIZE,
        "titleColor": SOFT,
        "titleFontSize": _SIZE,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelPadding": 4,
        "labelSeparation": 12,
    },
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": _SIZE,
        "labelLimit": 300,
        "columnPadding": 12,
        "rowPadding": 3,
        "symbolSize": 70,
        "symbolStrokeWidth": 0,
        "offset": 8,
    },
    "header": {"title": None, "labelColor": INK, "labelFontSize": _SIZE, "labelPadding": 4, "labelAnchor": "start"},
    "title": {"color": INK, "fontSize": _SIZE + 1, "anchor": "start", "frame": "bounds", "offset": 8},
}
_NUMBERS = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""], "percent": " %"}
_SVG = "http://www.w3.org/2000/svg"
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
"""Characters that take two units in JavaScript: a label that is cut between the two makes the drawing fail."""
ElementTree.register_namespace("", _SVG)


def distinguish(field: str, names: list[str], *channels: str, **options: Any) -> dict[str, Any]:
    """Return encodings that assign colours, shapes or dashes to names, in order, for an Altair chart's channels."""
    encodings = {}
    for channel in channels:
        kind, values = _CHANNELS[channel]
        scale = alt.Scale(domain=names, range=[values[place % len(values)] for place in range(len(names))])
        encodings[channel] = kind(f"{field}:N", sort=names, scale=scale, **options)
    return encodings


def name_axis(room: int, **options: Any) -> alt.Axis:
    """Return an axis of names that takes exactly `room` pixels, whatever the reader's typeface."""
    limit = int((room - _PADDING) / WIDEST)
    options |= {"ticks": False, "domain": False, "labelLimit": limit, "labelPadding": _PADDING}
    return alt.Axis(minExtent=room, maxExtent=room, **options)


def as_svg(chart: Chart) -> str:
    """Draw a chart as SVG in the report's style, without a network."""
    specification = _ASTRAL.sub("\N{REPLACEMENT CHARACTER}", json.dumps(chart.to_dict(), ensure_ascii=False))
    svg = vl_convert.vegalite_to_svg(specification, config=_CONFIG, format_locale=_NUMBERS, allowed_base_urls=[])
    return str(svg)


def as_png(svg: str) -> bytes:
    """Return an SVG as PNG, with twice the pixels of its size."""
    return bytes(vl_convert.svg_to_png(svg, scale=2.0))


def as_markup(svg: str, identifier: str, title: str) -> Markup:
    """Return an SVG for a page, as an image with a title for screen readers.

    The drawing contains text from the corpus. It is parsed and written again, so that only well-formed XML can get
    into the page.
    """
    root = ElementTree.fromstring(svg)
    root.set("role", "img")
    root.set("aria-labelledby", identifier)
    element = ElementTree.Element(f"{{{_SVG}}}title", {"id": identifier})
    element.text = title
    root.insert(0, element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))
