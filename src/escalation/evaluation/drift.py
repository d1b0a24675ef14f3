"""How much the words of a corpus differ from those that a model was trained on.

The model is its own reference: from the inverse document frequency of a word follows how many training tasks contained
it. So words are counted once per task on both sides, and words of fewer than three training tasks count as unknown.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import rel_entr

from escalation.evaluation.figures import Drift, Known, UnknownWord, WordShare
from escalation.files import default_corpus
from escalation.model.features import shortened
from escalation.rules.evidence import EvidenceReader
from escalation.training.corpus import read_corpus
from escalation.training.pipeline import MIN_DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from escalation.evaluation.run import Run
    from escalation.model import Model
    from escalation.model.info import ModelInfo

_LISTED = 20


def drift(run: Run) -> Drift | None:
    """Compare the words of a corpus with those of the model's training corpus.

    None if there is no model with a corpus of its own: in cross-validation, and for the rules alone.
    """
    if run.model is None or run.model.info is None:
        return None
    views = run.data.views
    texts = [_words(views.words[start]) for start in views.starts]
    here, there = _document_counts(texts), _training_counts(run.model, run.model.info)
    known = sum(word in there for words in texts for word in words)
    unknown = sorted(here.keys() - there.keys(), key=lambda word: (-here[word], word))
    unlike, more, less = _compare(here, there)
    return Drift(
        reference=default_corpus().name if _has_training_corpus(run.model.info) else None,
        known_words=Known(known / max(sum(map(len, texts)), 1)),
        unknown=[UnknownWord(word, here[word]) for word in unknown[:_LISTED]],
        unlike=unlike,
        more=more,
        less=less,
    )


def known_in_training(run: Run) -> float | None:
    """Return the share of known word occurrences in the training corpus, each project judged by the others.

    This is what `Drift.known_words` can be compared with. None if the training corpus is not available.
    """
    if run.model is None or run.model.info is None or not _has_training_corpus(run.model.info):
        return None
    by_group: dict[str, list[list[str]]] = {}
    reader = EvidenceReader(run.rulebook)
    for row in read_corpus(default_corpus()).rows():
        by_group.setdefault(row.group, []).append(_words([reader.read(row.text, row.stack).reading.words]))
    everywhere = _training_counts(run.model, run.model.info)
    known = total = 0
    for texts in by_group.values():
        own = _document_counts(texts)
        for word, count in Counter(word for words in texts for word in words).items():
            known += count * (everywhere.get(word, 0.0) - own[word] >= MIN_DOCUMENTS)
            total += count
    return known / total


def _words(pieces: list[list[str]]) -> list[str]:
    return [shortened(word) for words in pieces for word in words]


def _document_counts(texts: list[list[str]]) -> Counter[str]:
    return Counter(word for words in texts for word in set(words))


def _training_counts(model: Model, info: ModelInfo) -> dict[str, float]:
    """Return the number of training tasks that contain each known word, from scikit-learn's smoothed idf."""
    counts = (1 + info.corpus.tasks) / np.exp(model.idf.astype(np.float64) - 1) - 1
    return {
        gram: round(float(count)) for gram, count in zip(model.vocabulary.grams, counts, strict=True) if " " not in gram
    }


def _has_training_corpus(info: ModelInfo) -> bool:
    path = default_corpus()
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == info.corpus.sha256


def _compare(here: Mapping[str, float], there: Mapping[str, float]) -> tuple[float, list[WordShare], list[WordShare]]:
    """Return the distance between two sets of counts, and the words that contribute most to it, more and less."""
    counts = pd.DataFrame({"here": here, "there": there}, index=list(there), dtype=float).fillna(0.0)
    shares = counts / counts.sum().clip(lower=1)
    middle = shares.mean(axis=1)
    # What each word contributes to the divergence, whose root is the distance.
    parts = (rel_entr(shares["here"], middle) + rel_entr(shares["there"], middle)) / (2 * np.log(2))
    ranked = shares.loc[parts.sort_values(ascending=False, kind="stable").index]
    more, less = (
        [WordShare(word, 1000 * one, 1000 * other) for word, one, other in side[:_LISTED].itertuples()]
        for side in (ranked[ranked["here"] > ranked["there"]], ranked[ranked["here"] < ranked["there"]])
    )
    distance = float(np.sqrt(max(parts.to_numpy().sum(), 0.0))) if shares["here"].any() else 1.0
    return distance, more, less
