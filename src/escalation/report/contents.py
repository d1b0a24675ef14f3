"""All that a report shows, as plain data for its page and its pictures."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from escalation.evaluation.drift import known_in_training
from escalation.evaluation.findings import KINDS
from escalation.evaluation.learning import learning_curve
from escalation.evaluation.reliability import average_precisions
from escalation.model.features import CueFeatures
from escalation.model.policy import head_names, nested_heads, weight_table
from escalation.report.mistakes import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from escalation.evaluation.figures import Evaluation
    from escalation.evaluation.run import Run
    from escalation.model import Model
    from escalation.model.decision import Engine

    Term = tuple[str, str]

FORMAT = 3
_POINTS = 100
_TERMS = 15
_NESTED_SLOPE = 2 / 3
"""What a small change of a nested head's logit changes in the logit of both heads, where both are undecided."""


def contents(run: Run, evaluation: Evaluation) -> dict[str, Any]:
    """Put a report together.

    Parameters
    ----------
    run : Run
    evaluation : Evaluation
        The figures of the run.

    Returns
    -------
    dict
        What ``report.json`` holds: only texts, numbers, lists and objects, and None for a figure that is undefined.
        Always ``format``, ``about``, ``averages``, ``genres``, ``registers``, ``evidence``, ``robustness``, ``labels``,
        ``curves``, ``agreement``, ``terms``, ``errors`` and ``findings``; ``reliability``, ``coverage``,
        ``settled``, ``learning_curve`` and ``drift`` may be None.
    """
    figures = msgspec.to_builtins(evaluation)
    engines, drift = figures["engines"], figures["drift"]
    first = engines[run.engine]
    if drift is not None:
        drift["known_words"]["training"] = known_in_training(run)
    return {
        "format": FORMAT,
        "about": _about(run, figures),
        "averages": {engine: entry["averages"] for engine, entry in engines.items()} | figures["baselines"],
        "genres": figures.get("genres", {}),
        "registers": figures["registers"],
        "evidence": figures.get("evidence", {}),
        "robustness": figures.get("robustness", {}),
        "labels": {engine: entry["labels"] for engine, entry in engines.items()},
        "curves": curves(run),
        "reliability": first["calibration"],
        "coverage": first["coverage"],
        "settled": first["settled"],
        "agreement": agreement(run),
        "learning_curve": msgspec.to_builtins(learning_curve(run)),
        "terms": terms(run),
        "errors": errors(run),
        "drift": drift,
        "findings": [finding | KINDS[finding["code"]]._asdict() for finding in figures["findings"]],
    }


def _about(run: Run, figures: dict[str, Any]) -> dict[str, Any]:
    info, first = run.model.info if run.model else None, figures["engines"][run.engine]
    return {
        "created_by": figures["created_by"],
        "method": run.method,
        "engine": run.engine,
        "corpus": figures["corpus"] | {"tasks": first["tasks"], "groups": first["groups"]},
        "model": info and {"name": info.name, "version": info.version, "trained_on": info.corpus.tasks},
        "rulebook": {"name": run.rulebook.name, "sha256": run.rulebook.sha256},
    }


def agreement(run: Run) -> dict[str, dict[str, int]]:
    """Count by label which of model and rules predict it, and which is right where only one does.

    Empty unless both engines were evaluated.
    """
    if "model" not in run.answers or "rules" not in run.answers:
        return {}
    model, rules, target = run.answers["model"].given == 1, run.answers["rules"].given == 1, run.targets == 1
    counts = {
        "both": model & rules,
        "model_only": model & ~rules,
        "rules_only": ~model & rules,
        "neither": ~model & ~rules,
        "model_right": (model != rules) & (model == target),
        "rules_right": (model != rules) & (rules == target),
    }
    return {
        label: {name: int(found[:, column].sum()) for name, found in counts.items()}
        for column, label in enumerate(run.columns)
    }


