"""Who should do which part of a task: escalations, collaborations and acceptance, with reasons."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from escalation.answer.prediction import Prediction
    from escalation.api import load_rulebook, predict
    from escalation.errors import EscalationError
    from escalation.predictor import Predictor
    from escalation.rules.rulebook import Rulebook
    from escalation.task.stack import StackProfile
    from escalation.task.task import Task

__all__ = [
    "EscalationError",
    "Prediction",
    "Predictor",
    "Rulebook",
    "StackProfile",
    "Task",
    "load_rulebook",
    "predict",
]

_HOMES = {
    "EscalationError": "errors",
    "Prediction": "prediction",
    "Predictor": "predictor",
    "Rulebook": "rulebook",
    "StackProfile": "stack",
    "Task": "task",
    "load_rulebook": "api",
    "predict": "api",
}


def __getattr__(name: str) -> Any:
    # Everything is imported when it is first asked for, so that a program that starts anew pays for what it uses.
    if name == "__version__":
        from importlib.metadata import version

        return version("escalation-predictor")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
