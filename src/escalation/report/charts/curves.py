"""Precision against recall, with the place that each threshold chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.report.charts.look import NARROW, WIDEST, colours, dashes, finished, shapes
from escalation.report.words import parted

if TYPE_CHECKING:
    from escalation.report.charts.look import Chart

_AXIS, _GAP = 62, 16


def curves(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw a panel for each target, in it a curve for each disposition and the place that its threshold chooses."""
    rows: list[dict[str, Any]] = []
    for label, curve in contents["curves"].items():
        disposition, target = parted(label)
        name = {"target": target, "disposition": disposition}
        rows += [
            {**name, "recall": recall, "precision": precision, "order": place}
            for place, (recall, precision) in enumerate(curve["points"])
        ]
        if curve["chosen"] is not None:
            rows.append({**name, "chosen": True, **curve["chosen"]})
    if not rows:
        return None
    columns = 2 if width < NARROW else 4
    side = (width - _AXIS - _GAP * (columns - 1)) // columns
    dispositions = list(dict.fromkeys(row["disposition"] for row in rows))
    targets = list(dict.fromkeys(row["target"] for row in rows))
    axis = alt.Axis(values=[0, 0.5, 1], format=".1f")
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart().encode(
        x=alt.X("recall:Q", scale=scale, axis=axis),
        y=alt.Y("precision:Q", scale=scale, axis=axis),
        color=alt.Color("disposition:N", scale=colours(dispositions), sort=dispositions),
    )
    drawn = base.mark_line(strokeWidth=1.75).encode(
        order="order:Q", strokeDash=alt.StrokeDash("disposition:N", scale=dashes(dispositions), sort=dispositions)
    )
    chosen = base.mark_point(filled=True, size=80, opacity=1).encode(
        shape=alt.Shape("disposition:N", scale=shapes(dispositions), sort=dispositions)
    )
    layers = alt.layer(
        drawn.transform_filter("!datum.chosen"),
        chosen.transform_filter("datum.chosen"),
        data=alt.InlineData(values=rows),
    ).properties(width=side, height=side)
    header = alt.Header(labelLimit=int((side + _GAP / 2) / WIDEST))
    panels = layers.facet(facet=alt.Facet("target:N", sort=targets, header=header), columns=columns, spacing=_GAP)
    return finished(panels)
