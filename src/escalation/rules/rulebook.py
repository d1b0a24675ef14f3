"""The rulebook's parts as plain data. Nothing here reads files or texts."""

from __future__ import annotations

from typing import Literal, NamedTuple

Disposition = Literal["escalate", "collaborate"]
Role = Literal["evidence", "complex", "ordinary", "work", "takes_back"]
Reach = Literal["following", "clause"]

DISPOSITIONS: tuple[Disposition, ...] = ("escalate", "collaborate")
CORE = "core"
"""Label of the home mode's own work, beside the labels ``disposition:target``."""
TECHNOLOGY_CUE = "tech."
"""Cues of this beginning exist for every category of technologies without being written down."""


class Source(NamedTuple):
    """A sentence of the documented source, word for word, and its place there."""

    id: str
    section: str
    text: str


class Mode(NamedTuple):
    """A specialist on the roster and the dispositions that a task may have towards it."""

    slug: str
    title: str
    dispositions: tuple[Disposition, ...]


class Technology(NamedTuple):
    """A technology of a category, with the phrases by which text and Stack Profile name it.

    `aliases` count as a mention wherever they stand. `idioms` tell it only once it is known that
    its category matters (a word with other meanings); both are read from a Stack Profile.
    """

    name: str
    category: str
    aliases: tuple[str, ...] = ()
    idioms: tuple[str, ...] = ()


class Group(NamedTuple):
    """Modes of which the project's technology selects one.

    `members` maps a mode to the technologies that select it. A group without `fallback` may stay
    open in an answer; with one, an unresolved group becomes that mode. `stays_open` names cues in
    whose presence the stack does not resolve it.
    """

    slug: str
    title: str
    category: str
    members: dict[str, tuple[str, ...]]
    dispositions: tuple[Disposition, ...]
    fallback: str | None = None
    stays_open: tuple[str, ...] = ()


class Cue(NamedTuple):
    """A named set of phrases that play one role.

    ``evidence`` speaks for a rule, ``complex`` and ``ordinary`` mark the degree, ``work`` marks what
    is asked for, ``takes_back`` takes back the mentions within its `reach`.
    """

    id: str
    role: Role
    phrases: tuple[str, ...]
    reach: Reach = "clause"


class Wanted(NamedTuple):
    """A cue in a condition, written ``cue``, ``cue@new`` or ``cue@title``.

    ``new`` is a technology that the Stack Profile does not list, ``title`` stands in the first clause.
    """

    cue: str
    only: Literal["", "new", "title"] = ""


class Condition(NamedTuple):
    """Cues that must all, and cues that must not, stand in one clause."""

    all: tuple[Wanted, ...]
    none: tuple[Wanted, ...]
    text: str


class Example(NamedTuple):
    """A task that the source names ("e.g."), with the answer that it documents."""

    text: str
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    stack: dict[str, tuple[str, ...]]


class Rule(NamedTuple):
    """Under these conditions, this disposition towards these targets."""

    id: str
    area: str
    disposition: Disposition
    targets: tuple[str, ...]
    source: Source
    condition: str
    when: tuple[Condition, ...]
    unless: tuple[Condition, ...] = ()
    examples: tuple[Example, ...] = ()


class Area(NamedTuple):
    """A field of expertise with rules of its own."""

    id: str
    title: str


class Acceptance(NamedTuple):
    """From which modes a delegated task is accepted, under which condition.

    `condition` is ``always``, ``cue`` (one of `cues` stands in the text) or ``core`` (some part of
    the task is the home mode's own work).
    """

    id: str
    modes: tuple[str, ...]
    condition: Literal["always", "cue", "core"]
    reason: str
    otherwise: str
    source: Source
    cues: tuple[str, ...] = ()


class CoreRule(NamedTuple):
    """What tells the home mode's own work in a task."""

    source: Source
    when: tuple[Condition, ...]


class Rulebook(NamedTuple):
    """The documented rules as data.

    Attributes
    ----------
    name, home, title : str
        Name of the rulebook, slug of the mode that it advises, title of its source.
    sha256 : str
        Hash of the file.
    """

    name: str
    home: str
    title: str
    sources: dict[str, Source]
    modes: dict[str, Mode]
    groups: dict[str, Group]
    technologies: dict[str, Technology]
    areas: dict[str, Area]
    cues: dict[str, Cue]
    rules: dict[str, Rule]
    core: CoreRule
    acceptance: dict[str, Acceptance]
    sha256: str

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories of technologies, in order of their names."""
        return tuple(sorted({technology.category for technology in self.technologies.values()}))

    @property
    def cue_ids(self) -> tuple[str, ...]:
        """Ids of the cues, and behind them of the technologies of each category, which are cues too."""
        return (*self.cues, *(TECHNOLOGY_CUE + category for category in self.categories))

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that a classifier for this rulebook learns: groups stand for their members."""
        grouped = {mode for group in self.groups.values() for mode in group.members}
        targets: list[Mode | Group] = [mode for mode in self.modes.values() if mode.slug not in grouped]
        targets += self.groups.values()
        return (
            *(
                f"{disposition}:{target.slug}"
                for disposition in DISPOSITIONS
                for target in targets
                if disposition in target.dispositions
            ),
            CORE,
        )

    def group_of(self, mode: str) -> Group | None:
        """Give the group that a mode belongs to, or None."""
        return next((group for group in self.groups.values() if mode in group.members), None)

    def label(self, disposition: str, target: str) -> str:
        """Give the label that a classifier learns for a mode or group: members stand under their group."""
        group = self.group_of(target)
        return f"{disposition}:{group.slug if group else target}"

    def allows(self, disposition: str, target: str) -> bool:
        """Whether a mode or an open group may have a disposition in an answer."""
        if target in self.modes:
            return disposition in self.modes[target].dispositions
        group = self.groups.get(target)
        return group is not None and group.fallback is None and disposition in group.dispositions
