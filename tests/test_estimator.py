from __future__ import annotations

import numpy as np
from sklearn.base import clone

from escalation.rules.estimator import RuleClassifier

TASKS = ["Write the Dockerfile", {"text": "Build the page", "stack": {"frontend": ["Vue"]}}, "Refactor the parser"]


def test_rules_are_an_ordinary_estimator(rulebook):
    estimator = clone(RuleClassifier(rulebook)).fit(TASKS)
    predicted = estimator.predict(TASKS)
    assert predicted.shape == (3, len(rulebook.labels))
    columns = list(estimator.classes_)
    assert predicted[0, columns.index("escalate:docker-compose-specialist")] == 1
    assert predicted[1, columns.index("escalate:frontend")] == 1
    assert predicted[2, :-1].sum() == 0


def test_scores_follow_the_verdicts_and_escalation_outranks():
    estimator = RuleClassifier().fit([])
    texts = ["Design the schema with partitions and add an Alembic migration with a backfill for the table"]
    scores, given = estimator.predict_proba(texts)[0], estimator.predict(texts)[0]
    columns = list(estimator.classes_)
    both = [columns.index(f"{disposition}:database-specialist") for disposition in ("escalate", "collaborate")]
    assert set(np.unique(scores)) <= {0.0, 0.5, 1.0}
    assert scores[both].tolist() == [1.0, 1.0]
    assert given[both].tolist() == [1, 0]


def test_no_task_gives_no_row(rulebook):
    assert RuleClassifier(rulebook).fit([]).predict([]).shape == (0, len(rulebook.labels))
