"""The classifier as scikit-learn knows it: TF-IDF n-grams, rulebook cues, linear heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from escalation.model.features import CueFeatures, analyze
from escalation.model.signals import cues_of, find_in
from escalation.model.vocabulary import Lexicon
from escalation.rules.engine import RuleEngine
from escalation.training.folds import SEED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from escalation.model.wordings import Wordings
    from escalation.rules.engine import Verdict
    from escalation.rules.rulebook import Rulebook
    from escalation.task.task import Task

CUE_SCALE = 0.18
"""Value of a cue that is present, beside n-grams whose squares sum to 1."""
MIN_DOCUMENTS = 3
"""An n-gram of fewer tasks teaches nothing about other tasks."""
ASIDE = -1
"""In the targets of a head: a task that it does not learn from."""
CERTAIN = 20.0
"""Logit of a head that has seen one answer only."""
STRENGTH = 16.0
"""Inverse of the regularisation, C of scikit-learn."""


class CueTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Tasks to a sparse matrix of active cues and, behind them, wordings, each worth `CUE_SCALE`."""

    def __init__(self, rulebook: Rulebook, wordings: Wordings) -> None:
        self.rulebook = rulebook
        self.wordings = wordings

    def fit(self, X: Any, y: Any = None) -> CueTransformer:
        """Prepare the rules; nothing is learned from the tasks."""
        self.engine_, self.features_ = RuleEngine(self.rulebook), CueFeatures(self.rulebook)
        self.lexicon_ = Lexicon.build((), self.wordings)
        return self

    def transform(self, X: Iterable[Task]) -> sp.csr_matrix:
        """Give a matrix of shape (tasks, cues + wordings)."""
        return self.transform_with_verdicts(X)[0]

    def transform_with_verdicts(self, X: Iterable[Task]) -> tuple[sp.csr_matrix, list[dict[str, Verdict]]]:
        """Give the matrix and what the rules say of each task, from one reading of it."""
        indices: list[int] = []
        ends = [0]
        verdicts = []
        for task in X:
            evidence = self.engine_.reader.read(task.text, task.stack)
            verdicts.append(self.engine_.judge(evidence))
            indices += cues_of(self.features_, evidence, find_in(self.lexicon_, evidence))
            ends.append(len(indices))
        values = np.full(len(indices), CUE_SCALE)
        shape = (len(verdicts), len(self.features_.names) + len(self.wordings.features))
        return sp.csr_matrix((values, indices, ends), shape=shape), verdicts


class LinearHeads(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regressions, one a head, on n-grams and cues that are extracted already.

    For each head the n-grams are weighted by how much more often they stand with the label than without
    (naive Bayes log-count ratios, Wang and Manning 2012, here damped to their square root); the weights are
    folded into the coefficients, so that predicting knows nothing of it. A head that has seen one answer only
    (in a fold) always gives it.
    """

    def fit(self, X: sp.csr_matrix, y: NDArray[np.int8], grams: int = 0) -> LinearHeads:
        """Fit the heads.

        Parameters
        ----------
        X : sparse matrix of shape (tasks, features)
        y : array of shape (tasks, heads)
            1 and 0; `ASIDE` where a head does not learn from a task.
        grams : int
            So many features in front are n-grams, and weighted.
        """
        present = (X[:, :grams] > 0).astype(np.float64)
        weights, biases = [], []
        for column in y.T:
            rows = np.flatnonzero(column != ASIDE)
            target = column[rows]
            if len(rows) == 0 or target.min() == target.max():
                weights.append(np.zeros(X.shape[1]))
                biases.append(CERTAIN if target.any() else -CERTAIN)
                continue
            scale = np.ones(X.shape[1])
            scale[:grams] = _count_ratios(present[rows], target)
            head = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=SEED, max_iter=1000)
            head.fit(X[rows] @ sp.diags(scale), target)
            weights.append(head.coef_[0] * scale)
            biases.append(float(head.intercept_[0]))
        self.coef_ = _halved(np.array(weights), grams)
        self.intercept_ = np.array(biases)
        return self

    def decision_function(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Give logits of shape (tasks, heads)."""
        logits: NDArray[np.float64] = np.asarray(X @ self.coef_.T) + self.intercept_
        return logits


def _halved(weights: NDArray[np.float64], grams: int) -> NDArray[np.float64]:
    """Round weights to what a model directory keeps in half precision, so that what is learned is what is kept."""
    scale = np.ones(weights.shape[1])
    scale[grams:] = CUE_SCALE
    halved: NDArray[np.float64] = (weights * scale).astype(np.float16).astype(np.float64) / scale
    return halved


def _count_ratios(present: sp.csr_matrix, target: NDArray[np.int8]) -> NDArray[np.float64]:
    """Damped log ratio of each n-gram's share among tasks with and without a label, with one added to each count."""
    counts = [np.asarray(present[target == value].sum(axis=0)).ravel() + 1.0 for value in (1, 0)]
    ratios = np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())
    damped: NDArray[np.float64] = np.sign(ratios) * np.sqrt(np.abs(ratios))
    return damped


class TaskFeatures(BaseEstimator):  # type: ignore[misc]
    """TF-IDF n-grams beside cues. The cues do not depend on the fit and may be given."""

    def __init__(self, rulebook: Rulebook, wordings: Wordings) -> None:
        self.rulebook = rulebook
        self.wordings = wordings

    def fit_transform(self, tasks: Sequence[Task], cues: sp.csr_matrix | None = None) -> sp.csr_matrix:
        """Learn the n-grams and give the features of shape (tasks, n-grams + cues)."""
        self.cues_ = CueTransformer(self.rulebook, self.wordings).fit(tasks)
        self.vectorizer_ = TfidfVectorizer(analyzer=analyze, sublinear_tf=True, min_df=MIN_DOCUMENTS, dtype=np.float64)
        return self._beside(self.vectorizer_.fit_transform([task.text for task in tasks]), tasks, cues)

    def transform(self, tasks: Sequence[Task], cues: sp.csr_matrix | None = None) -> sp.csr_matrix:
        """Give the features of other tasks."""
        return self._beside(self.vectorizer_.transform([task.text for task in tasks]), tasks, cues)

    @property
    def grams(self) -> int:
        """How many n-grams were learned: the features in front of the cues."""
        return len(self.vectorizer_.vocabulary_)

    def _beside(self, grams: sp.csr_matrix, tasks: Sequence[Task], cues: sp.csr_matrix | None) -> sp.csr_matrix:
        if cues is None:
            cues = self.cues_.transform(tasks)
        return sp.hstack([grams, cues]).tocsr()
