"""Stack Profiles: a project's technologies by category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from escalation.errors import InputError
from escalation.files import parse_yaml, read_json, read_text
from escalation.task.shapes import is_none, names_in

_YAML = (".yaml", ".yml")
_SHAPE = 'write a mapping from category to names, such as {"category": ["name", "name"]}'


@dataclass(frozen=True, slots=True)
class StackProfile:
    """A project's technologies by category.

    Attributes
    ----------
    technologies : dict of str to tuple of str
        Names as the project writes them, by category; nested categories are joined by full stops. Empty if nothing is
        known.

    Examples
    --------
    >>> StackProfile.parse("frontend=react,auth=clerk").technologies
    {'frontend': ('react',), 'auth': ('clerk',)}
    >>> StackProfile.of({"stack": {"frontend": {"framework": "React 19"}, "cache": "none"}}).technologies
    {'frontend.framework': ('React 19',)}
    """

    technologies: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.technologies.values())

    @classmethod
    def of(cls, value: object, where: str = "the Stack Profile") -> StackProfile:
        """Make a profile from what a caller passes or a file contains.

        Parameters
        ----------
        value : StackProfile, mapping, list or None
            A mapping from category to names, nested in any way: see `escalation.task.shapes`. Which technologies its
            names mean is for the rulebook to say.
        where : str
            Where it comes from, for messages.

        Raises
        ------
        InputError
            If it is neither a mapping nor a list of names.
        """
        if isinstance(value, StackProfile):
            return value
        if value is None:
            return cls()
        if not isinstance(value, Mapping) and not _is_list_of_names(value):
            raise InputError(f"{where} is {type(value).__name__}, not a mapping; {_SHAPE}")
        found: dict[str, list[str]] = {}
        for category, name in names_in(value):
            found.setdefault(category, []).append(name)
        return cls({category: tuple(dict.fromkeys(names)) for category, names in found.items()})

    @classmethod
    def parse(cls, argument: str) -> StackProfile:
        """Read what names a profile: the path of a JSON or YAML file, or ``category=name,category=name``.

        Raises
        ------
        InputError
            If it is neither, or the file is not a Stack Profile.
        """
        if "=" in argument and not argument.endswith((".json", *_YAML)):
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
            names = found.setdefault(category, [])
            if not is_none(name):
                names.append(name)
        return cls({key: tuple(names) for key, names in found.items()})

    @classmethod
    def read(cls, path: Path) -> StackProfile:
        """Read a JSON or YAML file.

        Raises
        ------
        InputError
            If it cannot be read, is not JSON or YAML, or holds something else.
        """
        remedy = "name a JSON or YAML file of a Stack Profile, or write category=name"
        if path.suffix.lower() not in _YAML:
            return cls.of(read_json(path, InputError, remedy), str(path))
        try:
            return cls.of(parse_yaml(read_text(path, InputError, remedy)), str(path))
        except ValueError as error:
            raise InputError(f"{path}: is not YAML ({error}); {remedy}") from error


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, (list, tuple)) and any(isinstance(each, (str, Mapping)) for each in value)
