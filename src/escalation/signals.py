"""All that rules and model see of one task, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from escalation.features import CueFeatures, ngrams
from escalation.rules.engine import RuleEngine
from escalation.wordings import active_features

if TYPE_CHECKING:
    from escalation.model.heads import Model, Scores
    from escalation.rulebook.types import Rulebook
    from escalation.rules.engine import Verdict
    from escalation.rules.evidence import Evidence
    from escalation.stack import StackProfile


@dataclass(frozen=True, slots=True)
class Signals:
    """What is seen of a task.

    Attributes
    ----------
    evidence : Evidence
        Words, clauses, cues and technologies.
    verdicts : dict of str to Verdict
        What the rules say of each label.
    scores : Scores or None
        What the model says; None without a model.
    cues : tuple of int
        Active cues and, numbered behind them, wordings, as `SignalReader.names` has them; empty without a model.
    """

    evidence: Evidence
    verdicts: dict[str, Verdict]
    scores: Scores | None
    cues: tuple[int, ...]


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
        self.names = self.features.names + (model.wordings.features if model else ())

    def read(self, text: str, stack: StackProfile) -> Signals:
        """Read a text once and give what rules and model see in it."""
        evidence = self.engine.reader.read(text, stack)
        verdicts = self.engine.judge(evidence)
        if self.model is None:
            return Signals(evidence, verdicts, None, ())
        words = evidence.reading.words
        grams = ngrams(words)
        cues = active_features(self.features, self.model.wordings, evidence, grams)
        return Signals(evidence, verdicts, self.model.score(grams, len(words), cues), tuple(cues))
