"""`escalation adapt`: make a model that has learned from corrections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.options import JsonOption, ModelOption, RulebookOption, StoreOption, model_at, rulebook_at
from escalation.cli.terminal import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from escalation.feedback.adapt import Adapted, Change
    from escalation.files.places import Place

_HOW = {
    "chosen": "chosen by cross-validation",
    "fixed": "fixed, as there are few corrections or one project",
    "named": "as named",
    "checked": "as far as the checks allow",
}


def adapt(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where to write the model; by default where `predict` finds it."),
    ] = None,
    model: ModelOption = None,
    rulebook: RulebookOption = None,
    store: StoreOption = None,
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", metavar="FILE", help="Labelled tasks: check the answers to them by the oracle too."),
    ] = None,
    behaviour: Annotated[
        Path | None,
        typer.Option(
            "--behaviour",
            metavar="FILE",
            help="Behaviour cases that must not fail; by default, for the model that ships, its own.",
        ),
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(
            "--lambda", metavar="X", help="How strongly the weights are held where they are; by default chosen."
        ),
    ] = None,
    teacher_weight: Annotated[
        float,
        typer.Option(
            "--teacher-weight", metavar="X", help="How much a teacher or an agent counts, beside 1 for a person."
        ),
    ] = 0.5,
    undo: Annotated[
        bool, typer.Option("--undo", help="Remove the adapted model: `predict` uses the one that ships again.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Adapt the model to the corrections that are kept; `predict` uses the result from then on.

    It is written only if cross-validation on the corrections shows no loss, and neither behaviour cases nor the
    rulebook's examples fail that did not fail before. `predict --model default` answers without it.

    \b
    Examples:

      escalation adapt

      escalation adapt --store team.db --out team-model

      escalation adapt --undo

    Exit codes: 0 written or removed, 1 a check failed and nothing was written, 2 bad input, 3 invalid rulebook,
    4 invalid corpus, 5 invalid model, 6 the extra 'train' is missing, 8 the store cannot be used.
    """
    from escalation.errors import InputError
    from escalation.files import default_model
    from escalation.files.places import place_of

    place = place_of(store)
    if place is None:
        raise InputError("the store is 'none', which keeps nothing; name one by --store or ESCALATION_STORE")
    if undo:
        _undo(out or place.model, as_json)
        return
    ships = model_at(model) in (None, default_model())
    if not ships and out is None:
        raise InputError("`predict` only uses what was adapted from the model that ships; name another place by --out")
    from escalation.cli.display import show, steps_progress
    from escalation.feedback.adapt import adapt as adapt_model
    from escalation.feedback.store import Store
    from escalation.files import default_behaviour, require
    from escalation.model import read_model
    from escalation.training.behaviour import read_cases
    from escalation.training.corpus import read_corpus

    require("train", "Adapting")
    book = rulebook_at(rulebook)
    parent = read_model(model_at(model) or default_model(), book)
    path = behaviour or (default_behaviour() if ships and rulebook is None else None)
    cases = read_cases(path) if path else []
    tasks = read_corpus(corpus) if corpus else None
    with Store.open(store) as opened:
        opened.write_answers()
        kept = opened.corrections()
    target = out or place.model
    target.parent.mkdir(0o700, parents=True, exist_ok=True)
    with steps_progress() as progress:
        adapted = adapt_model(
            kept,
            parent,
            book,
            target,
            cases=cases,
            corpus=tasks,
            strength=strength,
            teacher_weight=teacher_weight,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps({"model": str(target)} | adapted.to_dict(), ensure_ascii=False))
        return
    show(_tables(adapted))
    for text in _summary(adapted):
        say(text)
    used = "`escalation predict` uses it from now on, and `escalation adapt --undo` goes back"
    say(f"{target}: written; {used if _is_found(target, place) else f'use it by --model {target}'}")


def _is_found(target: Path, place: Place) -> bool:
    return target.absolute() == place.model.absolute()


def _undo(path: Path, as_json: bool) -> None:
    from escalation.model.adapted import remove_adapted

    removed = remove_adapted(path)
    if as_json:
        typer.echo(json.dumps({"model": str(path), "removed": removed is not None}))
    elif removed is None:
        say(f"{path}: there is no adapted model; the one that ships is used")
    else:
        say(f"{path}: removed, which was adapted to {removed.corrections:,} corrections; the one that ships is used")


def _summary(adapted: Adapted) -> Iterator[str]:
    left_out = f"; {adapted.left_out:,} are left out, as a model is not asked about them" if adapted.left_out else ""
    yield f"learned from {adapted.corrections:,} corrections of {adapted.projects:,} projects{left_out}"
    yield f"lambda {adapted.strength:g}, {_HOW[adapted.how]}"
    before, after = ("-" if figure is None else f"{figure:.3f}" for figure in (adapted.before, adapted.after))
    yield (
        f"{adapted.figure} on the corrections, in cross-validation by {adapted.by}: {before} → {after}, "
        f"{_change(adapted.gain)}"
    )


def _tables(adapted: Adapted) -> Iterator[Table]:
    from escalation.cli.display import table

    if adapted.labels:
        rows = [
            (each.label, each.support, each.before, each.after, _change(each.gain))
            for each in sorted(adapted.labels, key=lambda each: (-each.support, each.label))
        ]
        columns = ["label", "corrections with it", "F1 before", "F1 after", "change [95 %]"]
        yield table("F1 on the corrections, in cross-validation", columns, rows)


def _change(gain: Change) -> str:
    if gain.value is None:
        return "-"
    interval = "" if gain.low is None or gain.high is None else f" [{gain.low:+.3f}, {gain.high:+.3f}]"
    return f"{gain.value:+.3f}{interval}"
