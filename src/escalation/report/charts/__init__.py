"""The report's charts, each a function of the report's contents and of the width that it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from escalation.report.charts.agreement import agreement
from escalation.report.charts.averages import averages
from escalation.report.charts.curves import curves
from escalation.report.charts.drift import drift
from escalation.report.charts.learning import learning_curve
from escalation.report.charts.trust import coverage, reliability

if TYPE_CHECKING:
    from collections.abc import Callable

    from escalation.report.charts.look import Chart

CHARTS: dict[str, Callable[[dict[str, Any], int], Chart | None]] = {
    "averages": averages,
    "curves": curves,
    "reliability": reliability,
    "coverage": coverage,
    "agreement": agreement,
    "learning-curve": learning_curve,
    "drift": drift,
}
"""By the name of the picture. None comes back where the contents have nothing to draw."""
