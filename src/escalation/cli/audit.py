"""`escalation audit`: what a corpus contains, and what it teaches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from escalation.cli.display import show, table
from escalation.cli.options import CorpusOption, JsonOption, RulebookOption, corpus_path, rulebook_at
from escalation.cli.terminal import say

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
    tasks would bring; findings (E104) where the evidence of a task does not fit its text or its labels. Findings do not
    change the exit code.

    \b
    Examples:

      escalation audit --no-curve --second data/second-labels.jsonl

      escalation audit --reference real.jsonl --doubtful 200 --json

    Exit codes: 0 audited, 2 invalid options, 3 invalid rulebook, 4 invalid corpus, 6 the extra 'audit' is missing.
    """
    from escalation.files import require

    require("audit", "An audit")
    from msgspec import convert

    from escalation.cli.display import steps_progress
    from escalation.cli.scores import finding_lines
    from escalation.evaluation.audit import audit as run_audit
    from escalation.training.corpus import read_corpus
    from escalation.training.oracle import Finding

    book = rulebook_at(rulebook)
    tasks = read_corpus(corpus_path(corpus))
    real = read_corpus(reference) if reference else None
    with steps_progress() as progress:
        report = run_audit(tasks, book, real, second, curve=curve, doubtful=doubtful, progress=progress)
    if as_json:
        typer.echo(json.dumps(report, indent=1))
        return
    show(_tables(report))
    if report["counts"]["with_evidence"]:
        for line in finding_lines(convert(report["findings"], list[Finding])):
            say(line)


def _tables(report: dict[str, Any]) -> Iterator[Table]:
    counts, rates = report["counts"], report["rates"]
    labels = {
        label: {"tasks": number, "share": rates["corpus"][label], "reference": rates.get("reference", {}).get(label)}
        for label, number in counts["labels"].items()
    }
    columns = {"tasks": "tasks", "share": "share", "reference": "share in the reference"}
    yield _table(f"{report['corpus']['path']}: labels", "label", labels, columns)
    facts = {
        "tasks": f"{counts['tasks']:,}",
        "projects": counts["projects"],
        "domains": counts["domains"],
        "share of tasks that need no specialist": counts["label_free"],
        "share of tasks with a Stack Profile": counts["with_stack"],
        "tasks with evidence": f"{counts['with_evidence']:,}",
        "words per task, quantiles": ", ".join(f"{key}: {value:.0f}" for key, value in counts["words"].items()),
        "share of tasks with a near-duplicate in another project": report["near_duplicates"]["share"],
    }
    yield table("contents", ["", ""], facts.items())
    for name, without in {"kinds": "by project", "registers": "by project", "genres": "not stated"}.items():
        yield table(name, [name[:-1], "tasks"], ((key or without, value) for key, value in counts[name].items()))
    if "agreement" in report:
        pair = report["agreement"]
        title = f"two readers of {pair['tasks']:,} tasks: {pair['differing']:,} differ, micro-F1 {pair['micro_f1']:.3f}"
        columns = {"kappa": "kappa", "first": "first reader", "second": "second reader"}
        yield _table(title, "label", pair["labels"], columns)
    doubtful = (
        [entry["id"], entry["score"], entry["label"], "has it" if entry["given"] else "lacks it"]
        for entry in report["doubtful"]
    )
    yield table("labels to read again, the most doubtful first", ["task", "quality", "label", ""], doubtful)
    columns = {"coverage": "share with a verdict", "agreement": "agreement of these", "conflict": "conflict of these"}
    yield _table("rules and labels", "label", report["rules"], columns)
    if "curve" in report:
        points = {f"{point['share']:.0%} of the projects": point for point in report["curve"] or []}
        yield _curve("learning curve, tested on one fold", points)
        yield _curve("without a targeted kind, tested on the other tasks", report["kinds"])


def _curve(title: str, points: dict[str, Any]) -> Table:
    from escalation.evaluation.learning import LEARNING_AVERAGES
    from escalation.evaluation.metrics import AVERAGES

    columns = {"tasks": "tasks learned from"} | {key: AVERAGES[key] for key in LEARNING_AVERAGES}
    if any("reference" in point for point in points.values()):
        columns |= {f"reference {key}": f"reference {AVERAGES[key]}" for key in LEARNING_AVERAGES}
    rows = {
        name: point | {f"reference {key}": value for key, value in point.get("reference", {}).items()}
        for name, point in points.items()
    }
    return _table(title, "", rows, columns)


def _table(title: str, head: str, rows: dict[str, dict[str, Any]], columns: dict[str, str]) -> Table:
    """Make a table of the values that have a heading in `columns`, one row for each key of `rows`."""
    return table(
        title, [head, *columns.values()], ([name, *(row[key] for key in columns)] for name, row in rows.items())
    )
