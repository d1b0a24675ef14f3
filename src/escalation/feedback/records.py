"""What the store keeps: corrections and logged answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from escalation.answer.corrections import By, key_of
from escalation.task.stack import StackProfile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from escalation.answer.prediction import Prediction

Origin: TypeAlias = Literal["command", "API", "service"]


def now() -> datetime:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


class Labels(msgspec.Struct, frozen=True):
    """Who has a part in a task.

    Attributes
    ----------
    escalate, collaborate : tuple of str
        Modes, or groups that stay open; sorted by `normal`.
    core : bool
        Whether some part is the home mode's own work.
    """

    escalate: tuple[str, ...] = ()
    collaborate: tuple[str, ...] = ()
    core: bool = False

    @classmethod
    def of(cls, answer: Prediction) -> Labels:
        """Return the labels of an answer."""
        sides = ([entry.target for entry in side] for side in (answer.escalate, answer.collaborate))
        escalate, collaborate = (tuple(sorted(side)) for side in sides)
        return cls(escalate, collaborate, answer.core.value)

    @property
    def text(self) -> str:
        """The labels in words.

        >>> Labels(("database-specialist",), (), core=True).text
        'escalate: database-specialist, collaborate: nobody, own work: yes'
        """
        escalate, collaborate = (", ".join(side) or "nobody" for side in (self.escalate, self.collaborate))
        return f"escalate: {escalate}, collaborate: {collaborate}, own work: {'yes' if self.core else 'no'}"

    def normal(self) -> Labels:
        """Return the same labels sorted and without repetitions, so that equal answers compare equal."""
        return Labels(tuple(sorted(set(self.escalate))), tuple(sorted(set(self.collaborate))), self.core)


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What the right answer to a task is, and who says so.

    Attributes
    ----------
    text : str
    stack : dict of str to tuple of str
        The Stack Profile; empty if it is not known.
    home : str
        The home mode.
    right : Labels
        The right answer, all of it.
    given : Labels or None
        The answer that was given. Equal to `right` if the answer was confirmed; None if there was none.
    project : str
        Empty if it is not known.
    by : {"person", "agent", "teacher"}
    author : str
        Name of the person, agent or teacher; may be empty.
    when : datetime
        In UTC.
    model, rulebook : str
        Hashes of what gave the answer; empty without one.
    origin : {"command", "API", "service"}
    weight : float or None
        How much it counts when learning, relative to a person's correction; None for the default of its kind.
    id : int
        Given by the store; 0 before.
    """

    text: str
    home: str
    right: Labels
    given: Labels | None = None
    stack: dict[str, tuple[str, ...]] = {}
    project: str = ""
    by: By = "person"
    author: str = ""
    when: datetime = msgspec.field(default_factory=now)
    model: str = ""
    rulebook: str = ""
    origin: Origin = "API"
    weight: float | None = None
    id: int = 0

    @property
    def key(self) -> str:
        """Shared by corrections of the same task; see `escalation.answer.corrections.key_of`."""
        return key_of(self.text, StackProfile(self.stack), self.home)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON represents them."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields


class LoggedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was kept on request, to be reviewed.

    Attributes
    ----------
    text, stack, home, project, when, model, rulebook, origin
        As of a `Correction`.
    answer : dict
        The whole answer, as `Prediction.to_dict` returns it. Empty for a task that only waits for review.
    place : str
        Where the task is from, such as ``tasks.md:12``; may be empty.
    reviewed : datetime or None
        When it was reviewed or skipped; None if it waits for review.
    id : int
        Given by the store; 0 before.
    """

    text: str
    home: str
    answer: dict[str, Any] = {}
    stack: dict[str, tuple[str, ...]] = {}
    project: str = ""
    place: str = ""
    when: datetime = msgspec.field(default_factory=now)
    model: str = ""
    rulebook: str = ""
    origin: Origin = "API"
    reviewed: datetime | None = None
    id: int = 0

    @property
    def key(self) -> str:
        """As that of a `Correction`."""
        return key_of(self.text, StackProfile(self.stack), self.home)

    @property
    def given(self) -> Labels | None:
        """The labels of the answer."""
        if not self.answer:
            return None
        sides = (
            tuple(entry["mode"] or entry["group"] for entry in self.answer[side])
            for side in ("escalate", "collaborate")
        )
        escalate, collaborate = sides
        return Labels(escalate, collaborate, self.answer["core"]["value"]).normal()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON represents them."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields


def counting(corrections: Iterable[Correction]) -> dict[str, Correction]:
    """Return the correction that counts for each task, by its key.

    The later counts, but what an agent or a teacher says never counts where a person has spoken.
    """
    found: dict[str, Correction] = {}
    for each in corrections:
        key = each.key
        if each.by == "person" or key not in found or found[key].by != "person":
            found[key] = each
    return found
