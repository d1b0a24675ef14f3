"""All that rules and model see of a task before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from escalation.model.features import CueFeatures
from escalation.rules.engine import RuleEngine

if TYPE_CHECKING:
    from escalation.model.classifier import Model, Scores
    from escalation.model.vocabulary import Found, Vocabulary
    from escalation.rules.engine import Verdict
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Label, Rulebook
    from escalation.task.stack import StackProfile


class Signals(NamedTuple):
    """What is seen in a task.

    Attributes
    ----------
    evidence : Evidence
        Words, clauses, cues and technologies.
    verdicts : dict of Label to Verdict
        What the rules say of each label.
    scores : Scores or None
        What the model says; None without a model.
    cues : list of int
        Numbers of the active cues, then of the active wordings, in `SignalReader.names`; empty without a model.
    """

    evidence: Evidence
    verdicts: dict[Label, Verdict]
    scores: Scores | None
    cues: list[int]


class SignalReader:
    """Reads the signals of tasks for one rulebook and, if there is one, one model.

    Parameters
    ----------
    rulebook : Rulebook
    model : Model or None

    Attributes
    ----------
    names : tuple of str
        Names of the cues, then of the model's wordings.
    """

    def __init__(self, rulebook: Rulebook, model: Model | None) -> None:
        self.engine = RuleEngine(rulebook)
        self.model = model
        self.features = CueFeatures(rulebook)
        self.names = self.features.names + (model.vocabulary.wordings.features if model else ())

    def read(self, text: str, stack: StackProfile) -> Signals:
        """Read a text once, and return what rules and model see in it."""
        evidence = self.engine.reader.read(text, stack)
        verdicts = self.engine.judge(evidence)
        if self.model is None:
            return Signals(evidence, verdicts, None, [])
        found = find_in(self.model.vocabulary, evidence)
        cues = active_cues(self.features, evidence, found)
        scores = self.model.score(found.rows, len(evidence.reading.words), cues)
        return Signals(evidence, verdicts, scores, cues)


def find_in(vocabulary: Vocabulary, evidence: Evidence) -> Found:
    """Find n-grams and wordings in a task."""
    clauses = evidence.reading.clauses
    return vocabulary.find(evidence.reading.words, clauses[0][1] if clauses else 0)


def active_cues(features: CueFeatures, evidence: Evidence, found: Found) -> list[int]:
    """Return the numbers of a task's active cues, then of its active wordings, which are counted after all cues."""
    behind = len(features.names)
    return features.active(evidence) + [behind + number for number in found.wordings]
