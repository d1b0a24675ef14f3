"""The figures of an evaluation as types; their attributes are the keys of ``escalation evaluate --json``.

Shares lie between 0 and 1. A figure is None if it is undefined, such as the precision of a label never answered.
Nothing here contains the text of a task, so that figures can be published.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from escalation.model.info import Counts  # noqa: TC001  # msgspec reads the annotations
from escalation.training.oracle import Finding  # noqa: TC001  # msgspec reads the annotations

FORMAT = 3  # version of this layout


class Interval(msgspec.Struct, frozen=True):
    """A figure and its 95 % interval, by bootstrap over projects."""

    value: float | None
    low: float | None
    high: float | None


Averages: TypeAlias = dict[str, Interval]  # by the keys of `escalation.evaluation.metrics.AVERAGES`


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
    """How far probabilities can be believed: expected calibration errors."""

    micro_ece: float  # over all pairs of task and label
    micro_ece_doubtful: float  # without the pairs below 5 %
    labels: dict[str, LabelCalibration]  # with enough support
    bins: list[Bin]  # over all labels


class CoveragePoint(msgspec.Struct, frozen=True):
    """Quality if only the surest tasks are answered."""

    coverage: float  # share of the tasks that are answered
    confidence: float  # the lowest of the answered tasks
    micro_f1: float  # over the answered tasks
    micro_f1_of_all: float  # over all tasks; every specialist of an unanswered task counts as missed
    exact_match: float  # over the answered tasks


class SettledPoint(msgspec.Struct, frozen=True):
    """Micro-F1 over all tasks if a reader who is always right settles some of the answers."""

    share: float  # of the answers that are settled
    micro_f1: float | None  # the most doubtful ones
    in_random_order: float | None  # as many of them, drawn at random: what is expected


class Ranking(msgspec.Struct, frozen=True):
    """Average precision of a label's probabilities, and the number of tasks that have the label."""

    value: float
    support: int


class EngineFigures(msgspec.Struct, frozen=True):
    """How good the answers of one engine are."""

    tasks: int
    groups: int  # projects that the tasks come from
    averages: Averages
    labels: dict[str, LabelFigures]  # each disposition that a mode or an open group may have, and core
    calibration: Calibration | None  # None for the rules, which have no probabilities
    coverage: list[CoveragePoint] | None  # likewise
    abstained: float  # share of the tasks on which the model abstained, so that the rules decided alone
    label_free: int  # tasks that need no specialist
    average_precision: dict[str, Ranking]  # of the model's labels, before groups are resolved
    settled: list[SettledPoint] | None = None  # None for the rules, and in figures of older versions


class LearningPoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """Averages of a model that was fitted to some of the projects."""

    share: float  # of the projects
    tasks: int  # that were learned from
    micro_f1: float | None
    escalate_f1: float | None
    collaborate_f1: float | None
    reference: dict[str, float | None] | None = None  # the same averages on real tasks of other projects


class SubsetFigures(msgspec.Struct, frozen=True):
    """How good the answers are to some of the tasks: those of one register, or of one genre."""

    tasks: int
    projects: int
    micro_f1: Interval
    escalate_f1: Interval
    collaborate_f1: Interval
    core_wrong: Interval  # share of the tasks whose core is answered wrongly


class EvidenceFigures(msgspec.Struct, frozen=True):
    """Whether the parts of the answers are where the labels come from, on tasks with evidence; see `evidence_figures`.

    The first share is of the words, the second of the parts.
    """

    tasks: int  # with evidence
    words: int  # passages that are the evidence of a mode that the answer names
    words_in_parts: Interval
    parts: int  # each counted once for every mode that it is for and that has evidence
    parts_on_words: Interval


class Confusion(msgspec.Struct, frozen=True):
    """How often escalation and collaboration are confused for one target."""

    under_escalated: int  # escalations that were answered as collaborations
    over_escalated: int  # the reverse
    tasks: int  # that need the target and were answered with it, in either disposition


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
    """How much the words differ from those of the training corpus. A small corpus is always some way off."""

    reference: str | None  # name of the training corpus, if it is available
    known_words: Known
    unknown: list[UnknownWord]  # the most frequent ones
    # Jensen-Shannon distance between the shares of the known words (Endres and Schindelin 2003, base 2), from 0 to 1
    unlike: float
    more: list[WordShare]  # the words that contribute most to the distance
    less: list[WordShare]


class CorpusName(msgspec.Struct, frozen=True):
    """File name and SHA-256 of a corpus."""

    path: str
    sha256: str


class Hashes(msgspec.Struct, frozen=True):
    """SHA-256 of the model (`ModelInfo.sha256`), the rulebook and the corpus, so that outdated figures are noticed."""

    model: str | None  # in cross-validation, the one that was trained on the same corpus, if it was named
    rulebook: str
    corpus: str


class Side(msgspec.Struct, frozen=True):
    """One side of a comparison."""

    name: str
    engine: str
    trained_on: int | None  # tasks; None for the rules, and for the models of a cross-validation


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure of A and of B, and B minus A with its paired interval; `support` for labels only."""

    a: float | None
    b: float | None
    difference: Interval
    support: int | None = None


class SubsetDifferences(msgspec.Struct, frozen=True):
    """The figures of `SubsetFigures` for A and B; `core_wrong` is the better the lower it is."""

    tasks: int
    projects: int
    micro_f1: Difference
    escalate_f1: Difference
    collaborate_f1: Difference
    core_wrong: Difference


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


class Comparison(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether B, which is evaluated, is better than A, which it is compared against."""

    a: Side
    b: Side
    averages: dict[str, Difference]
    labels: dict[str, Difference]  # F1
    changed: Changed
    min_support: int  # a label with fewer tasks is not called worse
    worse: list[str]  # what is worse beyond its interval: micro_f1, or labels
    genres: dict[str, SubsetDifferences] = {}  # absent from the JSON if the corpus does not have the key


class Evaluation(msgspec.Struct, frozen=True, omit_defaults=True):
    """All figures of an evaluation; details are about its first engine."""

    format: int
    created_by: str  # name and version of this package
    hashes: Hashes
    method: Literal["cross-validation", "unseen"]  # unseen: nothing was fitted to the corpus
    corpus: CorpusName
    engines: dict[str, EngineFigures]
    baselines: dict[str, Averages]
    differences: dict[str, Averages]  # the first engine minus each other engine and baseline, paired
    registers: dict[str, SubsetFigures]
    confusions: dict[str, Confusion]  # by target that can be escalated to and collaborated with
    rules_over_model: dict[str, Interval]  # F1 of the rules minus the model's, by label, if both were evaluated
    training: dict[str, float] | None  # average precision by label, out of fold on the model's own corpus
    drift: Drift | None  # None in cross-validation and for the rules alone
    overlap: list[str]  # ids of the tasks that the model was trained on
    findings: list[Finding]
    genres: dict[str, SubsetFigures] = {}  # absent from the JSON if the corpus does not have the key
    evidence: dict[str, EvidenceFigures] = {}  # by engine; absent from the JSON if the corpus does not have the key
    robustness: dict[str, Counts] = {}  # of the model, by kind of text; absent if it was trained without a suite
    against: Comparison | None = None  # absent from the JSON if nothing was compared
