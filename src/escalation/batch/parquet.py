"""Parquet in and out, a batch of rows at a time (extra `batch`)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from escalation.errors import InputError
from escalation.files import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_COLUMNS = ("id", "text", "stack", "from")
_ROWS = 2000
"""So many rows are in memory at a time."""


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its name."""
    return path.suffix.lower() in (".parquet", ".pq")


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Give the rows of a file, with the columns that a task has; a cell that is null is left out.

    Raises
    ------
    InputError
        If the file cannot be read or has no column ``text``.
    MissingExtraError
        If pyarrow is not installed.
    """
    with _opened(path) as file:
        columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
        if "text" not in columns:
            raise InputError(f"{path}: has no column 'text'; name the column with the descriptions 'text'")
        for batch in file.iter_batches(_ROWS, columns=columns):
            for row in batch.to_pylist():
                yield {key: value for key, value in row.items() if value is not None}


def count_parquet(path: Path) -> int:
    """How many rows a file has; refuses what `read_parquet` refuses."""
    with _opened(path) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    require("batch", "Parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as Parquet ({error}); is it complete?") from error


def write_parquet(path: Path, columns: Mapping[str, type], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to a file, a row group at a time.

    Parameters
    ----------
    path : Path
    columns : mapping of str to type
        ``str``, ``bool``, ``int`` or ``list`` (of texts), by name.
    rows : iterable of mapping
        A column that a row lacks is null.
    """
    require("batch", "Parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), list: pa.list_(pa.string())}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    with pq.ParquetWriter(path, schema) as writer:
        group: list[Mapping[str, Any]] = []
        for row in rows:
            group.append(row)
            if len(group) == _ROWS:
                writer.write_table(pa.Table.from_pylist(group, schema))
                group = []
        writer.write_table(pa.Table.from_pylist(group, schema))
