"""Figures of a model as one JSON file: aggregates alone, with the hashes of what they were measured on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from escalation.errors import InputError
from escalation.files import parse_json
from escalation.model.directory import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from escalation.rules.rulebook import Rulebook

FORMAT = 1
_ANSWERS = 2
"""F1 of a label may also move by what so many answers make; the rarest have few."""
_REMEDY = "make it again with `escalation figures --out FILE`"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, and on what.

    Attributes
    ----------
    hashes : dict of str to str
        SHA-256 of the ``model``, the ``rulebook`` and the ``corpus``.
    parts : dict
        ``cross_validation`` of the corpus and, where there was one, the ``unseen`` corpus that the model itself
        answered: ``corpus`` (name and hash), ``tasks``, ``groups``, ``engines`` and ``registers``. No text, no id.
    created_by : str
    """

    hashes: dict[str, str]
    parts: dict[str, Any]
    created_by: str

    def to_json(self) -> str:
        """Give the text of the file, with a hash of what it says, so that no figure is changed by hand."""
        data = {"format": FORMAT, "created_by": self.created_by, "hashes": self.hashes, **self.parts}
        return json.dumps(data | {"sha256": _sha256(data)}, indent=1) + "\n"


def hashes(model_path: Path, rulebook: Rulebook, corpus_path: Path) -> dict[str, str]:
    """Give the hashes that figures are kept with; ``model.json`` itself carries those of the model's other files."""
    try:
        model, corpus = (
            hashlib.sha256(path.read_bytes()).hexdigest() for path in (model_path / LAYOUT.about, corpus_path)
        )
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror}); name the model's own files") from error
    return {"model": model, "rulebook": rulebook.sha256, "corpus": corpus}


def read_figures(path: Path) -> Figures:
    """Read a file of figures.

    Raises
    ------
    InputError
        If it cannot be read, is something else, or was changed since it was written.
    """
    try:
        data = parse_json(path.read_bytes())
        version, sha256 = data.pop("format"), data.pop("sha256")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: holds no figures ({error!r}); {_REMEDY}") from error
    if version != FORMAT:
        raise InputError(f"{path}: has format {version!r}, and this version reads format {FORMAT}; {_REMEDY}")
    if sha256 != _sha256({"format": version, **data}):
        raise InputError(f"{path}: was changed since it was written; {_REMEDY}")
    return Figures(data.pop("hashes"), parts=data, created_by=data.pop("created_by"))


def stale(figures: Figures, current: dict[str, str]) -> list[str]:
    """Name what changed since figures were measured: model, rulebook or corpus."""
    return [name for name, sha256 in figures.hashes.items() if current[name] != sha256]


def moved(old: Figures, new: Figures, tolerance: float) -> list[tuple[str, float | None, float | None]]:
    """Give the figures that differ by more than a tolerance, of the parts that both have.

    Returns
    -------
    list of tuple
        Name, old value and new value.
    """
    shared = [name for name in old.parts if name in new.parts]
    before, after = ({place: value for name in shared for place, *value in _values(name, each)} for each in (old, new))
    found = []
    for place in before | after:
        (was, room), (now, _) = before.get(place, (None, 0.0)), after.get(place, (None, 0.0))
        if was is None or now is None:
            if was is not now:
                found.append((place, was, now))
        elif abs(was - now) > max(tolerance, room):
            found.append((place, was, now))
    return found


def _sha256(data: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _values(name: str, figures: Figures) -> Iterator[tuple[str, Any, float]]:
    """Every figure of a part with its place, and how far it may move whatever the tolerance."""
    for engine, entry in figures.parts[name]["engines"].items():
        for average, interval in entry["averages"].items():
            for key, value in interval.items():
                yield f"{name} {engine} {average} {key}", value, 0.0
        for label, row in entry["labels"].items():
            yield f"{name} {engine} {label} f1", row["f1"], _ANSWERS / max(row["support"], 1)
        for key, value in (entry["calibration"] or {}).items():
            yield f"{name} {engine} {key}", value, 0.0
