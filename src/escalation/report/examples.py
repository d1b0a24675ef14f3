"""Mistakes as examples: the task, what speaks for the wrong answer, and what the rules say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.predictor import Predictor
from escalation.report.mistakes import KINDS, classifier_label, mistakes
from escalation.rules.engine import RuleEngine
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from escalation.evaluation.run import Run
    from escalation.report.mistakes import Mistake
    from escalation.task.task import Task

_EXAMPLES = 8
_SPANS = 20
_CHARACTERS = 4000
"""Of a longer text only the beginning is shown."""


def errors(run: Run) -> dict[str, Any]:
    """Count the mistakes of each kind, and show the most confident ones.

    Returns
    -------
    dict
        ``tasks`` with a mistake and ``kinds``, with ``count`` of all mistakes and at most eight ``examples``.
    """
    found = mistakes(run)
    show = _Example(run)
    kinds = []
    for kind, (title, explanation) in KINDS.items():
        own = [mistake for mistake in found if mistake.kind == kind]
        kinds.append(
            {
                "kind": kind,
                "title": title,
                "explanation": explanation,
                "count": len(own),
                "examples": [show(mistake) for mistake in own[:_EXAMPLES]],
            }
        )
    return {"tasks": len({mistake.row for mistake in found}), "kinds": kinds}


class _Example:
    """Shows mistakes of one run. A task is explained by the very model that answered it, which has not seen it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rules = RuleEngine(run.rulebook)
        self._predictors = [
            (set(fold.test.tolist()), Predictor(run.rulebook, fold.model, run.engine)) for fold in run.folds
        ]

    def __call__(self, mistake: Mistake) -> dict[str, Any]:
        run, row = self._run, mistake.row
        task, answers = run.data.tasks[row], run.answers[run.engine]
        label = classifier_label(run.rulebook, mistake.label)
        place = run.data.labels.index(label)
        return {
            "id": task.id,
            "text": task.text[:_CHARACTERS],
            "expected": self._named(run.targets[row], mistake),
            "answered": self._named(answers.given[row], mistake),
            "label": mistake.label,
            "probability": _number(answers.probabilities[row, place]),
            "threshold": _number(answers.thresholds[row, place]),
            "spans": self._spans(task, mistake, label),
            "rules": self._said(task, label),
        }

    def _named(self, row: NDArray[np.int8], mistake: Mistake) -> list[str]:
        """The labels of an answer; own work only where the mistake is about it."""
        labels = (label for label, value in zip(self._run.columns, row, strict=True) if value)
        return [label for label in labels if label != CORE or mistake.label == CORE]

    def _spans(self, task: Task, mistake: Mistake, label: str) -> list[dict[str, Any]]:
        """What spoke for the wrong answer: for the label where it was given, against it where it was missed."""
        predictor = next(predictor for rows, predictor in self._predictors if mistake.row in rows)
        explained = next(entry for entry in predictor.explain(task).labels if entry.label == label)
        sign = 1 if mistake.given else -1
        spoken = [
            {"start": reason.start, "end": reason.end, "weight": sign * reason.weight}
            for reason in explained.contributions
            if reason.weight is not None
            and sign * reason.weight > 0
            and reason.end is not None
            and reason.end <= _CHARACTERS
            and reason.kind == "term"
        ]
        return spoken[:_SPANS]

    def _said(self, task: Task, label: str) -> list[dict[str, str]]:
        """What the rules say of the label, each rule with its first cue."""
        evidence = self._rules.reader.read(task.text, task.stack)
        verdict = self._rules.judge(evidence)[label]
        said: dict[str, dict[str, str]] = {}
        for fired in verdict.fired:
            if fired.value == verdict.value:
                hit = fired.hits(evidence)[0]
                words = task.text[slice(*evidence.reading.span(hit.first, hit.last))]
                said.setdefault(
                    fired.rule.id,
                    {"id": fired.rule.id, "section": fired.rule.source.section, "value": fired.value, "text": words},
                )
        return list(said.values())


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
