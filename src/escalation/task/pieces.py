"""Cut a text into pieces, each with a status: asked, circumstance, excluded or done.

A text mentions more than it asks for: the environment of a bug report, what is out of scope, what is done already.
Only what is asked can earn a label, so every piece has a status and the words or the structure that decided.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from escalation.task.blocks import BlockReader, Part
from escalation.task.clauses import ClauseReader
from escalation.task.cleaning import Offsets, clean
from escalation.task.regions import BLANK, inline_lines, regions
from escalation.task.statuses import WORD, words_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from escalation.task.reading import ReadingPhrases
    from escalation.task.statuses import Span

_LINE = re.compile(r"[^\n]+|(?<=\n)(?=\n)")
_STRUCTURE = re.compile(r"[<>|~☐☑☒✅✔✓⬜❌•]")
_SIGNS = "```", "- [", "* [", "##", "---"
_MARKED = re.compile(r"\s*[-*+#(\[\d_]")
_FEW = 6
"""Pieces of a short text; in a longer one, what is told may be what the text is about."""
_EDGE = " \t\n*_-–—,;:|/#"


class Piece(NamedTuple):
    """A part of a text.

    Attributes
    ----------
    start, end : int
        Offsets in the cleaned text.
    kind : str
        ``title``, ``item``, ``sentence`` or ``clause``.
    status : str
        ``asked``, ``circumstance``, ``excluded`` or ``done``.
    why : str
        The words or the structure that decided; "" where nothing speaks against its being asked.
    """

    start: int
    end: int
    kind: str
    status: str
    why: str


class Pieces:
    """The pieces of a text, in order and without overlap; only markers and white space are between them.

    Parameters
    ----------
    original, text : str
        As it came, and without invisible characters, entities and tags.
    pieces : list of Piece
    offsets : Offsets or None
        The way back to the original, or None if both are the same.
    """

    __slots__ = ("_offsets", "original", "pieces", "text")

    def __init__(self, original: str, text: str, pieces: list[Piece], offsets: Offsets | None) -> None:
        self.original = original
        self.text = text
        self.pieces = pieces
        self._offsets = offsets

    @property
    def asked(self) -> list[Piece]:
        """The pieces that are asked."""
        return [piece for piece in self.pieces if piece.status == "asked"]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the cleaned text is in the original."""
        if self._offsets is None or start >= end:
            return (start, end) if self._offsets is None else (self._offsets.of(start),) * 2
        return self._offsets.of(start), self._offsets.of(end - 1) + 1

    def words_of(self, piece: Piece) -> str:
        """Return the text of a piece."""
        return self.text[piece.start : piece.end]


def read_pieces(text: str, phrases: ReadingPhrases, work_verbs: Collection[str] = frozenset()) -> Pieces:
    """Read a text into pieces, in time linear in its length.

    Parameters
    ----------
    text : str
    phrases : ReadingPhrases
        What a language says for it; see `escalation.task.reading.load_reading`.
    work_verbs : collection of str
        Lower-case words that begin a piece of work, beside those of the phrases.

    Returns
    -------
    Pieces
    """
    cleaned, offsets = clean(text)
    low = cleaned.lower()
    if len(low) != len(cleaned):
        low = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in cleaned)
    if not _is_structured(cleaned, phrases):
        reader = ClauseReader(cleaned, low, phrases, work_verbs)
        parts = [Part("sentence", reader.read(0, len(cleaned)))]
        taken: list[Span] = []
    else:
        taken = regions(cleaned, phrases)
        rest = (_blanked(cleaned, taken), _blanked(low, taken)) if taken else (cleaned, low)
        reader = ClauseReader(*rest, phrases, work_verbs)
        parts = _read_blocks(reader, phrases)
    pieces = [piece for part in parts for piece in _of_part(cleaned, part)]
    if taken:
        pieces = _with_regions(cleaned, pieces, taken)
    return Pieces(text, cleaned, _settled(pieces, reader, phrases), offsets)


def _is_structured(text: str, phrases: ReadingPhrases) -> bool:
    """Return whether a text may be more than sentences."""
    if "\n" in text or _MARKED.match(text) or _STRUCTURE.search(text) or any(sign in text for sign in _SIGNS):
        return True
    return ":" in text and (phrases.speakers.search(text) or phrases.chat.search(text)) is not None


