"""A teacher: a command, such as a large model's, that is asked where an answer is unclear or doubtful.

It gets the task, the documented distinctions and what may be right as JSON, and answers as JSON; both are described in
``teacher.schema.json``. Whatever it does, the task is answered: without a valid reply, as without a teacher.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from escalation.answer.corrected import Taught
from escalation.answer.corrections import key_of
from escalation.answer.prediction import TaughtBy
from escalation.errors import InputError
from escalation.feedback.command import CommandError, run
from escalation.feedback.correcting import Change, check_labels, correction_of, mode_named
from escalation.feedback.records import Labels
from escalation.files import parse_json
from escalation.rules.rulebook import DISPOSITIONS
from escalation.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from escalation.answer.prediction import Prediction
    from escalation.feedback.store import Store
    from escalation.predictor import Predictor
    from escalation.rules.roster import Group, Mode
    from escalation.rules.rulebook import Rulebook

SCHEMA = Path(__file__).with_name("teacher.schema.json")
FORMAT = 1
TIMEOUT = 60.0
"""Seconds that a teacher may take for a task, unless it is said otherwise."""
_FAILURES = 3
"""After this many failures in a row a teacher is not asked again in the run."""
_MEANINGS = {
    "escalate": "the mode takes a part of the task over",
    "collaborate": "the home mode does the work, and works closely with the mode",
    "core": "some part of the task is the home mode's own work",
}


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a teacher writes; `teacher.schema.json` describes it."""

    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool
    reason: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class Teacher:
    """A command that answers tasks, up to a number of calls.

    Parameters
    ----------
    command : str
        Split as a shell would, and started without one.
    max_calls : int
    timeout : float
        Seconds for a call.
    warn : callable
        Called with what was wrong, if a call was of no use.

    Attributes
    ----------
    name : str
        The name of the program, without its folder and arguments.
    calls, used : int
        How often it was asked, and how many of its replies could be used.

    Raises
    ------
    InputError
        If the command cannot be split or is empty, or a number is too small.
    """

    def __init__(
        self, command: str, *, max_calls: int = 1, timeout: float = TIMEOUT, warn: Callable[[str], None]
    ) -> None:
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise InputError(
                f"the teacher {command!r} cannot be split into words ({error}); close the quote"
            ) from error
        if not self._arguments or not self._arguments[0]:
            raise InputError("the teacher is empty; name a command")
        if max_calls < 1:
            raise InputError(f"max-calls must be at least 1, got {max_calls}")
        if not 0 < timeout < float("inf"):
            raise InputError(f"the teacher's timeout must be more than 0 seconds, got {timeout:g}")
        name = Path(self._arguments[0]).name
        self.name = "".join(sign for sign in name if sign.isprintable())[:200] or "teacher"
        self.calls = self.used = 0
        self._max_calls, self._timeout, self._warn = max_calls, timeout, warn
        self._failures = 0

    @property
    def is_spent(self) -> bool:
        """Whether it is not asked any more: all calls are made, or too many in a row were of no use."""
        return self.calls >= self._max_calls or self._failures >= _FAILURES

    def ask(self, request: Mapping[str, Any], rulebook: Rulebook) -> Taught | None:
        """Return what the teacher says of a task, or None if it says nothing of use or is not asked any more."""
        if self.is_spent:
            return None
        self.calls += 1
        try:
            said = run(self._arguments, msgspec.json.encode(request), self._timeout)
            reply, labels = _checked(said, rulebook)
        except (CommandError, InputError, ValueError) as error:
            self._failures += 1
            last = self._failures == _FAILURES
            self._warn(
                f"the teacher {self.name} {error}; answered without it"
                + (f", and it is not asked again after {_FAILURES} failures in a row" if last else "")
            )
            return None
        self._failures = 0
        self.used += 1
        by = TaughtBy(self.name, self.calls, reply.reason or None)
        return Taught(labels.escalate, labels.collaborate, labels.core, by)


