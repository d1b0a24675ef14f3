"""`escalation evaluate`: how good the answers are, and whether they are better than others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.display import show
from escalation.cli.options import (
    CorpusOption,
    EngineName,
    JsonOption,
    ModelOption,
    RulebookOption,
    corpus_path,
    model_at,
    rulebook_at,
)
from escalation.cli.terminal import say
from escalation.errors import FindingError, InputError, ModelError
from escalation.files import default_corpus, default_model, require

if TYPE_CHECKING:
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus


def evaluate(
    corpus: CorpusOption = None,
    model: ModelOption = None,
    engine: Annotated[
        list[EngineName] | None,
        typer.Option("--engine", help="Engine to evaluate; may be repeated. Default: all, or hybrid with --against."),
    ] = None,
    cross_validate: Annotated[
        bool, typer.Option("--cross-validate", help="Fit models to the corpus itself, in folds by project.")
    ] = False,
    allow_overlap: Annotated[
        bool, typer.Option("--allow-overlap", help="Continue if the model has seen some of the tasks, and list them.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="DIR|ENGINE", help="Compare with another model, or with another engine, task by task."
        ),
    ] = None,
    fail_if_worse: Annotated[
        bool,
        typer.Option(
            "--fail-if-worse",
            help="With --against: exit 1 if micro-F1, or F1 of a label with 30 tasks, is worse beyond its interval.",
        ),
    ] = False,
    changed: Annotated[
        int, typer.Option("--changed", metavar="N", min=0, help="With --against: list up to N changed answers.")
    ] = 10,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Also write a report with curves, mistakes and findings."),
    ] = None,
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the answers on tasks that the model has not seen.

    Without --model, the training corpus is cross-validated by project; any other corpus is answered by the default
    model. A model that is named must not have seen any of the tasks; with --cross-validate it must be trained on the
    corpus, and its hash is kept with the figures. Intervals are 95 %, by bootstrap over projects. Findings are figures
    beyond a limit; docs/findings.md explains each code.

    Figures by genre and by register need these keys in the corpus. Where tasks have the key evidence, the words that
    their labels rest on, the parts of the answers are compared with it.

    With --against, differences are what is evaluated minus what it is compared against, paired by task. Another model
    needs --corpus with tasks that neither model has seen. Write ./model for a directory with the name of an engine.

    \b
    Examples:

      escalation evaluate

      escalation evaluate --report report

      escalation evaluate --corpus tasks.jsonl --model model --json

      escalation evaluate --against rules

      escalation evaluate --corpus tasks.jsonl --model model --against models/default --fail-if-worse

    Exit codes: 0 evaluated, 1 worse with --fail-if-worse, 2 invalid options or the report cannot be written,
    3 invalid rulebook, 4 invalid corpus, 5 invalid model, 6 an extra is missing.
    """
    from msgspec import to_builtins
    from msgspec.structs import replace

    from escalation.cli.display import steps_progress
    from escalation.model import Model, read_model
    from escalation.model.decision import ENGINES
    from escalation.training.corpus import read_corpus

    model = model_at(model)
    chosen = engine or ([EngineName.hybrid] if against else ENGINES)
    engines = [name for name in ENGINES if name in chosen]
    if against is not None:
        _check_against(against, engines[0], model, corpus, cross_validate, allow_overlap)
    elif fail_if_worse:
        raise InputError("--fail-if-worse has nothing to compare with; add --against")
    if report is not None:
        require("report", "A report")
        from escalation.report import check_report

        check_report(report)
    book = rulebook_at(rulebook)
    tasks = read_corpus(corpus_path(corpus))
    from escalation.cli.scores import comparison_tables, finding_lines, score_tables
    from escalation.evaluation import run_engines, score
    from escalation.evaluation.run import check_unseen
    from escalation.evaluation.scoring import compare

    other: Engine | Model | None = next((name for name in ENGINES if name == against), None)
    names: tuple[str, str] = (str(against), engines[0])
    if isinstance(other, str):
        engines += [other] if other not in engines else []
    elif against is not None:
        other = read_model(Path(against), book)
        names = (against, str(model or "the default model"))
        check_unseen(tasks, other, against)
    own_corpus = corpus is None or tasks.path.resolve() == default_corpus().resolve()
    trained = own_model = None
    if cross_validate or (own_corpus and model is None and not isinstance(other, Model)):
        own_model = _own_model(tasks, model, book)
    elif model is not None or engines != ["rules"]:
        trained = read_model(model or default_model(), book)
    growth = report is not None
    with steps_progress() as progress:
        run = run_engines(tasks, book, engines, trained, progress, growth=growth, allow_overlap=allow_overlap)
        result = score(run, own_model)
        if other is not None:
            result = replace(result, against=compare(run, other, names, progress))
    found = result.against
    if report is not None:
        from escalation.report import contents, write_report

        write_report(contents(run, result), report)
    if as_json:
        typer.echo(json.dumps(to_builtins(result), indent=1))
    else:
        show(comparison_tables(result, found, changed) if found else score_tables(result))
        for line in [] if found else finding_lines(result.findings):
            say(line)
        if report is not None:
            say(f"{report}: the report")
    if fail_if_worse and found is not None and found.worse:
        raise FindingError(f"{found.b.name} is worse than {against} beyond the interval in {', '.join(found.worse)}")


def _check_against(
    against: str, engine: Engine, model: Path | None, corpus: Path | None, cross_validate: bool, allow_overlap: bool
) -> None:
    """Check that two different sides are named, and options with which they can be compared."""
    from escalation.model.decision import ENGINES

    if allow_overlap:
        raise InputError("--allow-overlap would make the comparison biased; leave it out, and use unseen tasks")
    if against in ENGINES:
        if against == engine:
            raise InputError(f"both sides are {against!r}, so nothing can differ; choose another --engine or --against")
        return
    if not Path(against).is_dir():
        engines = ", ".join(ENGINES)
        raise InputError(f"--against {against!r} is neither an engine ({engines}) nor a model directory; name one")
    if Path(against).resolve() == (model or default_model()).resolve():
        raise InputError(f"both sides are the model {against}, so nothing can differ; choose another --model")
    if engine == "rules":
        raise InputError(f"--against {against} is a model directory; the rules need no model; choose another --engine")
    if cross_validate:
        raise InputError(f"--cross-validate fits new models, and --against {against} names one; leave out one of them")
    if corpus is None:
        raise InputError("two models are compared on tasks that neither has seen; name them with --corpus")


def _own_model(corpus: Corpus, path: Path | None, rulebook: Rulebook) -> Model | None:
    """Read the model that was trained on a corpus which is cross-validated; None if the default model was not."""
    from escalation.model import read_model

    try:
        model = read_model(path or default_model(), rulebook)
    except ModelError:
        if path is not None:
            raise
        return None
    if model.info and model.info.corpus.sha256 == corpus.sha256:
        return model
    if path is None:
        return None
    raise InputError(
        f"--cross-validate fits new models to {corpus.path}, and --model {path} was trained on another corpus; leave "
        "out one of the two options, or name the corpus that the model was trained on"
    )
