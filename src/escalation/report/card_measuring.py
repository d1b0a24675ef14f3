"""Measure a model for its card."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from escalation.errors import CorpusError
from escalation.evaluation import evaluate
from escalation.model.decision import ENGINES
from escalation.report.card_figures import Figures, hashes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from escalation.model import Model
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

_DIGITS = 6


def measure(
    model_path: Path,
    model: Model,
    rulebook: Rulebook,
    corpus: Corpus,
    unseen: Corpus | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Figures:
    """Cross-validate a model's corpus, and let the model answer a corpus that it has not seen.

    Parameters
    ----------
    model_path : Path
        Where the model was read from.
    model : Model
    rulebook : Rulebook
    corpus : Corpus
        The one that it was trained on.
    unseen : Corpus, optional
    progress : callable, optional

    Raises
    ------
    CorpusError
        If the model was trained on another corpus, or has seen the unseen one.
    """
    if model.about["corpus"]["sha256"] != corpus.sha256:
        raise CorpusError(
            f"{corpus.path}: {model_path} was trained on another corpus, or this one was changed since; "
            "name the corpus that it was trained on, or train it again"
        )
    # What can be refused comes first, for cross-validation takes a minute.
    unknown = {"unseen": evaluate(unseen, rulebook, ENGINES, model, progress)} if unseen is not None else {}
    results = {"cross_validation": evaluate(corpus, rulebook, ENGINES, None, progress), **unknown}
    parts = {name: _aggregates(result) for name, result in results.items()}
    created_by = f"escalation-predictor {version('escalation-predictor')}"
    return Figures(hashes(model_path, rulebook, corpus.path), parts, created_by)


def _aggregates(result: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an evaluation: named one by one, so that nothing else can come in."""
    first = next(iter(result["engines"].values()))
    kept = {
        "corpus": result["corpus"],
        "tasks": first["tasks"],
        "groups": first["groups"],
        "engines": {engine: _of_engine(entry) for engine, entry in result["engines"].items()},
        "registers": result["registers"],
    }
    rounded: dict[str, Any] = _rounded(kept)
    return rounded


def _of_engine(entry: dict[str, Any]) -> dict[str, Any]:
    calibration = entry["calibration"]
    return {
        "averages": entry["averages"],
        "labels": entry["labels"],
        "calibration": calibration and {key: calibration[key] for key in ("micro_ece", "micro_ece_doubtful")},
        "coverage": entry["coverage"],
        "abstained": entry["abstained"],
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
