"""A TOML table that knows where it stands, gives values of the right kind and names what is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from escalation.errors import RulebookError

if TYPE_CHECKING:
    from pathlib import Path

_REQUIRED: Any = object()


class Table:
    """One table of a rulebook file.

    Parameters
    ----------
    path : Path
        The file, for messages.
    where : str
        The table's place in the file, for messages.
    data : dict
        Its content.
    """

    def __init__(self, path: Path, where: str, data: dict[str, Any]) -> None:
        self.path = path
        self.where = where
        self._data = data
        self._read: set[str] = set()

    def refusal(self, key: str, what: str, remedy: str) -> RulebookError:
        """Make the error for a key: file, key, what is wrong and what to do."""
        place = f"{self.where}.{key}" if self.where else key
        return RulebookError(f"{self.path}: {place} {what}; {remedy}")

    def _value(self, key: str, kind: type, name: str, default: Any) -> Any:
        self._read.add(key)
        if key not in self._data:
            if default is _REQUIRED:
                raise self.refusal(key, "is missing", f"give it as {name}")
            return default
        value = self._data[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.refusal(key, f"is {value!r}", f"give it as {name}")
        return value

    def integer(self, key: str) -> int:
        """Give a whole number."""
        number: int = self._value(key, int, "a whole number", _REQUIRED)
        return number

    def string(self, key: str, default: str = _REQUIRED) -> str:
        """Give a text that is not empty."""
        text: str = self._value(key, str, "a text", default)
        if not text and default is _REQUIRED:
            raise self.refusal(key, "is empty", "give it as a text")
        return text

    def strings(self, key: str, default: tuple[str, ...] = _REQUIRED) -> tuple[str, ...]:
        """Give a list of texts."""
        values = self._value(key, list, "a list of texts", default)
        if not all(isinstance(value, str) and value for value in values):
            raise self.refusal(key, "holds something else than texts", "give it as a list of texts")
        return tuple(values)

    def mapping(self, key: str, default: dict[str, Any]) -> dict[str, Any]:
        """Give a table of lists of texts."""
        values: dict[str, Any] = self._value(key, dict, "a table of lists of texts", default)
        for name, value in values.items():
            if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
                raise self.refusal(f"{key}.{name}", "is no list of texts", "give it as a list of texts")
        return values

    def table(self, key: str) -> Table:
        """Give one table."""
        return Table(self.path, key, self._value(key, dict, f"a table [{key}]", _REQUIRED))

    def tables(self, key: str, default: tuple[()] = _REQUIRED) -> list[Table]:
        """Give the tables of an array of tables."""
        values = self._value(key, list, f"tables [[{key}]]", default)
        if not all(isinstance(value, dict) for value in values):
            raise self.refusal(key, "holds something else than tables", f"write tables [[{key}]]")
        place = f"{self.where}.{key}" if self.where else key
        return [Table(self.path, f"{place}[{index}]", value) for index, value in enumerate(values)]

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._data:
            if key not in self._read:
                known = ", ".join(sorted(self._read))
                raise self.refusal(key, "is an unknown key", f"remove it or use one of {known}")


def root_table(path: Path, data: dict[str, Any]) -> Table:
    """Wrap a whole file."""
    return Table(path, "", data)
