"""Signs that reveal technologies: what the files of a repository contain, matched against what a rulebook lists."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KINDS = ("packages", "images", "variables", "schemes", "files", "actions", "providers", "api_versions")
"""The kinds of signs, each a field of a technology."""
_BY_END = frozenset({"images", "files"})
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
        patterns: dict[tuple[str, int], list[tuple[str, Technology, bool]]] = {}
        for technology in technologies:
            for kind, signs in signs_of(technology).items():
                for sign in signs:
                    bare, weak = sign.removesuffix("?"), sign.endswith("?")
                    bare = bare if kind == "variables" else bare.lower()
                    if "*" in bare or kind == "variables" or (kind in _BY_END and "/" in bare):
                        patterns.setdefault((kind, bare.count("/")), []).append((bare, technology, weak))
                    else:
                        self._exact.setdefault((kind, bare), []).append((technology, weak))
        # One expression for all patterns of a kind: most values match none.
        self._patterns: dict[str, list[tuple[int, re.Pattern[str], list[tuple[str, Technology, bool]]]]] = {}
        for (kind, slashes), listed in patterns.items():
            both = "|".join(_expression(kind, sign) for sign, _, _ in listed)
            self._patterns.setdefault(kind, []).append((slashes, re.compile(both), listed))

    def find(self, kind: str, value: str) -> Iterator[tuple[Technology, bool]]:
        """Yield the technologies that a value reveals, each with whether the sign is a weak one.

        Images and files match by their end, variables by a part between underscores.

        >>> from escalation import load_rulebook
        >>> index = SignIndex(load_rulebook().technologies.values())
        >>> [each.name for each, _ in index.find("variables", "NEXT_PUBLIC_CLERK_KEY")]
        ['React', 'Clerk']
        >>> [each.name for each, _ in index.find("files", "shop/.github/workflows/ci.yml")]
        ['GitHub Actions']
        """
        value = f"_{value}_" if kind == "variables" else value.lower()
        last = value.rpartition("/")[2] if kind in _BY_END else value
        yield from self._exact.get((kind, last), ())
        for slashes, any_of_them, listed in self._patterns.get(kind, ()):
            end = "/".join(value.split("/")[-1 - slashes :]) if kind in _BY_END else value
            if any_of_them.match(end):
                for sign, technology, weak in listed:
                    if re.match(_expression(kind, sign), end):
                        yield technology, weak


def _expression(kind: str, sign: str) -> str:
    """Return the regular expression of a sign; for a variable, with the underscores around it."""
    if kind != "variables":
        return translate(sign)
    return f".*_{sign}" if sign.endswith("_") else f".*_{sign}_"
