"""`escalation train`: a corpus becomes a model directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from escalation.cli.options import CorpusOption, RulebookOption, corpus_path, rulebook_at


def train(
    corpus: CorpusOption = None,
    rulebook: RulebookOption = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write the model directory.")] = Path(
        "model"
    ),
    behaviour: Annotated[
        Path | None,
        typer.Option(
            "--behaviour",
            metavar="FILE",
            help="Behaviour cases that the model must pass; by default those of the corpus that ships.",
        ),
    ] = None,
) -> None:
    """Train a model on a corpus, check it with the oracle and the behaviour cases, and write it.

    \b
    Examples:

      escalation train --out models/default

      escalation train --corpus tasks.jsonl --rulebook team.toml --out model

    Exit codes: 0 written, 1 refused by the oracle or the cases, 4 corpus refused, 6 the extra 'train' is missing.
    """
    from escalation.cli.progress import steps_progress
    from escalation.files import default_behaviour
    from escalation.training import train as train_model

    book = rulebook_at(rulebook)
    cases = behaviour or (default_behaviour() if corpus is None else None)
    with steps_progress() as progress:
        model = train_model(corpus_path(corpus), book, out, progress, cases)
    about = model.about["corpus"]
    typer.echo(
        f"{out}: {model.lexicon.grams:,} n-grams and {len(model.labels)} labels "
        f"from {about['tasks']:,} tasks of {about['groups']:,} projects"
    )
    ruled = [label for label, policy in model.policies.items() if policy.by_rules]
    if ruled:
        typer.echo(f"too few tasks to learn, so decided by the rules: {', '.join(ruled)}")
