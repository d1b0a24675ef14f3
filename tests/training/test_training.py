from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from escalation import load_rulebook
from escalation.errors import CorpusError, FindingError
from escalation.training import train
from escalation.training.folds import grouped_folds
from escalation.training.heads import head_targets
from escalation.training.policies import MIN_SUPPORT, RULES_SAY, learn_policies
from helpers import SMALL_CORPUS, SMALL_RULEBOOK

LINES = [json.loads(line) for line in SMALL_CORPUS.read_text(encoding="utf-8").splitlines()]


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def write(path, tasks):
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
    return path


def test_the_same_corpus_gives_the_same_bytes(small_model_path, small_rulebook, tmp_path):
    train(SMALL_CORPUS, small_rulebook, tmp_path / "model")
    assert contents(tmp_path / "model") == contents(small_model_path)


def test_progress_is_told_to_the_end(small_rulebook, tmp_path):
    steps = []
    train(SMALL_CORPUS, small_rulebook, tmp_path / "model", lambda *step: steps.append(step))
    assert [done for _, done, _ in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[-1][1] == steps[-1][2]


def without(mode):
    return [task for task in LINES if mode not in task["escalate"]]


def changed(**change):
    return [*LINES[:-1], LINES[-1] | change]


BAD = {
    "empty": ([], "has no task"),
    "unknown mode": (changed(escalate=["ilustrator"]), "H1 in task boats-8: escalates 'ilustrator'"),
    "disposition not taken": (changed(escalate=[], collaborate=["legal-reviewer"]), "H2 in task boats-8"),
    "both lists": (changed(escalate=["illustrator"], collaborate=["illustrator"]), "H5 in task boats-8"),
    "group that the stack resolves": (
        changed(escalate=["translation"], text="Translate it", stack={"language": ["French"]}),
        "H4 in task boats-8",
    ),
    "label without positives": (without("legal-reviewer"), "no task has escalate:legal-reviewer"),
    "no hand-over": ([task | {"core": True} for task in LINES], "every task is core"),
    "too few projects": ([task | {"project": "one"} for task in LINES], "1 projects, and 5 folds"),
    "near-duplicates": (
        [
            *LINES,
            *(task | {"id": f"{task['id']}x", "project": "copy", "text": task["text"] + "!"} for task in LINES[:8]),
        ],
        "tasks have a near-duplicate in another project",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_corpus_leaves_the_old_model(case, small_model_path, small_rulebook, tmp_path):
    tasks, message = BAD[case]
    old = shutil.copytree(small_model_path, tmp_path / "model")
    with pytest.raises(CorpusError, match=message):
        train(write(tmp_path / "corpus.jsonl", tasks), small_rulebook, old)
    assert contents(old) == contents(small_model_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.jsonl", "model"]


def test_a_cut_file_leaves_the_old_model(small_model_path, small_rulebook, tmp_path):
    old = shutil.copytree(small_model_path, tmp_path / "model")
    text = SMALL_CORPUS.read_text(encoding="utf-8")
    (tmp_path / "cut.jsonl").write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(CorpusError, match="is the file cut"):
        train(tmp_path / "cut.jsonl", small_rulebook, old)
    assert contents(old) == contents(small_model_path)


def test_a_model_with_a_hard_finding_is_not_published(small_model_path, tmp_path):
    # An example that the rules, which decide these rare labels, cannot answer as documented.
    text = SMALL_RULEBOOK.read_text(encoding="utf-8").replace(
        'text = "Draw the exploded view of the pump"', 'text = "Paint the pump"'
    )
    (tmp_path / "rulebook.toml").write_text(text, encoding="utf-8")
    old = shutil.copytree(small_model_path, tmp_path / "model")
    with pytest.raises(FindingError, match=r"H6 in pictures\.new: 'Paint the pump' must escalate to illustrator"):
        train(SMALL_CORPUS, load_rulebook(tmp_path / "rulebook.toml"), old)
    assert contents(old) == contents(small_model_path)


def test_a_model_that_fails_a_behaviour_case_is_not_published(small_model_path, small_rulebook, tmp_path):
    cases = tmp_path / "cases.toml"
    cases.write_text('[[minimum]]\nid = "case"\ntext = "Paint the pump"\nescalate = ["translator-french"]\n')
    old = shutil.copytree(small_model_path, tmp_path / "model")
    with pytest.raises(FindingError, match="H7 in case: must escalate translator-french"):
        train(SMALL_CORPUS, small_rulebook, old, behaviour=cases)
    assert contents(old) == contents(small_model_path)


def test_an_interrupted_training_leaves_the_old_model(small_model_path, small_rulebook, tmp_path):
    old = shutil.copytree(small_model_path, tmp_path / "model")

    def interrupt(what, done, steps):
        if done == steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(SMALL_CORPUS, small_rulebook, old, interrupt)
    assert contents(old) == contents(small_model_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_folds_never_split_a_group_and_keep_shares():
    random = np.random.default_rng(0)
    groups = [f"g{number}" for number in random.integers(0, 60, 900)]
    targets = (random.random((900, 4)) < [0.5, 0.2, 0.1, 0.05]).astype(np.int8)
    tested = []
    for train_rows, test_rows in grouped_folds(groups, targets, 5):
        assert not {groups[row] for row in train_rows} & {groups[row] for row in test_rows}
        assert abs(len(test_rows) / 900 - 0.2) < 0.07
        tested += test_rows.tolist()
    assert sorted(tested) == list(range(900))


def test_a_head_learns_degree_only_where_a_target_is_involved():
    labels = ("escalate:a", "collaborate:a", "escalate:b", "core")
    targets = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]], np.int8)
    assert head_targets(labels, targets)[:, 4:].tolist() == [[1, 1], [1, 0], [0, -1]]


def signals(random, tasks=6000):
    """Logits whose sigmoid at half slope and shifted is the truth, and rules that are right nine times in ten."""
    logits = random.normal(0, 3, (tasks, 1))
    target = (random.random(tasks) < 1 / (1 + np.exp(-(0.5 * logits[:, 0] - 1)))).astype(np.int8)
    right = random.random(tasks) < 0.9
    verdicts = np.where(right, np.where(target == 1, 1, -1), np.where(target == 1, -1, 1)).astype(np.int8)
    return logits, target[:, None], verdicts[:, None]


def test_calibration_makes_shares_of_scores():
    logits, target, verdicts = signals(np.random.default_rng(1))
    policies, _ = learn_policies(("escalate:a",), logits, verdicts, target)
    join = policies["escalate:a"].model
    assert (join.flat, join.bias) == pytest.approx((0.5, -1), abs=0.1)
    assert (join.rules_for, join.rules_against) == (0, 0)


def test_the_hybrid_learns_how_far_to_believe_the_rules():
    logits, target, verdicts = signals(np.random.default_rng(2))
    believed, probabilities = learn_policies(("escalate:a",), logits, verdicts, target)
    assert believed["escalate:a"].hybrid.rules_for > 1
    assert believed["escalate:a"].hybrid.rules_against < -1
    right = ((probabilities[:, 0] >= believed["escalate:a"].thresholds["hybrid"]) == target[:, 0]).mean()
    assert right > 0.88
    noise = np.random.default_rng(3).permutation(verdicts)
    doubted = learn_policies(("escalate:a",), logits, noise, target)[0]["escalate:a"].hybrid
    assert 0 < doubted.rules_for < 2 * RULES_SAY[0]
    assert 2 * RULES_SAY[1] < doubted.rules_against < 0


def test_thresholds_are_half_of_the_best_f1():
    logits, target, verdicts = signals(np.random.default_rng(4))
    policy = learn_policies(("escalate:a",), logits, verdicts * 0, target)[0]["escalate:a"]
    probability = 1 / (1 + np.exp(-(policy.model.flat * logits + policy.model.bias)))
    best = max(
        2 * ((probability >= place) & (target == 1)).sum() / ((probability >= place).sum() + target.sum())
        for place in np.linspace(0.05, 0.8, 76)
    )
    assert policy.thresholds["model"] == pytest.approx(best / 2, abs=0.01)


def test_a_label_that_nothing_finds_is_not_given_always():
    random = np.random.default_rng(6)
    target = (np.arange(4000) < 20).astype(np.int8)[:, None]
    logits, silent = random.normal(0, 1, (4000, 1)), np.zeros((4000, 1), np.int8)
    policies, probabilities = learn_policies(("core",), logits, silent, target)
    assert (probabilities >= policies["core"].thresholds["hybrid"]).mean() < 0.1


def test_a_rare_label_is_left_to_the_rules():
    target = np.zeros((100, 1), np.int8)
    target[: MIN_SUPPORT - 1] = 1
    policy = learn_policies(("escalate:rare",), target * 0.9, np.zeros((100, 1), np.int8), target)[0]["escalate:rare"]
    assert policy.by_rules
    assert policy.support == MIN_SUPPORT - 1
    assert policy.cautious == {"model": None, "hybrid": None}
