"""Several figures along one axis: the form of more than one chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.report.charts.look import colours, dashes, finished, fitted, shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from escalation.report.charts.look import Chart

_HEIGHT = 220


def lines(points: Sequence[Mapping[str, Any]], along: alt.X, names: Mapping[str, str], width: int) -> Chart | None:
    """Draw one line a figure.

    Parameters
    ----------
    points : sequence of mapping
    along : altair.X
        The axis that all figures share.
    names : mapping of str to str
        The keys of the figures, each with what the legend calls it.
    width : int

    Returns
    -------
    Chart or None
        None where there is no point.
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
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=along,
        y=alt.Y(
            "value:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=5, format=".2f")
        ),
        color=alt.Color("figure:N", scale=colours(shown), sort=shown, legend=legend),
    )
    layers = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("figure:N", scale=dashes(shown), sort=shown, legend=legend)
    ) + base.mark_point(filled=True, size=45, opacity=1).encode(
        shape=alt.Shape("figure:N", scale=shapes(shown), sort=shown, legend=legend)
    )
    return finished(layers.properties(width=width, height=_HEIGHT, autosize=fitted()))
