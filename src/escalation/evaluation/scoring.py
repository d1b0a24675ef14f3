"""Compute the figures of a run: of each engine, beside each other, by genre, and against another model or engine."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import numpy as np

from escalation.evaluation.drift import drift
from escalation.evaluation.evidence import evidence_figures
from escalation.evaluation.figures import (
    FORMAT,
    Answer,
    Changed,
    ChangedTask,
    Comparison,
    Confusion,
    CorpusName,
    Difference,
    EngineFigures,
    Evaluation,
    Hashes,
    Side,
)
from escalation.evaluation.findings import find
from escalation.evaluation.metrics import (
    averages,
    averages_with_intervals,
    differences,
    label_differences,
    label_figures,
    subset_differences,
    subset_figures,
)
from escalation.evaluation.reliability import (
    average_precisions,
    calibration,
    confidences,
    coverage_curve,
    settled_curve,
)
from escalation.evaluation.run import answer_tasks, check_unseen, run_engines
from escalation.model import Model
from escalation.model.policy import joint_targets
from escalation.rules.rulebook import CORE, DISPOSITIONS, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.figures import Interval, SubsetFigures
    from escalation.evaluation.run import Run
    from escalation.files import Progress
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

MAJORITY = "majority"
"""Name of the baseline that answers every task alike."""
_MOST_SUBSETS = 24
"""Values of a key that have figures of their own; where every task has another value, a table would say nothing."""
_OTHER = "other"
GATED = "micro_f1"
"""The average that must not be worse in a comparison."""
MIN_SUPPORT = 30
"""A label with fewer tasks is never called worse: its interval says little."""


def evaluate(
    corpus: Corpus,
    rulebook: Rulebook,
    engines: Sequence[Engine],
    model: Model | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Run engines over a corpus and compute their figures. The parameters and errors are those of `run_engines`."""
    return score(run_engines(corpus, rulebook, engines, model, progress))


def score(run: Run, own_model: Model | None = None) -> Evaluation:
    """Compute the figures of a run.

    Parameters
    ----------
    run : Run
    own_model : Model, optional
        In cross-validation: the model that was trained on the same corpus, whose hash the figures keep.

    Returns
    -------
    Evaluation
        Without ``against``; see `compare`.
    """
    columns, targets, groups = run.columns, run.targets, list(run.data.groups)
    first, baseline = run.answers[run.engine].given, _majority(run)
    others = {engine: run.answers[engine].given for engine in run.engines[1:]} | {MAJORITY: baseline}
    model = run.model or own_model
    info = model.info if model else None
    evaluation = Evaluation(
        format=FORMAT,
        created_by=f"escalation-predictor {version('escalation-predictor')}",
        hashes=Hashes(info.sha256 if info else None, run.rulebook.sha256, run.corpus.sha256),
        method=run.method,
        corpus=CorpusName(run.corpus.path.name, run.corpus.sha256),
        engines={engine: _engine_figures(run, engine) for engine in run.engines},
        baselines={MAJORITY: averages_with_intervals(columns, targets, baseline, groups)},
        differences={other: differences(columns, targets, first, given, groups) for other, given in others.items()},
        registers=_by(run, "register"),
        confusions=_confusions(run),
        rules_over_model=_rules_over_model(run),
        training=_in_training(run),
        drift=drift(run),
        overlap=list(run.overlap),
        findings=[],
        genres=_by(run, "genre"),
        evidence=evidence_figures(run),
        robustness=info.robustness if info else {},
    )
    evaluation.findings.extend(find(evaluation))
    return evaluation


def _majority(run: Run) -> NDArray[np.int8]:
    """Answer every task with the labels that more than half of the tasks have that its fold learns from.

    If nothing was fitted, these are all tasks of the corpus itself, which can only favour the baseline.
    """
    given = np.zeros_like(run.targets)
    for fold in run.folds:
        known = fold.train if len(fold.train) else fold.test
        given[fold.test] = run.targets[known].mean(axis=0) > 1 / 2
    return given


def _confusions(run: Run) -> dict[str, Confusion]:
    """Count confusions of escalation and collaboration in the first engine's answers, by target."""
    targets, given = run.targets.astype(bool), run.answers[run.engine].given.astype(bool)
    found = {}
    for target in joint_targets(run.columns):
        pair = [run.columns.index(Label(disposition, target)) for disposition in DISPOSITIONS]
        escalate, collaborate = targets[:, pair].T
        escalated, collaborated = given[:, pair].T
        found[target] = Confusion(
            under_escalated=int((escalate & collaborated).sum()),
            over_escalated=int((collaborate & escalated).sum()),
            tasks=int(((escalate | collaborate) & (escalated | collaborated)).sum()),
        )
    return found


def _engine_figures(run: Run, engine: Engine) -> EngineFigures:
    answers, data, groups = run.answers[engine], run.data, list(run.data.groups)
    modes = [index for index, column in enumerate(run.columns) if column != CORE]
    abstained = np.isnan(answers.probabilities).all(axis=1)
    coverage = settled = None
    if not abstained.all():
        sure = confidences(answers.probabilities, answers.thresholds)
        coverage = coverage_curve(run.targets[:, modes], answers.given[:, modes], sure)
        settled = settled_curve(run.targets[:, modes], answers.given[:, modes], answers.doubts)
    return EngineFigures(
        tasks=len(data),
        groups=len(set(groups)),
        averages=averages_with_intervals(run.columns, run.targets, answers.given, groups),
        labels=label_figures(run.columns, run.targets, answers.given),
        calibration=calibration(data.labels, data.targets, answers.probabilities),
        coverage=coverage,
        abstained=0.0 if engine == "rules" else float(abstained.mean()),
        label_free=int((~run.targets[:, modes].any(axis=1)).sum()),
        average_precision=average_precisions(data.labels, data.targets, answers.probabilities),
        settled=settled,
    )


