"""All that an evaluation report shows, as plain data for page and pictures."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from escalation.evaluation.drift import known_in_training
from escalation.evaluation.growth import learning_curve
from escalation.report.agreement import agreement
from escalation.report.curves import curves
from escalation.report.examples import errors
from escalation.report.terms import terms

if TYPE_CHECKING:
    from escalation.evaluation.run import Run

FORMAT = 1


def contents(run: Run, scored: dict[str, Any]) -> dict[str, Any]:
    """Put the report together.

    Parameters
    ----------
    run : Run
    scored : dict
        Its figures, as `escalation.evaluation.scoring.score` gives them.

    Returns
    -------
    dict
        What ``report.json`` holds: only texts, numbers, lists and objects, null where nothing defines a figure.
    """
    engines = scored["engines"]
    first = engines[run.engine]
    return {
        "format": FORMAT,
        "about": _about(run, first),
        "averages": {engine: figures["averages"] for engine, figures in engines.items()} | scored["baselines"],
        "registers": scored["registers"],
        "labels": {engine: figures["labels"] for engine, figures in engines.items()},
        "curves": curves(run),
        "reliability": first["calibration"],
        "coverage": first["coverage"],
        "agreement": agreement(run),
        "learning_curve": learning_curve(run),
        "terms": terms(run),
        "errors": errors(run),
        "drift": _drift(run, scored["drift"]),
        "findings": scored["findings"],
    }


def _about(run: Run, first: dict[str, Any]) -> dict[str, Any]:
    model = run.model
    return {
        "created_by": f"escalation-predictor {version('escalation-predictor')}",
        "method": run.method,
        "engine": run.engine,
        "corpus": {
            "path": run.corpus.path.name,
            "sha256": run.corpus.sha256,
            "tasks": first["tasks"],
            "groups": first["groups"],
        },
        "model": None
        if model is None
        else {
            "name": model.about.get("name"),
            "version": model.about.get("version"),
            "trained_on": model.about.get("corpus", {}).get("tasks"),
        },
        "rulebook": {"name": run.rulebook.name, "sha256": run.rulebook.sha256},
    }


def _drift(run: Run, found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return found | {"known_words": found["known_words"] | {"training": known_in_training(run)}}
