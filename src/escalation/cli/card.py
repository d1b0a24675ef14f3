"""`escalation card`: what a model is for, how good it is, and where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from escalation.cli.options import CorpusOption, ModelOption, RulebookOption, corpus_path, rulebook_at


def _file(purpose: str) -> Any:
    return typer.Option(metavar="FILE", help=purpose)


def card(
    figures: Annotated[Path, typer.Argument(metavar="FIGURES", help="A cross-validation, from `evaluate --json`.")],
    unseen: Annotated[Path | None, _file("Figures of tasks that the model has not seen, made likewise.")] = None,
    model: ModelOption = None,
    corpus: CorpusOption = None,
    behaviour: Annotated[
        Path | None,
        _file("Behaviour cases, of which the card lists the known failures; by default those of the default corpus."),
    ] = None,
    template: Annotated[Path | None, _file("Your own prose, as a Jinja template.")] = None,
    out: Annotated[Path | None, _file("Where to write the card; by default it is printed.")] = None,
    rulebook: RulebookOption = None,
) -> None:
    """Write a model card: use, data, method, figures, limits, known failures, and how to train the model again.

    The figures must have been measured with the same model, rulebook and corpus.

    \b
    Examples:

      escalation evaluate --json > figures.json

      escalation card figures.json --out CARD.md

      escalation evaluate --corpus tasks.jsonl --model model --cross-validate --json > figures.json

      escalation evaluate --corpus other.jsonl --model model --json > unseen.json

      escalation card figures.json --unseen unseen.json --model model --corpus tasks.jsonl

    Exit codes: 0 written, 2 invalid options, figures or template, 3 invalid rulebook, 5 invalid model,
    6 an extra is missing.
    """
    from escalation.files import default_behaviour, default_model, read_bytes, replacing_file, require

    require("report", "A model card")
    from hashlib import sha256

    from escalation.errors import InputError
    from escalation.evaluation.figures import Hashes
    from escalation.model import read_model
    from escalation.report.card import check_figures, read_figures, write_card
    from escalation.training.behaviour import read_cases

    book = rulebook_at(rulebook)
    trained = read_model(model or default_model(), book)
    tasks = read_bytes(corpus_path(corpus), InputError, "name the model's corpus with --corpus")
    expected = Hashes(trained.info.sha256 if trained.info else None, book.sha256, sha256(tasks).hexdigest())
    measured, others = read_figures(figures), read_figures(unseen) if unseen else None
    check_figures(figures, measured, expected)
    if unseen and others:
        check_figures(unseen, others, expected, unseen=True)
    cases = behaviour or (default_behaviour() if corpus is None else None)
    command = _command(model, corpus, rulebook)
    text = write_card(trained, book, measured, others, read_cases(cases) if cases else [], command, template)
    if out is None:
        typer.echo(text, nl=False)
    else:
        with replacing_file(out) as stream:
            stream.write(text)


def _command(model: Path | None, corpus: Path | None, rulebook: Path | None) -> str:
    """Return the command that trains the model, from the options that name its parts."""
    options = {"--corpus": corpus, "--rulebook": rulebook, "--out": model or Path("models", "default")}
    return " ".join(["escalation train", *(f"{name} {path.as_posix()}" for name, path in options.items() if path)])
