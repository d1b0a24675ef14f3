"""The report's charts, each a function of the report's contents and of the width in pixels that it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.evaluation.metrics import AVERAGES
from escalation.report.look import (
    COLOURS,
    DASHES,
    FIRST,
    NARROW_BELOW,
    PAPER,
    REST,
    SECOND,
    SHAPES,
    SOFT,
    THIRD,
    WIDEST,
    as_markup,
    as_svg,
    fit_width,
    line_chart,
    name_axis,
    scale_of,
    styled,
)
from escalation.report.words import TITLES, split_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup

    from escalation.report.look import Chart

WIDE, HALF, PHONE = 800, 390, 328
"""Widths in pixels: the page's column, half of it, and a phone's."""
_HALVES = ("reliability", "coverage", "learning-curve")


def averages(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw a row for each average, with a mark and an interval for each engine and baseline."""
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
    legend = alt.Legend(columns=2 if width < NARROW_BELOW else len(engines))
    names = name_axis(130 if width < NARROW_BELOW else 200)
    names["grid"], names["tickBand"] = True, "extent"
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("average:N", sort=shown, title=None, axis=names, scale=alt.Scale(padding=0)),
        yOffset=alt.YOffset("engine:N", sort=engines, scale=alt.Scale(paddingOuter=0.4)),
        color=alt.Color("engine:N", scale=scale_of(engines, COLOURS), sort=engines, legend=legend),
    )
    axis = alt.Axis(tickCount=5, format=".1f")
    intervals = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
    marks = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("value:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1])),
        shape=alt.Shape("engine:N", scale=scale_of(engines, SHAPES), sort=engines, legend=legend),
    )
    height = len(shown) * (13 * len(engines) + 8)
    return styled((intervals + marks).properties(width=width, height=height, autosize=fit_width()))


