"""Where model and rules agree, and which of the two is right where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escalation.evaluation.run import Run


def agreement(run: Run) -> dict[str, dict[str, int]]:
    """Count by label what the model alone and the rules alone answered.

    Returns
    -------
    dict of str to dict
        ``both``, ``model_only``, ``rules_only`` and ``neither`` give the label; ``model_right`` and ``rules_right``:
        who is right where exactly one of them gives it. Empty unless both engines were evaluated.
    """
    if "model" not in run.answers or "rules" not in run.answers:
        return {}
    model, rules, target = (
        matrix.astype(bool) for matrix in (run.answers["model"].given, run.answers["rules"].given, run.targets)
    )
    counts = {
        "both": model & rules,
        "model_only": model & ~rules,
        "rules_only": ~model & rules,
        "neither": ~model & ~rules,
        "model_right": (model != rules) & (model == target),
        "rules_right": (model != rules) & (rules == target),
    }
    return {
        label: {name: int(found[:, column].sum()) for name, found in counts.items()}
        for column, label in enumerate(run.columns)
    }
