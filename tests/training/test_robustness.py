"""The robustness suite: its inputs are well-formed and right alone, and counting counts."""

import pytest

from escalation.errors import InputError
from escalation.files import default_robustness
from escalation.rules.rulebook import CORE, DISPOSITIONS, Label
from escalation.training.probes import Probe, make_probes, read_inputs
from escalation.training.robustness import check_robustness, missed_goals


@pytest.fixture(scope="module")
def inputs():
    return read_inputs()


@pytest.fixture(scope="module")
def probes(inputs, rulebook):
    return make_probes(inputs, rulebook)


def given(predictor, text):
    answer = predictor.predict(text, reasons=False)
    return {Label(side, entry.target) for side in DISPOSITIONS for entry in getattr(answer, side)}, answer.core.value


def test_there_is_enough_of_everything(inputs, probes):
    assert len(inputs.frames) >= 40
    assert len(inputs.technologies) >= 14
    assert len(inputs.own_asks) >= 5
    assert len(inputs.asks) >= 30
    assert len(set(inputs.neutral)) >= 60
    assert set(inputs.goals) <= {probe.kind for probe in probes}
    assert len({probe.kind for probe in probes}) == 16


def test_labels_are_those_of_the_rulebook(inputs, rulebook):
    members = {name: (name, *group.members) for name, group in rulebook.groups.items()}
    labels = [label for label in rulebook.labels if label != CORE]
    known = {Label(label.disposition, name) for label in labels for name in members.get(label.target, [label.target])}
    used = {label for ask in inputs.asks for label in ask.labels}
    assert used | {label for group in inputs.texts for label in group.labels or ()} <= known
    # An unresolved provider falls back to another mode, so that no answer names the group.
    assert {label.target for label in used} == {label.target for label in known} - {"auth-provider"}


def test_every_ask_is_right_alone(inputs, predictor):
    wrong = []
    for ask in (*inputs.asks, *inputs.own_asks):
        labels, core = given(predictor, ask.text)
        if labels != set(ask.labels) or ask.core not in (None, core):
            wrong.append((ask.text, sorted(labels), core))
    assert not wrong


def test_frames_and_wrappers_are_filled(inputs, probes):
    assert all(word in ask.text for ask in inputs.asks for word in ask.words)
    for probe in probes:
        assert not any(f"{{{name}" in probe.text for name in ("ask", *inputs.technologies[0])), probe.text
    misspelt = {probe.text for probe in probes if probe.kind == "misspellings"}
    assert not misspelt & {ask.text for ask in inputs.asks}


def test_texts_are_the_same_for_a_seed(inputs, rulebook, probes):
    assert make_probes(inputs, rulebook) == probes
    assert make_probes(inputs, rulebook, seed=1) != probes


def test_joined_asks_expect_what_one_text_can_have(probes, rulebook):
    joined = [probe for probe in probes if probe.kind == "joins.10"]
    for probe in joined:
        targets = [label.target for label in probe.labels]
        assert len(targets) == len(set(targets))
        assert all(len({*targets} & {name, *group.members}) < 2 for name, group in rulebook.groups.items())
        assert probe.core


def test_counts(predictor):
    docker = frozenset({Label("escalate", "docker-compose-specialist")})
    ask = "Write the Dockerfile"
    figures = check_robustness(
        predictor,
        [
            Probe("tiny", "right", ask, docker, core=False),
            Probe("tiny", "wrong", ask, frozenset({Label("escalate", "cicd-specialist")}), core=True),
            Probe("tiny", "wrong", ask, None),
        ],
    )["tiny"]
    assert figures.all.texts == 3
    assert figures.all.wrong == pytest.approx(1 / 3)
    assert (figures.all.recall, figures.all.extra, figures.all.misled, figures.all.core_wrong) == (0.5, 0.5, 0.5, 0.5)
    assert figures.variants["right"].wrong == 0
    assert list(figures.examples) == ["wrong"]
    assert figures.examples["wrong"].fault == (
        "missing escalate:cicd-specialist; too many: escalate:docker-compose-specialist; core is wrong"
    )
    goals = {"tiny": {"recall": 0.9, "extra": 0.5, "misled": 0.1}, "another": {"recall": 0.9}}
    assert missed_goals(figures={"tiny": figures}, goals=goals) == [
        ("tiny", "recall is 0.500, must be at least 0.900"),
        ("tiny", "misled is 0.500, must be at most 0.100"),
        ("another", "recall is not counted, must be at least 0.900"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("goals.toml", None, "cannot be read"),
        ("goals.toml", "goals = 1", "goals"),
        ("asks.toml", "own_asks = []\nneutral = []\n[[asks]]\ntxt = 'x'", "txt"),
        (
            "asks.toml",
            "own_asks = []\nneutral = []\n[[asks]]\ntext = 'x'\nlabels = ['docker']",
            "is not a label",
        ),
    ],
)
def test_inputs_that_cannot_be_used(tmp_path, name, content, words):
    for path in default_robustness().glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(InputError, match=words):
        read_inputs(tmp_path)
