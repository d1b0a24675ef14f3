"""Stack Profiles: a project's technologies by category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from escalation.errors import InputError
from escalation.files import read_json

_NESTED = "detected_stack"
_SHAPE = 'write a mapping from category to names, such as {"category": ["name", "name"]}'


@dataclass(frozen=True, slots=True)
class StackProfile:
    """A project's technologies by category.

    Attributes
    ----------
    technologies : dict of str to tuple of str
        Names as the project writes them, by category. Empty if nothing is known.

    Examples
    --------
    >>> StackProfile.parse("frontend=react,auth=clerk").technologies
    {'frontend': ('react',), 'auth': ('clerk',)}
    """

    technologies: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.technologies.values())

    @classmethod
    def of(cls, value: object, where: str = "the Stack Profile") -> StackProfile:
        """Make a profile from what a caller passes or a file contains.

        Parameters
        ----------
        value : StackProfile, mapping or None
            A mapping from category to a name or a list of names, or a mapping that contains such a mapping under the
            key ``detected_stack``.
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
        if not isinstance(value, Mapping):
            raise InputError(f"{where} is {type(value).__name__}, not a mapping; {_SHAPE}")
        if _NESTED in value:
            return cls.of(value[_NESTED], f"{where}, key {_NESTED!r}")
        found: dict[str, tuple[str, ...]] = {}
        for key, names in value.items():
            category = _category(key, where)
            found[category] = (*found.get(category, ()), *_names(key, names, where))
        return cls(found)

    @classmethod
    def parse(cls, argument: str) -> StackProfile:
        """Read the value of ``--stack``: the path of a JSON file, or ``category=name,category=name``.

        Raises
        ------
        InputError
            If it is neither, or the file is not a Stack Profile.
        """
        if "=" in argument and not argument.endswith(".json"):
            return cls.parse_pairs(argument)
        return cls.read(Path(argument))

    @classmethod
    def parse_pairs(cls, text: str) -> StackProfile:
        """Read ``category=name,category=name``; a name without a category belongs to the category before it.

        Raises
        ------
        InputError
            If a part has no category or no name.
        """
        found: dict[str, list[str]] = {}
        category = ""
        for part in text.split(","):
            before, equals, name = part.partition("=")
            category = before.strip().lower() if equals else category
            name = (name if equals else before).strip()
            if not category or not name:
                raise InputError(
                    f"the stack {text!r}: {part!r} has no category or no name; write category=name,category=name"
                )
            found.setdefault(category, []).append(name)
        return cls({key: tuple(names) for key, names in found.items()})

    @classmethod
    def read(cls, path: Path) -> StackProfile:
        """Read a JSON file.

        Raises
        ------
        InputError
            If it cannot be read, is not JSON, or has another shape.
        """
        return cls.of(
            read_json(path, InputError, "name a JSON file of a Stack Profile, or write category=name"), str(path)
        )


def _category(key: object, where: str) -> str:
    if not isinstance(key, str) or not key.strip():
        raise InputError(f"{where} has the category {key!r}, which is not a name; {_SHAPE}")
    return key.strip().lower()


def _names(key: object, names: object, where: str) -> tuple[str, ...]:
    if names is None:
        return ()
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{where}, category {key!r}: {names!r} is not a list of names; {_SHAPE}")
    return tuple(name for name in names if name.strip())
