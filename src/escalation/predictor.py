"""Predict: task in, decided answer out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from escalation.answer.acceptance import accept
from escalation.answer.attribution import attribute
from escalation.answer.compose import EntryMaker
from escalation.answer.parts import parts_of
from escalation.answer.prediction import Core, Prediction, Promise, Undecided, rounded
from escalation.errors import InputError, ModelError
from escalation.files import default_model, default_rulebook
from escalation.model import read_model
from escalation.model.decision import CAUTIONS, ENGINES, Caution, Decider, Engine, decide_by_rules
from escalation.model.doubt import why_not_asked
from escalation.model.signals import SignalReader
from escalation.rules.loading import load_rulebook
from escalation.rules.rulebook import CORE
from escalation.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from escalation.answer.attribution import Attribution
    from escalation.answer.explanation import Explanation
    from escalation.model import Model
    from escalation.model.decision import Decisions
    from escalation.model.signals import Signals
    from escalation.rules.rulebook import Rulebook


class Loading(NamedTuple):
    """Where a predictor comes from: what another process needs to have the same.

    Attributes
    ----------
    model, rulebook : Path or None
        By default those that ship.
    engine : {"hybrid", "model", "rules"}
    caution : {"normal", "high"}
    fingerprint : str
        `Predictor.fingerprint` of what was found there; empty where nobody has looked yet.
    """

    model: Path | None
    rulebook: Path | None
    engine: Engine
    caution: Caution
    fingerprint: str = ""

    def load(self) -> Predictor:
        """Load the predictor, once in a process.

        Raises
        ------
        ModelError
            If another model or rulebook is there than was found before; and as `Predictor.load` does.
        """
        return _loaded(self)


class Predictor:
    """Answers who should do which part of a task. Holds no state that an answer depends on; safe in threads.

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
        self._decider = Decider(self._model, self.engine, caution) if self._model else None
        self._signals = SignalReader(rulebook, self._model)
        self._entries = EntryMaker(rulebook, self._signals.engine.reader, self._signals.names)
        self._loading: Loading | None = None
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
        # Whole paths, as other processes may stand elsewhere.
        model, rulebook = Path(model).absolute() if model else None, Path(rulebook).absolute() if rulebook else None
        book = load_rulebook(rulebook or default_rulebook())
        try:
            trained = None if engine == "rules" else read_model(model or default_model(), book)
        except ModelError:
            if not allow_rules or caution == "high":
                raise
            trained, engine = None, "rules"
        predictor = cls(book, trained, engine, caution)
        predictor._loading = Loading(model, rulebook, engine, caution, predictor.fingerprint)
        return predictor

    @property
    def fingerprint(self) -> str:
        """Hash of rulebook and model: what answers depend on besides the task, engine and caution."""
        return f"{self.rulebook.sha256}:{self._model.about.get('sha256', '') if self._model else ''}"

    def predict(
        self,
        task: str | Task | Mapping[str, object],
        stack: object = None,
        delegated_by: str | None = None,
        *,
        reasons: bool = True,
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
        reasons : bool
            Whether the answer says why. Without, its entries have no reasons and it lists no parts, and it is there
            in three fifths of the time; all else is the same.

        Returns
        -------
        Prediction

        Raises
        ------
        InputError
            If the task cannot be used.
        """
        return self.predict_with_decisions(task, stack, delegated_by, reasons=reasons)[0]

    def predict_with_decisions(
        self,
        task: str | Task | Mapping[str, object],
        stack: object = None,
        delegated_by: str | None = None,
        *,
        reasons: bool = True,
    ) -> tuple[Prediction, Decisions]:
        """Answer one task as `predict` does, and give the decisions behind the answer as `decisions` does."""
        work = Task.of(task, stack, delegated_by)
        signals, abstained, decisions = self._decided(work)
        given = [label for label in decisions.given if label != CORE]
        why = self._why(given, signals, abstained) if reasons else None
        escalate, collaborate, targets = self._entries.entries(given, decisions, signals, why)
        escalated = {label.partition(":")[2] for label in given if label.startswith("escalate:")}
        core = decisions[CORE]
        accepted = None
        if work.delegated_by is not None:
            accepted = accept(self.rulebook, work.delegated_by, signals.evidence, core.given)
        answer = Prediction(
            escalate,
            collaborate,
            Core(core.given, rounded(core.probability), core.source),
            () if why is None else parts_of(targets, signals, why),
            _undecided(decisions, escalated),
            accepted,
            self.engine,
            abstained,
            None if abstained else self._promise,
            self._about and dict(self._about),
            work.id,
        )
        return answer, decisions

    def decisions(self, task: str | Task | Mapping[str, object], stack: object = None) -> Decisions:
        """Decide every label of a task, before groups are resolved: what evaluation looks at.

        Parameters
        ----------
        task : str, Task or mapping
        stack : StackProfile or mapping, optional

        Returns
        -------
        mapping of str to Decision
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
        from escalation.answer.explanation import Explanation, explain_label, in_order

        work = Task.of(task, stack, None)
        signals, abstained, decisions = self._decided(work)
        names = self._signals.names
        labels = {
            label: explain_label(label, decision, signals, self._model, self.engine, names)
            for label, decision in decisions.items()
        }
        return Explanation(work.text, self.engine, abstained, in_order(labels))

    def predict_many(
        self,
        tasks: Iterable[str | Task | Mapping[str, object]],
        stack: object = None,
        delegated_by: str | None = None,
        *,
        reasons: bool = True,
        jobs: int = 1,
    ) -> Iterator[Prediction]:
        """Answer many tasks, in their order, each when it is asked for: the memory does not grow with their number.

        Parameters
        ----------
        tasks : iterable of str, Task or mapping
        stack : StackProfile or mapping, optional
            Serves those that bring none.
        delegated_by : str, optional
            Likewise.
        reasons : bool
            As in `predict`.
        jobs : int
            Processes. From two on the predictor must come from `load`, and the extra ``batch`` be installed.

        Raises
        ------
        InputError
            If `tasks` is one task, `jobs` is no number of processes, or this predictor cannot be had in other
            processes; while iterating, at a task that cannot be used.
        """
        if isinstance(tasks, (str, Mapping, Task)):
            raise InputError("predict_many takes a list of tasks; for one task call predict")
        if jobs < 1:
            raise InputError(f"{jobs} processes answer nothing; give 1 or more")
        ask = partial(_ask, stack=stack, delegated_by=delegated_by, reasons=reasons)
        if jobs == 1:
            return (ask(self, task) for task in tasks)
        if self._loading is None:
            raise InputError("several processes load the predictor anew; make it by Predictor.load, or use one process")
        from escalation.batch.answering import in_order

        return in_order(ask, tasks, self._loading, jobs)

    def _decided(self, work: Task) -> tuple[Signals, str | None, Decisions]:
        """Read the signals of a task, say why the model is not asked if it is not, and decide every label."""
        signals = self._signals.read(work.text, work.stack)
        if self._model is None or self._decider is None or signals.scores is None:
            return signals, None, decide_by_rules(signals.verdicts)
        if self.engine == "hybrid":
            abstained = why_not_asked(signals.evidence.reading, signals.scores, self._model)
            if abstained:
                return signals, abstained, decide_by_rules(signals.verdicts)
        return signals, None, self._decider.decide(signals.scores.logits, signals.verdicts)

    def _why(self, labels: list[str], signals: Signals, abstained: str | None) -> dict[str, Attribution]:
        """Take the scores of labels apart, where the model decided them."""
        if self._model is None or signals.scores is None or abstained:
            return {}
        weighed = [label for label in labels if not self._model.policies[label].by_rules]
        return attribute(self._model, weighed, signals.scores, self.engine)


@cache  # by the fingerprint too: what is trained anew in its place is another predictor
def _loaded(loading: Loading) -> Predictor:
    model, rulebook, engine, caution, fingerprint = loading
    predictor = Predictor.load(model, rulebook=rulebook, engine=engine, caution=caution)
    if fingerprint not in ("", predictor.fingerprint):
        raise ModelError(f"{model or default_model()}: changed while it was in use; load it again")
    return predictor


def _ask(
    predictor: Predictor,
    task: str | Task | Mapping[str, object],
    *,
    stack: object,
    delegated_by: str | None,
    reasons: bool,
) -> Prediction:
    return predictor.predict(task, stack, delegated_by, reasons=reasons)


def _undecided(decisions: Decisions, escalated: Collection[str]) -> tuple[Undecided, ...]:
    """What comes near and is not given; a mode that is escalated to is not also worked with."""
    found = []
    for label in decisions.undecided:
        disposition, _, target = label.partition(":")
        if label != CORE and target not in escalated:
            found.append(Undecided(disposition, target, rounded(decisions[label].probability) or 0.0))
    return tuple(found)


def _promise_of(model: Model, engine: Engine) -> Promise:
    promised = model.about.get("caution")
    if promised is None:
        raise ModelError("the model promises no recall, so high caution cannot be had; train it again")
    missing = tuple(label for label in model.labels if label != CORE and model.policies[label].cautious[engine] is None)
    return Promise(promised["recall"], promised["confidence"], missing)
