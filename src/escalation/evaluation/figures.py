"""The figures of an evaluation as types; their attributes are the keys of ``escalation evaluate --json``.

Shares lie between 0 and 1. A figure is None if it is undefined, such as the precision of a label never answered.
Nothing here contains the text of a task, so that figures can be published.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from escalation.training.oracle import Finding  # noqa: TC001  # msgspec reads the annotations

FORMAT = 2
"""Version of this layout."""


class Interval(msgspec.Struct, frozen=True):
    """A figure and its 95 % interval, by bootstrap over projects."""

    value: float | None
    low: float | None
    high: float | None


Averages: TypeAlias = dict[str, Interval]
"""Averages by the keys of `escalation.evaluation.metrics.AVERAGES`."""


class LabelFigures(msgspec.Struct, frozen=True):
    """How good the answers are at one label: `support` tasks have it, `answered` tasks were answered with it."""

    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    answered: int


class LabelCalibration(msgspec.Struct, frozen=True):
    """Expected calibration error and Brier score of one label's probabilities."""

    ece: float
    brier: float


class Bin(msgspec.Struct, frozen=True):
    """Probabilities of a similar size: their mean, the share of them that came true, and how many there are."""

    probability: float
    share: float
    count: int


class Calibration(msgspec.Struct, frozen=True):
    """How far probabilities can be believed.

    Attributes
    ----------
    micro_ece, micro_ece_doubtful : float
        Expected calibration error over all pairs of task and label, and without the pairs below 5 %.
    labels : dict of str to LabelCalibration
        Labels with enough support.
    bins : list of Bin
        Over all labels.
    """

    micro_ece: float
    micro_ece_doubtful: float
    labels: dict[str, LabelCalibration]
    bins: list[Bin]


class CoveragePoint(msgspec.Struct, frozen=True):
    """Quality if only the surest tasks are answered.

    Attributes
    ----------
    coverage, confidence : float
        Share of the tasks that are answered, and the lowest confidence among them.
    micro_f1, exact_match : float
        Over the answered tasks.
    micro_f1_of_all : float
        Over all tasks; every specialist of an unanswered task counts as missed.
    """

    coverage: float
    confidence: float
    micro_f1: float
    micro_f1_of_all: float
    exact_match: float


class Ranking(msgspec.Struct, frozen=True):
    """Average precision of a label's probabilities, and the number of tasks that have the label."""

    value: float
    support: int


class EngineFigures(msgspec.Struct, frozen=True):
    """How good the answers of one engine are.

    Attributes
    ----------
    tasks, groups : int
        Tasks, and projects that they come from.
    averages : dict of str to Interval
    labels : dict of str to LabelFigures
        Every disposition that a mode or an open group may have, and ``core``.
    calibration, coverage : Calibration and list of CoveragePoint, or None
        None for the rules, which have no probabilities.
    abstained : float
        Share of the tasks on which the model abstained, so that the rules decided alone.
    label_free : int
        Tasks that need no specialist.
    average_precision : dict of str to Ranking
        Of the model's labels, before groups are resolved.
    """

    tasks: int
    groups: int
    averages: Averages
    labels: dict[str, LabelFigures]
    calibration: Calibration | None
    coverage: list[CoveragePoint] | None
    abstained: float
    label_free: int
    average_precision: dict[str, Ranking]


class LearningPoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """Averages of a model that was fitted to `tasks` tasks of a share of the projects.

    `reference` has the same averages on real tasks of other projects, where they were given.
    """

    share: float
    tasks: int
    micro_f1: float | None
    escalate_f1: float | None
    collaborate_f1: float | None
    reference: dict[str, float | None] | None = None


class RegisterFigures(msgspec.Struct, frozen=True):
    """How good the answers are to tasks of one register, that is, written in the same manner."""

    tasks: int
    micro_f1: Interval
    exact_match: Interval


class Confusion(msgspec.Struct, frozen=True):
    """Escalations of a target that were answered as collaborations, and the reverse.

    `tasks` need the target and were answered with it, in either disposition.
    """

    under_escalated: int
    over_escalated: int
    tasks: int


class Known(msgspec.Struct, frozen=True):
    """Share of the word occurrences that the model knows."""

    value: float


class UnknownWord(msgspec.Struct, frozen=True):
    """A word that the model does not know, and the number of tasks that contain it."""

    term: str
    count: int


