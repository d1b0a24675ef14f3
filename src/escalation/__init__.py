"""Who should do which part of a task: escalations, collaborations and acceptance, with reasons."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from escalation.answer.prediction import Prediction
from escalation.errors import EscalationError
from escalation.files import default_rulebook
from escalation.predictor import Predictor
from escalation.rules import loading as _loading
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


@cache
def _default_predictor() -> Predictor:
    return Predictor.load()


def predict(
    task: str | Task | Mapping[str, object],
    stack: object = None,
    delegated_by: str | None = None,
    *,
    reasons: bool = True,
) -> Prediction:
    """Answer one task with the model that ships with the package; see `Predictor.predict`.

    The model is loaded at the first call and kept.

    Examples
    --------
    >>> answer = predict("Fix the settings page", stack={"frontend": ["Vue"]})
    >>> [entry.mode for entry in answer.escalate]
    ['vuejs-developer']
    """
    return _default_predictor().predict(task, stack, delegated_by, reasons=reasons)


def load_rulebook(path: str | Path | None = None) -> Rulebook:
    """Read and check a rulebook, by default the one that ships with the package.

    Raises
    ------
    RulebookError
        If the rulebook is invalid.

    Examples
    --------
    >>> load_rulebook().home
    'fastapi-developer'
    """
    return _loading.load_rulebook(Path(path) if path else default_rulebook())


def __getattr__(name: str) -> Any:
    # Looking up the version takes 30 ms, which a program that only predicts should not pay.
    if name == "__version__":
        from importlib.metadata import version

        return version("escalation-predictor")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
