"""Write the figures into the documents, or check that they are there.

    python benchmarks/documents.py           # README.md between its markers, models/README.md whole
    python benchmarks/documents.py --check   # writes nothing; exits 1 and shows the lines that differ

Nothing is measured here. The figures come from models/figures.json (`escalation figures`), benchmarks/quality.json
(quality.py --json) and benchmarks/speed.json (speed.py --json); figures.sh makes all again. A section of README.md lies
between the lines `<!-- figures: NAME -->` and `<!-- end -->`. data/audit.json, which a notebook shows, must be of the
same corpus.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation import load_rulebook
from escalation.files import replacing_file
from escalation.training.behaviour import read_cases
from escalation.report.card_figures import read_figures
from escalation.report.card_writing import write_card
from escalation.report.card_figures import hashes, stale
from escalation.report.card_markdown import averages_table, certainty_table, table
from escalation.model import read_model
from escalation.files import default_behaviour, default_corpus, default_model

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
README, CARD, TEMPLATE = ROOT / "README.md", ROOT / "models" / "README.md", ROOT / "models" / "card.md.jinja"
FIGURES, QUALITY, SPEED = (
    ROOT / "models" / "figures.json",
    ROOT / "benchmarks" / "quality.json",
    ROOT / "benchmarks" / "speed.json",
)
AUDIT = ROOT / "data" / "audit.json"
PARTS = {"cross_validation": "cross-validation", "unseen": "real tasks"}
EXAMPLE = "Split the users table into accounts and profiles without downtime, then build the image in GitHub Actions"
SPEEDS = ("one task of about 60 words", "from nothing", "batch")
SHOWN = ("micro_f1", "escalate_f1", "collaborate_f1")
MARKED = re.compile(r"(<!-- figures: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


# ---------------------------------------------------------------------------------------------- the sections


def example() -> str:
    """What the command answers to the README's first task."""
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "160"}
    command = [sys.executable, "-m", "escalation", "predict", EXAMPLE]
    done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", env=environment)
    return f"```\n{done.stdout.strip()}\n```"


def quality() -> str:
    """The engines' averages."""
    return averages_table(read_figures(FIGURES), PARTS)


def certainty() -> str:
    """How far the hybrid's probabilities can be believed."""
    return certainty_table(read_figures(FIGURES), "hybrid", PARTS)


def peers() -> str:
    """Other ways to answer."""
    rows = []
    for name, entry in _json(QUALITY)["ways"].items():
        far = entry["difference"]["micro_f1"]
        beside = "" if name == "hybrid" else f"{far['value']:+.3f} [{far['low']:+.3f}, {far['high']:+.3f}]"
        every, real = (entry[part]["averages"] for part in ("cross_validation", "real"))
        rows.append([name, *(every[key]["value"] for key in SHOWN), beside, *(real[key]["value"] for key in SHOWN)])
    columns = ["micro", "escalate", "collaborate"]
    head = ["", f"cross-validation: {columns[0]}", *columns[1:], "beside the hybrid", f"real tasks: {columns[0]}"]
    return table([*head, *columns[1:]], rows)


def masked() -> str:
    """What remains where no cue word can be read."""
    rows = (
        [name, *(entry[part]["micro_f1"] for part in ("cross_validation", "real"))]
        for name, entry in _json(QUALITY)["masked"].items()
    )
    return table(["micro-F1, all cue words masked", "cross-validation", "real tasks"], rows)


def speed() -> str:
    """Times, and what they are beside the first way."""
    tables = []
    for title, rows in _json(SPEED).items():
        if not title.startswith(SPEEDS):
            continue
        median, ratio = (next(key for key in rows[0] if key.startswith(start)) for start in ("median_", "ratio_to_"))
        head = [title.partition(" (")[0], "median", f"beside {ratio.removeprefix('ratio_to_')}"]
        times = ([row["way"], _time(row[median], median), f"{row[ratio]:.2f}"] for row in rows)
        tables.append(table(head, times))
    return "\n\n".join(tables)


def _time(value: float, unit: str) -> str:
    milliseconds = value / 1000 if unit.endswith("us") else value
    digits = 3 if milliseconds < 0.1 else 2 if milliseconds < 10 else 0
    return f"{milliseconds:.{digits}f} ms"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


SECTIONS: dict[str, Callable[[], str]] = {
    each.__name__: each for each in (example, quality, certainty, peers, masked, speed)
}


# --------------------------------------------------------------------------------------------- the documents


def readme() -> str:
    """README.md as it should be."""
    text = README.read_text(encoding="utf-8")
    found = [match[2] for match in MARKED.finditer(text)]
    if sorted(found) != sorted(SECTIONS):
        raise SystemExit(
            f"{README.name}: has the sections {', '.join(found)}; it needs {', '.join(SECTIONS)}, each once"
        )
    return MARKED.sub(lambda match: f"{match[1]}{SECTIONS[match[2]]()}\n{match[4]}", text)


def card() -> str:
    """models/README.md as it should be."""
    rulebook = load_rulebook()
    model, cases = read_model(default_model(), rulebook), read_cases(default_behaviour())
    return write_card(model, rulebook, read_figures(FIGURES), cases, "escalation train --out models/default", TEMPLATE)


def outdated() -> list[str]:
    """Figures that were measured on something else than what stands here."""
    now = hashes(default_model(), load_rulebook(), default_corpus())
    found = [f"{FIGURES.name}: measured with another {name}" for name in stale(read_figures(FIGURES), now)]
    others = {QUALITY: _json(QUALITY)["hashes"], AUDIT: {"corpus": _json(AUDIT)["corpus"]["sha256"]}}
    for path, kept in others.items():
        found += [f"{path.name}: measured with another {name}" for name in kept if kept[name] != now[name]]
    return found


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a line differs")
    check = parser.parse_args().check
    wrong = outdated()
    for path, wanted in ((README, readme()), (CARD, card())):
        if check:
            there = path.read_text(encoding="utf-8") if path.exists() else ""
            name = path.relative_to(ROOT).as_posix()
            wrong += difflib.unified_diff(
                there.splitlines(), wanted.splitlines(), name, "the figures", lineterm="", n=0
            )
        else:
            with replacing_file(path) as stream:
                stream.write(wanted)
    if wrong:
        print("\n".join(wrong))
        sys.exit("the documents and the figures differ; see benchmarks/documents.py for what makes them again")


if __name__ == "__main__":
    main()
