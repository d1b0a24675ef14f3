"""The figures of an evaluation as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from escalation.cli.display import cell, table
from escalation.evaluation.figures import Interval
from escalation.evaluation.findings import KINDS
from escalation.evaluation.metrics import AVERAGES, SUBSET_FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.table import Table

    from escalation.evaluation.figures import Answer, Averages, Comparison, Difference, Evaluation
    from escalation.training.oracle import Finding

HEADINGS = (
    AVERAGES
    | SUBSET_FIGURES
    | {
        "f1": "F1",
        "support": "tasks with it",
        "answered": "answered with it",
        "confidence": "lowest confidence",
        "micro_f1_of_all": "micro-F1 over all tasks",
        "in_random_order": "in random order",
        "words_in_parts": "of these, in a part",
        "parts_on_words": "of these, with evidence",
    }
)
"""Headings of figures by their key, where they differ."""


def score_tables(result: Evaluation) -> Iterator[Table]:
    """Yield the averages, the differences, and the labels and calibration of each engine."""
    name = next(iter(result.engines))
    averages = {engine: figures.averages for engine, figures in result.engines.items()} | result.baselines
    yield _averages(_title(result), "average", averages)
    yield _averages(f"{name} minus the others, paired", "difference", result.differences)
    for key, rows in {"genre": result.genres, "register": result.registers}.items():
        if rows:
            yield _figures(f"{name} by {key}", key, rows, "tasks", "projects", *SUBSET_FIGURES)
    if result.evidence:
        tasks = next(iter(result.evidence.values())).tasks
        title = f"evidence and parts of the answers: {tasks:,} tasks with evidence"
        yield _figures(title, "engine", result.evidence, "words", "words_in_parts", "parts", "parts_on_words")
    for engine, figures in result.engines.items():
        yield _figures(engine, "label", figures.labels, "precision", "recall", "f1", "support", "answered")
        if figures.coverage is not None:
            title = f"{engine}: model abstained on {figures.abstained:.1%} of the tasks"
            if figures.calibration is not None:
                error, doubtful = figures.calibration.micro_ece, figures.calibration.micro_ece_doubtful
                title += f"; expected calibration error {error:.3f}, {doubtful:.3f} for probabilities from 5 % on"
            points = {cell(point.coverage): point for point in figures.coverage}
            columns = ("confidence", "micro_f1", "exact_match", "micro_f1_of_all")
            yield _figures(title, "share answered", points, *columns)
        if figures.settled:
            settled = {cell(point.share): point for point in figures.settled}
            title = f"{engine}: micro-F1 if a reader who is always right settles the most doubtful answers"
            yield _figures(title, "share settled", settled, "micro_f1", "in_random_order")


def comparison_tables(result: Evaluation, found: Comparison, listed: int) -> Iterator[Table]:
    """Yield the differences by average and by label, and the first changed answers."""
    head = ["A", "B", "B minus A", ""]
    averages = ([title, *_paired(found.averages[key])] for key, title in AVERAGES.items())
    yield table(f"A is {found.a.name}, B is {found.b.name}; {_title(result)}", ["average", *head], averages)
    if found.genres:
        genres = (
            [genre, rows.tasks, title, *_paired(getattr(rows, key), lower_is_better=key == "core_wrong")]
            for genre, rows in found.genres.items()
            for key, title in SUBSET_FIGURES.items()
        )
        yield table("by genre", ["genre", "tasks", "figure", *head], genres)
    labels = ([label, row.support, *_paired(row)] for label, row in found.labels.items())
    yield table("F1 of each label", ["label", "tasks with it", *head], labels)
    changed, right = found.changed, found.changed.right
    title = f"{changed.count:,} changed answers: A right {right['a']:,}, B {right['b']:,}, neither {right['neither']:,}"
    if 0 < listed < changed.count:
        title += f"; the first {listed:,}"
    sides = {"a": "A", "b": "B", "neither": "neither"}
    tasks = (
        [task.id, _answer(task.a), _answer(task.b), _answer(task.expected), sides[task.right]]
        for task in changed.tasks[:listed]
    )
    yield table(title, ["task", "A", "B", "expected", "right"], tasks)


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """Return the findings, one a line."""
    found = [f"{each.code} {each.severity}: {each.message}; {KINDS[each.code].remedy}" for each in findings]
    return found or ["no findings"]


def _title(result: Evaluation) -> str:
    first = next(iter(result.engines.values()))
    method = "cross-validation by project" if result.method == "cross-validation" else "unseen tasks"
    if result.overlap:
        method = f"the model was trained on {len(result.overlap):,} of them"
    return f"{result.corpus.path}: {first.tasks:,} tasks of {first.groups:,} projects, {method}"


def _figures(title: str, head: str, rows: Mapping[str, Any], *columns: str) -> Table:
    """Make a table with a row for each key, and a column for each attribute named in `columns`."""
    cells = ([key, *(_cell(getattr(row, column)) for column in columns)] for key, row in rows.items())
    return table(title, [head, *(HEADINGS.get(column, column) for column in columns)], cells)


def _averages(title: str, head: str, columns: Mapping[str, Averages]) -> Table:
    rows = ([name, *(_cell(figures[key]) for figures in columns.values())] for key, name in AVERAGES.items())
    return table(title, [head, *columns], rows)


def _cell(figure: Any) -> Any:
    """Return a figure as a cell shows it, with its interval if it has one."""
    if not isinstance(figure, Interval):
        return figure
    if figure.value is None:
        return None
    return f"{cell(figure.value)}  [{cell(figure.low)}, {cell(figure.high)}]"


def _paired(row: Difference, *, lower_is_better: bool = False) -> list[Any]:
    """Return both figures, the difference with its interval, and a verdict if zero is outside of it."""
    value, low, high = row.difference.value, row.difference.low, row.difference.high
    if value is None or low is None or high is None:
        return [row.a, row.b, None, ""]
    less, more = ("better", "worse") if lower_is_better else ("worse", "better")
    verdict = less if high < 0 else more if low > 0 else ""
    return [row.a, row.b, f"{value:+.3f}  [{low:+.3f}, {high:+.3f}]", verdict]


def _answer(answer: Answer) -> str:
    sides = {"escalate": answer.escalate, "collaborate": answer.collaborate}
    named = [f"{side} {', '.join(modes)}" for side, modes in sides.items() if modes]
    return "; ".join([*named, *(["core"] if answer.core else [])]) or "nobody"
