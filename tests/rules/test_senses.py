"""Words that look like cues and mean something else, each beside a text where they mean what the rulebook says."""

from __future__ import annotations

import pytest

from escalation.errors import RulebookError
from escalation.rules.engine import RuleEngine
from escalation.rules.groups import resolve
from escalation.rules.loading import load_rulebook
from escalation.rules.senses import OTHER_SENSE
from escalation.task.stack import StackProfile
from helpers import SMALL_RULEBOOK

DOCKER, INFRASTRUCTURE = "escalate:docker-compose-specialist", "escalate:infrastructure-specialist"
FRONTEND, E2E = "escalate:frontend", "collaborate:e2e-tester"
PAIRS = [
    ("Rename the field docker_image in the response", "Shrink the Docker image", DOCKER),
    ("GET /courses/docker answers 404", "Write the Dockerfile for GET /courses", DOCKER),
    ("Return 'docker' as the value of kind", "Set up Docker for the API", DOCKER),
    ("Validate that terraform_module is not empty", "Write the Terraform module of the VPC", INFRASTRUCTURE),
    ("Allow kubernetes in the enum of skills", "Set up Kubernetes for the service", INFRASTRUCTURE),
    ("Return the railway stations of a town", "Deploy the API to Railway", INFRASTRUCTURE),
    ("Return the angular velocity of the gyro", "Fix the Angular form of the gyro", FRONTEND),
    ("Members can react with an emoji", "Fix the React form of the profile", FRONTEND),
    ("Make the button in the welcome email blue", "Make the button of the profile form blue", FRONTEND),
    ("Swagger UI shows the wrong title", "The settings UI shows the wrong title", FRONTEND),
    ("Add an index page to the handbook", "Add an index page with a search form", FRONTEND),
    ("Print the table on one page of the PDF", "Show the table on one page of the frontend", FRONTEND),
    ("Reduce the end-to-end latency of quotes", "Test the quotes end to end", E2E),
    ("Build the end-to-end pipeline for imports", "Write end-to-end tests for imports", E2E),
    ("Return the playwright of each play", "Add Playwright tests of the play page", E2E),
    ("Add GET /health for the load balancer", "Configure the load balancer", INFRASTRUCTURE),
    ("Set root_path behind the reverse proxy", "Configure the reverse proxy: root_path, headers", INFRASTRUCTURE),
]


@pytest.fixture(scope="module")
def engine(rulebook):
    return RuleEngine(rulebook)


@pytest.mark.parametrize(("other", "meant", "label"), PAIRS)
def test_another_sense_fires_no_rule(engine, other, meant, label):
    assert engine.verdicts(other)[label].value != "for"
    assert engine.verdicts(meant)[label].value == "for"


def test_words_of_another_sense_are_no_features(engine):
    words = engine.reader.read("Return react_count and user_id", StackProfile()).reading.words
    assert words == ["return", OTHER_SENSE, OTHER_SENSE, "and", "user", "id"]


@pytest.mark.parametrize(
    "text",
    [
        "Replace get_db by a generator",
        "Read REDIS_URL from the environment",
        "Fix docker/build_image.sh",
        "Refactor verify_clerk_token()",
        "See /etc/nginx/conf.d",
        "Rename created_at to created",
    ],
)
def test_names_of_code_files_and_settings_mean_what_they_say(engine, text):
    assert OTHER_SENSE not in engine.reader.read(text, StackProfile()).reading.words


def test_a_circumstance_can_still_select_the_mode_of_a_group(tmp_path):
    text = SMALL_RULEBOOK.read_text(encoding="utf-8")
    sense = '\n[[senses]]\nid = "aside"\ntechnologies = true\nbeside = ["by the way"]\nnames = {}\n'
    for names in (True, False):
        path = tmp_path / f"{names}.toml"
        path.write_text(text + sense.format(str(names).lower()), encoding="utf-8")
        book = load_rulebook(path)
        group = next(group for group in book.groups.values() if any(group.members.values()))
        technology = next(name for names_of in group.members.values() for name in names_of)
        evidence = RuleEngine(book).reader.read(f"by the way, {technology}", StackProfile())
        assert technology not in evidence.technologies
        assert (resolve(group, evidence).technology == technology) is names


def test_a_phrase_of_a_sense_that_does_not_compile_is_a_fault(tmp_path):
    path = tmp_path / "book.toml"
    path.write_text(SMALL_RULEBOOK.read_text(encoding="utf-8") + '\n[[senses]]\nid = "a"\nunless = ["~ b"]\n')
    with pytest.raises(RulebookError, match=r"senses\[0\] \(a\).unless has '~ b', which begins or ends with a gap"):
        load_rulebook(path)
