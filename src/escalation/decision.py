"""From signals to decisions: one small learned policy a label joins model and rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from escalation.model.joining import log_odds, nested_heads, nested_logit, sigmoid
from escalation.rulebook.types import CORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from escalation.model.heads import Model
    from escalation.model.joining import LabelPolicy
    from escalation.rules.engine import Verdict

Engine = Literal["hybrid", "model", "rules"]
ENGINES: tuple[Engine, ...] = ("hybrid", "model", "rules")
Caution = Literal["normal", "high"]
CAUTIONS: tuple[Caution, ...] = ("normal", "high")
DOUBT = 0.5
"""A label that is not given is undecided from this share of its threshold on."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a label is given, and what decided.

    Attributes
    ----------
    given : bool
    source : {"model", "rules"}
        ``rules`` where the label would be decided otherwise without what the rules say; for own work also where it
        follows from the other labels.
    probability : float or None
        Calibrated; None where no model was asked.
    score : float or None
        Its logit.
    threshold : float or None
        Probability from which the label is given.
    undecided : bool
        The label is not given, and not ruled out either.
    """

    given: bool
    source: Literal["model", "rules"]
    probability: float | None = None
    score: float | None = None
    threshold: float | None = None
    undecided: bool = False


def decide(
    model: Model,
    logits: tuple[float, ...],
    verdicts: Mapping[str, Verdict],
    engine: Engine,
    caution: Caution = "normal",
) -> dict[str, Decision]:
    """Decide every label from its two signals.

    Parameters
    ----------
    model : Model
    logits : tuple of float
        One a head of the model.
    verdicts : mapping of str to Verdict
        What the rules say of each label; not looked at by the engine ``model``.
    engine : {"hybrid", "model"}
        ``model`` leaves the rules out of it; ``hybrid`` weighs them, and lets them alone decide a label of
        too little support.
    caution : {"normal", "high"}
        With ``high`` a lower threshold where the training could promise one.

    Returns
    -------
    dict of str to Decision
    """
    nested = nested_heads(model.labels)
    decisions = {}
    for index, label in enumerate(model.labels):
        policy = model.policies[label]
        verdict = verdicts[label].value if engine == "hybrid" else "silent"
        if policy.by_rules:
            decisions[label] = Decision(verdict == "for", "rules" if engine == "hybrid" else "model")
            continue
        join = policy.join(engine)
        heads = nested.get(label)
        score = join.bias + join.flat * logits[index]
        if heads is not None:
            score += join.nested * nested_logit(logits[heads.involved], heads.sign * logits[heads.degree])
        threshold = _threshold(policy, engine, caution)
        decisions[label] = _decide(score, join.of_rules(verdict), threshold)
    return decisions


def with_own_work(decisions: dict[str, Decision]) -> dict[str, Decision]:
    """Say that own work is left where something is shared and nothing handed over, whatever the score of that label."""
    given = {label.partition(":")[0] for label, decision in decisions.items() if decision.given}
    core = decisions[CORE]
    if "collaborate" in given and "escalate" not in given and not core.given:
        decisions[CORE] = replace(core, given=True, source="rules", undecided=False)
    return decisions


def decide_by_rules(verdicts: Mapping[str, Verdict]) -> dict[str, Decision]:
    """Decide every label by the rules alone."""
    return {label: Decision(verdict.value == "for", "rules") for label, verdict in verdicts.items()}


def _threshold(policy: LabelPolicy, engine: Engine, caution: Caution) -> float:
    threshold = policy.thresholds[engine]
    if caution == "normal":
        return threshold
    cautious = policy.cautious[engine]
    return threshold if cautious is None else min(threshold, cautious)


def _decide(of_model: float, of_rules: float, threshold: float) -> Decision:
    score = of_model + of_rules
    probability = sigmoid(score)
    given = probability >= threshold
    turned = of_rules != 0.0 and (of_model >= log_odds(threshold)) != given
    return Decision(
        given,
        "rules" if turned else "model",
        probability,
        score,
        threshold,
        not given and probability >= DOUBT * threshold,
    )
