"""An answer as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.answer.prediction import Entry, Prediction, Reason

_SHOWN = 60
_PARTS = 20
"""As many parts are listed; `--json` has them all."""


def as_text(answer: Prediction) -> str:
    """Show who gets what and why, over several lines."""
    lines = [*_section("Escalate", answer.escalate), *_section("Collaborate", answer.collaborate)]
    own = "yes" if answer.core.value else "no"
    lines.append(f"{_bold('Own work')}     {own}{_percent(answer.core.probability)}, by {_by(answer.core.source)}")
    if answer.parts:
        lines.append(_bold("Parts"))
        for part in answer.parts[:_PARTS]:
            whom = [f"escalate {mode}" for mode in part.escalate] + [f"collaborate {mode}" for mode in part.collaborate]
            under = f'  (of "{_short(part.context)}")' if part.context else ""
            lines.append(f'  "{_short(part.text)}"  → {", ".join(whom)}{under}')
        if len(answer.parts) > _PARTS:
            lines.append(f"  … and {len(answer.parts) - _PARTS} more")
    if answer.undecided:
        unsure = (f"{u.disposition} {u.target}{_percent(u.probability)}" for u in answer.undecided)
        lines.append(f"{_bold('Undecided')}    {', '.join(unsure)}")
    if answer.accept is not None:
        verb = "accept" if answer.accept.value else "decline"
        place = f" ({answer.accept.section})" if answer.accept.section else ""
        lines.append(f"{_bold('Delegation')}   {verb}: {answer.accept.reason}{place}")
    if answer.promise is not None:
        held = (
            f"a mode is named in {answer.promise.recall:.0%} of the tasks that need it, "
            f"with {answer.promise.confidence:.0%} confidence"
        )
        lines.append(f"{_bold('Caution')}      {held}")
        if answer.promise.not_attainable:
            lines.append(f"             not attainable: {', '.join(answer.promise.not_attainable)}")
    if answer.abstained:
        lines.append(f"{_bold('Note')}         {answer.abstained}; the rules alone answered")
    return "\n".join(lines)


def as_line(answer: Prediction, number: int) -> str:
    """Show an answer on one line."""
    name = number if answer.id is None else answer.id
    escalate = ", ".join(entry.target for entry in answer.escalate) or "-"
    collaborate = ", ".join(entry.target for entry in answer.collaborate) or "-"
    accepted = "" if answer.accept is None else f"  {'accept' if answer.accept.value else 'decline'}"
    own = "yes" if answer.core.value else "no"
    return f"{name}  escalate: {escalate}  collaborate: {collaborate}  own work: {own}{accepted}"


def _section(title: str, entries: tuple[Entry, ...]) -> Iterable[str]:
    if not entries:
        yield f"{_bold(title)}{' ' * (13 - len(title))}nobody"
        return
    yield _bold(title)
    for entry in entries:
        whom = typer.style(entry.mode, fg="cyan", bold=True) if entry.mode else _open_group(entry)
        yield f"  {whom}{_percent(entry.probability)}, by {_by(entry.source)}"
        yield from _reasons(entry.reasons)


def _open_group(entry: Entry) -> str:
    among = f", one of {', '.join(entry.candidates)}" if entry.candidates else ", no mode on the roster"
    return typer.style(entry.group, fg="cyan", bold=True) + f" (group{among})"


def _reasons(reasons: tuple[Reason, ...]) -> Iterable[str]:
    rules: dict[tuple[str, str], list[str]] = {}
    for reason in reasons:
        if reason.kind == "rule":
            rules.setdefault((reason.id or "", reason.section or ""), []).append(f'"{_short(reason.text)}"')
    for (name, section), texts in rules.items():
        yield f"    rule {name}: {', '.join(dict.fromkeys(texts))}  [{section}]"
    for kind, title in (("term", "words"), ("cue", "cues")):
        weighed = [f"{_short(r.text)} {r.weight:+.2f}" for r in reasons if r.kind == kind and r.weight is not None]
        if weighed:
            yield f"    {title} {', '.join(weighed)}"
    for reason in reasons:
        if reason.kind in ("text", "stack"):
            yield f"    {reason.id} in the {reason.kind}"
        elif reason.kind == "fallback":
            yield f"    {reason.text}"


def _by(source: str) -> str:
    return "the model" if source == "model" else "the rules"


def _percent(probability: float | None) -> str:
    return "" if probability is None else f" {probability:.0%}"


def _short(text: str) -> str:
    flat = " ".join(visible(text).split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


def visible(text: str) -> str:
    """Text whose control characters do nothing to a terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in text)


def _bold(text: str) -> str:
    return typer.style(text, bold=True)
