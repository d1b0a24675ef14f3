from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from escalation.errors import InputError
from escalation.task.stack import StackProfile


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


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "list, not a mapping"),
        ("react", "str, not a mapping"),
        ({"frontend": 3}, "category 'frontend': 3 is not a list"),
        ({"frontend": [{"name": "React"}]}, "is not a list of names"),
        ({3: ["React"]}, "category 3"),
        ({"detected_stack": 1}, "key 'detected_stack' is int"),
    ],
)
def test_another_shape_is_rejected_with_the_right_one(value, message):
    with pytest.raises(InputError, match=message) as error:
        StackProfile.of(value)
    assert '{"category": ["name"' in str(error.value)


@pytest.mark.parametrize("argument", ["none.json", "=react", "react,frontend=vue", "frontend=,auth=x", "x" * 5000])
def test_a_bad_argument_is_rejected(argument):
    with pytest.raises(InputError):
        StackProfile.parse(argument)


def test_a_file_that_is_not_json_is_rejected(tmp_path):
    path = tmp_path / "stack.json"
    path.write_bytes(b"\xff{")
    with pytest.raises(InputError, match="is not UTF-8"):
        StackProfile.parse(str(path))


def test_categories_that_differ_in_case_are_one():
    assert StackProfile.of({"Frontend": ["React"], "frontend": "Vue"}).technologies == {"frontend": ("React", "Vue")}


def test_any_mapping_is_a_profile():
    assert StackProfile.of(MappingProxyType({"frontend": ["React"]})).technologies == {"frontend": ("React",)}


def test_a_file_nested_without_end_is_rejected(tmp_path):
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="nested more than 64 levels deep"):
        StackProfile.parse(str(tmp_path / "deep.json"))


def test_an_empty_profile_is_false():
    assert not StackProfile.of(None)
    assert not StackProfile.of({"frontend": []})
    assert StackProfile.of({"frontend": "React"})
