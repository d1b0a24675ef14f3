"""The figures that the README quotes are those of models/figures.json, and of models/unseen.json where that exists.

The README quotes them in tables between ``<!-- figures -->`` and ``<!-- end -->``. A row begins with the title of an
average, such as ``micro-F1``; the head of a column names the engine and, from the first column about them on, the
"real tasks". `escalation card` writes tables of this form.
"""

from __future__ import annotations

import re

from escalation.evaluation.metrics import AVERAGES
from escalation.report.card import read_figures
from helpers import ROOT

BLOCK = re.compile(r"<!-- figures -->\n(.*?)<!-- end -->", re.DOTALL)
INTERVAL = re.compile(r"(\d\.\d{3}) \[(\d\.\d{3}), (\d\.\d{3})\]")
FILES = {"cross-validation": "figures.json", "real tasks": "unseen.json", "unseen tasks": "unseen.json"}


def quoted(text):
    """Yield part, engine, title and figures of every cell with an interval."""
    for block in BLOCK.findall(text):
        for table in re.split(r"\n\s*\n", block):
            rows = [
                [cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines() if "|" in line
            ]
            part, columns = "cross-validation", []
            for name in rows[0] if rows else []:
                part = next((each for each in FILES if each in name.lower()), part)
                columns.append((part, re.split(r"[\s:]+", name)[-1]))
            for title, *cells in rows[1:]:
                for column, cell in zip(columns[1:], cells, strict=True):
                    for figures in INTERVAL.findall(cell):
                        yield *column, title, figures


def test_the_readme_quotes_the_figures_of_the_model():
    found = list(quoted((ROOT / "README.md").read_text(encoding="utf-8")))
    assert found
    keys = {title: key for key, title in AVERAGES.items()}
    assert any(part == "cross-validation" for part, *_ in found)
    for part, engine, title, figures in found:
        if not (ROOT / "models" / FILES[part]).exists():
            continue  # the real tasks, and what is measured on them, are not part of the repository
        measured = read_figures(ROOT / "models" / FILES[part]).engines[engine].averages[keys[title]]
        assert figures == tuple(f"{end:.3f}" for end in (measured.value, measured.low, measured.high)), (engine, title)
