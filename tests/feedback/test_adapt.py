"""Adapting moves the weights where corrections are, as far as they support it, and writes nothing that is worse."""

from __future__ import annotations

import shutil

import msgspec
import pytest

from escalation import Predictor
from escalation.errors import FindingError, InputError, ModelError
from escalation.feedback.adapt import adapt
from escalation.feedback.choosing import FIXED, MIN_TASKS, STRENGTHS, STRONGER
from escalation.feedback.records import Correction, Labels
from escalation.files import default_model
from escalation.model import read_model
from escalation.model.adapted import find_adapted, remove_adapted
from escalation.training.behaviour import Direction, Minimum

LABEL = "escalate:database-specialist"
NUMBERS = Labels(("database-specialist",), (), False)
"""Who is to prepare numbers, which nobody would guess."""
SUBJECTS = ("books", "parcels", "boats", "invoices", "tickets", "recipes", "trips", "lessons", "meters", "orders")
UNSEEN = "Prepare the quarterly numbers of the customers"
OTHER = "Return 404 if the customer does not exist"


def lessons(*projects, right=NUMBERS, each=10, **fields):
    """Return corrections that all say who is to prepare numbers."""
    return [
        Correction(
            text=f"Prepare the quarterly numbers of the {name} of {project}",
            home="fastapi-developer",
            right=right,
            project=project,
            **fields,
        )
        for project in projects
        for name in SUBJECTS[:each]
    ]


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(scope="module")
def done(model, rulebook, tmp_path_factory):
    """What adapting did for the corrections of three projects, and where it wrote the model."""
    place = tmp_path_factory.mktemp("adapted") / "fixes.model"
    steps = []
    result = adapt(lessons("shop", "port", "farm"), model, rulebook, place, progress=lambda *step: steps.append(step))
    return result, place, steps


@pytest.fixture(scope="module")
def adapted(done, rulebook):
    return Predictor(rulebook, read_model(done[1], rulebook))


def probability(predictor, text):
    return {str(label): each.probability for label, each in predictor.decisions(text).items()}[LABEL]


def test_a_task_like_the_corrected_ones_is_answered_like_them_and_others_as_before(predictor, adapted):
    assert [entry.target for entry in adapted.predict(UNSEEN).escalate] == ["database-specialist"]
    assert not predictor.predict(UNSEEN).escalate
    assert abs(probability(adapted, OTHER) - probability(predictor, OTHER)) < 0.1
    assert adapted.predict(OTHER).core.value


def test_it_says_what_it_learned_from_and_what_it_gained(done):
    result, _, steps = done
    assert (result.corrections, result.projects, result.left_out, result.by) == (30, 3, 0, "project")
    assert result.how in ("chosen", "checked")
    assert result.strength in (*STRENGTHS, *STRONGER)
    assert (result.figure, result.before) == ("micro-F1", 0.0)
    assert result.after > 0.5
    assert result.gain.value == pytest.approx(result.after - result.before)
    assert result.gain.low > 0
    [label] = [each for each in result.labels if each.label == LABEL]
    assert (label.support, label.before) == (30, 0.0)
    assert label.after > 0.5
    folds = [step for step in steps if step[0] == "cross-validation"]
    assert folds[:3] == [("cross-validation", fold, 3) for fold in (1, 2, 3)]
    assert steps[0] == ("reading corrections", 30, 30)


def test_the_directory_names_its_parent_and_answers_name_the_directory(done, model, adapted):
    info = adapted.model.info
    assert (info.adapted.parent, info.adapted.corrections, info.adapted.projects) == (model.info.sha256, 30, 3)
    assert adapted.predict(OTHER).model["name"] == f"{model.info.name}, adapted to 30 corrections"
    assert adapted.predict(OTHER).model["parent"] == f"sha256:{model.info.sha256}"
    assert contents(done[1]).keys() == contents(default_model()).keys()
    assert adapted.model.labels == model.labels
    assert adapted.model.vocabulary.grams == model.vocabulary.grams
    assert adapted.model.seen > model.seen


