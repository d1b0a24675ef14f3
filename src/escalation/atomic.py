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
    from collections.abc import Collection, Iterator
    from typing import TextIO


@contextmanager
def replacing_file(path: Path) -> Iterator[TextIO]:
    """Give a text stream whose content becomes `path` only when the block ends well.

    A link is followed, the mode of an older file is kept; what is no ordinary file (a pipe, a device) is written
    straight into.

    Parameters
    ----------
    path : Path
        The file to write. An older one stays as it is until the new one is complete.

    Raises
    ------
    InputError
        If the file's folder is missing or cannot be written, or a directory has that name.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("w", encoding="utf-8", newline="\n") as stream:
                yield stream
            return
        if target.is_dir():
            raise IsADirectoryError(0, "is a directory")
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:50]}.", dir=target.parent)
    except OSError as error:
        raise _refusal(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_directory(path: Path, files: Collection[str]) -> None:
    """Refuse a place where a directory of these files must not be written.

    Parameters
    ----------
    path : Path
        May be missing, empty, or an older directory that holds nothing but such files.
    files : collection of str
        Names of the files that will be written.

    Raises
    ------
    InputError
        If it is a file, cannot be written, or holds anything else, which replacing would delete.
    """
    if path.is_dir():
        others = sorted(entry.name for entry in path.iterdir() if entry.name not in files)
        if others:
            raise InputError(
                f"{path}: holds {', '.join(others[:3])}, which would be lost; name a new or empty directory"
            )
    elif path.exists():
        raise InputError(f"{path}: is a file, and a directory is to be written there; name another place")
    # What is written appears beside the place first, so that its surroundings must allow it.
    above = next(parent for parent in path.resolve().parents if parent.exists())
    try:
        tempfile.TemporaryDirectory(prefix=f".{path.name[:50]}.", dir=above).cleanup()
    except OSError as error:
        raise _refusal(path, error) from error


@contextmanager
def replacing_directory(path: Path, files: Collection[str]) -> Iterator[Path]:
    """Give an empty directory that takes the place of `path` only when the block ends well.

    The old directory is moved aside first and restored if the new one cannot be moved in, so that
    at no moment a half-written directory stands under the name.

    Parameters
    ----------
    path : Path
        The directory to write. Its parents are made where they are missing.
    files : collection of str
        Names of the files that it may hold; see `check_directory`.

    Raises
    ------
    InputError
        If the place cannot be written, holds something else, or was changed meanwhile.
    """
    target = path.resolve()
    check_directory(target, files)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _refusal(path, error) from error
    old = temporary.with_name(temporary.name + ".old")
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        _swap(temporary, target, old)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _swap(new: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists() and not target.exists():
            old.rename(target)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _refusal(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be written ({error.strerror}); name another place or try again")
