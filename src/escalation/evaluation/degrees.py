"""How often the right specialist is given the wrong part: an escalation as a collaboration, or the reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.rules.rulebook import DISPOSITIONS

if TYPE_CHECKING:
    from escalation.evaluation.run import Run


def confusions(run: Run) -> dict[str, dict[str, int]]:
    """Count wrong degrees in the first engine's answers, for each target that takes both parts.

    Returns
    -------
    dict of str to dict
        ``softened``: escalations given as collaborations; ``hardened``: the reverse; ``tasks`` that need the target and
        are given it, in whichever part.
    """
    given, column = run.answers[run.engine].given, {label: index for index, label in enumerate(run.columns)}
    escalated, shared = (f"{disposition}:" for disposition in DISPOSITIONS)
    found = {}
    for label, high in column.items():
        low = column.get(label.replace(escalated, shared))
        if not label.startswith(escalated) or low is None:
            continue
        named = (run.targets[:, high] | run.targets[:, low]) & (given[:, high] | given[:, low])
        found[label.removeprefix(escalated)] = {
            "softened": int((run.targets[:, high] & given[:, low]).sum()),
            "hardened": int((run.targets[:, low] & given[:, high]).sum()),
            "tasks": int(named.sum()),
        }
    return found
