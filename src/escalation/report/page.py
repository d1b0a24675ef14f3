"""The report as a directory: a page that needs no script, network or other file, the data, and the pictures."""

from __future__ import annotations

import json
import re
from itertools import groupby, pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.evaluation.metrics import AVERAGES
from escalation.files import check_directory, replacing_directory, require
from escalation.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS = 4
_LEAST_SHARE = 0.2
"""A passage that weighs less than this share of the heaviest one is not marked."""
_TEMPLATES = Path(__file__).resolve().parent / "templates"
_PAGE, _DATA = "report.html", "report.json"
_FILES = (_PAGE, _DATA, *(f"{name}.{kind}" for name in words.TITLES for kind in ("svg", "png")))
_SEVERITIES = ("high", "medium", "low")
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
    from escalation.report.charts import picture
    from escalation.report.look import as_png

    shown = printable(contents)
    with replacing_directory(directory, _FILES) as new:
        (new / _DATA).write_text(json.dumps(contents, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (new / _PAGE).write_text(page(contents), encoding="utf-8", newline="\n")
        for name in words.TITLES:
            svg = picture(shown, name)
            if svg is not None:
                (new / f"{name}.svg").write_text(svg, encoding="utf-8")
                (new / f"{name}.png").write_bytes(as_png(svg))


# ------------------------------------------------------------------------------------------------ the page


def page(contents: dict[str, Any]) -> str:
    """Return the report as an HTML page.

    Parameters
    ----------
    contents : dict
        What `escalation.report.contents` returns. All of its strings may come from strangers, and are escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from escalation.report.charts import inlined
    from escalation.report.look import DARK

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats = (words.count, words.figure, words.percent, words.split_label)
    environment.filters |= {each.__name__: each for each in formats} | {"f1_of": "{} F1".format}
    shown = printable(contents)
    return environment.get_template("report.html").render(
        report=shown,
        averages=AVERAGES,
        summary=words.summary(shown),
        findings=sorted(shown["findings"], key=lambda finding: _SEVERITIES.index(finding["severity"])),
        drawings={name: inlined(shown, name) for name in words.TITLES},
        passages=passages,
        dark=DARK,
    )


def printable(value: Any) -> Any:
    """Return contents in which every character that HTML or SVG does not allow is replaced by U+FFFD."""
    if isinstance(value, dict):
        return {printable(key): printable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [printable(entry) for entry in value]
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


# ------------------------------------------------------------------------------------------------ marked passages


class Passage(NamedTuple):
    """A part of a text, and how much it weighs: from 1 to `LEVELS`, or 0 if it is not marked."""

    text: str
    level: int


def passages(text: str, spans: Sequence[Mapping[str, Any]]) -> list[Passage]:
    """Split a text wherever its weight changes. Joined, the passages are the text.

    Parameters
    ----------
    text : str
    spans : sequence of mapping
        Each with ``start``, ``end`` and ``weight``, whose sign is ignored. Overlapping spans add up.

    Returns
    -------
    list of Passage

    Examples
    --------
    >>> passages("drop a table", [{"start": 7, "end": 12, "weight": 0.4}])
    [Passage(text='drop a ', level=0), Passage(text='table', level=4)]
    """
    cuts = {0, len(text)} | {min(max(span[end], 0), len(text)) for span in spans for end in ("start", "end")}
    pieces = [
        (text[start:end], sum(abs(span["weight"]) for span in spans if span["start"] <= start and end <= span["end"]))
        for start, end in pairwise(sorted(cuts))
    ]
    heaviest = max((weight for _, weight in pieces), default=0.0)

    def level(weight: float) -> int:
        return ceil(LEVELS * weight / heaviest) if heaviest and weight >= _LEAST_SHARE * heaviest else 0

    levelled = [(piece, level(weight)) for piece, weight in pieces]
    return [
        Passage("".join(piece for piece, _ in same), shared)
        for shared, same in groupby(levelled, key=lambda entry: entry[1])
    ]
