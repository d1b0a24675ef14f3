"""Compile the phrases of a language, so that a text is looked at only where one of them can be.

A phrase is known by its first word and found by its rarest one: a text without that word is passed at once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_GAP = r"(?:(?:-|[^\w\n.,;:!?\"–—-]{1,4})\w[\w/'\u2019-]{0,40}(?:\.\w{1,20}){0,3}){0,3}?"
_BETWEEN = r"(?:-|[^\w\n.,;:!?#\"–—-]{1,4})"
_REFERENCE = (
    r"(?:#\d+|(?-i:[A-Z][A-Z0-9]{1,9}-\d+)|https?://\S+|(?:(?i:pr|mr|issue|ticket|story|epic|adr|rfc)\s?)#?\d+)"
)
_NAME = r"(?-i:[A-Z][a-z]+[A-Z0-9]?\w*|[A-Z][A-Z0-9]{1,8})"
_PROPER = r"(?-i:[A-Z][a-z]+[A-Z0-9]?\w*)"
_BUILT_IN = {"ref": _REFERENCE, "name": _NAME, "proper": _PROPER}
_PARTS = re.compile(r"[\s/.+-]")
_RARE = 0.0005
_FIRST_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_TOKEN = re.compile(r"(?:@?[^\W_][\w'.+/-]*\*?|#)(?:\|(?:@?[^\W_][\w'.+/-]*\*?|#))*\??|~")


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of phrases: the status that they bring, how far it reaches, and what takes it away."""

    status: Literal["asked", "circumstance", "excluded", "done", "fault", "question"]
    reach: Literal["clause", "sentence", "onward", "short", "piece"]
    phrases: tuple[str, ...]
    unless_before: str = ""
    unless_after: str = ""


