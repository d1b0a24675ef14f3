"""Correct an answer: check what is right, keep it, and say what it contradicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from escalation.errors import InputError
from escalation.feedback.records import Correction, Labels, LoggedAnswer, now
from escalation.feedback.store import Store
from escalation.predictor import Predictor
from escalation.rules.names import find_modes, nearest_mode
from escalation.rules.rulebook import DISPOSITIONS
from escalation.task.shapes import folded
from escalation.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from escalation.answer.corrections import By
    from escalation.answer.prediction import Prediction
    from escalation.feedback.records import Origin
    from escalation.rules.rulebook import Rulebook

MAX_NAME = 200
"""Characters of the name of a project or an author."""


class Change(msgspec.Struct, frozen=True):
    """The parts of an answer that a correction names; None for a part that stays as answered."""

    escalate: tuple[str, ...] | None = None
    collaborate: tuple[str, ...] | None = None
    core: bool | None = None

    def applied(self, given: Labels) -> Labels:
        """Return the whole answer after this change."""
        return Labels(
            given.escalate if self.escalate is None else self.escalate,
            given.collaborate if self.collaborate is None else self.collaborate,
            given.core if self.core is None else self.core,
        ).normal()


class Corrected(msgspec.Struct, frozen=True):
    """A correction that was kept, and earlier ones of the same task that say something else."""

    correction: Correction
    contradicts: tuple[Correction, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the correction as JSON represents it, with the ids of those that it contradicts."""
        return {"correction": self.correction.to_dict(), "contradicts": [each.id for each in self.contradicts]}


def correct(
    task: str | Task | Mapping[str, object],
    *,
    escalate: Iterable[str] | None = None,
    collaborate: Iterable[str] | None = None,
    core: bool | None = None,
    stack: object = None,
    project: str = "",
    by: By = "person",
    author: str = "",
    weight: float | None = None,
    store: Store | str | Path | None = None,
    predictor: Predictor | None = None,
    origin: Origin = "API",
) -> Corrected:
    """Keep what the right answer to a task is; a repetition of the task is answered so from now on.

    Parts that are not named stay as answered, so that a call without any confirms the answer.

    Parameters
    ----------
    task : str, Task or mapping
        As in `Predictor.predict`.
    escalate, collaborate : iterable of str, optional
        All modes, or open groups, of this disposition, in any spelling; empty for nobody.
    core : bool, optional
        Whether some part is the home mode's own work.
    stack, project, by, author, weight
        As in `Correction`.
    store : Store, str or Path, optional
        An open store, or the setting of one; see `Store.open`.
    predictor : Predictor, optional
        What gives the answer that is corrected; by default the one that ships.
    origin : {"command", "API", "service"}

    Raises
    ------
    InputError
        If the task cannot be used, or the right answer is not one that the rulebook allows.
    StoreError
        If it cannot be kept.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     corrected = correct("Write the Dockerfile", escalate=[], store=f"{folder}/corrections.db")
    >>> corrected.correction.given.escalate, corrected.correction.right.escalate
    (('docker-compose-specialist',), ())
    """
    predictor = predictor or Predictor.load()
    book = predictor.rulebook
    change = Change(_names("escalate", escalate, book), _names("collaborate", collaborate, book), core)
    if not isinstance(store, Store):
        with Store.open(store) as opened:
            return correct(
                task,
                escalate=change.escalate,
                collaborate=change.collaborate,
                core=core,
                stack=stack,
                project=project,
                by=by,
                author=author,
                weight=weight,
                store=opened,
                predictor=predictor,
                origin=origin,
            )
    work = Task.of(task, stack)
    made = correction_of(
        work,
        change,
        answered(work, predictor, store),
        predictor,
        project=project,
        by=by,
        author=author,
        weight=weight,
        origin=origin,
    )
    return keep([made], store)[0]


def answered(task: Task, predictor: Predictor, store: Store) -> Labels:
    """Return the answer to a task, with the corrections of a store."""
    corrected = store.answered.find(task.text, task.stack, predictor.rulebook.home)
    if corrected is not None:
        return Labels(corrected.escalate, corrected.collaborate, corrected.core)
    return Labels.of(predictor.predict(task.text, task.stack, reasons=False))


