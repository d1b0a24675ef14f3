"""How all charts look: colours that colour-blind people tell apart, one typeface, quiet axes.

The colours are Okabe and Ito's (2008). Each is written in full into the drawing, so that a page may name another
for a dark background without touching the drawing (`DARK`).
"""

from __future__ import annotations

from typing import TypeAlias

import altair as alt

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
FONT = 'Arial, "Liberation Sans", "DejaVu Sans", sans-serif'
NARROW = 500
"""Below this width, what stands side by side goes one below the other."""
WIDEST = 1.2
"""How much wider a text may come out in another typeface than in the one that measured it."""
_SIZE, _PADDING = 11, 8


def finished(chart: Chart) -> Chart:
    """Give a chart the report's look. The page around it has the title and tells what is seen."""
    looked: Chart = (
        chart.configure(background=PAPER, font=FONT, aria=False, padding=2)
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
    return looked


def colours(names: list[str]) -> alt.Scale:
    """Give names the report's colours, in order."""
    return alt.Scale(domain=names, range=[COLOURS[place % len(COLOURS)] for place in range(len(names))])


def shapes(names: list[str]) -> alt.Scale:
    """Give names shapes, so that nobody needs the colours."""
    return alt.Scale(domain=names, range=[SHAPES[place % len(SHAPES)] for place in range(len(names))])


def dashes(names: list[str]) -> alt.Scale:
    """Give names kinds of lines, so that nobody needs the colours."""
    return alt.Scale(domain=names, range=[DASHES[place % len(DASHES)] for place in range(len(names))])


def names(room: int) -> alt.Axis:
    """Give an axis of names that takes exactly so much room, also where a reader's typeface is wide."""
    limit = int((room - _PADDING) / WIDEST)
    return alt.Axis(ticks=False, domain=False, minExtent=room, maxExtent=room, labelLimit=limit, labelPadding=_PADDING)


def fitted() -> alt.AutoSizeParams:
    """Let a chart of one view take exactly its width, axes and all."""
    return alt.AutoSizeParams(type="fit-x", contains="padding")
