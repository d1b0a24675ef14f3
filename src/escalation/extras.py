"""The one door through which optional dependencies come in."""

from __future__ import annotations

from importlib.util import find_spec

from escalation.errors import MissingExtraError

_TRAIN = ("sklearn", "pandas", "joblib", "iterstrat", "mapie")
_MODULES = {
    "train": _TRAIN,
    "audit": (*_TRAIN, "cleanlab"),
    "report": (*_TRAIN, "altair", "vl_convert", "jinja2"),
}


def require(extra: str, purpose: str) -> None:
    """Check that the modules of an extra are installed, without importing them.

    Parameters
    ----------
    extra : str
        Name of the extra in ``pyproject.toml``.
    purpose : str
        What needs it, as the subject of the error's sentence.

    Raises
    ------
    MissingExtraError
        If a module is missing. The message names the install command.
    """
    missing = [module for module in _MODULES[extra] if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"{purpose} needs {', '.join(missing)}, which predicting does without. "
            f"Install the extra: pip install 'escalation-predictor[{extra}]'"
        )
