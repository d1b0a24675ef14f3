"""How unlike the tasks are to those that a model learned from, in words.

The model is its own reference: from a word's weight by rarity follows in how many of its tasks it stood. So words are
counted once a task on both sides, and words of fewer than three training tasks count as unknown.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.files import default_corpus
from escalation.model.features import ngrams
from escalation.task.text import words_of
from escalation.training.pipeline import MIN_DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.run import Run
    from escalation.model import Model

    Counts = NDArray[np.float64]

_LISTED = 20


def drift(run: Run) -> dict[str, Any] | None:
    """Compare the words of a corpus with those of the model's training.

    Returns
    -------
    dict or None
        ``reference``, the name of the training corpus where it is at hand; ``known_words``, the share of word
        occurrences that the model knows (``value``); ``unlike``, the Jensen-Shannon distance between the shares that
        the known words have here and there (Endres and Schindelin 2003, base 2: 0 alike, 1 nothing shared; a small
        corpus is always some way off); ``unknown`` words, with the number of tasks; ``more`` and ``less``, the words
        that add most to the distance, with their shares per 1,000 known words here and in the training.
        None where no model stands for a corpus of its own: in cross-validation, and for the rules alone.
    """
    if run.model is None or "corpus" not in run.model.about:
        return None
    read = [_words(task.text) for task in run.data.tasks]
    here, there = Counter(word for words in read for word in set(words)), _training_counts(run.model)
    known = sum(word in there for words in read for word in words)
    unknown = ((word, count) for word, count in here.items() if word not in there)
    return {
        "reference": default_corpus().name if _is_training_corpus(run.model) else None,
        "known_words": {"value": known / max(sum(map(len, read)), 1)},
        "unknown": [
            {"term": word, "count": count}
            for word, count in sorted(unknown, key=lambda entry: (-entry[1], entry[0]))[:_LISTED]
        ],
        **_compare(list(there), *(np.array([counts[word] for word in there], float) for counts in (here, there))),
    }


def known_in_training(run: Run) -> float | None:
    """Give the share of known word occurrences among the training tasks themselves, each by the other projects.

    What `drift` can be compared with. None where the training corpus is not at hand.
    """
    from escalation.training.corpus import read_corpus

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
    return {
        gram: round(float(counts[number])) for number, gram in enumerate(model.lexicon.gram_texts()) if " " not in gram
    }


def _compare(names: Sequence[str], here: Counts, there: Counts) -> dict[str, Any]:
    """Give the distance between two sets of counts, and the words that add most to it."""
    from scipy.special import rel_entr

    here, there = here / max(here.sum(), 1), there / there.sum()
    middle = (here + there) / 2
    # Each word's part in the divergence, of which the distance is the root.
    parts = (rel_entr(here, middle) + rel_entr(there, middle)) / (2 * np.log(2))
    found: dict[str, Any] = {"unlike": float(np.sqrt(max(parts.sum(), 0.0))) if here.any() else 1.0}
    for key, side in (("more", here > there), ("less", here < there)):
        order = np.argsort(-np.where(side, parts, -1.0), kind="stable")[:_LISTED]
        found[key] = [
            {"term": names[index], "here": 1000 * float(here[index]), "there": 1000 * float(there[index])}
            for index in order
            if side[index]
        ]
    return found


def _is_training_corpus(model: Model) -> bool:
    path = default_corpus()
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == model.about["corpus"]["sha256"]
