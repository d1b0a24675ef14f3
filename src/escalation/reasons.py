"""Why a label was given: the rules that fired, and the n-grams and cues that the model weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.features import ngram_span
from escalation.prediction import Part, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from escalation.groups import Resolution
    from escalation.model.heads import Model, Scores
    from escalation.signals import Signals

MAX_RULE_REASONS = 50
"""A text that repeats itself a thousand times does not give a thousand reasons."""
MAX_TERMS = 5
"""As many n-grams, and as many cues, stand among the reasons of an entry."""


def reasons_for(label: str, signals: Signals, model: Model | None, cue_names: Sequence[str]) -> list[Reason]:
    """Give the reasons for a label: its rules, then the n-grams that weigh most; without rules, also the cues."""
    reasons = _rule_reasons(label, signals)
    if model is None or signals.scores is None:
        return reasons
    reading, scores = signals.evidence.reading, signals.scores
    weights = _contributions(label, scores, model)
    terms = []
    for position in _heaviest(weights):
        first, last = ngram_span(scores.occurrences[position][0], len(reading.words))
        start, end = reading.starts[first], reading.ends[last]
        terms.append(Reason("term", reading.text[start:end], start=start, end=end, weight=float(weights[position])))
    if reasons:
        return reasons + terms
    of_cues = model.weights[np.asarray(signals.cues, np.intp) + len(model.vocabulary), model.labels.index(label)]
    for position in _heaviest(of_cues):
        name = cue_names[signals.cues[position]]
        terms.append(Reason("cue", name, id=name, weight=float(of_cues[position])))
    return terms


def resolution_reason(resolution: Resolution, text: str) -> list[Reason]:
    """Give the reason why a group became this mode, or none where it stays open."""
    if resolution.by == "fallback":
        return [Reason("fallback", f"no mode for the provider: {resolution.mode}")]
    if resolution.technology is None or resolution.by == "open":
        return []
    if resolution.start is None:
        return [Reason(resolution.by, resolution.technology, id=resolution.technology)]
    words = text[resolution.start : resolution.end]
    return [Reason(resolution.by, words, id=resolution.technology, start=resolution.start, end=resolution.end)]


def parts_of(labels: Mapping[str, tuple[str, str]], signals: Signals, model: Model | None) -> tuple[Part, ...]:
    """Give the clauses that caused the labels.

    A label is caused by the clauses in which its rules fired; where none did, by the clause in which
    the model's n-grams weigh most.

    Parameters
    ----------
    labels : mapping of str to tuple of str
        Disposition and target in the answer, by label given.
    signals : Signals
    model : Model or None
    """
    reading = signals.evidence.reading
    caused: dict[int, dict[str, list[str]]] = {}
    for label, (disposition, target) in labels.items():
        clauses = {fired.clause for fired in signals.verdicts[label].fired if fired.value == "for"}
        for clause in clauses or _heaviest_clause(label, signals, model):
            targets = caused.setdefault(clause, {"escalate": [], "collaborate": []})[disposition]
            if target not in targets:
                targets.append(target)
    parts = []
    for clause in sorted(caused):
        start, end = reading.clause_span(clause)
        both = caused[clause]
        parts.append(Part(reading.text[start:end], start, end, tuple(both["escalate"]), tuple(both["collaborate"])))
    return tuple(parts)


def _rule_reasons(label: str, signals: Signals) -> list[Reason]:
    text = signals.evidence.reading.text
    reasons: dict[tuple[str, int, int], Reason] = {}
    for fired in signals.verdicts[label].fired:
        if fired.value != "for":
            continue
        for hit in fired.hits:
            reasons.setdefault(
                (fired.rule.id, hit.start, hit.end),
                Reason(
                    "rule",
                    text[hit.start : hit.end],
                    id=fired.rule.id,
                    section=fired.rule.source.section,
                    start=hit.start,
                    end=hit.end,
                ),
            )
    return list(reasons.values())[:MAX_RULE_REASONS]


def _contributions(label: str, scores: Scores, model: Model) -> NDArray[np.float64]:
    """What each known n-gram adds to the logit of a label."""
    numbers = [number for _, number in scores.occurrences]
    contributions: NDArray[np.float64] = scores.values * model.weights[numbers, model.labels.index(label)]
    return contributions


def _heaviest(weights: NDArray[np.floating[Any]]) -> list[int]:
    """Positions of the largest positive weights, the largest first."""
    return [int(position) for position in np.argsort(-weights, kind="stable")[:MAX_TERMS] if weights[position] > 0]


def _heaviest_clause(label: str, signals: Signals, model: Model | None) -> list[int]:
    if model is None or signals.scores is None:
        return []
    reading = signals.evidence.reading
    weights: dict[int, float] = {}
    contributions = _contributions(label, signals.scores, model).tolist()
    for (index, _), weight in zip(signals.scores.occurrences, contributions, strict=True):
        clause = reading.clause_of[ngram_span(index, len(reading.words))[0]]
        weights[clause] = weights.get(clause, 0.0) + weight
    return [max(weights, key=lambda clause: weights[clause])] if weights else []
