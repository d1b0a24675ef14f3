"""What would teach most if a person answered it: doubtful answers, spread over unlike texts, each text once."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.answer.corrections import key_of
from escalation.answer.doubt import doubt_of
from escalation.task.stack import StackProfile
from escalation.task.task import Task
from escalation.task.text import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from escalation.answer.prediction import Prediction
    from escalation.feedback.store import Store
    from escalation.files import Progress
    from escalation.predictor import Predictor

LIMIT = 100
"""How many tasks are listed or asked, unless it is said otherwise."""


class Source(NamedTuple):
    """A task that may be reviewed.

    Attributes
    ----------
    task : Task
    place : str
        Where it is from; may be empty.
    project : str
    id : int
        Of its logged answer in the store; 0 if there is none.
    """

    task: Task
    place: str = ""
    project: str = ""
    id: int = 0


class Waiting(NamedTuple):
    """A task that waits for review, with its answer and how doubtful that is."""

    source: Source
    answer: Prediction
    doubt: float

    def to_dict(self) -> dict[str, Any]:
        """Return what ``escalation review --json`` prints: the task, its doubt, and the whole answer."""
        source = self.source
        found: dict[str, Any] = {"id": source.id} if source.id else {}
        found |= {"place": source.place} if source.place else {}
        found |= {"project": source.project} if source.project else {}
        stack = source.task.stack.technologies
        return found | {
            "text": source.task.text,
            "stack": {category: list(names) for category, names in stack.items()},
            "doubt": round(self.doubt, 4),
            "answer": self.answer.to_dict(),
        }


def logged_sources(store: Store, home: str, project: str | None = None) -> Iterator[Source]:
    """Yield the tasks of a home mode that wait for review in a store, of all projects or of one."""
    for each in store.logged(project=project, waiting=True):
        if each.home == home:
            yield Source(Task.of(each.text, StackProfile(each.stack)), each.place, each.project, each.id)


def settled_texts(store: Store) -> tuple[set[str], list[str]]:
    """Return the keys of the tasks that need no review, corrected or reviewed, and the texts of corrected ones."""
    corrections = store.corrections()
    waiting = {each.id for each in store.logged(waiting=True)}
    keys = {each.key for each in store.logged() if each.id not in waiting}
    return keys | {each.key for each in corrections}, [each.text for each in corrections]


def queue(
    sources: Iterable[Source],
    predictor: Predictor,
    *,
    limit: int = LIMIT,
    settled: Set[str] = frozenset(),
    known: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[Waiting]:
    """Answer tasks, and return those that would teach most, the first one most.

    Parameters
    ----------
    sources : iterable of Source
    predictor : Predictor
    limit : int
        How many are returned at most.
    settled : set of str
        Keys of tasks that are left out; see `escalation.answer.corrections.key_of`.
    known : sequence of str
        Texts that have been reviewed already; tasks like them come later.
    progress : callable, optional

    Raises
    ------
    InputError
        If a task cannot be used.
    """
    seen, found = set(settled), []
    for source in sources:
        task = source.task
        key = key_of(task.text, task.stack, predictor.rulebook.home)
        if key in seen:
            continue
        seen.add(key)
        answer, decisions = predictor.predict_with_decisions(task)
        found.append(Waiting(source, answer, doubt_of(answer, decisions)))
        if progress and not len(found) % 100:
            progress("answering tasks", len(found), 0)
    order = spread([each.source.task.text for each in found], [each.doubt for each in found], limit, known)
    return [found[place] for place in order]


def spread(texts: Sequence[str], doubts: Sequence[float], limit: int, known: Sequence[str] = ()) -> list[int]:
    """Return the places of the most doubtful texts that are unlike each other, in the order in which to ask.

    Each next one has the highest doubt, less the share of its words and pairs of words that the one most like it has
    in common with it (Jaccard), of those already chosen or known.

    Examples
    --------
    >>> spread(["Rotate the keys", "Rotate the keys!", "Resize the disk"], [0.9, 0.8, 0.5], 3)
    [0, 2, 1]
    """
    grams = [_grams(text) for text in texts]
    chosen = [_grams(text) for text in known]
    order: list[int] = []
    # What a text is worth only falls as others are chosen, so it is compared anew only where it would be the next.
    heap = [(-doubt, place, 0, 0.0) for place, doubt in enumerate(doubts)]
    heapify(heap)
    while heap and len(order) < limit:
        worth, place, compared, like = heappop(heap)
        if compared < len(chosen):
            like = max(like, *(_likeness(grams[place], other) for other in chosen[compared:]))
            worth = -doubts[place] * (1 - like)
            heappush(heap, (worth, place, len(chosen), like))
            continue
        order.append(place)
        chosen.append(grams[place])
    return order


def _grams(text: str) -> frozenset[str]:
    words = words_of(text.lower())
    return frozenset([*words, *(f"{one} {other}" for one, other in pairwise(words))])


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0
