"""Measure what corrections gain: adapt to some tasks of a labelled file, answer others, throw the models away.

    python benchmarks/corrections.py TASKS [--halves 20] [--gated 3] [--model DIR] [--json FILE]

TASKS is a labelled file that the model has not seen, in the form of a corpus, with several projects. Half of the tasks
of each project are corrected, drawn at random as often as --halves says, and the other half is answered. A group counts
as one label. Intervals: 95 %, bootstrap over projects.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from escalation import load_rulebook
from escalation.errors import FindingError
from escalation.evaluation.metrics import resamples
from escalation.evaluation.run import check_unseen
from escalation.feedback.adapt import adapt, anchors_of
from escalation.feedback.choosing import FIXED, learn, scores_of, shifts_of, split
from escalation.feedback.moving import moved_logits, movement, read_lessons, rough_movements
from escalation.feedback.records import Correction, Labels
from escalation.files import default_behaviour, default_model, replacing_file
from escalation.model import read_model
from escalation.model.policy import log_odds
from escalation.rules.rulebook import CORE, Label
from escalation.training.behaviour import read_cases
from escalation.training.corpus import read_corpus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from escalation.feedback.moving import Lessons
    from escalation.model import Model
    from escalation.training.behaviour import Case

MEASURES = {
    "own": "its own first half, strength fixed",
    "like": "all tasks of the other projects, strength chosen",
    "both": "the other projects, and its own first half",
    "others": "one project's first half; all other projects are answered",
    "gated": "its own first half, as `escalation adapt` publishes it (first halves alone)",
    "half": "half of the projects; the other half of them is answered",
}


class Bench:
    """Labelled tasks, answers of the model and of models that were adapted to some of them."""

    def __init__(self, lessons: Lessons, model: Model) -> None:
        self.lessons, self.model = lessons, model
        self.projects = np.unique(lessons.groups)
        self.modes = [index for index, label in enumerate(model.labels) if label != CORE]
        self.least = log_odds(np.array([model.policies[label].thresholds["hybrid"] for label in model.labels]))
        self.before = self.given(lessons.logits, np.zeros(len(model.labels)))

    def given(self, logits: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return the answers of all tasks; an escalation outranks a collaboration."""
        labels = self.model.labels
        answers = scores_of(self.lessons, self.model, logits) + shift >= self.least
        for index, label in enumerate(labels):
            if self.model.policies[label].rules_only:
                answers[:, index] = self.lessons.verdicts[:, index] == 1
        for index, label in enumerate(labels):
            if label.disposition == "collaborate" and Label("escalate", label.target) in labels:
                answers[:, index] &= ~answers[:, labels.index(Label("escalate", label.target))]
        return answers

    def adapted(self, rows: NDArray[np.intp], strength: float) -> NDArray[np.bool_]:
        """Return the answers of all tasks by a model that was adapted to some of them."""
        part = self.lessons.part(rows)
        folds, _ = split(part)
        out_of_fold = part.logits.copy()
        everything = np.arange(len(rows))
        for fold in range(folds.max() + 1):
            others = everything[folds == fold]
            seen = everything[folds != fold]
            out_of_fold[part.views(others)] = moved_logits(
                part, seen, rough_movements(part, seen, [strength])[strength], others
            )
        shift = shifts_of(part, self.model, out_of_fold, everything, strength)["hybrid"]
        every = np.arange(len(self.lessons.starts))
        return self.given(moved_logits(self.lessons, rows, movement(self.lessons, rows, strength), every), shift)

    def counts(self, answers: NDArray[np.bool_], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return, for each project, twice the right labels, and the labels that are answered or right, in some rows."""
        right, given = self.lessons.targets[rows][:, self.modes] == 1, answers[rows][:, self.modes]
        values = np.column_stack([2 * (right & given).sum(axis=1), right.sum(axis=1) + given.sum(axis=1)])
        return np.array([values[self.lessons.groups[rows] == project].sum(axis=0) for project in self.projects], float)


def summary(pairs: Iterable[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> dict[str, Any]:
    """Return micro-F1 before and after, and the gain with its interval, from counts by project."""
    before, after = (np.sum(side, axis=0) for side in zip(*pairs, strict=True))
    times = np.vstack([np.ones(len(before)), resamples(len(before))])
    one, other = ((times @ counts)[:, 0] / (times @ counts)[:, 1] for counts in (before, after))
    low, high = np.percentile((other - one)[1:], [2.5, 97.5])
    found = {"before": one[0], "after": other[0], "gain": other[0] - one[0], "low": low, "high": high}
    return {name: round(float(value), 4) for name, value in found.items()}


def published(bench: Bench, rows: NDArray[np.intp], cases: list[Case], counts: Counter[str]) -> NDArray[np.bool_]:
    """Return the answers of all tasks by what `escalation adapt` publishes; else by the model that ships."""
    lessons, rulebook = bench.lessons, load_rulebook()
    with TemporaryDirectory() as folder:
        place = Path(folder) / "model"
        try:
            done = adapt([lessons.corrections[row] for row in rows], bench.model, rulebook, place, cases=cases)
        except FindingError:
            counts["not published"] += 1
            return bench.before
        counts[f"lambda {done.strength:g}"] += 1
        model = read_model(place, rulebook)
    again = read_lessons([(each, 1.0) for each in lessons.corrections], model, rulebook)
    assert again is not None
    return Bench(again, model).before


def measure(bench: Bench, halves: int, gated: int, show: Any) -> dict[str, dict[str, Any]]:
    """Measure everything that `MEASURES` names; what is published only in the first `gated` halves."""
    cases, counts = read_cases(default_behaviour()), Counter[str]()
    groups, every = bench.lessons.groups, np.arange(len(bench.lessons))
    found: dict[str, list[Any]] = {name: [] for name in MEASURES}
    strengths = {}
    rulebook = load_rulebook()
    for project in bench.projects:
        others = np.flatnonzero(groups != project)
        strengths[project] = learn(bench.lessons.part(others), bench.model, rulebook).strength
        like = bench.adapted(others, strengths[project])
        rows = np.flatnonzero(groups == project)
        found["like"].append((bench.counts(bench.before, rows), bench.counts(like, rows)))
        show(f"like projects of {len(found['like'])} of {len(bench.projects)}")
    for half in range(halves):
        random = np.random.default_rng(half)
        firsts = {}
        for project in bench.projects:
            own = random.permutation(np.flatnonzero(groups == project))
            firsts[project] = np.sort(own[: len(own) // 2])
        for project, first in firsts.items():
            rest = np.setdiff1d(np.flatnonzero(groups == project), first)
            others = np.flatnonzero(groups != project)
            alone = bench.adapted(first, FIXED)
            both = bench.adapted(np.sort(np.concatenate([others, first])), strengths[project])
            for name, answers, rows in (("own", alone, rest), ("both", both, rest), ("others", alone, others)):
                found[name].append((bench.counts(bench.before, rows), bench.counts(answers, rows)))
            if half < gated:
                answers = published(bench, first, cases, counts)
                found["gated"].append((bench.counts(bench.before, rest), bench.counts(answers, rest)))
        chosen = random.permutation(bench.projects)[: len(bench.projects) // 2]
        rows = np.flatnonzero(np.isin(groups, chosen))
        rest = np.setdiff1d(every, rows)
        strength = learn(bench.lessons.part(rows), bench.model, rulebook).strength
        answers = bench.adapted(rows, strength)
        found["half"].append((bench.counts(bench.before, rest), bench.counts(answers, rest)))
        show(f"halves: {half + 1} of {halves}")
    figures: dict[str, dict[str, Any]] = {name: summary(pairs) for name, pairs in found.items() if pairs}
    figures["gated" if gated else "own"]["published"] = dict(sorted(counts.items()))
    figures["like"]["strengths"] = sorted(strengths.values())
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--halves", type=int, default=20)
    parser.add_argument("--gated", type=int, default=3, help="in as many of them, measure what is published as well")
    parser.add_argument("--model", type=Path, help="model directory (default: the one that ships)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()

    rulebook = load_rulebook()
    model = read_model(options.model or default_model(), rulebook)
    corpus = read_corpus(options.tasks)
    check_unseen(corpus, model, "the model")
    corrections = [
        Correction(
            text=row.text,
            home=rulebook.home,
            right=Labels(row.escalate, row.collaborate, row.core),
            stack=dict(row.stack.technologies),
            project=row.group,
        )
        for row in corpus.rows()
    ]
    console = Console(width=max(120, Console().width))
    with threadpool_limits(1), console.status("reading") as status:
        anchors = anchors_of(read_cases(default_behaviour()), rulebook)
        lessons = read_lessons([(each, 1.0) for each in corrections], model, rulebook, anchors)
        if lessons is None:
            parser.error(f"{options.tasks}: there is nothing to learn from")
        bench = Bench(lessons, model)
        figures = measure(bench, options.halves, options.gated, status.update)
    table = Table(title=f"{len(lessons)} tasks of {len(bench.projects)} projects, {options.halves} random halves")
    for heading in ("learned from", "micro-F1 before", "after", "gain [95 %]"):
        table.add_column(heading)
    for name, row in figures.items():
        interval = f"{row['gain']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
        table.add_row(MEASURES[name], f"{row['before']:.3f}", f"{row['after']:.3f}", interval)
    console.print(table)
    console.print("strengths chosen for like projects:", Counter(figures["like"]["strengths"]))
    if options.gated:
        console.print("published:", figures["gated"]["published"])
    if options.json:
        with replacing_file(options.json) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")


if __name__ == "__main__":
    main()
