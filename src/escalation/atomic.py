"""Write whole files and directories or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from escalation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@contextmanager
def replacing_file(path: Path) -> Iterator[TextIO]:
    """Give a text stream whose content becomes `path` only when the block ends well.

    Parameters
    ----------
    path : Path
        The file to write. An older one stays as it is until the new one is complete.

    Raises
    ------
    InputError
        If the file's folder is missing or cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); name another place") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """Give an empty directory that takes the place of `path` only when the block ends well.

    The old directory is moved aside first and restored if the new one cannot be moved in, so that
    at no moment a half-written directory stands under the name.

    Parameters
    ----------
    path : Path
        The directory to write. Its parents are made where they are missing.

    Raises
    ------
    InputError
        If the place cannot be written, or holds a file of that name.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file, and a directory is to be written there; name another place")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); name another place") from error
    old = temporary.with_name(temporary.name + ".old")
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            path.rename(old)
        try:
            temporary.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
