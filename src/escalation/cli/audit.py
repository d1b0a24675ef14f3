"""`escalation audit`: what a corpus contains, and what it teaches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from escalation.cli.options import CorpusOption, JsonOption, RulebookOption, corpus_path, rulebook_at
from escalation.cli.tables import show, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table


def audit(
    corpus: CorpusOption = None,
    reference: Annotated[
        Path | None,
        typer.Option("--reference", metavar="FILE", help="Real tasks to compare with; nothing is fitted to them."),
    ] = None,
    second: Annotated[
        Path | None, typer.Option("--second", metavar="FILE", help="Two blind labellings of the same tasks to compare.")
    ] = None,
    curve: Annotated[
        bool,
        typer.Option(
            "--curve/--no-curve", help="Fit the models of the learning curve and without each kind of tasks (minutes)."
        ),
    ] = True,
    doubtful: Annotated[int, typer.Option("--doubtful", metavar="N", min=0, help="List up to N doubtful tasks.")] = 20,
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Describe a corpus and measure what it teaches; it is not changed.

    Counts, near-duplicates across projects, doubtful labels, where the rules disagree with the labels, and what more
    tasks would bring.

    \b
    Examples:

      escalation audit --no-curve --second data/second-labels.jsonl

      escalation audit --reference real.jsonl --doubtful 200 --json

    Exit codes: 0 audited, 2 invalid options, 3 invalid rulebook, 4 invalid corpus, 6 the extra 'audit' is missing.
    """
    from escalation.files import require

    require("audit", "An audit")
    from escalation.cli.progress import steps_progress
    from escalation.evaluation.audit import audit as run_audit
    from escalation.training.corpus import read_corpus

    book = rulebook_at(rulebook)
    tasks = read_corpus(corpus_path(corpus))
    real = read_corpus(reference) if reference else None
    with steps_progress() as progress:
        report = run_audit(tasks, book, real, second, curve=curve, doubtful=doubtful, progress=progress)
    if as_json:
        typer.echo(json.dumps(report, indent=1))
        return
    show(_tables(report))


def _tables(report: dict[str, Any]) -> Iterator[Table]:
    counts, rates = report["counts"], report["rates"]
    rows = (
        [label, number, rates["corpus"][label], rates.get("reference", {}).get(label)]
        for label, number in counts["labels"].items()
    )
    yield table(f"{report['corpus']['path']}: labels", ["label", "tasks", "share", "share in the reference"], rows)
    yield table("contents", ["", ""], _facts(report))
    for name in ("kinds", "registers"):
        yield table(name, [name[:-1], "tasks"], [(key or "by project", value) for key, value in counts[name].items()])
    if "agreement" in report:
        pair = report["agreement"]
        title = f"two readers of {pair['tasks']:,} tasks: {pair['differing']:,} differ, micro-F1 {pair['micro_f1']:.3f}"
        kappas = ([label, row["kappa"], row["first"], row["second"]] for label, row in pair["labels"].items())
        yield table(title, ["label", "kappa", "first reader", "second reader"], kappas)
    rows = (
        [entry["id"], entry["score"], entry["label"], "has it" if entry["given"] else "lacks it"]
        for entry in report["doubtful"]
    )
    yield table("labels to read again, the most doubtful first", ["task", "quality", "label", ""], rows)
    columns = {"coverage": "share with a verdict", "agreement": "agreement of these", "conflict": "conflict of these"}
    rows = ([label, *(row[column] for column in columns)] for label, row in report["rules"].items())
    yield table("rules and labels", ["label", *columns.values()], rows)
    if "curve" in report:
        points = {f"{point['share']:.0%} of the projects": point for point in report["curve"] or []}
        yield _curve("learning curve, tested on one fold", points)
        yield _curve("without a targeted kind, tested on the other tasks", report["kinds"])


def _curve(title: str, points: dict[str, Any]) -> Table:
    from escalation.evaluation.learning import LEARNING_AVERAGES
    from escalation.evaluation.metrics import AVERAGES

    names = [AVERAGES[key] for key in LEARNING_AVERAGES]
    real = any("reference" in point for point in points.values())
    columns = ["", "tasks learned from", *names, *(f"reference {name}" for name in names if real)]
    rows = (
        [
            name,
            point["tasks"],
            *(side[key] for side in (point, point.get("reference")) if side for key in LEARNING_AVERAGES),
        ]
        for name, point in points.items()
    )
    return table(title, columns, rows)


def _facts(report: dict[str, Any]) -> Iterator[list[Any]]:
    counts = report["counts"]
    yield ["tasks", f"{counts['tasks']:,}"]
    yield ["projects", counts["projects"]]
    yield ["domains", counts["domains"]]
    yield ["share of tasks that need no specialist", counts["label_free"]]
    yield ["share of tasks with a Stack Profile", counts["with_stack"]]
    yield ["words per task, quantiles", ", ".join(f"{key}: {value:.0f}" for key, value in counts["words"].items())]
    yield ["share of tasks with a near-duplicate in another project", report["near_duplicates"]["share"]]
