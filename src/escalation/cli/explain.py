"""`escalation explain`: the text with what spoke for and against each label."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.answer import percent, verdict
from escalation.cli.options import (
    AllowRulesOption,
    CautionName,
    CautionOption,
    EngineName,
    EngineOption,
    JsonOption,
    ModelOption,
    RulebookOption,
    StackOption,
    loading_of,
    profile_of,
)
from escalation.cli.terminal import Styled, line, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.answer.explanation import Explanation, LabelExplanation
    from escalation.answer.prediction import Reason

_NEAR = 0.1
"""Labels outside the answer are shown if they are at least this probable."""
_LISTED = 8
"""Contributions listed for each label; the others are summed up."""
_FAINT = 0.15
"""A word that moves a score by less is not coloured."""


def explain(
    text: Annotated[str, typer.Argument(help="The task in words; - reads it from standard input.")],
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="TEXT",
            help="Show only labels that contain this, such as database or collaborate:; may be repeated.",
        ),
    ] = None,
    stack: StackOption = None,
    engine: EngineOption = EngineName.hybrid,
    caution: CautionOption = CautionName.normal,
    model: ModelOption = None,
    rulebook: RulebookOption = None,
    allow_rules: AllowRulesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show a task's text with what spoke for and against each label.

    On a terminal, words that spoke for a label are green and underlined, words against it red, and what was left
    out of the reading is struck through. The contributions
    and the base add up to the score, which is the logit of the probability. Shown are the labels in the answer and
    those that come near.

    \b
    Examples:

      escalation explain "Split the users table without downtime"

      escalation explain "Fix the settings page" --stack frontend=vue --label frontend

      git log -1 --format=%B | escalation explain - --json

    Exit codes: 0 explained, 2 bad input, 3 invalid rulebook, 5 invalid model.
    """
    from msgspec.structs import replace

    from escalation.batch.rows import read_stdin
    from escalation.errors import InputError

    loading = loading_of(model, rulebook, engine, allow_rules, caution)
    profile = profile_of(stack, loading)
    explanation = loading.load().explain(read_stdin() if text == "-" else text, profile)
    if label:
        wanted = tuple(entry for entry in explanation.labels if any(part in entry.label for part in label))
        if not wanted:
            known = ", ".join(sorted(entry.label for entry in explanation.labels))
            raise InputError(f"--label: no label contains {' or '.join(map(repr, label))}; the labels are {known}")
        explanation = replace(explanation, labels=wanted)
    if as_json:
        typer.echo(json.dumps(explanation.to_dict(), ensure_ascii=False))
        return
    for shown in _lines(explanation, everything=bool(label)):
        typer.echo(shown)


def _lines(explanation: Explanation, *, everything: bool) -> Iterator[str]:
    from escalation.rules.rulebook import CORE

    if explanation.abstained:
        yield line(f"The model abstained: {explanation.abstained}.")
    shown = [
        entry
        for entry in explanation.labels
        if everything or entry.given or (entry.probability is not None and entry.probability >= _NEAR)
    ]
    if not everything and not explanation.abstained and all(entry.label == CORE for entry in shown):
        yield "Nobody else is needed, and no other label comes near.\n"
    for entry in shown:
        yield from _label_lines(explanation, entry)


def _label_lines(explanation: Explanation, entry: LabelExplanation) -> Iterator[str]:
    status = Styled("in the answer", "green", bold=True) if entry.given else Styled("not in the answer")
    said = verdict(entry.probability, entry.source) or "decided by rule"
    if entry.probability is None or entry.score is None or entry.base is None or entry.threshold is None:
        yield line(Styled(entry.label, bold=True), "  ", status, f": {said}")
        for reason in entry.contributions:
            yield line(f"  rule {_name(reason)}  [{reason.section}]")
    else:
        threshold = f", threshold {percent(entry.threshold)}"
        yield line(Styled(entry.label, bold=True), "  ", status, f": {said}{threshold}")
        yield from (f"  {part}" for part in _colored(explanation, entry).splitlines())
        yield f"  score {entry.score:+.2f} = base {entry.base:+.2f} and"
        for reason in entry.contributions[:_LISTED]:
            yield line(f"    {reason.weight or 0.0:+.2f}  {reason.kind} {_name(reason)}")
        rest = entry.contributions[_LISTED:]
        if rest:
            yield f"    {sum(reason.weight or 0.0 for reason in rest):+.2f}  {len(rest)} more"
    yield ""


def _name(reason: Reason) -> str:
    text = one_line(reason.text)
    return f'{reason.id}: "{text}"' if reason.kind == "rule" else text


def _colored(explanation: Explanation, entry: LabelExplanation) -> str:
    """Color every word by what it contributes, alone and in pairs, and strike through what was left out."""
    text = explanation.text
    weights: list[float | None] = [0.0] * len(text)
    for part in explanation.ignored:
        weights[part.start : part.end] = [None] * (part.end - part.start)
    for reason in entry.contributions:
        if reason.kind == "term" and reason.start is not None and reason.end is not None:
            for place in range(reason.start, reason.end):
                weights[place] = (weights[place] or 0.0) + (reason.weight or 0.0)
    starts = [place for place in range(len(text)) if place == 0 or weights[place] != weights[place - 1]]
    pieces: list[str | Styled] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece, weight = text[start:end], weights[start]
        if weight is None:
            pieces.append(Styled(piece, strikethrough=True))
        elif abs(weight) >= _FAINT and piece.strip():
            pieces.append(Styled(piece, "green" if weight > 0 else "red", underline=weight > 0))
        else:
            pieces.append(piece)
    return line(*pieces)
