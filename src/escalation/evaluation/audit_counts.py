"""How many tasks of what: labels, projects, registers, domains, lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
RANDOM_DRAW = "random"
"""Value of the key ``draw`` of tasks that were not chosen for their labels."""


def count(corpus: Corpus, rulebook: Rulebook) -> dict[str, Any]:
    """Count tasks by label, kind, register, domain and length in words."""
    tasks = corpus.tasks
    words = pd.Series([len(text.split()) for text in tasks["text"]])
    targets = corpus.targets(rulebook, rulebook.labels)
    return {
        "tasks": len(tasks),
        "projects": int(tasks["group"].nunique()),
        "labels": dict(zip(rulebook.labels, targets.sum(axis=0).tolist(), strict=True)),
        "label_free": float((targets[:, [label != CORE for label in rulebook.labels]].sum(axis=1) == 0).mean()),
        "with_stack": float(tasks["stack"].map(bool).mean()),
        "kinds": tasks["kind"].value_counts().to_dict(),
        "registers": tasks["register"].value_counts().to_dict(),
        "domains": int(tasks["domain"].nunique()),
        "words": {f"{quantile:.0%}": float(words.quantile(quantile)) for quantile in _QUANTILES},
    }


def rates(corpus: Corpus, rulebook: Rulebook) -> dict[str, float]:
    """Give each label's share of the tasks, of the random draw where the corpus marks one."""
    drawn = corpus.tasks["draw"].to_numpy(dtype=str)
    chosen = drawn == RANDOM_DRAW if (drawn == RANDOM_DRAW).any() else np.ones(len(drawn), bool)
    shares = corpus.targets(rulebook, rulebook.labels)[chosen].mean(axis=0)
    return dict(zip(rulebook.labels, shares.tolist(), strict=True))
