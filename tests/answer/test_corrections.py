"""A repetition of a corrected task is answered as corrected; everything else as before."""

from __future__ import annotations

import json

import msgspec
import pytest

from escalation import Predictor, StackProfile
from escalation.answer.corrections import Answered, hash_of, key_of
from escalation.errors import InputError, StoreError
from escalation.feedback import Store, correct
from escalation.files.places import data_directory, place_of

TASK = "Write the Dockerfile for release 12"
REACT = {"frontend": ["React"]}


@pytest.fixture
def place(tmp_path):
    return place_of(tmp_path / "fixes.db")


@pytest.fixture
def corrected(place, predictor):
    """A predictor that uses the corrections of a store, in which TASK is the database specialist's."""
    fix(place, predictor, escalate=["database-specialist"], collaborate=["frontend"], core=True)
    return Predictor(predictor.rulebook, predictor.model, corrections=place.answers)


def fix(place, predictor, task=TASK, **parts):
    return correct(task, store=place.answers.with_name("fixes.db"), predictor=predictor, **parts)


@pytest.mark.parametrize(
    "text",
    [TASK, TASK.upper(), "  write the\n\tdockerfile, for release: 12!! ", "“Write” the `Dockerfile` for release (12)"],
)
def test_a_repetition_is_answered_as_corrected(corrected, text):
    answer = corrected.predict(text)
    assert [entry.target for entry in answer.escalate] == ["database-specialist"]
    assert [(entry.mode, entry.group) for entry in answer.collaborate] == [(None, "frontend")]
    assert {entry.source for entry in (*answer.escalate, *answer.collaborate, answer.core)} == {"correction"}
    assert answer.core.value
    assert (answer.correction.id, answer.correction.by) == (1, "person")
    assert (answer.undecided, answer.unclear, answer.parts) == ((), None, ())


@pytest.mark.parametrize(
    ("text", "stack"),
    [
        (TASK.replace("12", "13"), None),
        (TASK.replace("12", "1 2"), None),
        (TASK + " now", None),
        ("Dockerfile the write for release 12", None),
        (TASK, REACT),
    ],
)
def test_any_other_task_is_answered_as_ever(corrected, predictor, text, stack):
    assert corrected.predict(text, stack) == predictor.predict(text, stack)


def test_the_stack_profile_counts_by_what_it_says(place, predictor):
    fix(place, predictor, stack=REACT, escalate=[])
    corrected = Predictor(predictor.rulebook, predictor.model, corrections=place.answers)
    same = {"FRONTEND": ["react", "React "], "database": []}
    assert corrected.predict(TASK, same).correction
    assert not corrected.predict(TASK, {"frontend": ["Vue"]}).correction


def test_entries_that_were_right_keep_their_reasons_and_parts(place, predictor):
    before = predictor.predict(TASK)
    fix(place, predictor, core=True, collaborate=["security-specialist"])
    corrected = Predictor(predictor.rulebook, predictor.model, corrections=place.answers)
    answer = corrected.predict(TASK)
    assert answer.escalate[0].reasons[1:] == before.escalate[0].reasons
    assert answer.escalate[0].probability == before.escalate[0].probability
    assert answer.parts == before.parts
    assert [reason.kind for reason in answer.collaborate[0].reasons] == ["correction"]
    assert corrected.predict(TASK, reasons=False).escalate[0].reasons == ()


def test_the_acceptance_follows_the_corrected_answer(place, small_rulebook):
    plain = Predictor(small_rulebook)
    fix(place, plain, "Draw the exploded view", core=True)
    corrected = Predictor(small_rulebook, corrections=place.answers)
    accepted = [each.predict("draw the exploded view", None, "product-manager").accept for each in (plain, corrected)]
    assert [each.value for each in accepted] == [False, True]


def test_a_correction_counts_from_the_next_answer_on(place, predictor):
    corrected = Predictor(predictor.rulebook, predictor.model, corrections=place.answers)
    assert corrected.predict(TASK) == predictor.predict(TASK)
    fix(place, predictor, escalate=[])
    assert corrected.predict(TASK).escalate == ()
    with Store.open(place.answers.with_name("fixes.db")) as store:
        store.forget(ids=[1])
    assert corrected.predict(TASK) == predictor.predict(TASK)


