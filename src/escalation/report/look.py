"""How all charts look: colours that colour-blind readers can tell apart, one typeface, quiet axes.

The colours are those of Okabe and Ito (2008). A drawing spells each one out, so that the page can replace it on a dark
background without touching the drawing (`DARK`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.etree import ElementTree

import altair as alt
import vl_convert
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

COLOURS = [FIRST, SECOND, THIRD, REST]
SHAPES = ["circle", "square", "triangle-up", "cross"]
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]]
NARROW_BELOW = 500
"""In a chart of fewer pixels, panels go one below the other."""
WIDEST = 1.2
"""How much wider a text can be in the reader's typeface than in the one that measured it."""
_FONT = 'Arial, "Liberation Sans", "DejaVu Sans", sans-serif'
_SIZE, _PADDING, _HEIGHT = 11, 8, 220
_SVG = "http://www.w3.org/2000/svg"
_SCALE = 2.0
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
"""Characters that take two units in JavaScript: a label that is cut between the two makes the drawing fail."""
ElementTree.register_namespace("", _SVG)


# ------------------------------------------------------------------------------------------------ parts of charts


def styled(chart: Chart) -> Chart:
    """Return a chart in the report's style. The page around it supplies the title and a description."""
    result: Chart = (
        chart.configure(background=PAPER, font=_FONT, aria=False, padding=2)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=SOFT,
            labelFontSize=_SIZE,
            titleColor=SOFT,
            titleFontSize=_SIZE,
            titleFontWeight="normal",
            gridColor=GRID,
            domainColor=GRID,
            tickColor=GRID,
            labelPadding=4,
            labelSeparation=12,
        )
        .configure_legend(
            orient="top",
            title=None,
            labelColor=INK,
            labelFontSize=_SIZE,
            labelLimit=300,
            columnPadding=12,
            rowPadding=3,
            symbolSize=70,
            symbolStrokeWidth=0,
            offset=8,
        )
        .configure_header(title=None, labelColor=INK, labelFontSize=_SIZE, labelPadding=4, labelAnchor="start")
        .configure_title(color=INK, fontSize=_SIZE + 1, anchor="start", frame="bounds", offset=8)
    )
    return result


def scale_of(names: Sequence[str], values: Sequence[Any]) -> alt.Scale:
    """Return a scale that assigns colours, shapes or dashes to names, in order; shape and dash repeat the colour."""
    return alt.Scale(domain=list(names), range=[values[place % len(values)] for place in range(len(names))])


def name_axis(room: int) -> alt.Axis:
    """Return an axis of names that takes exactly `room` pixels, whatever the reader's typeface."""
    limit = int((room - _PADDING) / WIDEST)
    return alt.Axis(ticks=False, domain=False, minExtent=room, maxExtent=room, labelLimit=limit, labelPadding=_PADDING)


def fit_width() -> alt.AutoSizeParams:
    """Return the setting by which a chart of one view takes exactly its width, axes included."""
    return alt.AutoSizeParams(type="fit-x", contains="padding")


def line_chart(points: Sequence[Mapping[str, Any]], x: alt.X, names: Mapping[str, str], width: int) -> Chart | None:
    """Draw one line for each figure.

    Parameters
    ----------
    points : sequence of mapping
        Each with the value on the x axis and the figures, of which any may be None.
    x : altair.X
    names : mapping of str to str
        The keys of the figures, each with its name in the legend.
    width : int
        In pixels.

    Returns
    -------
    Chart or None
        None if there is no value to draw.
    """
    rows = [
        {**point, "figure": name, "value": point[key]}
        for point in points
        for key, name in names.items()
        if point[key] is not None
    ]
    if not rows:
        return None
    shown = list(names.values())
    legend = alt.Legend(columns=1)
    axis = alt.Axis(tickCount=5, format=".2f")
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=x,
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=axis),
        color=alt.Color("figure:N", scale=scale_of(shown, COLOURS), sort=shown, legend=legend),
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("figure:N", scale=scale_of(shown, DASHES), sort=shown, legend=legend)
    )
    marks = base.mark_point(filled=True, size=45, opacity=1).encode(
        shape=alt.Shape("figure:N", scale=scale_of(shown, SHAPES), sort=shown, legend=legend)
    )
    return styled((lines + marks).properties(width=width, height=_HEIGHT, autosize=fit_width()))


# ------------------------------------------------------------------------------------------------ drawings


def as_svg(chart: Chart) -> str:
    """Draw a chart as SVG, without a network."""
    specification = json.dumps(chart.to_dict(), ensure_ascii=False)
    specification = _ASTRAL.sub("\N{REPLACEMENT CHARACTER}", specification)
    return str(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]))


def as_png(svg: str) -> bytes:
    """Return an SVG as PNG, with twice the pixels of its size."""
    return bytes(vl_convert.svg_to_png(svg, scale=_SCALE))


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
