"""Stack Profiles: the project's technologies by category."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NESTED = "detected_stack"
_SHAPE = 'give a mapping from category to names, as {"frontend": ["React"], "auth": ["Clerk"]}'


@dataclass(frozen=True, slots=True)
class StackProfile:
    """The project's technologies by category.

    Attributes
    ----------
    technologies : dict of str to tuple of str
        Names as the project writes them, by category. Empty where nothing is known.
    """

    technologies: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.technologies.values())

    @classmethod
    def of(cls, value: object, where: str = "the Stack Profile") -> StackProfile:
        """Make a profile of what a caller or a file gives.

        Parameters
        ----------
        value : StackProfile, mapping or None
            A mapping from category to a name or a list of names, or one that holds such a mapping
            under the key ``detected_stack``.
        where : str
            Where it comes from, for messages.

        Raises
        ------
        InputError
            If it has another shape.
        """
        if isinstance(value, StackProfile):
            return value
        if value is None:
            return cls()
        if not isinstance(value, dict):
            raise InputError(f"{where} is {type(value).__name__}, not a mapping; {_SHAPE}")
        if _NESTED in value:
            return cls.of(value[_NESTED], f"{where}, key {_NESTED!r}")
        return cls({_category(key, where): _names(key, names, where) for key, names in value.items()})

    @classmethod
    def parse(cls, argument: str) -> StackProfile:
        """Read the value of ``--stack``: the path of a JSON file, or ``frontend=react,auth=clerk``.

        A name without category of its own belongs to the one before: ``database=postgresql,redis``.

        Raises
        ------
        InputError
            If it is neither, or the file is no Stack Profile.
        """
        if "=" not in argument or Path(argument).is_file():
            return cls.read(Path(argument))
        found: dict[str, list[str]] = {}
        category = ""
        for part in argument.split(","):
            before, equals, name = part.partition("=")
            category = before.strip().lower() if equals else category
            name = (name if equals else before).strip()
            if not category or not name:
                raise InputError(
                    f"--stack {argument!r}: {part!r} lacks a category or a name; write frontend=react,auth=clerk"
                )
            found.setdefault(category, []).append(name)
        return cls({key: tuple(names) for key, names in found.items()})

    @classmethod
    def read(cls, path: Path) -> StackProfile:
        """Read a JSON file.

        Raises
        ------
        InputError
            If it cannot be read, is no JSON, or has another shape.
        """
        try:
            value: Any = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read ({error.strerror}); name a JSON file, or write --stack frontend=react"
            ) from error
        except ValueError as error:
            raise InputError(f"{path}: is not JSON in UTF-8 ({error}); {_SHAPE}") from error
        return cls.of(value, str(path))

    def as_mapping(self) -> Mapping[str, list[str]]:
        """Give the profile as JSON knows it."""
        return {category: list(names) for category, names in self.technologies.items()}


def _category(key: object, where: str) -> str:
    if not isinstance(key, str) or not key.strip():
        raise InputError(f"{where} has the category {key!r}, which is no text; {_SHAPE}")
    return key.strip().lower()


def _names(key: object, names: object, where: str) -> tuple[str, ...]:
    if names is None:
        return ()
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{where}, category {key!r}: {names!r} is no list of names; {_SHAPE}")
    return tuple(name for name in names if name.strip())
