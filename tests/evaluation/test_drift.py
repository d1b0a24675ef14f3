from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest

from escalation.evaluation import run_engines
from escalation.evaluation.drift import drift, known_in_training
from escalation.evaluation.figures import UnknownWord
from escalation.files import default_corpus
from escalation.model import read_model
from escalation.training.corpus import read_corpus
from helpers import SMALL_CORPUS, read_text


def file_hash(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def drift_of(small_rulebook, small_model_path, tmp_path):
    model = read_model(small_model_path, small_rulebook)

    def of(texts, engines=("hybrid",)):
        rows = [
            {"id": str(number), "text": text, "escalate": ["illustrator"], "collaborate": [], "core": True}
            for number, text in enumerate(texts)
        ]
        path = tmp_path / "tasks.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return drift(run_engines(read_corpus(path), small_rulebook, list(engines), model))

    return of


def texts():
    return [json.loads(line)["text"] for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]


def asked_words(text):
    return read_text(text).words


def test_the_shares_of_the_training_are_known_from_the_model_alone(drift_of):
    found = drift_of([*(f"{text} the" for text in texts()), "zebra " * 3])
    counts = Counter(word for text in texts() for word in set(asked_words(text)))
    known = {word: count for word, count in counts.items() if count >= 3}
    total = sum(known.values())
    assert found.less
    for entry in found.more + found.less:
        assert entry.there == pytest.approx(1000 * known[entry.term] / total)
    assert "the" in [entry.term for entry in found.more]


def test_unknown_words_are_counted_once_a_task(drift_of):
    found = drift_of(["zebra zebra the", "zebra the chapter", "quagga the chapter"])
    assert found.unknown[:2] == [UnknownWord("zebra", 2), UnknownWord("quagga", 1)]
    assert found.known_words.value == pytest.approx(5 / 9)


def test_what_shares_nothing_is_as_unlike_as_can_be(drift_of):
    alike, other = drift_of([" ".join(reversed(text.split())) for text in texts()]), drift_of(["zebra quagga okapi"])
    assert alike.unlike == pytest.approx(0.0, abs=1e-6)
    assert alike.more == alike.less == []
    assert other.unlike == 1.0
    assert other.known_words.value == 0.0


def test_the_distance_is_that_of_scipy(drift_of):
    from scipy.spatial.distance import jensenshannon

    found = drift_of(["the chapter on the pump", "zebra the"])
    there = Counter(word for text in texts() for word in set(asked_words(text)))
    names = sorted(word for word, count in there.items() if count >= 3)
    here = Counter(["the", "chapter", "on", "pump", "the"])
    assert found.unlike == pytest.approx(
        jensenshannon([here[name] for name in names], [there[name] for name in names], base=2)
    )


def test_rules_alone_and_cross_validation_have_no_drift(drift_of, small_rulebook):
    assert drift_of(["Draw the valve"], ["rules"]) is None
    assert drift(run_engines(read_corpus(SMALL_CORPUS), small_rulebook, ["model"])) is None


def test_the_training_is_measured_only_where_its_corpus_is_at_hand(small_rulebook, small_model_path, model, rulebook):
    other = read_model(small_model_path, small_rulebook)
    run = run_engines(read_corpus(SMALL_CORPUS), small_rulebook, ["hybrid"], other, allow_overlap=True)
    assert known_in_training(run) is None
    assert drift(run).reference is None


def test_what_the_training_knows_of_itself_is_measured_by_the_other_projects(rulebook, model, tmp_path):
    task = {"id": "1", "text": "Write the Dockerfile of zebra", "escalate": ["docker-compose-specialist"]}
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps(task | {"collaborate": [], "core": False}), encoding="utf-8")
    run = run_engines(read_corpus(path), rulebook, ["hybrid"], model)
    if not default_corpus().is_file() or file_hash(default_corpus()) != model.info.corpus.sha256:
        pytest.skip("the training corpus of the model that ships is not at hand")
    assert drift(run).reference == "corpus.jsonl"
    assert 0.93 < known_in_training(run) < 0.98
