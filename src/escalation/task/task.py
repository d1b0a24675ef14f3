"""A task: a text, with or without a Stack Profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation.errors import InputError
from escalation.task.stack import StackProfile
from escalation.task.text import check_text


@dataclass(frozen=True, slots=True)
class Task:
    """What a developer is asked to do.

    Attributes
    ----------
    text : str
        The description, in words.
    stack : StackProfile
        The project's technologies; empty if they are not known.
    delegated_by : str or None
        Name of the mode that delegates the task.
    id : str, int or None
        A name that is returned with the answer.
    place : str or None
        Where the task was read: ``path:line``.
    """

    text: str
    stack: StackProfile = field(default_factory=StackProfile, hash=False)
    delegated_by: str | None = None
    id: str | int | None = None
    place: str | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls, value: str | Task | Mapping[str, object], stack: object = None, delegated_by: str | None = None
    ) -> Task:
        """Make a task from a text, a task, or a mapping such as a line of JSON.

        Parameters
        ----------
        value : str, Task or mapping
            A mapping has ``text`` and may have ``id``, ``stack`` and ``from``; other keys are ignored.
        stack : StackProfile, mapping or None
            Used if the task has none of its own.
        delegated_by : str or None
            Likewise.

        Raises
        ------
        InputError
            If the text, the Stack Profile, the sender or the id cannot be used.

        Examples
        --------
        >>> Task.of({"text": "Fix the page", "stack": {"frontend": ["React"]}}).stack.technologies
        {'frontend': ('React',)}
        """
        place = None
        if isinstance(value, str):
            value = {"text": value}
        elif isinstance(value, Task):
            place = value.place
            value = {"text": value.text, "stack": value.stack, "from": value.delegated_by, "id": value.id}
        elif not isinstance(value, Mapping):
            raise InputError(f'the task is {type(value).__name__}; pass a text or an object such as {{"text": "..."}}')
        if "text" not in value:
            raise InputError(
                f"the task has no 'text' but {', '.join(map(repr, value)) or 'nothing'}; add its description"
            )
        sender = value.get("from")
        if sender is None:
            sender = delegated_by
        if sender is not None and not isinstance(sender, str):
            raise InputError(f"the task's 'from' is {type(sender).__name__}; name the mode that delegates it")
        own = StackProfile.of(value.get("stack"))
        return cls(
            check_text(value["text"]), own or StackProfile.of(stack), sender, _identifier(value.get("id")), place
        )


def _identifier(value: object) -> str | int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and value.isprintable():
        return value
    raise InputError(f"the task's id is {value!r}; use a printable text or a whole number")
