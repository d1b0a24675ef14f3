"""Why a label was assigned: the rules that fired, and the n-grams and cues that the model weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from escalation.answer.prediction import Reason
from escalation.model.features import ngram_span
from escalation.model.policy import nested_heads, nested_logit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.model.classifier import Model, Scores
    from escalation.model.signals import Signals
    from escalation.rules.engine import Fired
    from escalation.rules.evidence import Mention
    from escalation.rules.groups import Resolution
    from escalation.rules.rulebook import Label
    from escalation.task.text import Reading

MAX_RULE_REASONS = 50
"""A text that repeats itself a thousand times does not have a thousand reasons."""
MAX_TERMS = 5
"""At most this many n-grams, and this many cues, are among the reasons of an entry."""
_STILL = 1e-6
"""A head whose logit moves less than this has no share in the score."""


class Attribution(NamedTuple):
    """What a label's score is made of: ``base + grams.sum() + cues.sum()`` plus what the rules add.

    Attributes
    ----------
    base : float
        The score of a text without any known n-gram or cue.
    grams : array of shape (known n-grams,)
        What each known n-gram adds, in the order of `Scores.values`.
    cues : array of shape (active cues,)
        What each active cue adds.
    places : list of int
        Where among the task's words and pairs each known n-gram first occurs.
    """

    base: float
    grams: NDArray[np.float64]
    cues: NDArray[np.float64]
    places: list[int]


def attribute(model: Model, labels: Sequence[Label], scores: Scores, engine: str) -> dict[Label, Attribution]:
    """Split the scores of labels into contributions that add up.

    A score is linear in the label's own head. In the two nested heads it is not: what each of them moves is its mean
    over the two orders in which they can be moved from their start to their end (Shapley 1953 for two players), and is
    shared among the n-grams and cues of that head in proportion to their weights.

    Parameters
    ----------
    model : Model
    labels : sequence of Label
    scores : Scores
    engine : {"hybrid", "model"}
    """
    places, bias = scores.first_places(), model.bias
    nested = nested_heads(model.labels)
    slopes = np.zeros((len(bias), len(labels)))
    bases = []
    for column, label in enumerate(labels):
        weights, index = model.policies[label].weights(engine), model.labels.index(label)
        base = weights.bias + weights.flat * float(bias[index])
        slopes[index, column] = weights.flat
        if nested.exists[index]:
            involved, degree = int(nested.involved[index]), int(nested.degree[index])
            sign = float(nested.sign[index])
            start = float(bias[involved]), sign * float(bias[degree])
            end = float(scores.logits[involved]), sign * float(scores.logits[degree])
            base += weights.nested * float(nested_logit(*start))
            of_involved, of_degree = _slopes(start, end)
            slopes[involved, column] = weights.nested * of_involved
            slopes[degree, column] = weights.nested * sign * of_degree
        bases.append(base)
    added = (scores.weights @ slopes).T * scores.values
    return {
        label: Attribution(base, of_label[: scores.known], of_label[scores.known :], places)
        for label, base, of_label in zip(labels, bases, added, strict=True)
    }


def _slopes(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Return how much of each of two logits' moves arrives in the logit of their probabilities' product."""
    none, both = float(nested_logit(*start)), float(nested_logit(*end))
    only_first, only_second = float(nested_logit(end[0], start[1])), float(nested_logit(start[0], end[1]))
    first = (only_first - none + both - only_second) / 2
    second = (only_second - none + both - only_first) / 2
    moves = end[0] - start[0], end[1] - start[1]
    return (
        first / moves[0] if abs(moves[0]) > _STILL else 0.0,
        second / moves[1] if abs(moves[1]) > _STILL else 0.0,
    )


def reasons_for(
    label: Label, signals: Signals, attribution: Attribution | None, cue_names: Sequence[str]
) -> list[Reason]:
    """Return the reasons for a label: its rules, then the heaviest n-grams; without rules, the heaviest cues too."""
    reasons = _rule_reasons(label, signals)
    if attribution is None:
        return reasons
    terms = [_term(position, signals, attribution) for position in _heaviest(attribution.grams)]
    if reasons:
        return reasons + terms
    return terms + [_cue(position, signals, attribution, cue_names) for position in _heaviest(attribution.cues)]


def all_terms(signals: Signals, attribution: Attribution, cue_names: Sequence[str]) -> list[Reason]:
    """Return every n-gram and cue with what it adds to a label's score, the largest contribution first."""
    terms = [_term(position, signals, attribution) for position in range(len(attribution.grams))]
    terms += [_cue(position, signals, attribution, cue_names) for position in range(len(attribution.cues))]
    return sorted(terms, key=lambda reason: -abs(reason.weight or 0.0))


def resolution_reason(resolution: Resolution, reading: Reading) -> list[Reason]:
    """Return the reason why a group became this mode; none if it stays open."""
    if resolution.by == "fallback":
        return [Reason("fallback", f"no mode for the provider: {resolution.mode}")]
    if resolution.technology is None or resolution.by == "open":
        return []
    if resolution.mention is None:
        return [Reason(resolution.by, resolution.technology, id=resolution.technology)]
    start, end = reading.span(resolution.mention.first, resolution.mention.last)
    return [Reason(resolution.by, reading.text[start:end], id=resolution.technology, start=start, end=end)]


def rule_reason(fired: Fired, mention: Mention, reading: Reading) -> Reason:
    """Return a rule that fired as a reason, with one of the mentions that made it fire."""
    start, end = reading.span(mention.first, mention.last)
    return Reason("rule", reading.text[start:end], fired.rule.id, fired.rule.source.section, start, end)


def _term(position: int, signals: Signals, attribution: Attribution) -> Reason:
    reading = signals.evidence.reading
    start, end = reading.span(*ngram_span(attribution.places[position], len(reading.words)))
    weight = float(attribution.grams[position])
    return Reason("term", reading.text[start:end], start=start, end=end, weight=weight)


def _cue(position: int, signals: Signals, attribution: Attribution, names: Sequence[str]) -> Reason:
    name = names[signals.cues[position]]
    return Reason("cue", name, id=name, weight=float(attribution.cues[position]))


def _rule_reasons(label: Label, signals: Signals) -> list[Reason]:
    reading = signals.evidence.reading
    reasons: dict[tuple[str, int, int], Reason] = {}
    for fired in signals.verdicts[label].fired:
        if fired.value != "for":
            continue
        if len(reasons) >= MAX_RULE_REASONS:
            break
        for mention in fired.mentions:
            key = fired.rule.id, mention.first, mention.last
            if key not in reasons:
                reasons[key] = rule_reason(fired, mention, reading)
    return list(reasons.values())[:MAX_RULE_REASONS]


def _heaviest(weights: NDArray[np.floating[Any]]) -> list[int]:
    """Return the positions of the largest positive weights, the largest first."""
    return [int(position) for position in np.argsort(-weights, kind="stable")[:MAX_TERMS] if weights[position] > 0]
