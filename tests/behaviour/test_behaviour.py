"""What the model that ships must be able to do, and how its answers may change with the task; gates training too."""

from __future__ import annotations

import re

import msgspec
import pytest

from escalation.errors import InputError
from escalation.files import default_behaviour
from escalation.training.behaviour import Direction, Invariance, Minimum, check_behaviour, check_case, read_cases

DOCKER = "escalate:docker-compose-specialist"
CASES = read_cases(default_behaviour())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case(predictor, case, request):
    if case.known:
        request.applymarker(pytest.mark.xfail(reason=case.known, strict=True))
    assert check_case(predictor, case) is None


def test_there_are_enough_cases_and_few_known_failures():
    assert len(CASES) >= 150
    assert sum(case.known is not None for case in CASES) <= len(CASES) / 10


DOCKERFILE, DOCSTRING = "Write the Dockerfile", "Write the docstring"
FAILING = [
    (Minimum("a", DOCKERFILE, escalate=["database-specialist"]), "must escalate database-specialist, but"),
    (Minimum("b", DOCKERFILE, absent=["*"]), "must not escalate docker-compose-specialist"),
    (Minimum("c", DOCSTRING, core=False), "core must be false"),
    (Invariance("d", DOCKERFILE, other_text=DOCSTRING), "must stay the same"),
    (Direction(id="e", text=DOCSTRING, other_text=DOCKERFILE, label=DOCKER, rises=False), f"{DOCKER} must fall"),
    (Direction(id="f", text="a", other_text="b", label="escalate:nobody"), "'escalate:nobody' is not a label"),
]


@pytest.mark.parametrize(("case", "message"), FAILING)
def test_a_failing_case_is_a_finding_unless_it_is_known(predictor, case, message):
    [finding] = check_behaviour(predictor, [case, msgspec.structs.replace(case, known="on purpose")])
    assert (finding.code, finding.where) == ("H7", case.id)
    assert finding.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[minimum]]\nid = 'a'", "minimum[0].text is missing"),
        ("[[direction]]\nid = 'a'\ntext = 'b'\nabsent = []", "direction[0].absent is an unknown key"),
        ("[[minimum]]\nid='a'\ntext='b'\n[[invariance]]\nid='a'\ntext='b'", "the id 'a' is used twice"),
        ("[[minimal]]\nid='a'\ntext='b'", "minimal is an unknown key; remove it or use one of minimum, invariance,"),
        ("[[", "is not TOML"),
        (None, "cannot be read"),
        ("[[minimum]]\nid = 'a'\ntext = 'b'\nescalate = 'docker'", "minimum[0].escalate must be a list, not text"),
        ("[[minimum]]\nid = 'a'\ntext = ' '", "case 'a': the task is empty"),
        ("[[invariance]]\nid = 'a'\ntext = ' '", "case 'a': the task is empty"),
    ],
)
def test_an_invalid_file_of_cases_is_an_error(tmp_path, text, message):
    if text is not None:
        (tmp_path / "cases.toml").write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        read_cases(tmp_path / "cases.toml")
