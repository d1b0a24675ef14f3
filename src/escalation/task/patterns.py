"""Compile the phrases of a language, so that a text is looked at only where one of them can be.

A phrase is known by its first word and found by its rarest one: a text without that word is passed at once.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

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


class _Found(NamedTuple):
    """A phrase that one word announces, with what else it needs; most of them are never looked for."""

    table: Phrases
    guards: tuple[frozenset[str], frozenset[str]]
    phrase: str
    needs: tuple[frozenset[str], ...]


class Anchor:
    """The phrases that have one word in common, compiled when a text with that word comes.

    Parameters
    ----------
    compiler : Compiler
    """

    __slots__ = ("_compiler", "_entries", "phrases")

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self.phrases: list[_Found] = []
        self._entries: dict[str, list[Entry]] | None = None

    def by_first(self) -> dict[str, list[Entry]]:
        """Return the entries by the first word of their phrases."""
        if self._entries is None:
            self._entries = self._compiler.compiled(self.phrases)
        return self._entries


class Wholes:
    """Headings, labels or remarks that are known as a whole.

    Parameters
    ----------
    compiler : Compiler
    *tables : dict
        Phrases with their status by their first word; what an earlier table knows comes first.
    """

    __slots__ = ("_compiler", "_patterns", "_tables")

    def __init__(self, compiler: Compiler, *tables: dict[str, list[tuple[str, str]]]) -> None:
        self._compiler = compiler
        self._tables = tables
        self._patterns: dict[str, re.Pattern[str]] = {}

    def status(self, text: str) -> str:
        """Return the status of the first phrase that matches a text as a whole, or ""."""
        match = _FIRST_WORD.search(text)
        if match is None:
            return ""
        first = match.group().lower()
        for table in self._tables:
            for phrase, status in table.get(first, ()):
                pattern = self._patterns.get(phrase)
                if pattern is None:
                    source = self._compiler.source(phrase) + "$"
                    pattern = self._patterns[phrase] = re.compile(source, re.IGNORECASE)
                if pattern.match(text, match.start()):
                    return status
        return ""


class _Token(NamedTuple):
    """A token of a phrase: how likely one of its words is in a text, these words, and what is wrong with it."""

    cost: float
    words: frozenset[str]
    fault: str


_cost = attrgetter("cost")


class Compiler:
    """Turns phrases into regular expressions that are tried where their first word occurs."""

    def __init__(self, classes: Mapping[str, tuple[str, ...]], common: Iterable[str], faults: list[str]) -> None:
        self._classes = classes
        # How likely a word is to be in a text falls with its rank.
        self._weight = {word: 1 / rank for rank, word in enumerate(common, 1)}
        self._faults = faults
        self._sources: dict[str, str] = dict(_BUILT_IN)
        self._tokens: dict[str, _Token] = {}
        self._needs: dict[str, _Token] = {}
        self._first_words: dict[str, frozenset[str]] = {}

    def entries(self, tables: Iterable[Phrases]) -> dict[str, Anchor]:
        """Return the phrases of all tables by the rarest word of each."""
        found: dict[str, Anchor] = {}
        for number, table in enumerate(tables):
            where = f"phrases[{number}]"
            for name in (table.unless_before, table.unless_after):
                if name and name not in self._classes:
                    self._faults.append(f"{where} names an unknown class '{name}'; add it under [classes]")
            guards = (
                frozenset(self._classes.get(table.unless_before, ())),
                frozenset(self._classes.get(table.unless_after, ())),
            )
            for phrase in table.phrases:
                tokens = self._checked(phrase, where)
                if not tokens:
                    continue
                rarest = min(tokens, key=_cost)
                others = tuple(token.words for token in tokens if token is not rarest)
                announced = _Found(table, guards, phrase, others)
                for word in rarest.words:
                    anchor = found.get(word)
                    if anchor is None:
                        anchor = found[word] = Anchor(self)
                    anchor.phrases.append(announced)
        return found

    def compiled(self, phrases: Iterable[_Found]) -> dict[str, list[Entry]]:
        """Return the entries of phrases by their first word."""
        groups: dict[tuple[str, str, tuple[frozenset[str], ...], int], list[_Found]] = {}
        for found in phrases:
            place = found.phrase[0] if found.phrase[0] in "^&" else ""
            for first in self._firsts(found.phrase.lstrip("^&").removesuffix("$").split(None, 1)[0]):
                groups.setdefault((first, place, found.needs, id(found.table)), []).append(found)
        entries: dict[str, list[Entry]] = {}
        for (first, place, needs, _), alike in groups.items():
            source = "|".join(sorted((self.source(found.phrase) for found in alike), key=len, reverse=True))
            # What the first word gives is there; of the rest, a set of few words most often is not.
            rest = tuple(sorted((need for need in needs if first not in need), key=len))
            entry = Entry(source, alike[0].table, *alike[0].guards, rest, place)
            entries.setdefault(first, []).append(entry)
        return entries

    def whole(self, table: Headings) -> dict[str, list[tuple[str, str]]]:
        """Return whole headings, labels or tags with their status, by their first word."""
        found: dict[str, list[tuple[str, str]]] = {}
        for status in table.__struct_fields__:
            for phrase in getattr(table, status):
                if self._checked(phrase, status):
                    for first in self._firsts(phrase.split(None, 1)[0]):
                        found.setdefault(first, []).append((phrase, status))
        return found

    def _checked(self, phrase: str, where: str) -> list[_Token]:
        """Return the tokens of a phrase that a text needs; none if it has a fault."""
        tokens = phrase.lstrip("^&").removesuffix("$").split()
        if not tokens or tokens[0] == "~" or tokens[0][-1] in "*?":
            tokens = ["?"]
        needed = []
        for token in tokens:
            if token == "~":
                continue
            known = self._tokens.get(token) or self._token(token)
            if known.fault:
                what = f"has '{phrase}' with an unknown class '{known.fault}'; add it under [classes]"
                if known.fault == "~":
                    what = f"has the phrase '{phrase}', which is not one; begin with a plain word"
                self._faults.append(f"{where} {what}")
                return []
            if known.words:
                needed.append(known)
        return needed

    def _token(self, token: str) -> _Token:
        """Return what a token of a phrase needs in a text: one of its words, if they are fixed and not optional."""
        if token.isalpha():
            known = self._tokens[token] = self._need(token)
            return known
        if not _TOKEN.fullmatch(token):
            return _Token(0, frozenset(), "~")
        needs = [self._needs.get(word) or self._need(word) for word in token.removesuffix("?").split("|")]
        fault = next((need.fault for need in needs if need.fault), "")
        known = needs[0]
        if fault or token[-1] == "?" or not all(need.words for need in needs):
            known = _Token(0, frozenset(), fault)
        elif len(needs) > 1:
            words = frozenset().union(*(need.words for need in needs))
            known = _Token(sum(need.cost for need in needs), words, "")
        self._tokens[token] = known
        return known

    def _need(self, word: str) -> _Token:
        """Return the words of which a text has one if it has this word, or a member of this class."""
        if word.isalpha():
            plain = word.lower()
            return _Token(self._weight.get(plain, _RARE), frozenset((plain,)), "")
        members: tuple[str, ...] = (word,)
        fault = ""
        if word[0] == "@":
            members = self._classes.get(word[1:], ())
            fault = "" if members or word[1:] in _BUILT_IN else word[1:]
        words = {self._rarest(member) for member in members}
        if "" in words:
            words = set()
        cost = sum(self._weight.get(rare, _RARE) for rare in words)
        known = _Token(cost, frozenset(variant for rare in words for variant in _spellings(rare)), fault)
        self._needs[word] = known
        return known

    def _rarest(self, member: str) -> str:
        """Return the rarest word of a token or a class's member, or "" if there is none that is fixed."""
        if member.isalpha():
            return member.lower()
        words = [word for word in _PARTS.split(member.lower()) if word and word[-1] != "*" and word[0] not in "#@"]
        return min(words, key=lambda word: self._weight.get(word, _RARE), default="")

    def _firsts(self, token: str) -> frozenset[str]:
        known = self._first_words.get(token)
        if known is None:
            members = [
                member
                for word in token.split("|")
                for member in (self._classes[word[1:]] if word.startswith("@") else (word,))
            ]
            known = self._first_words[token] = frozenset(
                spelling for member in members for spelling in _spellings(_PARTS.split(member.lower(), maxsplit=1)[0])
            )
        return known

    def source(self, phrase: str) -> str:
        """Return the regular expression of a phrase."""
        source = ""
        for number, token in enumerate(phrase.lstrip("^&").removesuffix("$").split()):
            if token == "~":
                source += _GAP
                continue
            alternatives = token.removesuffix("?").split("|")
            piece = "(?:" + "|".join(self._alternative(word) for word in alternatives) + r")(?!\w)"
            if number:
                piece = _BETWEEN + piece
            source += f"(?:{piece})?" if token.endswith("?") else piece
        if phrase.endswith("$"):
            source += r"(?=[\s*_`\"')\].,;:!?]*(?:$|\n|[.,;!?)—]|\s[-–—]\s))"
        return source

    def _alternative(self, word: str) -> str:
        if word == "#":
            return _REFERENCE
        if word.startswith("@"):
            name = word[1:]
            if name not in self._sources:
                members = sorted(self._classes[name], key=len, reverse=True)
                self._sources[name] = "(?:" + "|".join(_word(member) for member in members) + ")"
            return self._sources[name]
        return _word(word)


def _spellings(word: str) -> set[str]:
    """Return a word with the apostrophes that people write."""
    return {word, word.replace("'", "\u2019"), word.replace("'", "")} if "'" in word else {word}


def _word(word: str) -> str:
    """Return the pattern of a word; hyphens and apostrophes may be missing, a star stands for any ending."""
    stem = word.removesuffix("*")
    source = re.escape(stem).replace("'", "['\u2019]?").replace(r"\-", "[-\u2011 ]?").replace(r"\ ", r"\s+")
    return source + (r"\w*" if word.endswith("*") else "")
