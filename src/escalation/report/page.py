"""The report as a directory: a page that needs no script, network or other file, the data, and the pictures."""

from __future__ import annotations

import json
import re
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from escalation.evaluation.metrics import AVERAGES, SUBSET_FIGURES
from escalation.files import check_directory, replacing_directory, require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

TITLES = {
    "averages": "Averages of every engine with their 95 % intervals",
    "curves": "Precision and recall of each label, with the point that its threshold chooses",
    "reliability": "Observed share of correct labels against their predicted probability",
    "coverage": "Quality of the answers against the share of tasks answered",
    "settled": "Micro-F1 against the share of the answers that a reader settles",
    "agreement": "Which of model and rules predicts each label, and which is right where they differ",
    "learning-curve": "Averages against the number of training tasks",
    "drift": "Words that are more and less frequent here than in the training tasks",
}
"""The name of each chart, and the title that a screen reader reads out."""
LEVELS = 4
_LEAST_SHARE = 0.2
"""A passage that weighs less than this share of the heaviest one is not marked."""
_PAGE, _DATA = "report.html", "report.json"
_FILES = (_PAGE, _DATA, *(f"{name}.{kind}" for name in TITLES for kind in ("svg", "png")))
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


# ------------------------------------------------------------------------------------------------ the directory


def check_report(directory: Path) -> None:
    """Check that a report can be written, before the work that it takes; raise what `write_report` raises if not."""
    require("report", "A report")
    check_directory(directory, _FILES)


def write_report(contents: dict[str, Any], directory: Path) -> None:
    """Write a report: the page, the data it was made from, and each chart as SVG and PNG for documents.

    Parameters
    ----------
    contents : dict
        What `escalation.report.contents` returns.
    directory : Path
        Missing, empty, or an older report, which is replaced once the new one is complete.

    Raises
    ------
    MissingExtraError
        If the extra ``report`` is not installed.
    InputError
        If `directory` is a file, cannot be written to, or holds a file that does not belong to a report.
    """
    check_report(directory)
    from escalation.report.charts import draw
    from escalation.report.look import as_png

    shown = printable(contents)
    with replacing_directory(directory, _FILES) as new:
        (new / _DATA).write_text(json.dumps(contents, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (new / _PAGE).write_text(page(contents), encoding="utf-8", newline="\n")
        for name in TITLES:
            svg = draw(shown, name)
            if svg is not None:
                (new / f"{name}.svg").write_text(svg, encoding="utf-8")
                (new / f"{name}.png").write_bytes(as_png(svg))


# ------------------------------------------------------------------------------------------------ the page


def page(contents: dict[str, Any]) -> str:
    """Return a report as an HTML page. All strings of its contents may come from strangers, and are escaped."""
    from escalation.report.charts import inlined, split_label
    from escalation.report.look import DARK

    shown = printable(contents)
    templates = environment(autoescape=True)
    templates.filters |= {"split_label": split_label, "f1_of": "{} F1".format}
    return templates.get_template("report.html").render(
        report=shown,
        averages=AVERAGES,
        subset_figures=SUBSET_FIGURES,
        drawings={name: inlined(shown, name, title) for name, title in TITLES.items()},
        passages=passages,
        dark=DARK,
    )


def environment(*, autoescape: bool) -> Environment:
    """Return Jinja with this package's templates, and filters for numbers."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).resolve().parent / "templates")
    templates = Environment(
        loader=loader, autoescape=autoescape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters |= {"count": count, "figure": figure, "percent": percent}
    return templates


def printable(value: Any) -> Any:
    """Return contents in which every character that HTML or SVG does not allow is replaced by U+FFFD."""
    if isinstance(value, dict):
        return {printable(key): printable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [printable(entry) for entry in value]
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


# ------------------------------------------------------------------------------------------------ numbers


def count(value: float | None) -> str:
    """Format a number of things, with a hyphen for None."""
    return "-" if value is None else f"{value:,.0f}"


def figure(value: float | None, digits: int = 2) -> str:
    """Format a figure of any size: whole numbers and large ones without decimals, others with some."""
    if value is None or isinstance(value, int) or abs(value) >= 100:
        return count(value)
    return f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """Format a share as a percentage, with a decimal if it is small.

    >>> percent(0.31), percent(0.031), percent(0.0002)
    ('31 %', '3.1 %', 'under 0.1 %')
    """
    if value is None:
        return "-"
    if 0 < value < 0.001:
        return "under 0.1 %"
    return f"{100 * value:.1f} %" if 0 < value < 0.1 else f"{100 * value:.0f} %"


# ------------------------------------------------------------------------------------------------ marked passages


class Passage(NamedTuple):
    """A part of a text, and how much it weighs: from 1 to `LEVELS`, or 0 if it is not marked."""

    text: str
    level: int


def passages(text: str, spans: Sequence[Mapping[str, Any]]) -> list[Passage]:
    """Split a text wherever its weight changes. Joined, the passages are the text.

    Spans have ``start``, ``end`` and ``weight``, whose sign is ignored. Overlapping spans add up.

    >>> passages("drop a table", [{"start": 7, "end": 12, "weight": 0.4}])
    [Passage(text='drop a ', level=0), Passage(text='table', level=4)]
    """
    weights = np.zeros(len(text))
    for span in spans:
        weights[max(span["start"], 0) : max(span["end"], 0)] += abs(span["weight"])
    heaviest = weights.max(initial=np.finfo(float).tiny)
    levels = np.ceil(LEVELS * weights / heaviest)
    levels[weights < _LEAST_SHARE * heaviest] = 0
    same_level = groupby(zip(text, levels.astype(int).tolist(), strict=True), key=itemgetter(1))
    return [Passage("".join(character for character, _ in same), level) for level, same in same_level]
