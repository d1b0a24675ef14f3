"""Make the texts of the robustness suite: asks framed, joined, diluted, misspelt and wrapped.

They are made from a directory of TOML files (`benchmarks/robustness`): asks whose labels are known, frames that mention
a technology without asking for it, neutral sentences, wrappers, and whole texts.
"""

from __future__ import annotations

import random
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec

from escalation.errors import InputError
from escalation.files import default_robustness, read_toml
from escalation.rules.rulebook import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from escalation.rules.rulebook import Rulebook

FILES = ("asks.toml", "mentions.toml", "wrappers.toml", "texts.toml", "goals.toml")
JOINED, DILUTED = (1, 2, 3, 6, 10), (8, 16, 32)
PER_FRAME, PER_WRAPPER, PER_JOIN = 20, 12, 20
"""Texts drawn for each frame, each wrapper, and each number and form of joins: the whole takes seconds."""


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request, with the labels and `core` that are right for it, and words that may be misspelt."""

    text: str
    labels: tuple[Label, ...] = ()
    core: bool | None = None
    words: tuple[str, ...] = ()


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole texts of one kind that expect the same answer; what is None is not checked."""

    kind: str
    texts: tuple[str, ...]
    labels: tuple[Label, ...] | None = None
    core: bool | None = None
    unclear: str | None = None
    stack: dict[str, list[str]] = {}


class Inputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What texts are made from, as the files of a directory hold it together.

    Attributes
    ----------
    asks, own_asks : tuple of Ask
        Requests that need somebody, and requests that are the home mode's own.
    neutral : tuple of str
        Sentences that need nobody.
    frames : dict of str to str
        By name, texts that mention ``{name}``, ``{noun}``, ``{work}``, ... of a technology beside an ``{ask}``.
    technologies : tuple of dict
        Values for the placeholders of frames.
    wrappers : dict of str to str
        By name, texts around an ``{ask}``.
    inside, between : dict of str to str
        By name, characters that are put inside longer words, or replace spaces.
    texts : tuple of Texts
    goals : dict of str to dict
        By kind, bounds of figures: at least for ``recall``, at most for all others.
    gates : dict of str to dict
        The same, for what a model must hold to be published.
    """

    asks: tuple[Ask, ...]
    own_asks: tuple[Ask, ...]
    neutral: tuple[str, ...]
    frames: dict[str, str]
    technologies: tuple[dict[str, str], ...]
    wrappers: dict[str, str]
    inside: dict[str, str]
    between: dict[str, str]
    texts: tuple[Texts, ...]
    goals: dict[str, dict[str, float]]
    gates: dict[str, dict[str, float]] = {}


class Probe(msgspec.Struct, frozen=True):
    """One text to ask, of a kind and a variant of it, and what is right for it; what is None is not checked."""

    kind: str
    variant: str
    text: str
    labels: frozenset[Label] | None
    core: bool | None = None
    unclear: str | None = None
    stack: dict[str, list[str]] = {}


def read_inputs(directory: Path | None = None) -> Inputs:
    """Read a directory of inputs.

    Parameters
    ----------
    directory : Path, optional
        By default the one of the checkout.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        If a file cannot be read, or its content is not of the form of `Inputs`.
    """
    directory = directory or default_robustness()
    remedy = f"name a directory that holds {', '.join(FILES)}"
    tables: dict[str, Any] = {}
    for name in FILES:
        tables |= read_toml(directory / name, InputError, remedy)
    try:
        return msgspec.convert(tables, Inputs, dec_hook=lambda _, text: Label.parse(text))
    except msgspec.ValidationError as error:
        raise InputError(f"{directory}: {error}; see escalation.training.probes.Inputs") from error


def make_probes(inputs: Inputs, rulebook: Rulebook, seed: int = 0) -> list[Probe]:
    """Make every text.

    Parameters
    ----------
    inputs : Inputs
    rulebook : Rulebook
        Its groups say which asks cannot be joined.
    seed : int
        Texts are the same for the same inputs and seed.

    Returns
    -------
    list of Probe
    """
    makers = (_mentions, _joins, _dilutions, _misspellings, _wrapped)
    probes = [probe for make in makers for probe in make(inputs, random.Random(f"{seed} {make.__name__}"), rulebook)]
    for group in inputs.texts:
        labels = None if group.labels is None else frozenset(group.labels)
        variant = ", ".join(group.labels or ()) or "nobody"
        expected = (labels, group.core, group.unclear, group.stack)
        probes += [Probe(group.kind, variant, text, *expected) for text in group.texts]
    return probes


def _mentions(inputs: Inputs, draw: random.Random, _: Rulebook) -> Iterator[Probe]:
    crossed = list(product(inputs.technologies, inputs.own_asks))
    for name, frame in inputs.frames.items():
        for technology, ask in draw.sample(crossed, min(PER_FRAME, len(crossed))):
            yield Probe("mentions", name, _fill(frame, ask.text, technology), frozenset(), core=True)


def _joins(inputs: Inputs, draw: random.Random, rulebook: Rulebook) -> Iterator[Probe]:
    forms: dict[str, Callable[[list[str]], str]] = {
        "list": lambda texts: "\n".join(f"- {text}" for text in texts),
        "sentences": lambda texts: " ".join(f"{text}." for text in texts),
        "one sentence": lambda texts: f"{', '.join([texts[0], *map(_lower, texts[1:-1])])} and {_lower(texts[-1])}.",
        "boxes": lambda texts: "\n".join(f"- [ ] {text}" for text in texts),
    }
    for number in JOINED:
        if number == 1:
            yield from (Probe("joins.1", "plain", ask.text, frozenset(ask.labels), ask.core) for ask in inputs.asks)
            continue
        for form, _ in product(forms, range(PER_JOIN)):
            asks = _compatible(draw.sample(inputs.asks, len(inputs.asks)), number, rulebook)
            text = forms[form]([ask.text for ask in asks])
            yield Probe(f"joins.{number}", form, text, _union(asks), _any_core(asks))


def _dilutions(inputs: Inputs, draw: random.Random, _: Rulebook) -> Iterator[Probe]:
    for number, position, ask in product(DILUTED, ("first", "middle", "last"), inputs.asks):
        sentences = draw.sample(inputs.neutral, number)
        sentences.insert({"first": 0, "middle": number // 2, "last": number}[position], f"{ask.text}.")
        # Neutral sentences do not make the text own work, nor are they sure not to.
        yield Probe(f"dilution.{number}", position, " ".join(sentences), frozenset(ask.labels), ask.core or None)


def _misspellings(inputs: Inputs, draw: random.Random, _: Rulebook) -> Iterator[Probe]:
    for ask in inputs.asks:
        for word, (name, edit) in product(ask.words, _EDITS.items()):
            places = [place for place in range(1, len(word) - 1) if word[place] != word[place + 1]]
            text = ask.text.replace(word, edit(word, draw.choice(places)))
            yield Probe("misspellings", name, text, frozenset(ask.labels), ask.core)


def _wrapped(inputs: Inputs, draw: random.Random, _: Rulebook) -> Iterator[Probe]:
    ways: dict[str, Callable[[str], str]] = {
        **{name: partial(_fill, wrapper) for name, wrapper in inputs.wrappers.items()},
        **{name: partial(_put_between, mark) for name, mark in inputs.between.items()},
        **{name: partial(_put_inside, mark) for name, mark in inputs.inside.items()},
    }
    for name, wrap in ways.items():
        for ask in draw.sample(inputs.asks, min(PER_WRAPPER, len(inputs.asks))):
            yield Probe("wrappers", name, wrap(ask.text), frozenset(ask.labels), ask.core)


_EDITS: dict[str, Callable[[str, int], str]] = {
    "two letters swapped": lambda word, at: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    "a letter dropped": lambda word, at: word[:at] + word[at + 1 :],
    "a letter doubled": lambda word, at: word[:at] + word[at] + word[at:],
}


def _fill(frame: str, ask: str, values: dict[str, str] | None = None) -> str:
    text = frame.strip("\n").replace("{ask}", ask).replace("{ask_lower}", _lower(ask))
    for name, value in (values or {}).items():
        text = text.replace(f"{{{name}}}", value).replace(f"{{{name}_upper}}", value[0].upper() + value[1:])
    return text


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _put_between(mark: str, text: str) -> str:
    return text.replace(" ", mark)


def _put_inside(mark: str, text: str) -> str:
    """Put characters into the middle of every word of six letters or more."""
    halves = ((word, len(word) // 2) for word in text.split())
    return " ".join(word[:half] + mark + word[half:] if half > 2 else word for word, half in halves)


def _compatible(asks: Sequence[Ask], number: int, rulebook: Rulebook) -> list[Ask]:
    """Return the first asks of which no two name different members of a group, which one text cannot have."""
    groups = [{name, *group.members} for name, group in rulebook.groups.items()]
    chosen: list[Ask] = []
    for ask in asks:
        targets = {label.target for one in (*chosen, ask) for label in one.labels}
        if len(chosen) < number and all(len(targets & group) < 2 for group in groups):
            chosen.append(ask)
    return chosen


def _union(asks: Iterable[Ask]) -> frozenset[Label]:
    """Return the labels of asks together; escalation to a mode outranks collaboration with it."""
    labels = {label for ask in asks for label in ask.labels}
    outranked = {Label("collaborate", label.target) for label in labels if label.disposition == "escalate"}
    return frozenset(labels - outranked)


def _any_core(asks: Iterable[Ask]) -> bool | None:
    """Return whether one of the asks is own work; None if that is open for one, and no other is."""
    values = {ask.core for ask in asks}
    return True if True in values else (None if None in values else False)
