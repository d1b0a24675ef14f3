"""How a predictor was loaded, so that another process can load the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from escalation.errors import ModelError
from escalation.files import default_model
from escalation.predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from escalation.model.decision import Caution, Engine


class Loading(NamedTuple):
    """What another process needs to load the same predictor.

    Attributes
    ----------
    model, rulebook : Path or None
        By default those that ship.
    engine : {"hybrid", "model", "rules"}
    caution : {"normal", "high"}
    fingerprint : str
        `Predictor.fingerprint` when it was first loaded; empty before.
    corrections : Path or None
        The file of corrected answers, if they are used.
    """

    model: Path | None
    rulebook: Path | None
    engine: Engine
    caution: Caution
    fingerprint: str = ""
    corrections: Path | None = None

    def load(self) -> Predictor:
        """Load the predictor, once per process.

        Raises
        ------
        ModelError
            If the model or rulebook has changed since it was first loaded; otherwise as `Predictor.load`.
        """
        return _loaded(self)


@cache  # the fingerprint is part of the key: a model that was trained anew makes another predictor
def _loaded(loading: Loading) -> Predictor:
    model, rulebook, engine, caution, fingerprint, corrections = loading
    predictor = Predictor.load(model, rulebook=rulebook, engine=engine, caution=caution, corrections=corrections)
    if fingerprint not in ("", predictor.fingerprint):
        raise ModelError(f"{model or default_model()}: changed while it was in use; load it again")
    return predictor
