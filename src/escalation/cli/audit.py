"""`escalation audit`: what a corpus is like, and what it teaches."""

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

_AVERAGES = {"micro_f1": "micro-F1", "escalate_f1": "escalate F1", "collaborate_f1": "collaborate F1"}


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
        bool, typer.Option("--curve/--no-curve", help="Fit the models of the learning curve (minutes).")
    ] = True,
    doubtful: Annotated[int, typer.Option("--doubtful", min=0, help="How many tasks to list for reading again.")] = 20,
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Describe a corpus and measure what it teaches; it is never changed.

    Counts, near-duplicates across projects, variety of words, how well form alone tells the corpus from real
    tasks, doubtful labels, where the rules disagree, and what more tasks would bring.

    \b
    Examples:

      escalation audit --no-curve --second data/second-labels.jsonl

      escalation audit --reference real.jsonl --doubtful 200 --json
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
    counts = report["counts"]
    yield table(
        f"{report['corpus']['path']}: labels", ["label", "tasks", "share", "reference's share"], _labels(report)
    )
    yield table("what it holds", ["", ""], _facts(report))
    for name in ("kinds", "registers"):
        yield table(name, [name[:-1], "tasks"], [(key or "by project", value) for key, value in counts[name].items()])
    if "agreement" in report:
        pair = report["agreement"]
        title = (
            f"two readers on {pair['tasks']:,} tasks, differing on {pair['differing']}, micro-F1 {pair['micro_f1']:.3f}"
        )
        kappas = [[label, row["kappa"], row["first"], row["second"]] for label, row in pair["labels"].items()]
        yield table(title, ["label", "kappa", "first", "second"], kappas)
    if "form" in report:
        yield table("what gives the corpus away", ["form", "weight"], report["form"]["tells"].items())
    rows = [
        [entry["id"], entry["score"], entry["label"], "given" if entry["given"] else "not given"]
        for entry in report["doubtful"]
    ]
    yield table("labels to read again, the most doubtful first", ["task", "quality", "label", ""], rows)
    columns = ["coverage", "agreement", "conflict"]
    yield table(
        "rules against labels", ["label", *columns], ([k, *(v[c] for c in columns)] for k, v in report["rules"].items())
    )
    if "curve" in report:
        points = {f"{point['share']:.0%} of the projects, {point['tasks']:,} tasks": point for point in report["curve"]}
        yield _curve("learning curve", points)
        yield _curve("without a targeted kind, measured on the others", report["kinds"])


def _curve(title: str, points: dict[str, Any]) -> Table:
    first = next(iter(points.values()))
    places = [place for place in ("cross_validation", "reference") if place in first]
    columns = [f"{place.replace('_', '-')} {name}" for place in places for name in _AVERAGES.values()]
    rows = ([name, *(point[place][key] for place in places for key in _AVERAGES)] for name, point in points.items())
    return table(title, ["", *columns], rows)


def _labels(report: dict[str, Any]) -> Iterator[list[Any]]:
    rates = report["rates"]
    for label, number in report["counts"]["labels"].items():
        yield [label, number, rates["corpus"][label], rates.get("reference", {}).get(label)]


def _facts(report: dict[str, Any]) -> Iterator[list[Any]]:
    counts, variety = report["counts"], report["variety"]
    yield ["tasks", f"{counts['tasks']:,}"]
    yield ["projects", counts["projects"]]
    yield ["domains", counts["domains"]]
    yield ["tasks without label", counts["label_free"]]
    yield ["tasks with a Stack Profile", counts["with_stack"]]
    yield ["words a task, quantiles", ", ".join(f"{key}: {value:.0f}" for key, value in counts["words"].items())]
    yield ["tasks with a near-duplicate in another project", report["near_duplicates"]["share"]]
    for name, figures in variety.items():
        distinct = f"{figures['distinct_words']:.0f} words, {figures['distinct_pairs']:.0f} pairs"
        yield [f"distinct in {figures['sample']:,} words, {name}", distinct]
    if "form" in report:
        yield ["AUC by form alone", report["form"]["auc"]]
