from __future__ import annotations

import json

import pytest

from escalation.errors import InputError
from escalation.stack import StackProfile


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("frontend=react,auth=clerk", {"frontend": ("react",), "auth": ("clerk",)}),
        ("Database = PostgreSQL , Redis,frontend=Vue", {"database": ("PostgreSQL", "Redis"), "frontend": ("Vue",)}),
    ],
)
def test_a_profile_on_the_command_line(argument, expected):
    assert StackProfile.parse(argument).technologies == expected


def test_a_profile_in_a_file_also_under_detected_stack(tmp_path):
    path = tmp_path / "stack_profile.json"
    path.write_text(json.dumps({"version": 3, "detected_stack": {"frontend": ["React"], "auth": "Clerk", "x": None}}))
    profile = StackProfile.parse(str(path))
    assert profile.technologies == {"frontend": ("React",), "auth": ("Clerk",), "x": ()}
    assert profile.as_mapping()["auth"] == ["Clerk"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "list, not a mapping"),
        ("react", "str, not a mapping"),
        ({"frontend": 3}, "category 'frontend': 3 is no list"),
        ({"frontend": [{"name": "React"}]}, "is no list of names"),
        ({3: ["React"]}, "category 3"),
        ({"detected_stack": 1}, "key 'detected_stack' is int"),
    ],
)
def test_another_shape_is_refused_with_the_right_one(value, message):
    with pytest.raises(InputError, match=message) as error:
        StackProfile.of(value)
    assert '{"frontend": ["React"]' in str(error.value)


@pytest.mark.parametrize("argument", ["none.json", "=react", "react,frontend=vue", "frontend=,auth=x"])
def test_a_bad_argument_is_refused(argument):
    with pytest.raises(InputError):
        StackProfile.parse(argument)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    path = tmp_path / "stack.json"
    path.write_bytes(b"\xff{")
    with pytest.raises(InputError, match="is not JSON"):
        StackProfile.parse(str(path))


def test_an_empty_profile_is_false():
    assert not StackProfile.of(None)
    assert not StackProfile.of({"frontend": []})
    assert StackProfile.of({"frontend": "React"})
