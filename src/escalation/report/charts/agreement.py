"""Where model and rules agree, and which of them is right where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.report.charts.look import NARROW, PAPER, REST, SECOND, THIRD, finished, names
from escalation.report.words import parted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from escalation.report.charts.look import Chart

_GIVEN = {"both": "both give it", "model_only": "the model alone", "rules_only": "the rules alone"}
_RIGHT = {"model_right": "the model is right", "rules_right": "the rules are right"}
_NAMES, _GAP, _BAR = 170, 20, 18


def agreement(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw two bars a label: who gives it, and who is right where one alone gives it."""
    counts = {
        label: row
        for label, row in contents["agreement"].items()
        if row["both"] + row["model_only"] + row["rules_only"]
    }
    if not counts:
        return None
    wide = width >= NARROW
    side = (width // 2 if wide else width) - _NAMES - _GAP
    panels = [
        _bars(counts, _GIVEN, [REST, SECOND, THIRD], side, "Who gives it"),
        _bars(counts, _RIGHT, [SECOND, THIRD], side, "Where one alone gives it"),
    ]
    joined = alt.hconcat(*panels, spacing=_GAP) if wide else alt.vconcat(*panels)
    return finished(joined.resolve_scale(color="independent"))


def _bars(
    counts: Mapping[str, Mapping[str, int]], keys: Mapping[str, str], shades: Sequence[str], side: int, title: str
) -> alt.FacetChart:
    rows: list[dict[str, Any]] = []
    for label, row in counts.items():
        disposition, target = parted(label)
        rows += [
            {"disposition": disposition, "target": target, "part": part, "order": order, "count": row[key]}
            for order, (key, part) in enumerate(keys.items())
        ]
    dispositions, targets = (list(dict.fromkeys(row[key] for row in rows)) for key in ("disposition", "target"))
    parts = list(keys.values())
    colour = alt.Scale(domain=parts, range=shades)
    bars = (
        alt.Chart()
        .mark_bar(stroke=PAPER, strokeWidth=1)
        .encode(
            y=alt.Y("target:N", sort=targets, title=None, axis=names(_NAMES)),
            x=alt.X("count:Q", stack="normalize", title=None, axis=alt.Axis(format="%", values=[0, 0.5, 1])),
            color=alt.Color("part:N", sort=parts, scale=colour, legend=alt.Legend(columns=1)),
            order="order:Q",
        )
        .properties(width=side, height=alt.Step(_BAR))
    )
    header = alt.Header(labelOrient="top", labelFontWeight="bold")
    by_disposition = alt.Row("disposition:N", sort=dispositions, header=header)
    facets = bars.facet(row=by_disposition, data=alt.InlineData(values=rows), title=title, spacing=8)
    panel: alt.FacetChart = facets.resolve_scale(y="independent")
    return panel
