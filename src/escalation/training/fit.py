"""Fit a model to tasks: in folds first, for calibration and policies, then on all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed

from escalation.model import Model
from escalation.model.features import analyze
from escalation.model.policy import head_names
from escalation.model.vocabulary import Vocabulary
from escalation.task.task import Task
from escalation.training.pipeline import CUE_SCALE, LinearHeads, TaskFeatures, grouped_folds, head_targets, read_signals
from escalation.training.policies import learn_policies

if TYPE_CHECKING:
    import scipy.sparse as sp
    from numpy.typing import NDArray

    from escalation.files import Progress
    from escalation.model import LabelPolicy
    from escalation.model.vocabulary import Wordings
    from escalation.rules.rulebook import Label, Rulebook
    from escalation.training.corpus import Corpus

FOLDS = 5
_UNLIKE = 0.002
"""Share of the training tasks on which the model would abstain, because it knows too few of their words."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A corpus with everything that does not depend on a fold, computed once.

    Attributes
    ----------
    tasks : list of Task
    groups : array of shape (tasks,)
    targets : array of shape (tasks, labels)
    answers : list of tuple
        Escalations, collaborations and core of each task, as labelled.
    wordings : Wordings
        Those beside the corpus.
    cues : sparse matrix of shape (tasks, cues + wordings)
    verdicts : array of shape (tasks, labels)
        1 where the rules are for a label, -1 against it, 0 silent.
    """

    rulebook: Rulebook
    labels: tuple[Label, ...]
    tasks: list[Task]
    groups: NDArray[np.str_]
    targets: NDArray[np.int8]
    answers: list[tuple[tuple[str, ...], tuple[str, ...], bool]]
    wordings: Wordings
    cues: sp.csr_matrix
    verdicts: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.tasks)

    def rows(self, rows: NDArray[np.intp]) -> Prepared:
        """Return some of the tasks."""
        return replace(
            self,
            tasks=[self.tasks[row] for row in rows],
            groups=self.groups[rows],
            targets=self.targets[rows],
            answers=[self.answers[row] for row in rows],
            cues=self.cues[rows],
            verdicts=self.verdicts[rows],
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A classifier in scikit-learn's parts, and the same as a `Model`.

    Attributes
    ----------
    out_of_fold : array of shape (tasks, labels)
        Probabilities of model and rules together, each from heads that have not seen the task.
    """

    features: TaskFeatures
    heads: LinearHeads
    model: Model
    out_of_fold: NDArray[np.float64]

    def logits(self, tasks: list[Task]) -> NDArray[np.float64]:
        """Return logits of shape (tasks, heads), computed by scikit-learn."""
        return self.heads.decision_function(self.features.transform(tasks))


def prepare(corpus: Corpus, rulebook: Rulebook) -> Prepared:
    """Compute everything about a corpus that does not depend on a fold."""
    rows = list(corpus.rows())
    tasks = [Task(row.text, row.stack, None, row.id) for row in rows]
    cues, verdicts = read_signals(tasks, rulebook, corpus.wordings)
    return Prepared(
        rulebook=rulebook,
        labels=rulebook.labels,
        tasks=tasks,
        groups=corpus.tasks["group"].to_numpy(dtype=str),
        targets=corpus.targets(rulebook, rulebook.labels),
        answers=[(row.escalate, row.collaborate, row.core) for row in rows],
        wordings=corpus.wordings,
        cues=cues,
        verdicts=verdicts,
    )


def fit(data: Prepared, *, folds: int = FOLDS, jobs: int = -1, progress: Progress | None = None) -> Fitted:
    """Fit a model.

    Parameters
    ----------
    data : Prepared
    folds : int
        Folds for the out-of-fold probabilities; groups are never split.
    jobs : int
        Processes; -1 for one on each processor.
    progress : callable, optional
        Called with the current step, the number of steps done, and the number of steps in all.

    Returns
    -------
    Fitted

    Raises
    ------
    CorpusError
        If there are fewer groups than folds.
    """
    steps = folds + 1
    splits = list(grouped_folds(list(data.groups), data.targets, folds))
    results = Parallel(n_jobs=jobs, return_as="generator", max_nbytes=None)(
        delayed(_fit_and_score)(data, train, test) for train, test in splits
    )
    logits, known = np.zeros((len(data), len(head_names(data.labels)))), np.zeros(len(data))
    for done, ((_, test), result) in enumerate(zip(splits, results, strict=True), 1):
        logits[test], known[test] = result
        if progress:
            progress("out-of-fold", done, steps)
    policies, probabilities = learn_policies(data.labels, logits, data.verdicts, data.targets)
    features, heads = _fit_heads(data)
    if progress:
        progress("all tasks", steps, steps)
    model = _as_model(data, features, heads, policies, round(float(np.quantile(known, _UNLIKE)), 4))
    return Fitted(features, heads, model, probabilities)


def _fit_heads(data: Prepared) -> tuple[TaskFeatures, LinearHeads]:
    features = TaskFeatures(data.rulebook, data.wordings)
    X = features.fit_transform(data.tasks, data.cues)
    return features, LinearHeads().fit(X, head_targets(data.labels, data.targets), features.grams)


def _fit_and_score(
    data: Prepared, train: NDArray[np.intp], test: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return logits of tasks by heads that have not seen them, and the share of their words that these know."""
    features, heads = _fit_heads(data.rows(train))
    unseen = data.rows(test)
    vocabulary = features.vectorizer.vocabulary_
    words = [{gram for gram in analyze(task.text) if " " not in gram} for task in unseen.tasks]
    known = np.array([sum(word in vocabulary for word in found) / max(len(found), 1) for found in words])
    return heads.decision_function(features.transform(unseen.tasks, unseen.cues)), known


def _as_model(
    data: Prepared, features: TaskFeatures, heads: LinearHeads, policies: dict[Label, LabelPolicy], known_share: float
) -> Model:
    weights = np.array(heads.coef.T, order="C")
    weights[features.grams :] *= CUE_SCALE  # cues count 1 in a model
    return Model(
        labels=data.labels,
        policies=policies,
        vocabulary=Vocabulary(features.vectorizer.get_feature_names_out().tolist(), data.wordings),
        idf=features.vectorizer.idf_.astype(np.float32),
        weights=weights.astype(np.float32),
        bias=np.asarray(heads.intercept, np.float64),
        known_share=known_share,
    )
