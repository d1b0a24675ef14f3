"""`escalation evaluate`: how good the answers are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from escalation.cli.options import (
    CorpusOption,
    EngineName,
    JsonOption,
    ModelOption,
    RulebookOption,
    corpus_path,
    rulebook_at,
)
from escalation.cli.scores import finding_lines, score_tables
from escalation.cli.tables import show


def evaluate(
    corpus: CorpusOption = None,
    model: ModelOption = None,
    engine: Annotated[
        list[EngineName] | None,
        typer.Option("--engine", help="What to score, may be repeated; by default all three."),
    ] = None,
    cross_validate: Annotated[
        bool, typer.Option("--cross-validate", help="Fit to the corpus itself, in folds by project.")
    ] = False,
    allow_overlap: Annotated[
        bool,
        typer.Option("--allow-overlap", help="Go on where the model has seen some of the tasks, and say so."),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Also write a report with curves, mistakes and findings."),
    ] = None,
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score the answers on tasks that the model has not seen.

    Without --model the training corpus is cross-validated by project; any other corpus is answered by the default
    model, or the one named, which must have seen none of its tasks. Intervals are 95 %, by bootstrap over projects.
    Findings say where a figure is beyond its limit; docs/findings.md explains each code.

    \b
    Examples:

      escalation evaluate

      escalation evaluate --report report

      escalation evaluate --corpus tasks.jsonl --engine hybrid --engine rules

      escalation evaluate --corpus tasks.jsonl --model model --json

    Exit codes: 0 scored, 2 bad options or a place that cannot be written, 4 corpus refused, 5 model refused,
    6 an extra is missing.
    """
    from escalation.cli.progress import steps_progress
    from escalation.errors import InputError
    from escalation.files import default_corpus, default_model, require
    from escalation.model import read_model
    from escalation.model.decision import ENGINES
    from escalation.training.corpus import read_corpus

    if model is not None and cross_validate:
        raise InputError("--model scores a model and --cross-validate fits new ones; give one of the two")
    if report is not None:
        require("report", "A report")
        from escalation.report import check_report

        check_report(report)
    book = rulebook_at(rulebook)
    tasks = read_corpus(corpus_path(corpus))
    engines = [name for name in ENGINES if not engine or name in engine]
    trained = None
    own = corpus is None or tasks.path.resolve() == default_corpus().resolve()
    if model is not None or not (cross_validate or own or engines == ["rules"]):
        trained = read_model(model or default_model(), book)

    from escalation.evaluation import run_engines, score

    with steps_progress() as progress:
        run = run_engines(
            tasks, book, engines, trained, progress, growth=report is not None, allow_overlap=allow_overlap
        )
    result = score(run)
    if report is not None:
        from escalation.report import contents, write_report

        write_report(contents(run, result), report)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    show(score_tables(result))
    for line in finding_lines(result):
        typer.echo(line)
    if report is not None:
        typer.echo(f"{report}: the report")
