"""The files of a repository that its own people wrote: nothing installed, built, vendored or outside of it."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from escalation.errors import InputError

MAX_DEPTH = 5
_MAX_FILES = 50_000
_MAX_BYTES = 2**20
_LEFT_OUT = frozenset(
    {"__pycache__", "bower_components", "build", "coverage", "dist", "doc", "docs", "env", "example", "examples"}
    | {"__fixtures__", "fixtures", "htmlcov", "node_modules", "out", "sample", "samples", "site-packages", "target"}
    | {"testdata", "third-party", "third_party", "vendor", "vendored", "vendors", "venv", "virtualenv", "wheels"}
)
_HIDDEN = frozenset(
    {".buildkite", ".circleci", ".deploy", ".devcontainer", ".do", ".docker", ".ebextensions", ".github", ".gitlab"}
    | {".helm", ".infra", ".k8s", ".kube", ".nginx", ".streamlit", ".teamcity", ".woodpecker"}
)
"""Hidden folders that are looked into."""


class Repository:
    """The files of a directory, and what could not be read of them.

    Parameters
    ----------
    root : Path

    Attributes
    ----------
    root : Path
    paths : list of str
        Relative to the root, with slashes, in order; those nearest to the root first.
    skipped : list of str
        A sentence for each file that is left out although it looked relevant.

    Raises
    ------
    InputError
        If the root is not a directory or cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: list[str] = []
        self.skipped: list[str] = []
        self._texts: dict[str, str | None] = {}
        if not root.is_dir():
            raise InputError(f"{root}: is not a directory; name the directory of a repository")
        try:
            os.listdir(root)  # noqa: PTH208 (only whether it can be read)
        except OSError as error:
            raise InputError(f"{root}: cannot be read ({error.strerror}); name another directory") from error
        self._resolved = root.resolve()
        self._collect(MAX_DEPTH)

    def _collect(self, depth: int) -> None:
        for folder, folders, files in os.walk(self.root):  # does not follow links to folders
            place = PurePosixPath(Path(folder).relative_to(self.root).as_posix())
            kept = [each for each in sorted(folders) if _is_own(Path(folder) / each)]
            folders[:] = kept if len(place.parts) < depth else []
            self.paths += [str(place / name) for name in sorted(files)]
            if len(self.paths) > _MAX_FILES:
                self.skipped.append(f"more than {_MAX_FILES:,} files; the others were not looked at")
                break
        self.paths.sort(key=lambda path: (path.count("/"), path))

    def members(self, base: str, patterns: list[str], name: str) -> list[str]:
        """Return the files of a name in the folders that a workspace lists, also those deeper than others are found.

        Parameters
        ----------
        base : str
            Path of the file that lists them.
        patterns : list of str
            Folders relative to it, with ``*``; ``!`` in front leaves some out.
        name : str
        """
        found: list[str] = []
        folder = (self.root / base).parent
        for pattern in patterns:
            plain = pattern.removeprefix("!").strip("/").removeprefix("./")
            if not plain or plain.startswith("..") or "/../" in plain or Path(plain).is_absolute():
                continue
            if pattern.startswith("!"):
                found = [path for path in found if not fnmatchcase(str(PurePosixPath(path).parent), f"*{plain}")]
                continue
            if plain.count("**") > 1:
                continue
            try:
                paths = sorted(folder.glob(f"{plain}/{name}"))[:_MAX_FILES]
            except (ValueError, OSError, NotImplementedError):
                continue
            found += [
                path.relative_to(self.root).as_posix()
                for path in paths
                if all(part not in _LEFT_OUT - {"examples", "docs"} for part in path.relative_to(folder).parts)
            ]
        return list(dict.fromkeys(found))

    def text(self, path: str) -> str | None:
        """Return the text of a file, or None, with a note of it, if it cannot be read as text.

        A link that leads out of the directory, and anything but a file, is not followed.
        """
        if path not in self._texts:
            try:
                self._texts[path] = self._read(self.root / path)
            except (OSError, ValueError, RuntimeError) as error:  # the last for a loop of links
                self._texts[path] = None
                self.skip(path, getattr(error, "strerror", None) or str(error))
        return self._texts[path]

    def skip(self, path: str, why: str) -> None:
        """Note that a file, or a part of it, is left out."""
        self.skipped.append(f"{path}: {' '.join(why.split())[:200]}")

    def _read(self, path: Path) -> str:
        resolved = path.resolve()
        if not resolved.is_relative_to(self._resolved):
            raise ValueError("is a link that leads out of the directory")
        if not resolved.is_file():
            raise ValueError("is not a file" if resolved.exists() else "does not exist")
        with resolved.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError(f"has more than {_MAX_BYTES:,} bytes")
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            raise ValueError(f"is not UTF-8 text (byte {error.start})") from error


def _is_own(folder: Path) -> bool:
    """Return whether a folder holds what people of the repository wrote."""
    name = folder.name
    if (
        name in _LEFT_OUT
        or (name.startswith(".") and name not in _HIDDEN)
        or name.endswith((".egg-info", ".dist-info"))
    ):
        return False
    return not folder.is_symlink() and not (folder / "pyvenv.cfg").exists() and not (folder / "conda-meta").exists()
