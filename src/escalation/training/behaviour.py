"""Behaviour of a trained model, case by case: what it must be able to do, and how an answer may change with the task.

Cases are written as in CheckList (Ribeiro and others 2020): minimum function, invariance, direction. They are data of a
project beside its corpus, in TOML; a case that is known to fail says why under ``known``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from escalation.errors import InputError
from escalation.files import read_toml
from escalation.rules.rulebook import DISPOSITIONS
from escalation.task.task import Task
from escalation.training.oracle import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from escalation.answer.prediction import Prediction
    from escalation.predictor import Predictor

Kind = Literal["minimum", "invariance", "direction"]
_KEYS = {
    "minimum": {"escalate", "collaborate", "absent", "core"},
    "invariance": {"other_text", "other_stack", "but"},
    "direction": {"other_text", "label", "rises"},
}
_SHARED = {"id", "text", "stack", "known"}
_NEEDED = {"minimum": {"id", "text"}, "invariance": {"id", "text"}, "direction": {"id", "text", "other_text", "label"}}
_KINDS: dict[str, type] = {
    "stack": dict,
    "other_stack": dict,
    "but": dict,
    "core": bool,
    "rises": bool,
    "escalate": list,
    "collaborate": list,
    "absent": list,
}
_MOVES = 0.005
"""A probability that changes by less does not rise or fall."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes
    ----------
    id : str
    kind : {"minimum", "invariance", "direction"}
    text : str
    stack : dict
    demands : dict
        For minimum function ``escalate`` and ``collaborate`` (modes that must be there), ``absent`` (modes that must
        not, ``*`` for all) and ``core``. For invariance the ``other_text`` or ``other_stack`` with which the answer
        must be the same, with modes exchanged as ``but`` says. For direction the ``other_text`` with which the
        probability of ``label`` rises, or falls where ``rises`` is false.
    known : str or None
        Why the case fails at present.
    """

    id: str
    kind: Kind
    text: str
    stack: dict[str, list[str]] = field(default_factory=dict)
    demands: dict[str, Any] = field(default_factory=dict)
    known: str | None = None


def read_cases(path: Path) -> list[Case]:
    """Read a file of cases.

    Raises
    ------
    InputError
        If the file cannot be read, or a case lacks a key or has one that it cannot have.
    """
    tables = read_toml(path, InputError, "name a file of behaviour cases")
    cases: dict[str, Case] = {}
    for kind, own in _KEYS.items():
        rows = tables.pop(kind, [])
        for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
            what = _fault(row, kind, own)
            if what is None and row["id"] in cases:
                what = f"{row['id']!r} stands there twice"
            if what:
                raise InputError(f"{path}: {kind} case {number}: {what}; see escalation.behaviour.Case")
            demands = {key: value for key, value in row.items() if key in own}
            known = row.get("known")
            cases[row["id"]] = Case(row["id"], kind, row["text"], row.get("stack", {}), demands, known)  # type: ignore[arg-type]
    if tables:
        raise InputError(f"{path}: unknown tables {', '.join(tables)}; use {', '.join(_KEYS)}")
    return list(cases.values())


def _fault(row: object, kind: str, own: set[str]) -> str | None:
    """What is wrong with the form of a case."""
    if not isinstance(row, dict):
        return "is no table"
    wrong = set(row) - own - _SHARED or _NEEDED[kind] - set(row)
    if wrong:
        return f"lacks or cannot have {', '.join(sorted(wrong))}"
    for key, value in row.items():
        kinds = _KINDS.get(key, str)
        texts = [text for text in value if not isinstance(text, str)] if isinstance(value, list | dict) else []
        if not isinstance(value, kinds) or texts:
            return f"{key} is {value!r}"
    try:
        for text, stack in (("text", "stack"), ("other_text", "other_stack")):
            Task.of(str(row.get(text, row["text"])), row.get(stack))
    except InputError as error:
        return str(error)
    return None


def check_case(predictor: Predictor, case: Case) -> str | None:
    """Say what is wrong with a predictor's behaviour in a case, or give None."""
    if case.kind == "minimum":
        return _minimum(predictor.predict(case.text, case.stack), case.demands)
    text = case.demands.get("other_text", case.text)
    if case.kind == "invariance":
        other = predictor.predict(text, case.demands.get("other_stack", case.stack))
        return _invariance(predictor.predict(case.text, case.stack), other, case.demands.get("but", {}))
    label = case.demands["label"]
    if label not in predictor.rulebook.labels:
        return f"{label!r} is no label; use one of {', '.join(predictor.rulebook.labels)}"
    before, after = (predictor.decisions(words, case.stack)[label].probability or 0.0 for words in (case.text, text))
    rises = case.demands.get("rises", True)
    moved = after - before if rises else before - after
    if moved >= _MOVES:
        return None
    return f"{label} must {'rise' if rises else 'fall'}, and goes from {before:.3f} to {after:.3f}"


def check_behaviour(predictor: Predictor, cases: list[Case]) -> list[Finding]:
    """Give a finding for every case that fails and is not known to."""
    failed = ((case, check_case(predictor, case)) for case in cases if not case.known)
    return [Finding("H7", case.id, wrong) for case, wrong in failed if wrong]


def _minimum(answer: Prediction, demands: dict[str, Any]) -> str | None:
    given = _given(answer)
    both = given["escalate"] | given["collaborate"]
    absent = demands.get("absent", [])
    missing = {f"{side} {mode}" for side, modes in given.items() for mode in demands.get(side, []) if mode not in modes}
    wrong = both if "*" in absent else both & set(absent)
    if missing:
        return f"must {' and '.join(sorted(missing))}, and gives {_shown(given)}"
    if wrong:
        return f"must leave out {', '.join(sorted(wrong))}, and gives {_shown(given)}"
    if "core" in demands and answer.core.value != demands["core"]:
        return f"core must be {demands['core']}"
    return None


def _invariance(first: Prediction, second: Prediction, but: dict[str, str]) -> str | None:
    before, after = _given(first), _given(second)
    expected = {side: {but.get(mode, mode) for mode in modes} for side, modes in before.items()}
    if expected == after and first.core.value == second.core.value:
        return None
    return f"must stay the same, and goes from {_shown(before)} to {_shown(after)}"


def _given(answer: Prediction) -> dict[str, set[str]]:
    return {side: {entry.target for entry in getattr(answer, side)} for side in DISPOSITIONS}


def _shown(given: dict[str, set[str]]) -> str:
    sides = (f"{side} {', '.join(sorted(modes))}" for side, modes in given.items() if modes)
    return "; ".join(sides) or "nobody"
