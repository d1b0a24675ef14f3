"""Predicting with numpy gives the probabilities of scikit-learn, over the whole corpus and beyond."""

from __future__ import annotations

import numpy as np
import pytest

from escalation.model.signals import SignalReader
from escalation.task.stack import StackProfile
from escalation.task.task import Task
from escalation.training.corpus import read_corpus
from escalation.training.fit import fit, prepare
from helpers import ROOT

ODD = [
    "",
    " ",
    "?!… —",
    "zxqv wkrrt",
    "Ｆｕｌｌｗｉｄｔｈ ﬁle İstanbul ß ½ ǅ",
    "эскалация базы данных 数据库 迁移 قاعدة",
    "👩‍👩‍👧 deploy 🚀 docker",
    "e\u0301 a\u0300 combining \u200b zero\u200dwidth",
    "docker " * 500,
    "x" * 5000,
    "0 00 1.5 2026-11-23 ²",
    "_snake_case__CamelCase-kebab/path.tsx",
    "\u2028line\u2029para\x0bvt\x1c",
]


@pytest.fixture(scope="module")
def fitted(rulebook):
    data = prepare(read_corpus(ROOT / "data" / "corpus.jsonl"), rulebook)
    return data, fit(data)


def numpy_probabilities(rulebook, model, tasks):
    reader = SignalReader(rulebook, model)
    return as_probabilities(np.array([reader.read(task.text, task.stack).scores.logits for task in tasks]))


def as_probabilities(logits):
    return 0.5 * (1 + np.tanh(0.5 * logits))


def test_over_the_whole_corpus(rulebook, fitted):
    data, result = fitted
    ours = numpy_probabilities(rulebook, result.model, data.tasks)
    theirs = as_probabilities(result.logits(data.tasks))
    assert ours.shape == theirs.shape == (len(data.tasks), 28)
    assert np.abs(ours - theirs).max() < 1e-6


def test_on_odd_empty_and_unknown_text(rulebook, fitted):
    _, result = fitted
    tasks = [Task(text, stack) for text in ODD for stack in (StackProfile(), StackProfile({"frontend": ("Vue",)}))]
    ours = numpy_probabilities(rulebook, result.model, tasks)
    assert np.abs(ours - as_probabilities(result.logits(tasks))).max() < 1e-6


def test_the_model_that_ships_is_the_one_that_the_corpus_gives(rulebook, fitted, model):
    data, result = fitted
    tasks = data.tasks[::10]
    shipped = numpy_probabilities(rulebook, model, tasks)
    assert model.about["corpus"]["sha256"] == read_corpus(ROOT / "data" / "corpus.jsonl").sha256
    # Another version of scikit-learn or another processor may differ in the last digits, no more.
    assert np.abs(shipped - numpy_probabilities(rulebook, result.model, tasks)).max() < 1e-3
    for label, policy in result.model.policies.items():
        assert model.policies[label].support == policy.support
        assert model.policies[label].thresholds == pytest.approx(policy.thresholds, abs=0.02)
