"""What the model that ships must be able to do, and how its answers may change with the task; gates training too."""

from __future__ import annotations

import re

import pytest

from escalation.errors import InputError
from escalation.files import default_behaviour
from escalation.training.behaviour import check_behaviour, check_case, read_cases

CASES = read_cases(default_behaviour())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case(predictor, case, request):
    if case.known:
        request.applymarker(pytest.mark.xfail(reason=case.known, strict=True))
    assert check_case(predictor, case) is None


def test_there_are_enough_cases_and_few_known_failures():
    assert len(CASES) >= 150
    assert sum(case.known is not None for case in CASES) <= len(CASES) / 10


FAILING = """
[[minimum]]
id = "missing"
text = "Write the Dockerfile"
escalate = ["database-specialist"]
[[minimum]]
id = "too-much"
text = "Write the Dockerfile"
absent = ["*"]
[[minimum]]
id = "own-work"
text = "Write the docstring"
core = false
[[invariance]]
id = "differs"
text = "Write the Dockerfile"
other_text = "Write the docstring"
[[direction]]
id = "other-way"
text = "Write the docstring"
other_text = "Write the Dockerfile"
label = "escalate:docker-compose-specialist"
rises = false
[[direction]]
id = "no-label"
text = "a"
other_text = "b"
label = "escalate:nobody"
[[minimum]]
id = "known"
text = "Write the Dockerfile"
absent = ["*"]
known = "on purpose"
"""


def test_failing_cases_are_found_unless_they_are_known(predictor, tmp_path):
    (tmp_path / "cases.toml").write_text(FAILING)
    findings = check_behaviour(predictor, read_cases(tmp_path / "cases.toml"))
    assert {finding.where: re.split("[,;]", finding.message)[0] for finding in findings} == {
        "missing": "must escalate database-specialist",
        "too-much": "must not escalate docker-compose-specialist",
        "own-work": "core must be false",
        "differs": "must stay the same",
        "other-way": "escalate:docker-compose-specialist must fall",
        "no-label": "'escalate:nobody' is not a label",
    }
    assert {finding.code for finding in findings} == {"H7"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[minimum]]\nid = 'a'", "minimum[0].text is missing"),
        ("[[direction]]\nid = 'a'\ntext = 'b'\nabsent = []", "direction[0].absent is an unknown key"),
        ("[[minimum]]\nid='a'\ntext='b'\n[[invariance]]\nid='a'\ntext='b'", "the id 'a' is used twice"),
        ("[[minimal]]\nid='a'\ntext='b'", "minimal is an unknown key; remove it or use one of minimum, invariance,"),
        ("[[", "is not TOML"),
        ("[[minimum]]\nid = 'a'\ntext = 'b'\nescalate = 'docker'", "minimum[0].escalate must be a list, not text"),
        ("[[minimum]]\nid = 'a'\ntext = ' '", "case 'a': the task is empty"),
        ("[[invariance]]\nid = 'a'\ntext = 'b'\nother_stack = {a = 3}", "case 'a': the Stack Profile"),
    ],
)
def test_an_invalid_file_of_cases_is_an_error(tmp_path, text, message):
    (tmp_path / "cases.toml").write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        read_cases(tmp_path / "cases.toml")


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_cases(tmp_path / "none.toml")
