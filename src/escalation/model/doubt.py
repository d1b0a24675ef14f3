"""Texts that the model should not be asked about: unlike all that it learned from."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from escalation.model.features import shortened

if TYPE_CHECKING:
    from escalation.model import Model
    from escalation.model.classifier import Scores
    from escalation.task.text import Reading

_CODE_SIGNS = "(){}=;<>"
_SIGNS_A_WORD = 0.4
"""Of these signs a word in code; of 8,525 tasks 99.8 % have fewer."""
_SENTENCE = 5
"""So many words in a row with one space between them are a sentence, in which somebody says what to do."""
_FEW_WORDS = 4
"""Below so many words one unknown word is no sign of another language."""


def why_not_asked(reading: Reading, scores: Scores, model: Model) -> str | None:
    """Say why a model is not asked about a text, or None where it is.

    Parameters
    ----------
    reading : Reading
    scores : Scores
        What the model saw in it.
    model : Model

    Returns
    -------
    str or None
    """
    if scores.known_words == 0:
        return "the model knows none of the words"
    # At most as many words are distinct as there are, so that most texts need no count.
    if scores.known_words < model.known_share * len(reading.words):
        words = len(set(map(shortened, reading.words)))
        share = scores.known_words / words
        if words >= _FEW_WORDS and share < model.known_share:
            return f"the model knows {share:.0%} of the words: another language, or no task"
    if _is_code(reading):
        return "the text is code, with no sentence that says what is to be done"
    return None


def _is_code(reading: Reading) -> bool:
    words = len(reading.words)
    if words < _FEW_WORDS or sum(map(reading.text.count, _CODE_SIGNS)) < _SIGNS_A_WORD * words:
        return False
    run = longest = 1
    for (_, end), (start, _) in pairwise(reading.spans):
        run = run + 1 if start == end + 1 and reading.text[end] == " " else 1
        longest = max(longest, run)
    return longest < _SENTENCE