def _blanked(text: str, taken: list[Span]) -> str:
    """Return the text with blanks where regions were taken out, of the same length and lines."""
    parts = []
    last = 0
    for span in taken:
        parts += [text[last : span.start], re.sub(r"[^\n]", BLANK, text[span.start : span.end])]
        last = span.end
    return "".join([*parts, text[last:]])


def _read_blocks(reader: ClauseReader, phrases: ReadingPhrases) -> list[Part]:
    text = reader.text
    lines = [match.span() for match in _LINE.finditer(text)]
    if "[" in text or "##" in text:
        lines = [part for start, end in lines for part in (inline_lines(text, start, end, phrases) or [(start, end)])]
    blocks = BlockReader(text, reader.low, phrases, reader)
    # A text of one line has no title.
    blocks.titled = len(lines) == 1
    return blocks.read(lines)


def _of_part(text: str, part: Part) -> list[Piece]:
    """Return the pieces of a part: its kind stays with what is a whole sentence of it."""
    pieces = []
    several = len(part.spans) > 1
    opens = True
    for number, span in enumerate(part.spans):
        begins = opens
        if several:
            opens = number + 1 == len(part.spans) or _ends(text, part.spans[number + 1].start)
        start, end = span.start, span.end
        while start < end and text[start] in _EDGE:
            start += 1
        while end > start and text[end - 1] in _EDGE and not _is_sharp(text, end - 1):
            end -= 1
        if start == end:
            continue
        kind = part.kind
        if several:
            kind = (part.kind if number == 0 else "sentence") if begins and opens else "clause"
        pieces.append(Piece(start, end, kind, span.status, span.why))
    return pieces


def _is_sharp(text: str, place: int) -> bool:
    """Return whether a sign belongs to the name before it, as in "C#"."""
    return text[place] == "#" and place > 0 and text[place - 1].isalpha()


def _ends(text: str, place: int) -> bool:
    """Return whether a sentence ends before a place."""
    before = text[max(place - 4, 0) : place]
    return "." in before or "!" in before or "?" in before or ";" in before


def _with_regions(text: str, pieces: list[Piece], taken: list[Span]) -> list[Piece]:
    """Put in the regions that were taken out, cutting the pieces around them."""
    result: list[Piece] = []
    queue = iter(taken)
    region = next(queue, None)
    for piece in pieces:
        start = piece.start
        while region is not None and region.start < piece.end:
            if region.end > start:
                if region.start > start:
                    _put(result, text, piece._replace(start=start, end=region.start))
                start = max(start, region.end)
            if region.status != "marker":
                _put(result, text, Piece(region.start, region.end, "item", region.status, region.why))
            region = next(queue, None)
        if start < piece.end:
            _put(result, text, piece._replace(start=start))
    while region is not None:
        if region.status != "marker":
            _put(result, text, Piece(region.start, region.end, "item", region.status, region.why))
        region = next(queue, None)
    return result


def _put(result: list[Piece], text: str, piece: Piece) -> None:
    part = text[piece.start : piece.end]
    if any(sign.isalnum() for sign in part):
        start = piece.start + len(part) - len(part.lstrip())
        result.append(piece._replace(start=start, end=piece.start + len(part.rstrip())))


def _settled(pieces: list[Piece], reader: ClauseReader, phrases: ReadingPhrases) -> list[Piece]:
    """Decide what depends on other pieces: answered questions, faults that an ask follows, one block as the whole."""
    asked = "?" in reader.text
    for number, piece in enumerate(pieces):
        if piece.status == "fault":
            named = any(_names_its_object(other, reader, phrases) for other in pieces[number + 1 :][:40])
            status = "circumstance" if named else "asked"
            pieces[number] = piece._replace(status=status, why=piece.why if named else "")
        elif number and (asked or pieces[number - 1].status == "question" or pieces[number - 1].why == "quote"):
            _answer(pieces, number, reader, phrases)
    pieces = [piece._replace(status="asked", why="") if piece.status == "question" else piece for piece in pieces]
    for number, (piece, following) in enumerate(pairwise(pieces)):
        told = piece.status in ("done", "circumstance") and piece.kind in ("sentence", "clause")
        if told and following.kind == "sentence" and following.status == "asked" and _speaks_of_it(following, reader):
            pieces[number] = piece._replace(status="asked", why="")
    _tell(pieces, reader)
    if pieces and all(piece.status == "circumstance" for piece in pieces):
        whole = {piece.why for piece in pieces}
        if len(whole) == 1 and whole <= {"quote", "code block"}:
            pieces = [piece._replace(status="asked", why="") for piece in pieces]
    return pieces


