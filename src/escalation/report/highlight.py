"""Which passages of a text weighed, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS = 4
_LEAST = 0.2


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text that weighs the same all along.

    Attributes
    ----------
    text : str
    level : int
        0 where nothing weighed, else 1 to `LEVELS`, beside the weightiest passage of the same text.
    """

    text: str
    level: int


def passages(text: str, spans: Sequence[Mapping[str, Any]]) -> list[Passage]:
    """Cut a text where its weight changes. End to end, the passages are the text.

    Parameters
    ----------
    text : str
    spans : sequence of mapping
        Each with ``start``, ``end`` and ``weight``, of which the size counts. Where they overlap, they add up.

    Returns
    -------
    list of Passage
    """
    cuts = {0, len(text)}
    for span in spans:
        cuts |= {_within(span["start"], text), _within(span["end"], text)}
    pieces = [
        (text[start:end], sum(abs(span["weight"]) for span in spans if span["start"] <= start and end <= span["end"]))
        for start, end in pairwise(sorted(cuts))
    ]
    most = max((weight for _, weight in pieces), default=0.0)
    levelled = [(piece, _level(weight, most)) for piece, weight in pieces]
    return [
        Passage("".join(piece for piece, _ in same), level)
        for level, same in groupby(levelled, key=lambda entry: entry[1])
    ]


def _within(place: int, text: str) -> int:
    return min(max(place, 0), len(text))


def _level(weight: float, most: float) -> int:
    return ceil(LEVELS * weight / most) if most and weight >= _LEAST * most else 0
