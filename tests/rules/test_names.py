"""Other names of modes: in any spelling for people, in one place for whoever renames a mode."""

from __future__ import annotations

import re

import pytest

from escalation import Predictor, load_rulebook
from escalation.errors import ModelError, RulebookError
from escalation.files import default_model, default_rulebook
from escalation.model import read_model
from escalation.rules.names import find_modes, nearest_mode

SHIPPED = default_rulebook().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "modes"),
    [
        ("technical-architect", ("technical-architect",)),
        ("Technical Architect", ("technical-architect",)),
        ("🏗️ TECHNICAL_ARCHITECT", ("technical-architect",)),
        ("core-architect", ("technical-architect",)),
        ("manager_onboarding", ("project-onboarding",)),
        ("Vue.js developer", ("vuejs-developer",)),
        ("dev-react", ("react-specialist",)),
        ("lead-devops", ("infrastructure-specialist", "cicd-specialist")),
        ("Framework FastAPI", ("fastapi-developer",)),
        ("nobody", ()),
        ("", ()),
        ("--", ()),
    ],
)
def test_a_mode_is_found_by_any_of_its_names(rulebook, name, modes):
    assert find_modes(rulebook, name) == modes


def test_the_nearest_name_is_found(rulebook):
    assert nearest_mode(rulebook, "tecnical architect") == "technical-architect"
    assert nearest_mode(rulebook, "core-arcitect") == "core-architect"
    assert nearest_mode(rulebook, "q" * 100_000) is None


def renamed(tmp_path, old, new, *, everywhere, alias=True):
    """Return the shipped rulebook with a mode renamed, in its own table or everywhere."""
    table = re.search(rf'slug = "{old}"\ntitle = [^\n]*\naliases = [^\n]*\n', SHIPPED)[0]
    title = table.splitlines()[1]
    text = SHIPPED.replace(table, f'slug = "{new}"\n{title}\n' + (f'aliases = ["{old}"]\n' if alias else ""))
    if everywhere:
        kept = f'aliases = ["{old}"]'
        text = text.replace(f'"{old}"', f'"{new}"').replace(f':{old}"', f':{new}"')
        text = text.replace(f'aliases = ["{new}"]', kept)
    (tmp_path / "team.toml").write_text(text, encoding="utf-8")
    return tmp_path / "team.toml"


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "task"),
    [
        ("react-specialist", "dev-react", "Fix Settings.tsx"),
        ("database-specialist", "data-specialist", "Split the users table without downtime"),
        ("docker-compose-specialist", "infra-compose", "Write the Dockerfile"),
    ],
)
def test_a_mode_is_renamed_without_training(tmp_path, predictor, old, new, task, everywhere):
    team = Predictor.load(rulebook=renamed(tmp_path, old, new, everywhere=everywhere))
    before, after = predictor.predict(task), team.predict(task)
    assert (team.engine, after.abstained) == ("hybrid", None)
    assert old in [entry.mode for entry in before.escalate]
    assert [entry.mode for entry in after.escalate] == [
        new if entry.mode == old else entry.mode for entry in before.escalate
    ]
    assert [entry.probability for entry in after.escalate] == [entry.probability for entry in before.escalate]
    assert team.predict(task, delegated_by=old).accept.delegated_by == new
    assert set(team.model.labels) == set(team.rulebook.labels) == set(team.model.policies)


def test_a_mode_renamed_without_its_old_name_is_another_mode(tmp_path):
    book = load_rulebook(renamed(tmp_path, "cicd-specialist", "pipelines", everywhere=True, alias=False))
    with pytest.raises(ModelError, match="if cicd-specialist has a new name, list the old one under aliases"):
        read_model(default_model(), book)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'aliases = ["dev-react"',
            'aliases = ["e2e-tester"',
            "aliases has 'e2e-tester', which is the slug of a mode or",
        ),
        (
            'aliases = ["dev-react"',
            'aliases = ["frontend"',
            "aliases has 'frontend', which is the slug of a mode or group",
        ),
        (
            'targets = ["cicd-specialist"]',
            'targets = ["lead-devops"]',
            "an alias of infrastructure-specialist and cicd-spe",
        ),
        ("aliases = {api-developer", "aliases = {hue", "aliases names 'hue', which modes does not list"),
        ('name = "bucket"\n', 'name = "pail"\n', "name is 'pail', which no technology has"),
        (
            'packages = ["solid-js"',
            'packages = ["Solid JS"',
            "packages has 'Solid JS'; write a package's name in lower",
        ),
        ('variables = ["CLERK_"]', 'variables = ["clerk_"]', "variables has 'clerk_'; write a variable's name or its"),
        ('images = ["neo4j"]', 'images = ["*"]', "images has '*', which every repository has"),
    ],
)
def test_faults_of_names_and_signs(tmp_path, old, new, message):
    assert old in SHIPPED
    (tmp_path / "team.toml").write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulebookError, match=re.escape(message)):
        load_rulebook(tmp_path / "team.toml")
