"""Read a file of TOML, or say in one sentence why it cannot be."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from escalation.errors import EscalationError


def read_toml(path: Path, refusal: type[EscalationError], remedy: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
    refusal : type of EscalationError
        What is raised.
    remedy : str
        What to do where the file cannot be read.

    Raises
    ------
    EscalationError
        If the file cannot be read, is no UTF-8 or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise refusal(f"{path}: cannot be read ({error.strerror}); {remedy}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal(f"{path}: is no TOML: {error}") from error
