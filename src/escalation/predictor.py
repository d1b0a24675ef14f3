"""The way of a task, from text to answer: read, judge and score, decide, compose."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from escalation.answer.compose import about, accept, compose_entries, promise_of, resolve_groups, undecided_labels
from escalation.answer.explanation import Explanation, explain_labels
from escalation.answer.parts import ignored_parts, parts_of
from escalation.answer.prediction import Core, Prediction, rounded
from escalation.answer.reasons import attribute
from escalation.answer.unclear import elsewhere_reasons, leave_to_others, nobody, unclear_about, why_silent
from escalation.errors import InputError, ModelError
from escalation.files import default_model, default_rulebook
from escalation.model.decision import CAUTIONS, ENGINES, Caution, Decider, Engine, decide_by_rules, reason_to_abstain
from escalation.model.degree import settle_degrees
from escalation.model.directory import read_model
from escalation.model.signals import SignalReader
from escalation.rules.loading import load_rulebook
from escalation.rules.rulebook import CORE
from escalation.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from escalation.answer.corrected import Taught
    from escalation.answer.corrections import Answered, CorrectedAnswers
    from escalation.answer.prediction import Unclear
    from escalation.answer.reasons import Attribution
    from escalation.batch.loading import Loading
    from escalation.model.classifier import Model
    from escalation.model.decision import Decisions
    from escalation.model.signals import Signals
    from escalation.rules.evidence import Evidence, Mention
    from escalation.rules.rulebook import Label, Rulebook


class Predictor:
    """Answers who should do which part of a task. It has no state that an answer depends on and is thread-safe.

    Parameters
    ----------
    rulebook : Rulebook
    model : Model, optional
        Without one, the rules alone decide.
    engine : {"hybrid", "model", "rules"}, optional
        By default ``hybrid`` with a model and ``rules`` without.
    caution : {"normal", "high"}
        ``high`` lowers the thresholds to those at which the training could promise that few labels are missed.
    corrections : path, optional
        A file of corrected answers; a task that is in it is answered as corrected. By default none are used.

    Raises
    ------
    InputError
        If the engine or the caution is unknown, or needs a model and there is none.
    StoreError
        If the file of corrected answers is damaged; when predicting, if it has been damaged since.

    Examples
    --------
    >>> predictor = Predictor.load()
    >>> [entry.mode for entry in predictor.predict("Write the Dockerfile").escalate]
    ['docker-compose-specialist']
    """

    def __init__(
        self,
        rulebook: Rulebook,
        model: Model | None = None,
        engine: Engine | None = None,
        caution: Caution = "normal",
        corrections: Path | None = None,
    ) -> None:
        self.rulebook = rulebook
        self.engine: Engine = engine or ("hybrid" if model else "rules")
        if self.engine not in ENGINES:
            raise InputError(f"unknown engine {engine!r}; use one of {', '.join(ENGINES)}")
        if self.engine != "rules" and model is None:
            raise InputError(f"the engine {self.engine!r} needs a model; pass one, or use the engine 'rules'")
        self.caution = caution
        if caution not in CAUTIONS:
            raise InputError(f"unknown caution {caution!r}; use one of {', '.join(CAUTIONS)}")
        if caution == "high" and self.engine == "rules":
            raise InputError("high caution is a promise of the model, which the engine 'rules' does not use")
        self.model = model if self.engine != "rules" else None
        self._decider = Decider(self.model, self.engine, caution) if self.model else None
        self._reader = SignalReader(rulebook, self.model)
        self.stacks = self._reader.engine.reader.stacks  # says what the names in a Stack Profile mean
        self._promise = promise_of(self.model, self.engine) if self.model and caution == "high" else None
        self._corrections: CorrectedAnswers | None = None
        if corrections is not None:
            from escalation.answer.corrections import CorrectedAnswers

            self._corrections = CorrectedAnswers(corrections)
        self._loading: Loading | None = None

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        *,
        rulebook: str | Path | None = None,
        engine: Engine = "hybrid",
        caution: Caution = "normal",
        allow_rules: bool = False,
        corrections: str | Path | None = None,
    ) -> Predictor:
        """Load a model directory and a rulebook.

        Parameters
        ----------
        model, rulebook : path, optional
            By default those that ship with the package.
        engine : {"hybrid", "model", "rules"}
            ``rules`` reads no model.
        caution : {"normal", "high"}
        allow_rules : bool
            Whether to continue with the rules alone if the model cannot be used.
        corrections : path, optional
            A file of corrected answers, such as ``escalation.feedback.place_of().answers``. By default none are used.

        Raises
        ------
        RulebookError
            If the rulebook is invalid.
        ModelError
            If the model cannot be used, and `allow_rules` is not set or the caution is high (a promise of the model).
        """
        # Absolute paths, since other processes may run in another directory.
        given = model, rulebook, corrections
        model, rulebook, corrections = (Path(path).absolute() if path else None for path in given)
        book = load_rulebook(rulebook or default_rulebook())
        try:
            trained = None if engine == "rules" else read_model(model or default_model(), book)
        except ModelError:
            if not allow_rules or caution == "high":
                raise
            trained, engine = None, "rules"
        from escalation.batch.loading import Loading

        predictor = cls(book, trained, engine, caution, corrections)
        predictor._loading = Loading(model, rulebook, engine, caution, predictor.fingerprint, corrections)
        return predictor

    @property
    def fingerprint(self) -> str:
        """Hash of rulebook and model, on which answers depend besides the task, the engine and the caution."""
        return f"{self.rulebook.sha256}:{self.model.info.sha256 if self.model and self.model.info else ''}"

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
            The project's technologies by category, if the task has none of its own.
        delegated_by : str, optional
            The mode that delegates the task, if the task names none; any of its names, in any spelling.
        reasons : bool
            Whether the answer says why. Without reasons it lists no parts and takes about three fifths of the time;
            everything else is the same.

        Returns
        -------
        Prediction

        Raises
        ------
        InputError
            If the task cannot be used.
        """
        work = Task.of(task, stack, delegated_by)
        found = self._corrections and self._corrections.find(work.text, work.stack, self.rulebook.home)
        return self.settle(work, found, reasons=reasons) if found else self._answer(work, reasons)[0]

    def settle(self, task: Task, right: Answered | Taught, *, reasons: bool = True) -> Prediction:
        """Answer one task with the labels of a correction or of a teacher; the rest is as `predict` finds it."""
        from escalation.answer.corrected import correct_answer

        answer, decisions, evidence = self._answer(task, reasons)
        return correct_answer(answer, right, decisions, evidence, self.rulebook, reasons=reasons)

    def predict_with_decisions(
        self,
        task: str | Task | Mapping[str, object],
        stack: object = None,
        delegated_by: str | None = None,
        *,
        reasons: bool = True,
    ) -> tuple[Prediction, Decisions]:
        """Answer one task as `predict` does without corrections, and return the decisions behind the answer as well."""
        return self._answer(Task.of(task, stack, delegated_by), reasons)[:2]

    def _answer(self, work: Task, reasons: bool) -> tuple[Prediction, Decisions, Evidence]:
        signals, decisions, abstained, unclear, elsewhere = self._judge(work)
        evidence = signals.evidence
        why = self._attribute(decisions, signals) if reasons else None
        resolutions = resolve_groups(decisions, evidence, self.rulebook)
        entries = compose_entries(decisions, resolutions, signals, why, self._reader.names)
        core, undecided = decisions[CORE], undecided_labels(decisions)
        known = core.given or bool(elsewhere)
        unclear = unclear or unclear_about(
            dict(entries.values()), undecided, known, evidence, self.rulebook, self._reader.spelling
        )
        answer = Prediction(
            tuple({shown: entry for shown, entry in entries.values() if shown.disposition == "escalate"}.values()),
            tuple({shown: entry for shown, entry in entries.values() if shown.disposition == "collaborate"}.values()),
            Core(core.given, rounded(core.probability), core.source, elsewhere_reasons(elsewhere, evidence)),
            () if why is None else parts_of({label: shown for label, (shown, _) in entries.items()}, signals, why),
            ignored_parts(evidence.reading.pieces),
            undecided,
            unclear,
            accept(self.rulebook, work.delegated_by, evidence, core.given),
            self.engine,
            abstained,
            None if abstained else self._promise,
            about(self.model, self.rulebook),
            work.id,
            work.place,
        )
        return answer, decisions, evidence

    def decisions(self, task: str | Task | Mapping[str, object], stack: object = None) -> Decisions:
        """Decide every label of a task, before groups are resolved.

        Returns
        -------
        dict of Label to Decision
            One per label of the rulebook: ``disposition:target``, with a group under its name, and ``core``.
        """
        return self._judge(Task.of(task, stack)).decisions

    def explain(self, task: str | Task | Mapping[str, object], stack: object = None) -> Explanation:
        """Show what spoke for and against every label of a task, in numbers that add up.

        Raises
        ------
        InputError
            If the task cannot be used.
        """
        work = Task.of(task, stack)
        signals, decisions, abstained, _, _ = self._judge(work)
        labels = explain_labels(decisions, signals, self.model, self.engine, self._reader.names)
        return Explanation(work.text, self.engine, abstained, labels, ignored_parts(signals.evidence.reading.pieces))

    def predict_many(
        self,
        tasks: Iterable[str | Task | Mapping[str, object]],
        stack: object = None,
        delegated_by: str | None = None,
        *,
        reasons: bool = True,
        jobs: int = 1,
    ) -> Iterator[Prediction]:
        """Answer many tasks in their order, each when it is asked for, so that memory does not grow with their number.

        Parameters
        ----------
        tasks : iterable of str, Task or mapping
        stack, delegated_by, reasons
            As in `predict`.
        jobs : int
            Number of processes. With two or more, the predictor must come from `load`.

        Raises
        ------
        InputError
            If `tasks` is one task, `jobs` is less than 1, or this predictor cannot be loaded in other processes;
            while iterating, if a task cannot be used.
        """
        if isinstance(tasks, (str, Mapping, Task)):
            raise InputError("predict_many takes a list of tasks; for one task call predict")
        if jobs < 1:
            raise InputError(f"jobs must be at least 1, got {jobs}")
        ask = partial(Predictor.predict, stack=stack, delegated_by=delegated_by, reasons=reasons)
        if jobs == 1:
            return (ask(self, task) for task in tasks)
        if self._loading is None:
            raise InputError("other processes must load the predictor too; use Predictor.load, or one process")
        from escalation.batch.processes import in_order

        return in_order(ask, tasks, self._loading, jobs)

    def _judge(self, work: Task) -> _Judged:
        """Read a task and decide every label."""
        signals = self._reader.read(work.text, work.stack)
        unclear = why_silent(signals.evidence, self.rulebook)
        if unclear and unclear.reason == "nothing_asked":
            abstained = "the text asks for nothing" if self.engine == "hybrid" else None
            return _Judged(signals, nobody(self.rulebook.labels), abstained, unclear, [])
        abstained = None
        if self.model and signals.scores and self.engine == "hybrid":
            abstained = reason_to_abstain(signals.evidence.reading, signals.scores, self.model.known_share)
        if self._decider and signals.scores and not abstained:
            decisions = self._decider.decide(signals.scores, signals.verdicts)
        else:
            decisions = decide_by_rules(signals.verdicts)
        if self.engine == "model":
            return _Judged(signals, decisions, abstained, unclear, [])
        decisions = settle_degrees(decisions, signals, lowers=self.caution == "normal")
        elsewhere = self._reader.engine.elsewhere(signals.evidence)
        kept = elsewhere if elsewhere and leave_to_others(decisions) else []
        return _Judged(signals, decisions, abstained, unclear, kept)

    def _attribute(self, decisions: Decisions, signals: Signals) -> dict[Label, Attribution]:
        """Split the scores of the assigned labels that the model scored."""
        if self.model is None or signals.scores is None:
            return {}
        scored = [label for label, each in decisions.items() if each.given and each.score is not None]
        return attribute(self.model, [label for label in scored if label != CORE], signals, self.engine)


class _Judged(NamedTuple):
    """A task that was read and decided: what was seen, and what keeps an answer from knowing more."""

    signals: Signals
    decisions: Decisions
    abstained: str | None
    unclear: Unclear | None
    elsewhere: list[Mention]
