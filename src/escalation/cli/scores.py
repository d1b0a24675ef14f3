"""The figures of an evaluation as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from escalation.cli.tables import cell, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from escalation.evaluation import Evaluation
    from escalation.evaluation.figures import Answer, Averages, Difference, EngineFigures, Interval


def score_tables(result: Evaluation) -> Iterator[Table]:
    """Yield the averages, the differences, and the labels and calibration of each engine."""
    name = next(iter(result.engines))
    columns = {engine: figures.averages for engine, figures in result.engines.items()} | result.baselines
    yield _averages(_title(result), "average", columns)
    yield _averages(f"{name} minus the others, paired", "difference", result.differences)
    if result.registers:
        rows = (
            [register, row.tasks, with_interval(row.micro_f1), with_interval(row.exact_match)]
            for register, row in result.registers.items()
        )
        yield table(f"{name} by register", ["register", "tasks", "micro-F1", "exact match"], rows)
    for engine, figures in result.engines.items():
        rows = (
            [label, row.precision, row.recall, row.f1, row.support, row.answered]
            for label, row in figures.labels.items()
        )
        yield table(engine, ["label", "precision", "recall", "F1", "tasks with it", "answered with it"], rows)
        if figures.coverage is not None:
            yield _reliability(engine, figures)


def comparison_tables(result: Evaluation, listed: int) -> Iterator[Table]:
    """Yield the differences by average and by label, and the first changed answers."""
    from escalation.evaluation.metrics import AVERAGES

    found = result.against
    if found is None:
        return
    head = ["A", "B", "B minus A", ""]
    averages = ([title, *_paired(found.averages[key])] for key, title in AVERAGES.items())
    yield table(f"A is {found.a.name}, B is {found.b.name}; {_title(result)}", ["average", *head], averages)
    labels = ([label, row.support, *_paired(row)] for label, row in found.labels.items())
    yield table("F1 of each label", ["label", "tasks with it", *head], labels)
    changed, right = found.changed, found.changed.right
    shown = (
        [task.id, *map(_answer, (task.a, task.b, task.expected)), task.right.replace("a", "A").replace("b", "B")]
        for task in changed.tasks[:listed]
    )
    title = f"{changed.count:,} changed answers: A right {right['a']:,}, B {right['b']:,}, neither {right['neither']:,}"
    title += f"; the first {listed:,}" if 0 < listed < changed.count else ""
    yield table(title, ["task", "A", "B", "expected", "right"], shown)


def finding_lines(result: Evaluation) -> Iterator[str]:
    """Yield the findings, one a line."""
    from escalation.evaluation.findings import KINDS

    for finding in result.findings:
        yield f"{finding.code} {finding.severity}: {finding.message}; {KINDS[finding.code].remedy}"
    if not result.findings:
        yield "no findings"


def with_interval(figure: Interval) -> str:
    """Return a figure and its interval as a cell shows them."""
    return "-" if figure.value is None else f"{cell(figure.value)}  [{cell(figure.low)}, {cell(figure.high)}]"


def _title(result: Evaluation) -> str:
    first = next(iter(result.engines.values()))
    method = "cross-validation by project" if result.method == "cross-validation" else "unseen tasks"
    if result.overlap:
        method = f"the model was trained on {len(result.overlap):,} of them"
    return f"{result.corpus.path}: {first.tasks:,} tasks of {first.groups:,} projects, {method}"


def _averages(title: str, head: str, columns: dict[str, Averages]) -> Table:
    from escalation.evaluation.metrics import AVERAGES

    rows = ([name, *(with_interval(figures[key]) for figures in columns.values())] for key, name in AVERAGES.items())
    return table(title, [head, *columns], rows)


def _reliability(engine: str, figures: EngineFigures) -> Table:
    title = f"{engine}: model abstained on {figures.abstained:.1%} of the tasks"
    if figures.calibration is not None:
        title += (
            f"; expected calibration error {cell(figures.calibration.micro_ece)}, "
            f"{cell(figures.calibration.micro_ece_doubtful)} for probabilities from 5 % on"
        )
    head = ["share answered", "lowest confidence", "micro-F1", "exact match", "micro-F1 over all tasks"]
    rows = (
        [point.coverage, point.confidence, point.micro_f1, point.exact_match, point.micro_f1_of_all]
        for point in figures.coverage or []
    )
    return table(title, head, rows)


def _paired(row: Difference) -> list[Any]:
    """Return both figures, the difference with its interval, and a verdict if zero is outside of it."""
    value, low, high = row.difference.value, row.difference.low, row.difference.high
    if value is None or low is None or high is None:
        return [row.a, row.b, None, ""]
    verdict = "worse" if high < 0 else "better" if low > 0 else ""
    return [row.a, row.b, f"{value:+.3f}  [{low:+.3f}, {high:+.3f}]", verdict]


def _answer(answer: Answer) -> str:
    named = [f"{side} {', '.join(modes)}" for side, modes in _sides(answer) if modes]
    return "; ".join([*named, *(["core"] if answer.core else [])]) or "nobody"


def _sides(answer: Answer) -> list[tuple[str, list[str]]]:
    return [("escalate", answer.escalate), ("collaborate", answer.collaborate)]
