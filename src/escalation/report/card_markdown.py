"""Tables in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from escalation.evaluation.metrics import AVERAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from escalation.report.card_figures import Figures

PARTS = {"cross_validation": "cross-validation", "unseen": "unseen tasks"}
"""The parts of a model's figures, as people read them."""


def table(head: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Make a table: figures with three digits, - where there is none."""
    lines = [head, ["---"] * len(head), *(list(map(cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: Any) -> str:
    """Give a value as a cell shows it; a figure with an interval is a mapping."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        ends = f" [{cell(value['low'])}, {cell(value['high'])}]" if value["low"] is not None else ""
        return f"{cell(value['value'])}{ends}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")


def averages_table(figures: Figures, names: dict[str, str] = PARTS) -> str:
    """Show the averages of every engine with their intervals, a part beside the other."""
    head, columns = [""], []
    for part, entry in figures.parts.items():
        for engine, figured in entry["engines"].items():
            head.append(f"{names[part]}: {engine}" if engine == next(iter(entry["engines"])) else engine)
            columns.append(figured["averages"])
    return table(head, ([title, *(column[name] for column in columns)] for name, title in AVERAGES.items()))


def certainty_table(figures: Figures, engine: str, names: dict[str, str] = PARTS) -> str:
    """Show how far an engine's probabilities can be believed, and what leaving out the least sure tasks gains."""
    entries = {part: entry["engines"][engine] for part, entry in figures.parts.items()}
    shares = [point["coverage"] for point in next(iter(entries.values()))["coverage"] or []]
    surest = [f"{share:.0%}" if share < 1 else "micro-F1 of all" for share in shares]
    surest[1:2] = [f"of the surest {share}" for share in surest[1:2]]
    head = ["", "calibration error", "from 5% on", *surest]
    rows = (
        [names[part], *(entry["calibration"] or {}).values(), *(point["micro_f1"] for point in entry["coverage"] or [])]
        for part, entry in entries.items()
    )
    return table(head, rows)


def labels_table(figures: Figures, engine: str, names: dict[str, str] = PARTS) -> str:
    """Show precision, recall, F1 and the number of tasks of every label."""
    keys = {"support": "tasks", "precision": "precision", "recall": "recall", "f1": "F1"}
    parts = {part: entry["engines"][engine]["labels"] for part, entry in figures.parts.items()}
    head = ["label"]
    for part in parts:
        first, *others = keys.values()
        head += [f"{names[part]}: {first}", *others]
    rows = (
        [f"`{label}`", *(rows[label][key] for rows in parts.values() for key in keys)]
        for label in next(iter(parts.values()))
    )
    return table(head, rows)


def registers_table(figures: Figures) -> str:
    """Show cross-validation's micro-F1 and exact match by the manner in which tasks are written."""
    registers = figures.parts["cross_validation"]["registers"]
    rows = ([name, row["tasks"], row["micro_f1"], row["exact_match"]] for name, row in registers.items())
    return table(["register", "tasks", "micro-F1", "exact match"], rows)
