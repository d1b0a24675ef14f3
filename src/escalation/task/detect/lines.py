"""Files that are read line by line: Dockerfiles, Terraform, examples of environment variables."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from escalation.task.detect.found import Found, image_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.task.detect.walk import Repository

_FROM = re.compile(r"^\s*(?:FROM|COPY\s+--from=)\s*(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)
_ARGUMENT = re.compile(r"^\s*(?:ARG|ENV)\s+([A-Z][A-Z0-9_]{2,})", re.MULTILINE)
_VARIABLE = re.compile(r"^[ \t]*#?[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]{2,})[ \t]*=[ \t]*(.*)$", re.MULTILINE)
_SCHEME = re.compile(r"([a-z][a-z0-9]*)(?:\+[a-z0-9]+)*://", re.IGNORECASE)
_PROVIDER = re.compile(r'^\s*(?:provider\s+"([a-z0-9-]+)"|(?:resource|data)\s+"([a-z0-9]+)_)', re.MULTILINE)
_SOURCE = re.compile(r'^\s*source\s*=\s*"(?:registry\.\w+\.(?:io|org)/)?[\w-]+/([a-z0-9-]+)"', re.MULTILINE)
_EXAMPLES = re.compile(
    r"\.?env(?:ironment)?(?:rc)?[._-](?:[\w-]+[._-])?(?:example|sample|template|tmpl|dist|defaults?)"
    r"|\.?(?:example|sample|template)[._-]env|\.env\.(?:[\w-]+\.)?(?:example|sample)\.?\w*"
)


def is_dockerfile(path: str) -> bool:
    """Return whether a file is a Dockerfile, by its name.

    >>> is_dockerfile("api/Dockerfile.prod"), is_dockerfile("web.Dockerfile"), is_dockerfile("docs/dockerfiles.md")
    (True, True, False)
    """
    name = PurePosixPath(path).name.lower()
    return name.split(".")[0] in ("dockerfile", "containerfile") or name.endswith(".dockerfile")


def is_env_example(path: str) -> bool:
    """Return whether a file is an example of a file of environment variables; one with real values is left alone.

    >>> is_env_example(".env.example"), is_env_example("api/.env.local.sample"), is_env_example("example.env")
    (True, True, True)
    >>> is_env_example(".env"), is_env_example(".env.production")
    (False, False)
    """
    return bool(_EXAMPLES.fullmatch(PurePosixPath(path).name.lower()))


def find_in_dockerfile(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the images that a Dockerfile builds on, without its own stages, and the names of its variables."""
    text = repository.text(path) or ""
    for name in _ARGUMENT.findall(text):
        yield Found("variables", name, path, name)
    stages: set[str] = set()
    for image, stage in _FROM.findall(text):
        name = None if image.lower() in stages or image.isdigit() else image_name(image)
        if stage:
            stages.add(stage.lower())
        if name:
            yield Found("images", name, path, image)


def find_in_env_example(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the names of variables and the schemes of URLs; of the values nothing else is looked at."""
    for name, value in _VARIABLE.findall(repository.text(path) or ""):
        yield Found("variables", name, path, name)
        scheme = _SCHEME.match(value.strip().strip("'\""))
        if scheme:
            yield Found("schemes", scheme[1].lower(), path, name)


def find_in_terraform(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the providers of a Terraform file."""
    text = repository.text(path) or ""
    for match in (*_PROVIDER.finditer(text), *_SOURCE.finditer(text)):
        name = next(filter(None, match.groups()))
        yield Found("providers", name, path, match[0].strip())
