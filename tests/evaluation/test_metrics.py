from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from escalation.evaluation.figures import Interval
from escalation.evaluation.metrics import (
    AVERAGES,
    averages,
    averages_with_intervals,
    differences,
    label_differences,
    label_figures,
    resamples,
    share,
    subset_differences,
    subset_figures,
)
from escalation.rules.rulebook import CORE, Label

COLUMNS = (Label("escalate", "a"), Label("escalate", "b"), Label("collaborate", "a"), CORE)


@pytest.fixture
def answers():
    random = np.random.default_rng(3)
    targets = (random.random((300, 4)) < [0.3, 0.1, 0.2, 0.8]).astype(np.int8)
    given = np.where(random.random((300, 4)) < 0.8, targets, 1 - targets).astype(np.int8)
    return targets, given, [f"g{number}" for number in random.integers(0, 30, 300)]


def test_figures_equal_those_of_scikit_learn(answers):
    targets, given, _ = answers
    found = averages(COLUMNS, targets, given)
    assert found["micro_f1"] == pytest.approx(f1_score(targets[:, :3], given[:, :3], average="micro"))
    assert found["macro_f1"] == pytest.approx(f1_score(targets[:, :3], given[:, :3], average="macro"))
    assert found["escalate_f1"] == pytest.approx(f1_score(targets[:, :2], given[:, :2], average="micro"))
    assert found["collaborate_f1"] == pytest.approx(f1_score(targets[:, 2], given[:, 2]))
    assert found["core_f1"] == pytest.approx(f1_score(targets[:, 3], given[:, 3]))
    assert found == {k: figure.value for k, figure in averages_with_intervals(COLUMNS, *answers).items()}
    assert list(found) == list(AVERAGES)
    for column, row in enumerate(label_figures(COLUMNS, targets, given).values()):
        assert row.precision == pytest.approx(precision_score(targets[:, column], given[:, column]))
        assert row.recall == pytest.approx(recall_score(targets[:, column], given[:, column]))
        assert row.f1 == pytest.approx(f1_score(targets[:, column], given[:, column]))
        assert (row.support, row.answered) == (targets[:, column].sum(), given[:, column].sum())


def test_exact_match_and_tasks_without_a_specialist():
    targets = np.array([[1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 1, 1]], np.int8)
    given = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 1]], np.int8)
    found = averages(COLUMNS, targets, given)
    assert (found["exact_match"], found["none_correct"]) == (0.5, 0.5)


def test_figures_of_a_subset_are_those_of_its_tasks(answers):
    targets, given, groups = answers
    found = subset_figures(COLUMNS, targets, given, groups)
    whole = averages_with_intervals(COLUMNS, targets, given, groups)
    assert (found.tasks, found.projects) == (300, len(set(groups)))
    for key in ("micro_f1", "escalate_f1", "collaborate_f1"):
        assert getattr(found, key) == whole[key]
    assert found.core_wrong.value == pytest.approx((targets[:, 3] != given[:, 3]).mean())
    assert found.core_wrong.low < found.core_wrong.value < found.core_wrong.high


def test_differences_of_a_subset_are_b_minus_a(answers):
    targets, b, groups = answers
    a = np.where(np.arange(300)[:, None] < 30, 1 - targets, b).astype(np.int8)  # mostly the same, a tenth all wrong
    found = subset_differences(COLUMNS, targets, b, a, groups)
    for key, sign in (("micro_f1", 1), ("escalate_f1", 1), ("collaborate_f1", 1), ("core_wrong", -1)):
        row = getattr(found, key)
        assert (row.a, row.b) == tuple(getattr(subset_figures(COLUMNS, targets, x, groups), key).value for x in (a, b))
        assert row.difference.value == pytest.approx(row.b - row.a)
        assert sign * row.difference.low > 0
        assert sign * row.difference.high > 0


def test_a_share_is_of_all_counts_and_resamples_groups():
    part, whole = np.array([2, 0, 1, 0]), np.array([2, 1, 1, 0])
    assert share(part, whole, list("aaaa")) == Interval(0.75, 0.75, 0.75)
    found = share(part, whole, list("abcd"))
    assert (found.value, found.low, found.high) == (0.75, 0.0, 1.0)
    assert share(np.zeros(2, int), np.zeros(2, int), ["a", "b"]) == Interval(None, None, None)


def test_undefined_figures_are_none():
    nothing = np.zeros((3, 4), np.int8)
    assert averages_with_intervals(COLUMNS, nothing, nothing, list("abc"))["micro_f1"] == Interval(None, None, None)
    row = label_figures(COLUMNS, nothing, nothing)[COLUMNS[0]]
    assert (row.precision, row.recall, row.f1, row.support, row.answered) == (None, None, None, 0, 0)


def test_intervals_are_percentiles_over_resampled_groups(answers):
    targets, given, groups = answers
    found = averages_with_intervals(COLUMNS, targets, given, groups)
    names, numbers = np.unique(groups, return_inverse=True)
    drawn = [np.repeat(np.arange(300), times[numbers]) for times in resamples(len(names)).astype(int)]
    values = [averages(COLUMNS, targets[rows], given[rows]) for rows in drawn]
    for name, figure in found.items():
        low, high = np.percentile([value[name] for value in values], [2.5, 97.5])
        assert (figure.low, figure.high) == pytest.approx((low, high))
        assert figure.low < figure.value < figure.high


def test_intervals_widen_if_tasks_of_a_group_are_alike(answers):
    targets, given, _ = answers
    single, alike = [str(row) for row in range(300)], [str(row) for row in (targets == given).all(axis=1)]
    each, coarse = (averages_with_intervals(COLUMNS, targets, given, groups)["micro_f1"] for groups in (single, alike))
    assert coarse.high - coarse.low > each.high - each.low


def test_paired_differences(answers):
    targets, given, groups = answers
    worse = given.copy()
    worse[:, 0] = 1 - worse[:, 0]
    found = differences(COLUMNS, targets, given, worse, groups)
    one, other = averages(COLUMNS, targets, given), averages(COLUMNS, targets, worse)
    for name, figure in found.items():
        assert figure.value == pytest.approx(one[name] - other[name])
    assert 0 < found["micro_f1"].low < found["micro_f1"].value < found["micro_f1"].high
    assert found["collaborate_f1"] == Interval(0.0, 0.0, 0.0)
    by_label = label_differences(COLUMNS, targets, given, worse, groups)
    assert by_label["escalate:a"].low > 0
    assert by_label["core"] == Interval(0.0, 0.0, 0.0)
