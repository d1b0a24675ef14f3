"""What the model that ships must be able to do, and how its answers may change with the task; gates training too."""

from __future__ import annotations

import pytest

from escalation.errors import InputError
from escalation.files import default_behaviour
from escalation.training.behaviour import check_behaviour, check_case, read_cases

CASES = read_cases(default_behaviour())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.id}")
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
[[minimum]]
id = "known"
text = "Write the Dockerfile"
absent = ["*"]
known = "on purpose"
"""


def test_what_fails_is_found_and_what_is_known_is_passed_over(predictor, tmp_path):
    (tmp_path / "cases.toml").write_text(FAILING)
    findings = check_behaviour(predictor, read_cases(tmp_path / "cases.toml"))
    assert {finding.task: finding.message.split(",")[0] for finding in findings} == {
        "missing": "must escalate database-specialist",
        "too-much": "must leave out docker-compose-specialist",
        "differs": "must stay the same",
        "other-way": "escalate:docker-compose-specialist must fall",
    }
    assert {finding.code for finding in findings} == {"H7"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[minimum]]\nid = 'a'", "minimum case 1: lacks or cannot have text"),
        ("[[direction]]\nid = 'a'\ntext = 'b'\nabsent = []", "lacks or cannot have absent"),
        ("[[minimum]]\nid='a'\ntext='b'\n[[invariance]]\nid='a'\ntext='b'", "'a' stands there twice"),
        ("[[minimal]]\nid='a'\ntext='b'", "unknown tables minimal"),
        ("[[", "is no TOML"),
        ("minimum = 3", "minimum case 1: is no table"),
        ("[[minimum]]\nid = ['a']\ntext = 'b'", "id is"),
        ("[[minimum]]\nid = 'a'\ntext = ' '", "the task is empty"),
        ("[[minimum]]\nid = 'a'\ntext = 'b'\nescalate = 'docker'", "escalate is 'docker'"),
        ("[[direction]]\nid = 'a'\ntext = 'b'\nother_text = 'c'", "lacks or cannot have label"),
    ],
)
def test_a_file_of_cases_that_is_wrong_is_refused(tmp_path, text, message):
    (tmp_path / "cases.toml").write_text(text)
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        read_cases(tmp_path / "cases.toml")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_cases(tmp_path / "none.toml")