class Headings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Headings and labels by what they make of what is below or beside them."""

    group: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    circumstance: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    done: tuple[str, ...] = ()


class Entry:
    """Phrases of one table that begin with the same word.

    Parameters
    ----------
    source : str
        Pattern of the phrases; compiled when one of them is looked for, as few of them are in any one text.
    table : Phrases
    before, after : frozenset of str
        Words that take the phrases away where they are before or behind them in the clause.
    needs : tuple of frozenset of str
        Sets of words of which the text must have one each.
    place : str
        "^" if they count at the head of a clause only, "&" if where an instruction can begin, else "".
    """

    __slots__ = ("_pattern", "_source", "needs", "place", "reach", "status", "unless_after", "unless_before")

    def __init__(
        self,
        source: str,
        table: Phrases,
        before: frozenset[str],
        after: frozenset[str],
        needs: tuple[frozenset[str], ...],
        place: str,
    ) -> None:
        self._source = source
        self._pattern: re.Pattern[str] | None = None
        self.status = table.status
        self.reach = table.reach
        self.unless_before = before
        self.unless_after = after
        self.needs = needs
        self.place = place

    def match(self, text: str, place: int, end: int) -> int:
        """Return where a phrase that begins at a place ends, or -1."""
        if self._pattern is None:
            self._pattern = re.compile(self._source, re.IGNORECASE)
        match = self._pattern.match(text, place, end)
        return -1 if match is None else match.end()


def whole_match(patterns: dict[str, list[tuple[str, str]]], text: str) -> str:
    """Return the status of the first pattern that matches a heading, label or remark as a whole, or ""."""
    match = _FIRST_WORD.search(text)
    if match is None:
        return ""
    for source, status in patterns.get(match.group().lower(), ()):
        if _compiled(source).match(text, match.start()):
            return status
    return ""


@lru_cache(maxsize=4096)
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


class Compiler:
    """Turns phrases into regular expressions that are tried where their first word occurs."""

    def __init__(self, classes: Mapping[str, tuple[str, ...]], common: Iterable[str], faults: list[str]) -> None:
        self._classes = classes
        # How likely a word is to be in a text falls with its rank.
        self._weight = {word: 1 / rank for rank, word in enumerate(common, 1)}
        self._faults = faults
        self._sources: dict[str, str] = dict(_BUILT_IN)
        self._tokens: dict[str, tuple[float, frozenset[str]]] = {}
        self._members = {"@" + name: {self._rarest(member) for member in members} for name, members in classes.items()}
        for name, members in classes.items():
            ordered = sorted(members, key=len, reverse=True)
            self._sources[name] = "(?:" + "|".join(_word(member) for member in ordered) + ")"

    def entries(self, tables: Iterable[Phrases]) -> dict[str, dict[str, list[Entry]]]:
        """Return the entries of all tables by their first word, by anchor."""
        found: dict[str, dict[str, list[Entry]]] = {}
        for number, table in enumerate(tables):
            guards = []
            for name in (table.unless_before, table.unless_after):
                if name and name not in self._classes:
                    self._faults.append(f"phrases[{number}] names an unknown class '{name}'; add it under [classes]")
                guards.append(frozenset(self._classes.get(name, ())))
            groups: dict[tuple[str, str, tuple[frozenset[str], ...]], list[str]] = {}
            for phrase in table.phrases:
                needs = self._needs(phrase.lstrip("^&").removesuffix("$").split())
                for first, source in self._by_first([phrase], f"phrases[{number}]").items():
                    groups.setdefault((first, phrase[:1] if phrase[:1] in "^&" else "", needs), []).extend(source)
            for (first, place, needs), sources in groups.items():
                ordered = "|".join(sorted(sources, key=len, reverse=True))
                entry = Entry(ordered, table, guards[0], guards[1], needs[1:], place)
                for anchor in needs[0]:
                    found.setdefault(anchor, {}).setdefault(first, []).append(entry)
        return found

    def whole(self, *tables: Headings) -> dict[str, list[tuple[str, str]]]:
        """Return patterns for whole headings, labels or tags, with their status, by first word."""
        found: dict[str, list[tuple[str, str]]] = {}
        for table in tables:
            for status in table.__struct_fields__:
                for first, sources in self._by_first(getattr(table, status), status).items():
                    found.setdefault(first, []).append((rf"(?:{'|'.join(sources)})$", status))
        return found

    def _by_first(self, phrases: Iterable[str], where: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for phrase in phrases:
            tokens = phrase.lstrip("^&").removesuffix("$").split()
            bad = next((token for token in tokens if not _TOKEN.fullmatch(token)), None)
            if not tokens or bad is not None or tokens[0] == "~" or tokens[0].endswith(("*", "?")):
                self._faults.append(f"{where} has the phrase '{phrase}', which is not one; begin with a plain word")
                continue
            try:
                source = self._source(phrase, tokens)
                firsts = self._firsts(tokens[0])
            except KeyError as error:
                self._faults.append(f"{where} has '{phrase}' with an unknown class {error}; add it under [classes]")
                continue
            for first in firsts:
                found.setdefault(first, []).append(source)
        return found

    def _needs(self, tokens: list[str]) -> tuple[frozenset[str], ...]:
        """Return sets of words of which a text with a phrase has one each, the rarest set first."""
        needs = (self._token(token) for token in tokens if token != "~" and not token.endswith("?"))
        return tuple(words for _, words in sorted((need for need in needs if need[1]), key=lambda need: need[0]))

    def _token(self, token: str) -> tuple[float, frozenset[str]]:
        """Return how likely one of a token's words is in a text, and these words; none if they are not fixed."""
        known = self._tokens.get(token)
        if known is None:
            words: set[str] = set()
            for word in token.split("|"):
                words |= self._members.get(word) or {self._rarest(word)}
            if "" in words:
                words = set()
            cost = sum(self._weight.get(word, _RARE) for word in words)
            known = self._tokens[token] = cost, frozenset(variant for word in words for variant in _spellings(word))
        return known

    def _rarest(self, member: str) -> str:
        """Return the rarest word of a token or a class's member, or "" if there is none that is fixed."""
        words = [word for word in _PARTS.split(member.lower()) if word and word[-1] != "*" and word[0] not in "#@"]
        return min(words, key=lambda word: self._weight.get(word, _RARE), default="")

    def _firsts(self, token: str) -> set[str]:
        firsts: set[str] = set()
        for word in token.split("|"):
            for member in self._classes[word[1:]] if word.startswith("@") else (word,):
                firsts |= _spellings(_PARTS.split(member.lower(), 1)[0])
        return firsts

    def _source(self, phrase: str, tokens: list[str]) -> str:
        source = ""
        for number, token in enumerate(tokens):
            if token == "~":
                source += _GAP
                continue
            optional = token.endswith("?")
            alternatives = token.removesuffix("?").split("|")
            piece = "(?:" + "|".join(self._alternative(word) for word in alternatives) + r")(?!\w)"
            if number:
                piece = _BETWEEN + piece
            source += f"(?:{piece})?" if optional else piece
        if phrase.endswith("$"):
            source += r"(?=[\s*_`\"')\].,;:!?]*(?:$|\n|[.,;!?)—]|\s[-–—]\s))"
        return source

    def _alternative(self, word: str) -> str:
        if word == "#":
            return _REFERENCE
        if word.startswith("@"):
            return self._sources[word[1:]]
        return _word(word)


def _spellings(word: str) -> set[str]:
    """Return a word with the apostrophes that people write."""
    return {word, word.replace("'", "\u2019"), word.replace("'", "")} if "'" in word else {word}


def _word(word: str) -> str:
    """Return the pattern of a word; hyphens and apostrophes may be missing, a star stands for any ending."""
    stem = word.removesuffix("*")
    source = re.escape(stem).replace("'", "['\u2019]?").replace(r"\-", "[-\u2011 ]?").replace(r"\ ", r"\s+")
    return source + (r"\w*" if word.endswith("*") else "")