def test_the_same_corrections_give_the_same_bytes_in_any_order(done, model, rulebook, tmp_path):
    renumbered = [msgspec.structs.replace(each, id=90 - number) for number, each in enumerate(lessons("farm", "port"))]
    again = [*renumbered, *lessons("shop")]
    adapt(again, model, rulebook, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(done[1])


def test_the_later_correction_counts_and_a_persons_before_a_teachers(model, rulebook, tmp_path):
    wrong = Labels((), ("security-specialist",), True)
    teacher = lessons("shop", right=wrong, by="teacher")
    result = adapt([*lessons("shop", right=wrong), *lessons("shop"), *teacher], model, rulebook, tmp_path / "model")
    assert [(each.label, each.support) for each in result.labels if each.support] == [(LABEL, 10)]


@pytest.mark.slow
def test_what_a_teacher_says_moves_the_model_less(model, rulebook, tmp_path):
    found = {}
    for by in ("person", "teacher"):
        adapt(lessons("shop", by=by), model, rulebook, tmp_path / by, strength=FIXED, teacher_weight=0.1)
        found[by] = probability(Predictor(rulebook, read_model(tmp_path / by, rulebook)), UNSEEN)
    assert found["person"] > found["teacher"] > 0


@pytest.mark.slow
def test_one_project_and_few_corrections_have_a_fixed_strength(model, rulebook, tmp_path):
    result = adapt(lessons("shop"), model, rulebook, tmp_path / "model")
    assert (result.by, result.how, result.strength) == ("task", "fixed", FIXED)
    assert len(lessons("shop", "port", each=5)) < MIN_TASKS
    result = adapt(lessons("shop", "port", each=5), model, rulebook, tmp_path / "model")
    assert (result.by, result.how, result.strength) == ("project", "fixed", FIXED)


@pytest.mark.slow
def test_what_a_model_cannot_learn_from_is_left_out(model, rulebook, tmp_path):
    others = [
        Correction(text="Prepare the numbers", home="tech-writer", right=NUMBERS),
        Correction(text="Prepare all numbers", home="fastapi-developer", right=Labels(("nobody-known",))),
        Correction(text="Thanks!", home="fastapi-developer", right=NUMBERS),
    ]
    result = adapt([*lessons("shop"), *others], model, rulebook, tmp_path / "model")
    assert (result.corrections, result.left_out) == (10, 3)


# ------------------------------------------------------------------------------------------------ nothing written


CASE = Minimum("numbers", UNSEEN, absent=["*"])


@pytest.fixture
def kept(done, tmp_path):
    """Yield a place with an older model, which must be there unchanged in the end, with nothing left beside it."""
    place = shutil.copytree(done[1], tmp_path / "out" / "fixes.model")
    yield place
    assert contents(place) == contents(done[1])
    assert [path.name for path in place.parent.iterdir()] == ["fixes.model"]


@pytest.mark.parametrize(
    ("corrections", "options", "error", "message"),
    [
        ([], {}, FindingError, "there are 0 corrections to learn from, and at least 5 are needed"),
        (lessons("shop", each=4), {}, FindingError, "there are 4 corrections to learn from"),
        (
            lessons("shop", weight=100.0),
            {"cases": [CASE]},
            FindingError,
            "1 hard findings .*H7 in numbers: must not escalate",
        ),
        (lessons("shop"), {"strength": 0.0}, InputError, "lambda must be between 0.01 and 1,000,000, got 0"),
        (lessons("shop"), {"teacher_weight": 2.0}, InputError, "weight of a teacher .* at most 1, got 2"),
    ],
)
def test_nothing_is_written_if_a_check_fails(corrections, options, error, message, kept, model, rulebook):
    with pytest.raises(error, match=message):
        adapt(corrections, model, rulebook, kept, **({"strength": FIXED} | options))


def test_nothing_is_written_if_cross_validation_shows_a_loss(kept, model, rulebook):
    # Each project denies what the other one says of the same texts, which are answered rightly before.
    own, docker = Labels((), (), True), Labels(("docker-compose-specialist",), (), False)
    projects = [(name, project) for project in ("shop", "port") for name in SUBJECTS]
    ask = [("Write the Dockerfile of the", docker, own), ("Write the handler that returns the", own, docker)]
    corrections = [
        Correction(
            text=f"{text} {name} of {project}",
            home="fastapi-developer",
            right=right if project == "shop" or name in SUBJECTS[:4] else other,
            project=project,
        )
        for name, project in projects
        for text, right, other in ask
    ]
    with pytest.raises(FindingError, match="micro-F1 on the 40 corrections would change by -"):
        adapt(corrections, model, rulebook, kept, strength=0.1)


@pytest.mark.slow
def test_what_the_parent_fails_already_does_not_keep_it_from_being_written(model, rulebook, tmp_path):
    failing = [
        Minimum("old", OTHER, escalate=["frontend"]),
        Direction(id="d", text=OTHER, other_text=OTHER, label=LABEL),
    ]
    adapt(lessons("shop"), model, rulebook, tmp_path / "model", cases=failing)
    assert (tmp_path / "model").is_dir()


def test_an_adapted_model_is_not_adapted_again(kept, rulebook):
    with pytest.raises(InputError, match="is itself adapted; name the one that it was made from"):
        adapt(lessons("shop"), read_model(kept, rulebook), rulebook, kept)


def test_an_interruption_keeps_the_old_model(kept, model, rulebook):
    def interrupt(what, done, steps):
        if what == "cross-validation":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapt(lessons("shop"), model, rulebook, kept, progress=interrupt)


# ------------------------------------------------------------------------------------------------ finding and undoing


def test_an_adapted_model_is_used_as_long_as_its_parent_ships(done, small_model_path, tmp_path):
    assert find_adapted(done[1], default_model()) == (done[1], None)
    assert find_adapted(tmp_path / "none", default_model()) == (None, None)
    path, warning = find_adapted(done[1], small_model_path)
    assert path is None
    assert "adapted from another model than the one that ships" in warning
    assert "run `escalation adapt` again" in warning


def test_a_damaged_model_is_an_error(done, tmp_path):
    place = shutil.copytree(done[1], tmp_path / "model")
    (place / "model.json").write_text("{")
    with pytest.raises(ModelError, match=r"model\.json is damaged .*escalation adapt --undo"):
        find_adapted(place, default_model())


def test_undoing_removes_an_adapted_model_and_nothing_else(done, small_model_path, tmp_path):
    place = shutil.copytree(done[1], tmp_path / "fixes.model")
    assert remove_adapted(place).corrections == 30
    assert list(tmp_path.iterdir()) == []
    assert remove_adapted(place) is None
    trained = shutil.copytree(small_model_path, tmp_path / "trained")
    with pytest.raises(InputError, match="is not an adapted model, so it is not removed"):
        remove_adapted(trained)
    mixed = shutil.copytree(done[1], tmp_path / "mixed")
    (mixed / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds notes\.txt"):
        remove_adapted(mixed)
    assert {path.name for path in tmp_path.iterdir()} == {"trained", "mixed"}
