"""The name of the project that the current directory belongs to."""

from __future__ import annotations

from pathlib import Path

_MAX_BYTES = 10_000


def project_name(folder: Path | None = None) -> str:
    """Return the name of the git repository that a folder is in, or "" if it is in none.

    It is the name of the repository's main folder, also in another worktree. No program is run.

    Parameters
    ----------
    folder : Path, optional
        By default the current directory.
    """
    try:
        folder = (folder or Path.cwd()).resolve()
        for top in (folder, *folder.parents):
            mark = top / ".git"
            if mark.is_dir():
                return _printable(top.name)
            if mark.is_file():
                with mark.open(encoding="utf-8", errors="replace") as stream:
                    place = Path(stream.read(_MAX_BYTES).partition("gitdir:")[2].strip())
                is_worktree = len(place.parts) > 3 and place.parts[-3:-1] == (".git", "worktrees")
                return _printable(place.parents[2].name if is_worktree else top.name)
    except OSError:
        return ""
    return ""


def _printable(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())
