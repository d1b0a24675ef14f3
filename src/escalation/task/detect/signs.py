"""Signs that reveal technologies: what the files of a repository contain, matched against what a rulebook lists."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KINDS = ("packages", "images", "variables", "schemes", "files", "actions", "providers", "api_versions")
"""The kinds of signs, each a field of a technology."""
_FORMS = {
    "packages": (re.compile(r"@?[a-z0-9*][a-z0-9._/*-]*"), "a package's name in lower case, such as name or @scope/*"),
    "images": (re.compile(r"[a-z0-9*][a-z0-9._/*-]*"), "an image's name without registry and tag, such as owner/name"),
    "variables": (re.compile(r"[A-Z][A-Z0-9_]*"), "a variable's name or its beginning, such as NAME_"),
    "schemes": (re.compile(r"[a-z][a-z0-9.-]*"), "the scheme of a URL up to the first sign of + and :"),
    "files": (re.compile(r"[^\s\\/]+(?:/[^\s\\/]+)*"), "the end of a path, such as folder/*.yml"),
    "actions": (re.compile(r"[\w.*-]+/[\w.*/-]+"), "owner/name of an action"),
    "providers": (re.compile(r"[a-z0-9*-]+"), "the name of a provider"),
    "api_versions": (re.compile(r"[a-z0-9.*-]+(?:/[a-z0-9*]+)?"), "an apiVersion, such as group.io/*"),
}


class Technology(Protocol):
    """What detection needs of a technology: a rulebook's have more."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def category(self) -> str: ...  # noqa: D102


def signs_of(technology: Technology) -> dict[str, tuple[str, ...]]:
    """Return the signs of a technology by kind."""
    return {kind: getattr(technology, kind, ()) for kind in KINDS}


def faults_of(technology: Technology) -> list[str]:
    """Return what is wrong with the signs of a technology, each with the kind of the sign."""
    faults = []
    for kind, signs in signs_of(technology).items():
        form, described = _FORMS[kind]
        for sign in signs:
            bare = sign.removesuffix("?")
            if not bare.strip("*?./-_@"):
                faults.append(
                    f"{kind} has {sign!r}, which every repository has; name something of the technology's own"
                )
            elif not form.fullmatch(bare):
                faults.append(f"{kind} has {sign!r}; write {described}")
    return faults


class SignIndex:
    """Finds the technologies that a sign reveals.

    Parameters
    ----------
    technologies : iterable of Technology
    """

    def __init__(self, technologies: Iterable[Technology]) -> None:
        self._exact: dict[tuple[str, str], list[tuple[Technology, bool]]] = {}
        self._patterns: dict[str, list[tuple[str, Technology, bool]]] = {kind: [] for kind in KINDS}
        for technology in technologies:
            for kind, signs in signs_of(technology).items():
                for sign in signs:
                    bare, weak = sign.removesuffix("?"), sign.endswith("?")
                    if "*" in bare or kind == "variables" or "/" in bare:
                        self._patterns[kind].append((bare, technology, weak))
                    else:
                        self._exact.setdefault((kind, bare.lower()), []).append((technology, weak))

    def find(self, kind: str, value: str) -> Iterator[tuple[Technology, bool]]:
        """Yield the technologies that a value reveals, each with whether the sign is a weak one."""
        last = value.rpartition("/")[2] if kind in ("images", "files") else value
        yield from self._exact.get((kind, last.lower()), ())
        for sign, technology, weak in self._patterns[kind]:
            if _matches(kind, sign, value):
                yield technology, weak


def _matches(kind: str, sign: str, value: str) -> bool:
    """Return whether a sign that is more than a word matches.

    >>> _matches("variables", "CLERK_", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY"), _matches("variables", "PG_", "JPG_SIZE")
    (True, False)
    >>> _matches("files", "workflows/*.yml", ".github/workflows/ci.yml")
    True
    """
    if kind == "variables":
        inner = f"_{sign}" if sign.endswith("_") else f"_{sign}_"
        return inner in f"_{value}_"
    if kind in ("images", "files"):
        value, sign = value.lower(), sign.lower()
        value = "/".join(value.split("/")[-1 - sign.count("/") :])
    return fnmatchcase(value, sign)
