from __future__ import annotations

import pytest

from escalation import Predictor
from escalation.cli.answer import as_text

ASK = "Return 404 for unknown orders."


@pytest.fixture(scope="module")
def by_rules(rulebook):
    return Predictor(rulebook)


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        (ASK, []),
        (f"Do not touch the Dockerfile. {ASK}", [("Do not touch the Dockerfile.", "excluded")]),
        (f"- [x] Write the Dockerfile\n- [ ] {ASK}", [("Write the Dockerfile", "done")]),
        (f"{ASK}\n\n## Environment\n\nnginx 1.25", [("Environment\n\nnginx 1.25", "circumstance")]),
        # Neighbours with the same status and reason are one.
        (
            f"- [x] Write the Dockerfile\n- [x] Add the CI job\n- [ ] {ASK}",
            [("Write the Dockerfile\n- [x] Add the CI job", "done")],
        ),
    ],
)
def test_what_is_not_asked_is_listed(by_rules, text, ignored):
    answer = by_rules.predict(text)
    assert [(part.text, part.status) for part in answer.ignored] == ignored
    assert all(text[part.start : part.end] == part.text and part.why for part in answer.ignored)
    assert answer.escalate == ()
    assert answer.to_dict()["ignored"] == [
        {"text": part.text, "start": part.start, "end": part.end, "status": part.status, "why": part.why}
        for part in answer.ignored
    ]


def test_offsets_are_those_of_the_text_as_it_came(by_rules):
    text = f"Do not touch the Docker\u00adfile &amp; nginx. {ASK}"
    (part,) = by_rules.predict(text).ignored
    assert part.text == text[part.start : part.end] == "Do not touch the Docker\u00adfile &amp; nginx."


def test_it_is_listed_without_reasons_and_in_explanations_too(by_rules):
    text = f"Do not touch the Dockerfile. {ASK}"
    parts = by_rules.predict(text).ignored
    assert by_rules.predict(text, reasons=False).ignored == by_rules.explain(text).ignored == parts


def test_a_terminal_shows_at_most_ten(by_rules):
    lines = [f"- [x] Step {number}\n- Return {number}00 for unknown orders" for number in range(12)]
    shown = as_text(by_rules.predict("\n".join(lines)))
    assert "\x1b[9mStep 9\x1b[0m  (done: ticked box)" in shown
    assert "… and 2 more" in shown
    assert "Step 10" not in shown
