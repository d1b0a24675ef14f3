"""Time one prediction and a cold start beside scikit-learn's own pipeline, in one run.

    python benchmarks/speed.py [--tasks 400] [--repeats 5] [--json]

Both sides have the same weights and the same texts: tasks of the corpus. Printed are medians over the repeats
and the ratios within each repeat, which say more than the times of one machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import joblib

from escalation import Predictor, load_rulebook
from escalation.corpus import read_corpus
from escalation.resources import default_corpus
from escalation.signals import SignalReader
from escalation.training.fit import fit, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

TASK = "Split the users table into accounts and profiles without downtime, then build the image in GitHub Actions"
COLD_PIPELINE = """
import sys, joblib
fitted, task = joblib.load(sys.argv[1])
print(fitted.logits([task]).round(3).tolist())
"""


def seconds(function: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def in_process(count: int, repeats: int) -> dict[str, list[float]]:
    """Microseconds a task of each way to answer, a figure a repeat."""
    rulebook = load_rulebook()
    data = prepare(read_corpus(default_corpus()), rulebook)
    fitted = fit(data)
    tasks = data.tasks[:: max(1, len(data) // count)][:count]
    predictor = Predictor(rulebook, fitted.model)
    rules = Predictor(rulebook)
    reader = SignalReader(rulebook, fitted.model)
    ways: dict[str, Callable[[], object]] = {
        "full answer with reasons": lambda: [predictor.predict(task) for task in tasks],
        "probabilities and rules, no reasons": lambda: [reader.read(task.text, task.stack) for task in tasks],
        "rules alone, full answer": lambda: [rules.predict(task) for task in tasks],
        "scikit-learn pipeline, one by one": lambda: [fitted.logits([task]) for task in tasks],
        "scikit-learn pipeline, one batch": lambda: fitted.logits(tasks),
    }
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats + 1):
        for name, way in ways.items():
            figures[name].append(1e6 * seconds(way) / len(tasks))
    return {name: values[1:] for name, values in figures.items()}


def cold_starts(repeats: int) -> dict[str, list[float]]:
    """Milliseconds from nothing to the answer, a figure a repeat."""
    rulebook = load_rulebook()
    data = prepare(read_corpus(default_corpus()), rulebook)
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Path(folder) / "pipeline.joblib"
        joblib.dump((fit(data), data.tasks[0]), pipeline)
        commands = {
            "escalation predict": [sys.executable, "-m", "escalation", "predict", TASK, "--json"],
            "scikit-learn pipeline": [sys.executable, "-c", COLD_PIPELINE, str(pipeline)],
            "import numpy, typer": [sys.executable, "-c", "import numpy, typer"],
        }
        figures: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(repeats + 1):
            for name, command in commands.items():
                run = lambda command=command: subprocess.run(command, check=True, capture_output=True)  # noqa: E731
                figures[name].append(1e3 * seconds(run))
    return {name: values[1:] for name, values in figures.items()}


def table(figures: dict[str, list[float]], unit: str, first: str) -> list[dict[str, object]]:
    """Medians, spread and the ratio to one way, taken within each repeat."""
    rows: list[dict[str, object]] = []
    for name, values in figures.items():
        ratios = [value / other for value, other in zip(values, figures[first], strict=True)]
        rows.append(
            {
                "way": name,
                f"median_{unit}": round(statistics.median(values), 1),
                "low": round(min(values), 1),
                "high": round(max(values), 1),
                f"ratio_to_{first}": round(statistics.median(ratios), 2),
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = {
        "one task (us)": table(in_process(options.tasks, options.repeats), "us", "full answer with reasons"),
        "cold start (ms)": table(cold_starts(options.repeats), "ms", "escalation predict"),
    }
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for title, rows in result.items():
        print(title)
        for row in rows:
            way, *numbers = row.values()
            print(f"  {way!s:38}", *(f"{number!s:>10}" for number in numbers))


if __name__ == "__main__":
    main()
