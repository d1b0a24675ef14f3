"""Read a text into words and clauses, both with offsets into the original.

Words are what n-grams and cues are made of, so one reading serves both. Everything here is one
pass over the text: a regular expression without alternatives to go back to, then plain loops.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from escalation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_CHARACTERS = 1_000_000
"""A task longer than this is a file sent by mistake."""

_WORD = re.compile(r"[^\W_]+[+#]*")
_BULLETS = frozenset("-*•·▪●◦‣–—")
_STOPS = frozenset(".!?;:")
_CONNECTIVES = frozenset({"then", "but", "afterwards"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as words and clauses.

    Attributes
    ----------
    text : str
        The text as it came.
    words : list of str
        Words in order, folded to lower case and to NFKC.
    starts, ends : list of int
        Offsets of each word in `text`, in characters.
    clause_of : list of int
        Number of the clause in which each word stands.
    clauses : list of tuple of int
        First word and one past the last word of each clause. A clause has at least one word.
    """

    text: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    clause_of: list[int]
    clauses: list[tuple[int, int]]


def check_text(text: object) -> str:
    """Refuse what is no task.

    Parameters
    ----------
    text : object
        What came as a task's text.

    Returns
    -------
    str
        The same text.

    Raises
    ------
    InputError
        If it is not a string, is empty or only white space, is longer than `MAX_CHARACTERS`, or
        holds NUL characters or lone surrogates.
    """
    if not isinstance(text, str):
        raise InputError(f"the task is {type(text).__name__}, not text; give its description as a string")
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"the task has {len(text):,} characters, more than {MAX_CHARACTERS:,}; "
            "give the description of one task, not a whole file"
        )
    if not text.strip():
        raise InputError("the task is empty; say in words what is to be done")
    if "\0" in text:
        raise InputError(
            f"the task holds a NUL character at offset {text.index(chr(0))}: this is not text; "
            "give UTF-8 text without NUL bytes"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"the task holds a lone surrogate at offset {error.start}: it was decoded wrongly; read the text as UTF-8"
        ) from error
    return text


def fold(word: str) -> str:
    """Lower case and, beyond ASCII, compatibility form, so that look-alikes are one word."""
    return word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).lower()


def words_of(text: str) -> list[str]:
    """Give the folded words of a text, in order."""
    if text.isascii():
        return _WORD.findall(text.lower())
    return [fold(word) for word in _WORD.findall(text)]


def read(text: str, work_verbs: Collection[str] = frozenset()) -> Reading:
    """Read a text into words and clauses.

    A clause ends at a line break, at a full stop, colon or semicolon followed by white space, before
    a bullet, before "then" and "but", and before a comma or "and" that a work verb follows.

    Parameters
    ----------
    text : str
        Any text, also empty.
    work_verbs : collection of str
        Folded words that begin a new piece of work ("add", "write").

    Returns
    -------
    Reading
        Words and clauses, in time linear in the text's length.
    """
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _WORD.finditer(text):
        words.append(fold(match[0]))
        starts.append(match.start())
        ends.append(match.end())
    clause_of: list[int] = []
    clauses: list[tuple[int, int]] = []
    first = 0
    for index, word in enumerate(words):
        if index > first and _begins_clause(text, words, starts, ends, index, word, work_verbs):
            clauses.append((first, index))
            first = index
        clause_of.append(len(clauses))
    if words:
        clauses.append((first, len(words)))
    return Reading(text, words, starts, ends, clause_of, clauses)


def _begins_clause(
    text: str,
    words: list[str],
    starts: list[int],
    ends: list[int],
    index: int,
    word: str,
    work_verbs: Collection[str],
) -> bool:
    gap = text[ends[index - 1] : starts[index]]
    if gap != " ":
        if "\n" in gap or "\r" in gap:
            return True
        if not _BULLETS.isdisjoint(gap) and _stands_alone(gap):
            return True
        if not _STOPS.isdisjoint(gap) and any(mark in _STOPS and after.isspace() for mark, after in pairwise(gap)):
            return True
        if "," in gap and word in work_verbs:
            return True
    if word in _CONNECTIVES:
        return words[index - 1] != "and"
    return (
        word == "and"
        and index + 1 < len(words)
        and (words[index + 1] in work_verbs or words[index + 1] in _CONNECTIVES)
    )


def _stands_alone(gap: str) -> bool:
    """Whether a bullet has white space on both sides; in bold type and the like it has not."""
    return any(gap[i] in _BULLETS and gap[i - 1].isspace() and gap[i + 1].isspace() for i in range(1, len(gap) - 1))
