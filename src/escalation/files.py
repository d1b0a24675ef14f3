"""Read files with one kind of error, write them whole or not at all, and find what ships with the package."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from escalation.errors import EscalationError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import TextIO, TypeAlias

    Progress: TypeAlias = Callable[[str, int, int], None]
    """Called during long work with what is being done, the steps done, and the steps in all."""

T = TypeVar("T")

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]

PREDICTION_SCHEMA = _PACKAGE / "answer" / "prediction.schema.json"

_TRAIN = ("sklearn", "pandas", "joblib", "iterstrat", "mapie")
_MODULES = {
    "train": _TRAIN,
    "audit": (*_TRAIN, "cleanlab"),
    "batch": ("joblib", "pyarrow"),
    "report": (*_TRAIN, "altair", "vl_convert", "jinja2"),
}


_TYPES = {
    "object": "an object",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}
"""The types of JSON and TOML in words."""


# ------------------------------------------------------------------------------------------------ reading


def parse_json(text: str | bytes) -> Any:
    """Parse a JSON text.

    Raises
    ------
    ValueError
        If it is not JSON, not UTF-8, or nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def convert(value: Any, kind: type[T]) -> T:
    """Convert parsed JSON or TOML to a msgspec type.

    Raises
    ------
    ValueError
        If it does not fit. The message says where and what is wrong.

    Examples
    --------
    >>> convert(["one", 2], list[str])
    Traceback (most recent call last):
    ValueError: [1] must be text, not a whole number
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        place = place.strip(".`")
        quoted = message.split("`")
        if message.startswith("Object "):
            what = "is missing" if "missing" in message else "is an unknown key"
            raise ValueError(f"{place}.{quoted[1]}".strip(".") + f" {what}") from error
        if message.startswith("Expected "):
            expected, found = (" or ".join(_TYPES.get(name, name) for name in quoted[i].split(" | ")) for i in (1, 3))
            message = f"must be {expected}, not {found}"
        raise ValueError(f"{place or 'it'} {message}") from error


def read_bytes(path: Path, error: type[EscalationError], remedy: str) -> bytes:
    """Read a file.

    Parameters
    ----------
    path : Path
    error : type of EscalationError
        What is raised if the file cannot be read.
    remedy : str
        What the user should do then; ends the message.
    """
    try:
        return path.read_bytes()
    except OSError as cause:
        raise error(f"{path}: cannot be read ({cause.strerror}); {remedy}") from cause


def read_text(path: Path, error: type[EscalationError], remedy: str) -> str:
    """Read a UTF-8 text, with or without a byte order mark; see `read_bytes`."""
    try:
        return read_bytes(path, error, remedy).decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise error(f"{path}: is not UTF-8 text (byte {cause.start}); save it as UTF-8") from cause


def read_json(path: Path, error: type[EscalationError], remedy: str) -> Any:
    """Read a JSON file; see `read_bytes`."""
    text = read_text(path, error, remedy)
    try:
        return parse_json(text)
    except ValueError as cause:
        raise error(f"{path}: is not JSON ({cause}); {remedy}") from cause


def read_toml(path: Path, error: type[EscalationError], remedy: str) -> dict[str, Any]:
    """Read a TOML file; see `read_bytes`."""
    return parse_toml(read_bytes(path, error, remedy), path, error, remedy)


def parse_toml(content: bytes, path: Path, error: type[EscalationError], remedy: str) -> dict[str, Any]:
    """Parse the content of a TOML file that has been read already."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise error(f"{path}: is not TOML ({cause}); {remedy}") from cause


# ------------------------------------------------------------------------------------------------ writing


@contextmanager
def replacing_file(path: Path) -> Iterator[TextIO]:
    """Open a text stream whose content becomes `path` only if the block ends without an error.

    A symbolic link is followed and the mode of an older file is kept. A pipe or a device is written to directly.

    Raises
    ------
    InputError
        If the folder is missing or cannot be written to, or a directory has that name.
    """
    if is_device(path):
        try:
            device = path.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise _cannot_write(path, error) from error
        with device as stream:
            yield stream
        return
    with replacing_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        yield stream


def is_device(path: Path) -> bool:
    """Return whether something exists at `path` that is neither an ordinary file nor a directory."""
    return path.exists() and not path.resolve().is_file() and not path.is_dir()


