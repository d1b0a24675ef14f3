"""Count the corrections that a review needs to reach a given F1, by its order and by others.

    python benchmarks/review.py TASKS [--model DIR] [--random 20] [--step 5] [--json FILE]

TASKS is a labelled file that the model has not seen, in the form of a corpus. A reader who is always right answers one
task after the other: as `escalation review` asks for them, by doubt alone, or at random (the mean of as many orders as
--random says). Micro-F1 is over all tasks; nothing is learned from an answer but the answer itself.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from escalation import load_rulebook
from escalation.evaluation.metrics import averages
from escalation.evaluation.run import answer_columns, answer_tasks, check_unseen, indicators
from escalation.feedback.queue import spread
from escalation.files import default_model, replacing_file
from escalation.model import read_model
from escalation.training.corpus import read_corpus
from escalation.training.fit import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Matrix = NDArray[np.int8]
    Settle = Callable[[Sequence[int]], Matrix]
    """Returns the answers to all tasks, once some of them have been corrected."""

LEVELS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98)


def by_oracle(targets: Matrix, given: Matrix) -> Settle:
    """Make each corrected task right, and leave the others; what adapts a model to them would be another `Settle`."""

    def settle(rows: Sequence[int]) -> Matrix:
        answers = given.copy()
        answers[list(rows)] = targets[list(rows)]
        return answers

    return settle


def curve(order: Sequence[int], steps: Sequence[int], settle: Settle, f1: Callable[[Matrix], float]) -> list[float]:
    """Return micro-F1 after each number of corrections."""
    return [f1(settle(order[:count])) for count in steps]


def needed(steps: Sequence[int], values: Sequence[float], level: float) -> int | None:
    """Return the least number of corrections with which a level is reached."""
    return next((count for count, value in zip(steps, values, strict=True) if value >= level), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--model", type=Path, help="model directory (default: the one that ships)")
    parser.add_argument("--random", type=int, default=20, help="number of random orders")
    parser.add_argument("--step", type=int, default=5, help="corrections between two measurements")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()

    rulebook = load_rulebook()
    model = read_model(options.model or default_model(), rulebook)
    corpus = read_corpus(options.tasks)
    check_unseen(corpus, model, "the model")
    data, columns = prepare(corpus, rulebook), answer_columns(rulebook)
    targets = indicators(columns, data.answers)
    answers = answer_tasks(rulebook, model, "hybrid", data.tasks)
    doubts, texts = answers.doubts.tolist(), [task.text for task in data.tasks]

    def f1(given: Matrix) -> float:
        return averages(columns, targets, given)["micro_f1"] or 0.0

    settle = by_oracle(targets, answers.given)
    steps = [*range(0, len(texts), options.step), len(texts)]
    random = [np.random.default_rng(seed).permutation(len(texts)).tolist() for seed in range(options.random)]
    curves = {
        "review": curve(spread(texts, doubts, len(texts)), steps, settle, f1),
        "doubt alone": curve(np.argsort(-answers.doubts, kind="stable").tolist(), steps, settle, f1),
        "random": np.mean([curve(order, steps, settle, f1) for order in random], axis=0).tolist(),
    }
    console = Console(width=max(100, Console().width))
    console.print(
        f"{len(texts)} tasks, micro-F1 {curves['review'][0]:.3f}; corrections needed to reach", highlight=False
    )
    table = Table()
    levels = [level for level in LEVELS if level > curves["review"][0]]
    for heading in ("order", *(f"{level:.2f}" for level in levels)):
        table.add_column(heading, justify="right" if heading != "order" else "left")
    for name, values in curves.items():
        table.add_row(name, *(str(needed(steps, values, level)) for level in levels))
    console.print(table)
    if options.json:
        with replacing_file(options.json) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode({"steps": steps, "micro_f1": curves})).decode() + "\n")


if __name__ == "__main__":
    main()