def _checked(said: bytes, rulebook: Rulebook) -> tuple[Reply, Labels]:
    """Return a reply and its labels; raise ValueError or InputError with what is wrong with it, after its name."""
    try:
        reply = msgspec.convert(parse_json(said.strip()), Reply, strict=True)
    except UnicodeDecodeError as error:
        raise ValueError(f"did not write UTF-8 (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"did not write a reply of the form in teacher.schema.json ({error})") from error
    try:
        escalate, collaborate = (
            tuple(mode_named(name, rulebook) for name in names) for names in (reply.escalate, reply.collaborate)
        )
        labels = Labels(escalate, collaborate, reply.core).normal()
        check_labels(labels, rulebook)
    except InputError as error:
        raise ValueError(f"wrote an answer that cannot be: {error}") from error
    return reply, labels


class TaughtPredictor:
    """Answers tasks by a predictor, and by a teacher where that one is unclear.

    Parameters
    ----------
    predictor : Predictor
    teacher : Teacher
    only_unclear : bool
        Whether the teacher is asked only for answers that are unclear, or for every task. It is never asked for a
        task that was corrected.
    store : Store, optional
        Where the teacher's answers are kept, as corrections by a teacher. By default they are not kept.
    project : str
        Kept with them.
    """

    def __init__(
        self,
        predictor: Predictor,
        teacher: Teacher,
        *,
        only_unclear: bool = True,
        store: Store | None = None,
        project: str = "",
    ) -> None:
        self.predictor, self.teacher = predictor, teacher
        self.only_unclear = only_unclear
        self._store, self._project = store, project
        self._said: dict[str, Taught] = {}  # by the key of the task, so that none is asked twice

    def predict(
        self,
        task: str | Task | Mapping[str, object],
        stack: object = None,
        delegated_by: str | None = None,
        *,
        reasons: bool = True,
    ) -> Prediction:
        """Answer one task; parameters and errors are those of `Predictor.predict`, and of a store."""
        work = Task.of(task, stack, delegated_by)
        answer = self.predictor.predict(work, reasons=reasons)
        if answer.correction is not None or (self.only_unclear and answer.unclear is None):
            return answer
        book = self.predictor.rulebook
        key = key_of(work.text, work.stack, book.home)
        taught = self._said.get(key) or self.teacher.ask(request_of(work, answer, book), book)
        if taught is None:
            return answer
        if self._store is not None and key not in self._said:
            right = Change(taught.escalate, taught.collaborate, taught.core)
            kept = correction_of(
                work,
                right,
                Labels.of(answer),
                self.predictor,
                project=self._project,
                by="teacher",
                author=self.teacher.name,
                origin="command",
            )
            self._store.add([kept])
        self._said[key] = taught
        return self.predictor.settle(work, taught, reasons=reasons)


def request_of(task: Task, answer: Prediction, rulebook: Rulebook) -> dict[str, Any]:
    """Return what a teacher gets of a task and its answer so far."""
    labels = Labels.of(answer)
    modes: list[Mode | Group] = [*rulebook.modes.values()]
    modes += [group for group in rulebook.groups.values() if group.fallback is None]
    return {
        "format": FORMAT,
        "task": {"text": task.text, "stack": task.stack.technologies, "from": task.delegated_by},
        "home": rulebook.home,
        "labels": _MEANINGS,
        "modes": [{"mode": each.slug, "title": each.title, "dispositions": each.dispositions} for each in modes],
        "distinctions": _distinctions(rulebook),
        "candidates": _candidates(answer),
        "answer": {"escalate": labels.escalate, "collaborate": labels.collaborate, "core": labels.core},
        "questions": [] if answer.unclear is None else answer.unclear.questions,
        "reply": _reply_schema(rulebook, [each.slug for each in modes]),
    }


def _distinctions(rulebook: Rulebook) -> list[dict[str, Any]]:
    """Return the sentences that rules rest on, each once, with the modes of its rules."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for rule in rulebook.rules.values():
        source = rule.source
        same = found.setdefault(
            (rule.disposition, source.id),
            {"label": rule.disposition, "modes": [], "section": source.section, "text": source.text},
        )
        same["modes"] += [target for target in rule.targets if target not in same["modes"]]
    source = rulebook.core.source
    return [*found.values(), {"label": "core", "modes": [], "section": source.section, "text": source.text}]


def _candidates(answer: Prediction) -> list[dict[str, Any]]:
    """Return the labels that are in the answer or come near to it, the most probable first."""
    sides = {"escalate": answer.escalate, "collaborate": answer.collaborate}
    found = [(side, entry.target, entry.probability, True) for side, entries in sides.items() for entry in entries]
    found += [(near.disposition, near.target, near.probability, False) for near in answer.undecided]
    found.sort(key=lambda each: -(each[2] or 0.0))
    return [
        {"label": side, "mode": target, "probability": probability, "given": given}
        for side, target, probability, given in found
    ]


def _reply_schema(rulebook: Rulebook, names: list[str]) -> dict[str, Any]:
    """Return the schema of a reply, with the names that it may contain."""
    schema: dict[str, Any] = msgspec.json.decode(SCHEMA.read_bytes())["$defs"]["reply"]
    for side in DISPOSITIONS:
        allowed = [name for name in names if rulebook.allows(side, name)]
        schema["properties"][side].pop("$ref")
        schema["properties"][side] |= {"type": "array", "items": {"enum": allowed}}
    return schema
