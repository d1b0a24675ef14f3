"""An answer as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.cli.terminal import Styled, line, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from escalation.answer.prediction import Entry, Ignored, Prediction, Question, Reason

_SHOWN = 60
"""Characters of a quotation."""
_PARTS = 20
"""Parts that are listed; `--json` has all of them."""
_LEFT_OUT = 10
"""Parts left out that are listed."""
_INDENT = "  "


def as_text(answer: Prediction) -> str:
    """Show who gets which part and why, over several lines."""
    return "\n".join(_lines(answer))


def left_out(reasons: Mapping[str, int]) -> str:
    """Say how many entries of a list are left out, and why.

    >>> left_out({"done": 12, "cancelled": 3, "pull request": 1})
    'left out: 12 done, 3 cancelled (--include-done brings them back); 1 pull request'
    """
    from escalation.sources.source import is_done

    ended = [
        f"{count:,} {reason}" for reason, count in reasons.items() if is_done(reason) or reason == "struck through"
    ]
    others = [f"{count:,} {reason}" for reason, count in reasons.items() if f"{count:,} {reason}" not in ended]
    back = f"{', '.join(ended)} (--include-done brings them back)" if ended else ""
    return f"left out: {'; '.join(filter(None, (back, ', '.join(others))))}"


def percent(probability: float) -> str:
    """Return a probability as a percentage that claims neither impossibility nor certainty.

    >>> percent(0.47), percent(0.001), percent(0.9999)
    ('47 %', '<1 %', '>99 %')
    """
    if probability < 0.005:
        return "<1 %"
    return ">99 %" if probability > 0.995 else f"{100 * probability:.0f} %"


def verdict(probability: float | None, source: str) -> str:
    """Say how probable the model finds a label, and whether the rules, a correction or a teacher decided it.

    >>> verdict(0.47, "rules")
    'model 47 %, decided by rule'
    """
    said = "" if probability is None else f"model {percent(probability)}"
    ruled = {"rules": "decided by rule", "correction": "as corrected", "teacher": "as a teacher says"}.get(source, "")
    return ", ".join(filter(None, (said, ruled)))


def _lines(answer: Prediction) -> Iterator[str]:
    yield from _section("Escalate", answer.escalate)
    yield from _section("Collaborate", answer.collaborate)
    own = "yes" if answer.core.value else "no"
    yield line(_title("Own work"), f"{own} ({verdict(answer.core.probability, answer.core.source)})")
    for reason in answer.core.reasons:
        yield line(f"{_INDENT}{reason.id}: {_quoted(reason.text)}")
    if answer.parts:
        yield line(Styled("Parts", bold=True))
        for part in answer.parts[:_PARTS]:
            to = [f"escalate {mode}" for mode in part.escalate] + [f"collaborate {mode}" for mode in part.collaborate]
            whole = f"  (part of {_quoted(part.context)})" if part.context else ""
            yield line(f"{_INDENT}{_quoted(part.text)} → {', '.join(to)}{whole}")
        if len(answer.parts) > _PARTS:
            yield f"{_INDENT}… and {len(answer.parts) - _PARTS} more"
    yield from _left_out(answer.ignored)
    if answer.correction is not None:
        who = {"person": "a person", "agent": "an agent", "teacher": "a teacher"}[answer.correction.by]
        yield line(_title("Corrected"), f"by {who} (correction {answer.correction.id})")
    if answer.teacher is not None:
        said = f": {_quoted(answer.teacher.reason)}" if answer.teacher.reason else ""
        yield line(_title("Teacher"), f"{answer.teacher.name}, asked as call {answer.teacher.calls:,}{said}")
    if answer.undecided:
        near = (
            f"{label.disposition} {label.target} (model {percent(label.probability)})" for label in answer.undecided
        )
        yield line(_title("Undecided"), ", ".join(near))
    if answer.unclear is not None:
        yield line(_title("Unclear"), answer.unclear.meaning)
        yield from _questions(answer.unclear.questions)
    if answer.accept is not None:
        verb = "accept" if answer.accept.value else "decline"
        section = f" ({answer.accept.section})" if answer.accept.section else ""
        yield line(_title("Delegation"), f"{verb}: {answer.accept.reason}{section}")
    if answer.promise is not None:
        yield line(
            _title("Caution"),
            f"a mode is named in {percent(answer.promise.recall)} of the tasks that need it, "
            f"with {percent(answer.promise.confidence)} confidence",
        )
        if answer.promise.not_attainable:
            yield line(_title(""), f"not attainable for {', '.join(answer.promise.not_attainable)}")
    if answer.abstained and (answer.unclear is None or answer.unclear.reason != "nothing_asked"):
        yield line(_title("Note"), f"{answer.abstained}; the rules alone answered")
    if answer.model and "parent" in answer.model:
        yield line(_title("Model"), answer.model["name"])
    if answer.core.probability is not None:
        yield line(Styled("model N %: the model finds it N % probable that the task needs this", dim=True))


def _left_out(ignored: tuple[Ignored, ...]) -> Iterator[str]:
    if not ignored:
        return
    yield line(Styled("Left out", bold=True))
    for part in ignored[:_LEFT_OUT]:
        yield line(_INDENT, Styled(one_line(part.text, _SHOWN), strikethrough=True), f"  ({part.status}: {part.why})")
    if len(ignored) > _LEFT_OUT:
        yield f"{_INDENT}… and {len(ignored) - _LEFT_OUT} more"


def _questions(questions: Iterable[Question]) -> Iterator[str]:
    for question in questions:
        yield line(_INDENT, question.question)
        for option in question.options:
            to = [f"escalate {mode}" for mode in option.escalate]
            to += [f"collaborate {mode}" for mode in option.collaborate]
            to += ["own work"] if option.core else []
            yield line(f"{_INDENT}{_INDENT}{option.answer} → {', '.join(to) or 'nobody'}")


def _section(title: str, entries: tuple[Entry, ...]) -> Iterator[str]:
    if not entries:
        yield line(_title(title), "nobody")
        return
    yield line(Styled(title, bold=True))
    width = max(len(entry.target) for entry in entries)
    for entry in entries:
        group = "" if entry.mode else f", {_open_group(entry)}"
        name = Styled(entry.target, "cyan", bold=True)
        gap = " " * (width - len(entry.target) + 2)
        yield line(_INDENT, name, f"{gap}{verdict(entry.probability, entry.source)}{group}")
        for reason in _reasons(entry.reasons):
            yield line(f"{_INDENT}{_INDENT}{reason}")


def _open_group(entry: Entry) -> str:
    if not entry.candidates:
        return "a group without a mode on the roster"
    return f"a group: {' or '.join(entry.candidates)}"


def _reasons(reasons: tuple[Reason, ...]) -> Iterable[str]:
    rules: dict[tuple[str, str], list[str]] = {}
    for reason in reasons:
        if reason.kind == "rule":
            rules.setdefault((reason.id or "", reason.section or ""), []).append(_quoted(reason.text))
    for (name, section), quotations in rules.items():
        yield f"rule {name}: {', '.join(dict.fromkeys(quotations))}  [{section}]"
    for kind, title in (("term", "words"), ("cue", "cues")):
        weighed = [
            f"{one_line(reason.text, _SHOWN)} {reason.weight:+.2f}"
            for reason in reasons
            if reason.kind == kind and reason.weight is not None
        ]
        if weighed:
            yield f"{title} {', '.join(weighed)}"
    for reason in reasons:
        if reason.kind in ("text", "stack"):
            yield f"{reason.id} in the {'text' if reason.kind == 'text' else 'Stack Profile'}"
        elif reason.kind == "fallback":
            yield reason.text


def _quoted(text: str) -> str:
    return f'"{one_line(text, _SHOWN)}"'


def _title(text: str) -> Styled:
    return Styled(f"{text:13}", bold=True)
