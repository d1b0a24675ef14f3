"""All that rules and model see of one task, before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from escalation.model.features import CueFeatures
from escalation.rules.engine import RuleEngine

if TYPE_CHECKING:
    from escalation.model.classifier import Model, Scores
    from escalation.model.vocabulary import Found, Lexicon
    from escalation.rules.engine import Verdict
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Rulebook
    from escalation.task.stack import StackProfile


class Signals(NamedTuple):
    """What is seen of a task.

    Attributes
    ----------
    evidence : Evidence
        Words, clauses, cues and technologies.
    verdicts : dict of str to Verdict
        What the rules say of each label.
    scores : Scores or None
        What the model says; None without a model.
    cues : list of int
        Active cues and, numbered behind them, wordings, as `SignalReader.names` has them; empty without a model.
    """

    evidence: Evidence
    verdicts: dict[str, Verdict]
    scores: Scores | None
    cues: list[int]


class SignalReader:
    """Reads the signals of tasks for one rulebook and, where there is one, one model.

    Parameters
    ----------
    rulebook : Rulebook
    model : Model or None

    Attributes
    ----------
    names : tuple of str
        Names of the cues and, behind them, of the model's wordings.
    """

    def __init__(self, rulebook: Rulebook, model: Model | None) -> None:
        self.engine = RuleEngine(rulebook)
        self.model = model
        self.features = CueFeatures(rulebook)
        self.names = self.features.names + (model.lexicon.features if model else ())

    def read(self, text: str, stack: StackProfile) -> Signals:
        """Read a text once and give what rules and model see in it."""
        evidence = self.engine.reader.read(text, stack)
        verdicts = self.engine.judge(evidence)
        if self.model is None:
            return Signals(evidence, verdicts, None, [])
        found = find_in(self.model.lexicon, evidence)
        cues = cues_of(self.features, evidence, found)
        return Signals(evidence, verdicts, self.model.score(found.rows, len(evidence.reading.words), cues), cues)


def find_in(lexicon: Lexicon, evidence: Evidence) -> Found:
    """Find n-grams and wordings in a task."""
    clauses = evidence.reading.clauses
    return lexicon.find(evidence.reading.words, clauses[0][1] if clauses else 0)


def cues_of(features: CueFeatures, evidence: Evidence, found: Found) -> list[int]:
    """Give the numbers of a task's active cues and, behind all cues, of its active wordings."""
    behind = len(features.names)
    return features.active(evidence) + [behind + number for number in found.wordings]
