"""Rules that settle the degree of a part, in pairs: the higher degree, and the lower one beside it."""

from __future__ import annotations

import pytest

from escalation import Predictor

DATABASE, INFRASTRUCTURE, PIPELINE = "database-specialist", "infrastructure-specialist", "cicd-specialist"
CONTAINERS, SECURITY = "docker-compose-specialist", "security-specialist"
PAIRS = [
    (DATABASE, "Model the fourteen tables of the hospital", "Create a SQLAlchemy model for the tables room and bed"),
    (DATABASE, "Alter the column weight from text to numeric", "ALTER TABLE parcels ADD COLUMN weight"),
    (DATABASE, "Split the name column into two columns", "Add a migration for the new column nickname"),
    (DATABASE, "Change the primary key of orders to UUID", "Add a unique constraint to orders with a revision"),
    (DATABASE, "Populate the column slug from the title", "Drop the unused column slug with Alembic"),
    (DATABASE, "Add multi-tenancy", "Add a tenants table with SQLModel"),
    (DATABASE, "Set up row level security", "Document how the row level security works"),
    (INFRASTRUCTURE, "Change the nginx location block for /shop", "Set root_path since nginx serves us under /shop"),
    (INFRASTRUCTURE, "Configure X-Forwarded-For in the proxy config", "Trust X-Forwarded-For from the proxy"),
    (INFRASTRUCTURE, "Set up the health checks in AWS", "Add GET /health for AWS"),
    (INFRASTRUCTURE, "Deploy to our servers", "Write a guide on how to deploy to our servers"),
    (PIPELINE, "Set up a pipeline that runs mypy", "Let the pipeline run mypy too"),
    (PIPELINE, "Add a deploy job to the CI workflow", "Add the type check to the CI run"),
    (PIPELINE, "Move the pipeline from Jenkins to GitLab CI", "Explain in the docs how GitLab CI works"),
    (CONTAINERS, "Write the Dockerfile", "Document the Docker setup in the README"),
    (SECURITY, "Implement token rotation", "Describe how the token rotation works"),
    ("frontend", "Show the avatar URL in the mobile app", "The mobile app needs the avatar URL in the response"),
    ("frontend", "Fix the frontend, which shows a wrong total", "The frontend expects the total in every response"),
]


@pytest.fixture(scope="module")
def by_rules(rulebook):
    return Predictor(rulebook)


@pytest.mark.parametrize(("target", "higher", "lower"), PAIRS)
def test_the_rules_tell_the_degree(by_rules, target, higher, lower):
    assert target in {entry.target for entry in by_rules.predict(higher).escalate}
    answer = by_rules.predict(lower)
    assert target in {entry.target for entry in answer.collaborate}
    assert answer.core.value
