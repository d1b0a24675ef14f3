"""How far probabilities can be believed, and what leaving the least sure tasks to somebody else gains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.report.charts.lines import lines
from escalation.report.charts.look import FIRST, SOFT, finished, fitted

if TYPE_CHECKING:
    from escalation.report.charts.look import Chart

_HEIGHT = 280


def reliability(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw how often a label was right against how probable it was called; the diagonal is perfect."""
    if contents["reliability"] is None:
        return None
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("probability:Q", title="said", axis=axis, scale=scale)
    y = alt.Y("share:Q", title="was so", axis=axis, scale=scale)
    ends = alt.InlineData(values=[{"probability": end, "share": end} for end in (0, 1)])
    diagonal = alt.Chart(ends).mark_line(color=SOFT, strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)
    base = alt.Chart(alt.InlineData(values=contents["reliability"]["bins"])).encode(x=x, y=y)
    size = alt.Size("count:Q", scale=alt.Scale(type="log", range=[30, 320]), legend=None)
    drawn = diagonal + base.mark_line(color=FIRST, strokeWidth=1.5)
    drawn += base.mark_point(filled=True, color=FIRST, opacity=1).encode(size=size)
    return finished(drawn.properties(width=width, height=_HEIGHT, autosize=fitted()))


def coverage(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw the quality of the surest answers against the share of the tasks that is answered."""
    along = alt.X(
        "coverage:Q",
        title="share of the tasks that is answered",
        axis=alt.Axis(format="%", tickCount=5),
        scale=alt.Scale(zero=False),
    )
    names = {
        "micro_f1": "micro-F1 of what is answered",
        "exact_match": "exactly right of what is answered",
        "micro_f1_of_all": "micro-F1 of all, the others missed",
    }
    return lines(contents["coverage"] or [], along, names, width)
