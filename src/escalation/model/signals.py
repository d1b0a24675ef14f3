"""All that rules and model see of a task before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from escalation.model.features import CueFeatures
from escalation.model.spelling import Spelling
from escalation.rules.engine import RuleEngine

if TYPE_CHECKING:
    from escalation.model.classifier import Model, Scores
    from escalation.model.vocabulary import Found, Vocabulary
    from escalation.rules.engine import Verdict
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Label, Rulebook
    from escalation.task.stack import StackProfile


class View(NamedTuple):
    """What the heads see of a task, or of one ask of it.

    Attributes
    ----------
    first, last : int
        Its first word, and one past its last.
    words, pairs : list of int
        Rows of the n-grams of its words, and of the pairs that begin at each of them.
    cues : list of int
        Numbers of the active cues, then of the active wordings, in `SignalReader.names`.
    """

    first: int
    last: int
    words: list[int]
    pairs: list[int]
    cues: list[int]


class Signals(NamedTuple):
    """What is seen in a task.

    Attributes
    ----------
    evidence : Evidence
        Pieces, words, clauses, cues and technologies.
    verdicts : dict of Label to Verdict
        What the rules say of each label.
    views : list of View
        The whole task, then, if there are several, each of its asks; empty without a model.
    scores : Scores or None
        What the model says; None without a model.
    """

    evidence: Evidence
    verdicts: dict[Label, Verdict]
    views: list[View]
    scores: Scores | None


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
    spelling : Spelling or None
        The words that are known; None if the model does not say which words it was trained on.
    """

    def __init__(self, rulebook: Rulebook, model: Model | None) -> None:
        self.model = model
        self.spelling = Spelling(model.known_words, rulebook) if model and model.words else None
        self.engine = RuleEngine(rulebook, self.spelling.correct if self.spelling else None)
        self.features = CueFeatures(rulebook)
        self.names = self.features.names + (model.vocabulary.wordings.features if model else ())

    def read(self, text: str, stack: StackProfile) -> Signals:
        """Read a text once, and return what rules and model see in it."""
        evidence = self.engine.reader.read(text, stack)
        verdicts = self.engine.judge(evidence)
        if self.model is None:
            return Signals(evidence, verdicts, [], None)
        views = read_views(evidence, self.features, self.model.vocabulary)
        return Signals(
            evidence, verdicts, views, self.model.score(views, evidence.reading.works, evidence.reading.apart)
        )


def read_views(evidence: Evidence, features: CueFeatures, vocabulary: Vocabulary) -> list[View]:
    """Return what the heads see: the whole task, then, if there are several, each of its asks."""
    reading = evidence.reading
    asks = reading.asks if len(reading.asks) > 1 else []
    found = vocabulary.find(reading.words, {ask.last for ask in reading.asks})
    cues, *of_asks = features.active(evidence, asks)
    title = reading.clauses[0][1] if reading.clauses else 0
    views = [_view(0, len(reading.words), title, cues, found, len(features.names))]
    for ask, of_ask in zip(asks, of_asks, strict=True):
        title = reading.clauses[ask.first_clause][1]
        views.append(_view(ask.first, ask.last, title, of_ask, found, len(features.names)))
    return views


def _view(first: int, last: int, title: int, cues: list[int], found: Found, behind: int) -> View:
    """Return what the heads see of some words; the first clause ends at `title`, wordings come `behind` the cues."""
    wordings: set[int] = set()
    for place, numbers in found.wordings:
        if first <= place < last:
            wordings.update([behind + number for number in numbers])
            if place < title:
                wordings.update([behind + found.lists + number for number in numbers])
    if wordings:
        cues = cues + sorted(wordings)
    return View(first, last, found.words[first:last], found.pairs[first:last], cues)
