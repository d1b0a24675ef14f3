"""Who should do which part of a task: escalations, collaborations and acceptance, with reasons."""

from pathlib import Path
from typing import Any

from escalation.answer.prediction import Prediction
from escalation.errors import EscalationError
from escalation.files import default_rulebook
from escalation.predictor import Predictor, predict
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
