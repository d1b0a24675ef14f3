"""From signals to decisions: one small policy joins model and rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from escalation.model.heads import LabelPolicy
    from escalation.rules.engine import Verdict

Engine = Literal["hybrid", "model", "rules"]
ENGINES: tuple[Engine, ...] = ("hybrid", "model", "rules")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a label is given, what decided, and whether the model would rather not say."""

    given: bool
    source: Literal["model", "rules"]
    probability: float | None = None
    undecided: bool = False


def decide(policy: LabelPolicy, probability: float, rules: str, engine: Engine) -> Decision:
    """Decide a label from its two signals.

    Parameters
    ----------
    policy : LabelPolicy
        Threshold and band of the label.
    probability : float
        The model's calibrated probability.
    rules : {"for", "against", "silent"}
        The rules' verdict.
    engine : {"hybrid", "model"}
        ``model`` leaves the rules out of it. ``hybrid`` lets them decide inside the band in which the
        model abstains, and everywhere for a label of too little support; where the model abstains and
        the rules are silent, the threshold decides and the label is marked as undecided.

    Returns
    -------
    Decision
    """
    if engine == "model":
        return Decision(probability >= policy.threshold and not policy.by_rules, "model", probability)
    if policy.by_rules:
        return Decision(rules == "for", "rules", probability)
    if policy.low <= probability < policy.high:
        if rules != "silent":
            return Decision(rules == "for", "rules", probability)
        return Decision(probability >= policy.threshold, "model", probability, undecided=True)
    return Decision(probability >= policy.threshold, "model", probability)


def decide_by_rules(verdict: Verdict) -> Decision:
    """Decide a label by the rules alone."""
    return Decision(verdict.value == "for", "rules")
