"""The parts of a task: which clauses caused the answer, each as something to hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from escalation.answer.prediction import Part
from escalation.model.features import ngram_span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from escalation.answer.attribution import Attribution
    from escalation.model.signals import Signals
    from escalation.task.text import Reading

MAX_CONTEXT = 200
"""Characters of a task's first clause that stand with each of its other parts."""
_JOINING = frozenset({"and", "then", "but", "afterwards", "also", "or"})
_OPENING = "([`\"'@/.$#<"
_CLOSING = ")]`\"'>/%"


def parts_of(
    labels: Mapping[str, tuple[str, str]], signals: Signals, attributions: Mapping[str, Attribution]
) -> tuple[Part, ...]:
    """Give the clauses that caused the labels.

    A label is caused by the clauses in which its rules fired; where none did, by the clause in which the model's
    n-grams weigh most.

    Parameters
    ----------
    labels : mapping of str to tuple of str
        Disposition and target in the answer, by label given.
    signals : Signals
    attributions : mapping of str to Attribution
        By label; empty without a model.
    """
    reading = signals.evidence.reading
    caused: dict[int, dict[str, list[str]]] = {}
    for label, (disposition, target) in labels.items():
        clauses = {fired.clause for fired in signals.verdicts[label].fired if fired.value == "for"}
        for clause in clauses or _heaviest_clause(signals, attributions.get(label)):
            targets = caused.setdefault(clause, {"escalate": [], "collaborate": []})[disposition]
            if target not in targets:
                targets.append(target)
    title = reading.text[slice(*_span(reading, 0))][:MAX_CONTEXT] if reading.clauses else None
    parts = []
    for clause in sorted(caused):
        start, end = _span(reading, clause)
        both = caused[clause]
        parts.append(
            Part(
                reading.text[start:end],
                start,
                end,
                tuple(both["escalate"]),
                tuple(both["collaborate"]),
                title if clause else None,
            )
        )
    return tuple(parts)


def _span(reading: Reading, clause: int) -> tuple[int, int]:
    """Offsets of a clause without the word that joins it to the one before, with the signs that belong to its words."""
    first, last = reading.clauses[clause]
    while last - first > 1 and reading.words[first] in _JOINING:
        first += 1
    start, end = reading.span(first, last - 1)
    lowest = reading.spans[first - 1][1] if first else 0
    while start > lowest and reading.text[start - 1] in _OPENING:
        start -= 1
    highest = reading.spans[last][0] if last < len(reading.words) else len(reading.text)
    while end < highest and reading.text[end] in _CLOSING:
        end += 1
    return start, end


def _heaviest_clause(signals: Signals, attribution: Attribution | None) -> list[int]:
    if attribution is None:
        return []
    reading = signals.evidence.reading
    if not attribution.places:
        return []
    clause_of, words = reading.clause_of(), len(reading.words)
    clauses = [clause_of[ngram_span(place, words)[0]] for place in attribution.places]
    return [int(np.bincount(clauses, attribution.grams).argmax())]