def _subsets(run: Run, key: Literal["register", "genre"]) -> dict[str, NDArray[np.bool_]]:
    """Return the rows of the tasks with each of the most frequent values of a key, and of those with any other."""
    values = run.corpus.tasks[key].to_numpy(dtype=str)
    counts = Counter(value for value in values.tolist() if value)
    shown = sorted(value for value, _ in counts.most_common(_MOST_SUBSETS))
    subsets = {value: values == value for value in shown}
    if len(counts) > len(shown):
        subsets[_OTHER] = ~np.isin(values, ["", *shown])
    return subsets


def _by(run: Run, key: Literal["register", "genre"]) -> dict[str, SubsetFigures]:
    """Return the figures of the first engine's answers by the value of a key of the corpus."""
    given, groups = run.answers[run.engine].given, run.data.groups
    return {
        value: subset_figures(run.columns, run.targets[rows], given[rows], groups[rows].tolist())
        for value, rows in _subsets(run, key).items()
    }


def _rules_over_model(run: Run) -> dict[str, Interval]:
    """Return the F1 of the rules minus that of the model, or of the hybrid if the model was not evaluated."""
    rules, model = run.answers.get("rules"), run.answers.get("model") or run.answers.get("hybrid")
    if rules is None or model is None:
        return {}
    return label_differences(run.columns, run.targets, rules.given, model.given, list(run.data.groups))


def _in_training(run: Run) -> dict[str, float] | None:
    """Return the average precision that the model had out of fold, as hybrid, on its own corpus."""
    if run.model is None or run.engine != "hybrid":
        return None
    fit = run.model.info.fit if run.model.info else {}
    return {label: figures.average_precision for label, figures in fit.items()}


# ------------------------------------------------------------------------------------------------ comparison


def compare(run: Run, against: Engine | Model, names: tuple[str, str], progress: Progress | None = None) -> Comparison:
    """Compare the answers of a run's first engine (B) with other answers (A), task by task.

    A is another engine of the same run, or another model, which answers by the same engine; `names` are those of A and
    B. Differences are B minus A, with 95 % intervals by paired bootstrap over projects. Neither model may have seen any
    of the tasks (`CorpusError`).
    """
    for model, name in zip((against, run.model), names, strict=True):
        if isinstance(model, Model):
            check_unseen(run.corpus, model, name)
    if isinstance(against, Model):
        side = _side(names[0], run.engine, against)
        others = answer_tasks(run.rulebook, against, run.engine, run.data.tasks, progress).given
    else:
        side = _side(names[0], against, run.model)
        others = run.answers[against].given
    given, columns, targets, groups = run.answers[run.engine].given, run.columns, run.targets, list(run.data.groups)
    one, other = (averages(columns, targets, answers) for answers in (others, given))
    found = {
        name: Difference(one[name], other[name], difference)
        for name, difference in differences(columns, targets, given, others, groups).items()
    }
    label_a, label_b = (label_figures(columns, targets, answers) for answers in (others, given))
    labels = {
        label: Difference(label_a[label].f1, label_b[label].f1, difference, label_a[label].support)
        for label, difference in label_differences(columns, targets, given, others, groups).items()
    }
    gated = {GATED: found[GATED]} | {name: row for name, row in labels.items() if (row.support or 0) >= MIN_SUPPORT}
    highs = {str(name): row.difference.high for name, row in gated.items()}
    return Comparison(
        a=side,
        b=_side(names[1], run.engine, run.model),
        averages=found,
        labels=labels,
        changed=_changed(run, others, given),
        min_support=MIN_SUPPORT,
        worse=[name for name, high in highs.items() if high is not None and high < 0],
        genres={
            genre: subset_differences(columns, targets[rows], given[rows], others[rows], run.data.groups[rows].tolist())
            for genre, rows in _subsets(run, "genre").items()
        },
    )


def _changed(run: Run, a: NDArray[np.int8], b: NDArray[np.int8]) -> Changed:
    tasks = []
    for row in np.flatnonzero((a != b).any(axis=1)).tolist():
        answer_a, answer_b, expected = (_answer(run.columns, answers[row]) for answers in (a, b, run.targets))
        # Answers that differ cannot both be right.
        who: Literal["a", "b", "neither"] = "a" if answer_a == expected else "b" if answer_b == expected else "neither"
        tasks.append(ChangedTask(str(run.data.tasks[row].id), answer_a, answer_b, expected, who))
    right = {name: sum(task.right == name for task in tasks) for name in ("a", "b", "neither")}
    return Changed(len(tasks), right, tasks)


def _side(name: str, engine: Engine, model: Model | None) -> Side:
    info = None if model is None or engine == "rules" else model.info
    return Side(name, engine, info.corpus.tasks if info else None)


def _answer(columns: Sequence[Label], row: NDArray[np.int8]) -> Answer:
    given = [column for column, value in zip(columns, row, strict=True) if value]
    escalate, collaborate = (
        [label.target for label in given if label.disposition == disposition] for disposition in DISPOSITIONS
    )
    return Answer(escalate, collaborate, CORE in given)
