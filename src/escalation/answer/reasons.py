"""Why a label was assigned: the rules that fired, and the n-grams and cues that the model weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from escalation.answer.prediction import Reason
from escalation.model.decision import verdict_row
from escalation.model.policy import nested_heads, nested_logit, view_scores, weigh, weight_table
from escalation.model.vocabulary import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.model.classifier import Model
    from escalation.model.signals import Signals, View
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
    """What a label's score is made of: the base, all contributions of `grams` and `cues`, and what the rules add.

    Attributes
    ----------
    base : float
        What does not depend on any n-gram or cue.
    grams, cues : dict of int to float
        What each known n-gram adds, by the place of its first occurrence among the task's words and pairs of words;
        and each active cue, by its number.
    rules : float
    """

    base: float
    grams: dict[int, float]
    cues: dict[int, float]
    rules: float


def attribute(model: Model, labels: Sequence[Label], signals: Signals, engine: str) -> dict[Label, Attribution]:
    """Split the scores of labels into contributions that add up.

    The score of a view is linear in the label's own head. In the two nested heads it is not: what each of them moves is
    its mean over the two orders in which they can be moved from their start to their end (Shapley 1953 for two
    players), and is shared among the n-grams and cues of that head in proportion to their weights.

    Parameters
    ----------
    model : Model
    labels : sequence of Label
    signals : Signals
    engine : {"hybrid", "model"}
    """
    if signals.scores is None or not labels:
        return {}
    table = weight_table([model.policies[label].weights(engine) for label in model.labels])
    scores = signals.scores
    views = view_scores(
        model.labels, table, scores.logits, np.zeros(1, np.intp), np.array([scores.works]), np.array([scores.apart])
    )
    rules = verdict_row(model.labels, signals.verdicts) if engine == "hybrid" else np.zeros(len(model.labels), np.int8)
    weighed = weigh(table, views, rules[None])
    places = [_first_places(view, len(signals.evidence.reading.words)) for view in signals.views]
    found = {}
    for label in labels:
        index = model.labels.index(label)
        base = float(weighed.constant[0, index])
        grams: dict[int, float] = {}
        cues: dict[int, float] = {}
        for view, weight in (
            (0, weighed.of_whole[0, index]),
            (int(views.best_view[0, index]), weighed.of_best[0, index]),
        ):
            start, end = scores.starts[view : view + 2]
            known = scores.known[view]
            of_view, slopes = _linear(model, index, table[:, index], scores.logits[view])
            base += float(weight) * of_view
            added = weight * (scores.weights[start:end] @ slopes) * scores.values[start:end]
            for place, value in zip(places[view], added[:known].tolist(), strict=True):
                grams[place] = grams.get(place, 0.0) + value
            for cue, value in zip(signals.views[view].cues, added[known:].tolist(), strict=True):
                cues[cue] = cues.get(cue, 0.0) + value
        found[label] = Attribution(base, grams, cues, float(weighed.of_rules[0, index]))
    return found


def _first_places(view: View, words: int) -> list[int]:
    """Return where each known n-gram of a view first occurs: a word by its number, a pair by that behind all words."""
    found: dict[int, int] = {}
    for offset, rows in ((0, view.words), (words, view.pairs)):
        for place, row in enumerate(rows, offset + view.first):
            found.setdefault(row, place)
    found.pop(NONE, None)
    return list(found.values())


def _linear(
    model: Model, index: int, weights: NDArray[np.float64], logits: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the score of a view without any n-gram or cue, and how much of each head's move arrives in its score."""
    flat, nested_weight = float(weights[0]), float(weights[1])
    bias, nested = model.bias, nested_heads(model.labels)
    slopes = np.zeros(len(bias))
    slopes[index] = flat
    base = flat * float(bias[index])
    if nested.exists[index]:
        involved, degree = int(nested.involved[index]), int(nested.degree[index])
        sign = float(nested.sign[index])
        start = float(bias[involved]), sign * float(bias[degree])
        end = float(logits[involved]), sign * float(logits[degree])
        base += nested_weight * float(nested_logit(*start))
        of_involved, of_degree = _slopes(start, end)
        slopes[involved] = nested_weight * of_involved
        slopes[degree] = nested_weight * sign * of_degree
    return base, slopes


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
    terms = [_term(place, attribution, signals) for place in _heaviest(attribution.grams)]
    if reasons:
        return reasons + terms
    return terms + [_cue(cue, attribution, cue_names) for cue in _heaviest(attribution.cues)]


def all_terms(signals: Signals, attribution: Attribution, cue_names: Sequence[str]) -> list[Reason]:
    """Return every n-gram and cue with what it adds to a label's score, the largest contribution first."""
    terms = [_term(place, attribution, signals) for place in attribution.grams]
    terms += [_cue(cue, attribution, cue_names) for cue in attribution.cues]
    return sorted(terms, key=lambda reason: -abs(reason.weight or 0.0))


def words_of_gram(place: int, words: int) -> tuple[int, int]:
    """Return the first and last word of the n-gram at a place of `Attribution.grams`."""
    return (place, place) if place < words else (place - words, place - words + 1)


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


def _term(place: int, attribution: Attribution, signals: Signals) -> Reason:
    reading = signals.evidence.reading
    start, end = reading.span(*words_of_gram(place, len(reading.words)))
    return Reason("term", reading.text[start:end], start=start, end=end, weight=attribution.grams[place])


def _cue(cue: int, attribution: Attribution, names: Sequence[str]) -> Reason:
    return Reason("cue", names[cue], id=names[cue], weight=attribution.cues[cue])


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


def _heaviest(contributions: dict[int, float]) -> list[int]:
    """Return the keys of the largest positive contributions, the largest first."""
    return sorted((key for key, value in contributions.items() if value > 0), key=lambda key: -contributions[key])[
        :MAX_TERMS
    ]
