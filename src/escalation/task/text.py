"""Read a text into words and clauses, with offsets into the original for those who ask.

Words are what n-grams and cues are made of, so one reading serves both. A text is cut where clauses surely end, then
into words; all of it by the C code of `re`, `bytes` and `str`, in time linear in the text's length.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

from escalation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MAX_CHARACTERS = 1_000_000
"""A task longer than this is a file sent by mistake."""

_WORD = re.compile(r"[^\W_]+[+#]*")
_SIGNED = re.compile(r"[+#](?<=[^\W_][+#])")
"""A sign that belongs to the word before it, as in "c++"."""
_BULLETS = "-*•·▪●◦‣–—"
_STOPS = ".!?;:"
_CONNECTIVES = frozenset({"then", "but", "afterwards"})
_JOINING = _CONNECTIVES | {"and"}
_BREAK = re.compile(
    # One set of signs in front lets the search skip everything else; what must surround them is looked at afterwards.
    rf"[\n\r{_STOPS}\{_BULLETS}](?:(?<=[\n\r])|(?<=[{_STOPS}])(?=\s)|(?<=\s[\{_BULLETS}])(?=\s))"
)
"""Where a clause surely ends: a line break, a stop before white space, a bullet between white space."""


class Reading:
    """A text as words and clauses.

    Parameters
    ----------
    text : str
        The text as it came.
    words : list of str
        Words in order, folded to lower case and to NFKC.
    clauses : list of tuple of int
        First word and one past the last word of each clause. A clause has at least one word.
    """

    __slots__ = ("_spans", "clauses", "text", "words")

    def __init__(self, text: str, words: list[str], clauses: list[tuple[int, int]]) -> None:
        self.text = text
        self.words = words
        self.clauses = clauses
        self._spans: list[tuple[int, int]] | None = None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Start and end of each word in `text`, in characters: looked for when they are first asked for."""
        if self._spans is None:
            self._spans = [match.span() for match in _WORD.finditer(self.text)]
        return self._spans

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Give the offsets of a run of words, both ends included."""
        return self.spans[first][0], self.spans[last][1]

    def clause_of(self) -> list[int]:
        """Give the number of the clause in which each word stands."""
        return [number for number, (first, last) in enumerate(self.clauses) for _ in range(first, last)]


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

    A clause ends at a line break, at a stop (``.!?;:``) before white space, at a bullet between white space, before
    "then", "but" and "afterwards", and at a comma or before "and" where a work verb follows.

    Parameters
    ----------
    text : str
        Any text, also empty.
    work_verbs : collection of str
        Folded words that begin a new piece of work ("add", "write").

    Returns
    -------
    Reading
    """
    sections, words_in = _sections(text)
    words: list[str] = []
    begins: set[int] = set()
    for section in sections:
        begins.add(len(words))
        if "," not in section:
            words += words_in(section)
            continue
        for piece in section.split(","):
            found = words_in(piece)
            # The first piece stands at the beginning of a clause anyway.
            if found and found[0] in work_verbs:
                begins.add(len(words))
            words += found
    for index in [index for index, word in enumerate(words) if word in _JOINING]:
        if _joins(words, index, work_verbs):
            begins.add(index)
    begins.discard(len(words))
    return Reading(text, words, list(pairwise([*sorted(begins), len(words)])))


def _joins(words: list[str], index: int, work_verbs: Collection[str]) -> bool:
    """Whether a clause begins at a connective."""
    if words[index] != "and":
        return index > 0 and words[index - 1] != "and"
    return index + 1 < len(words) and (words[index + 1] in work_verbs or words[index + 1] in _CONNECTIVES)


def _sections(text: str) -> tuple[list[str], Callable[[str], list[str]]]:
    """Cut a text where clauses surely end; give the pieces and what finds the words of one."""
    if not text.isascii():
        return _BREAK.split(text), words_of
    if ("+" in text or "#" in text) and _SIGNED.search(text):
        return _BREAK.split(text.lower()), _WORD.findall
    # What else there is in ASCII needs no regular expression, at a third of the cost.
    kinds = text.encode("ascii").translate(_KINDS)
    lines = kinds.replace(b". ", b"\n").replace(b" - ", b"\n").translate(_NO_SIGNS)
    return lines.decode("ascii").split("\n"), str.split


def _kind(sign: str) -> str:
    """The sign that stands for an ASCII sign where a text is cut: all stops are alike, all bullets, all white space."""
    if sign.isalnum():
        return sign.lower()
    if sign in "\n\r":
        return "\n"
    if sign.isspace():
        return " "
    return "," if sign == "," else "." if sign in _STOPS else "-" if sign in _BULLETS else "/"


_KINDS = "".join(map(_kind, map(chr, range(128)))).encode() + bytes(128)
_NO_SIGNS = bytes.maketrans(b".-/", b"   ")
