"""Answer rows in their order, in this process or in several."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from escalation.errors import InputError
from escalation.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from escalation.batch.rows import Row
    from escalation.prediction import Prediction
    from escalation.predictor import Loading, Predictor
    from escalation.stack import StackProfile

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
            line = json.dumps({"line": row.number, "error": str(error)}, ensure_ascii=False)
            return Answered(row.number, row.bytes_read, line, str(error))
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
    """
    predictor = loading.load()
    if jobs == 1:
        return (ask(predictor, item) for item in items)
    require("batch", "Answering in several processes")
    from joblib import Parallel, delayed

    same = loading._replace(fingerprint=predictor.fingerprint)
    rest = iter(items)
    chunks = iter(lambda: list(islice(rest, chunk)), [])
    parallel = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs", batch_size=1)
    return chain.from_iterable(parallel(delayed(_ask_all)(ask, some, same) for some in chunks))


def _ask_all(ask: Callable[[Predictor, T], R], items: list[T], loading: Loading) -> list[R]:
    predictor = loading.load()
    return [ask(predictor, item) for item in items]
