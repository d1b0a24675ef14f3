from __future__ import annotations

import os
import subprocess
import sys

import pytest

from escalation.rules.engine import RuleEngine
from escalation.task.stack import StackProfile
from helpers import lines_executed

DATABASE = "database-specialist"


@pytest.fixture(scope="module")
def engine(rulebook):
    return RuleEngine(rulebook)


def spoken(engine, text, stack=None, value="for"):
    verdicts = engine.verdicts(text, StackProfile.of(stack))
    return {label for label, verdict in verdicts.items() if verdict.value == value and label != "core"}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Split the orders table without downtime", "escalate:database-specialist"),
        ("Add a nullable column with an Alembic revision", "collaborate:database-specialist"),
        ("Write the Dockerfile", "escalate:docker-compose-specialist"),
        ("Set up the GitLab CI pipeline", "escalate:cicd-specialist"),
        ("Put nginx in front as the reverse proxy", "escalate:infrastructure-specialist"),
        ("Integrate Keycloak for sign-in", "escalate:security-specialist"),
        ("Verify Clerk tokens in the backend: integrate Clerk", "escalate:auth-provider"),
        ("Hash the passwords with bcrypt", "collaborate:security-specialist"),
        ("Build the settings page", "escalate:frontend"),
        ("Playwright tests for checkout", "collaborate:e2e-tester"),
        ("Integration tests against a real database", "collaborate:integration-tester"),
    ],
)
def test_rules_speak_for_what_is_asked(engine, text, label):
    assert label in spoken(engine, text)


@pytest.mark.parametrize(
    "text",
    [
        "Do not touch the Dockerfile",
        "Do not touch the **Dockerfile**",
        "The Dockerfile is out of scope",
        "GitHub Actions is already in place",
        "No login page, only the API",
    ],
)
def test_nothing_speaks_for_what_is_not_asked(engine, text):
    assert spoken(engine, text) == set()


def test_a_negated_cue_speaks_against(small_rulebook):
    engine = RuleEngine(small_rulebook)
    assert spoken(engine, "a chapter without drawings", value="against") == {"escalate:illustrator"}


def test_a_technology_that_the_stack_lists_is_no_new_dependency(engine):
    text = "Add counters in Redis"
    label = "collaborate:infrastructure-specialist"
    assert label in spoken(engine, text)
    assert label in spoken(engine, text, {"database": ["PostgreSQL"]})
    assert label not in spoken(engine, text, {"cache": ["redis"]})


def test_a_verdict_names_cues_and_their_offsets(engine):
    text = "First some words. Split the orders table without downtime."
    evidence = engine.reader.read(text, StackProfile())
    verdict = engine.judge(evidence)["escalate:database-specialist"]
    mentions = [mention for fired in verdict.fired for mention in fired.mentions]
    words = {text[slice(*evidence.reading.span(mention.first, mention.last))] for mention in mentions}
    assert "without downtime" in words
    assert {fired.rule.id for fired in verdict.fired} == {"database.migrations"}


def test_the_same_task_gets_the_same_answer_in_every_process(tmp_path):
    program = (
        "import json, escalation\n"
        "stack = {'frontend': ['React', 'Vue'], 'database': ['PostgreSQL', 'Redis']}\n"
        "task = 'Write the Dockerfile, fix the login page and add a table with a migration'\n"
        "print(json.dumps(escalation.predict(task, stack=stack).to_dict()))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            cwd=tmp_path,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1


def test_every_label_gets_a_verdict(engine, rulebook):
    for text in ("", "zzz", "?!", "Split the table"):
        assert set(engine.verdicts(text)) == set(rulebook.labels)


@pytest.mark.parametrize(
    "unit",
    [
        "split the table ",
        "no not without ",
        "the ",
        "a",
        "migration, ",
        "docker compose build and add\n",
        "split split ",
        "no split the table ",
        "out of scope split the table ",
    ],
)
def test_judging_is_linear_in_the_length(engine, unit):
    def work(characters):
        text = (unit * (characters // len(unit) + 1))[:characters]
        return lines_executed(lambda: engine.verdicts(text))

    # Phrases are compiled when a text has their words.
    work(1_000)
    assert work(10_000) < 11 * work(1_000)


def test_another_home_mode_is_another_rulebook(small_rulebook):
    engine = RuleEngine(small_rulebook)
    assert spoken(engine, "Draw the exploded view") == {"escalate:illustrator"}
    assert spoken(engine, "Screenshots, and the disclaimer") == {"escalate:legal-reviewer", "collaborate:illustrator"}
    assert spoken(engine, "Split the users table without downtime in Docker") == set()
    assert spoken(engine, "a chapter without drawings", value="against") == {"escalate:illustrator"}
