from __future__ import annotations

import numpy as np
import pytest

from escalation.evaluation.reliability import calibration, confidences, coverage_curve, settled_curve


def test_calibration_error_of_true_and_of_wrong_probabilities():
    random = np.random.default_rng(5)
    probabilities = random.random((20_000, 2))
    targets = (random.random((20_000, 2)) < probabilities).astype(np.int8)
    good = calibration(("a", "b"), targets, probabilities)
    assert good.micro_ece < 0.01
    assert set(good.labels) == {"a", "b"}
    bad = calibration(("a", "b"), targets, probabilities**3)
    assert bad.micro_ece == pytest.approx(np.mean(probabilities - probabilities**3), abs=0.01)
    assert sum(entry.count for entry in good.bins) == 40_000


def test_abstentions_are_omitted():
    targets = np.array([[1], [0]], np.int8)
    assert calibration(("a",), targets, np.array([[np.nan], [np.nan]])) is None
    assert calibration(("a",), targets, np.array([[0.9], [np.nan]])).micro_ece == pytest.approx(0.1)
    ruled = calibration(("a", "b"), np.array([[1, 1]], np.int8), np.array([[0.9, np.nan]]))
    assert ruled.micro_ece == pytest.approx(0.1)


def test_targets_of_unanswered_tasks_are_missed():
    targets = np.array([[1], [1], [1], [0]], np.int8)
    given = np.array([[1], [1], [0], [0]], np.int8)
    points = {point.coverage: point for point in coverage_curve(targets, given, np.array([0.9, 0.8, 0.1, 0.7]))}
    assert points[1.0].micro_f1 == points[1.0].micro_f1_of_all == pytest.approx(0.8)
    assert points[0.7].micro_f1 == 1.0
    assert points[0.7].micro_f1_of_all == pytest.approx(0.8)
    assert points[0.5].micro_f1_of_all == pytest.approx(2 * 2 / (3 + 2))


def test_confidence_of_the_least_sure_decision():
    probabilities = np.array([[1.0, 0.0], [0.5, 0.0], [0.75, 0.4], [np.nan, np.nan]])
    thresholds = np.full((4, 2), 0.5)
    thresholds[3] = np.nan
    assert confidences(probabilities, thresholds).tolist() == pytest.approx([1.0, 0.0, 0.2, -1.0])


def test_settling_the_most_doubtful_answers_first_gains_most_where_they_are_wrong():
    targets = np.array([[1, 0], [1, 0], [0, 1], [0, 0], [0, 1]] * 2, np.int8)
    given = np.array([[1, 0], [0, 1], [0, 1], [1, 0], [0, 1]] * 2, np.int8)
    wrong = (targets != given).any(axis=1)
    points = {point.share: point for point in settled_curve(targets, given, wrong.astype(float))}
    assert list(points) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert points[0.0].micro_f1 == points[0.0].in_random_order == pytest.approx(2 * 6 / (8 + 10))
    assert points[0.4].micro_f1 == points[0.5].micro_f1 == 1.0
    assert points[0.5].in_random_order == pytest.approx(2 * 7 / (8 + 9))
    backwards = {point.share: point for point in settled_curve(targets, given, -wrong.astype(float))}
    assert backwards[0.5].micro_f1 == points[0.0].micro_f1


def test_nothing_to_settle():
    nothing = np.zeros((3, 2), np.int8)
    assert {point.micro_f1 for point in settled_curve(nothing, nothing, np.zeros(3))} == {None}