def correction_of(
    task: Task,
    change: Change,
    given: Labels | None,
    predictor: Predictor,
    *,
    project: str = "",
    by: By = "person",
    author: str = "",
    weight: float | None = None,
    when: datetime | None = None,
    origin: Origin = "API",
) -> Correction:
    """Make a correction and check it; it is not kept yet.

    Raises
    ------
    InputError
        If the right answer is not one that the rulebook allows, a name cannot be used, or the weight is not positive.
    """
    if by not in ("person", "agent", "teacher"):
        raise InputError(f"by must be person, agent or teacher, got {by!r}")
    if weight is not None and not 0 < weight <= 100:
        raise InputError(f"weight must be greater than 0 and at most 100, got {weight}")
    for what, name in (("project", project), ("author", author)):
        if len(name) > MAX_NAME or not name.isprintable():
            raise InputError(f"the {what} {name[:40]!r} must be printable, with at most {MAX_NAME} characters")
    book = predictor.rulebook
    right = change.applied(given or Labels())
    check_labels(right, book)
    info = predictor.model.info if predictor.model else None
    return Correction(
        text=task.text,
        home=book.home,
        right=right,
        given=given,
        stack=task.stack.technologies,
        project=project,
        by=by,
        author=author,
        model=info.sha256 if info else "",
        rulebook=book.sha256,
        origin=origin,
        weight=weight,
        when=when or now(),
    )


def logged_answer(
    task: Task, answer: Prediction, predictor: Predictor, *, project: str = "", place: str = "", origin: Origin = "API"
) -> LoggedAnswer:
    """Make what the store keeps of an answer for review."""
    info = predictor.model.info if predictor.model else None
    return LoggedAnswer(
        text=task.text,
        home=predictor.rulebook.home,
        answer=answer.to_dict(),
        stack=task.stack.technologies,
        project=project,
        place=place,
        model=info.sha256 if info else "",
        rulebook=predictor.rulebook.sha256,
        origin=origin,
    )


def check_labels(labels: Labels, rulebook: Rulebook) -> None:
    """Check an answer as a corpus label is checked: roster, dispositions, one disposition for each mode.

    Raises
    ------
    InputError
        The message says what is wrong and what is allowed.
    """
    for disposition in DISPOSITIONS:
        for target in getattr(labels, disposition):
            if target not in rulebook.modes and target not in rulebook.groups:
                raise InputError(
                    f"unknown mode {target!r}; use one of {', '.join(sorted({*rulebook.modes, *rulebook.groups}))}"
                )
            if not rulebook.allows(disposition, target):
                other = [side for side in DISPOSITIONS if rulebook.allows(side, target)]
                advice = f"it takes {other[0]}" if other else "name one of its modes"
                raise InputError(f"{target!r} does not take {disposition}; {advice}")
    both = sorted(set(labels.escalate) & set(labels.collaborate))
    if both:
        raise InputError(
            f"{both[0]!r} is in both lists, escalate and collaborate; name both lists, with it in one "
            "(a list that is not named stays as answered)"
        )


def keep(corrections: Sequence[Correction], store: Store) -> list[Corrected]:
    """Keep corrections, all or none, and return each with the earlier ones that it contradicts."""
    earlier: dict[str, list[Correction]] = {}
    for each in store.corrections():
        earlier.setdefault(each.key, []).append(each)
    kept = []
    for each in store.add(corrections):
        same = earlier.setdefault(each.key, [])
        kept.append(Corrected(each, tuple(other for other in same if other.right != each.right)))
        same.append(each)
    return kept


def mode_named(name: str, rulebook: Rulebook) -> str:
    """Return the mode of the roster, or the group, that a name means in any spelling.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """
    if name in rulebook.modes or name in rulebook.groups:
        return name
    found = [mode for mode in find_modes(rulebook, name) if mode in rulebook.modes]
    found = found or [group for group in rulebook.groups if folded(group) == folded(name)]
    if len(found) > 1:
        raise InputError(f"{name!r} means more than one mode; use one of {', '.join(found)}")
    if not found:
        near = nearest_mode(rulebook, name)
        advice = f"did you mean {near!r}? The roster has" if near else "use one of"
        raise InputError(f"unknown mode {name!r}; {advice} {', '.join(sorted({*rulebook.modes, *rulebook.groups}))}")
    return found[0]


def _names(
    part: Literal["escalate", "collaborate"], names: Iterable[str] | None, rulebook: Rulebook
) -> tuple[str, ...] | None:
    if isinstance(names, str):
        raise InputError(f"{part} is one text; pass a list of modes")
    return None if names is None else tuple(mode_named(name, rulebook) for name in names)
