"""Cut a sentence into clauses and tell which of them are asked for.

A phrase speaks for the clause that it is in, from its own place on or for the whole of it; "but", "only", a new work
verb or a new sentence end its reach, "or" and lists do not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from escalation.task.reading import Entry, ReadingPhrases

WORD = re.compile(r"[^\W_]+(?:['’`][^\W_]+)*")
_BREAK = re.compile(
    r"""[.!?]+[)"'\]*_`”’]*(?=\s|$)|[;:][*_]*(?=\s|$)|(?<=\s)[-–—]{1,3}(?=\s)|—|…"""
)
_TAG = re.compile(r"[(\[]([^()\[\]\n]{1,40})[)\]][\s*_.]*$|(?:\s[-–—]{1,3}|:)\s+([^\s:–—][^:–—\n]{0,40}?)[\s*_.]*$")
_BRACKETS = re.compile(r"\([^()\n]{1,300}\)")


class Span(NamedTuple):
    """A part of a sentence with its status and what decided it."""

    start: int
    end: int
    status: str
    why: str


class _Word(NamedTuple):
    start: int
    end: int
    word: str


class _Hit(NamedTuple):
    start: int
    end: int
    entry: Entry


class _Clause:
    """Words from a cut to the next one."""

    __slots__ = ("begins_work", "carries", "end", "first", "last", "opens", "start")

    def __init__(self, first: int, last: int, start: int, end: int, *, opens: bool, carries: bool, works: bool) -> None:
        self.first = first
        self.last = last
        self.start = start
        self.end = end
        self.opens = opens
        self.carries = carries
        self.begins_work = works


def whole_match(patterns: dict[str, tuple[tuple[re.Pattern[str], str], ...]], text: str) -> str:
    """Return the status of a heading, label or remark that one of the patterns matches as a whole, or ""."""
    match = WORD.search(text)
    if match is None:
        return ""
    for pattern, status in patterns.get(match.group().lower(), ()):
        if pattern.match(text, match.start()):
            return status
    return ""


