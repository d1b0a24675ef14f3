"""The functions for those who need no more than the defaults."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from escalation.files import default_rulebook
from escalation.predictor import Predictor
from escalation.rules.loading import load_rulebook as _load_rulebook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from escalation.answer.prediction import Prediction
    from escalation.rules.rulebook import Rulebook
    from escalation.task.task import Task


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
    """
    return _default_predictor().predict(task, stack, delegated_by, reasons=reasons)


def load_rulebook(path: str | Path | None = None) -> Rulebook:
    """Read and check a rulebook, by default the one that ships with the package.

    Raises
    ------
    RulebookError
        If the rulebook is refused.
    """
    return _load_rulebook(Path(path) if path else default_rulebook())
