"""What the names in Stack Profiles mean, and what is said of those that mean nothing."""

from __future__ import annotations

import pytest

from escalation import Predictor, StackProfile
from escalation.rules.evidence import EvidenceReader


@pytest.fixture(scope="module")
def stacks(rulebook):
    return EvidenceReader(rulebook).stacks


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"frontend": {"framework": "React 19", "language": "TypeScript"}}, {"React": "frontend"}),
        ({"anything": "PostgreSQL 16 (Neon)"}, {"PostgreSQL": "database"}),
        ({"User Management": "supabase"}, {"Supabase Auth": "auth"}),
        ({"backend": {"authentication": {"supabase": True}}}, {"Supabase Auth": "auth"}),
        ({"persistence": ["supabase"]}, {"Supabase": "database"}),
        (
            {"infrastructure": {"docker": True, "githubActions": "deploys main"}},
            {"Docker": "container", "GitHub Actions": "ci"},
        ),
        (
            {"dependencies": {"next": "15.0.3", "psycopg2-binary": "2.9"}},
            {"React": "frontend", "PostgreSQL": "database"},
        ),
        ({"PostgreSQL": {"role": "orders", "port": 5432}}, {"PostgreSQL": "database"}),
        ({"server": "Vector store"}, {"Vector store": "database"}),
        ({"frontend": "none", "auth": "Vue (not React)"}, {"Vue": "frontend"}),
        ({"docker": False, "cache": "no Redis"}, {}),
        ({"frontend": "not React but Vue"}, {"Vue": "frontend"}),
        ({"frontend": "migrating from Angular to React"}, {"React": "frontend"}),
        ({"stack": [{"layer": "Auth", "technology": "Clerk", "reason": "simpler than Auth0"}]}, {"Clerk": "auth"}),
    ],
)
def test_a_technology_is_known_wherever_it_is_written(stacks, profile, expected):
    assert stacks.technologies(StackProfile.of(profile)) == expected


def test_every_technology_is_known_by_its_own_name(stacks, rulebook):
    for technology in rulebook.technologies.values():
        assert technology.name in stacks.technologies(StackProfile({technology.category: (technology.name,)}))


@pytest.mark.parametrize(
    ("profile", "warnings"),
    [
        ({"backend": "Foo", "language": "Elvish", "frontend": ["React", "Tailwind"], "type": "x"}, []),
        ({"frontend": ["Raect", "Frobnicator"]}, ["'Raect' (did you mean 'React'?)", "'Frobnicator'"]),
        ({"database": {"provider": "Firestore", "emulator": True, "replicas": 3}}, []),
        ({"cloud": ["a1", "b2", "c3", "d4", "a1"]}, ["'a1'", "'b2'", "'c3'", "1 more"]),
        ({"cloud": "x" * 200}, [f"'{'x' * 39}…'"]),
    ],
)
def test_what_is_not_understood_is_named_once(stacks, profile, warnings):
    assert stacks.warnings(profile) == warnings


def test_unknown_categories_are_named_on_request(stacks):
    profile = StackProfile.parse("fronted=react,foo=redis,authentication=clerk")
    assert stacks.warnings(profile, categories=True) == [
        "category 'fronted' (did you mean 'frontend'?)",
        "category 'foo'",
    ]


@pytest.mark.parametrize(
    ("stack", "mode"),
    [
        ({"stack": {"frontend": {"framework": "React 19"}}}, "react-specialist"),
        ({"techStack": [{"name": "Vue.js", "version": "3.5"}]}, "vuejs-developer"),
    ],
)
def test_python_callers_pass_what_they_have(rulebook, stack, mode):
    predictor = Predictor(rulebook)
    assert [entry.mode for entry in predictor.predict("Fix the settings page", stack).escalate] == [mode]
    task = {"text": "Fix the settings page", "stack": stack}
    assert [entry.mode for entry in predictor.predict(task).escalate] == [mode]
