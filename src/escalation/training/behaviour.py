"""Behaviour cases: what a trained model must be able to do, and how an answer may change with the task.

The kinds of cases are those of CheckList (Ribeiro and others 2020): minimum function, invariance, direction. They are
kept as TOML, under ``[[minimum]]``, ``[[invariance]]`` and ``[[direction]]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from escalation.errors import InputError
from escalation.files import convert, read_toml
from escalation.rules.rulebook import DISPOSITIONS, Label
from escalation.task.task import Task
from escalation.training.oracle import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from escalation.answer.prediction import Prediction
    from escalation.predictor import Predictor

_CHANGE = 0.005
"""A probability that changes by less neither rises nor falls."""


class _Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all kinds of cases have. A `known` failure, with its reason, does not keep a model from being published."""

    id: str
    text: str
    stack: dict[str, Any] = {}
    known: str | None = None


class Minimum(_Case, frozen=True):
    """Minimum function: some modes must be in the answer, and those `absent` in neither list (``*`` means all).

    `core` is whether own work must be left; None if it does not matter.
    """

    escalate: list[str] = []
    collaborate: list[str] = []
    absent: list[str] = []
    core: bool | None = None


class Invariance(_Case, frozen=True):
    """Invariance: to another text, or with another stack, the answer must be the same, `but` for replaced modes."""

    other_text: str | None = None
    other_stack: dict[str, Any] | None = None
    but: dict[str, str] = {}


class Direction(_Case, frozen=True, kw_only=True):
    """Direction: with another text the probability of a label must rise, or fall if `rises` is false."""

    other_text: str
    label: str
    rises: bool = True


Case: TypeAlias = Minimum | Invariance | Direction


class _Cases(msgspec.Struct, forbid_unknown_fields=True):
    minimum: list[Minimum] = []
    invariance: list[Invariance] = []
    direction: list[Direction] = []


def read_cases(path: Path) -> list[Case]:
    """Read a file of behaviour cases.

    Raises
    ------
    InputError
        If the file cannot be read, or a case lacks a key, has an unknown one or a value of the wrong type, an id that
        is used twice, or an invalid task.
    """
    tables = read_toml(path, InputError, "name a file of behaviour cases")
    try:
        file = convert(tables, _Cases)
    except ValueError as error:
        raise InputError(f"{path}: {error} (see escalation.training.behaviour for the keys of a case)") from error
    cases: list[Case] = [*file.minimum, *file.invariance, *file.direction]
    ids: set[str] = set()
    for case in cases:
        if case.id in ids:
            raise InputError(f"{path}: the id {case.id!r} is used twice; use each id once")
        ids.add(case.id)
        try:
            tasks_of(case)
        except InputError as error:
            raise InputError(f"{path}: case {case.id!r}: {error}") from error
    return cases


def tasks_of(case: Case) -> tuple[Task, Task]:
    """Return the task of a case and the one that it is compared with, which is the same for a minimum."""
    text = None if isinstance(case, Minimum) else case.other_text
    stack = case.other_stack if isinstance(case, Invariance) else None
    other = Task.of(case.text if text is None else text, case.stack if stack is None else stack)
    return Task.of(case.text, case.stack), other


def check_behaviour(predictor: Predictor, cases: list[Case]) -> list[Finding]:
    """Return a finding for every case that fails although it is not known to."""
    failed = ((case, check_case(predictor, case)) for case in cases if not case.known)
    return [Finding("H7", "high", case.id, wrong) for case, wrong in failed if wrong]


def check_case(predictor: Predictor, case: Case) -> str | None:
    """Return why a predictor fails a case, or None if it passes."""
    task, other = tasks_of(case)
    if isinstance(case, Minimum):
        return _check_minimum(predictor.predict(task), case)
    if isinstance(case, Invariance):
        return _check_invariance(predictor.predict(task), predictor.predict(other), case.but)
    if case.label not in predictor.rulebook.labels:
        return f"{case.label!r} is not a label; use one of {', '.join(predictor.rulebook.labels)}"
    label = Label.parse(case.label)
    before, after = (predictor.decisions(each)[label].probability or 0.0 for each in (task, other))
    if (after - before if case.rises else before - after) >= _CHANGE:
        return None
    return f"{label} must {'rise' if case.rises else 'fall'}, but changes from {before:.3f} to {after:.3f}"


def _check_minimum(answer: Prediction, case: Minimum) -> str | None:
    found = _modes(answer)
    missing = {Label(side, mode) for side in DISPOSITIONS for mode in getattr(case, side)} - found
    unwanted = {label for label in found if "*" in case.absent or label.target in case.absent}
    if missing:
        return f"must {_shown(missing)}, but the answer is: {_shown(found)}"
    if unwanted:
        return f"must not {_shown(unwanted)}"
    if case.core is not None and answer.core.value != case.core:
        return f"core must be {str(case.core).lower()}"
    return None


def _check_invariance(first: Prediction, second: Prediction, but: dict[str, str]) -> str | None:
    before, after = _modes(first), _modes(second)
    expected = {Label(label.disposition, but.get(label.target, label.target)) for label in before}
    if expected != after:
        return f"must stay the same, but changes from {_shown(before)} to {_shown(after)}"
    if first.core.value != second.core.value:
        return f"core must stay {str(first.core.value).lower()}"
    return None


def _modes(answer: Prediction) -> set[Label]:
    """Return the modes and open groups of an answer, each with its disposition."""
    return {Label(side, entry.target) for side in DISPOSITIONS for entry in getattr(answer, side)}


def _shown(modes: set[Label]) -> str:
    return ", ".join(f"{label.disposition} {label.target}" for label in sorted(modes)) or "nobody"
