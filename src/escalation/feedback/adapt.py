"""Adapt a model to corrections, and publish the result only if it passes the gates and gains something.

Corrections that count (`escalation.feedback.records.counting`) and are of the rulebook's home mode move the weights of
the parent model (`moving.py`), as far as cross-validation supports (`choosing.py`). The same corrections give the same
bytes.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np

from escalation.answer.corrections import key_of
from escalation.errors import FindingError, InputError
from escalation.feedback.records import counting
from escalation.files import require
from escalation.model import check_place, write_model
from escalation.model.info import Adaptation
from escalation.predictor import Predictor
from escalation.rules.rulebook import CORE
from escalation.task.stack import StackProfile
from escalation.task.task import Task
from escalation.training.behaviour import tasks_of
from escalation.training.corpus import listed, text_digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from escalation.evaluation.figures import Interval
    from escalation.feedback.choosing import Learned
    from escalation.feedback.moving import Lessons
    from escalation.feedback.records import Correction
    from escalation.files import Progress
    from escalation.model import Model
    from escalation.rules.rulebook import Rulebook
    from escalation.training.behaviour import Case
    from escalation.training.corpus import Corpus
    from escalation.training.oracle import Finding

TEACHER_WEIGHT = 0.5
"""How much what a teacher or an agent says counts, beside 1 for a person."""
MIN_CORRECTIONS = 5
"""With fewer there is nothing to measure a gain by."""


class Change(msgspec.Struct, frozen=True):
    """The change of a figure with its 95 % interval; None where the figure is undefined."""

    value: float | None
    low: float | None
    high: float | None


class LabelGain(msgspec.Struct, frozen=True):
    """F1 of a label on the corrections: of the parent, of the adapted model, and the difference with its interval."""

    label: str
    support: int
    before: float | None
    after: float | None
    gain: Change


class Adapted(msgspec.Struct, frozen=True):
    """What adapting did.

    Attributes
    ----------
    corrections, projects : int
        How many the model learned from, and of how many projects.
    left_out : int
        Corrections that it cannot learn from: texts that a model is not asked about, or labels that the rulebook no
        longer has.
    strength : float
        Of the prior.
    how : {"chosen", "fixed", "named", "checked"}
        The strength is the best in cross-validation, the fixed one for few corrections or one project, or the one that
        was named; or, where the model fails a check with it, it moves only as far as the checks allow.
    by : {"project", "task"}
        What folds and intervals are made of.
    figure : str
        What the next three are: micro-F1, or exact match if no label is needed or none is named.
    before, after : float or None
        On the corrections, of the parent and in cross-validation.
    gain : Interval
        Their difference.
    labels : list of LabelGain
        Of the labels that the corrections have or the answers had.
    """

    corrections: int
    projects: int
    left_out: int
    strength: float
    how: Literal["chosen", "fixed", "named", "checked"]
    by: str
    figure: str
    before: float | None
    after: float | None
    gain: Change
    labels: list[LabelGain]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON represents them."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields


def adapt(
    corrections: Iterable[Correction],
    model: Model,
    rulebook: Rulebook,
    out: Path,
    *,
    cases: Sequence[Case] = (),
    corpus: Corpus | None = None,
    strength: float | None = None,
    teacher_weight: float = TEACHER_WEIGHT,
    progress: Progress | None = None,
) -> Adapted:
    """Make a model directory from a model and corrections, whole or not at all.

    Parameters
    ----------
    corrections : iterable of Correction
        As they are in the store; of those about one task, one counts.
    model : Model
        The parent, read from a directory.
    rulebook : Rulebook
    out : Path
        The model directory. An older one is replaced when the new one is complete.
    cases : sequence of Case
        Behaviour cases that must not fail unless the parent fails them too; so must the rulebook's examples.
    corpus : Corpus, optional
        Tasks whose answers must have no hard finding by the oracle that the parent's answers do not have.
    strength : float, optional
        Of the prior; by default it is chosen.
    teacher_weight : float
        How much what a teacher or an agent says counts, beside 1 for a person.
    progress : Progress, optional

    Raises
    ------
    MissingExtraError
        If the extra ``train`` is not installed.
    InputError
        If the model is itself adapted, a number is out of range, or the place cannot be written to.
    FindingError
        If there are too few corrections, they gain nothing, or the adapted model fails a gate. Nothing is written.
    """
    require("train", "Adapting")
    _check(model, strength, teacher_weight)
    check_place(out)
    every = list(counting(corrections).items())
    usable = sorted((each.project, key, each) for key, each in every if _fits(each, rulebook))
    _check_number(len(usable), out)
    from threadpoolctl import threadpool_limits  # from the extra, and so is what the next one imports

    from escalation.feedback.moving import read_lessons

    # Several threads give sums whose last bits vary, and are slower for matrices of this size.
    with threadpool_limits(1):
        weighed = [(each, _weight(each, teacher_weight)) for *_, each in usable]
        lessons = read_lessons(weighed, model, rulebook, anchors_of(cases, rulebook), progress)
        _check_number(0 if lessons is None else len(lessons), out)
        assert lessons is not None
        best, result = _publishable(lessons, model, rulebook, cases, corpus, out, strength, progress)
    result = msgspec.structs.replace(result, left_out=len(every) - len(lessons))
    best.seen = model.seen | text_digests(each.text for each in lessons.corrections)
    if model.info is not None:
        name = f"{model.info.name}, adapted to {len(lessons)} corrections"
        adaptation = Adaptation(model.info.sha256, len(lessons), result.projects, result.strength, result.gain.value)
        best.info = msgspec.structs.replace(
            model.info, name=name, version=version("escalation-predictor"), adapted=adaptation
        )
    write_model(best, out, rulebook)
    return result


def _check(model: Model, strength: float | None, teacher_weight: float) -> None:
    if model.info is not None and model.info.adapted is not None:
        raise InputError(f"the model {model.info.name!r} is itself adapted; name the one that it was made from")
    if strength is not None and not 0.01 <= strength <= 1e6:
        raise InputError(f"lambda must be between 0.01 and 1,000,000, got {strength:g}")
    if not 0 < teacher_weight <= 1:
        raise InputError(f"the weight of a teacher must be greater than 0 and at most 1, got {teacher_weight:g}")


def _check_number(corrections: int, out: Path) -> None:
    if corrections < MIN_CORRECTIONS:
        raise FindingError(
            f"{out}: not written, because there are {corrections} corrections to learn from, and at least "
            f"{MIN_CORRECTIONS} are needed; correct or confirm more answers (see `escalation review`)"
        )


def _fits(correction: Correction, rulebook: Rulebook) -> bool:
    """Return whether a correction is of the home mode, and its labels are ones that the rulebook still has."""
    sides = (("escalate", correction.right.escalate), ("collaborate", correction.right.collaborate))
    allowed = all(rulebook.allows(side, target) for side, targets in sides for target in targets)
    return allowed and correction.home == rulebook.home


def _weight(correction: Correction, teacher_weight: float) -> float:
    if correction.weight is not None:
        return correction.weight
    return 1.0 if correction.by == "person" else teacher_weight


def _publishable(
    lessons: Lessons,
    model: Model,
    rulebook: Rulebook,
    cases: Sequence[Case],
    corpus: Corpus | None,
    out: Path,
    strength: float | None,
    progress: Progress | None,
) -> tuple[Model, Adapted]:
    """Return a model that passes the gates, and what it gains.

    Where the best one fails, shift its policies less, then hold it by ever stronger priors.
    """
    from escalation.feedback.choosing import SHARES, STRENGTHS, STRONGER, learn, shifts_of
    from escalation.feedback.moving import moved_model, movement

    rows = np.arange(len(lessons))
    known = {(each.code, each.where) for each in _findings(model, rulebook, cases, corpus, None)}

    learned = learn(lessons, model, rulebook, strength, progress)
    first = _result(lessons, learned, rulebook, out)
    stronger = (each for each in (*STRENGTHS, *STRONGER) if each > learned.strength and strength is None)
    attempts = [(learned.strength, share) for share in SHARES] + [(each, 0.0) for each in stronger]
    failed: list[Finding] = []
    for number, (attempt, share) in enumerate(attempts, 1):
        shifts = shifts_of(lessons, model, learned.out_of_fold, rows, attempt, share)
        best = moved_model(model, lessons, rows, movement(lessons, rows, attempt), shifts)
        found = _findings(best, rulebook, cases, corpus, progress)
        worse = [each for each in found if (each.code, each.where) not in known]
        if not worse and not failed:
            return best, first if strength is None else msgspec.structs.replace(first, how="named")
        if not worse:
            learned = learn(lessons, model, rulebook, attempt, progress, shifted=share)
            return best, msgspec.structs.replace(_result(lessons, learned, rulebook, out), how="checked")
        failed = failed or worse
        if progress:
            progress("adapting less, as a check failed", number, len(attempts))
    raise FindingError(
        f"{out}: not written, because there are {len(failed)} hard findings that its parent does not have: "
        f"{listed(failed)}; look at the corrections that say otherwise, or name a stronger prior by --lambda"
    )


def anchors_of(cases: Sequence[Case], rulebook: Rulebook) -> list[Task]:
    """Return the tasks of behaviour cases and of the rulebook's examples, each once."""
    tasks = [task for case in cases for task in tasks_of(case)]
    examples = (example for rule in rulebook.rules.values() for example in rule.examples)
    tasks += [Task.of(example.text, StackProfile(dict(example.stack))) for example in examples]
    return list({key_of(task.text, task.stack, rulebook.home): task for task in tasks}.values())


