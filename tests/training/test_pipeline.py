from __future__ import annotations

import numpy as np

from escalation.rules.rulebook import Label
from escalation.training.pipeline import LEFT_OUT, grouped_folds, head_targets


def test_folds_never_split_a_group_and_keep_the_shares_of_labels():
    random = np.random.default_rng(0)
    groups = [f"g{number}" for number in random.integers(0, 60, 900)]
    targets = (random.random((900, 4)) < [0.5, 0.2, 0.1, 0.05]).astype(np.int8)
    tested = []
    for train_rows, test_rows in grouped_folds(groups, targets, 5):
        assert not {groups[row] for row in train_rows} & {groups[row] for row in test_rows}
        assert abs(len(test_rows) / 900 - 0.2) < 0.07
        tested += test_rows.tolist()
    assert sorted(tested) == list(range(900))


def test_a_head_learns_the_degree_only_where_a_target_is_involved():
    labels = tuple(map(Label.parse, ("escalate:a", "collaborate:a", "escalate:b", "core")))
    targets = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]], np.int8)
    assert head_targets(labels, targets)[:, 4:].tolist() == [[1, 1], [1, 0], [0, LEFT_OUT]]
