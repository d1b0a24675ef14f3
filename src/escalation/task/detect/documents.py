"""Documents in YAML and JSON: package.json, Compose files, workflows, charts, Kubernetes manifests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from escalation.files import parse_json, parse_yaml
from escalation.task.detect.found import Found, get, image_name, mapping, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.task.detect.walk import Repository

_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_IMAGE = re.compile(r"^\s*(?:-\s+)?(?:image|repository):\s*[\"']?([^\s\"'#{}]+)", re.MULTILINE)
_API_VERSION = re.compile(r"^apiVersion:\s*[\"']?([\w./-]+)", re.MULTILINE)


def find_in_package_json(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the packages that a package.json names."""
    data = read_json(repository, path)
    for key in _DEPENDENCIES:
        for name in mapping(get(data, key)):
            yield Found("packages", name.lower(), path, f'"{name}"')


def workspace_members(repository: Repository, path: str) -> list[str]:
    """Return the package.json files of the members of a workspace: of npm, Yarn or Bun, or of pnpm."""
    if path.endswith("package.json"):
        listed = get(read_json(repository, path), "workspaces")
        patterns = texts(listed) or texts(get(listed, "packages"))
    else:
        patterns = [each for data in read_yaml(repository, path) for each in texts(get(data, "packages"))]
    return repository.members(path, patterns, "package.json")


def find_in_compose(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the images and variables of the services of a Compose file."""
    for data in read_yaml(repository, path):
        for service in mapping(get(data, "services")).values():
            yield from _image(path, get(service, "image"))
            for variables in (get(service, "environment"), get(service, "build", "args")):
                for name in [each.partition("=")[0] for each in (*mapping(variables), *texts(variables))]:
                    yield Found("variables", name.upper(), path, name)


def find_in_workflow(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the actions that a GitHub workflow uses, and the images of its jobs and services."""
    for data in read_yaml(repository, path):
        for job in mapping(get(data, "jobs")).values():
            services = mapping(get(job, "services")).values()
            for container in (get(job, "container"), *services):
                yield from _image(path, container if isinstance(container, str) else get(container, "image"))
            steps = get(job, "steps")
            for used in (get(job, "uses"), *(get(step, "uses") for step in (steps if isinstance(steps, list) else ()))):
                if isinstance(used, str) and not used.startswith("."):
                    action = used.partition("@")[0]
                    if action.startswith("docker://"):
                        yield from _image(path, action.removeprefix("docker://"))
                    else:
                        yield Found("actions", action.lower(), path, action)


def find_in_gitlab_ci(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the images of the jobs and services of a GitLab pipeline."""
    for data in read_yaml(repository, path):
        for job in (data, *mapping(data).values()):
            services = get(job, "services")
            for container in (get(job, "image"), *(services if isinstance(services, list) else ())):
                yield from _image(path, container if isinstance(container, str) else get(container, "name"))


def find_in_manifest(repository: Repository, path: str) -> Iterator[Found]:
    """Yield the images and kinds of Kubernetes manifests and charts, which are often templates rather than YAML."""
    text = repository.text(path) or ""
    versions = _API_VERSION.findall(text)
    if not versions and not path.endswith(("values.yaml", "values.yml")):
        return
    for version in dict.fromkeys(versions):
        yield Found("api_versions", version.lower(), path, version)
    for image in dict.fromkeys(_IMAGE.findall(text)):
        yield from _image(path, image)
    if path.endswith(("Chart.yaml", "Chart.yml")):
        for data in read_yaml(repository, path):
            listed = get(data, "dependencies")
            for chart in listed if isinstance(listed, list) else ():
                yield from _image(path, get(chart, "name"))


def read_yaml(repository: Repository, path: str) -> list[Any]:
    """Return the documents of a YAML file; those that are not YAML are left out, with a note."""
    documents = []
    for text in re.split(r"^---(?:\s.*)?$", repository.text(path) or "", flags=re.MULTILINE):
        try:
            documents.append(parse_yaml(text))
        except ValueError as error:
            repository.skip(path, f"is not YAML ({error})")
    return documents


def read_json(repository: Repository, path: str) -> Any:
    """Return the content of a JSON file, or None, with a note of it, if it is not JSON."""
    try:
        return parse_json(repository.text(path) or "null")
    except ValueError as error:
        repository.skip(path, f"is not JSON ({error})")
        return None


def _image(path: str, image: Any) -> Iterator[Found]:
    name = image_name(image) if isinstance(image, str) else None
    if name:
        yield Found("images", name, path, image.strip())