def test_a_correction_for_another_home_mode_or_roster_changes_nothing(place, predictor, small_rulebook):
    fix(place, predictor, escalate=["database-specialist"])
    other = Predictor(small_rulebook, corrections=place.answers)
    assert other.predict(TASK) == Predictor(small_rulebook).predict(TASK)
    rewrite(place.answers, place.answers.read_text().replace("database-specialist", "wizard"))
    corrected = Predictor(predictor.rulebook, predictor.model, corrections=place.answers)
    assert corrected.predict(TASK) == predictor.predict(TASK)


def test_a_mode_that_was_renamed_since_is_found_by_its_old_name(corrected, place, predictor):
    slug, alias = next((mode.slug, mode.aliases[0]) for mode in predictor.rulebook.modes.values() if mode.aliases)
    rewrite(place.answers, place.answers.read_text().replace("database-specialist", alias))
    assert [entry.mode for entry in corrected.predict(TASK).escalate] == [slug]


def rewrite(path, text):
    """Write a file of answers whose hash is right."""
    data = json.loads(text)
    data["sha256"] = hash_of(msgspec.convert(data["answers"], dict[str, Answered]))
    path.write_text(json.dumps(data))


def test_other_processes_use_the_corrections_too(place, predictor, tmp_path):
    fix(place, predictor, escalate=[])
    loaded = Predictor.load(corrections=place.answers)
    answers = list(loaded.predict_many([TASK, "Fix it"], jobs=2))
    assert [answer.correction and answer.correction.id for answer in answers] == [1, None]


def test_only_a_predictor_that_is_given_the_file_uses_it(place, predictor, monkeypatch):
    fix(place, predictor, escalate=[])
    monkeypatch.setenv("ESCALATION_STORE", str(place.answers.with_name("fixes.db")))
    assert Predictor.load().predict(TASK).correction is None


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:-20], "is damaged"),
        (lambda text: text.replace('"core": true', '"core": false'), "does not match its hash"),
        (lambda text: text.replace('"format": 1', '"format": 9'), "is of format 9"),
        (lambda text: "[]", "is damaged"),
        (lambda text: "", "is damaged"),
        (lambda text: "\x00" * 40, "is damaged"),
        (lambda text: '{"format": 1, "sha256": 3, "answers": {"a": []}}', "is damaged"),
    ],
)
def test_a_damaged_file_is_an_error_that_says_what_to_do(corrected, place, predictor, damage, words):
    place.answers.write_text(damage(place.answers.read_text()))
    for use in (lambda: Predictor(predictor.rulebook, corrections=place.answers), lambda: corrected.predict(TASK)):
        with pytest.raises(StoreError, match=words) as caught:
            use()
        assert "escalation corrections" in str(caught.value)
        assert "--store none" in str(caught.value)


def test_a_file_without_texts(corrected, place):
    assert "Dockerfile" not in place.answers.read_text()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Straße sperren", "STRASSE SPERREN", True),
        ("ＡＰＩ ２", "api 2", True),
        ("कि", "क", False),
        ("🚀", "🔥", False),
        ("🚀 deploy", "deploy", False),
        ("+1", "???", False),
        ("???", "? ? ?", False),
        ("Use C++", "Use C", False),
        ("Use C#", "use c#.", True),
        ("café", "cafe\u0301", True),
    ],
)
def test_words_are_compared_without_case_blanks_and_punctuation(one, other, same):
    keys = {key_of(text, StackProfile(), "home") for text in (one, other)}
    assert (len(keys) == 1) == same


def test_the_data_directory_is_that_of_platformdirs(monkeypatch, tmp_path):
    import platformdirs

    for value in (str(tmp_path), "", None):
        if value is None:
            monkeypatch.delenv("XDG_DATA_HOME")
        else:
            monkeypatch.setenv("XDG_DATA_HOME", value)
        assert data_directory() == platformdirs.user_data_path("escalation", appauthor=False)


def test_where_a_store_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    home = tmp_path / "escalation"
    assert place_of() == (
        f"sqlite:///{home}/corrections.db",
        home / "corrections.answers.json",
        home / "corrections.model",
    )
    monkeypatch.setenv("ESCALATION_STORE", str(tmp_path / "team.db"))
    assert place_of().answers == tmp_path / "team.answers.json"
    assert place_of("none") is None
    remote = place_of("postgresql://ann:secret@db/fixes")
    assert remote.answers.parent == home
    assert remote.answers == place_of("postgres://ann:other@db/fixes").answers
    assert remote.answers != place_of("postgresql://ann:secret@db/others").answers
    assert "secret" not in remote.shown + str(remote.answers) + str(remote.model)


def test_a_setting_that_is_no_place():
    with pytest.raises(InputError, match="neither a path nor a URL"):
        place_of("postgresql:secret")
