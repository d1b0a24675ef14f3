"""The report's charts, each a function of the report's contents and of the width in pixels that it may take.

A function returns None if there is nothing to draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.evaluation.metrics import AVERAGES
from escalation.report import look
from escalation.rules.rulebook import CORE, Label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup

    from escalation.report.look import Chart

    Row = dict[str, Any]

WIDE, HALF, PHONE = 800, 390, 328
"""Widths in pixels: the page's column, half of it, and a phone's."""
_NARROW_BELOW = 500
"""In a chart of fewer pixels, panels go one below the other."""
_HALVES = ("reliability", "coverage", "settled", "learning-curve")
_WHOLE = alt.Scale(domain=[0, 1])
_DOT: dict[str, Any] = {"filled": True, "opacity": 1}


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
    narrow = width < _NARROW_BELOW
    legend = alt.Legend(columns=2 if narrow else len(engines))
    names = look.name_axis(130 if narrow else 200, grid=True, tickBand="extent")
    base = _chart(rows).encode(
        y=alt.Y("average:N", sort=shown, title=None, axis=names, scale=alt.Scale(padding=0)),
        yOffset=alt.YOffset("engine:N", sort=engines, scale=alt.Scale(paddingOuter=0.4)),
        **look.distinguish("engine", engines, "color", legend=legend),
    )
    intervals = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
    marks = base.mark_point(size=60, **_DOT).encode(
        x=alt.X("value:Q", title=None, axis=alt.Axis(tickCount=5, format=".1f"), scale=_WHOLE),
        **look.distinguish("engine", engines, "shape", legend=legend),
    )
    return _sized(intervals + marks, width, len(shown) * (13 * len(engines) + 8))


def curves(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw a panel for each target: a precision-recall curve for each disposition, and the chosen point on it."""
    rows: list[Row] = []
    for label, curve in contents["curves"].items():
        name = _label_row(label)
        rows += [
            {**name, "recall": recall, "precision": precision, "order": place}
            for place, (recall, precision) in enumerate(curve["points"])
        ]
        if curve["chosen"] is not None:
            rows.append({**name, "chosen": True, **curve["chosen"]})
    if not rows:
        return None
    gap, columns = 16, 2 if width < _NARROW_BELOW else 4
    side = (width - 62 - gap * (columns - 1)) // columns
    dispositions = _distinct(rows, "disposition")
    axis = alt.Axis(values=[0, 0.5, 1], format=".1f")
    base = _chart(rows).encode(
        x=alt.X("recall:Q", scale=_WHOLE, axis=axis),
        y=alt.Y("precision:Q", scale=_WHOLE, axis=axis),
        **look.distinguish("disposition", dispositions, "color"),
    )
    dashes, shapes = (look.distinguish("disposition", dispositions, channel) for channel in ("strokeDash", "shape"))
    lines = base.mark_line(strokeWidth=1.75).encode(order="order:Q", **dashes).transform_filter("!datum.chosen")
    chosen = base.mark_point(size=80, **_DOT).encode(**shapes).transform_filter("datum.chosen")
    layers = (lines + chosen).properties(width=side, height=side)
    header = alt.Header(labelLimit=int((side + gap / 2) / look.WIDEST))
    facet = alt.Facet("target:N", sort=_distinct(rows, "target"), header=header)
    panels: Chart = layers.facet(facet=facet, columns=columns, spacing=gap)
    return panels


