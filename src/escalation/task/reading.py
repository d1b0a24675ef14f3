"""Load the phrases that tell what a text asks for from what it only mentions.

The phrases of a language are data (``data/reading/english.toml``), shared by all rulebooks. Here they are checked and
compiled so that a word costs one look into a dictionary, whatever the number of phrases.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from escalation.errors import RulebookError
from escalation.files import parse_toml, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Status = Literal["asked", "circumstance", "excluded", "done"]
Reach = Literal["clause", "sentence", "onward", "short", "piece"]

_REMEDY = "name a file of phrases such as data/reading/english.toml"
_GAP = r"(?:(?:-|[^\w\n.,;:!?\"–—-]{1,4})[\w/'’.-]{1,40}){0,3}?"
_BETWEEN = r"(?:-|[^\w\n.,;:!?#\"–—-]{1,4})"
_REFERENCE = r"(?:#\d+|(?-i:[A-Z][A-Z0-9]{1,9}-\d+)|https?://\S+|(?:(?i:pr|mr|issue|ticket|story|epic|adr|rfc)\s?)#?\d+)"
_NAME = r"(?-i:[A-Z][a-z]+[A-Z0-9]?\w*|[A-Z][A-Z0-9]{1,8})"
_PROPER = r"(?-i:[A-Z][a-z]+[A-Z0-9]?\w*)"
_BUILT_IN = {"ref": _REFERENCE, "name": _NAME, "proper": _PROPER}
_PARTS = re.compile(r"[\s/.+-]")
_RARE = 0.0005
_FIRST_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_TOKEN = re.compile(r"(?:@?[^\W_][\w'.+/-]*\*?|#)(?:\|(?:@?[^\W_][\w'.+/-]*\*?|#))*\??|~")


class _Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of phrases: the status that they bring, how far it reaches, and what takes it away."""

    status: Literal["asked", "circumstance", "excluded", "done", "fault"]
    reach: Reach
    phrases: tuple[str, ...]
    unless_before: str = ""
    unless_after: str = ""


class _Headings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Headings and labels by what they make of what is below or beside them."""

    group: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    circumstance: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    done: tuple[str, ...] = ()


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that the scope of a phrase depends on."""

    joins: tuple[str, ...]
    heads: tuple[str, ...]
    alternatives: tuple[str, ...]
    contrasts: tuple[str, ...]
    reopens: tuple[str, ...]
    exceptions: tuple[str, ...]
    softeners: tuple[str, ...]
    subordinates: tuple[str, ...]
    finite: tuple[str, ...]
    fillers: tuple[str, ...]
    pronouns: tuple[str, ...]
    prepositions: tuple[str, ...]
    abbreviations: tuple[str, ...]


class _Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who speaks in a conversation, what says yes or no, and what tools wrap around a request."""

    askers: tuple[str, ...]
    answerers: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    wh: tuple[str, ...]
    empty: tuple[str, ...]
    request_tags: tuple[str, ...]
    context_tags: tuple[str, ...]
    title_keys: tuple[str, ...]
    marker_labels: tuple[str, ...]


class Entry:
    """Phrases of one table that begin with the same word.

    Parameters
    ----------
    source : str
        Pattern of the phrases; compiled when one of them is looked for, as few of them are in any one text.
    table : _Phrases
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
        table: _Phrases,
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


class ReadingPhrases(msgspec.Struct, frozen=True):
    """The phrases of a language, compiled.

    Attributes
    ----------
    sha256 : str
        Hash of the file that they come from.
    verbs : frozenset of str
        Words that begin a piece of work in any trade, beside those of a rulebook.
    by_anchor : dict
        Entries by their first word, by the rarest word of their phrases: most texts have none of these words.
    headings, labels, tags : dict
        Patterns with their status, by first word; a heading's status may also be ``group``, ``criteria`` or ``form``.
    words : dict
        Sets of words that scopes depend on, by name.
    """

    sha256: str
    verbs: frozenset[str]
    by_anchor: dict[str, dict[str, list[Entry]]]
    headings: dict[str, list[tuple[str, str]]]
    labels: dict[str, list[tuple[str, str]]]
    tags: dict[str, list[tuple[str, str]]]
    words: dict[str, frozenset[str]]
    speakers: re.Pattern[str]
    marker_line: re.Pattern[str]
    cuts: re.Pattern[str]
    anchors: frozenset[str]

    def heading_status(self, name: str) -> str:
        """Return the status of a heading that is known as a whole, or ""."""
        return _whole_match(self.headings, name)

    def label_status(self, name: str) -> str:
        """Return the status of what is before a colon, or ""."""
        return _whole_match(self.labels, name)

    def tag_status(self, remark: str) -> str:
        """Return the status of a remark that is known as a whole, or ""."""
        return _whole_match(self.tags, remark)


