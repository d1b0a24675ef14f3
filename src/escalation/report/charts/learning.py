"""What more tasks to learn from would bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from escalation.report.charts.lines import lines

if TYPE_CHECKING:
    from escalation.report.charts.look import Chart


def learning_curve(contents: dict[str, Any], width: int) -> Chart | None:
    """Draw the averages against the number of tasks that were learned from."""
    along = alt.X("tasks:Q", title="tasks learned from", axis=alt.Axis(format=",d", tickCount=5))
    names = {"escalate_f1": "escalate F1", "micro_f1": "micro-F1", "collaborate_f1": "collaborate F1"}
    return lines(contents["learning_curve"] or [], along, names, width)
