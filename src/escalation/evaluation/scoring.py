"""Evaluate engines on a corpus: a model on tasks that it has not seen, or cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.corpus import seen_tasks
from escalation.errors import CorpusError
from escalation.evaluation.answers import answer_columns, answers_of, cross_validate, indicators
from escalation.evaluation.metrics import summarize
from escalation.evaluation.reliability import calibration, confidences, risk_and_coverage
from escalation.rulebook import CORE, DISPOSITIONS
from escalation.training.fit import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from escalation.corpus import Corpus
    from escalation.decision import Engine
    from escalation.evaluation.answers import Answers
    from escalation.model import Model
    from escalation.rulebook import Rulebook
    from escalation.training.fit import Prepared


def evaluate(
    corpus: Corpus,
    rulebook: Rulebook,
    engines: Sequence[Engine],
    model: Model | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Give the figures of engines on a corpus.

    Parameters
    ----------
    corpus : Corpus
    rulebook : Rulebook
    engines : sequence of {"hybrid", "model", "rules"}
    model : Model, optional
        Scored on the corpus, which it must not have seen. Without one, models are fitted to the corpus
        itself, in cross-validation by group.
    progress : callable, optional

    Returns
    -------
    dict
        ``method`` ("cross-validation", or "unseen" where nothing is fitted to the corpus), ``corpus`` and
        ``engines``, each with the figures of
        `escalation.evaluation.metrics.summarize`, its ``calibration`` and its ``coverage`` curve, both None
        for the rules, and ``abstained``, the share of tasks on which the model was not asked.

    Raises
    ------
    CorpusError
        If the model was trained on this very corpus, or a label is outside the roster.
    """
    check_roster(corpus, rulebook)
    data = prepare(corpus, rulebook)
    columns = answer_columns(rulebook)
    targets = indicators(columns, data.answers)
    answers: dict[Engine, Answers]
    method = "unseen"
    if set(engines) == {"rules"}:
        answers = {"rules": answers_of(rulebook, None, "rules", data.tasks, progress)}
    elif model is None:
        method = "cross-validation"
        answers = cross_validate(data, engines, progress)
    else:
        seen = seen_tasks(model.about, corpus)
        if seen:
            raise CorpusError(
                f"{corpus.path}: the model was trained on {len(seen):,} of these tasks ({', '.join(seen[:3])}, ...), "
                "so its figures would say nothing; use --cross-validate, or name a corpus that it has not seen"
            )
        answers = {engine: answers_of(rulebook, model, engine, data.tasks, progress) for engine in engines}
    return {
        "method": method,
        "corpus": {"path": corpus.path.name, "sha256": corpus.sha256},
        "engines": {engine: _figures(columns, targets, answers[engine], data) for engine in engines},
    }


def _figures(columns: Sequence[str], targets: NDArray[np.int8], answers: Answers, data: Prepared) -> dict[str, Any]:
    figures = summarize(columns, targets, answers.given, list(data.groups))
    unasked = np.isnan(answers.probabilities).all(axis=1)
    figures |= {"calibration": None, "coverage": None, "abstained": 0.0}
    if not unasked.all():
        areas = [index for index, column in enumerate(columns) if column != CORE]
        sure = confidences(answers.probabilities, answers.thresholds)
        figures["abstained"] = float(unasked.mean())
        figures["calibration"] = calibration(data.labels, data.targets, answers.probabilities)
        figures["coverage"] = risk_and_coverage(targets[:, areas], answers.given[:, areas], sure)
    return figures


def check_roster(corpus: Corpus, rulebook: Rulebook) -> None:
    """Refuse a corpus with a label that the rulebook does not know.

    Raises
    ------
    CorpusError
        The message names the line.
    """
    known = set(answer_columns(rulebook))
    for row in corpus.rows():
        for disposition in DISPOSITIONS:
            for mode in getattr(row, disposition):
                if f"{disposition}:{mode}" not in known:
                    raise CorpusError(
                        f"{corpus.path}, line {row.line}: {disposition}s {mode!r}, which the rulebook "
                        f"{rulebook.name!r} does not know; correct the label or name the rulebook"
                    )