class WordShare(msgspec.Struct, frozen=True):
    """How often a word occurs per 1,000 known words, here and in the training corpus."""

    term: str
    here: float
    there: float


class Drift(msgspec.Struct, frozen=True):
    """How much the words differ from those of the training corpus.

    Attributes
    ----------
    reference : str or None
        Name of the training corpus, if it is available.
    known_words : Known
    unknown : list of UnknownWord
        The most frequent ones.
    unlike : float
        Jensen-Shannon distance between the shares of the known words (Endres and Schindelin 2003, base 2):
        0 if they are equal, 1 if no word is shared. A small corpus is always some way off.
    more, less : list of WordShare
        The words that contribute most to the distance.
    """

    reference: str | None
    known_words: Known
    unknown: list[UnknownWord]
    unlike: float
    more: list[WordShare]
    less: list[WordShare]


class CorpusName(msgspec.Struct, frozen=True):
    """File name and SHA-256 of a corpus."""

    path: str
    sha256: str


class Hashes(msgspec.Struct, frozen=True):
    """SHA-256 of the model (`ModelInfo.sha256`), the rulebook and the corpus, so that outdated figures are noticed.

    In cross-validation the model is the one that was trained on the same corpus, if it was named.
    """

    model: str | None
    rulebook: str
    corpus: str


class Side(msgspec.Struct, frozen=True):
    """One side of a comparison, with the number of tasks that its model was trained on.

    That is None for the rules, and for the models of a cross-validation.
    """

    name: str
    engine: str
    trained_on: int | None


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure of A and of B, and B minus A with its paired interval; `support` for labels only."""

    a: float | None
    b: float | None
    difference: Interval
    support: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """An answer as lists of modes."""

    escalate: list[str]
    collaborate: list[str]
    core: bool


class ChangedTask(msgspec.Struct, frozen=True):
    """A task that A and B answer differently, and which of them is right."""

    id: str
    a: Answer
    b: Answer
    expected: Answer
    right: Literal["a", "b", "neither"]


class Changed(msgspec.Struct, frozen=True):
    """All tasks that A and B answer differently, and how often A, B or neither is right."""

    count: int
    right: dict[str, int]
    tasks: list[ChangedTask]


class Comparison(msgspec.Struct, frozen=True):
    """Whether B, which is evaluated, is better than A, which it is compared against.

    Attributes
    ----------
    a, b : Side
    averages, labels : dict of str to Difference
        Averages, and the F1 of each label.
    changed : Changed
    min_support : int
        Labels with fewer tasks are not called worse.
    worse : list of str
        What is worse beyond its interval: ``micro_f1``, or labels with enough support.
    """

    a: Side
    b: Side
    averages: dict[str, Difference]
    labels: dict[str, Difference]
    changed: Changed
    min_support: int
    worse: list[str]


class Evaluation(msgspec.Struct, frozen=True, omit_defaults=True):
    """All figures of an evaluation; details are about its first engine.

    Attributes
    ----------
    format, created_by : int and str
        Version of this layout; name and version of this package.
    hashes : Hashes
    method : {"cross-validation", "unseen"}
        ``unseen`` if nothing was fitted to the corpus.
    corpus : CorpusName
    engines : dict of str to EngineFigures
    baselines : dict of str to dict of str to Interval
        Averages of each baseline.
    differences : dict of str to dict of str to Interval
        Averages of the first engine minus those of each other engine and baseline, paired.
    registers : dict of str to RegisterFigures
    confusions : dict of str to Confusion
        For each target that can be escalated to and collaborated with.
    rules_over_model : dict of str to Interval
        F1 of the rules minus that of the model, by label; empty unless both were evaluated.
    training : dict of str to float, or None
        Average precision of each label out of fold on the model's own corpus.
    drift : Drift or None
        None in cross-validation and for the rules alone.
    overlap : list of str
        Ids of the tasks that the model was trained on.
    findings : list of Finding
    against : Comparison or None
        None unless compared; then it is absent from the JSON.
    """

    format: int
    created_by: str
    hashes: Hashes
    method: Literal["cross-validation", "unseen"]
    corpus: CorpusName
    engines: dict[str, EngineFigures]
    baselines: dict[str, Averages]
    differences: dict[str, Averages]
    registers: dict[str, RegisterFigures]
    confusions: dict[str, Confusion]
    rules_over_model: dict[str, Interval]
    training: dict[str, float] | None
    drift: Drift | None
    overlap: list[str]
    findings: list[Finding]
    against: Comparison | None = None
