"""Predict: task in, decided answer out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from escalation.acceptance import accept
from escalation.decision import ENGINES, Decision, Engine, decide, decide_by_rules
from escalation.errors import InputError, ModelError
from escalation.features import ngrams
from escalation.groups import GroupResolver
from escalation.model import read_model
from escalation.prediction import Core, Entry, Prediction, Undecided
from escalation.reasons import parts_of, reasons_for, resolution_reason
from escalation.resources import default_model, default_rulebook
from escalation.rulebook import CORE, DISPOSITIONS, load_rulebook
from escalation.signals import SignalReader
from escalation.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.groups import Resolution
    from escalation.model import Model
    from escalation.rulebook import Rulebook
    from escalation.signals import Signals

_KNOWN_SHARE = 0.1
"""A text of which fewer words than this are known is unlike all that the model has seen."""


class Predictor:
    """Answers who should do which part of a task. Holds no state between calls; safe in threads.

    Parameters
    ----------
    rulebook : Rulebook
    model : Model, optional
        Without one, the rules alone decide.
    engine : {"hybrid", "model", "rules"}, optional
        By default ``hybrid`` with a model and ``rules`` without.

    Raises
    ------
    InputError
        If the engine is unknown or needs a model that is not given.
    """

    def __init__(self, rulebook: Rulebook, model: Model | None = None, engine: Engine | None = None) -> None:
        self.rulebook = rulebook
        self.engine: Engine = engine or ("hybrid" if model else "rules")
        if self.engine not in ENGINES:
            raise InputError(f"unknown engine {engine!r}; use one of {', '.join(ENGINES)}")
        if self.engine != "rules" and model is None:
            raise InputError(f"the engine {self.engine!r} needs a model; give one, or use the engine 'rules'")
        self._model = model if self.engine != "rules" else None
        self._signals = SignalReader(rulebook, self._model)
        self._resolver = GroupResolver(rulebook, self._signals.engine.reader)
        self._about: dict[str, str] | None = None
        if self._model is not None:
            self._about = {
                "name": str(self._model.about.get("name", "")),
                "version": str(self._model.about.get("version", "")),
                "rulebook": f"sha256:{rulebook.sha256}",
            }

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        *,
        rulebook: str | Path | None = None,
        engine: Engine = "hybrid",
        allow_rules: bool = False,
    ) -> Predictor:
        """Load a model directory and a rulebook.

        Parameters
        ----------
        model : path, optional
            By default the model that ships with the package.
        rulebook : path, optional
            By default the rulebook that ships with the package.
        engine : {"hybrid", "model", "rules"}
            ``rules`` reads no model.
        allow_rules : bool
            Whether to go on by the rules alone where the model is refused.

        Raises
        ------
        RulebookError
            If the rulebook is refused.
        ModelError
            If the model is refused and `allow_rules` is not set.
        """
        book = load_rulebook(Path(rulebook) if rulebook else default_rulebook())
        if engine == "rules":
            return cls(book, None, engine)
        try:
            return cls(book, read_model(Path(model) if model else default_model(), book), engine)
        except ModelError:
            if not allow_rules:
                raise
            return cls(book, None, "rules")

    def predict(
        self, task: str | Task | Mapping[str, object], stack: object = None, delegated_by: str | None = None
    ) -> Prediction:
        """Answer one task.

        Parameters
        ----------
        task : str, Task or mapping
            The description, alone or with ``stack``, ``from`` and ``id``.
        stack : StackProfile or mapping, optional
            The project's technologies by category, where the task brings none.
        delegated_by : str, optional
            The mode that hands the task over, where the task names none.

        Returns
        -------
        Prediction

        Raises
        ------
        InputError
            If the task cannot be used.
        """
        work = Task.of(task, stack, delegated_by)
        signals = self._signals.read(work.text, work.stack)
        abstained = self._abstained(signals)
        decisions = self._decide(signals, abstained)
        given = [label for label, decision in decisions.items() if decision.given and label != CORE]
        escalate, collaborate, targets = self._entries(given, decisions, signals)
        core = self._core(decisions[CORE], escalate, collaborate)
        undecided = tuple(
            Undecided(*_split(label), round(decision.probability or 0.0, 4))
            for label, decision in decisions.items()
            if decision.undecided and not decision.given and label != CORE
        )
        accepted = None
        if work.delegated_by is not None:
            accepted = accept(self.rulebook, work.delegated_by, signals.evidence, core.value)
        return Prediction(
            escalate,
            collaborate,
            core,
            parts_of(targets, signals, self._model),
            undecided,
            accepted,
            self.engine,
            abstained,
            dict(self._about) if self._about else None,
            work.id,
        )

    def predict_many(
        self, tasks: Iterable[str | Task | Mapping[str, object]], stack: object = None
    ) -> list[Prediction]:
        """Answer many tasks, in their order. `stack` serves those that bring none."""
        if isinstance(tasks, (str, Mapping)):
            raise InputError("predict_many takes a list of tasks; for one task call predict")
        return [self.predict(task, stack) for task in tasks]

    def _abstained(self, signals: Signals) -> str | None:
        if signals.scores is None or self.engine == "model":
            return None
        words = signals.evidence.reading.words
        known = sum(1 for index, _ in signals.scores.occurrences if index < len(words))
        if known == 0:
            return "the model knows none of the words"
        distinct = len(set(ngrams(words)[: len(words)]))
        return "the model knows too few of the words" if known < _KNOWN_SHARE * distinct else None

    def _decide(self, signals: Signals, abstained: str | None) -> dict[str, Decision]:
        decisions = {label: decide_by_rules(verdict) for label, verdict in signals.verdicts.items()}
        if self._model is None or signals.scores is None or abstained:
            return decisions
        for label, probability in zip(self._model.labels, signals.scores.probabilities.tolist(), strict=True):
            verdict = signals.verdicts[label].value
            decisions[label] = decide(self._model.policies[label], probability, verdict, self.engine)
        return decisions

    def _entries(
        self, labels: list[str], decisions: Mapping[str, Decision], signals: Signals
    ) -> tuple[tuple[Entry, ...], tuple[Entry, ...], dict[str, tuple[str, str]]]:
        """Resolve the labels given to entries, one a mode; escalation outranks collaboration.

        Gives escalations, collaborations, and disposition and target in the answer by label.
        """
        found: dict[str, tuple[str, Entry]] = {}
        targets: dict[str, tuple[str, str]] = {}
        # Stable: escalations first, each disposition by falling probability.
        ranked = sorted(labels, key=lambda label: -(decisions[label].probability or 0.0))
        for label in sorted(ranked, key=lambda label: not label.startswith("escalate:")):
            disposition, target = _split(label)
            group = self.rulebook.groups.get(target)
            resolution = self._resolver.resolve(group, signals.evidence) if group else None
            entry = self._entry(label, decisions[label], signals, resolution)
            held = found.get(entry.target)
            if held is None:
                found[entry.target] = disposition, entry
            elif held[0] == disposition:
                reasons = tuple(dict.fromkeys(held[1].reasons + entry.reasons))
                found[entry.target] = disposition, replace(held[1], reasons=reasons)
            else:
                continue
            targets[label] = disposition, entry.target
        sides = {side: tuple(entry for by, entry in found.values() if by == side) for side in DISPOSITIONS}
        return sides["escalate"], sides["collaborate"], targets

    def _entry(self, label: str, decision: Decision, signals: Signals, resolution: Resolution | None) -> Entry:
        reasons = reasons_for(label, signals, self._model, self._signals.features.names)
        mode: str | None = _split(label)[1]
        group = None
        candidates: tuple[str, ...] = ()
        if resolution is not None:
            group, mode, candidates = mode, resolution.mode, resolution.candidates
            reasons += resolution_reason(resolution, signals.evidence.reading.text)
        return Entry(mode, group, candidates, _rounded(decision.probability), decision.source, tuple(reasons))

    def _core(self, decision: Decision, escalate: tuple[Entry, ...], collaborate: tuple[Entry, ...]) -> Core:
        value = decision.given or bool(collaborate and not escalate)
        return Core(value, _rounded(decision.probability), decision.source)


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)


def _split(label: str) -> tuple[str, str]:
    disposition, _, target = label.partition(":")
    return disposition, target
