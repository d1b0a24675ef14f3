"""Behaviour cases: what a trained model must be able to do, and how an answer may change with the task.

The kinds of cases are those of CheckList (Ribeiro and others 2020): minimum function, invariance, direction. They are
kept beside a corpus as TOML, under ``[[minimum]]``, ``[[invariance]]`` and ``[[direction]]``.
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
    """What all kinds of cases have.

    Attributes
    ----------
    id : str
    text : str
    stack : dict
    known : str or None
        Why the case fails at present. It does not keep a model from being published then.
    """

    id: str
    text: str
    stack: dict[str, Any] = {}
    known: str | None = None


class Minimum(_Case, frozen=True):
    """Minimum function: some modes must be in the answer (`escalate`, `collaborate`), others must not.

    Attributes
    ----------
    absent : list of str
        Modes that must be in neither list; ``*`` means all.
    core : bool or None
        Whether own work must be left; None if it does not matter.
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
        cases = convert(tables, _Cases)
    except ValueError as error:
        raise InputError(f"{path}: {error}; see escalation.training.behaviour for the keys of a case") from error
    found: dict[str, Case] = {}
    everything: list[Case] = [*cases.minimum, *cases.invariance, *cases.direction]
    for case in everything:
        if case.id in found:
            raise InputError(f"{path}: the id {case.id!r} is used twice; use each id once")
        try:
            _tasks(case)
        except InputError as error:
            raise InputError(f"{path}: case {case.id!r}: {error}") from error
        found[case.id] = case
    return list(found.values())


def check_case(predictor: Predictor, case: Case) -> str | None:
    """Return why a predictor fails a case, or None if it passes."""
    tasks = _tasks(case)
    if isinstance(case, Minimum):
        return _check_minimum(predictor.predict(tasks[0]), case)
    if isinstance(case, Invariance):
        return _check_invariance(predictor.predict(tasks[0]), predictor.predict(tasks[1]), case.but)
    if case.label not in predictor.rulebook.labels:
        return f"{case.label!r} is not a label; use one of {', '.join(predictor.rulebook.labels)}"
    label = Label.parse(case.label)
    before, after = (predictor.decisions(task)[label].probability or 0.0 for task in tasks)
    if (after - before if case.rises else before - after) >= _CHANGE:
        return None
    return f"{case.label} must {'rise' if case.rises else 'fall'}, but changes from {before:.3f} to {after:.3f}"


def check_behaviour(predictor: Predictor, cases: list[Case]) -> list[Finding]:
    """Return a finding for every case that fails although it is not known to."""
    failed = ((case, check_case(predictor, case)) for case in cases if not case.known)
    return [Finding("H7", "high", case.id, wrong) for case, wrong in failed if wrong]


def _tasks(case: Case) -> list[Task]:
    """Return the task of a case, and the one that it is compared with if there is one."""
    tasks = [Task.of(case.text, case.stack)]
    if isinstance(case, Invariance):
        text = case.text if case.other_text is None else case.other_text
        tasks.append(Task.of(text, case.stack if case.other_stack is None else case.other_stack))
    if isinstance(case, Direction):
        tasks.append(Task.of(case.other_text, case.stack))
    return tasks


def _check_minimum(answer: Prediction, case: Minimum) -> str | None:
    modes = _modes(answer)
    both = modes["escalate"] | modes["collaborate"]
    missing = [f"{side} {mode}" for side in DISPOSITIONS for mode in getattr(case, side) if mode not in modes[side]]
    unwanted = both if "*" in case.absent else both & set(case.absent)
    if missing:
        return f"must {' and '.join(missing)}, but the answer is: {_shown(modes)}"
    if unwanted:
        return f"must leave out {', '.join(sorted(unwanted))}, but the answer is: {_shown(modes)}"
    if case.core is not None and answer.core.value != case.core:
        return f"core must be {str(case.core).lower()}"
    return None


def _check_invariance(first: Prediction, second: Prediction, but: dict[str, str]) -> str | None:
    before, after = _modes(first), _modes(second)
    expected = {side: {but.get(mode, mode) for mode in modes} for side, modes in before.items()}
    if expected == after and first.core.value == second.core.value:
        return None
    return f"must stay the same, but changes from {_shown(before)} to {_shown(after)}"


def _modes(answer: Prediction) -> dict[str, set[str]]:
    return {side: {entry.target for entry in getattr(answer, side)} for side in DISPOSITIONS}


def _shown(modes: dict[str, set[str]]) -> str:
    sides = (f"{side} {', '.join(sorted(names))}" for side, names in modes.items() if names)
    return "; ".join(sides) or "nobody"
