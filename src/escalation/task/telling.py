"""Take out of a text what its clauses only tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.task.statuses import WORD, Span, words_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from escalation.task.reading import ReadingPhrases
    from escalation.task.statements import Statement


class TellingReader:
    """Reads the clauses of a text in which no phrase was found.

    Parameters
    ----------
    text, low : str
        The cleaned text and the same in lower case.
    phrases : ReadingPhrases
    is_verb : callable
        Whether a word begins a piece of work.
    """

    def __init__(
        self,
        text: str,
        low: str,
        phrases: ReadingPhrases,
        is_verb: Callable[[str], bool],
    ) -> None:
        self.text = text
        self.low = low
        self._grammar = phrases.grammar
        self._openers = phrases.words["softeners"] | phrases.words["joins"]
        self._is_verb = is_verb

    def told(
        self, start: int, end: int, candidates: Sequence[Statement], *, as_criteria: bool, is_unit: bool
    ) -> list[Span]:
        """Return the spans of a clause in which no phrase was found, by the statements that it makes.

        Parameters
        ----------
        start, end : int
        candidates : sequence of Statement
            Those that its unit can have.
        as_criteria : bool
        is_unit : bool
            Whether the clause is its whole unit, so that it can have all of them.
        """
        if not candidates:
            return [Span(start, end, "asked", "")]
        if not is_unit:
            candidates = self._grammar.possible(words_in(self.low[start:end]), candidates)
        if not candidates:
            return [Span(start, end, "asked", "")]
        words = self._words(start, end)
        asks = as_criteria or self._instructs(words)
        spans: list[Span] = []
        last = start
        for found in self._grammar.find(self.text, words, candidates, onward=asks):
            if found.start < last:
                continue
            if found.start > last and WORD.search(self.low, last, found.start):
                spans.append(Span(last, found.start, "asked", ""))
                last = found.start
            spans.append(Span(last, found.end, found.status, " ".join(self.text[found.start : found.end].split())))
            last = found.end
        if spans and WORD.search(self.low, last, end) is None:
            spans[-1] = spans[-1]._replace(end=end)
        elif not spans or last < end:
            spans.append(Span(last, end, "asked", ""))
        return spans

    def told_things(self, start: int, end: int) -> frozenset[str]:
        """Return the things that a part of the text tells of without asking for anything."""
        first = WORD.search(self.low, start, end)
        if first is None or self._is_verb(first.group()):
            return frozenset()
        if self._grammar.tools.isdisjoint(words_in(self.low[start:end])):
            return frozenset()
        words = self._words(start, end)
        if self._instructs(words):
            return frozenset()
        return self._grammar.is_neutral(self.text, words)

    def _words(self, start: int, end: int) -> list[tuple[int, int, str]]:
        return [(match.start(), match.end(), match.group()) for match in WORD.finditer(self.low, start, end)]

    def _instructs(self, words: list[tuple[int, int, str]]) -> bool:
        """Return whether a clause begins with a work verb, maybe behind "and", "please" and the like."""
        first = next((word for _, _, word in words if word not in self._openers), "")
        return self._is_verb(words[0][2]) or self._is_verb(first)