def _findings(
    model: Model, rulebook: Rulebook, cases: Sequence[Case], corpus: Corpus | None, progress: Progress | None
) -> list[Finding]:
    from escalation.training.behaviour import check_behaviour
    from escalation.training.oracle import Oracle, validate

    predictor = Predictor(rulebook, model)
    found = check_behaviour(predictor, list(cases)) + Oracle(rulebook).check_examples(predictor)
    return found if corpus is None else found + validate(corpus, rulebook, model, progress).hard


def _result(lessons: Lessons, learned: Learned, rulebook: Rulebook, out: Path) -> Adapted:
    """Return what was gained; raise an error if it is a loss."""
    from escalation.evaluation.metrics import AVERAGES, averages, differences, label_differences, label_figures
    from escalation.evaluation.run import answer_columns, indicators

    columns = answer_columns(rulebook)
    rights = (each.right for each in lessons.corrections)
    targets = indicators(columns, ((right.escalate, right.collaborate, right.core) for right in rights))
    given, before = learned.given, learned.before
    units = list(lessons.groups) if learned.by == "project" else [str(row) for row in range(len(lessons))]
    one, other = (averages(columns, targets, answers) for answers in (before, given))
    # If nobody is needed and nobody is named, there is no F1.
    figure = "exact_match" if None in (one["micro_f1"], other["micro_f1"]) else "micro_f1"
    gain = _change(differences(columns, targets, given, before, units)[figure])
    if gain.value is not None and gain.value < 0:
        raise FindingError(
            f"{out}: not written, because {AVERAGES[figure]} on the {len(lessons)} corrections would change by "
            f"{gain.value:+.3f} in cross-validation; correct more answers, or name a stronger prior by --lambda"
        )
    gains = {label: _change(gain) for label, gain in label_differences(columns, targets, given, before, units).items()}
    by_label = [label_figures(columns, targets, answers) for answers in (before, given)]
    relevant = np.flatnonzero((targets | given | before).sum(axis=0))
    return Adapted(
        corrections=len(lessons),
        projects=len(set(lessons.groups)),
        left_out=0,
        strength=learned.strength,
        how="chosen" if learned.chosen else "fixed",
        by=learned.by,
        figure=AVERAGES[figure],
        before=one[figure],
        after=other[figure],
        gain=gain,
        labels=[
            LabelGain(
                str(label), by_label[0][label].support, by_label[0][label].f1, by_label[1][label].f1, gains[label]
            )
            for label in (columns[index] for index in relevant)
            if label != CORE
        ],
    )


def _change(found: Interval) -> Change:
    return Change(found.value, found.low, found.high)
