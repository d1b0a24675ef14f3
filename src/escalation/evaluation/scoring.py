"""Evaluate engines on a corpus: a model on tasks that it has not seen, or cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.evaluation.baseline import MAJORITY, majority
from escalation.evaluation.degrees import confusions
from escalation.evaluation.drift import drift
from escalation.evaluation.judging import find
from escalation.evaluation.metrics import differences, label_differences, summarize
from escalation.evaluation.reliability import average_precisions, calibration, confidences, risk_and_coverage
from escalation.evaluation.run import run_engines
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from escalation.evaluation.run import Run
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

_OF_REGISTERS = ("micro_f1", "exact_match")


def evaluate(
    corpus: Corpus,
    rulebook: Rulebook,
    engines: Sequence[Engine],
    model: Model | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Give the figures of engines on a corpus: run them and score the run.

    See `escalation.evaluation.run.run_engines` for the parameters and what is refused, and `score` for the figures.
    """
    return score(run_engines(corpus, rulebook, engines, model, progress))


def score(run: Run) -> dict[str, Any]:
    """Give the figures of a run.

    Returns
    -------
    dict
        ``method`` ("cross-validation", or "unseen" where nothing is fitted to the corpus), ``corpus`` and
        ``engines``, each with the figures of
        `escalation.evaluation.metrics.summarize`, its ``calibration`` and its ``coverage`` curve, both None
        for the rules; ``abstained``, the share of tasks on which the model was not asked; ``label_free``, the tasks
        that need nobody; and ``average_precision`` of the classifier's labels, with their support.
        Of the first engine: ``differences`` to the others and to the baseline, paired; figures by ``registers``;
        ``confusions`` of escalation and collaboration.
        ``baselines``, with the averages of each; ``rules_over_model``, how far the rules' F1 lies above the model's;
        ``training``, the average precision that the model had in its training; ``drift``, how unlike its corpus the
        tasks are; ``overlap``, the ids of tasks that it has seen; ``findings``.
    """
    groups, baseline = list(run.data.groups), majority(run)
    first = run.answers[run.engine].given
    others = {engine: run.answers[engine].given for engine in run.engines[1:]} | {MAJORITY: baseline}
    result = {
        "method": run.method,
        "corpus": {"path": run.corpus.path.name, "sha256": run.corpus.sha256},
        "engines": {engine: _figures(run, engine) for engine in run.engines},
        "baselines": {MAJORITY: summarize(run.columns, run.targets, baseline, groups)["averages"]},
        "differences": {
            other: differences(run.columns, run.targets, first, given, groups) for other, given in others.items()
        },
        "registers": _by_register(run),
        "confusions": confusions(run),
        "rules_over_model": _rules_over_model(run),
        "training": _in_training(run),
        "drift": drift(run),
        "overlap": list(run.overlap),
    }
    return result | {"findings": [finding.to_dict() for finding in find(result)]}


def _figures(run: Run, engine: Engine) -> dict[str, Any]:
    answers, data = run.answers[engine], run.data
    figures = summarize(run.columns, run.targets, answers.given, list(data.groups))
    unasked = np.isnan(answers.probabilities).all(axis=1)
    areas = [index for index, column in enumerate(run.columns) if column != CORE]
    figures |= {"calibration": None, "coverage": None}
    figures["abstained"] = 0.0 if engine == "rules" else float(unasked.mean())
    figures["label_free"] = int((run.targets[:, areas].sum(axis=1) == 0).sum())
    figures["average_precision"] = average_precisions(data.labels, data.targets, answers.probabilities)
    if not unasked.all():
        sure = confidences(answers.probabilities, answers.thresholds)
        figures["calibration"] = calibration(data.labels, data.targets, answers.probabilities)
        figures["coverage"] = risk_and_coverage(run.targets[:, areas], answers.given[:, areas], sure)
    return figures


def _by_register(run: Run) -> dict[str, Any]:
    """Figures of the first engine by the manner in which tasks are written, where the corpus says it."""
    registers, given = run.corpus.tasks["register"].to_numpy(dtype=str), run.answers[run.engine].given
    figures = {}
    for register in sorted(set(registers) - {""}):
        chosen = registers == register
        summary = summarize(run.columns, run.targets[chosen], given[chosen], run.data.groups[chosen].tolist())
        figures[register] = {"tasks": summary["tasks"], **{key: summary["averages"][key] for key in _OF_REGISTERS}}
    return figures


def _rules_over_model(run: Run) -> dict[str, Any]:
    """How far the F1 of the rules lies above that of the model alone, or of the hybrid where that alone was asked."""
    learned = next((engine for engine in ("model", "hybrid") if engine in run.answers), None)
    if learned is None or "rules" not in run.answers:
        return {}
    rules, model = run.answers["rules"].given, run.answers[learned].given
    return label_differences(run.columns, run.targets, rules, model, list(run.data.groups))


def _in_training(run: Run) -> dict[str, float] | None:
    """The average precision that a model states of itself: the hybrid's, out of fold, on its own corpus."""
    if run.model is None or run.engine != "hybrid":
        return None
    labels = run.model.about.get("figures", {}).get("labels", {})
    return {label: figures["average_precision"] for label, figures in labels.items()}
