"""Count how answers hold when texts are framed, joined, diluted, misspelt, wrapped, or ask nothing.

    python benchmarks/robustness.py [--data DIR] [--engine rules] [--kind KIND ...] [--worst N] [--json FILE] [--gate]

The texts are made from benchmarks/robustness/*.toml, or from the same files in another directory, and are the same ones
for the same seed. With --gate the command exits with 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.table import Table

from escalation import Predictor
from escalation.files import replacing_file
from escalation.training.probes import make_probes, read_inputs
from escalation.training.robustness import check_robustness, missed_goals

if TYPE_CHECKING:
    from escalation.training.robustness import KindFigures

SHARES = ("wrong", "recall", "misled", "core_wrong", "unclear_wrong")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="directory of inputs (default: benchmarks/robustness)")
    parser.add_argument("--model", type=Path, help="model directory (default: the one that ships)")
    parser.add_argument("--engine", choices=("hybrid", "model", "rules"), default="hybrid")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", help="count this kind only, such as mentions or joins.6; repeatable")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="show the N worst variants of each kind")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--gate", action="store_true", help="exit 1 if a goal is missed")
    options = parser.parse_args()

    inputs = read_inputs(options.data)
    predictor = Predictor.load(options.model, engine=options.engine)
    probes = make_probes(inputs, predictor.rulebook, options.seed)
    if options.kind:
        probes = [probe for probe in probes if probe.kind in options.kind]
    figures = check_robustness(predictor, probes)
    goals = {kind: bounds for kind, bounds in inputs.goals.items() if not options.kind or kind in options.kind}
    missed = missed_goals(figures, goals)

    console = Console(width=max(100, Console().width))
    console.print(table_of(figures))
    for kind, found in figures.items() if options.worst else ():
        show_worst(console, kind, found, options.worst)
    for kind, sentence in missed:
        console.print(f"missed goal: {kind}: {sentence}", highlight=False)
    if options.json:
        document = {"kinds": figures, "goals": goals, "missed": missed, "seed": options.seed, "engine": options.engine}
        with replacing_file(options.json) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    return 1 if options.gate and missed else 0


def table_of(figures: dict[str, KindFigures]) -> Table:
    table = Table(box=None)
    table.add_column("kind", no_wrap=True)
    for heading in ("texts", "wrong", "recall", "given too much", "core wrong", "unclear wrong", "extra a text"):
        table.add_column(heading, justify="right")
    for kind, found in figures.items():
        values = [getattr(found.all, name) for name in SHARES]
        shares = ["–" if value is None else f"{value:.1%}" for value in values]
        extra = "–" if found.all.extra is None else f"{found.all.extra:.2f}"
        table.add_row(kind, str(found.all.texts), *shares, extra)
    return table


def show_worst(console: Console, kind: str, found: KindFigures, number: int) -> None:
    """Print the variants of a kind with the largest share of wrong texts, each with an example."""
    ranked = sorted(found.variants.items(), key=lambda pair: -pair[1].wrong)[:number]
    for name, counts in ranked:
        if counts.wrong:
            example = found.examples[name]
            console.print(f"\n{kind} / {name}: {counts.wrong:.0%} of {counts.texts} wrong", markup=False)
            console.print(f"  {example.text!r}", markup=False, highlight=False)
            console.print(f"  {example.fault}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
