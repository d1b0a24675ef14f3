"""Who should do which part of a task: escalations, collaborations and acceptance, with reasons."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation.answer.prediction import Prediction
from escalation.errors import EscalationError
from escalation.files import default_rulebook
from escalation.predictor import Predictor
from escalation.rules import loading as _loading
from escalation.rules.rulebook import Rulebook
from escalation.sources.source import Skipped
from escalation.task.stack import StackProfile
from escalation.task.task import Task

if TYPE_CHECKING:
    from escalation.sources.reading import Tasks

__all__ = [
    "EscalationError",
    "Prediction",
    "Predictor",
    "Rulebook",
    "Skipped",
    "StackProfile",
    "Task",
    "load_rulebook",
    "predict",
    "read_tasks",
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

    The model is loaded at the first call and kept. Corrections are not used, so that the answer depends on nothing in
    the user's home directory; pass their file to `Predictor.load` to use them.

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


def read_tasks(
    path: str | Path,
    format: str | None = None,
    *,
    include_done: bool = False,
    text_columns: Iterable[str] = (),
    id_column: str | None = None,
) -> "Tasks":
    """Read the tasks of a file or a folder, whatever tool keeps them; see `escalation.sources.reading.read_tasks`.

    Examples
    --------
    >>> tasks = read_tasks("specs/001-login/tasks.md")  # doctest: +SKIP
    >>> answers = list(Predictor.load().predict_many(tasks))  # doctest: +SKIP
    >>> tasks.skipped[0].reason  # doctest: +SKIP
    'done'
    """
    from escalation.sources import reading

    return reading.read_tasks(path, format, include_done=include_done, text_columns=text_columns, id_column=id_column)


def __getattr__(name: str) -> Any:
    # Looking up the version takes 30 ms, which a program that only predicts should not pay.
    if name == "__version__":
        from importlib.metadata import version

        return version("escalation-predictor")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