def curves(run: Run) -> dict[str, Any]:
    """Return the precision-recall curve of each label of the classifier, before groups are resolved.

    ``points`` are pairs of recall and precision by rising recall, ``chosen`` is what the threshold attains. Labels that
    no task has, or that no model scored, are left out.
    """
    answers, found = run.answers[run.engine], {}
    for label, ranking in average_precisions(run.data.labels, run.data.targets, answers.probabilities).items():
        column = run.data.labels.index(label)
        scored = ~np.isnan(answers.probabilities[:, column])
        target = run.data.targets[scored, column]
        probability, threshold = answers.probabilities[scored, column], answers.thresholds[scored, column]
        predicted = probability >= threshold
        right = int((predicted & (target == 1)).sum())
        found[label] = {
            "average_precision": ranking.value,
            "threshold": float(threshold.mean()),  # in cross-validation, each fold has its own
            "chosen": {
                "precision": right / int(predicted.sum()) if predicted.any() else None,
                "recall": right / int(target.sum()),
            },
            "points": _curve_points(target, probability),
        }
    return found


def _curve_points(target: NDArray[np.int8], probability: NDArray[np.float64]) -> list[list[float]]:
    """Return at most `_POINTS` points of a curve, evenly over its length, with both ends."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(target, probability, drop_intermediate=True)
    places = np.unique(np.linspace(0, len(recall) - 1, min(_POINTS, len(recall))).round().astype(int))
    return [[float(recall[place]), float(precision[place])] for place in places[::-1]]


def terms(run: Run) -> dict[str, Any]:
    """Return the terms that weigh most for and against each label, heaviest first; empty for the rules alone.

    A weight is what the term adds to the label's score where the label is undecided: a cue or a wording that is
    present, or an n-gram that occurs once in a text of typical length. In cross-validation it is the mean over the
    models of all folds, where a term that a model does not know weighs 0. A label that the rules alone decide has no
    terms.
    """
    models = [fold.model for fold in run.folds if fold.model is not None]
    if not models:
        return {}
    cues = CueFeatures(run.rulebook).names
    totals: defaultdict[Term, NDArray[np.float64]] = defaultdict(lambda: np.zeros(len(run.data.labels)))
    for model in models:
        for term, added in zip(_terms(model, cues), _term_weights(model, run.engine), strict=True):
            totals[term] += added / len(models)
    known, weights = list(totals), np.array(list(totals.values()))
    return {
        label: {"for": _heaviest(known, column), "against": _heaviest(known, -column, -1)}
        for label, column in zip(run.data.labels, weights.T, strict=True)
    }


def _terms(model: Model, cues: tuple[str, ...]) -> Iterator[Term]:
    """Yield names and kinds of a model's features, in their order."""
    yield from ((gram, "ngram") for gram in model.vocabulary.grams)
    yield from ((cue, "cue") for cue in cues)
    yield from ((wording, "wording") for wording in model.vocabulary.wordings.features)


def _term_weights(model: Model, engine: Engine) -> NDArray[np.float64]:
    """Return what each feature, at its typical value, adds to the score of each label: features x labels."""
    policies = [model.policies[label] for label in model.labels]
    # In a task of one ask, the score of the whole and that of the best ask are the same.
    flat, of_nested, whole, best, *_ = weight_table([policy.weights(engine) for policy in policies])
    flat, of_nested = (whole + best) * flat, (whole + best) * of_nested
    nested = nested_heads(model.labels)
    slope = _NESTED_SLOPE * of_nested * nested.exists
    columns = np.arange(len(model.labels))
    heads = np.zeros((len(head_names(model.labels)), len(model.labels)))
    np.fill_diagonal(heads, flat)
    heads[nested.involved, columns] += slope
    heads[nested.degree, columns] += slope * nested.sign
    heads[:, [policy.rules_only for policy in policies]] = 0.0
    idf = model.idf.astype(np.float64)
    # The idf of an n-gram says in which share of the tasks it occurs, and all shares together the length of a typical
    # text, by which TF-IDF is normalised.
    values = np.ones(len(model.weights))
    values[: len(idf)] = idf / np.sqrt((np.exp(1 - idf) * idf**2).sum())
    weights: NDArray[np.float64] = values[:, None] * (model.weights @ heads)
    return weights


def _heaviest(known: list[Term], weights: NDArray[np.float64], sign: int = 1) -> list[dict[str, Any]]:
    order = [int(row) for row in np.argsort(-weights, kind="stable")[:_TERMS] if weights[row] > 0]
    return [{"term": known[row][0], "kind": known[row][1], "weight": sign * float(weights[row])} for row in order]