@contextmanager
def replacing_path(path: Path) -> Iterator[Path]:
    """Yield the path of an empty file that becomes `path` only if the block ends well; see `replacing_file`."""
    try:
        if path.is_dir():
            raise IsADirectoryError(0, "is a directory")
        target = path.resolve()
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:50]}.", dir=target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        put_in_place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def put_in_place(new: Path, path: Path) -> None:
    """Rename a complete file in the same folder to `path`, following a link and keeping an older file's mode."""
    target = path.resolve()
    new.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
    new.replace(target)


def check_directory(path: Path, files: Collection[str]) -> None:
    """Check that a directory of these files can be written at `path` without losing anything else.

    Parameters
    ----------
    path : Path
        May be missing, empty, or an older directory that holds only such files.
    files : collection of str
        Names of the files that will be written.

    Raises
    ------
    InputError
        If it is a file, cannot be written to, or holds any other file.
    """
    if path.is_dir():
        others = sorted(entry.name for entry in path.iterdir() if entry.name not in files)
        if others:
            raise InputError(
                f"{path}: holds {', '.join(others[:3])}, which would be lost; name a new or empty directory"
            )
    elif path.exists():
        raise InputError(f"{path}: is a file, and a directory is to be written there; name another place")
    # The new directory is first written beside the old one, so the folder around it must be writable.
    above = next(parent for parent in path.resolve().parents if parent.exists())
    try:
        tempfile.TemporaryDirectory(prefix=f".{path.name[:50]}.", dir=above).cleanup()
    except OSError as error:
        raise _cannot_write(path, error) from error


@contextmanager
def replacing_directory(path: Path, files: Collection[str]) -> Iterator[Path]:
    """Yield an empty directory that takes the place of `path` only if the block ends well.

    Parameters
    ----------
    path : Path
        The directory to write. Missing parents are created.
    files : collection of str
        Names of the files that it may hold; see `check_directory`.

    Raises
    ------
    InputError
        If the place cannot be written to, holds anything else, or was changed meanwhile.
    """
    target = path.resolve()
    check_directory(target, files)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _cannot_write(path, error) from error
    old = temporary.with_name(temporary.name + ".old")
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        _swap(temporary, target, old)
    except OSError as error:
        raise _cannot_write(path, error) from error
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


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be written ({error.strerror}); name another place or try again")


# ------------------------------------------------------------------------------------------------ what ships


def _first_existing(*candidates: Path) -> Path:
    return next((path for path in candidates if path.exists()), candidates[0])


def default_rulebook() -> Path:
    """Return the path of the default rulebook: in the wheel, else the first one of the checkout."""
    return _first_existing(
        _PACKAGE / "_data" / "rulebook.toml", *sorted((_CHECKOUT / "data" / "rulebooks").glob("*.toml"))
    )


def default_reading() -> Path:
    """Return the path of the phrases by which texts are read: in the wheel, else in the checkout."""
    return _first_existing(_PACKAGE / "_data" / "english.toml", _CHECKOUT / "data" / "reading" / "english.toml")


def default_model() -> Path:
    """Return the path of the default model directory: in the wheel, else in the checkout."""
    return _first_existing(_PACKAGE / "_data" / "model", _CHECKOUT / "models" / "default")


def default_corpus() -> Path:
    """Return the path of the training corpus, which only a checkout has."""
    return _CHECKOUT / "data" / "corpus.jsonl"


def default_behaviour() -> Path:
    """Return the path of the behaviour cases that belong to the training corpus."""
    return _CHECKOUT / "tests" / "behaviour" / "cases.toml"


def default_robustness() -> Path:
    """Return the path of the inputs of the robustness suite, which only a checkout has."""
    return _CHECKOUT / "benchmarks" / "robustness"


def require(extra: str, purpose: str) -> None:
    """Check that the modules of an extra are installed, without importing them.

    Parameters
    ----------
    extra : str
        Name of the extra in ``pyproject.toml``.
    purpose : str
        What needs it, as the subject of the error's sentence.

    Raises
    ------
    MissingExtraError
        If a module is missing. The message names the install command.
    """
    missing = [module for module in _MODULES[extra] if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"{purpose} needs {', '.join(missing)}, which predicting does without. "
            f"Install the extra: pip install 'escalation-predictor[{extra}]'"
        )
