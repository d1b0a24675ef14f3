"""The decided answer: who gets which part, why, and how sure."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Source = Literal["model", "rules"]


def rounded(probability: float | None) -> float | None:
    """A probability as answers state it, with four digits."""
    return None if probability is None else round(probability, 4)


class Reason(NamedTuple):
    """One thing that speaks for an entry.

    Attributes
    ----------
    kind : {"rule", "term", "cue", "text", "stack", "fallback"}
        A rule of the rulebook; an n-gram of the model; a cue that the model weighs; the technology in text
        or stack that tells the mode of a group; the mode that stands in for an unresolved group.
    text : str
        The words in the task, or the name of the technology that the stack has.
    id : str or None
        Id of rule or cue, or name of the technology.
    section : str or None
        The rule's place in its source.
    start, end : int or None
        Offsets of `text` in the task, in characters.
    weight : float or None
        Contribution to the model's logit.
    """

    kind: Literal["rule", "term", "cue", "text", "stack", "fallback"]
    text: str
    id: str | None = None
    section: str | None = None
    start: int | None = None
    end: int | None = None
    weight: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the fields that are set."""
        fields = {
            "kind": self.kind,
            "id": self.id,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "section": self.section,
            "weight": self.weight,
        }
        return {key: value for key, value in fields.items() if value is not None}


class Entry(NamedTuple):
    """A mode, or an open group, that has a part in the task.

    Attributes
    ----------
    mode : str or None
        Slug of the mode; None where a group stays open.
    group : str or None
        The group that the mode was resolved from, or that stays open.
    candidates : tuple of str
        Modes that an open group may be.
    probability : float or None
        The model's calibrated probability; None where no model was asked.
    source : {"model", "rules"}
        What decided.
    reasons : tuple of Reason
        At least one, the heaviest first.
    """

    mode: str | None
    group: str | None
    candidates: tuple[str, ...]
    probability: float | None
    source: Source
    reasons: tuple[Reason, ...]

    @property
    def target(self) -> str:
        """The mode, or the open group."""
        return self.mode or self.group or ""

    def to_dict(self) -> dict[str, Any]:
        """Give the entry as JSON knows it."""
        fields: dict[str, Any] = {"mode": self.mode}
        if self.group is not None:
            fields["group"] = self.group
        if self.mode is None:
            fields["candidates"] = list(self.candidates)
        return fields | {
            "probability": self.probability,
            "source": self.source,
            "reasons": [reason.to_dict() for reason in self.reasons],
        }


class Core(NamedTuple):
    """Whether some part of the task is the home mode's own work."""

    value: bool
    probability: float | None
    source: Source


class Part(NamedTuple):
    """A clause or list item of the task and who it is for.

    Attributes
    ----------
    text : str
        Its words, without what joins it to the clause before: something to hand over.
    start, end : int
        Offsets of `text` in the task, in characters.
    escalate, collaborate : tuple of str
    context : str or None
        The beginning of the task's first clause, where the part is another: what the part belongs to.
    """

    text: str
    start: int
    end: int
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    context: str | None = None


class Undecided(NamedTuple):
    """A label whose probability is below its threshold, and not far: it is not in the answer, and not ruled out.

    Attributes
    ----------
    disposition : str
    target : str
        A mode, or a group that is not resolved here.
    probability : float
    """

    disposition: str
    target: str
    probability: float


class Promise(NamedTuple):
    """What a cautious answer promises.

    Attributes
    ----------
    recall : float
        Of the tasks that have a label, the share in which its mode is named; for a collaboration that may be among the
        escalations, as an escalation outranks it.
    confidence : float
        Probability with which the share holds on tasks like those of the training.
    not_attainable : tuple of str
        Labels, as ``disposition:target``, for which the training had too few cases to promise it.
    """

    recall: float
    confidence: float
    not_attainable: tuple[str, ...]


class Accept(NamedTuple):
    """Whether the home mode takes a delegated task."""

    value: bool
    delegated_by: str
    reason: str
    rule: str | None
    section: str | None


class Prediction(NamedTuple):
    """The answer for one task.

    Attributes
    ----------
    escalate, collaborate : tuple of Entry
        Who takes a part over, and who is worked with; no mode stands in both.
    core : Core
    parts : tuple of Part
        The clauses that caused the entries, in the order of the text.
    undecided : tuple of Undecided
    accept : Accept or None
        None where nobody delegated the task.
    engine : {"hybrid", "model", "rules"}
    abstained : str or None
        Why the model was not asked although there is one, or None.
    promise : Promise or None
        None without high caution.
    model : dict or None
        Name, version and rulebook hash of the model; None for rules alone.
    id : str, int or None
        The task's id.
    """

    escalate: tuple[Entry, ...]
    collaborate: tuple[Entry, ...]
    core: Core
    parts: tuple[Part, ...]
    undecided: tuple[Undecided, ...]
    accept: Accept | None
    engine: str
    abstained: str | None
    promise: Promise | None
    model: dict[str, str] | None
    id: str | int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as JSON knows it, in the form of `prediction.schema.json`."""
        fields: dict[str, Any] = {} if self.id is None else {"id": self.id}
        return fields | {
            "escalate": [entry.to_dict() for entry in self.escalate],
            "collaborate": [entry.to_dict() for entry in self.collaborate],
            "core": {
                "value": self.core.value,
                "probability": self.core.probability,
                "source": self.core.source,
            },
            "parts": [
                {
                    "text": part.text,
                    "start": part.start,
                    "end": part.end,
                    "escalate": list(part.escalate),
                    "collaborate": list(part.collaborate),
                }
                | ({} if part.context is None else {"context": part.context})
                for part in self.parts
            ],
            "undecided": [
                {"disposition": entry.disposition, "target": entry.target, "probability": entry.probability}
                for entry in self.undecided
            ],
            "accept": None
            if self.accept is None
            else {
                "value": self.accept.value,
                "from": self.accept.delegated_by,
                "reason": self.accept.reason,
                "rule": self.accept.rule,
                "section": self.accept.section,
            },
            "engine": self.engine,
            "abstained": self.abstained,
            "promise": None
            if self.promise is None
            else {
                "recall": self.promise.recall,
                "confidence": self.promise.confidence,
                "not_attainable": list(self.promise.not_attainable),
            },
            "model": self.model,
        }
