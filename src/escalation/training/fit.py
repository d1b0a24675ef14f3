"""Fit a model to tasks: out-of-fold first, for calibration and policies, then on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed

from escalation.model import Model
from escalation.model.heads import sigmoid
from escalation.task import Task
from escalation.training.folds import grouped_folds
from escalation.training.pipeline import CUE_SCALE, CueTransformer, LinearHeads, TaskFeatures
from escalation.training.policies import calibrate, tune

if TYPE_CHECKING:
    from collections.abc import Callable

    import scipy.sparse as sp
    from numpy.typing import NDArray

    from escalation.corpus import Corpus
    from escalation.model import LabelPolicy
    from escalation.rulebook import Rulebook

FOLDS = 5
_VERDICTS = {"for": 1, "silent": 0, "against": -1}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A corpus with all that does not depend on a fold, computed once.

    Attributes
    ----------
    tasks : list of Task
    groups : array of shape (tasks,)
    targets : array of shape (tasks, labels)
    answers : list of tuple
        Escalations, collaborations and core of each task, as labelled.
    cues : sparse matrix of shape (tasks, cue features)
    verdicts : array of shape (tasks, labels)
        1 where the rules are for, -1 against, 0 silent.
    """

    rulebook: Rulebook
    labels: tuple[str, ...]
    tasks: list[Task]
    groups: NDArray[np.str_]
    targets: NDArray[np.int8]
    answers: list[tuple[tuple[str, ...], tuple[str, ...], bool]]
    cues: sp.csr_matrix
    verdicts: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.tasks)

    def rows(self, rows: NDArray[np.intp]) -> Prepared:
        """Give some of the tasks."""
        tasks = [self.tasks[row] for row in rows]
        return Prepared(
            self.rulebook,
            self.labels,
            tasks,
            self.groups[rows],
            self.targets[rows],
            [self.answers[row] for row in rows],
            self.cues[rows],
            self.verdicts[rows],
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A classifier in scikit-learn's parts, and the same as a `Model`."""

    features: TaskFeatures
    heads: LinearHeads
    model: Model
    out_of_fold: NDArray[np.float64]

    def predict_proba(self, tasks: list[Task]) -> NDArray[np.float64]:
        """Give calibrated probabilities of shape (tasks, labels) by scikit-learn's own transformers."""
        return sigmoid(self.heads.decision_function(self.features.transform(tasks)))


def prepare(corpus: Corpus, rulebook: Rulebook) -> Prepared:
    """Compute what does not depend on a fold."""
    labels = rulebook.labels
    tasks = [Task(row.text, row.stack, None, row.id) for row in corpus.rows()]
    cues, verdicts = CueTransformer(rulebook).fit(tasks).transform_with_verdicts(tasks)
    values = [[_VERDICTS[judged[label].value] for label in labels] for judged in verdicts]
    return Prepared(
        rulebook,
        labels,
        tasks,
        corpus.tasks["group"].to_numpy(dtype=str),
        corpus.targets(rulebook, labels),
        [(row.escalate, row.collaborate, row.core) for row in corpus.rows()],
        cues,
        np.array(values, np.int8),
    )


def _logits(data: Prepared, train: NDArray[np.intp], test: NDArray[np.intp]) -> NDArray[np.float64]:
    features = TaskFeatures(data.rulebook)
    seen = data.rows(train)
    heads = LinearHeads().fit(features.fit_transform(seen.tasks, seen.cues), seen.targets, features.grams)
    unseen = data.rows(test)
    return heads.decision_function(features.transform(unseen.tasks, unseen.cues))


def fit(
    data: Prepared,
    *,
    folds: int = FOLDS,
    jobs: int = -1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Fitted:
    """Fit a model.

    Parameters
    ----------
    data : Prepared
    folds : int
        Folds for the out-of-fold probabilities; groups are never split.
    jobs : int
        Processes, as joblib counts them.
    progress : callable, optional
        Called with what is being done, steps done and steps in all.

    Returns
    -------
    Fitted
    """
    steps = folds + 1
    splits = list(grouped_folds(list(data.groups), data.targets, folds))
    results = Parallel(n_jobs=jobs, return_as="generator", max_nbytes=None)(
        delayed(_logits)(data, train, test) for train, test in splits
    )
    logits = np.zeros(data.targets.shape)
    for done, ((_, test), result) in enumerate(zip(splits, results, strict=True), 1):
        logits[test] = result
        if progress:
            progress("out-of-fold", done, steps)
    calibration = calibrate(logits, data.targets)
    probabilities = sigmoid(logits * calibration[:, 0] + calibration[:, 1])
    policies = tune(data.labels, probabilities, data.verdicts, data.targets)
    features = TaskFeatures(data.rulebook)
    heads = LinearHeads().fit(features.fit_transform(data.tasks, data.cues), data.targets, features.grams)
    heads.coef_ = heads.coef_ * calibration[:, :1]
    heads.intercept_ = heads.intercept_ * calibration[:, 0] + calibration[:, 1]
    if progress:
        progress("all tasks", steps, steps)
    return Fitted(features, heads, _as_model(data, features, heads, policies), probabilities)


def _as_model(data: Prepared, features: TaskFeatures, heads: LinearHeads, policies: dict[str, LabelPolicy]) -> Model:
    vectorizer = features.vectorizer_
    grams = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
    weights = heads.coef_.T.copy()
    weights[len(grams) :] *= CUE_SCALE
    return Model(
        labels=data.labels,
        policies=policies,
        vocabulary={gram: number for number, gram in enumerate(grams)},
        idf=vectorizer.idf_.astype(np.float32),
        weights=weights.astype(np.float32),
        bias=np.asarray(heads.intercept_, np.float64),
    )