class ClauseReader:
    """Reads the sentences of one text.

    Parameters
    ----------
    text, low : str
        The cleaned text and the same in lower case, of the same length.
    phrases : ReadingPhrases
    work_verbs : collection of str
        Words that begin a new piece of work, beside those of the phrases.
    """

    def __init__(self, text: str, low: str, phrases: ReadingPhrases, work_verbs: Collection[str]) -> None:
        self.text = text
        self.low = low
        self.phrases = phrases
        self.work_verbs = work_verbs

    def is_verb(self, word: str) -> bool:
        """Return whether a word begins a piece of work."""
        return word in self.work_verbs or word in self.phrases.verbs

    def begins_work(self, start: int, end: int) -> bool:
        """Return whether a part of the text begins with a work verb, maybe after "please" and the like."""
        softeners = self.phrases.words["softeners"]
        for match in WORD.finditer(self.low, start, end):
            word = match.group()
            if self.is_verb(word):
                return True
            if word not in softeners:
                return False
        return False

    def read(self, start: int, end: int, *, as_criteria: bool = False) -> list[Span]:
        """Return the spans of a unit such as a line, in order: a span a sentence, more where the status changes."""
        first = self.phrases.first
        words: list[_Word] = []
        hits: list[_Hit] = []
        behind = start
        for match in WORD.finditer(self.low, start, end):
            word = match.group()
            place = match.start()
            words.append(_Word(place, match.end(), word))
            entries = first.get(word)
            if entries is not None and place >= behind:
                hit = self._longest(entries, place, end)
                if hit is not None:
                    hits.append(hit)
                    behind = hit.end
        if not words:
            return []
        clauses = self._cut(words, start, end, bool(hits))
        labels = self._labels(clauses, words)
        if not hits and not labels:
            spans = [Span(clause.start, clause.end, "asked", "") for clause in clauses]
            return self._tagged(self._joined(spans, clauses), start, end)
        spans = []
        starts: list[_Clause] = []
        carried = ("asked", "")
        number = 0
        sentence: tuple[str, str] = ("asked", "")
        label: tuple[str, str] = ("asked", "")
        for index, clause in enumerate(clauses):
            if clause.opens:
                sentence = ("asked", "")
                if label[0] != "asked" and clause.begins_work:
                    label = ("asked", "")
            if index in labels:
                label = labels[index]
            here = []
            while number < len(hits) and hits[number].start < clause.end:
                here.append(hits[number])
                number += 1
            if label[0] != "asked":
                found = [Span(clause.start, clause.end, *label)]
            else:
                found, reach = self._clause(clause, words, here, as_criteria=as_criteria)
                if reach == "sentence":
                    sentence = found[-1].status, found[-1].why
                    back = index
                    while not clauses[back].opens:
                        back -= 1
                    spans = [s._replace(status=sentence[0], why=sentence[1]) if s.start >= clauses[back].start and s.status=="asked" and sentence[0] != "fault" else s for s in spans]
                elif len(found) == 1 and found[0].status == "asked" and not here:
                    if clause.carries and carried[0] != "asked":
                        found = [found[0]._replace(status=carried[0], why=carried[1])]
                    elif sentence[0] not in ("asked", "fault") and not clause.begins_work:
                        found = [found[0]._replace(status=sentence[0], why=sentence[1])]
            carried = found[-1].status, found[-1].why
            spans += found
            starts += [clause] + [_SAME] * (len(found) - 1)
        return self._tagged(self._joined(spans, starts), start, end)

    # -------------------------------------------------------------------------------------------- cutting

    def _cut(self, words: list[_Word], start: int, end: int, looking: bool) -> list[_Clause]:
        """Cut a unit where a sentence ends, a work verb begins a clause, or a contrast may end a phrase's reach."""
        text = self.text
        known = self.phrases.words
        joins, alternatives, contrasts = known["joins"], known["alternatives"], known["contrasts"]
        # (place, first word, opens a sentence, carries the status before it)
        cuts: list[tuple[int, int, bool, bool]] = [(start, 0, True, False)]
        breaks = [match for match in _BREAK.finditer(text, start, end)]
        pending = 0
        count = len(words)
        for index in range(1, count):
            place, _, word = words[index]
            before_end = words[index - 1][1]
            broke = ""
            while pending < len(breaks) and breaks[pending].end() <= place:
                if breaks[pending].start() >= before_end - 1:
                    sign = breaks[pending].group()
                    if not (sign == "." and (self._abbreviates(words[index - 1], place))):
                        broke += sign
                pending += 1
            if broke:
                strong = any(sign in broke for sign in ".!?;")
                colon = not strong and ":" in broke
                if strong or looking or colon or self._verb_at(words, index):
                    cuts.append((place, index, strong, colon and not self._reopens(words, index)))
                    continue
                continue
            previous = words[index - 1][2]
            if word in contrasts:
                if index - cuts[-1][1] > 0 and previous not in joins:
                    cuts.append((place, index, False, False))
                continue
            if previous in joins or previous in alternatives:
                at = index - 1
                while at > 0 and words[at - 1][2] in joins:
                    at -= 1
                if at <= cuts[-1][1] or not self._verb_at(words, index):
                    continue
                if at - cuts[-1][1] == 1 and self.is_verb(words[cuts[-1][1]][2]):
                    continue
                cuts.append((words[at][0], at, False, previous in alternatives))
                continue
            if "," in text[before_end:place] and (
                self._verb_at(words, index) or (looking and self._reopens(words, index))
            ):
                cuts.append((place, index, False, self._chain(words, index, breaks, pending)))
        clauses = []
        cuts.append((end, count, True, False))
        for (place, index, opens, carries), (following, after, _, _) in zip(cuts, cuts[1:], strict=False):
            works = self._begins_work(words, index, after)
            clauses.append(_Clause(index, after, place, following, opens=opens, carries=carries, works=works))
        return clauses

    def _verb_at(self, words: list[_Word], index: int) -> bool:
        """Return whether a work verb with something to work on is at this word."""
        known = self.phrases.words
        if words[index].word in known["softeners"] and index + 1 < len(words):
            index += 1
        word = words[index]
        if not self.is_verb(word.word) or index + 1 == len(words):
            return False
        following = words[index + 1]
        gap = self.text[word.end : following.start]
        if "," in gap or following.word in known["joins"] or following.word in known["alternatives"]:
            return False
        return not any(sign in gap for sign in ".;:!?/")

    def _begins_work(self, words: list[_Word], first: int, last: int) -> bool:
        known = self.phrases.words
        for index in range(first, min(first + 4, last)):
            word = words[index].word
            if self.is_verb(word):
                return True
            if word not in known["softeners"] and word not in known["joins"] and word not in known["contrasts"] and word not in known["fillers"]:
                return False
        return False

    def _reopens(self, words: list[_Word], index: int) -> bool:
        return words[index].word in self.phrases.words["reopens"] or self._begins_work(words, index, index + 2)

    def _chain(self, words: list[_Word], index: int, breaks: list[re.Match[str]], pending: int) -> bool:
        """Return whether a verb after a comma is one of several joined by "or", as in "do not add, move or drop it"."""
        limit = breaks[pending].start() if pending < len(breaks) else 1 << 60
        for number in range(index + 1, min(index + 8, len(words))):
            if words[number].start >= limit:
                return False
            if words[number].word in self.phrases.words["alternatives"]:
                return number + 1 < len(words) and self.is_verb(words[number + 1].word)
        return False

    def _abbreviates(self, before: _Word, place: int) -> bool:
        known = self.phrases.words["abbreviations"]
        if before.word in known or self.low[max(before.start - 2, 0) : before.end] in known:
            return self.text[place].islower() or self.text[place].isdigit() or len(before.word) == 1
        return False

    # -------------------------------------------------------------------------------------------- judging

    def _longest(self, entries: tuple[Entry, ...], place: int, end: int) -> _Hit | None:
        best: _Hit | None = None
        for entry in entries:
            match = entry.pattern.match(self.text, place, end)
            if match is not None and (best is None or match.end() > best.end):
                best = _Hit(place, match.end(), entry)
        return best

    def _labels(self, clauses: list[_Clause], words: list[_Word]) -> dict[int, tuple[str, str]]:
        """Return what the labels at the beginning of sentences ("Out of scope: ...") make of them, by clause."""
        found: dict[int, tuple[str, str]] = {}
        for index, clause in enumerate(clauses):
            if not clause.opens or clause.last - clause.first > 6:
                continue
            tail = self.text[clause.start : clause.end].rstrip(" *_\n")
            if not tail.endswith(":"):
                continue
            label = tail.strip("*_:# -\t\"'")
            status = whole_match(self.phrases.headings, label)
            if status in ("excluded", "done", "circumstance"):
                following = clauses[index + 1] if index + 1 < len(clauses) else None
                if status == "excluded" or following is None or following.opens or not following.begins_work:
                    found[index] = (status, f"{label}:")
        return found

    def _clause(
        self, clause: _Clause, words: list[_Word], hits: list[_Hit], *, as_criteria: bool
    ) -> tuple[list[Span], str]:
        """Return the spans of one clause, and the reach of the phrase that decided."""
        whole = Span(clause.start, clause.end, "asked", "")
        valid = [hit for hit in hits if self._counts(hit, clause, words)]
        if as_criteria:
            valid = [hit for hit in valid if hit.entry.status != "done" and not hit.entry.unless_before]
        asking = next((hit for hit in valid if hit.entry.status == "asked"), None)
        if asking is not None:
            return [whole._replace(why=self._why(asking))], ""
        if not valid:
            return [whole], ""
        hit = valid[0]
        status, reach = hit.entry.status, hit.entry.reach
        inside = self._bracket(hit, clause)
        why = self._why(hit)
        if reach == "sentence":
            return [whole._replace(status=status, why=why)], reach
        if inside is not None:
            begin, end = inside
        elif reach == "clause":
            begin = self._subject(clause, words, hit)
            end = self._reach(clause, words, hit)
        elif reach == "onward":
            begin, end = hit.start, self._reach(clause, words, hit)
        elif reach == "piece":
            begin, end = hit.start, self._courtesy(clause, words, hit)
        else:
            begin, end = hit.start, self._few(clause, words, hit)
        if inside is None and self._only_fillers(words, clause, clause.start, begin):
            begin = clause.start
        if self._only_fillers(words, clause, end, clause.end):
            end = clause.end
        spans = []
        if begin > clause.start:
            spans.append(Span(clause.start, begin, "asked", ""))
        spans.append(Span(begin, end, status, why))
        if end < clause.end:
            # What is behind a phrase's reach may have a phrase of its own.
            later = [other for other in hits if other.start >= end]
            number = clause.first
            while number < clause.last and words[number].start < end:
                number += 1
            rest = _Clause(number, clause.last, end, clause.end, opens=False, carries=False, works=False)
            spans += self._clause(rest, words, later, as_criteria=as_criteria)[0]
        return spans, reach

    def _counts(self, hit: _Hit, clause: _Clause, words: list[_Word]) -> bool:
        """Return whether a phrase counts where it is."""
        entry = hit.entry
        if entry.at_start or entry.reach == "piece":
            if not self._only_fillers(words, clause, clause.start, hit.start):
                return False
        if entry.unless_before or entry.unless_after:
            for index in range(clause.first, clause.last):
                word = words[index]
                if word.start < hit.start:
                    if word.word in entry.unless_before:
                        return False
                elif word.start >= hit.end and word.word in entry.unless_after:
                    return False
        return True

    def _why(self, hit: _Hit) -> str:
        return " ".join(self.text[hit.start : hit.end].split())

    def _bracket(self, hit: _Hit, clause: _Clause) -> tuple[int, int] | None:
        """Return the brackets around a phrase, if there are any."""
        opening = self.text.rfind("(", clause.start, hit.start)
        if opening < 0:
            return None
        for match in _BRACKETS.finditer(self.text, opening, clause.end):
            if match.start() < hit.start < match.end():
                return match.span()
        return None

    def _subject(self, clause: _Clause, words: list[_Word], hit: _Hit) -> int:
        """Return where the subject of a phrase begins: behind the last comma or "and" before which a verb is."""
        known = self.phrases.words
        index = clause.first
        inside: list[int] = []
        while index < clause.last and words[index].start < hit.start:
            inside.append(index)
            index += 1
        verb_seen = [False]
        for number in inside:
            verb_seen.append(verb_seen[-1] or self._finite(words[number].word))
        for position in range(len(inside) - 1, 0, -1):
            word, before = words[inside[position]], words[inside[position] - 1]
            gap = self.text[before.end : word.start]
            if ("," in gap or word.word in known["subordinates"]) and verb_seen[position]:
                return word.start
        return clause.start

    def _finite(self, word: str) -> bool:
        known = self.phrases.words["finite"]
        return word in known or self.is_verb(word) or (word.endswith("s") and (self.is_verb(word[:-1]) or self.is_verb(word[:-2])))

    def _reach(self, clause: _Clause, words: list[_Word], hit: _Hit) -> int:
        """Return where the reach of a phrase ends: at a word that reopens, or a comma behind which a verb is."""
        known = self.phrases.words
        commas: list[int] = []
        for index in range(clause.first, clause.last):
            word = words[index]
            if word.start < hit.end or index == clause.first:
                continue
            if "," in self.text[words[index - 1].end : word.start]:
                commas.append(word.start)
                if word.word in known["reopens"]:
                    return word.start
            if word.word == "except" or (word.word in known["reopens"] and index + 1 < clause.last and self.is_verb(words[index + 1].word)):
                return word.start
            if commas and self._finite(word.word):
                return commas[-1]
        return clause.end

    def _few(self, clause: _Clause, words: list[_Word], hit: _Hit) -> int:
        """Return the end of up to three words behind a phrase."""
        known = self.phrases.words["prepositions"]
        end, count = hit.end, 0
        for index in range(clause.first, clause.last):
            word = words[index]
            if word.start < hit.end:
                continue
            if count == 3 or (word.word in known and count) or "," in self.text[end : word.start]:
                break
            end, count = word.end, count + 1
        return end

    def _courtesy(self, clause: _Clause, words: list[_Word], hit: _Hit) -> int:
        """Return the end of a courtesy: of its clause if nothing but a name follows, else of the phrase."""
        rest = [words[index] for index in range(clause.first, clause.last) if words[index].start >= hit.end]
        if not rest:
            return clause.end
        gap = self.text[hit.end : rest[0].start]
        return rest[0].start if "," in gap or "\n" in gap or len(rest) > 3 else clause.end

    def _only_fillers(self, words: list[_Word], clause: _Clause, start: int, end: int) -> bool:
        fillers = self.phrases.words["fillers"]
        for index in range(clause.first, clause.last):
            word = words[index]
            if word.start >= end:
                break
            if word.start >= start and word.word not in fillers:
                return False
        return True

    # -------------------------------------------------------------------------------------------- joining

    def _joined(self, spans: list[Span], clauses: list[_Clause]) -> list[Span]:
        """Join neighbours of one status that no work verb or end of a sentence parts."""
        joined: list[Span] = []
        for span, clause in zip(spans, clauses, strict=True):
            apart = clause.opens or (clause.begins_work and span.status == "asked")
            if joined and not apart and joined[-1].status == span.status:
                joined[-1] = joined[-1]._replace(end=span.end, why=joined[-1].why or span.why)
            else:
                joined.append(span)
        return joined

    def _tagged(self, spans: list[Span], start: int, end: int) -> list[Span]:
        """Let a remark at the end ("(done)", "- later") decide for the sentence that it ends."""
        if spans[-1].status != "asked" or not any(sign in self.text[max(end - 50, start) : end] for sign in ")]-–—:"):
            return spans
        match = _TAG.search(self.text, max(end - 50, start), end)
        if match is None:
            return spans
        remark = match[1] or match[2]
        status = whole_match(self.phrases.tags, remark.strip("*_ "))
        if not status or match.start() <= spans[-1].start:
            return spans
        if status == "circumstance":
            return spans
        return [*spans[:-1], spans[-1]._replace(status=status, why=remark.strip())]


_SAME = _Clause(0, 0, 0, 0, opens=False, carries=False, works=False)
