"""Compute the figures of a run: of each engine, beside each other, by register, and what is worth a look."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from escalation.evaluation.drift import drift
from escalation.evaluation.figures import (
    FORMAT,
    Confusion,
    CorpusName,
    EngineFigures,
    Evaluation,
    Hashes,
    RegisterFigures,
)
from escalation.evaluation.findings import find
from escalation.evaluation.metrics import averages_with_intervals, differences, label_differences, label_figures
from escalation.evaluation.reliability import average_precisions, calibration, confidences, coverage_curve
from escalation.evaluation.run import run_engines
from escalation.rules.rulebook import CORE, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.figures import Interval
    from escalation.evaluation.run import Run
    from escalation.files import Progress
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

MAJORITY = "majority"
"""Name of the baseline that answers every task alike."""


def evaluate(
    corpus: Corpus,
    rulebook: Rulebook,
    engines: Sequence[Engine],
    model: Model | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Run engines over a corpus and compute their figures.

    Parameters, and what is an error, are those of `escalation.evaluation.run.run_engines`.

    Returns
    -------
    Evaluation
    """
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
        Without ``against``; see `escalation.evaluation.compare.compare`.
    """
    columns, targets, groups = run.columns, run.targets, list(run.data.groups)
    first, baseline = run.answers[run.engine].given, majority(run)
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
        registers=_by_register(run),
        confusions=confusions(run),
        rules_over_model=_rules_over_model(run),
        training=_in_training(run),
        drift=drift(run),
        overlap=list(run.overlap),
        findings=[],
    )
    evaluation.findings.extend(find(evaluation))
    return evaluation


def majority(run: Run) -> NDArray[np.int8]:
    """Answer every task with the labels that more than half of the other tasks have.

    In cross-validation these are the tasks that the fold learns from; if nothing was fitted, they are all tasks
    of the corpus itself, which can only favour the baseline.

    Returns
    -------
    array of shape (tasks, columns)
    """
    given = np.zeros_like(run.targets)
    for fold in run.folds:
        known = fold.train if len(fold.train) else fold.test
        given[fold.test] = run.targets[known].mean(axis=0) > 1 / 2
    return given


def confusions(run: Run) -> dict[str, Confusion]:
    """Count confusions of escalation and collaboration in the first engine's answers, by target."""
    given = run.answers[run.engine].given
    columns = {label: index for index, label in enumerate(run.columns)}
    found = {}
    for label, high in columns.items():
        low = columns.get(Label("collaborate", label.target))
        if label.disposition != "escalate" or low is None:
            continue
        named = (run.targets[:, high] | run.targets[:, low]) & (given[:, high] | given[:, low])
        found[label.target] = Confusion(
            under_escalated=int((run.targets[:, high] & given[:, low]).sum()),
            over_escalated=int((run.targets[:, low] & given[:, high]).sum()),
            tasks=int(named.sum()),
        )
    return found


def _engine_figures(run: Run, engine: Engine) -> EngineFigures:
    answers, data = run.answers[engine], run.data
    groups = list(data.groups)
    modes = [index for index, column in enumerate(run.columns) if column != CORE]
    abstained = np.isnan(answers.probabilities).all(axis=1)
    coverage = None
    if not abstained.all():
        sure = confidences(answers.probabilities, answers.thresholds)
        coverage = coverage_curve(run.targets[:, modes], answers.given[:, modes], sure)
    return EngineFigures(
        tasks=len(data),
        groups=len(set(groups)),
        averages=averages_with_intervals(run.columns, run.targets, answers.given, groups),
        labels=label_figures(run.columns, run.targets, answers.given),
        calibration=calibration(data.labels, data.targets, answers.probabilities),
        coverage=coverage,
        abstained=0.0 if engine == "rules" else float(abstained.mean()),
        label_free=int((run.targets[:, modes].sum(axis=1) == 0).sum()),
        average_precision=average_precisions(data.labels, data.targets, answers.probabilities),
    )


def _by_register(run: Run) -> dict[str, RegisterFigures]:
    registers, given = run.corpus.tasks["register"].to_numpy(dtype=str), run.answers[run.engine].given
    figures = {}
    for register in sorted(set(registers) - {""}):
        rows = registers == register
        found = averages_with_intervals(run.columns, run.targets[rows], given[rows], run.data.groups[rows].tolist())
        figures[register] = RegisterFigures(int(rows.sum()), found["micro_f1"], found["exact_match"])
    return figures


def _rules_over_model(run: Run) -> dict[str, Interval]:
    """Return the F1 of the rules minus that of the model, or of the hybrid if the model was not evaluated."""
    learned = next((engine for engine in ("model", "hybrid") if engine in run.answers), None)
    if learned is None or "rules" not in run.answers:
        return {}
    rules, model = run.answers["rules"].given, run.answers[learned].given
    return label_differences(run.columns, run.targets, rules, model, list(run.data.groups))


def _in_training(run: Run) -> dict[str, float] | None:
    """Return the average precision that the model had out of fold, as hybrid, on its own corpus."""
    if run.model is None or run.engine != "hybrid":
        return None
    fit = run.model.info.fit if run.model.info else {}
    return {label: figures.average_precision for label, figures in fit.items()}
