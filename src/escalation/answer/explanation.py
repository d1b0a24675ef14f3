"""A score taken apart: what spoke for and against every label of a task, all of it adding up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from escalation.answer.attribution import attribute
from escalation.answer.reasons import all_terms, rule_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from escalation.answer.prediction import Reason
    from escalation.model import Model
    from escalation.model.decision import Decision, Engine
    from escalation.model.signals import Signals


@dataclass(frozen=True, slots=True)
class LabelExplanation:
    """What spoke for and against one label.

    Attributes
    ----------
    label : str
        ``disposition:target``, with a group under the group's name, or ``core``.
    given : bool
    source : {"model", "rules"}
    probability, threshold : float or None
        None where the rules alone decide.
    score, base : float or None
        Logit of the probability, and what it would be for a text with no known word and no cue.
    contributions : tuple of Reason
        N-grams, cues and rules, the weightiest first. Their weights and `base` add up to `score`; where rules alone
        decide, they have no weight.
    """

    label: str
    given: bool
    source: str
    probability: float | None
    threshold: float | None
    score: float | None
    base: float | None
    contributions: tuple[Reason, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the explanation as JSON knows it."""
        return {
            "label": self.label,
            "given": self.given,
            "source": self.source,
            "probability": self.probability,
            "threshold": self.threshold,
            "score": self.score,
            "base": self.base,
            "contributions": [reason.to_dict() for reason in self.contributions],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """What spoke for and against every label of a task.

    Attributes
    ----------
    text : str
    engine : {"hybrid", "model", "rules"}
    abstained : str or None
        Why the model was not asked although there is one, or None.
    labels : tuple of LabelExplanation
        Those that are given first, each kind by falling probability.
    """

    text: str
    engine: str
    abstained: str | None
    labels: tuple[LabelExplanation, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the explanation as JSON knows it."""
        return {
            "text": self.text,
            "engine": self.engine,
            "abstained": self.abstained,
            "labels": [label.to_dict() for label in self.labels],
        }


def explain_label(
    label: str,
    decision: Decision,
    signals: Signals,
    model: Model | None,
    engine: Engine,
    cue_names: Sequence[str],
) -> LabelExplanation:
    """Take the score of one label apart; without a score, give the rules that spoke."""
    verdict = signals.verdicts[label]
    if model is None or signals.scores is None or decision.score is None:
        rules = _rules(label, signals, None)
        return LabelExplanation(label, decision.given, decision.source, None, None, None, None, rules)
    attribution = attribute(model, [label], signals.scores, engine)[label]
    of_rules = model.policies[label].join(engine).of_rules(verdict.value) if engine == "hybrid" else 0.0
    contributions = [*all_terms(signals, attribution, cue_names)]
    if of_rules:
        contributions += _rules(label, signals, of_rules)
    contributions.sort(key=lambda reason: -abs(reason.weight or 0.0))
    return LabelExplanation(
        label,
        decision.given,
        decision.source,
        decision.probability,
        decision.threshold,
        decision.score,
        attribution.base,
        tuple(contributions),
    )


def in_order(labels: Mapping[str, LabelExplanation]) -> tuple[LabelExplanation, ...]:
    """Order explanations: what is given first, then by falling probability."""
    return tuple(sorted(labels.values(), key=lambda label: (not label.given, -(label.probability or 0.0))))


def _rules(label: str, signals: Signals, weight: float | None) -> tuple[Reason, ...]:
    """The rules that spoke, each with its first cue; what they add is shared evenly among them."""
    evidence = signals.evidence
    spoken: dict[str, Reason] = {}
    verdict = signals.verdicts[label]
    for fired in verdict.fired:
        if fired.value == verdict.value:
            spoken.setdefault(fired.rule.id, rule_reason(fired, fired.hits(evidence)[0], evidence.reading))
    if weight is None:
        return tuple(spoken.values())
    share = weight / len(spoken)
    return tuple(reason._replace(weight=share) for reason in spoken.values())
