"""What the report calls things."""

from __future__ import annotations

from escalation.rules.rulebook import CORE, DISPOSITIONS

AVERAGES = {
    "micro_f1": "micro-F1",
    "escalate_f1": "escalate F1",
    "collaborate_f1": "collaborate F1",
    "macro_f1": "macro-F1",
    "core_f1": "own work F1",
    "exact_match": "exactly right",
    "free_kept": "kept free",
}
"""The averages by their keys. *Kept free* is the share of the tasks that need nobody and are given nobody."""
TITLES = {
    "averages": "Averages of all engines with their intervals",
    "curves": "Precision against recall for each label, with the place that its threshold chooses",
    "reliability": "How often a label was right against how probable it was called",
    "coverage": "Quality against the share of the tasks that is answered",
    "agreement": "Who gives each label, model or rules, and who is right where one alone gives it",
    "learning-curve": "Averages against the number of tasks learned from",
    "drift": "Words said more and less often here than in the tasks learned from",
}
"""What each chart shows, by its name, for readers who do not see it."""
_OWN = "own work"


def parted(label: str) -> tuple[str, str]:
    """Give a label's disposition and target; own work has no disposition and stands as both."""
    disposition, colon, target = label.partition(":")
    if colon and disposition in DISPOSITIONS:
        return disposition, target
    return (_OWN, _OWN) if label == CORE else (label, label)


def named(label: str) -> str:
    """Give a label as one phrase, with the target first: that is what a reader looks for."""
    disposition, target = parted(label)
    return target if disposition == target else f"{target} ({disposition})"


def count(value: float | None) -> str:
    """Give a number of things."""
    return "-" if value is None else f"{value:,.0f}"


def figure(value: float | None) -> str:
    """Give a figure with as many digits as it is worth."""
    if value is None:
        return "-"
    return count(value) if isinstance(value, int) or abs(value) >= 100 else f"{value:.2f}"


def share(value: float | None, digits: int = 2) -> str:
    """Give a figure between 0 and 1."""
    return "-" if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """Give a share."""
    if value is None:
        return "-"
    if 0 < value < 0.001:
        return "under 0.1%"
    return f"{value:.1%}" if 0 < value < 0.1 else f"{value:.0%}"


def listed(phrases: list[str]) -> str:
    """Join phrases as a sentence does."""
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)
