"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from escalation.predictor import Loading
    from escalation.rules.rulebook import Rulebook


class EngineName(StrEnum):
    """What decides: model and rules together, the model alone, or the rules alone."""

    hybrid = "hybrid"
    model = "model"
    rules = "rules"


class CautionName(StrEnum):
    """How sure an answer must be that somebody is not needed."""

    normal = "normal"
    high = "high"


ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="DIR", help="Model directory; by default the one that ships."),
]
RulebookOption = Annotated[
    Path | None, typer.Option("--rulebook", metavar="FILE", help="Rulebook; by default the one that ships.")
]
CautionOption = Annotated[
    CautionName,
    typer.Option("--caution", help="high: rather ask once too often; holds a stated recall where it can be promised."),
]
EngineOption = Annotated[EngineName, typer.Option("--engine", help="What decides.")]
AllowRulesOption = Annotated[
    bool, typer.Option("--allow-rules", help="Go on by the rules alone where the model is refused.")
]
StackOption = Annotated[
    str | None,
    typer.Option(
        "--stack", metavar="STACK", help="A JSON file (its name ends in .json), or category=name,category=name."
    ),
]
CorpusOption = Annotated[
    Path | None,
    typer.Option("--corpus", metavar="FILE", help="Labelled tasks as JSON lines; by default data/corpus.jsonl."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def rulebook_at(path: Path | None) -> Rulebook:
    """Load the rulebook of an option."""
    from escalation import load_rulebook

    return load_rulebook(path)


def loading_of(
    model: Path | None,
    rulebook: Path | None,
    engine: EngineName,
    allow_rules: bool,
    caution: CautionName = CautionName.normal,
) -> Loading:
    """Load what the options name; where the model is refused and that is allowed, the rules alone, with a warning."""
    from escalation.errors import ModelError
    from escalation.predictor import Loading

    loading = Loading(model, rulebook, engine.value, caution.value)
    try:
        loading.load()
    except ModelError as error:
        if not allow_rules or caution is CautionName.high:
            # High caution is a promise of the model, which rules cannot take over.
            raise
        typer.echo(f"warning: {error}; answering by the rules alone", err=True)
        return Loading(None, rulebook, "rules", "normal")
    return loading


def corpus_path(path: Path | None) -> Path:
    """Give the path of a corpus option."""
    from escalation.files import default_corpus

    return path or default_corpus()
