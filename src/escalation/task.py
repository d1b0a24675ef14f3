"""A task: a text, with a Stack Profile or without."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from escalation.errors import InputError
from escalation.stack import StackProfile
from escalation.text import check_text

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Task:
    """What a developer is asked to do.

    Attributes
    ----------
    text : str
        The description, in words.
    stack : StackProfile
        The project's technologies; empty where they are not known.
    delegated_by : str or None
        Slug of the mode that hands the task over, or None.
    id : str, int or None
        A name that comes back with the answer.
    """

    text: str
    stack: StackProfile = field(default_factory=StackProfile)
    delegated_by: str | None = None
    id: str | int | None = None

    @classmethod
    def of(
        cls, value: str | Task | Mapping[str, object], stack: object = None, delegated_by: str | None = None
    ) -> Task:
        """Make a task of a text, a task, or a mapping as a line of JSON gives it.

        Parameters
        ----------
        value : str, Task or mapping
            A mapping has ``text`` and may have ``id``, ``stack`` and ``from``; other keys are passed over.
        stack : StackProfile, mapping or None
            Used where the task has none of its own.
        delegated_by : str or None
            Likewise.

        Raises
        ------
        InputError
            If the text or the Stack Profile cannot be used.
        """
        if isinstance(value, str):
            value = {"text": value}
        elif isinstance(value, Task):
            value = {"text": value.text, "stack": value.stack, "from": value.delegated_by, "id": value.id}
        elif not isinstance(value, dict):
            raise InputError(f'the task is {type(value).__name__}; give a text or an object such as {{"text": "..."}}')
        if "text" not in value:
            raise InputError(
                f"the task has no 'text' but {', '.join(map(repr, value)) or 'nothing'}; add its description"
            )
        identifier = value.get("id")
        if identifier is not None and not isinstance(identifier, (str, int)):
            raise InputError(f"the task's id is {type(identifier).__name__}; use a text or a whole number")
        sender = value.get("from") or delegated_by
        if sender is not None and not isinstance(sender, str):
            raise InputError(f"the task's 'from' is {type(sender).__name__}; name the mode that delegates it")
        own = StackProfile.of(value.get("stack"))
        return cls(check_text(value["text"]), own or StackProfile.of(stack), sender, identifier)
