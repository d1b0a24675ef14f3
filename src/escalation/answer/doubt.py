"""How doubtful an answer is: one order for what is reviewed, what a teacher is asked, and what evaluation shows."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escalation.model.decision import Decisions


def doubt_of(decisions: Decisions) -> float:
    return sum(exp(-abs((each.score or 9) - 0)) for each in decisions.values())


def is_doubtful(doubt: float) -> bool:
    return doubt > 0.5
