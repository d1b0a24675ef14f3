"""How unlike the tasks are to those that a model learned from, in words.

The model is its own reference: from a word's weight by rarity follows in how many of its tasks it stood. So words are
counted once a task on both sides, and words of fewer than three training tasks count as unknown.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.features import ngrams
from escalation.resources import default_corpus
from escalation.text import words_of
from escalation.training.pipeline import MIN_DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from escalation.evaluation.run import Run
    from escalation.model import Model

_LISTED = 20


def drift(run: Run) -> dict[str, Any] | None:
    """Compare the words of a corpus with those of the model's training.

    Returns
    -------
    dict or None
        ``reference``, the name of the training corpus where it is at hand; ``known_words``, the share of word
        occurrences that the model knows (``value``); ``unlike``, the Jensen-Shannon distance of the two distributions
        of words (Endres and Schindelin 2003, base 2: 0 alike, 1 nothing shared; a small corpus is always some way
        off); ``unknown`` words, with the number of tasks; ``more`` and ``less``, the known words that add most to the
        distance, with their shares per 1,000 here and in the training. None where no model stands for a corpus of its
        own: in cross-validation, and for the rules alone.
    """
    from scipy.spatial.distance import jensenshannon

    if run.model is None or "corpus" not in run.model.about:
        return None
    read = [_words(task.text) for task in run.data.tasks]
    here, there = Counter(word for words in read for word in set(words)), _training_counts(run.model)
    known = sum(word in there for words in read for word in words)
    names = sorted({*here, *there})
    shares = [_shares(counts, names) for counts in (here, there)]
    unlike = float(jensenshannon(*shares, base=2))
    return {
        "reference": default_corpus().name if _is_training_corpus(run.model) else None,
        "known_words": {"value": known / max(sum(map(len, read)), 1)},
        "unlike": unlike,
        "unknown": [
            {"term": word, "count": count}
            for word, count in sorted(here.items(), key=lambda entry: (-entry[1], entry[0]))
            if word not in there
        ][:_LISTED],
        **_moved([name in there for name in names], names, *shares),
    }


def known_in_training(run: Run) -> float | None:
    """Give the share of known word occurrences among the training tasks themselves, each by the other projects.

    What `drift` can be compared with. None where the training corpus is not at hand.
    """
    from escalation.corpus import read_corpus

    if run.model is None or not _is_training_corpus(run.model):
        return None
    by_group: dict[str, list[list[str]]] = {}
    for row in read_corpus(default_corpus()).rows():
        by_group.setdefault(row.group, []).append(_words(row.text))
    tasks_of = {group: Counter(word for words in read for word in set(words)) for group, read in by_group.items()}
    everywhere = _training_counts(run.model)
    known = total = 0
    for group, read in by_group.items():
        for word, count in Counter(word for words in read for word in words).items():
            known += count * (everywhere.get(word, 0.0) - tasks_of[group][word] >= MIN_DOCUMENTS)
            total += count
    return known / total


def _words(text: str) -> list[str]:
    words = words_of(text)
    return ngrams(words)[: len(words)]


def _training_counts(model: Model) -> dict[str, float]:
    """Give the number of training tasks of each known word: scikit-learn's smoothed rarity, taken back."""
    tasks = model.about["corpus"]["tasks"]
    counts = (1 + tasks) / np.exp(model.idf.astype(np.float64) - 1) - 1
    return {gram: round(float(counts[number])) for gram, number in model.vocabulary.items() if " " not in gram}


def _shares(counts: dict[str, float] | Counter[str], names: Sequence[str]) -> Any:
    values = np.array([counts.get(name, 0) for name in names], np.float64)
    return values / max(values.sum(), 1)


def _moved(known: Sequence[bool], names: Sequence[str], here: Any, there: Any) -> dict[str, list[dict[str, Any]]]:
    """Give the words whose shares differ most, by what they add to the divergence."""
    middle = (here + there) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.nan_to_num(here * np.log2(here / middle)) + np.nan_to_num(there * np.log2(there / middle))
    added = np.where(known, parts, 0.0)
    moved = {}
    for key, side in (("more", here > there), ("less", here < there)):
        order = np.argsort(-np.where(side, added, 0.0), kind="stable")[:_LISTED]
        moved[key] = [
            {"term": names[index], "here": 1000 * float(here[index]), "there": 1000 * float(there[index])}
            for index in order
            if side[index] and added[index] > 0
        ]
    return moved


def _is_training_corpus(model: Model) -> bool:
    path = default_corpus()
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == model.about["corpus"]["sha256"]
