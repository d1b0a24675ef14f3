"""How several signals of a label become one score: the order among labels, and what the rules say.

A target that takes both parts in tasks has four heads: whether it is escalated to, whether it is worked with, whether
it has any part (``involved``), and how much of one, given that it has (``degree``). The last two, nested, say what the
first two say once more, in the order that labels have: an escalation implies an involvement (nested dichotomies,
Frank and Kramer 2004). A join weighs both views and the verdict of the rules into one logit.
"""

from __future__ import annotations

from functools import cache
from math import exp, log, log1p
from typing import Literal, NamedTuple

Value = Literal["for", "against", "silent"]
INVOLVED = "involved:"
DEGREE = "degree:"
_PLAIN = 300.0
"""Logits up to here can be exponentiated, and added up, as they are."""
_ESCALATE = "escalate:"
_COLLABORATE = "collaborate:"


class Join(NamedTuple):
    """Weights of a label's signals in its logit.

    Attributes
    ----------
    flat : float
        Of the label's own head.
    nested : float
        Of the logit that the two nested heads of its target give.
    rules_for, rules_against : float
        Added where the rules are for or against the label.
    bias : float
    """

    flat: float
    nested: float
    rules_for: float
    rules_against: float
    bias: float

    def of_rules(self, verdict: Value) -> float:
        """What the rules' verdict adds."""
        return self.rules_for if verdict == "for" else self.rules_against if verdict == "against" else 0.0


class LabelPolicy(NamedTuple):
    """How the signals of a label become a decision.

    Attributes
    ----------
    by_rules : bool
        The label has too little support to be learned: the rules alone decide it.
    support : int
        Tasks of the training corpus that have the label.
    model, hybrid : Join
        The score without the rules, and with them.
    thresholds : dict of str to float
        Probability from which the label is given, by engine.
    cautious : dict of str to float or None
        The same where an escalation must rarely be missed; None where the corpus has too few cases to promise that.
    """

    by_rules: bool
    support: int
    model: Join
    hybrid: Join
    thresholds: dict[str, float]
    cautious: dict[str, float | None]

    def join(self, engine: str) -> Join:
        """Weights of the label's signals under an engine."""
        return self.hybrid if engine == "hybrid" else self.model


@cache
def head_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Name the heads of a model: its labels, then two for each target that takes both parts."""
    joint = joint_targets(labels)
    return (*labels, *(INVOLVED + target for target in joint), *(DEGREE + target for target in joint))


@cache
def joint_targets(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Targets that tasks may be escalated to, and that may be worked with as well."""
    escalated = (label.removeprefix(_ESCALATE) for label in labels if label.startswith(_ESCALATE))
    return tuple(target for target in escalated if _COLLABORATE + target in labels)


class Nested(NamedTuple):
    """The nested heads of a label: their places among the heads, and whether the degree counts for or against it."""

    involved: int
    degree: int
    sign: float


@cache
def nested_heads(labels: tuple[str, ...]) -> dict[str, Nested]:
    """Give the nested heads of every label that has them."""
    place = {name: index for index, name in enumerate(head_names(labels))}
    return {
        disposition + target: Nested(place[INVOLVED + target], place[DEGREE + target], sign)
        for target in joint_targets(labels)
        for disposition, sign in ((_ESCALATE, 1.0), (_COLLABORATE, -1.0))
    }


def nested_logit(involved: float, degree: float) -> float:
    """Logit of the product of two probabilities, given as logits."""
    # 1 / (p q) - 1 = (1 + e^-x)(1 + e^-y) - 1 = e^-x + e^-y + e^-(x + y)
    x, y = -involved, -degree
    if -_PLAIN < x < _PLAIN and -_PLAIN < y < _PLAIN:
        return -log(exp(x) + exp(y) + exp(x + y))
    top = max(x, y, x + y)
    return -(top + log(exp(x - top) + exp(y - top) + exp(x + y - top)))


def sigmoid(logit: float) -> float:
    """Probability of a logit, without overflow."""
    return 1.0 / (1.0 + exp(-logit)) if logit >= 0 else exp(logit) / (1.0 + exp(logit))


def log_odds(probability: float) -> float:
    """Logit of a probability between 0 and 1, both excluded."""
    return log(probability) - log1p(-probability)
