"""The figures of an evaluation as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from escalation.cli.tables import cell, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table


def score_tables(result: dict[str, Any]) -> Iterator[Table]:
    """Give the tables of an evaluation: averages, what lies beside them, and the labels of each engine."""
    engines = result["engines"]
    name, first = next(iter(engines.items()))
    method = "cross-validation by project" if result["method"] == "cross-validation" else "unseen tasks"
    if result["overlap"]:
        method = f"{len(result['overlap']):,} of them seen in training"
    title = f"{result['corpus']['path']}: {first['tasks']:,} tasks of {first['groups']:,} projects, {method}"
    columns = {engine: figures["averages"] for engine, figures in engines.items()} | result["baselines"]
    yield _averages(title, "average", columns)
    yield _averages(f"{name} less the others, paired", "difference", result["differences"])
    if result["registers"]:
        rows = (
            [register, row["tasks"], with_interval(row["micro_f1"]), with_interval(row["exact_match"])]
            for register, row in result["registers"].items()
        )
        yield table(f"{name} by register", ["register", "tasks", "micro-F1", "exact match"], rows)
    keys = ("precision", "recall", "f1", "support", "answered")
    for engine, figures in engines.items():
        rows = ([label, *(row[key] for key in keys)] for label, row in figures["labels"].items())
        yield table(engine, ["label", "precision", "recall", "F1", "support", "answered"], rows)
        if figures["coverage"] is not None:
            yield _doubt(engine, figures)


def finding_lines(result: dict[str, Any]) -> Iterator[str]:
    """Give the findings of an evaluation, a line each."""
    if not result["findings"]:
        yield "no finding"
    for finding in result["findings"]:
        yield f"{finding['code']} {finding['severity']}: {finding['message']}; {finding['remedy']}"


def with_interval(figure: dict[str, float | None]) -> str:
    """Give a figure and its interval as a cell shows them."""
    if figure["value"] is None:
        return "-"
    return f"{cell(figure['value'])}  [{cell(figure['low'])}, {cell(figure['high'])}]"


def _averages(title: str, head: str, columns: dict[str, Any]) -> Table:
    from escalation.evaluation.metrics import AVERAGES

    rows = ([name, *(with_interval(figures[key]) for figures in columns.values())] for key, name in AVERAGES.items())
    return table(title, [head, *columns], rows)


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