def _whole_match(patterns: dict[str, list[tuple[str, str]]], text: str) -> str:
    match = _FIRST_WORD.search(text)
    if match is None:
        return ""
    for source, status in patterns.get(match.group().lower(), ()):
        if _compiled(source).match(text, match.start()):
            return status
    return ""


def load_reading(path: Path) -> ReadingPhrases:
    """Load the phrases of a language.

    Parameters
    ----------
    path : Path
        A TOML file such as ``data/reading/english.toml``.

    Raises
    ------
    RulebookError
        If the file cannot be read or has a fault. One run reports one fault of each table.
    """
    content = read_bytes(path, RulebookError, _REMEDY)
    tables = parse_toml(content, path, RulebookError, "correct it there")
    faults: list[str] = []

    def convert(name: str, kind: type, default: object = None) -> object:
        try:
            return msgspec.convert(tables.pop(name), kind)
        except KeyError:
            faults.append(f"has no table '{name}'; add it")
        except msgspec.ValidationError as error:
            faults.append(f"{name}: {error}")
        return default

    verbs = convert("verbs", tuple[str, ...], ())
    classes = convert("classes", dict[str, tuple[str, ...]], {})
    common = convert("common", tuple[str, ...], ())
    words = convert("words", _Words)
    talk = convert("talk", _Talk)
    headings = convert("headings", _Headings, _Headings())
    labels = convert("labels", _Headings, _Headings())
    tags = convert("tags", _Headings, _Headings())
    phrases = convert("phrases", tuple[_Phrases, ...], ())
    faults += [f"has an unknown table '{name}'; remove it or fix the name" for name in tables]
    compiler = _Compiler(classes, common, faults)  # type: ignore[arg-type]
    by_anchor = compiler.entries(phrases)  # type: ignore[arg-type]
    heading_patterns = compiler.whole(headings, labels)  # type: ignore[arg-type]
    label_patterns = compiler.whole(labels, headings)  # type: ignore[arg-type]
    tag_patterns = compiler.whole(tags)  # type: ignore[arg-type]
    if faults:
        raise RulebookError("\n".join(f"{path}: {fault}" for fault in faults))
    assert isinstance(words, _Words)
    assert isinstance(talk, _Talk)
    sets = {name: frozenset(getattr(part, name)) for part in (words, talk) for name in part.__struct_fields__}
    return ReadingPhrases(
        sha256=hashlib.sha256(content).hexdigest(),
        verbs=frozenset(verbs),  # type: ignore[call-overload]
        by_anchor=by_anchor,
        headings=heading_patterns,
        labels=label_patterns,
        tags=tag_patterns,
        words=sets,
        speakers=_speakers(talk),
        marker_line=_marker_line(talk.marker_labels),
        cuts=_cuts((*words.joins, *words.alternatives, *words.contrasts)),
        anchors=frozenset(by_anchor),
    )


def _cuts(words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of all places at which a text may be cut; it begins with a sign, which is fast to look for."""
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(
        r"""(?P<stop>[.!?;][.!?;)"'\]*_`”’]*(?=\s))|(?P<comma>,)"""
        rf"|\s(?:(?P<word>{either})\b|(?P<dash>[-–—]{{1,3}}(?=\s)))|(?P<soft>:[*_]*(?=\s)|—|…)"
    )


@lru_cache(maxsize=4096)
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


def _speakers(talk: _Talk) -> re.Pattern[str]:
    def either(names: Iterable[str]) -> str:
        return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))

    return re.compile(
        rf"(?:^|(?<=\s))[ \t]*[*_#>\[]*[ \t]?(?:(?P<asks>{either(talk.askers)})|(?P<answers>"
        rf"{either(talk.answerers)}))\]?[*_]*[ \t]?:[*_]*(?=\s)[ \t]*",
        re.IGNORECASE,
    )


def _marker_line(labels: Iterable[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    reference = r"(?:(?:[A-Za-z]{1,12} )?#?[A-Z]{0,4}-?\d+(?:[.-]\d+)*[a-z]?)"
    return re.compile(
        rf"[ \t]*[-*+]?[ \t]*[_*(\[]*(?:{names})[_*]*\s?:[_*]*\s*{reference}(?:(?:\s?[,;&]\s?|\s(?:and|to)\s){reference})*"
        r"[_*)\].]*[ \t]*$",
        re.IGNORECASE | re.MULTILINE,
    )


class _Compiler:
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

    def entries(self, tables: Iterable[_Phrases]) -> dict[str, dict[str, list[Entry]]]:
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

    def whole(self, *tables: _Headings) -> dict[str, list[tuple[str, str]]]:
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
    return {word, word.replace("'", "’"), word.replace("'", "")} if "'" in word else {word}


def _word(word: str) -> str:
    """Return the pattern of a word; hyphens and apostrophes may be missing, a star stands for any ending."""
    stem = word.removesuffix("*")
    source = re.escape(stem).replace("'", "['’]?").replace(r"\-", "[-‑ ]?").replace(r"\ ", r"\s+")
    return source + (r"\w*" if word.endswith("*") else "")
