"""How doubtful an answer is: one order for what is reviewed, what a teacher is asked, and what evaluation shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from escalation.answer.prediction import Prediction
    from escalation.model.decision import Decisions

DOUBTFUL = 0.4
"""Of the answers with this doubt or more, over half have a wrong label (52 %, in cross-validation of the corpus)."""
_MISSED, _FALSE_ALARM = 1.25, 0.75
"""What is gained if a label is settled that was missed, or wrongly given. With N labels and answers in all, micro-F1
rises by (2 - F1) / N or F1 / N; F1 is about 0.75. Other orders that were tried find fewer of the mistakes: entropy,
distance from the threshold, disagreement with the rules, labels near their threshold, length."""
_UNKNOWN = 0.6
"""Doubt of an answer without probabilities: what is wrong in those where the model abstains, on average."""


def doubt_of(answer: Prediction, decisions: Decisions) -> float:
    """Return how much would be gained if somebody settled an answer, in labels that are wrong.

    It is 0 for an answer that was corrected or that a teacher gave, and if the text asks for nothing.

    Parameters
    ----------
    answer : Prediction
    decisions : dict of Label to Decision
        Those behind the answer.

    Examples
    --------
    >>> from escalation import Predictor
    >>> predictor = Predictor.load()
    >>> texts = "Write the Dockerfile", "Rework the login page and its token handling"
    >>> clear, open_ = (doubt_of(*predictor.predict_with_decisions(text)) for text in texts)
    >>> clear < open_
    True
    """
    if answer.correction is not None or answer.teacher is not None:
        return 0.0
    if answer.unclear is not None and answer.unclear.reason == "nothing_asked":
        return 0.0
    doubts = [
        _FALSE_ALARM * (1 - each.probability) if each.given else _MISSED * each.probability
        for label, each in decisions.items()
        if each.probability is not None and label != CORE
    ]
    return sum(doubts) if doubts else _UNKNOWN


def needs_settling(answer: Prediction, doubt: float) -> bool:
    """Return whether an answer is unclear or doubtful, and nobody has settled it yet."""
    if answer.correction is not None or answer.teacher is not None:
        return False
    return answer.unclear is not None or doubt >= DOUBTFUL
