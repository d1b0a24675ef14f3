"""`escalation explain`: the text with what spoke for and against each label."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.answer import visible
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
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.answer.explanation import Explanation, LabelExplanation

_SHOWN = 0.1
"""Labels that are not given are shown from this probability on."""
_LISTED = 8
_FAINT = 0.15
"""A word that moves a score by less is left uncoloured."""


def explain(
    text: Annotated[str, typer.Argument(help="The task in words; - reads it from standard input.")],
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="LABEL",
            help="Only labels that hold this, such as database or collaborate:; may be repeated.",
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

    On a terminal, words are green and underlined where they first spoke for a label, red where against. What is
    listed, with the base, adds up to the score: the logit of the probability. Shown are the labels given and those
    that come near.

    \b
    Examples:

      escalation explain "Split the users table without downtime"

      escalation explain "Fix the settings page" --stack frontend=vue --label frontend

      git log -1 --format=%B | escalation explain - --json

    Exit codes: 0 explained, 2 bad input, 3 rulebook refused, 5 model refused.
    """
    from escalation.batch.rows import read_stdin
    from escalation.errors import InputError
    from escalation.task.stack import StackProfile

    profile = StackProfile.parse(stack) if stack else StackProfile()
    predictor = loading_of(model, rulebook, engine, allow_rules, caution).load()
    explanation = predictor.explain(read_stdin() if text == "-" else text, profile)
    if label:
        wanted = tuple(entry for entry in explanation.labels if any(part in entry.label for part in label))
        if not wanted:
            known = ", ".join(sorted(entry.label for entry in explanation.labels))
            raise InputError(f"no label holds {' or '.join(map(repr, label))}; the labels are {known}")
        explanation = replace(explanation, labels=wanted)
    if as_json:
        typer.echo(json.dumps(explanation.to_dict(), ensure_ascii=False))
        return
    for line in _lines(explanation, everything=bool(label)):
        typer.echo(line)


def _lines(explanation: Explanation, *, everything: bool) -> Iterable[str]:
    from escalation.rules.rulebook import CORE

    if explanation.abstained:
        yield f"The model was not asked: {explanation.abstained}. The rules alone answered."
    shown = [entry for entry in explanation.labels if everything or _is_near(entry)]
    if not everything and not explanation.abstained and all(entry.label == CORE for entry in shown):
        yield "Nobody else is needed, and no label comes near.\n"
    for entry in shown:
        yield from _label_lines(explanation.text, entry)


def _is_near(entry: LabelExplanation) -> bool:
    return entry.given or (entry.probability or 0.0) >= _SHOWN


def _label_lines(text: str, entry: LabelExplanation) -> Iterable[str]:
    verdict = typer.style("given", fg="green", bold=True) if entry.given else "not given"
    head = f"{typer.style(entry.label, bold=True)}  {verdict}"
    if entry.probability is None or entry.score is None or entry.base is None or entry.threshold is None:
        yield f"{head}, by the rules"
        for reason in entry.contributions:
            yield f"  rule {_named('rule', reason.text, reason.id)}  [{reason.section}]"
        yield ""
        return
    turned = ", by the rules" if entry.source == "rules" else ""
    yield f"{head}{turned}: {entry.probability:.0%}, from {entry.threshold:.0%} on"
    yield from ("  " + line for line in _coloured(text, entry).splitlines())
    yield f"  score {entry.score:+.2f} = base {entry.base:+.2f} and"
    for reason in entry.contributions[:_LISTED]:
        yield f"    {reason.weight or 0.0:+.2f}  {reason.kind} {_named(reason.kind, reason.text, reason.id)}"
    rest = entry.contributions[_LISTED:]
    if rest:
        yield f"    {sum(reason.weight or 0.0 for reason in rest):+.2f}  {len(rest)} more"
    yield ""


def _named(kind: str, text: str, name: str | None) -> str:
    flat = " ".join(visible(text).split())
    return f'{name}: "{flat}"' if kind == "rule" else flat


def _coloured(text: str, entry: LabelExplanation) -> str:
    """The text with every word coloured by what it adds, alone and in pairs."""
    weights = [0.0] * (len(text) + 1)
    for reason in entry.contributions:
        if reason.kind == "term" and reason.start is not None and reason.end is not None:
            for place in range(reason.start, reason.end):
                weights[place] += reason.weight or 0.0
    shown, place = [], 0
    while place < len(text):
        end = place + 1
        while end < len(text) and weights[end] == weights[place]:
            end += 1
        piece, weight = visible(text[place:end]), weights[place]
        if abs(weight) >= _FAINT and piece.strip():
            piece = typer.style(piece, fg="green" if weight > 0 else "red", underline=weight > 0)
        shown.append(piece)
        place = end
    return "".join(shown)
