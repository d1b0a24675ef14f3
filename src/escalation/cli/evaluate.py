"""`escalation evaluate`: how good the answers are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

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
from escalation.cli.tables import cell, show, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table


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
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score the answers on tasks that the model has not seen.

    Without --model the training corpus is cross-validated by project; any other corpus is answered by the default
    model, or the one named, which must have seen none of its tasks. Intervals are 95 %, by bootstrap over projects.

    \b
    Examples:

      escalation evaluate

      escalation evaluate --corpus tasks.jsonl --engine hybrid --engine rules

      escalation evaluate --corpus tasks.jsonl --model model --json
    """
    from escalation.cli.progress import steps_progress
    from escalation.corpus import read_corpus
    from escalation.decision import ENGINES
    from escalation.errors import InputError
    from escalation.evaluation import evaluate as evaluate_engines
    from escalation.model import read_model
    from escalation.resources import default_corpus, default_model

    book = rulebook_at(rulebook)
    tasks = read_corpus(corpus_path(corpus))
    engines = [name for name in ENGINES if not engine or name in engine]
    trained = None
    if model is not None and cross_validate:
        raise InputError("--model scores a model and --cross-validate fits new ones; give one of the two")
    own = corpus is None or tasks.path.resolve() == default_corpus().resolve()
    if model is not None or not (cross_validate or own or engines == ["rules"]):
        trained = read_model(model or default_model(), book)
    with steps_progress() as progress:
        result = evaluate_engines(tasks, book, engines, trained, progress)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    show(_tables(result))


def _tables(result: dict[str, Any]) -> Iterator[Table]:
    from escalation.evaluation.metrics import AVERAGES

    engines = result["engines"]
    first = next(iter(engines.values()))
    method = "cross-validation by project" if result["method"] == "cross-validation" else "unseen tasks"
    title = f"{result['corpus']['path']}: {first['tasks']:,} tasks of {first['groups']:,} projects, {method}"
    averages = (
        [name, *(_with_interval(figures["averages"][key]) for figures in engines.values())]
        for key, name in AVERAGES.items()
    )
    yield table(title, ["average", *engines], averages)
    keys = ("precision", "recall", "f1", "support", "answered")
    for engine, figures in engines.items():
        rows = ([label, *(row[key] for key in keys)] for label, row in figures["labels"].items())
        yield table(engine, ["label", "precision", "recall", "F1", "support", "answered"], rows)
        if figures["coverage"] is not None:
            yield _doubt(engine, figures)


def _doubt(engine: str, figures: dict[str, Any]) -> Table:
    """How far probabilities can be believed, and what leaving the least sure tasks to somebody else gains."""
    calibration = figures["calibration"]
    title = (
        f"{engine}: expected calibration error {cell(calibration['micro_ece'])}, "
        f"{cell(calibration['micro_ece_doubtful'])} from 5% on; model not asked on {figures['abstained']:.1%}"
    )
    keys = ("coverage", "confidence", "micro_f1", "exact_match", "micro_f1_of_all")
    head = ["answered", "least confidence", "micro-F1", "exact match", "micro-F1, others missed"]
    return table(title, head, ([point[key] for key in keys] for point in figures["coverage"]))


def _with_interval(figure: dict[str, float | None]) -> str:
    if figure["value"] is None:
        return "-"
    return f"{cell(figure['value'])}  [{cell(figure['low'])}, {cell(figure['high'])}]"
