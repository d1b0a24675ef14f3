"""From signals to decisions: one small learned policy per label joins model and rules."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np

from escalation.model.features import shortened
from escalation.model.policy import log_odds, model_scores, rules_say, sigmoid, weight_table
from escalation.rules.engine import VALUES
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from escalation.model.classifier import Model, Scores
    from escalation.model.policy import LabelPolicy
    from escalation.rules.engine import Verdict
    from escalation.rules.rulebook import Label
    from escalation.task.text import Reading

Engine = Literal["hybrid", "model", "rules"]
ENGINES: tuple[Engine, ...] = ("hybrid", "model", "rules")
Caution = Literal["normal", "high"]
CAUTIONS: tuple[Caution, ...] = ("normal", "high")
DOUBT = 0.5
"""A label that is not assigned is undecided if its probability is at least this share of its threshold."""

_CODE_SIGNS = "(){}=;<>"
_SIGNS_A_WORD = 0.4
"""A text with more of these signs per word is code; of 8,525 tasks 99.8 % have fewer."""
_SENTENCE = 5
"""This many words in a row with single spaces between them are a sentence that says what to do."""
_FEW_WORDS = 4
"""In a shorter text an unknown word is no sign of another language."""


class Decision(msgspec.Struct, frozen=True):
    """Whether a label is assigned, and what decided it.

    Attributes
    ----------
    given : bool
    source : {"model", "rules"}
        ``rules`` if the label would be decided differently without the verdict of the rules; for own work also if it
        follows from the other labels.
    probability : float or None
        Calibrated; None if the model was not asked.
    score : float or None
        The logit of the probability.
    threshold : float or None
        Least probability at which the label is assigned.
    undecided : bool
        The label is not assigned, but not ruled out either.
    """

    given: bool
    source: Literal["model", "rules"]
    probability: float | None = None
    score: float | None = None
    threshold: float | None = None
    undecided: bool = False


Decisions = dict["Label", Decision]


class Decided(NamedTuple):
    """The decisions of many tasks as arrays of shape (tasks, labels).

    Attributes
    ----------
    given, undecided, by_rules : array of bool
        Whether each label is assigned, is undecided, and whether the rules decided it.
    scores : array of float
    """

    given: NDArray[np.bool_]
    undecided: NDArray[np.bool_]
    by_rules: NDArray[np.bool_]
    scores: NDArray[np.float64]


class Decider:
    """Decides every label from its two signals, for one task or many.

    Parameters
    ----------
    model : Model
    engine : {"hybrid", "model"}
        ``model`` ignores the rules. ``hybrid`` weighs them, and lets them alone decide a label of too little support.
    caution : {"normal", "high"}
        ``high`` lowers a threshold if the training could promise a recall for the label.
    """

    def __init__(self, model: Model, engine: Engine, caution: Caution = "normal") -> None:
        self.labels = model.labels
        policies = [model.policies[label] for label in self.labels]
        thresholds = np.array([_threshold(policy, engine, caution) for policy in policies])
        self._hybrid = engine == "hybrid"
        self._table = weight_table([policy.weights(engine) for policy in policies])
        self._rules_only = np.array([policy.rules_only for policy in policies])
        self._least, self._near = log_odds(thresholds), log_odds(DOUBT * thresholds)
        self._thresholds = thresholds.tolist()
        self._core = self.labels.index(CORE)
        self._escalate, self._collaborate = (
            np.array([label.disposition == disposition for label in self.labels])
            for disposition in ("escalate", "collaborate")
        )

    def decide_all(self, logits: NDArray[np.float64], verdicts: NDArray[np.int8]) -> Decided:
        """Decide every label of many tasks.

        Parameters
        ----------
        logits : array of shape (tasks, heads)
        verdicts : array of shape (tasks, labels)
            1 if the rules are for the label, -1 if they are against it, 0 if they are silent.
        """
        if not self._hybrid:
            verdicts = np.zeros_like(verdicts)
        alone, say = model_scores(self.labels, self._table, logits), rules_say(self._table, verdicts)
        scores = alone + say
        given = np.where(self._rules_only, verdicts == 1, scores >= self._least)
        undecided = ~given & (scores >= self._near) & ~self._rules_only
        # Something is shared and nothing is handed over: then own work is left, whatever the score of that label.
        shared = (given & self._collaborate).any(axis=1) & ~(given & self._escalate).any(axis=1)
        follows = shared & ~given[:, self._core]
        given[follows, self._core], undecided[follows, self._core] = True, False
        by_rules = (say != 0.0) & ((alone >= self._least) != given)
        by_rules[:, self._rules_only] = self._hybrid
        by_rules[follows, self._core] = True
        return Decided(given, undecided, by_rules, scores)

    def decide(self, scores: Scores, verdicts: Mapping[Label, Verdict]) -> Decisions:
        """Decide every label of one task."""
        rows = self.decide_all(scores.logits[None], verdict_row(self.labels, verdicts)[None])
        columns = [rows.given[0], rows.by_rules[0], sigmoid(rows.scores[0]), rows.scores[0], rows.undecided[0]]
        decisions = {}
        for label, rules_only, threshold, *row in zip(
            self.labels, self._rules_only.tolist(), self._thresholds, *(c.tolist() for c in columns), strict=True
        ):
            given, by_rules, probability, score, undecided = row
            source: Literal["model", "rules"] = "rules" if by_rules else "model"
            decisions[label] = (
                Decision(given, source)
                if rules_only
                else Decision(given, source, probability, score, threshold, undecided)
            )
        return decisions


def verdict_row(labels: tuple[Label, ...], verdicts: Mapping[Label, Verdict]) -> NDArray[np.int8]:
    """Return the verdicts of the rules as numbers, of shape (labels,): 1 for, -1 against, 0 silent."""
    return np.array([VALUES[verdicts[label].value] for label in labels], np.int8)


def decide_by_rules(verdicts: Mapping[Label, Verdict]) -> Decisions:
    """Decide every label by the rules alone."""
    given = [label for label, verdict in verdicts.items() if verdict.value == "for"]
    if {label.disposition for label in given} == {"collaborate"}:
        given.append(CORE)
    return {label: Decision(label in given, "rules") for label in verdicts}


def _threshold(policy: LabelPolicy, engine: Engine, caution: Caution) -> float:
    threshold = policy.thresholds[engine]
    cautious = policy.cautious[engine] if caution == "high" else None
    return threshold if cautious is None else min(threshold, cautious)


def reason_to_abstain(reading: Reading, scores: Scores, known_share: float) -> str | None:
    """Return why a model should not be asked about a text, or None if it should.

    Parameters
    ----------
    reading : Reading
    scores : Scores
        What the model saw in the text.
    known_share : float
        The least share of known words at which the model can be asked.
    """
    if scores.known_words == 0:
        return "the model knows none of the words"
    # A text has at most as many distinct words as words, so most texts need not be counted.
    if scores.known_words < known_share * len(reading.words):
        words = len(set(map(shortened, reading.words)))
        share = scores.known_words / words
        if words >= _FEW_WORDS and share < known_share:
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