def _tell(pieces: list[Piece], reader: ClauseReader) -> None:
    """Take out sentences that only say what a thing is or has, if nothing else in the text asks for it."""
    told: dict[int, frozenset[str]] = {}
    if not 1 < len(pieces) <= _FEW or not reader.names_tools:
        return
    for number, piece in enumerate(pieces):
        if piece.status == "asked" and not piece.why and piece.kind == "sentence":
            things = reader.telling.told_things(piece.start, piece.end)
            if things:
                told[number] = things
    if not told:
        return
    others = [piece for number, piece in enumerate(pieces) if piece.status == "asked" and number not in told]
    if not any(reader.begins_work(piece.start, piece.end) for piece in others):
        return
    words = {word for piece in others for word in words_in(reader.low[piece.start : piece.end])}
    for number, things in told.items():
        following = pieces[number + 1] if number + 1 < len(pieces) else None
        if following is not None and following.status == "asked" and _speaks_of_it(following, reader):
            continue
        if things.isdisjoint(words):
            pieces[number] = pieces[number]._replace(status="circumstance", why="told, not asked")


def _speaks_of_it(piece: Piece, reader: ClauseReader) -> bool:
    """Return whether a piece asks for work on something that was named before it: "correct it"."""
    words = WORD.findall(reader.low, piece.start, piece.end)
    return len(words) > 1 and reader.is_verb(words[0]) and words[1] in reader.phrases.words["pronouns"]


def _answer(pieces: list[Piece], number: int, reader: ClauseReader, phrases: ReadingPhrases) -> None:
    """Let a piece that answers a question or a quote decide for it."""
    piece, before = pieces[number], pieces[number - 1]
    quoted = before.why == "quote"
    if not quoted and before.status == "circumstance":
        return
    told = before.status == "question"
    if not (quoted or told) and "?" not in reader.text[before.end - 3 : before.end + 2]:
        return
    words = phrases.words
    answer = reader.low[piece.start : piece.end].lstrip(" *_\"'-,.")
    joined = answer.split(None, 1)
    if len(joined) > 1 and (joined[0] in words["joins"] or joined[0] in words["contrasts"]):
        answer = joined[1]
    first = number - 1
    while first and not quoted and not _ends(reader.text, pieces[first].start):
        first -= 1
    question = reader.low[pieces[first].start : before.end].lstrip("\"'*_ ")
    no, yes = _is_word(answer, words["no"]), _is_word(answer, words["yes"])
    did = not quoted and _is_word(answer, words["did"])
    if not quoted and not words["finished"].isdisjoint(WORD.findall(question)):
        # "Is it done?" - "No" asks for it.
        no, did = False, yes or did
    if not (no or did or (quoted and yes)):
        return
    if not quoted and question.startswith(tuple(words["wh"])) and not question.startswith(tuple(words["proposals"])):
        return
    status, why = ("done", "answered with done") if did else ("excluded", "answered with no") if no else ("asked", "")
    for other in range(first, number):
        pieces[other] = pieces[other]._replace(status=status, why=why)
    if (no or did) and len(answer.split()) <= 5:
        pieces[number] = piece._replace(status="circumstance", why="an answer")


def _is_word(answer: str, words: Collection[str]) -> bool:
    """Return whether an answer is one of these words, or begins with one that a sign sets apart."""
    return any(
        answer.startswith(word) and (answer[len(word) : len(word) + 1] in ("", *",.;:!)\n–—") or " " in word)
        for word in words
    )


def _names_its_object(piece: Piece, reader: ClauseReader, phrases: ReadingPhrases) -> bool:
    """Return whether a piece asks for work on something that it names itself."""
    if piece.status != "asked" or not reader.begins_work(piece.start, piece.end):
        return False
    words = reader.low[piece.start : piece.end].split()
    return len(words) > 1 and words[1].strip(".,;:!") not in phrases.words["pronouns"]
