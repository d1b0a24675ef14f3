"""Where the files that ship with the package are."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]

PREDICTION_SCHEMA = _PACKAGE / "prediction.schema.json"


def _first_existing(*candidates: Path) -> Path:
    return next((path for path in candidates if path.exists()), candidates[0])


def default_rulebook() -> Path:
    """Path of the rulebook used where none is named: in the wheel, else the first of the checkout."""
    return _first_existing(
        _PACKAGE / "_data" / "rulebook.toml", *sorted((_CHECKOUT / "data" / "rulebooks").glob("*.toml"))
    )


def default_model() -> Path:
    """Path of the model used where none is named: in the wheel, else in the checkout."""
    return _first_existing(_PACKAGE / "_data" / "model", _CHECKOUT / "models" / "default")


def default_corpus() -> Path:
    """Path of the training corpus: in the checkout, for the wheel does not carry it."""
    return _CHECKOUT / "data" / "corpus.jsonl"


def default_behaviour() -> Path:
    """Path of the behaviour cases that belong to the training corpus."""
    return _CHECKOUT / "tests" / "behaviour" / "cases.toml"
