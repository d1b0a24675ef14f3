"""`escalation figures`: measure a model once, for all that is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from escalation.cli.options import CorpusOption, ModelOption, RulebookOption, corpus_path, rulebook_at
from escalation.cli.tables import show, table

_TOLERANCE = 0.005


def figures(
    corpus: CorpusOption = None,
    model: ModelOption = None,
    unseen: Annotated[
        Path | None,
        typer.Option("--unseen", metavar="FILE", help="Labelled tasks that the model has not seen, to answer as well."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write the figures; by default they are printed."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="Compare with figures kept earlier; exit 1 where they moved."),
    ] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0, help="How far a figure may move with the versions of libraries.")
    ] = _TOLERANCE,
    rulebook: RulebookOption = None,
) -> None:
    """Measure a model for its card: cross-validation of its corpus, and a corpus that it has not seen.

    Only aggregates are kept, no text and no id, with hashes of the model, the rulebook and the corpus.

    \b
    Examples:

      escalation figures --out models/figures.json

      escalation figures --unseen real.jsonl --out models/figures.json

      escalation figures --model model --corpus tasks.jsonl --check figures.json
    """
    from escalation.files import require

    require("train", "Measuring")
    from escalation.cli.progress import steps_progress
    from escalation.errors import FindingError
    from escalation.files import default_model, replacing_file
    from escalation.model import read_model
    from escalation.report.card_figures import moved, read_figures, stale
    from escalation.report.card_measuring import measure
    from escalation.training.corpus import read_corpus

    book, place = rulebook_at(rulebook), model or default_model()
    kept = read_figures(check) if check else None
    trained = read_model(place, book)
    tasks, others = read_corpus(corpus_path(corpus)), read_corpus(unseen) if unseen else None
    with steps_progress() as progress:
        measured = measure(place, trained, book, tasks, others, progress)
    if out:
        with replacing_file(out) as stream:
            stream.write(measured.to_json())
    elif not kept:
        typer.echo(measured.to_json(), nl=False)
    if kept:
        changed, differing = stale(kept, measured.hashes), moved(kept, measured, tolerance)
        if differing:
            show([table(f"figures that moved by more than {tolerance}", ["figure", "kept", "measured"], differing)])
        if changed or differing:
            what = [f"{len(differing)} figures moved"] if differing else []
            what += [f"the {name} is another" for name in changed]
            raise FindingError(f"{check}: {' and '.join(what)}; make it again with `escalation figures --out {check}`")
        typer.echo(f"{check}: holds within {tolerance}")
