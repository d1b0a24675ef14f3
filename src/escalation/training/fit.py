"""Fit a model to tasks: out-of-fold first, for calibration and policies, then on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed

from escalation.model import Model
from escalation.model.features import analyze
from escalation.model.policy import head_names
from escalation.model.vocabulary import Lexicon
from escalation.task.task import Task
from escalation.training.folds import grouped_folds
from escalation.training.heads import head_targets
from escalation.training.pipeline import CUE_SCALE, CueTransformer, LinearHeads, TaskFeatures
from escalation.training.policies import learn_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import scipy.sparse as sp
    from numpy.typing import NDArray

    from escalation.model import LabelPolicy
    from escalation.model.wordings import Wordings
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

FOLDS = 5
_UNLIKE = 0.002
"""Share of the training tasks that are more unlike the others than a task that the model may be asked about."""
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
    wordings : Wordings
        Those that stand beside the corpus.
    cues : sparse matrix of shape (tasks, cues + wordings)
    verdicts : array of shape (tasks, labels)
        1 where the rules are for, -1 against, 0 silent.
    """

    rulebook: Rulebook
    labels: tuple[str, ...]
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
        """Give some of the tasks."""
        tasks = [self.tasks[row] for row in rows]
        return Prepared(
            self.rulebook,
            self.labels,
            tasks,
            self.groups[rows],
            self.targets[rows],
            [self.answers[row] for row in rows],
            self.wordings,
            self.cues[rows],
            self.verdicts[rows],
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A classifier in scikit-learn's parts, and the same as a `Model`.

    Attributes
    ----------
    out_of_fold : array of shape (tasks, labels)
        The hybrid's probabilities, by heads that have not seen the task.
    """

    features: TaskFeatures
    heads: LinearHeads
    model: Model
    out_of_fold: NDArray[np.float64]

    def logits(self, tasks: list[Task]) -> NDArray[np.float64]:
        """Give logits of shape (tasks, heads) by scikit-learn's own transformers."""
        return self.heads.decision_function(self.features.transform(tasks))


def prepare(corpus: Corpus, rulebook: Rulebook) -> Prepared:
    """Compute what does not depend on a fold."""
    labels = rulebook.labels
    tasks = [Task(row.text, row.stack, None, row.id) for row in corpus.rows()]
    cues, verdicts = read_signals(tasks, rulebook, corpus.wordings)
    return Prepared(
        rulebook,
        labels,
        tasks,
        corpus.tasks["group"].to_numpy(dtype=str),
        corpus.targets(rulebook, labels),
        [(row.escalate, row.collaborate, row.core) for row in corpus.rows()],
        corpus.wordings,
        cues,
        verdicts,
    )


def read_signals(
    tasks: Sequence[Task], rulebook: Rulebook, wordings: Wordings
) -> tuple[sp.csr_matrix, NDArray[np.int8]]:
    """Give cues and verdicts of tasks, as `Prepared` has them."""
    cues, verdicts = CueTransformer(rulebook, wordings).fit(tasks).transform_with_verdicts(tasks)
    values = [[_VERDICTS[judged[label].value] for label in rulebook.labels] for judged in verdicts]
    return cues, np.array(values, np.int8)


def _fit_heads(features: TaskFeatures, data: Prepared) -> LinearHeads:
    X = features.fit_transform(data.tasks, data.cues)
    return LinearHeads().fit(X, head_targets(data.labels, data.targets), features.grams)


def _unseen(
    data: Prepared, train: NDArray[np.intp], test: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logits of tasks by heads that have not seen them, and the share of their words that those know."""
    features = TaskFeatures(data.rulebook, data.wordings)
    seen, unseen = data.rows(train), data.rows(test)
    heads = _fit_heads(features, seen)
    vocabulary = features.vectorizer_.vocabulary_
    words = [{gram for gram in analyze(task.text) if " " not in gram} for task in unseen.tasks]
    known = np.array([sum(word in vocabulary for word in found) / max(len(found), 1) for found in words])
    return heads.decision_function(features.transform(unseen.tasks, unseen.cues)), known


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
        delayed(_unseen)(data, train, test) for train, test in splits
    )
    logits, known = np.zeros((len(data), len(head_names(data.labels)))), np.zeros(len(data))
    for done, ((_, test), result) in enumerate(zip(splits, results, strict=True), 1):
        logits[test], known[test] = result
        if progress:
            progress("out-of-fold", done, steps)
    policies, probabilities = learn_policies(data.labels, logits, data.verdicts, data.targets)
    features = TaskFeatures(data.rulebook, data.wordings)
    heads = _fit_heads(features, data)
    if progress:
        progress("all tasks", steps, steps)
    model = _as_model(data, features, heads, policies, round(float(np.quantile(known, _UNLIKE)), 4))
    return Fitted(features, heads, model, probabilities)


def _as_model(
    data: Prepared, features: TaskFeatures, heads: LinearHeads, policies: dict[str, LabelPolicy], known_share: float
) -> Model:
    numbers = features.vectorizer_.vocabulary_
    lexicon = Lexicon.build(numbers, data.wordings)
    rows = np.array([numbers[gram] for gram in lexicon.gram_texts()], np.intp)
    weights = np.ascontiguousarray(heads.coef_.T) * CUE_SCALE
    weights[: len(rows)] = heads.coef_.T[rows]
    return Model(
        labels=data.labels,
        policies=policies,
        lexicon=lexicon,
        idf=features.vectorizer_.idf_[rows].astype(np.float32),
        weights=weights.astype(np.float32),
        bias=np.asarray(heads.intercept_, np.float64),
        known_share=known_share,
    )
