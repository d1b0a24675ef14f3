"""Which model predicts: the one that ships, or one that was adapted from it by corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from escalation.errors import InputError, ModelError
from escalation.files import read_bytes, remove_directory
from escalation.model.directory import FILES, MANIFEST, hash_of_model
from escalation.model.info import Adaptation  # noqa: TC001  # msgspec reads the annotations

if TYPE_CHECKING:
    from pathlib import Path

_REMEDY = "run `escalation adapt` again, or `escalation adapt --undo`"


class Found(NamedTuple):
    """An adapted model to predict with, or why there is one that is not used; neither if there is none."""

    path: Path | None
    warning: str | None


class _Info(msgspec.Struct):
    adapted: Adaptation | None = None


class _Manifest(msgspec.Struct):
    """What every format of ``model.json`` has."""

    info: _Info | None = None


def find_adapted(path: Path, parent: Path) -> Found:
    """Find the adapted model at a place, which is used only if the model that it was made from still ships.

    Parameters
    ----------
    path : Path
        Where `escalation adapt` writes it.
    parent : Path
        The model directory that ships.

    Raises
    ------
    ModelError
        If what is there cannot be read.
    """
    if not path.is_dir():
        return Found(None, None)
    adaptation = adaptation_of(path)
    if adaptation is None:
        return Found(None, f"{path}: is not an adapted model, so it is not used; move it away")
    if adaptation.parent != hash_of_model(parent):
        why = "was adapted from another model than the one that ships, so it is not used"
        return Found(None, f"{path}: {why}; {_REMEDY}")
    return Found(path, None)


def adaptation_of(path: Path) -> Adaptation | None:
    """Return how the model in a directory was adapted; None if it was not.

    Raises
    ------
    ModelError
        If its ``model.json`` cannot be read.
    """
    content = read_bytes(path / MANIFEST, ModelError, _REMEDY)
    try:
        manifest = msgspec.json.decode(content, type=_Manifest)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: {MANIFEST} is damaged ({error}); {_REMEDY}") from error
    return manifest.info.adapted if manifest.info else None


def remove_adapted(path: Path) -> Adaptation | None:
    """Remove an adapted model, so that the one that ships predicts again.

    Returns
    -------
    Adaptation or None
        What was removed; None if there is nothing.

    Raises
    ------
    ModelError
        If what is there cannot be read.
    InputError
        If it is another model, holds other files or cannot be removed.
    """
    if not path.exists():
        return None
    adaptation = adaptation_of(path)
    if adaptation is None:
        raise InputError(f"{path}: is not an adapted model, so it is not removed; move it away by hand")
    remove_directory(path, FILES)
    return adaptation
