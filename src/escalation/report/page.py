"""The report as one page that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from escalation.report import words
from escalation.report.charts.look import DARK
from escalation.report.drawing import inlined
from escalation.report.highlight import passages
from escalation.report.summary import summary

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_SEVERITIES = ("high", "medium", "low")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


def page(contents: dict[str, Any]) -> str:
    """Write the report as HTML.

    Parameters
    ----------
    contents : dict
        See `escalation.report.writing.write_report`. Its strings are taken for texts of strangers.

    Returns
    -------
    str
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": words.count,
        "f1_of": "{} F1".format,
        "figure": words.figure,
        "percent": words.percent,
        "share": words.share,
        "parted": words.parted,
        "named": words.named,
    }
    shown = printable(contents)
    return environment.get_template("report.html").render(
        report=shown,
        averages=words.AVERAGES,
        summary=summary(shown),
        findings=sorted(shown["findings"], key=lambda finding: _SEVERITIES.index(finding["severity"])),
        drawings={name: inlined(shown, name, title) for name, title in words.TITLES.items()},
        passages=passages,
        dark=DARK,
    )


def printable(value: Any) -> Any:
    """Give contents whose strings have no character that neither HTML nor SVG knows, each replaced by one other."""
    if isinstance(value, dict):
        return {printable(key): printable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [printable(entry) for entry in value]
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value
