"""What ``model.json`` says of a model and where it comes from."""

from __future__ import annotations

import msgspec


class CorpusInfo(msgspec.Struct, frozen=True):
    """The corpus that a model was trained on."""

    sha256: str
    tasks: int
    groups: int


class RulebookInfo(msgspec.Struct, frozen=True):
    """The rulebook that a model was trained with, and the hash of what the model depends on in it."""

    name: str
    sha256: str
    features_sha256: str


class Recall(msgspec.Struct, frozen=True):
    """What high caution promises: a recall and the confidence that it holds, both between 0 and 1."""

    recall: float
    confidence: float


class LabelFit(msgspec.Struct, frozen=True):
    """How well the training predicted a label out of fold."""

    average_precision: float
    brier: float


class Counts(msgspec.Struct, frozen=True):
    """How answers hold when texts are framed, joined, diluted, misspelt or wrapped; None for what is not expected.

    Attributes
    ----------
    texts : int
    wrong : float
        Share of texts with a label missing or too many, or `core` or the reason of `unclear` other than expected.
    recall : float or None
        Share of expected labels that are given.
    misled : float or None
        Share of texts with a label too many.
    extra : float or None
        Labels too many, a text.
    core_wrong, unclear_wrong : float or None
        Shares of the texts that expect a certain `core` or reason, and get another.
    """

    texts: int
    wrong: float
    recall: float | None
    misled: float | None
    extra: float | None
    core_wrong: float | None
    unclear_wrong: float | None


class Adaptation(msgspec.Struct, frozen=True):
    """How a model was made from another one and corrections.

    Attributes
    ----------
    parent : str
        Hash of the parent, as its `ModelInfo.sha256`.
    corrections, projects : int
        How many it learned from, and of how many projects.
    strength : float
        Of the prior that held it to its parent.
    gain : float or None
        Micro-F1 on the corrections, in cross-validation, minus that of the parent; None if they name nobody.
    """

    parent: str
    corrections: int
    projects: int
    strength: float
    gain: float | None


class ModelInfo(msgspec.Struct, frozen=True):
    """What a model is and where it comes from.

    Attributes
    ----------
    name, version : str
        Name of the model, and version of the package that trained it.
    corpus : CorpusInfo
    caution : Recall
    fit : dict of Label to LabelFit
        Figures of the hybrid, out of fold by project and without thresholds.
    libraries : dict of str to str
        Versions of the libraries that trained it.
    robustness : dict of str to Counts
        Figures of the robustness suite, by kind; empty if the model was trained without one.
    rulebook : RulebookInfo or None
        Set when the model is written.
    sha256 : str
        Hash of the directory's list of hashes; empty until it is read from a directory.
    adapted : Adaptation or None
        Set if it was made from another model by corrections; all else is as of its parent.
    """

    name: str
    version: str
    corpus: CorpusInfo
    caution: Recall
    fit: dict[str, LabelFit]
    libraries: dict[str, str]
    robustness: dict[str, Counts] = {}
    rulebook: RulebookInfo | None = None
    sha256: str = ""
    adapted: Adaptation | None = None
