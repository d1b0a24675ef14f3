"""Answer rows in their order, in this process or in several."""

from __future__ import annotations

import json
import signal
from collections import deque
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from escalation.errors import EscalationError, InputError, InterruptedRunError
from escalation.files import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from escalation.answer.prediction import Prediction
    from escalation.batch.rows import Row
    from escalation.predictor import Loading, Predictor
    from escalation.task.stack import StackProfile

    T = TypeVar("T")
    R = TypeVar("R")

_CHUNK = 250
"""So many rows go to a process at once."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How every row is asked about and shown.

    Attributes
    ----------
    stack : StackProfile
        For tasks that have none.
    delegated_by : str or None
        Likewise.
    reasons : bool
    show : callable
        From an answer and the number of its line to a line of output.
    """

    stack: StackProfile
    delegated_by: str | None
    reasons: bool
    show: Callable[[Prediction, int], str]

    def __call__(self, predictor: Predictor, row: Row) -> Answered:
        """Answer a row; a row that is no task gets an error in place of an answer."""
        try:
            answer = predictor.predict(row.task(self.stack, self.delegated_by), reasons=self.reasons)
        except InputError as error:
            wrong: dict[str, Any] = {"line": row.number, "error": str(error)}
            if row.id is not None:
                wrong["id"] = row.id
            return Answered(row.number, row.bytes_read, json.dumps(wrong, ensure_ascii=False), str(error))
        return Answered(row.number, row.bytes_read, self.show(answer, row.number))


class Answered(NamedTuple):
    """A row's answer as a line of output, or why it has none."""

    number: int
    bytes_read: int
    line: str
    error: str | None = None


def as_json(answer: Prediction, _number: int = 0) -> str:
    """Show an answer as one line of JSON."""
    return json.dumps(answer.to_dict(), ensure_ascii=False)


def in_order(
    ask: Callable[[Predictor, T], R], items: Iterable[T], loading: Loading, jobs: int = 1, chunk: int = _CHUNK
) -> Iterator[R]:
    """Ask about many items and give the answers in their order, in constant memory however many there are.

    Parameters
    ----------
    ask : callable
        What is done with a predictor and an item. With several processes it must be found by its name.
    items : iterable
    loading : Loading
        Where every process has its predictor from.
    jobs : int
        Processes. With one, each item is answered as soon as it is there.
    chunk : int
        So many items go to a process at once.

    Raises
    ------
    MissingExtraError
        If there is more than one process and joblib is not installed.
    InterruptedRunError
        While iterating, if a process was ended from outside.
    """
    if jobs == 1:
        predictor = loading.load()
        return (ask(predictor, item) for item in items)
    require("batch", "Answering in several processes")
    same = loading._replace(fingerprint=loading.load().fingerprint)
    return _in_processes(partial(_ask_all, ask, loading=same), iter(items), jobs, chunk)


def _in_processes(
    ask_all: Callable[[list[T]], tuple[list[R], EscalationError | None]], items: Iterator[T], jobs: int, chunk: int
) -> Iterator[R]:
    """Hand out chunks, never more than two a process ahead of what is taken, and give their answers in order."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib.externals.loky import ProcessPoolExecutor

    # An own pool: the one that joblib keeps for reuse must stay of its own kind.
    executor = ProcessPoolExecutor(max_workers=jobs, initializer=_leave_interrupts_to_the_parent)
    waiting: deque[Future[tuple[list[R], EscalationError | None]]] = deque()
    wrong: EscalationError | None = None
    try:
        while True:
            while wrong is None and len(waiting) < 2 * jobs:
                some, wrong = _taken(items, chunk)
                if not some:
                    break
                waiting.append(executor.submit(ask_all, some))
            if not waiting:
                break
            answers, error = waiting.popleft().result()
            yield from answers
            if error is not None:
                raise error
    except BrokenProcessPool as error:
        raise InterruptedRunError("a process that answers was ended from outside; is there enough memory?") from error
    finally:
        executor.shutdown(kill_workers=bool(waiting))
    if wrong is not None:
        raise wrong


def _taken(items: Iterator[T], count: int) -> tuple[list[T], EscalationError | None]:
    """Take the next items; where one cannot be read, those before it and the error."""
    some: list[T] = []
    try:
        for item in islice(items, count):
            some.append(item)  # noqa: PERF402, what was taken before an error is kept
    except EscalationError as error:
        return some, error
    return some, None


def _ask_all(
    ask: Callable[[Predictor, T], R], items: list[T], loading: Loading
) -> tuple[list[R], EscalationError | None]:
    """Ask about a chunk; where one item cannot be answered, give the answers before it and the error."""
    predictor = loading.load()
    answers: list[R] = []
    try:
        for item in items:
            answers.append(ask(predictor, item))  # noqa: PERF401, likewise
    except EscalationError as error:
        return answers, error
    return answers, None


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
