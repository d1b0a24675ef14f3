"""What the readers of files find: a value of a kind of sign, and how to find its line again."""

from __future__ import annotations

import re
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A value in a file that may be a sign of a technology.

    Attributes
    ----------
    kind : str
        See `escalation.task.signs.KINDS`.
    value : str
        The name of a package, say; without version, registry or tag.
    path : str
        Of the file.
    written : str
        How the file writes it; empty if the file itself is the sign.
    """

    kind: str
    value: str
    path: str
    written: str = ""


def line_of(text: str, written: str) -> int:
    r"""Return the number of the first line that has some words as words of their own, else 1.

    >>> line_of("redis-py\nredis", "redis"), line_of("nothing", "redis")
    (2, 1)
    """
    match = re.search(rf"(?<![\w@/.-]){re.escape(written)}(?![\w/-])", text) or re.search(re.escape(written), text)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def image_name(image: str) -> str | None:
    """Return the name of an image without registry, tag and digest; None if a variable hides it.

    >>> image_name("docker.io/bitnami/postgresql:16"), image_name("${REGISTRY:-ghcr.io}/redis:7"), image_name("$IMAGE")
    ('bitnami/postgresql', 'redis', None)
    """
    image = re.sub(r"\$\{\w+:?-([^{}$]*)\}", r"\1", image.strip().strip("'\""))
    image = re.sub(r"\$\{?\w+\}?(?=/)", "registry.local", image)
    name = re.split(r"@|:(?![^/]*/)", image, maxsplit=1)[0].lower()
    parts = [part for part in name.split("/") if part]
    if len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost"):
        parts = parts[1:]
    return "/".join(parts) if parts and re.fullmatch(r"[a-z0-9._/-]+", "/".join(parts)) else None


def get(value: Any, *keys: str) -> Any:
    """Return what is below some keys of nested mappings, or None."""
    for key in keys:
        value = mapping(value).get(key)
    return value


def mapping(value: Any) -> dict[str, Any]:
    """Return a mapping, with those that YAML merges into it; an empty one in place of anything else.

    >>> mapping({"<<": [{"image": "redis"}, {"image": "valkey", "ports": []}], "name": "cache"})
    {'image': 'redis', 'ports': [], 'name': 'cache'}
    """
    if not isinstance(value, dict):
        return {}
    if "<<" not in value:
        return value
    merged = value["<<"] if isinstance(value["<<"], list) else [value["<<"]]
    result: dict[str, Any] = {}
    for each in reversed(merged):
        result |= mapping(each)
    return result | {key: each for key, each in value.items() if key != "<<"}


def texts(value: Any) -> list[str]:
    """Return the texts of a list, or none in place of anything else."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
