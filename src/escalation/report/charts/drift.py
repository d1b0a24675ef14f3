"""Which words the tasks have more and less often than those that the model learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.report.charts.look import NARROW, REST, colours, finished, names, shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from escalation.report.charts.look import Chart

_SHOWN = 12
_NAMES, _MARGIN, _ROW = 120, 26, 18
_SIDES = ["here", "learned from"]


def drift(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw two marks a word, how often it is said here and there, with a line between them."""
    found = contents["drift"]
    if found is None or not (found["more"] or found["less"]):
        return None
    wide = width >= NARROW
    side = ((width - _MARGIN) // 2 if wide else width) - _NAMES - _MARGIN
    panels = [
        _words(found[key][:_SHOWN], title, side)
        for key, title in (("more", "Said more often here"), ("less", "Said less often here"))
        if found[key]
    ]
    joined = alt.hconcat(*panels, spacing=_MARGIN) if wide else alt.vconcat(*panels)
    return finished(joined.resolve_scale(x="shared"))


def _words(words: Sequence[Mapping[str, Any]], title: str, side: int) -> alt.LayerChart:
    y = alt.Y("term:N", sort=None, title=None, axis=names(_NAMES))
    ends = [
        {"term": word["term"], "side": name, "share": word[key]}
        for word in words
        for name, key in zip(_SIDES, ("here", "there"), strict=True)
    ]
    between = alt.Chart(alt.InlineData(values=list(words))).mark_rule(color=REST).encode(y=y, x="here:Q", x2="there:Q")
    marks = (
        alt.Chart(alt.InlineData(values=ends))
        .mark_point(filled=True, size=60, opacity=1)
        .encode(
            y=y,
            x=alt.X("share:Q", title="of 1,000 known words", axis=alt.Axis(tickCount=4), scale=alt.Scale(type="sqrt")),
            color=alt.Color("side:N", sort=_SIDES, scale=colours(_SIDES)),
            shape=alt.Shape("side:N", sort=_SIDES, scale=shapes(_SIDES)),
        )
    )
    layers: alt.LayerChart = (between + marks).properties(title=title, width=side, height=alt.Step(_ROW))
    return layers
