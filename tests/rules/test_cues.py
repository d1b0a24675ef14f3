"""Every cue of the rulebook that ships, in a text where it must fire and in one where it must not."""

from __future__ import annotations

import pytest

from escalation.rules.evidence import EvidenceReader
from escalation.task.stack import StackProfile

CUES = {
    "work": ("Add a thing", "the addition of things"),
    "complexity": ("a hierarchical category tree", "a flat list of categories"),
    "ordinary": ("a plain CRUD resource", "an event-sourced resource"),
    "negation": ("the name must not be empty", "a notebook about it"),
    "elsewhere": ("return the header unchanged", "the scope of the proxy"),
    "db.migration": ("write the Alembic revision", "birds on their seasonal journey"),
    "db.migration.complex": ("backfill the prices", "fill in the form"),
    "db.schema": ("the database schema", "the JSON schema"),
    "db.table": ("the orders table", "a stable release"),
    "db.design.complex": ("partition the readings by month", "part of the readings"),
    "db.orm.advanced": ("joined table inheritance for payments", "inherit from the base client"),
    "db.query.complex": ("a recursive CTE over departments", "a recursion limit of 50? see sys"),
    "db.load": ("fewer round trips to the database", "load the file"),
    "db.performance": ("EXPLAIN ANALYZE shows a seq scan", "explain the score to users"),
    "db.operations": ("nightly pg_dump with restore", "restore the deleted draft"),
    "db.modelling": ("a foreign key to the customer", "the key to good customers"),
    "db.migration.additive": ("add a nullable column", "the last newspaper columnist"),
    "db.setup": ("a session dependency with sessionmaker", "the user's session expired"),
    "db.persist": ("persist the results", "print the results"),
    "db.efficient": ("eager loading of lines", "loading the file early"),
    "auth.complex": ("rotate the signing keys", "rotate the image by 90 degrees"),
    "auth.custom-flow": ("sign-in by magic link", "link to the magic page"),
    "auth.provider": ("OIDC with PKCE", "the provider of weather data"),
    "auth.password-bearer": ("use OAuth2PasswordBearer", "use OAuth2 with Google"),
    "auth.sign-in": ("the login endpoint", "the catalogue endpoint"),
    "auth.standard": ("hash passwords with bcrypt", "pass the words to the parser"),
    "auth-provider.clerk": ("verify the Clerk session", "the office clerical staff"),
    "auth-provider.supabase": ("Supabase Auth for the API", "a Supabase table"),
    "auth.token": ("the JWT and its cookie", "tokens of the language model"),
    "auth.merely-signed-in": ("orders of the current user", "orders of all users"),
    "client.ui": ("the settings page", "the settings module"),
    "client.detail": ("colours of the charts", "charter flights"),
    "client.state": ("client-side state of the cart", "the state of the order"),
    "client.fetching": ("axios interceptors", "fetch mails by IMAP"),
    "client.native": ("the Android app", "the FastAPI app"),
    "client.contract": ("fields that the frontend needs", "fields that the importer needs"),
    "ops.pipeline": ("a GitHub Actions workflow file", "the order workflow"),
    "ops.container": ("a multi-stage Dockerfile", "a container class for settings"),
    "ops.server": ("nginx as reverse proxy", "a proxy object for tests"),
    "ops.cloud": ("Terraform for the VPC", "a word cloud of tags"),
    "ops.deploy": ("deploy to production", "employ two people"),
    "ops.monitoring": ("Grafana dashboards with Alertmanager", "a summary for the board"),
    "app.operation": ("a readiness probe", "ready-made answers"),
    "app.checks": ("a pre-commit hook", "commit the transaction"),
    "app.carry": ("add the worker to the compose file", "compose a mail"),
    "test.integration": ("integration tests with testcontainers", "the Slack integration"),
    "test.e2e": ("end-to-end tests with Playwright", "an end-to-end encrypted chat"),
    "test.unit": ("unit tests for the parser", "units of measure"),
    "db.many": ("fourteen tables", "one table"),
    "db.column": ("a column of orders", "a columnist"),
    "db.retype": ("split the name column into two columns", "split the name at the comma"),
    "db.type-change": ("from text to numeric", "from the text"),
    "db.primary-key": ("change the primary key", "the primary colour"),
    "db.tenancy": ("add multi-tenancy", "the tenants of a house"),
    "db.tenant.check": ("filter by tenant", "list the tenants"),
    "db.additive.only": ("add a column", "an additional writer"),
    "db.adds": ("add it", "the addition"),
    "db.column.word": ("a column", "a columnist"),
    "db.restore": ("restore the database", "restore the paragraph"),
    "db.migration.live": ("existing rows", "new rows"),
    "client.who": ("the mobile app", "the customer"),
    "client.needs": ("it needs a list", "a list"),
    "client.displays": ("it shows a list", "the show"),
    "client.agree": ("agree on the fields", "the agreement"),
    "client.so": ("so that it can sort", "sort it"),
    "client.build": ("fix the React form", "fix the total"),
    "api.verb": ("return the url", "the way back"),
    "api.ask": ("return it in the response", "it is red"),
    "api.answer": ("in the response", "in the room"),
    "app.front": ("set root_path", "set the path"),
    "server.work": ("change the nginx config", "nginx is there"),
    "ci": ("in the pipeline", "in the pipe"),
    "ci.named": ("in CI", "in the pipeline"),
    "ci.run": ("run it too", "the runner"),
    "ci.ships": ("on every push", "push it"),
    "ci.built": ("set up a pipeline", "run the pipeline"),
    "check": ("the tests", "the testimony"),
    "check.tool": ("mypy", "a check"),
    "container.write": ("write the Dockerfile", "the Dockerfile"),
    "e2e.word": ("test it end to end", "from end to start"),
    "test.word": ("a test scenario", "the contest"),
    "core.data": ("the field of a response", "a meadow"),
    "files": ("uploaded images", "an imaginary number"),
    "documents.only": ("document the setup", "a documented setup"),
    "core.api": ("an endpoint with a Pydantic model", "a screen with a button"),
    "core.python": ("upgrade mypy", "upgrade the logo"),
    "core.service": ("the import script", "the party"),
    "core.test": ("write tests", "the tested product"),
    "documents": ("update the README", "read me a story"),
    "other-language": ("Refactor the Haskell type checker", "Go to the lisping parrot"),
    "other-product": ("Flash the firmware", "Keep the drafts in a word"),
    "errand": ("Book a room for Thursday", "List the rooms of a booking"),
    "api-word": ("Add a field to the response", "Paint the fence"),
    "chores": ("clean up the inventory", "invent a name"),
    "to-fastapi": ("move the Express routes to FastAPI", "FastAPI has routes"),
    "fastapi-expertise": ("Pydantic validators", "the validator of tickets"),
}


@pytest.fixture(scope="module")
def cues_in(rulebook):
    reader = EvidenceReader(rulebook)
    return lambda text: {mention.cue for mention in reader.read(text, StackProfile()).mentions}


def test_every_cue_has_its_pair(rulebook):
    assert set(CUES) == set(rulebook.cues)


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_fires_where_it_must_and_nowhere_else(cues_in, cue):
    fires, silent = CUES[cue]
    assert cue in cues_in(fires)
    assert cue not in cues_in(silent)


def test_every_technology_is_found_by_its_name_or_an_alias(rulebook):
    reader = EvidenceReader(rulebook)
    for technology in rulebook.technologies.values():
        for alias in technology.aliases:
            text = alias.replace("|", " ").split("?")[0]
            assert technology.name in reader.read(f"about {text} here", StackProfile()).technologies, alias


def test_a_technology_is_not_found_inside_another_word(cues_in):
    for text in ("reactive streams", "awsome", "expression", "nextcloud", "dockland", "clerkship", "vuelta"):
        assert not [cue for cue in cues_in(text) if cue.startswith("tech.")]