def curves(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw a panel for each target: a precision-recall curve for each disposition, and the chosen point on it."""
    rows: list[dict[str, Any]] = []
    for label, curve in contents["curves"].items():
        disposition, target = split_label(label)
        name = {"target": target, "disposition": disposition}
        rows += [
            {**name, "recall": recall, "precision": precision, "order": place}
            for place, (recall, precision) in enumerate(curve["points"])
        ]
        if curve["chosen"] is not None:
            rows.append({**name, "chosen": True, **curve["chosen"]})
    if not rows:
        return None
    gap, columns = 16, 2 if width < NARROW_BELOW else 4
    side = (width - 62 - gap * (columns - 1)) // columns
    dispositions, targets = (list(dict.fromkeys(row[key] for row in rows)) for key in ("disposition", "target"))
    axis = alt.Axis(values=[0, 0.5, 1], format=".1f")
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart().encode(
        x=alt.X("recall:Q", scale=scale, axis=axis),
        y=alt.Y("precision:Q", scale=scale, axis=axis),
        color=alt.Color("disposition:N", scale=scale_of(dispositions, COLOURS), sort=dispositions),
    )
    dash = alt.StrokeDash("disposition:N", scale=scale_of(dispositions, DASHES), sort=dispositions)
    shape = alt.Shape("disposition:N", scale=scale_of(dispositions, SHAPES), sort=dispositions)
    lines = base.mark_line(strokeWidth=1.75).encode(order="order:Q", strokeDash=dash)
    chosen = base.mark_point(filled=True, size=80, opacity=1).encode(shape=shape)
    layers = alt.layer(
        lines.transform_filter("!datum.chosen"),
        chosen.transform_filter("datum.chosen"),
        data=alt.InlineData(values=rows),
    ).properties(width=side, height=side)
    header = alt.Header(labelLimit=int((side + gap / 2) / WIDEST))
    facet = alt.Facet("target:N", sort=targets, header=header)
    return styled(layers.facet(facet=facet, columns=columns, spacing=gap))


def reliability(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw the observed share of correct labels against the predicted probability; the diagonal is perfect."""
    if contents["reliability"] is None:
        return None
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("probability:Q", title="predicted probability", axis=axis, scale=scale)
    y = alt.Y("share:Q", title="observed share", axis=axis, scale=scale)
    ends = alt.InlineData(values=[{"probability": end, "share": end} for end in (0, 1)])
    diagonal = alt.Chart(ends).mark_line(color=SOFT, strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)
    base = alt.Chart(alt.InlineData(values=contents["reliability"]["bins"])).encode(x=x, y=y)
    size = alt.Size("count:Q", scale=alt.Scale(type="log", range=[30, 320]), legend=None)
    drawn = diagonal + base.mark_line(color=FIRST, strokeWidth=1.5)
    drawn += base.mark_point(filled=True, color=FIRST, opacity=1).encode(size=size)
    return styled(drawn.properties(width=width, height=280, autosize=fit_width()))


def coverage(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw the quality of the most confident answers against the share of tasks answered."""
    axis = alt.Axis(format="%", tickCount=5)
    x = alt.X("coverage:Q", title="share of tasks answered", axis=axis, scale=alt.Scale(zero=False))
    names = {
        "micro_f1": "micro-F1 of the answered tasks",
        "exact_match": "exact match of the answered tasks",
        "micro_f1_of_all": "micro-F1 of all tasks, unanswered ones missed",
    }
    return line_chart(contents["coverage"] or [], x, names, width)


def learning_curve(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw averages against the number of training tasks."""
    x = alt.X("tasks:Q", title="training tasks", axis=alt.Axis(format=",d", tickCount=5))
    names = {key: AVERAGES[key] for key in ("escalate_f1", "micro_f1", "collaborate_f1")}
    return line_chart(contents["learning_curve"] or [], x, names, width)


def agreement(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw two bars for each label: which of model and rules predicts it, and which is right where they differ."""
    counts = {
        label: row
        for label, row in contents["agreement"].items()
        if row["both"] + row["model_only"] + row["rules_only"]
    }
    if not counts:
        return None
    predicting = {"both": "model and rules", "model_only": "model only", "rules_only": "rules only"}
    right = {"model_right": "model right", "rules_right": "rules right"}
    gap, wide = 20, width >= NARROW_BELOW
    side = (width // 2 if wide else width) - 170 - gap
    panels = [
        _agreement_bars(counts, predicting, [REST, SECOND, THIRD], side, "Predicted by"),
        _agreement_bars(counts, right, [SECOND, THIRD], side, "Where the two differ"),
    ]
    joined = alt.hconcat(*panels, spacing=gap) if wide else alt.vconcat(*panels)
    return styled(joined.resolve_scale(color="independent"))


def _agreement_bars(
    counts: Mapping[str, Mapping[str, int]], keys: Mapping[str, str], shades: Sequence[str], side: int, title: str
) -> alt.FacetChart:
    rows: list[dict[str, Any]] = []
    for label, row in counts.items():
        disposition, target = split_label(label)
        rows += [
            {"disposition": disposition, "target": target, "part": part, "order": order, "count": row[key]}
            for order, (key, part) in enumerate(keys.items())
        ]
    dispositions, targets = (list(dict.fromkeys(row[key] for row in rows)) for key in ("disposition", "target"))
    parts = list(keys.values())
    axis = alt.Axis(format="%", values=[0, 0.5, 1])
    bars = (
        alt.Chart()
        .mark_bar(stroke=PAPER, strokeWidth=1)
        .encode(
            y=alt.Y("target:N", sort=targets, title=None, axis=name_axis(170)),
            x=alt.X("count:Q", stack="normalize", title=None, axis=axis),
            color=alt.Color("part:N", sort=parts, scale=scale_of(parts, shades), legend=alt.Legend(columns=1)),
            order="order:Q",
        )
        .properties(width=side, height=alt.Step(18))
    )
    header = alt.Header(labelOrient="top", labelFontWeight="bold")
    by_disposition = alt.Row("disposition:N", sort=dispositions, header=header)
    facets = bars.facet(row=by_disposition, data=alt.InlineData(values=rows), title=title, spacing=8)
    panel: alt.FacetChart = facets.resolve_scale(y="independent")
    return panel


def drift(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw two marks for each word, its frequency here and in the training tasks, with a line between them."""
    found = contents["drift"]
    if found is None or not (found["more"] or found["less"]):
        return None
    names, margin, wide = 120, 26, width >= NARROW_BELOW
    side = ((width - margin) // 2 if wide else width) - names - margin
    panels = [
        _drift_words(found[key][:12], title, names, side)
        for key, title in (("more", "More frequent here"), ("less", "Less frequent here"))
        if found[key]
    ]
    joined = alt.hconcat(*panels, spacing=margin) if wide else alt.vconcat(*panels)
    return styled(joined.resolve_scale(x="shared"))


def _drift_words(words: Sequence[Mapping[str, Any]], title: str, names: int, side: int) -> alt.LayerChart:
    y = alt.Y("term:N", sort=None, title=None, axis=name_axis(names))
    sides = {"here": "here", "there": "in training"}
    ends = [{"term": word["term"], "side": name, "share": word[key]} for word in words for key, name in sides.items()]
    shown = list(sides.values())
    scale = alt.Scale(type="sqrt")
    between = alt.Chart(alt.InlineData(values=list(words))).mark_rule(color=REST).encode(y=y, x="here:Q", x2="there:Q")
    marks = (
        alt.Chart(alt.InlineData(values=ends))
        .mark_point(filled=True, size=60, opacity=1)
        .encode(
            y=y,
            x=alt.X("share:Q", title="per 1,000 known words", axis=alt.Axis(tickCount=4), scale=scale),
            color=alt.Color("side:N", sort=shown, scale=scale_of(shown, COLOURS)),
            shape=alt.Shape("side:N", sort=shown, scale=scale_of(shown, SHAPES)),
        )
    )
    layers: alt.LayerChart = (between + marks).properties(title=title, width=side, height=alt.Step(18))
    return layers


CHARTS: dict[str, Callable[[dict[str, Any], int], Chart | None]] = {
    "averages": averages,
    "curves": curves,
    "reliability": reliability,
    "coverage": coverage,
    "agreement": agreement,
    "learning-curve": learning_curve,
    "drift": drift,
}
"""The charts by the names of their pictures, which are those of `TITLES`. None means that there is nothing to draw."""


def picture(contents: dict[str, Any], name: str) -> str | None:
    """Draw a chart as SVG for a document; None if there is nothing to draw."""
    chart = CHARTS[name](contents, HALF if name in _HALVES else WIDE)
    return None if chart is None else as_svg(chart)


def inlined(contents: dict[str, Any], name: str) -> dict[str, Markup] | None:
    """Draw a chart for the page, for a wide screen and for a phone.

    Returns
    -------
    dict of str to Markup or None
        ``wide`` and ``narrow``; None if there is nothing to draw.
    """
    widths = {"wide": HALF if name in _HALVES else WIDE, "narrow": PHONE}
    charts = {size: CHARTS[name](contents, width) for size, width in widths.items()}
    drawn = {size: as_svg(chart) for size, chart in charts.items() if chart is not None}
    return {size: as_markup(svg, f"{name}-{size}", TITLES[name]) for size, svg in drawn.items()} or None
