"""The averages of all engines, with their intervals, beside the baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.report.charts.look import NARROW, colours, finished, fitted, names, shapes
from escalation.report.words import AVERAGES

if TYPE_CHECKING:
    from escalation.report.charts.look import Chart

_NAMES, _ROW = 108, 13


def averages(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw a row for each average, in it a mark for each engine, with its interval as a line."""
    engines = list(contents["averages"])
    rows = [
        {"average": name, "engine": engine, **figures[key]}
        for engine, figures in contents["averages"].items()
        for key, name in AVERAGES.items()
        if figures.get(key) and figures[key]["value"] is not None
    ]
    if not rows:
        return None
    shown = [name for name in AVERAGES.values() if any(row["average"] == name for row in rows)]
    legend = alt.Legend(columns=2 if width < NARROW else len(engines))
    rows_axis = names(_NAMES)
    rows_axis["grid"], rows_axis["tickBand"] = True, "extent"
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("average:N", sort=shown, title=None, axis=rows_axis, scale=alt.Scale(padding=0)),
        yOffset=alt.YOffset("engine:N", sort=engines, scale=alt.Scale(paddingOuter=0.4)),
        color=alt.Color("engine:N", scale=colours(engines), sort=engines, legend=legend),
    )
    axis = alt.Axis(tickCount=5, format=".1f")
    intervals = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
    marks = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("value:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1])),
        shape=alt.Shape("engine:N", scale=shapes(engines), sort=engines, legend=legend),
    )
    height = len(shown) * (_ROW * len(engines) + 8)
    return finished((intervals + marks).properties(width=width, height=height, autosize=fitted()))
