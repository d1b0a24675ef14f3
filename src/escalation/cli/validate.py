"""`escalation validate`: the documented rules as an oracle for corpus and model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from escalation.cli.display import show, table
from escalation.cli.options import (
    CorpusOption,
    JsonOption,
    ModelOption,
    RulebookOption,
    corpus_path,
    model_at,
    rulebook_at,
)
from escalation.cli.terminal import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table


def validate(
    corpus: CorpusOption = None,
    model: ModelOption = None,
    rulebook: RulebookOption = None,
    conflicts: Annotated[
        int, typer.Option("--conflicts", metavar="N", min=0, help="List up to N conflicting tasks for each label.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Check the corpus' labels and the model's answers against the documented rules.

    Hard findings contradict the source; soft findings count how often the rules disagree with labels or model, for
    review.

    \b
    Examples:

      escalation validate

      escalation validate --corpus tasks.jsonl --model model --conflicts 5

    Exit codes: 0 no hard finding, 1 a hard finding, 3 invalid rulebook, 4 invalid corpus, 5 invalid model, 6 the extra
    'train' is missing.
    """
    from escalation.cli.display import steps_progress
    from escalation.errors import FindingError
    from escalation.files import default_model
    from escalation.model import read_model
    from escalation.training.corpus import read_corpus
    from escalation.training.oracle import HARD
    from escalation.training.oracle import validate as run_oracle

    book = rulebook_at(rulebook)
    tasks = read_corpus(corpus_path(corpus))
    with steps_progress() as progress:
        report = run_oracle(tasks, book, read_model(model_at(model) or default_model(), book), progress)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=1))
    else:
        show(_tables(report.to_dict(), conflicts))
        for finding in report.hard:
            say(f"{finding.code} {HARD[finding.code]}: task {finding.where} {finding.message}")
    if report.hard:
        raise FindingError(f"{len(report.hard)} hard findings; correct the labels, the rulebook or the model")
    if not as_json:
        say("no hard finding")


def _tables(report: dict[str, Any], conflicts: int) -> Iterator[Table]:
    keys = ("coverage", "agreement", "conflict")
    review = ["tasks to review"] if conflicts else []
    for part, title in (("rules_and_labels", "rules against labels"), ("rules_and_model", "rules against model")):
        rows = (
            [label, *(row[key] for key in keys), *(", ".join(row["conflicts"][:conflicts]) for _ in review)]
            for label, row in report[part].items()
        )
        yield table(f"{title}, {report['tasks']:,} tasks", ["label", *keys, *review], rows)
