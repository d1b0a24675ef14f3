"""Move a model towards corrections: the maximum a posteriori estimate under a prior around its weights.

The weights of a head minimise the log loss of the corrections plus `strength` / 2 times the squared distance to the
weights of the parent model, where a cue counts `CUE_SCALE` as in training. The solution differs from them only by a
combination of the corrected tasks, so it is found in as many dimensions as there are tasks, not as there are n-grams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from escalation.answer.unclear import why_silent
from escalation.model import Model
from escalation.model.decision import reason_to_abstain, verdict_row
from escalation.model.policy import sigmoid, view_scores, weigh, weight_table
from escalation.model.signals import SignalReader
from escalation.training.corpus import grouped_labels
from escalation.training.pipeline import CUE_SCALE, LEFT_OUT, head_targets
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.feedback.records import Correction
    from escalation.files import Progress
    from escalation.rules.rulebook import Rulebook

INTERCEPT = 1.0
"""Value of the feature whose weight is the bias of a head."""
_RIDGE = 1e-9
"""Added to the diagonal of the kernel, which lacks full rank if two tasks have the same features."""
_DIGITS = 6
"""Digits of a bias, so that the last bits of a sum do not change the bytes of a model."""
_ITERATIONS = 200
_STEP = 50


@dataclass(frozen=True)
class Lessons:
    """Corrected tasks as a model sees them, and what it is to learn from them.

    Attributes
    ----------
    corrections : list of Correction
        Those that the model can learn from, one a task.
    weights : array of shape (tasks,)
        How much each counts; 1 for a correction by a person.
    groups : array of str of shape (tasks,)
        The project of each; a task without one is a group of its own if there are others.
    features : sparse matrix of shape (views, features + 1)
        Of all views, with `CUE_SCALE` for a cue and `INTERCEPT` behind.
    logits : array of shape (views, heads)
        What the parent model says of them.
    starts, works, apart, verdicts
        As in `escalation.training.policies.Examples`.
    targets : array of shape (tasks, labels)
    heads : array of shape (tasks, heads)
        What every head is to say; `LEFT_OUT` where it does not learn from a task.
    """

    corrections: list[Correction]
    weights: NDArray[np.float64]
    features: sp.csr_matrix
    logits: NDArray[np.float64]
    starts: NDArray[np.intp]
    works: NDArray[np.intp]
    apart: NDArray[np.intp]
    verdicts: NDArray[np.int8]
    targets: NDArray[np.int8]
    heads: NDArray[np.int8]
    kernel: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.corrections)


def read_lessons(
    corrections: Sequence[Correction],
    weights: Sequence[float],
    model: Model,
    rulebook: Rulebook,
    progress: Progress | None = None,
) -> Lessons:
    """Read corrected tasks; those that the model would not be asked about are left out."""
    from escalation.task.stack import StackProfile

    reader = SignalReader(rulebook, model)
    kept, counts, blocks, logits, starts, works, apart, verdicts, targets = [], [], [], [], [0], [], [], [], []
    rows_, vals_, ends = [], [], [0]
    for done, (each, weight) in enumerate(zip(corrections, weights, strict=True), 1):
        if progress and (done % _STEP == 0 or done == len(corrections)):
            progress("reading corrections", done, len(corrections))
        signals = reader.read(each.text, StackProfile(each.stack))
        scores, reading = signals.scores, signals.evidence.reading
        silent = why_silent(signals.evidence, rulebook)
        if silent and silent.reason == "nothing_asked" or reason_to_abstain(reading, scores, model.known_share):
            continue
        found = model.features(signals.views)
        rows_.append(found.rows)
        vals_.append(np.where(found.rows < len(model.idf), found.values, CUE_SCALE))
        ends += [ends[-1] + end for end in found.starts[1:]]
        kept.append(each)
        counts.append(weight)
        logits.append(scores.logits)
        starts.append(starts[-1] + len(scores.logits))
        works.append(reading.works)
        apart.append(reading.apart)
        verdicts.append(verdict_row(model.labels, signals.verdicts))
        right = grouped_labels(rulebook, each.right.escalate, each.right.collaborate)
        right |= {CORE} if each.right.core else set()
        targets.append([label in right for label in model.labels])
    matrix = sp.csr_matrix(
        (np.concatenate(vals_), np.concatenate(rows_), ends), shape=(len(ends) - 1, len(model.weights))
    )
    matrix = sp.hstack([matrix, sp.csr_matrix(np.full((len(ends) - 1, 1), INTERCEPT))]).tocsr()
    first = np.array(starts[:-1], np.intp)
    y = np.array(targets, np.int8)
    return Lessons(
        kept, np.array(counts), matrix, np.concatenate(logits), first, np.array(works), np.array(apart, np.intp),
        np.array(verdicts), y, head_targets(model.labels, y), np.asarray((matrix @ matrix[first].T).todense()),
    )


def fit(lessons: Lessons, rows: NDArray[np.intp], strength: float, weights=None) -> NDArray[np.float64]:
    """Return how the tasks of `rows` combine to the movement of every head, of shape (rows, heads)."""
    y = lessons.heads[rows]
    sign = np.where(y == LEFT_OUT, 0, 2 * y - 1).astype(np.float64)
    count = (lessons.weights[rows, None] if weights is None else weights[:, None]) * (sign != 0)
    base = lessons.logits[lessons.starts[rows]]
    kernel = lessons.kernel[np.ix_(lessons.starts[rows], rows)]
    root = cholesky(kernel + _RIDGE * np.eye(len(rows)), lower=True)

    def loss(flat):
        u = flat.reshape(base.shape)
        margin = sign * (base + root @ u)
        value = (count * np.logaddexp(0.0, -margin)).sum() + strength / 2 * (flat @ flat)
        slope = -count * sign * sigmoid(-margin)
        return value, (root.T @ slope + strength * u).ravel()

    done = minimize(loss, np.zeros(base.size), jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS, "maxcor": 10, "gtol": 1e-5, "ftol": 1e-10})
    return solve_triangular(root, done.x.reshape(base.shape), lower=True, trans="T")
