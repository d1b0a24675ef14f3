"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from escalation.rulebook import Rulebook


class EngineName(StrEnum):
    """What decides: model and rules together, the model alone, or the rules alone."""

    hybrid = "hybrid"
    model = "model"
    rules = "rules"


ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="DIR", help="Model directory; by default the one that ships."),
]
RulebookOption = Annotated[
    Path | None, typer.Option("--rulebook", metavar="FILE", help="Rulebook; by default the one that ships.")
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


def corpus_path(path: Path | None) -> Path:
    """Give the path of a corpus option."""
    from escalation.resources import default_corpus

    return path or default_corpus()
