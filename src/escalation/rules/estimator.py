"""The rules as a scikit-learn estimator, for comparison with what is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from escalation.resources import default_rulebook
from escalation.rulebook import load_rulebook
from escalation.rules.engine import RuleEngine
from escalation.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_SCORES = {"for": 1.0, "silent": 0.5, "against": 0.0}


class RuleClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Multi-label classifier that only asks the rules; fitting learns nothing.

    Parameters
    ----------
    rulebook : Rulebook, optional
        By default the one that ships with the package.

    Attributes
    ----------
    classes_ : array of str
        Labels of the rulebook, the columns of what it predicts.
    """

    def __init__(self, rulebook: Any = None) -> None:
        self.rulebook = rulebook

    def fit(self, X: Iterable[Any], y: Any = None) -> RuleClassifier:
        """Take the labels from the rulebook; tasks and targets are not looked at."""
        rulebook = self.rulebook or load_rulebook(default_rulebook())
        self.engine_ = RuleEngine(rulebook)
        self.classes_ = np.array(rulebook.labels)
        return self

    def predict_proba(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """Give a score a label: 1 where the rules are for it, 0 against, 0.5 where they are silent.

        Parameters
        ----------
        X : iterable of str, Task or mapping
            Tasks.

        Returns
        -------
        array of shape (tasks, labels)
        """
        rows = []
        for task in map(Task.of, X):
            verdicts = self.engine_.verdicts(task.text, task.stack)
            rows.append([_SCORES[verdicts[label].value] for label in self.classes_])
        return np.array(rows, np.float64).reshape(-1, len(self.classes_))

    def predict(self, X: Iterable[Any]) -> NDArray[np.int8]:
        """Give an indicator a label, escalation outranking collaboration."""
        given = (self.predict_proba(X) > _SCORES["silent"]).astype(np.int8)
        column = {label: index for index, label in enumerate(self.classes_)}
        for label, index in column.items():
            higher = column.get(label.replace("collaborate:", "escalate:"))
            if higher is not None and higher != index:
                given[given[:, higher] == 1, index] = 0
        return given
