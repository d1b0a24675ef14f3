"""Packages that a Python project names: pyproject.toml in its dialects, requirements, Pipfile, setup.cfg, Conda."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from escalation.task.detect.found import Found, get, mapping, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.task.detect.walk import Repository

_TABLES = (
    ("tool", "poetry", "dependencies"),
    ("tool", "poetry", "dev-dependencies"),
    ("tool", "pdm", "dev-dependencies"),
    ("tool", "pixi", "dependencies"),
    ("tool", "pixi", "pypi-dependencies"),
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("tool", "uv", "dev-dependencies"),
    ("packages",),
    ("dev-packages",),
)
"""Where pyproject.toml and Pipfile list dependencies: names as keys, lists of requirements, or groups of either."""


def find_in_pyproject(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the packages that a pyproject.toml or a Pipfile names."""
    data = read_toml(repository, path)
    for keys in _TABLES:
        table = get(data, *keys)
        by_name = keys[-1] not in ("dev-dependencies", "optional-dependencies", "dependency-groups")
        yield from _in_table(repository, path, table, by_name=by_name or keys[1:2] == ("poetry",))
    for group in (
        *mapping(get(data, "tool", "poetry", "group")).values(),
        *mapping(get(data, "tool", "hatch", "envs")).values(),
    ):
        for key in ("dependencies", "extra-dependencies"):
            yield from _in_table(repository, path, get(group, key), by_name=True)


def workspace_members(repository: Repository, path: str) -> list[str]:
    """Return the pyproject.toml files of the members of a uv workspace."""
    data = mapping(read_toml(repository, path))
    return repository.members(path, texts(get(data, "tool", "uv", "workspace", "members")), "pyproject.toml")


def is_requirements(path: str) -> bool:
    """Return whether a file lists requirements, by its name or its folder's.

    >>> is_requirements("requirements-dev.txt"), is_requirements("requirements/base.in"), is_requirements("robots.txt")
    (True, True, False)
    """
    name, folder = PurePosixPath(path).name.lower(), PurePosixPath(path).parent.name.lower()
    if not name.endswith((".txt", ".in", ".pip")):
        return False
    return fnmatchcase(name, "*requirements*") or folder in ("requirements", "reqs")


def find_in_requirements(repository: Repository, path: str, seen: set[str] | None = None) -> Iterator[Found]:
    """Yield the packages that a file of requirements names, with those of the files that it includes."""
    seen = set() if seen is None else seen
    text = None if path in seen else repository.text(path)
    seen.add(path)
    for line in (text or "").replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        line = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        included = re.match(r"(?:-r|--requirement)(?:\s+|=|(?=\S))(\S+)", line)
        if included:
            place = _inside(PurePosixPath(path).parent, included[1])
            if place is None:
                repository.skip(path, f"includes {included[1]}, which is outside of the directory")
            else:
                yield from find_in_requirements(repository, place, seen)
        elif line and not line.startswith("-"):
            yield from _requirement(repository, path, re.split(r"\s--", line, maxsplit=1)[0])


def find_in_setup_cfg(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the packages that a setup.cfg names."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(repository.text(path) or "")
    except Error as error:
        repository.skip(path, f"is not an INI file ({error})")
        return
    listed = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        listed += parser["options.extras_require"].values()
    for line in "\n".join(listed).splitlines():
        if line.strip():
            yield from _requirement(repository, path, line.strip())


def find_in_conda(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the packages that a Conda environment names."""
    from escalation.task.detect.documents import read_yaml

    for data in read_yaml(repository, path):
        for each in get(data, "dependencies") or ():
            names = texts(each.get("pip")) if isinstance(each, dict) else texts([each])
            for name in names:
                yield from _requirement(repository, path, re.split(r"(?<![<>=!~])=(?!=)", name.rpartition("::")[2])[0])


def read_toml(repository: Repository, path: str) -> Any:
    """Return the content of a TOML file, or None, with a note of it, if it is not TOML."""
    import tomli

    try:
        return tomli.loads(repository.text(path) or "")
    except (ValueError, RecursionError) as error:
        repository.skip(path, f"is not TOML ({error})")
        return None


def _in_table(repository: Repository, path: str, table: Any, *, by_name: bool) -> Iterator[Found]:
    if isinstance(table, list):
        for each in texts(table):
            yield from _requirement(repository, path, each)
    elif by_name:
        for name in mapping(table):
            if name.lower() != "python":
                yield from _requirement(repository, path, name)
    else:
        for group in mapping(table).values():
            yield from _in_table(repository, path, group, by_name=False)


def _requirement(repository: Repository, path: str, text: str) -> Iterator[Found]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        written = Requirement(text).name
    except InvalidRequirement:
        egg = re.search(r"#egg=([\w.-]+)", text) or re.search(r"/([\w.-]+?)(?:\.git)?(?:@[\w./-]+)?$", text)
        if not egg:
            if not text.startswith((".", "/", "{")):
                repository.skip(path, f"{text[:60]!r} is not a requirement")
            return
        written = egg[1]
    yield Found("packages", canonicalize_name(written), path, written)


def _inside(folder: PurePosixPath, name: str) -> str | None:
    """Return the path that a file names beside it, or None if it is outside of the repository."""
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(name).parts:
        if part == ".." and not parts:
            return None
        parts = parts[:-1] if part == ".." else parts if part == "." else [*parts, part]
    return None if name.startswith("/") else "/".join(parts)
