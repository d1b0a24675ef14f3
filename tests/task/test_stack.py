from __future__ import annotations

import json
from types import MappingProxyType

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from escalation.errors import InputError
from escalation.task.stack import StackProfile


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("frontend=react,auth=clerk", {"frontend": ("react",), "auth": ("clerk",)}),
        ("Database = PostgreSQL , Redis,frontend=Vue", {"database": ("PostgreSQL", "Redis"), "frontend": ("Vue",)}),
        ("frontend=none,auth=N/A", {"frontend": (), "auth": ()}),
    ],
)
def test_a_profile_on_the_command_line(argument, expected):
    assert StackProfile.parse(argument).technologies == expected


# In the shapes of real profiles.
NESTED = {
    "frontend": {"framework": "React 19", "language": "TypeScript"},
    "database": {"type": "NoSQL", "provider": "Firestore", "emulator": True},
    "potential_specialist_modes": ["vuejs-developer"],
}
ROWS = {
    "name": "shop",
    "version": "1.2.0",
    "description": "Moved from MongoDB last year",
    "techStack": {
        "frontend": [{"name": "React", "version": "19", "purpose": "replaces Angular"}],
        "infra": {"githubActions": True, "docker": {"enabled": False, "version": "27"}, "kubernetes": "no"},
    },
}
FREE = {
    "backend": "FastAPI 0.115 (Python 3.12)",
    "frontend": "React 19 with Vite and Tailwind",
    "db": "PostgreSQL 16 (Neon)",
    "cache": "n/a",
    "queue": "Redis (planned)",
    "auth": "TBD (Clerk or Auth0)",
    "search": "Meilisearch (not Elasticsearch)",
    "extra": None,
}
SHAPES = {
    "nested": (
        NESTED,
        {
            "frontend.framework": ("React 19",),
            "frontend.language": ("TypeScript",),
            "database.type": ("NoSQL",),
            "database.provider": ("Firestore",),
            "database.emulator": ("emulator",),
        },
    ),
    "rows in a wrapper": (ROWS, {"frontend": ("React",), "infra.github_actions": ("github_actions",)}),
    "free texts": (
        FREE,
        {
            "backend": ("FastAPI 0.115 (Python 3.12)",),
            "frontend": ("React 19 with Vite and Tailwind",),
            "db": ("PostgreSQL 16 (Neon)",),
            "search": ("Meilisearch ()",),
        },
    ),
    "versions": (
        {"dependencies": {"react": "^19.0.0", "next": ">=14, <16", "zod": "latest", "node": 22}},
        {f"dependencies.{name}": (name,) for name in ("react", "next", "zod", "node")},
    ),
    "wrappers": ({"tech_stack": {"technologies": ["React", "Clerk"]}}, {"": ("React", "Clerk")}),
    "detected": ({"version": 3, "detected_stack": {"auth": "Clerk", "x": None}}, {"auth": ("Clerk",)}),
    "categories in rows": ({"stack": [{"category": "Auth", "name": "Clerk"}]}, {"auth": ("Clerk",)}),
    "switches": (
        {"docker": True, "redis": {"enabled": "yes"}, "nginx": False},
        {"docker": ("docker",), "redis": ("redis",)},
    ),
    "only a version": ({"postgresql": {"version": "16"}}, {"postgresql": ("postgresql",)}),
    "evidence": ({"technologies": {"React": {"confidence": 0.9, "evidence": ["a.tsx"]}}}, {"react": ("react",)}),
    "numbers": ({"frontend": 3, 4: ["React"], "replicas": 0}, {"frontend": ("frontend",), "4": ("React",)}),
    "none": ({"frontend": "none", "auth": [], "cache": {"provider": "None yet."}, "queue": "no Celery"}, {}),
    "another case": ({"Frontend": ["React"], "frontend": "Vue"}, {"frontend": ("React", "Vue")}),
    "a list": (["React", {"name": "Clerk"}], {"": ("React", "Clerk")}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_names_are_found_in_every_shape(shape, tmp_path):
    value, expected = SHAPES[shape]
    assert StackProfile.of(value).technologies == expected
    (tmp_path / "profile.json").write_text(json.dumps(value))
    (tmp_path / "profile.yml").write_text(yaml.safe_dump(value, sort_keys=False))
    for name in ("profile.json", "profile.yml"):
        assert StackProfile.parse(str(tmp_path / name)).technologies == expected


def test_any_mapping_is_a_profile():
    assert StackProfile.of(MappingProxyType({"frontend": ["React"]})).technologies == {"frontend": ("React",)}


@pytest.mark.parametrize(
    ("value", "message"), [([], "list, not a mapping"), ([1], "list"), ("react", "str, not a mapping")]
)
def test_what_is_neither_a_mapping_nor_names_is_rejected(value, message):
    with pytest.raises(InputError, match=message) as error:
        StackProfile.of(value)
    assert '{"category": ["name"' in str(error.value)


values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8) | st.integers(), values, max_size=4))
def test_no_object_is_an_error(value):
    for names in StackProfile.of(value).technologies.values():
        assert all(names)


@pytest.mark.parametrize("argument", ["none.json", "=react", "react,frontend=vue", "frontend=,auth=x", "x" * 5000])
def test_a_bad_argument_is_rejected(argument):
    with pytest.raises(InputError):
        StackProfile.parse(argument)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("stack.json", b"\xff{", "is not UTF-8"),
        ("deep.json", b"[" * 100_000, "nested more than 64 levels deep"),
        ("stack.yaml", b"{frontend: [", "is not YAML"),
        ("stack.yml", b"a: &a [*a]", "is not YAML"),
        ("stack.yml", b"!!python/object/apply:os.getcwd []", "is list, not a mapping"),
        ("stack.yml", b"just words", "is str, not a mapping"),
    ],
)
def test_a_broken_file_is_rejected(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        StackProfile.parse(str(tmp_path / name))


def test_a_value_that_repeats_itself_without_end_is_read_in_part():
    value = {"frontend": ["React", "Vue"], "more": [None]}
    for _ in range(20):
        value["more"] = [value["more"]] * 9
    value["self"] = value
    assert StackProfile.of(value).technologies["frontend"] == ("React", "Vue")


def test_an_empty_profile_is_false():
    assert not StackProfile.of(None)
    assert not StackProfile.of({"frontend": []})
    assert StackProfile.of({"frontend": "React"})
