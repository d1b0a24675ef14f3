"""`escalation card`: what a model is for, how good it is, and where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from escalation.cli.options import CorpusOption, ModelOption, RulebookOption, corpus_path, rulebook_at


def card(
    figures: Annotated[Path, typer.Argument(metavar="FIGURES", help="What `escalation figures` measured.")],
    model: ModelOption = None,
    corpus: CorpusOption = None,
    behaviour: Annotated[
        Path | None,
        typer.Option(
            "--behaviour",
            metavar="FILE",
            help="Behaviour cases, of which known failures are told; by default those of the corpus that ships.",
        ),
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE", help="Prose of your own, in Jinja.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write the card; by default it is printed.")
    ] = None,
    rulebook: RulebookOption = None,
) -> None:
    """Write a model's card: use, data, method, figures, limits, known failures, how to make it again.

    \b
    Examples:

      escalation card models/figures.json --out models/README.md

      escalation card figures.json --model model --corpus tasks.jsonl --rulebook team.toml --out CARD.md
    """
    from escalation.files import require

    require("report", "A model card")
    from escalation.errors import InputError
    from escalation.files import default_behaviour, default_model, replacing_file
    from escalation.model import read_model
    from escalation.report.card_figures import hashes, read_figures, stale
    from escalation.report.card_writing import write_card
    from escalation.training.behaviour import read_cases

    book, place = rulebook_at(rulebook), model or default_model()
    trained = read_model(place, book)
    kept = read_figures(figures)
    changed = stale(kept, hashes(place, book, corpus_path(corpus)))
    if changed:
        raise InputError(
            f"{figures}: was measured with another {' and another '.join(changed)}; name the one that it was measured "
            "with, or measure again with `escalation figures`"
        )
    cases = behaviour or (default_behaviour() if corpus is None else None)
    text = write_card(
        trained, book, kept, read_cases(cases) if cases else [], _command(model, corpus, rulebook), template
    )
    if out is None:
        typer.echo(text, nl=False)
        return
    with replacing_file(out) as stream:
        stream.write(text)


def _command(model: Path | None, corpus: Path | None, rulebook: Path | None) -> str:
    """What trains the model, from the options that name its parts."""
    options = {"--corpus": corpus, "--rulebook": rulebook, "--out": model or Path("models", "default")}
    return " ".join(["escalation train", *(f"{name} {path.as_posix()}" for name, path in options.items() if path)])
