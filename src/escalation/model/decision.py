"""From signals to decisions: one small learned policy per label joins model and rules."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from escalation.model.features import shortened
from escalation.model.policy import log_odds, sigmoid, view_scores, weigh, weight_table
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

_FIRST = np.zeros(1, np.intp)
"""The first view of one task."""
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


class Decider:
    """Decides every label of a task from its two signals.

    Parameters
    ----------
    model : Model
    engine : {"hybrid", "model"}
        ``model`` ignores the rules. ``hybrid`` weighs them, and lets them alone decide a label of too little support.
    caution : {"normal", "high"}
        ``high`` lowers a threshold if the training could promise a recall for the label.
    """

    def __init__(self, model: Model, engine: Engine, caution: Caution = "normal") -> None:
        self._labels = model.labels
        policies = [model.policies[label] for label in self._labels]
        thresholds = np.array([_threshold(policy, engine, caution) for policy in policies])
        self._hybrid = engine == "hybrid"
        self._table = weight_table([policy.weights(engine) for policy in policies])
        self._rules_only = [policy.rules_only for policy in policies]
        self._thresholds = thresholds.tolist()
        self._least, self._near = log_odds(thresholds).tolist(), log_odds(DOUBT * thresholds).tolist()

    def decide(self, scores: Scores, verdicts: Mapping[Label, Verdict]) -> Decisions:
        """Decide every label.

        Parameters
        ----------
        scores : Scores
            What the model says.
        verdicts : mapping of Label to Verdict
            What the rules say; ignored by the engine ``model``.
        """
        rules = verdict_row(self._labels, verdicts) if self._hybrid else np.zeros(len(self._labels), np.int8)
        views = view_scores(
            self._labels, self._table, scores.logits, _FIRST, np.array([scores.works]), np.array([scores.apart])
        )
        weighed = weigh(self._table, views, rules[None])
        say, total = weighed.of_rules, weighed.scores(views)
        probabilities = sigmoid(total)[0].tolist()
        decisions: Decisions = {}
        for index, (label, score, of_rules) in enumerate(
            zip(self._labels, total[0].tolist(), say[0].tolist(), strict=True)
        ):
            least = self._least[index]
            if self._rules_only[index]:
                decisions[label] = Decision(bool(rules[index] == 1), "rules" if self._hybrid else "model")
                continue
            given = score >= least
            turned = of_rules != 0.0 and (score - of_rules >= least) != given
            decisions[label] = Decision(
                given,
                "rules" if turned else "model",
                probabilities[index],
                score,
                self._thresholds[index],
                not given and score >= self._near[index],
            )
        return with_own_work(decisions)


def decide_by_rules(verdicts: Mapping[Label, Verdict]) -> Decisions:
    """Decide every label by the rules alone."""
    return with_own_work({label: Decision(verdict.value == "for", "rules") for label, verdict in verdicts.items()})


def with_own_work(decisions: Decisions) -> Decisions:
    """Assign own work if something is shared and nothing is handed over, whatever the score of that label."""
    if {label.disposition for label, decision in decisions.items() if decision.given} == {"collaborate"}:
        decisions[CORE] = msgspec.structs.replace(decisions[CORE], given=True, source="rules", undecided=False)
    return decisions


def verdict_row(labels: tuple[Label, ...], verdicts: Mapping[Label, Verdict]) -> NDArray[np.int8]:
    """Return the verdicts of the rules as numbers, of shape (labels,): 1 for, -1 against, 0 silent."""
    return np.array([VALUES[verdicts[label].value] for label in labels], np.int8)


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
