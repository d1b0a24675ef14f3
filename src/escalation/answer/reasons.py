"""Why a label was given: the rules that fired, and the n-grams and cues that the model weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.answer.prediction import Reason
from escalation.model.features import ngram_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.answer.attribution import Attribution
    from escalation.model.signals import Signals
    from escalation.rules.engine import Fired
    from escalation.rules.evidence import CueHit
    from escalation.rules.groups import Resolution
    from escalation.task.text import Reading

MAX_RULE_REASONS = 50
"""A text that repeats itself a thousand times does not give a thousand reasons."""
MAX_TERMS = 5
"""As many n-grams, and as many cues, stand among the reasons of an entry."""


def reasons_for(
    label: str, signals: Signals, attribution: Attribution | None, cue_names: Sequence[str]
) -> list[Reason]:
    """Give the reasons for a label: its rules, then the n-grams that weigh most; without rules, also the cues."""
    reasons = _rule_reasons(label, signals)
    if attribution is None:
        return reasons
    terms = [_term(position, signals, attribution) for position in _heaviest(attribution.grams)]
    if reasons:
        return reasons + terms
    return terms + [_cue(position, signals, attribution, cue_names) for position in _heaviest(attribution.cues)]


def all_terms(signals: Signals, attribution: Attribution, cue_names: Sequence[str]) -> list[Reason]:
    """Give every n-gram and cue with what it adds to a label's score, the weightiest for or against first."""
    terms = [_term(position, signals, attribution) for position in range(len(attribution.grams))]
    terms += [_cue(position, signals, attribution, cue_names) for position in range(len(attribution.cues))]
    return sorted(terms, key=lambda reason: -abs(reason.weight or 0.0))


def resolution_reason(resolution: Resolution, reading: Reading) -> list[Reason]:
    """Give the reason why a group became this mode, or none where it stays open."""
    if resolution.by == "fallback":
        return [Reason("fallback", f"no mode for the provider: {resolution.mode}")]
    if resolution.technology is None or resolution.by == "open":
        return []
    if resolution.words is None:
        return [Reason(resolution.by, resolution.technology, id=resolution.technology)]
    start, end = reading.span(*resolution.words)
    return [Reason(resolution.by, reading.text[start:end], id=resolution.technology, start=start, end=end)]


def _term(position: int, signals: Signals, attribution: Attribution) -> Reason:
    reading = signals.evidence.reading
    start, end = reading.span(*ngram_span(attribution.places[position], len(reading.words)))
    weight = float(attribution.grams[position])
    return Reason("term", reading.text[start:end], start=start, end=end, weight=weight)


def _cue(position: int, signals: Signals, attribution: Attribution, names: Sequence[str]) -> Reason:
    name = names[signals.cues[position]]
    return Reason("cue", name, id=name, weight=float(attribution.cues[position]))


def rule_reason(fired: Fired, hit: CueHit, reading: Reading) -> Reason:
    """Give a rule that fired as a reason, with one of the cues that made it."""
    start, end = reading.span(hit.first, hit.last)
    return Reason("rule", reading.text[start:end], fired.rule.id, fired.rule.source.section, start, end)


def _rule_reasons(label: str, signals: Signals) -> list[Reason]:
    evidence = signals.evidence
    reasons: dict[tuple[str, int, int], Reason] = {}
    for fired in signals.verdicts[label].fired:
        if fired.value != "for":
            continue
        if len(reasons) >= MAX_RULE_REASONS:
            break
        for hit in fired.hits(evidence):
            key = fired.rule.id, hit.first, hit.last
            if key not in reasons:
                reasons[key] = rule_reason(fired, hit, evidence.reading)
    return list(reasons.values())[:MAX_RULE_REASONS]


def _heaviest(weights: NDArray[np.floating[Any]]) -> list[int]:
    """Positions of the largest positive weights, the largest first."""
    return [int(position) for position in np.argsort(-weights, kind="stable")[:MAX_TERMS] if weights[position] > 0]