def reliability(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw the observed share of correct labels against the predicted probability; the diagonal is perfect."""
    if contents["reliability"] is None:
        return None
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    x = alt.X("probability:Q", title="predicted probability", axis=axis, scale=_WHOLE)
    y = alt.Y("share:Q", title="observed share", axis=axis, scale=_WHOLE)
    ends = _chart([{"probability": end, "share": end} for end in (0, 1)])
    diagonal = ends.mark_line(color=look.SOFT, strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)
    base = _chart(contents["reliability"]["bins"]).encode(x=x, y=y)
    size = alt.Size("count:Q", scale=alt.Scale(type="log", range=[30, 320]), legend=None)
    lines = base.mark_line(color=look.FIRST, strokeWidth=1.5)
    marks = base.mark_point(color=look.FIRST, **_DOT).encode(size=size)
    return _sized(diagonal + lines + marks, width, 280)


def coverage(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw the quality of the most confident answers against the share of tasks answered."""
    axis = alt.Axis(format="%", tickCount=5)
    x = alt.X("coverage:Q", title="share of tasks answered", axis=axis, scale=alt.Scale(zero=False))
    names = {
        "micro_f1": "micro-F1 of the answered tasks",
        "exact_match": "exact match of the answered tasks",
        "micro_f1_of_all": "micro-F1 of all tasks, unanswered ones missed",
    }
    return _line_chart(contents["coverage"] or [], x, names, width)


def settled(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw micro-F1 against the share of the answers that a reader settles, by doubt and in random order."""
    x = alt.X("share:Q", title="share of answers settled", axis=alt.Axis(format="%", tickCount=5))
    names = {"micro_f1": "micro-F1, the most doubtful first", "in_random_order": "micro-F1, in random order"}
    return _line_chart(contents["settled"] or [], x, names, width)


def learning_curve(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw averages against the number of training tasks."""
    x = alt.X("tasks:Q", title="training tasks", axis=alt.Axis(format=",d", tickCount=5))
    names = {key: AVERAGES[key] for key in ("escalate_f1", "micro_f1", "collaborate_f1")}
    return _line_chart(contents["learning_curve"] or [], x, names, width)


def _line_chart(points: Sequence[Row], x: alt.X, names: Mapping[str, str], width: int) -> Chart | None:
    """Draw one line for each figure of the points; `names` are the figures' names in the legend, by their keys."""
    rows = [
        {**point, "figure": name, "value": point[key]}
        for point in points
        for key, name in names.items()
        if point[key] is not None
    ]
    if not rows:
        return None
    shown, legend = list(names.values()), alt.Legend(columns=1)
    axis = alt.Axis(tickCount=5, format=".2f")
    base = _chart(rows).encode(
        x=x,
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=axis),
        **look.distinguish("figure", shown, "color", legend=legend),
    )
    lines = base.mark_line(strokeWidth=2).encode(**look.distinguish("figure", shown, "strokeDash", legend=legend))
    marks = base.mark_point(size=45, **_DOT).encode(**look.distinguish("figure", shown, "shape", legend=legend))
    return _sized(lines + marks, width, 220)


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
    gap = 20
    side = (width if width < _NARROW_BELOW else width // 2) - 170 - gap
    panels = [
        _agreement_bars(counts, predicting, [look.REST, look.SECOND, look.THIRD], side, "Predicted by"),
        _agreement_bars(counts, right, [look.SECOND, look.THIRD], side, "Where the two differ"),
    ]
    return _joined(panels, width, gap, color="independent")


def _agreement_bars(
    counts: Mapping[str, Mapping[str, int]], keys: Mapping[str, str], shades: Sequence[str], side: int, title: str
) -> Chart:
    rows = [
        {**_label_row(label), "part": part, "order": order, "count": row[key]}
        for label, row in counts.items()
        for order, (key, part) in enumerate(keys.items())
    ]
    parts = alt.Scale(domain=list(keys.values()), range=list(shades))
    bars = _chart(rows).mark_bar(stroke=look.PAPER, strokeWidth=1).properties(width=side, height=alt.Step(18))
    encoded = bars.encode(
        y=alt.Y("target:N", sort=_distinct(rows, "target"), title=None, axis=look.name_axis(170)),
        x=alt.X("count:Q", stack="normalize", title=None, axis=alt.Axis(format="%", values=[0, 0.5, 1])),
        color=alt.Color("part:N", sort=list(keys.values()), scale=parts, legend=alt.Legend(columns=1)),
        order="order:Q",
    )
    header = alt.Header(labelOrient="top", labelFontWeight="bold")
    by_disposition = alt.Row("disposition:N", sort=_distinct(rows, "disposition"), header=header)
    panel: Chart = encoded.facet(row=by_disposition, title=title, spacing=8).resolve_scale(y="independent")
    return panel


def drift(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw two marks for each word, its frequency here and in the training tasks, with a line between them."""
    found = contents["drift"]
    if found is None or not (found["more"] or found["less"]):
        return None
    names, margin = 120, 26
    side = (width if width < _NARROW_BELOW else (width - margin) // 2) - names - margin
    titles = {"more": "More frequent here", "less": "Less frequent here"}
    panels = [_drift_words(found[key][:12], title, names, side) for key, title in titles.items() if found[key]]
    return _joined(panels, width, margin, x="shared")


def _drift_words(words: Sequence[Row], title: str, names: int, side: int) -> Chart:
    sides = {"here": "here", "there": "in training"}
    ends = [{"term": word["term"], "side": name, "share": word[key]} for word in words for key, name in sides.items()]
    y = alt.Y("term:N", sort=None, title=None, axis=look.name_axis(names))
    between = _chart(words).mark_rule(color=look.REST).encode(y=y, x="here:Q", x2="there:Q")
    marks = _chart(ends).mark_point(size=60, **_DOT)
    encoded = marks.encode(
        y=y,
        x=alt.X("share:Q", title="per 1,000 known words", axis=alt.Axis(tickCount=4), scale=alt.Scale(type="sqrt")),
        **look.distinguish("side", list(sides.values()), "color", "shape"),
    )
    layers: Chart = (between + encoded).properties(title=title, width=side, height=alt.Step(18))
    return layers


# ------------------------------------------------------------------------------------------------ labels and panels


def split_label(label: str) -> tuple[str, str]:
    """Return the disposition and the target of a label; both are "own work" for core.

    >>> split_label("escalate:database-specialist")
    ('escalate', 'database-specialist')
    """
    parsed = Label.parse(label)
    return ("own work", "own work") if parsed == CORE else (parsed.disposition, parsed.target)


def _label_row(label: str) -> Row:
    disposition, target = split_label(label)
    return {"disposition": disposition, "target": target}


def _distinct(rows: Sequence[Row], key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows))


def _chart(rows: Sequence[Row]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(rows)))


def _sized(chart: alt.LayerChart, width: int, height: int) -> Chart:
    """Return a chart of one view that takes exactly its width, axes included."""
    fitted = alt.AutoSizeParams(type="fit-x", contains="padding")
    sized: Chart = chart.properties(width=width, height=height, autosize=fitted)
    return sized


def _joined(panels: Sequence[Chart], width: int, gap: int, **scales: Any) -> Chart:
    """Return panels one below the other if they are narrow, or else side by side."""
    joined = alt.vconcat(*panels) if width < _NARROW_BELOW else alt.hconcat(*panels, spacing=gap)
    resolved: Chart = joined.resolve_scale(**scales)
    return resolved


# ------------------------------------------------------------------------------------------------ drawing

CHARTS: dict[str, Callable[[dict[str, Any], int], Chart | None]] = {
    "averages": averages,
    "curves": curves,
    "reliability": reliability,
    "coverage": coverage,
    "settled": settled,
    "agreement": agreement,
    "learning-curve": learning_curve,
    "drift": drift,
}
"""The charts by the names of their pictures."""


def draw(contents: dict[str, Any], name: str, *, phone: bool = False) -> str | None:
    """Draw a chart as SVG for the page's column, which documents share, or for a phone."""
    width = PHONE if phone else HALF if name in _HALVES else WIDE
    chart = CHARTS[name](contents, width)
    return None if chart is None else look.as_svg(chart)


def inlined(contents: dict[str, Any], name: str, title: str) -> dict[str, Markup] | None:
    """Draw a chart for the page, as ``wide`` and ``narrow``; None if there is nothing to draw."""
    drawn = {"wide": draw(contents, name), "narrow": draw(contents, name, phone=True)}
    drawings = {size: look.as_markup(svg, f"{name}-{size}", title) for size, svg in drawn.items() if svg is not None}
    return drawings or None
