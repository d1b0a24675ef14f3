"""`escalation compare`: whether B is better than A."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from escalation.cli.options import CorpusOption, JsonOption, ModelOption, RulebookOption, corpus_path, rulebook_at
from escalation.cli.tables import show, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from escalation.evaluation.comparing import Side
    from escalation.rules.rulebook import Rulebook

_SIDE = "An engine (hybrid, model, rules) or a model directory."


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help=_SIDE)],
    second: Annotated[str, typer.Argument(metavar="B", help=_SIDE)],
    corpus: CorpusOption = None,
    model: ModelOption = None,
    cross_validate: Annotated[
        bool, typer.Option("--cross-validate", help="Compare engines by models fitted to the corpus, by project.")
    ] = False,
    fail_if_worse: Annotated[
        bool,
        typer.Option(
            "--fail-if-worse",
            help="Exit 1 where B is worse beyond its interval: in micro-F1, or in F1 of any label with 30 tasks.",
        ),
    ] = False,
    changed: Annotated[int, typer.Option("--changed", min=0, help="How many changed answers the table lists.")] = 10,
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two models or two engines on tasks that neither has seen.

    Differences are B minus A, on the same tasks, with 95 % intervals by bootstrap over projects. Two engines are
    compared by cross-validation of the training corpus, or on another corpus by --model, by default the one that
    ships. Two model directories need --corpus. A directory with the name of an engine is written ./model.

    \b
    Examples:

      escalation compare rules hybrid

      escalation compare models/default model --corpus tasks.jsonl --fail-if-worse

      escalation compare model hybrid --corpus tasks.jsonl --json

    Exit codes: 0 compared, 1 worse and --fail-if-worse, 2 bad input, 4 corpus refused, 5 model refused.
    """
    from escalation.files import require

    require("train", "A comparison")
    from escalation.cli.progress import steps_progress
    from escalation.errors import FindingError, InputError
    from escalation.evaluation.comparing import compare as compare_sides
    from escalation.files import default_corpus
    from escalation.model.decision import ENGINES
    from escalation.training.corpus import read_corpus

    directories = [name for name in (first, second) if name not in ENGINES]
    for name in directories:
        if not Path(name).is_dir():
            raise InputError(f"{name!r} is neither an engine ({', '.join(ENGINES)}) nor a model directory; name one")
    if first == second or (len(directories) == 2 and Path(first).resolve() == Path(second).resolve()):
        raise InputError(f"A and B are both {first!r}, so nothing can differ; name two different sides")
    if len(directories) == 1:
        raise InputError(
            f"{directories[0]!r} is a model directory and the other side an engine; compare two of a kind "
            "(engines of one model: --model DIR; a directory with the name of an engine: ./model)"
        )
    if directories and (model or cross_validate):
        raise InputError("--model and --cross-validate are for two engines; leave them out to compare two directories")
    if model and cross_validate:
        raise InputError("--model answers by a model and --cross-validate fits new ones; give one of the two")
    if directories and corpus is None:
        raise InputError("two models are compared on tasks that neither has seen; name them with --corpus")
    book = rulebook_at(rulebook)
    tasks = read_corpus(corpus_path(corpus))
    fits = cross_validate or (not (directories or model) and tasks.path.resolve() == default_corpus().resolve())
    a, b = (_side(name, book, model, fits) for name in (first, second))
    with steps_progress() as progress:
        result = compare_sides(tasks, book, a, b, progress)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
    else:
        show(_tables(result, changed))
    if fail_if_worse and result["worse"]:
        raise FindingError(f"{second} is worse than {first} beyond the interval in {', '.join(result['worse'])}")


def _side(name: str, rulebook: Rulebook, model: Path | None, fits: bool) -> Side:
    """Read the model of a side where it has one."""
    from escalation.evaluation.comparing import Side
    from escalation.files import default_model
    from escalation.model import read_model
    from escalation.model.decision import ENGINES

    if name not in ENGINES:
        return Side(str(Path(name)), "hybrid", read_model(Path(name), rulebook))
    trained = None if fits or name == "rules" else read_model(model or default_model(), rulebook)
    return Side(name, name, trained)


def _tables(result: dict[str, Any], listed: int) -> Iterator[Table]:
    from escalation.evaluation.metrics import AVERAGES

    corpus, (a, b) = result["corpus"], (side["name"] for side in result["sides"].values())
    method = "cross-validation by project" if result["method"] == "cross-validation" else "unseen tasks"
    title = f"A {a}, B {b}, {corpus['path']}: {corpus['tasks']:,} tasks of {corpus['groups']:,} projects, {method}"
    head = ["A", "B", "B - A", ""]
    averages = ([name, *_paired(result["averages"][key])] for key, name in AVERAGES.items())
    yield table(title, ["average", *head], averages)
    labels = ([label, row["support"], *_paired(row)] for label, row in result["labels"].items())
    yield table("F1 of each label", ["label", "tasks", *head], labels)
    names = {"a": "A", "b": "B", "neither": "neither"}
    tasks, right = result["changed"]["tasks"], result["changed"]["right"]
    first = f"; the first {listed:,}" if 0 < listed < len(tasks) else ""
    heading = (
        f"{len(tasks):,} changed answers, right A {right['a']:,}, B {right['b']:,}, neither {right['neither']:,}{first}"
    )
    shown = (
        [task["id"], *(_answer(task[key]) for key in ("a", "b", "expected")), names[task["right"]]]
        for task in tasks[:listed]
    )
    yield table(heading, ["task", "A", "B", "expected", "right"], shown)


def _paired(row: dict[str, Any]) -> list[Any]:
    """Both figures, the difference with its interval, and whether that leaves zero out."""
    value, low, high = (row["difference"][key] for key in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return [row["a"], row["b"], None, ""]
    verdict = "worse" if high < 0 else "better" if low > 0 else ""
    return [row["a"], row["b"], f"{value:+.3f}  [{low:+.3f}, {high:+.3f}]", verdict]


def _answer(answer: dict[str, Any]) -> str:
    named = [f"{side} {', '.join(answer[side])}" for side in ("escalate", "collaborate") if answer[side]]
    return "; ".join([*named, *(["core"] if answer["core"] else [])]) or "nobody"
