"""The parts of a task: the clauses that caused the answer, each ready to be handed over, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from escalation.answer.prediction import Ignored, Part
from escalation.answer.reasons import words_of_gram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from escalation.answer.reasons import Attribution
    from escalation.model.signals import Signals
    from escalation.rules.rulebook import Label
    from escalation.task.pieces import Pieces
    from escalation.task.text import Reading

MAX_CONTEXT = 200
"""Characters of a task's first clause that are repeated with each of its other parts."""
_JOINING = frozenset({"and", "then", "but", "afterwards", "also", "or"})
_OPENING = "([`\"'@/.$#<"
_CLOSING = ")]`\"'>/%"


def parts_of(
    answered: Mapping[Label, Label], signals: Signals, attributions: Mapping[Label, Attribution]
) -> tuple[Part, ...]:
    """Return the clauses that caused the labels of an answer.

    A label is caused by the clauses in which its rules fired; if none did, by the clause in which the model's n-grams
    weigh most.

    Parameters
    ----------
    answered : mapping of Label to Label
        The assigned labels, each with the disposition and mode that the answer has for it.
    signals : Signals
    attributions : mapping of Label to Attribution
        Empty without a model.
    """
    reading = signals.evidence.reading
    caused: dict[int, dict[str, list[str]]] = {}
    for label, shown in answered.items():
        clauses = {fired.clause for fired in signals.verdicts[label].fired if fired.value == "for"}
        for clause in clauses or _heaviest_clause(signals, attributions.get(label)):
            targets = caused.setdefault(clause, {"escalate": [], "collaborate": []})[shown.disposition]
            if shown.target not in targets:
                targets.append(shown.target)
    title = reading.text[slice(*_span(reading, 0))][:MAX_CONTEXT] if reading.clauses else None
    parts = []
    for clause in sorted(caused):
        start, end = _span(reading, clause)
        escalate, collaborate = (tuple(targets) for targets in caused[clause].values())
        parts.append(Part(reading.text[start:end], start, end, escalate, collaborate, title if clause else None))
    return tuple(parts)


def _span(reading: Reading, clause: int) -> tuple[int, int]:
    """Return the offsets of a clause without a joining word in front, but with the signs that belong to its words."""
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
    if attribution is None or not attribution.grams:
        return []
    reading = signals.evidence.reading
    clause_of, words = reading.clause_of(), len(reading.words)
    clauses = [clause_of[words_of_gram(place, words)[0]] for place in attribution.grams]
    return [int(np.bincount(clauses, list(attribution.grams.values())).argmax())]


def ignored_parts(pieces: Pieces) -> tuple[Ignored, ...]:
    """Return the pieces of a text that are not asked; neighbours with the same status and reason are one."""
    found: list[Ignored] = []
    before = None  # the piece before, if it is not asked
    for piece in pieces.pieces:
        if piece.status == "asked":
            before = None
            continue
        start, end = pieces.original_span(piece.start, piece.end)
        if before is not None and (before.status, before.why) == (piece.status, piece.why):
            start = found.pop().start
        found.append(Ignored(pieces.original[start:end], start, end, piece.status, piece.why))
        before = piece
    return tuple(found)
