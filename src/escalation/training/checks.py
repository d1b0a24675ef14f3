"""What a corpus must not have before a model is trained on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.feature_extraction.text import TfidfVectorizer

from escalation.errors import CorpusError
from escalation.rules.rulebook import CORE
from escalation.training.oracle import Finding, Oracle

if TYPE_CHECKING:
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

NEAR = 0.8
"""Cosine of character 4-gram TF-IDF from which two texts are near-duplicates."""
MAX_NEAR_SHARE = 0.01
_LISTED = 5
_CHUNK = 1000


def check_labels(corpus: Corpus, rulebook: Rulebook) -> list[Finding]:
    """Give the hard findings of a corpus' labels."""
    oracle = Oracle(rulebook)
    return [
        finding
        for row in corpus.rows()
        for finding in oracle.check(row.id, row.text, row.stack, row.escalate, row.collaborate)
    ]


def near_duplicates(corpus: Corpus) -> list[tuple[str, str, float]]:
    """Give pairs of tasks of different groups whose texts are nearly the same.

    Returns
    -------
    list of tuple
        Two ids and the cosine of their character 4-grams, each pair once.
    """
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 4), min_df=1).fit_transform(corpus.tasks["text"])
    groups, names = corpus.tasks["group"].to_numpy(), corpus.tasks["id"].to_numpy()
    pairs = []
    for start in range(0, grams.shape[0], _CHUNK):
        near = (grams[start : start + _CHUNK] @ grams.T).tocoo()
        chosen = near.data >= NEAR
        for row, column, cosine in zip(near.row[chosen], near.col[chosen], near.data[chosen], strict=True):
            first = row + start
            if first < column and groups[first] != groups[column]:
                pairs.append((str(names[first]), str(names[column]), float(cosine)))
    return pairs


def check_corpus(corpus: Corpus, rulebook: Rulebook) -> None:
    """Refuse a corpus that must not be trained on.

    Raises
    ------
    CorpusError
        If labels have hard findings, a label of the rulebook has no positive, or more than 1 % of the
        tasks have a near-duplicate in another group.
    """
    findings = check_labels(corpus, rulebook)
    if findings:
        listed = "; ".join(f"{f.code} in task {f.task}: {f.message}" for f in findings[:_LISTED])
        raise CorpusError(
            f"{corpus.path}: {len(findings)} wrong labels: {listed}; correct them (see `escalation validate`)"
        )
    counts = corpus.targets(rulebook, rulebook.labels).sum(axis=0)
    empty = [label for label, count in zip(rulebook.labels, counts, strict=True) if count == 0]
    if empty:
        raise CorpusError(
            f"{corpus.path}: no task has {', '.join(empty)}; write some, or take the label out of the rulebook"
        )
    if counts[rulebook.labels.index(CORE)] == len(corpus):
        raise CorpusError(f"{corpus.path}: every task is core; write some that are handed over whole")
    pairs = near_duplicates(corpus)
    doubled = {name for pair in pairs for name in pair[:2]}
    if len(doubled) > MAX_NEAR_SHARE * len(corpus):
        listed = "; ".join(f"{first} and {second} ({cosine:.2f})" for first, second, cosine in pairs[:_LISTED])
        raise CorpusError(
            f"{corpus.path}: {len(doubled)} tasks have a near-duplicate in another project, more than "
            f"{MAX_NEAR_SHARE:.0%}: {listed}; rewrite them or give the pairs one project"
        )
