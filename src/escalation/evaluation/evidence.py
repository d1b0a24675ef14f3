"""The evidence of a corpus, the words that its labels rest on: checked against texts, and compared with answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from escalation.evaluation.figures import EvidenceFigures
from escalation.evaluation.metrics import share
from escalation.rules.rulebook import CORE
from escalation.training.oracle import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from escalation.answer.prediction import Part
    from escalation.evaluation.run import Run
    from escalation.training.corpus import Corpus, LabelledTask

    Span = tuple[int, int]

CODE = "E104"
"""The code of findings about evidence, in `escalation.evaluation.findings.KINDS`."""


def check_evidence(corpus: Corpus) -> list[Finding]:
    """Return what is wrong with the evidence of a corpus, in the order of the file.

    Where a task has evidence, its words occur in the text exactly as they are, each of its labels has some (``core`` if
    it is true), and nothing else has.
    """
    return [
        Finding(CODE, "high", row.id, f"in task {row.id}, {message}")
        for row in corpus.rows()
        for message in _faults(row)
    ]


def _faults(row: LabelledTask) -> Iterator[str]:
    if row.evidence is None:
        return
    labels = [*row.escalate, *row.collaborate, *([str(CORE)] if row.core else [])]
    yield from (f"{label!r} has no evidence" for label in labels if label not in row.evidence)
    for target, passages in row.evidence.items():
        if target not in labels:
            quoted = ", ".join(map(repr, passages))
            yield f"{target!r} is not a label, but has the evidence {quoted}"
        missing = (words for words in passages if words not in row.text)
        yield from (f"the evidence {words!r} of {target!r} does not occur in the text" for words in missing)


# ------------------------------------------------------------------------------------------------ parts of answers


def evidence_figures(run: Run) -> dict[str, EvidenceFigures]:
    """Return by engine whether the parts of its answers are where the labels come from; empty without evidence.

    Of the evidence of modes that an answer names, in either list, the share that lies in a part for that mode: at least
    half of its characters in one part. Of the parts for a mode that has evidence, the share that has some of it. Parts
    say nothing about ``core``. The intervals are by bootstrap over projects.
    """
    rows = [(number, row) for number, row in enumerate(run.corpus.rows()) if row.evidence is not None]
    if not rows:
        return {}
    groups = [row.group for _, row in rows]
    figures = {}
    for engine, answers in run.answers.items():
        counts = []
        for number, row in rows:
            given = np.flatnonzero(answers.given[number])
            named = {run.columns[column].target for column in given if run.columns[column] != CORE}
            counts.append(_compare(row, named, answers.parts[number]))
        words, in_parts, parts, on_words = np.array(counts).T
        figures[str(engine)] = EvidenceFigures(
            tasks=len(rows),
            words=int(words.sum()),
            words_in_parts=share(in_parts, words, groups),
            parts=int(parts.sum()),
            parts_on_words=share(on_words, parts, groups),
        )
    return figures


def _compare(row: LabelledTask, named: set[str], parts: Iterable[Part]) -> tuple[int, int, int, int]:
    """Return the counts of one task, in the order of `EvidenceFigures`; its answer names some modes and has parts."""
    spans: dict[str, list[Span]] = {}
    for part in parts:
        for mode in (*part.escalate, *part.collaborate):
            spans.setdefault(mode, []).append((part.start, part.end))
    words = in_parts = counted = on_words = 0
    for mode, passages in (row.evidence or {}).items():
        if mode not in named:
            continue
        places = [_places(row.text, passage) for passage in passages]
        words += len(places)
        own = spans.get(mode, [])
        in_parts += sum(any(_lies_in(place, span) for place in each for span in own) for each in places)
        counted += len(own)
        on_words += sum(any(_common(place, span) for each in places for place in each) for span in own)
    return words, in_parts, counted, on_words


def _places(text: str, words: str) -> list[Span]:
    """Return where words occur in a text; any of these places may be the one that is meant."""
    return [match.span() for match in re.finditer(re.escape(words), text)]


def _lies_in(place: Span, span: Span) -> bool:
    return 2 * _common(place, span) >= place[1] - place[0]


def _common(first: Span, second: Span) -> int:
    """Return the number of characters that two spans share."""
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))
