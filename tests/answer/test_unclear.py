from __future__ import annotations

import json

import jsonschema
import pytest

from escalation import Predictor, load_rulebook
from escalation.cli.answer import as_text
from escalation.errors import RulebookError
from escalation.files import PREDICTION_SCHEMA, default_rulebook


@pytest.fixture(scope="module")
def by_rules(rulebook):
    return Predictor(rulebook)


@pytest.fixture(scope="module")
def trained(rulebook, partial_model):
    return Predictor(rulebook, partial_model)


TALK = [
    *["+1", "👍", "...", "hello", "Hi Jonas,", "thanks, @tom!", "As discussed", "As agreed with Ines", "See attached."],
    *["Any news?", "Same problem here.", "Congratulations on the release.", "Never mind.", "Duplicate of #219"],
]  # fmt: skip
ASKING = [
    *["As discussed, refunds must be rounded down", "Thanks for the review, now write the Dockerfile"],
    *["As discussed, the login page needs a spinner", "Any endpoint returns 500", "Following the call, add a route"],
]  # fmt: skip
FOREIGN = {
    "French": "Ajoute un endpoint GET /orders, sans toucher au Dockerfile",
    "Spanish": "Configura nginx como proxy inverso delante de la API",
    "German": "Die Anmeldeseite lädt nicht mehr, bitte beheben",
    "Italian": "Scrivi il Dockerfile per l'API e non toccare il resto",
    "Portuguese": "Crie um Dockerfile para o serviço e publique a imagem",
    "a script other than Latin": "データベースのDockerfileを追加する",
}
ENGLISH = [
    "Add the locales de, fr, es and it to the docs",
    'The error says "La page est introuvable" instead of "The page was not found"; correct the handler',
    "Return the name of the user Jürgen Müller in GET /users",
]
ELSEWHERE = {
    "Refactor the Rust parser of the game engine": "other-language",
    "Flash the firmware of the thermostat": "other-product",
    "Book a room for Thursday": "errand",
}
OWN = [
    "Call the Rust extension from the endpoint",
    "Refactor the Rust parser. Add a status filter to GET /orders.",
    "Let guests book a table for tonight",
]


def nobody(answer):
    return not answer.escalate and not answer.collaborate and not answer.core.value


@pytest.mark.parametrize("text", TALK)
def test_talk_asks_for_nothing(by_rules, text):
    answer = by_rules.predict(text)
    assert nobody(answer)
    assert (answer.unclear.reason, answer.unclear.questions) == ("nothing_asked", ())


@pytest.mark.parametrize("text", ASKING)
def test_what_asks_beside_talk_is_an_ask(by_rules, text):
    answer = by_rules.predict(text)
    assert answer.unclear is None or answer.unclear.reason != "nothing_asked"


@pytest.mark.parametrize("language", FOREIGN)
def test_another_language_is_recognised_and_not_guessed_at(by_rules, language):
    answer = by_rules.predict(FOREIGN[language])
    assert answer.unclear.reason == "language"
    assert answer.unclear.meaning in as_text(answer)


@pytest.mark.parametrize("text", ENGLISH)
def test_names_and_quotations_do_not_make_another_language(by_rules, text):
    assert getattr(by_rules.predict(text).unclear, "reason", None) != "language"


@pytest.mark.parametrize("text", ELSEWHERE)
def test_work_of_another_trade_is_not_unclear_and_says_why(by_rules, text):
    answer = by_rules.predict(text)
    assert nobody(answer)
    assert answer.unclear is None
    reason = answer.core.reasons[0]
    assert (reason.kind, reason.id, reason.text) == ("elsewhere", ELSEWHERE[text], text[reason.start : reason.end])
    assert f"{reason.id}:" in as_text(answer)


@pytest.mark.parametrize("text", OWN)
def test_one_piece_of_own_work_makes_a_task_own_work(by_rules, text):
    assert by_rules.predict(text).core.reasons == ()


def test_an_open_group_asks_which_framework(by_rules):
    answer = by_rules.predict("Fix the settings page")
    (question,) = answer.unclear.questions
    assert answer.unclear.reason == "undecided"
    assert {mode for option in question.options for mode in option.escalate} >= set(answer.escalate[0].candidates)
    assert question.question in as_text(answer)
    assert by_rules.predict("Fix the settings page", stack={"frontend": ["React"]}).unclear is None


def test_nobody_without_a_reason_is_unclear(by_rules):
    answer = by_rules.predict("Prepare the thing")
    assert nobody(answer)
    assert answer.unclear.reason == "undecided"
    assert answer.unclear.questions


def test_a_rulebook_needs_no_questions(small_rulebook):
    answer = Predictor(small_rulebook).predict("zxqv wkrrt plonk")
    assert (answer.unclear.reason, answer.unclear.questions) == ("undecided", ())


class TestWithAModel:
    def test_it_says_why_the_model_was_not_asked(self, trained):
        assert "asks for nothing" in trained.predict("+1").abstained

    def test_the_model_alone_answers_in_any_language(self, rulebook, trained):
        answer = Predictor(rulebook, trained.model, "model").predict(FOREIGN["French"])
        assert (answer.abstained, answer.unclear.reason) == (None, "language")

    def test_words_that_occur_nowhere_are_unknown(self, trained):
        answer = trained.predict("zxqv wkrrt plonk")
        assert nobody(answer)
        assert answer.unclear.reason == "unknown_words"

    def test_labels_near_their_threshold_are_asked_about(self, rulebook, trained):
        texts = [
            "Store the orders",
            "Speed up the orders query",
            "Add multi-tenancy",
            "Add sign-in",
            "Log the requests",
        ]
        near = [answer for answer in map(trained.predict, texts) if answer.undecided]
        assert near
        for answer in near:
            target = answer.undecided[0].target
            asked = {question.question for question in answer.unclear.questions}
            assert asked & {each.question for each in rulebook.questions.values() if each.when == f"undecided:{target}"}
            assert len(asked) <= 3


@pytest.mark.parametrize("text", ["+1", *FOREIGN.values(), *ELSEWHERE, "Fix the settings page", "Prepare the thing"])
def test_every_answer_follows_the_schema(by_rules, text):
    schema = json.loads(PREDICTION_SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validate(by_rules.predict(text).to_dict(), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('when = "nobody"', 'when = "maybe"', "questions[12] (kind).when is 'maybe'; write undecided:TARGET,"),
        ('when = "undecided:cicd-specialist"', 'when = "undecided:x"', "when names unknown mode 'x'; add it under"),
        ('when = "open:escalate:auth-provider"', 'when = "open:collaborate:auth-provider"', "lack 'collaborate'"),
        (
            'escalate = ["react-specialist"]\n\n[[questions.options]]',
            'escalate = ["x"]\n\n[[questions.options]]',
            "'x'",
        ),
    ],
)
def test_a_wrong_question_is_reported_with_its_place(tmp_path, right, wrong, message):
    text = default_rulebook().read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "rulebook.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(RulebookError) as caught:
        load_rulebook(path)
    assert message in str(caught.value)
