"""Write a report's directory, whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from escalation.atomic import check_directory, replacing_directory

if TYPE_CHECKING:
    from pathlib import Path

DATA = "report.json"
_FILES = (DATA,)


def check_report(directory: Path) -> None:
    """Refuse a place where a report cannot be written, before any work is done.

    Raises
    ------
    InputError
        If it is a file, holds files that are of no report, or may not be written.
    """
    check_directory(directory, _FILES)


def write_report(contents: dict[str, Any], directory: Path) -> None:
    """Write a report; an older one is replaced when the new one is complete.

    Parameters
    ----------
    contents : dict
        As `escalation.report.contents.contents` gives it.
    directory : Path

    Raises
    ------
    InputError
        If the place cannot be written, or holds anything else.
    """
    with replacing_directory(directory, _FILES) as place:
        text = json.dumps(contents, indent=1, ensure_ascii=False, allow_nan=False)
        (place / DATA).write_text(text + "\n", encoding="utf-8")
