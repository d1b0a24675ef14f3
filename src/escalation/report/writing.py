"""A report's directory: written whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from escalation.files import check_directory, replacing_directory, require
from escalation.report.words import TITLES

if TYPE_CHECKING:
    from pathlib import Path

PAGE, DATA = "report.html", "report.json"
_FILES = (PAGE, DATA, *(f"{name}.{kind}" for name in TITLES for kind in ("svg", "png")))


def check_report(directory: Path) -> None:
    """Refuse a place where a report cannot be written, and a missing extra, before any work is done.

    Raises
    ------
    MissingExtraError
        If what draws is not installed.
    InputError
        If it is a file, or holds files that are of no report.
    """
    require("report", "A report")
    check_directory(directory, _FILES)


def write_report(contents: dict[str, Any], directory: Path) -> None:
    """Write a report: the page, the data it was made from, and each chart as SVG and PNG for documents.

    Parameters
    ----------
    contents : dict
        Format 1: ``about``, ``averages``, ``registers``, ``labels``, ``curves``, ``reliability``, ``coverage``,
        ``agreement``, ``learning_curve``, ``terms``, ``errors``, ``drift`` and ``findings``, as the report's data
        are made. ``reliability``, ``coverage``, ``learning_curve`` and ``drift`` may be None.
    directory : Path
        Missing, empty, or an older report, which is replaced when the new one is complete.

    Raises
    ------
    MissingExtraError
        If what draws is not installed.
    InputError
        If the place cannot be written, or holds anything but a report.
    """
    check_report(directory)
    from escalation.report.drawing import as_png, picture
    from escalation.report.page import page, printable

    shown = printable(contents)
    with replacing_directory(directory, _FILES) as new:
        (new / PAGE).write_text(page(contents), encoding="utf-8", newline="\n")
        (new / DATA).write_text(json.dumps(contents, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        for name in TITLES:
            svg = picture(shown, name)
            if svg is not None:
                (new / f"{name}.svg").write_text(svg, encoding="utf-8")
                (new / f"{name}.png").write_bytes(as_png(svg))
