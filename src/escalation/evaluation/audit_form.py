"""How a corpus is written: how varied its words are, and how well form alone tells it from other texts."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from escalation.task.text import words_of
from escalation.training.pipeline import SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from escalation.training.corpus import Corpus

_SAMPLE = 10_000
_DRAWS = 20
_FOLDS = 5
_LISTED = 12
_FUNCTION_WORDS = """
the a an and or of to in for on with by from as at that this these it is are be was were has have will should
must can could would not no if when where which who all any each every both into per via so than then there
their its they we i you our my your but also only more between after before during using based while
""".split()  # noqa: SIM905
_SIGNS = tuple(".,:;!?'\"`()[]{}/_-*#<>=+&%@$|\\")
_LAYOUT: dict[str, Callable[[str], float]] = {
    "lines": lambda text: text.count("\n") + 1,
    "blank lines": lambda text: text.count("\n\n"),
    "bullets": lambda text: len(re.findall(r"^\s*[-*•]", text, re.MULTILINE)),
    "numbered": lambda text: len(re.findall(r"^\s*\d+[.)]", text, re.MULTILINE)),
    "checkboxes": lambda text: text.count("[ ]") + text.count("[x]"),
    "code fences": lambda text: text.count("```"),
    "paths": lambda text: len(re.findall(r"\w/\w", text)),
    "ends with a stop": lambda text: text.rstrip().endswith("."),
    "capital first": lambda text: text[:1].isupper(),
    "title case words": lambda text: len(re.findall(r"\b[A-Z][a-z]+", text)),
    "digits": lambda text: sum(character.isdigit() for character in text),
}


def variety(texts: Sequence[str]) -> dict[str, float]:
    """Give the distinct words and pairs of words in samples of one size, so that corpora can be compared.

    Returns
    -------
    dict
        ``sample`` (words a sample), ``distinct_words`` and ``distinct_pairs`` as means over draws of whole
        texts.
    """
    random = np.random.default_rng(SEED)
    read = [words_of(text) for text in texts]
    size = min(_SAMPLE, sum(map(len, read)))
    single, paired = [], []
    for _ in range(_DRAWS):
        words: list[str] = []
        for index in random.permutation(len(read)):
            words += read[index]
            if len(words) >= size:
                break
        words = words[:size]
        single.append(len(set(words)))
        paired.append(len(set(pairwise(words))))
    return {"sample": size, "distinct_words": float(np.mean(single)), "distinct_pairs": float(np.mean(paired))}


def distinguishability(corpus: Corpus, reference: Corpus) -> dict[str, Any]:
    """Tell a corpus from real tasks by function words, punctuation, length and layout alone.

    A logistic regression on shares and counts, out of fold by project.

    Returns
    -------
    dict
        ``auc`` (0.5 where form tells nothing, 1 where it tells all) and ``tells``: the features of the largest
        weights with their sign, positive for the corpus.
    """
    texts = [*corpus.tasks["text"], *reference.tasks["text"]]
    groups = [*corpus.tasks["group"], *(f"reference {group}" for group in reference.tasks["group"])]
    source = np.array([1] * len(corpus) + [0] * len(reference))
    names, matrix = _form(texts)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000))
    scores = cross_val_predict(
        classifier, matrix, source, groups=groups, cv=GroupKFold(_FOLDS), method="decision_function"
    )
    weights = classifier.fit(matrix, source)[-1].coef_[0]
    order = np.argsort(-np.abs(weights))[:_LISTED]
    return {
        "auc": float(roc_auc_score(source, scores)),
        "tells": {names[index]: round(float(weights[index]), 2) for index in order},
    }


def _form(texts: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    names = [f"word {word}" for word in _FUNCTION_WORDS]
    names += [f"sign {sign}" for sign in _SIGNS] + list(_LAYOUT) + ["words", "letters a word"]
    rows = []
    for text in texts:
        words = words_of(text)
        count = max(len(words), 1)
        row = [words.count(word) / count for word in _FUNCTION_WORDS]
        row += [text.count(sign) / max(len(text), 1) for sign in _SIGNS]
        row += [np.log1p(feature(text)) for feature in _LAYOUT.values()]
        row += [np.log1p(count), sum(map(len, words)) / count]
        rows.append(row)
    return names, np.array(rows, np.float64)
