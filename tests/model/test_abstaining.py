from __future__ import annotations

import pytest

from escalation import Predictor

FOREIGN = [
    "データベースの移行を追加する",
    "добавить миграцию базы данных и развернуть сервер",
    "Crée une page de connexion avec un formulaire et un bouton pour les utilisateurs",
    "Lägg till en inloggningssida och skriv tester för hela flödet innan vi släpper",
]
CODE = [
    "for i in range(10):\n    x[i] = y(i) ** 2;\n    print(x(i), end=')')",
    'const x = useState(0); useEffect(() => { fetch("/api").then(r => r.json()) }, [])',
    '<div className="p-4"><Button onClick={save}>Save</Button></div>',
]
TASKS = [
    "Fix it",
    "Implement GET /api/orders/{id} in app/api/orders.py (404 if missing)",
    "Update the docs",
    "The handler fails:\n```\nfor row in rows:\n    total += row(1)\n```\nMake it handle empty rows and add a test.",
    "T014 [P] [US2] Create OrderCard component in frontend/src/components/OrderCard.tsx",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_another_language_is_recognised(predictor, text):
    assert predictor.predict(text).unclear.reason == "language"


@pytest.mark.parametrize("text", FOREIGN[:2])
def test_another_script_is_left_to_the_rules(predictor, text):
    assert "words" in predictor.predict(text).abstained


@pytest.mark.parametrize("text", CODE)
def test_code_without_a_sentence_is_left_to_the_rules(predictor, text):
    assert predictor.predict(text).abstained == "the text is code, with no sentence that says what is to be done"


@pytest.mark.parametrize("text", TASKS)
def test_a_task_is_a_task(predictor, text):
    assert predictor.predict(text).abstained is None


def test_the_rules_still_answer_and_say_so(predictor):
    answer = predictor.predict("Nginx hbz dfts Docker-compose yezhsh fyva ldzh qwzx vbnk oiuw ereg kkjd poqm")
    assert answer.abstained
    assert {entry.source for entry in answer.escalate} == {"rules"}
    assert {entry.mode for entry in answer.escalate} == {"infrastructure-specialist", "docker-compose-specialist"}
    assert all(entry.probability is None for entry in answer.escalate)


def test_the_model_alone_always_answers(model, rulebook):
    assert Predictor(rulebook, model, "model").predict(FOREIGN[0]).abstained is None
