"""Predict: task in, decided answer out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from escalation.acceptance import accept
from escalation.decision import CAUTIONS, ENGINES, Caution, Decision, Engine, decide, decide_by_rules, with_own_work
from escalation.doubt import why_not_asked
from escalation.entries import EntryMaker
from escalation.errors import InputError, ModelError
from escalation.explanation import Explanation, explain_label, in_order
from escalation.model import read_model
from escalation.model.attribution import attribute
from escalation.parts import parts_of
from escalation.prediction import Core, Prediction, Promise, Undecided
from escalation.resources import default_model, default_rulebook
from escalation.rulebook import CORE, load_rulebook
from escalation.signals import SignalReader
from escalation.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.model import Model
    from escalation.rulebook import Rulebook
    from escalation.signals import Signals


class Predictor:
    """Answers who should do which part of a task. Holds no state between calls; safe in threads.

    Parameters
    ----------
    rulebook : Rulebook
    model : Model, optional
        Without one, the rules alone decide.
    engine : {"hybrid", "model", "rules"}, optional
        By default ``hybrid`` with a model and ``rules`` without.
    caution : {"normal", "high"}
        With ``high``, a label is given from the probability on at which the training could promise that few are missed.

    Raises
    ------
    InputError
        If the engine or the caution is unknown, or needs a model that is not given.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        model: Model | None = None,
        engine: Engine | None = None,
        caution: Caution = "normal",
    ) -> None:
        self.rulebook = rulebook
        self.engine: Engine = engine or ("hybrid" if model else "rules")
        if self.engine not in ENGINES:
            raise InputError(f"unknown engine {engine!r}; use one of {', '.join(ENGINES)}")
        if self.engine != "rules" and model is None:
            raise InputError(f"the engine {self.engine!r} needs a model; give one, or use the engine 'rules'")
        self.caution = caution
        if caution not in CAUTIONS:
            raise InputError(f"unknown caution {caution!r}; use one of {', '.join(CAUTIONS)}")
        if caution == "high" and self.engine == "rules":
            raise InputError("high caution is a promise of the model, which the engine 'rules' does not ask")
        self._model = model if self.engine != "rules" else None
        self._signals = SignalReader(rulebook, self._model)
        self._entries = EntryMaker(rulebook, self._signals.engine.reader, self._signals.names)
        self._about: dict[str, str] | None = None
        self._promise: Promise | None = None
        if self._model is not None:
            self._about = {
                "name": str(self._model.about.get("name", "")),
                "version": str(self._model.about.get("version", "")),
                "rulebook": f"sha256:{rulebook.sha256}",
            }
            if caution == "high":
                self._promise = _promise_of(self._model, self.engine)

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        *,
        rulebook: str | Path | None = None,
        engine: Engine = "hybrid",
        caution: Caution = "normal",
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
        caution : {"normal", "high"}
        allow_rules : bool
            Whether to go on by the rules alone where the model is refused.

        Raises
        ------
        RulebookError
            If the rulebook is refused.
        ModelError
            If the model is refused and `allow_rules` is not set, or caution is high, which is the model's promise.
        """
        book = load_rulebook(Path(rulebook) if rulebook else default_rulebook())
        if engine == "rules":
            return cls(book, None, engine, caution)
        try:
            return cls(book, read_model(Path(model) if model else default_model(), book), engine, caution)
        except ModelError:
            if not allow_rules or caution == "high":
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
        return self.predict_with_decisions(task, stack, delegated_by)[0]

    def predict_with_decisions(
        self, task: str | Task | Mapping[str, object], stack: object = None, delegated_by: str | None = None
    ) -> tuple[Prediction, dict[str, Decision]]:
        """Answer one task as `predict` does, and give the decisions behind the answer as `decisions` does."""
        work = Task.of(task, stack, delegated_by)
        signals, abstained, decisions = self._decided(work)
        given = [label for label, decision in decisions.items() if decision.given and label != CORE]
        attributions = {}
        if self._model is not None and signals.scores is not None and not abstained:
            attributions = {
                label: attribute(self._model, label, signals.scores, signals.cues, self.engine)
                for label in given
                if not self._model.policies[label].by_rules
            }
        escalate, collaborate, targets = self._entries.entries(given, decisions, signals, attributions)
        core = _core(decisions[CORE])
        escalated = {_split(label)[1] for label in given if label.startswith("escalate:")}
        undecided = tuple(
            Undecided(*_split(label), round(decision.probability or 0.0, 4))
            for label, decision in decisions.items()
            if decision.undecided and label != CORE and _split(label)[1] not in escalated
        )
        accepted = None
        if work.delegated_by is not None:
            accepted = accept(self.rulebook, work.delegated_by, signals.evidence, core.value)
        answer = Prediction(
            escalate,
            collaborate,
            core,
            parts_of(targets, signals, attributions),
            undecided,
            accepted,
            self.engine,
            abstained,
            None if abstained else self._promise,
            dict(self._about) if self._about else None,
            work.id,
        )
        return answer, decisions

    def decisions(self, task: str | Task | Mapping[str, object], stack: object = None) -> dict[str, Decision]:
        """Decide every label of a task, before groups are resolved: what evaluation looks at.

        Parameters
        ----------
        task : str, Task or mapping
        stack : StackProfile or mapping, optional

        Returns
        -------
        dict of str to Decision
            By label: ``disposition:target``, a group under its name, and ``core``.
        """
        return self._decided(Task.of(task, stack, None))[2]

    def explain(self, task: str | Task | Mapping[str, object], stack: object = None) -> Explanation:
        """Show what spoke for and against every label of a task, in numbers that add up.

        Parameters
        ----------
        task : str, Task or mapping
        stack : StackProfile or mapping, optional

        Returns
        -------
        Explanation

        Raises
        ------
        InputError
            If the task cannot be used.
        """
        work = Task.of(task, stack, None)
        signals, abstained, decisions = self._decided(work)
        names = self._signals.names
        labels = {
            label: explain_label(label, decision, signals, self._model, self.engine, names)
            for label, decision in decisions.items()
        }
        return Explanation(work.text, self.engine, abstained, in_order(labels))

    def predict_many(
        self, tasks: Iterable[str | Task | Mapping[str, object]], stack: object = None
    ) -> list[Prediction]:
        """Answer many tasks, in their order. `stack` serves those that bring none."""
        if isinstance(tasks, (str, Mapping)):
            raise InputError("predict_many takes a list of tasks; for one task call predict")
        return [self.predict(task, stack) for task in tasks]

    def _decided(self, work: Task) -> tuple[Signals, str | None, dict[str, Decision]]:
        """Read the signals of a task, say why the model is not asked if it is not, and decide every label."""
        signals = self._signals.read(work.text, work.stack)
        if self._model is None or signals.scores is None:
            return signals, None, with_own_work(decide_by_rules(signals.verdicts))
        abstained = None
        if self.engine == "hybrid":
            abstained = why_not_asked(signals.evidence.reading, signals.scores, self._model)
        if abstained:
            return signals, abstained, with_own_work(decide_by_rules(signals.verdicts))
        decisions = decide(self._model, signals.scores.logits, signals.verdicts, self.engine, self.caution)
        return signals, None, with_own_work(decisions)


def _core(decision: Decision) -> Core:
    probability = None if decision.probability is None else round(decision.probability, 4)
    return Core(decision.given, probability, decision.source)


def _promise_of(model: Model, engine: Engine) -> Promise:
    promised = model.about.get("caution")
    if promised is None:
        raise ModelError("the model promises no recall, so high caution cannot be had; train it again")
    missing = tuple(label for label in model.labels if label != CORE and model.policies[label].cautious[engine] is None)
    return Promise(promised["recall"], promised["confidence"], missing)


def _split(label: str) -> tuple[str, str]:
    disposition, _, target = label.partition(":")
    return disposition, target
