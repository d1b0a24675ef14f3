"""`escalation train`: make a model directory from a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from escalation.cli.options import CorpusOption, RulebookOption, corpus_path, rulebook_at
from escalation.cli.terminal import say


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
            help="Behaviour cases that the model must pass; by default, with the corpus that ships, its own.",
        ),
    ] = None,
    robustness: Annotated[
        Path | None,
        typer.Option(
            "--robustness",
            metavar="DIR",
            help="Inputs of the robustness suite whose gates the model must hold; by default likewise.",
        ),
    ] = None,
) -> None:
    """Train a model on a corpus, check it with the oracle, the behaviour cases and the robustness suite, and write it.

    A model that fails a check is not written, and an older one at that place is kept.

    \b
    Examples:

      escalation train --out models/default

      escalation train --corpus tasks.jsonl --rulebook team.toml --out model

    Exit codes: 0 written, 1 a check failed, 2 bad input, 3 invalid rulebook, 4 invalid corpus, 6 the extra 'train' is
    missing.
    """
    from escalation.cli.display import steps_progress
    from escalation.files import default_behaviour, default_robustness
    from escalation.training import train as train_model

    book = rulebook_at(rulebook)
    cases = behaviour or (default_behaviour() if corpus is None else None)
    inputs = robustness or (default_robustness() if corpus is None else None)
    with steps_progress() as progress:
        model = train_model(corpus_path(corpus), book, out, progress, cases, inputs)
    grams = f"{len(model.vocabulary):,} n-grams and {len(model.labels)} labels"
    corpus_info = model.info.corpus if model.info else None
    size = f" from {corpus_info.tasks:,} tasks of {corpus_info.groups:,} projects" if corpus_info else ""
    say(f"{out}: {grams}{size}")
    ruled = [label for label, policy in model.policies.items() if policy.rules_only]
    if ruled:
        say(f"decided by the rules alone, for lack of tasks to learn from: {', '.join(ruled)}")
