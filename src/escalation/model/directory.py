"""The model directory: arrays and JSON, checked on loading, nothing executable.

``model.json`` says what the model is and carries the hashes of the other files and of itself;
``weights.npz`` holds the weights in half precision (the training rounds them to it), idf and biases;
``words.txt`` one word a line in sorted order and ``lexicon.npz`` what they are and make up, by number;
``seen.txt`` a short digest of each text that the model was trained on.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from escalation.errors import ModelError
from escalation.files import parse_json
from escalation.model.classifier import Model
from escalation.model.features import CueFeatures
from escalation.model.policy import Join, LabelPolicy, head_names
from escalation.model.vocabulary import Lexicon

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from escalation.rules.rulebook import Rulebook

FORMAT = 3
_UNSIGNED = "0" * 64
"""Stands for the hash of ``model.json`` in what is hashed."""


class _Layout(NamedTuple):
    """File names of a model directory."""

    about: str = "model.json"
    weights: str = "weights.npz"
    words: str = "words.txt"
    lexicon: str = "lexicon.npz"
    seen: str = "seen.txt"


LAYOUT = _Layout()
_FILES = tuple(LAYOUT)
_REPLACED = (*_FILES, "vocabulary.txt", "wordings.txt")
"""A model directory of format 2 may be replaced, which had these two."""
_REMEDY = "train it again with `escalation train`, or name another directory"


def write_model(model: Model, path: Path, rulebook: Rulebook) -> None:
    """Write a model directory, whole or not at all. The same model gives the same bytes.

    Parameters
    ----------
    model : Model
    path : Path
        A directory that is there already is replaced when the new one is complete.
    rulebook : Rulebook
        The one that it was trained with.

    Raises
    ------
    InputError
        If the place cannot be written.
    """
    lexicon = model.lexicon
    corpus = dict(model.about.get("corpus", {}))
    contents = {
        LAYOUT.weights: _packed({"weights": model.weights.astype(np.float16), "idf": model.idf, "bias": model.bias}),
        LAYOUT.words: "".join(f"{word}\n" for word in lexicon.words).encode(),
        LAYOUT.lexicon: _packed(lexicon.arrays),
        LAYOUT.seen: str(corpus.pop("texts", "")).encode(),
    }
    about = {
        **model.about,
        "corpus": corpus,
        "format": FORMAT,
        "labels": list(model.labels),
        "policies": {label: _policy_to_dict(policy) for label, policy in model.policies.items()},
        "known_share": model.known_share,
        "wordings": {"names": list(lexicon.names), "lists": [list(numbers) for numbers in lexicon.lists]},
        "rulebook": {
            "name": rulebook.name,
            "sha256": rulebook.sha256,
            "features_sha256": CueFeatures(rulebook).fingerprint(),
        },
        "files": {name: {"bytes": len(data), "sha256": _hash(data)} for name, data in contents.items()},
    }
    about["sha256"] = _UNSIGNED
    text = (json.dumps(about, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    from escalation.files import replacing_directory  # imports what predicting does not need

    with replacing_directory(path, _REPLACED) as directory:
        for name, data in contents.items():
            (directory / name).write_bytes(data)
        (directory / LAYOUT.about).write_bytes(text.replace(_UNSIGNED.encode(), _hash(text).encode()))


def check_place(path: Path) -> None:
    """Refuse a place for a model directory that holds anything else, before hours of training are spent.

    Raises
    ------
    InputError
        If it is a file, or a directory with other files.
    """
    from escalation.files import check_directory

    check_directory(path, _REPLACED)


def read_model(path: Path, rulebook: Rulebook) -> Model:
    """Read and check a model directory.

    Parameters
    ----------
    path : Path
    rulebook : Rulebook
        The rulebook to predict with: its cues, rules and labels must be those of the training. Technologies,
        and modes of a group, may have been added.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If the directory is missing, incomplete, of another format, changed since it was written, or
        does not fit the rulebook. The message says which and what to do.
    """
    if not path.is_dir():
        raise ModelError(f"{path}: there is no model directory; {_REMEDY}")
    about = _read_about(path)
    weights_file, words_file, lexicon_file, seen_file = (
        _read_checked(path, name, about) for name in (LAYOUT.weights, LAYOUT.words, LAYOUT.lexicon, LAYOUT.seen)
    )
    try:
        arrays = _unpacked(weights_file)
        weights, idf, bias = (arrays[name] for name in ("weights", "idf", "bias"))
        if weights.dtype.kind == "f":
            weights = np.ascontiguousarray(weights, np.float32)
        labels = tuple(about["labels"])
        policies = {label: _policy_of(about["policies"][label]) for label in labels}
        known_share = float(about["known_share"])
        if not 0 <= known_share <= 1:
            raise ValueError("a share that is none")
        lexicon = _lexicon_of(about["wordings"], words_file, lexicon_file)
        features_sha256 = about["rulebook"]["features_sha256"]
        about["corpus"]["texts"] = seen_file.decode()
    except (ValueError, KeyError, TypeError, IndexError, OSError) as error:
        raise ModelError(
            f"{path}: {LAYOUT.about} and the arrays do not belong together ({error}); {_REMEDY}"
        ) from error
    features = CueFeatures(rulebook)
    if features_sha256 != features.fingerprint():
        raise ModelError(
            f"{path}: was trained with other cues, rules or labels than the rulebook {rulebook.name!r} has; "
            "train it again with that rulebook, or name the rulebook that it was trained with"
        )
    cues = len(features.names) + len(lexicon.features)
    _check_shapes(path, len(head_names(labels)), lexicon.grams, cues, weights, idf, bias)
    return Model(labels, policies, lexicon, idf, weights, bias, known_share, about)


def _packed(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _unpacked(content: bytes) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def _policy_to_dict(policy: LabelPolicy) -> dict[str, Any]:
    return policy._asdict() | {"model": policy.model._asdict(), "hybrid": policy.hybrid._asdict()}


def _policy_of(fields: dict[str, Any]) -> LabelPolicy:
    policy = LabelPolicy(**fields | {"model": Join(**fields["model"]), "hybrid": Join(**fields["hybrid"])})
    for engine in ("model", "hybrid"):
        cautious = policy.cautious[engine]
        if not 0 < policy.thresholds[engine] < 1 or not (cautious is None or 0 < cautious < 1):
            raise ValueError(f"a threshold of {engine} is no probability")
    if not np.isfinite([*policy.model, *policy.hybrid]).all():
        raise ValueError("a join is not finite")
    return policy


def _lexicon_of(wordings: dict[str, Any], words: bytes, arrays: bytes) -> Lexicon:
    lists = [tuple(map(int, numbers)) for numbers in wordings["lists"]]
    return Lexicon(words.decode().splitlines(), _unpacked(arrays), lists, tuple(wordings["names"]))


def _read_about(path: Path) -> dict[str, Any]:
    try:
        text = (path / LAYOUT.about).read_bytes()
        about = parse_json(text)
        version = about["format"]
    except OSError as error:
        raise ModelError(f"{path}: {LAYOUT.about} cannot be read ({error.strerror}); {_REMEDY}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: {LAYOUT.about} is damaged ({error!r}); {_REMEDY}") from error
    if version != FORMAT:
        raise ModelError(
            f"{path}: has format {version!r}, and this version of the package reads format {FORMAT}; "
            "train it again, or install the version that wrote it"
        )
    stated = str(about.pop("sha256", _UNSIGNED)).encode()
    if text.count(stated) != 1 or _hash(text.replace(stated, _UNSIGNED.encode())).encode() != stated:
        raise ModelError(f"{path}: {LAYOUT.about} was changed since it was written; {_REMEDY}")
    return dict(about) | {"sha256": stated.decode()}


def _read_checked(path: Path, name: str, about: dict[str, Any]) -> bytes:
    try:
        stated = about["files"][name]
        size, sha256 = stated["bytes"], stated["sha256"]
    except (KeyError, TypeError) as error:
        raise ModelError(f"{path}: {LAYOUT.about} is damaged: it says nothing of {name}; {_REMEDY}") from error
    try:
        data = (path / name).read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {name} cannot be read ({error.strerror}); {_REMEDY}") from error
    if len(data) != size:
        raise ModelError(f"{path}: {name} has {len(data):,} bytes and should have {size:,}; {_REMEDY}")
    if _hash(data) != sha256:
        raise ModelError(f"{path}: {name} was changed since it was written; {_REMEDY}")
    return data


def _check_shapes(
    path: Path,
    heads: int,
    grams: int,
    cues: int,
    weights: np.ndarray[Any, Any],
    idf: np.ndarray[Any, Any],
    bias: np.ndarray[Any, Any],
) -> None:
    wanted = {"weights": (grams + cues, heads), "idf": (grams,), "bias": (heads,)}
    for name, array in (("weights", weights), ("idf", idf), ("bias", bias)):
        if array.shape != wanted[name] or array.dtype.kind != "f" or not np.isfinite(array).all():
            raise ModelError(
                f"{path}: the array {name!r} is {array.dtype}{list(array.shape)}, "
                f"not finite numbers of shape {list(wanted[name])}; {_REMEDY}"
            )


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
