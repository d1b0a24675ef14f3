"""Stack Profiles detected in repositories of the layouts that real ones have."""

# ruff: noqa: E501 (the files of the layouts)
from __future__ import annotations

import os

import pytest

from escalation.errors import InputError
from escalation.task.detect import detect

COMPOSE = """
services:
  api:
    build: .
    environment:
      - SENTRY_DSN=${SENTRY_DSN}
  db: {image: "postgres:16-alpine"}
  cache:
    image: docker.io/bitnami/redis:7.2@sha256:0123
    environment: {REDIS_PASSWORD: x}
  proxy: {image: "${PROXY:-traefik:v3}"}
  own: {image: "registry.example.com:5000/shop/nginx-like"}
"""
WORKFLOW = """
on: {push: }
jobs:
  test:
    runs-on: ubuntu-latest
    container: python:3.12
    services: {db: {image: "postgis/postgis:16-3.4"}}
    steps:
      - uses: actions/checkout@v4
      - uses: cypress-io/github-action@v6
  deploy: {uses: ./.github/workflows/deploy.yml}
  cloud: {steps: [{uses: aws-actions/configure-aws-credentials@v4}]}
"""
LAYOUTS = {
    "a service with its Compose file": (
        {
            "requirements.txt": "fastapi[standard]==0.115.0\n-r requirements/base.txt  # shared\nPsycoPG2_binary>=2.9 \\\n  --hash=sha256:00\n",
            "requirements/base.txt": "sqlalchemy[asyncio]~=2.0\n-r ../requirements.txt\ncelery ; python_version > '3.8'\n-e .\n",
            "docker-compose.yml": COMPOSE,
            "Dockerfile": "FROM python:3.12 AS build\nRUN true\nFROM build\nCOPY --from=nginx:1.27 /etc /etc\n",
        },
        {
            "database": {"PostgreSQL"},
            "orm": {"SQLAlchemy"},
            "broker": {"Celery"},
            "cache": {"Redis"},
            "container": {"Docker", "Compose"},
            "server": {"nginx", "Proxy"},
            "monitoring": {"Sentry"},
        },
    ),
    "a monorepo of npm and uv": (
        {
            "package.json": '{"name": "shop", "workspaces": ["apps/*", "!apps/old"], "devDependencies": {"turbo": "2"}}',
            "apps/web/package.json": '{"dependencies": {"next": "15", "@clerk/nextjs": "6"}}',
            "apps/e2e/package.json": '{"devDependencies": {"@playwright/test": "1.50"}}',
            "pyproject.toml": '[tool.uv.workspace]\nmembers = ["services/*/a/b/c/d/e"]\n',
            "services/api/a/b/c/d/e/pyproject.toml": '[project]\nname = "api"\ndependencies = ["sqlmodel>=0.0.22", "asyncpg"]\n',
            ".github/workflows/ci.yml": WORKFLOW,
        },
        {
            "frontend": {"React"},
            "auth": {"Clerk"},
            "browser-test": {"Playwright", "Cypress"},
            "orm": {"SQLModel"},
            "database": {"PostgreSQL"},
            "ci": {"GitHub Actions"},
            "cloud": {"AWS"},
        },
    ),
    "Poetry with groups": (
        {
            "backend/pyproject.toml": (
                '[tool.poetry.dependencies]\npython = "^3.11"\nmotor = "^3"\nbeanie = {version = "*", extras = ["x"]}\n'
                '[tool.poetry.group.dev.dependencies]\npytest-playwright = "*"\n[tool.poetry.dev-dependencies]\ndramatiq = "1"\n'
            ),
            "frontend/package.json": '{"dependencies": {"nuxt": "^3"}}',
            ".gitlab-ci.yml": "image: python:3.12\ntest:\n  services: [{name: 'rabbitmq:4'}]\n  script: !reference [.x, y]\n",
        },
        {
            "database": {"MongoDB"},
            "orm": {"Beanie"},
            "broker": {"ARQ", "RabbitMQ"},
            "browser-test": {"Playwright"},
            "frontend": {"Vue"},
            "ci": {"GitLab CI"},
        },
    ),
    "dependency groups and extras": (
        {
            "pyproject.toml": (
                '[project]\nname = "x"\n[project.optional-dependencies]\naws = ["boto3"]\nsql = ["aiomysql"]\n'
                '[dependency-groups]\ndev = [{include-group = "lint"}, "selenium"]\nlint = ["ruff"]\n'
            )
        },
        {"cloud": {"AWS"}, "bucket": {"S3"}, "database": {"MySQL"}, "browser-test": {"Selenium"}},
    ),
    "Terraform and a chart": (
        {
            "infra/main.tf": (
                'terraform {\n  required_providers {\n    google = {\n      source = "hashicorp/google"\n    }\n  }\n}\n'
                'resource "auth0_client" "web" {}\n'
            ),
            "charts/api/Chart.yaml": "apiVersion: v2\nname: api\ndependencies:\n  - name: postgresql\n    version: 1\n",
            "charts/api/values.yaml": "image:\n  repository: ghcr.io/shop/api\nqueue:\n  image: 'rabbitmq:4'\n",
            "charts/api/templates/app.yaml": "apiVersion: apps/v1\nkind: Deployment\n{{- if .Values.x }}\nimage: {{ .Values.image }}\n",
            "k8s/ingress.yaml": "apiVersion: cert-manager.io/v1\nkind: Certificate\n---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: qdrant/qdrant:v1\n",
        },
        {
            "cloud": {"GCP", "Terraform", "Kubernetes"},
            "auth": {"Auth0"},
            "database": {"PostgreSQL", "Vector store"},
            "broker": {"RabbitMQ"},
            "server": {"TLS"},
        },
    ),
    "only names of variables": (
        {
            ".env.example": (
                "DATABASE_URL='postgresql+asyncpg://user:pass@db/shop'\n# SENTRY_DSN=\nexport CLERK_SECRET_KEY=sk\n"
                "JPG_QUALITY=3\nSUPABASE_URL=https://x.supabase.co\nCACHE=redis://cache:6379\nDIRECTORY_SIZE=1\n"
            ),
        },
        {
            "database": {"PostgreSQL", "Supabase"},
            "monitoring": {"Sentry"},
            "auth": {"Clerk"},
            "cache": {"Redis"},
        },
    ),
    "parts of a Compose file that others repeat": (
        {
            "compose.yml": (
                "x-app: &app\n  image: mongo:7\n  environment: &env {CLERK_KEY: a}\nservices:\n  a: {<<: *app}\n"
                "  b: {<<: [*app], image: 'redis:7', environment: {<<: *env, SENTRY_DSN: b}}\n"
            ),
        },
        {
            "auth": {"Clerk"},
            "database": {"MongoDB"},
            "cache": {"Redis"},
            "monitoring": {"Sentry"},
            "container": {"Compose"},
        },
    ),
    "variables of a build": (
        {
            "compose.prod.yaml": "services: {web: {build: {args: [VITE_X=1, VITE_CLERK_KEY]}}, x: {build: {args: {OKTA_URL: a}}}}",
            "Dockerfile": "FROM node:22\nARG NEXT_PUBLIC_API_URL\nENV SENTRY_DSN=x OTHER=1\n",
        },
        {
            "auth": {"Clerk", "Okta"},
            "frontend": {"React"},
            "monitoring": {"Sentry"},
            "container": {"Docker", "Compose"},
        },
    ),
    "Supabase for all": (
        {"apps/web/.env.local.example": "NEXT_PUBLIC_SUPABASE_ANON_KEY=\n"},
        {
            "frontend": {"React"},
            "auth": {"Supabase Auth"},
            "database": {"Supabase"},
        },
    ),
    "old files": (
        {
            "setup.cfg": "[options]\ninstall_requires =\n  tortoise-orm>=0.20\n  aerich\n[options.extras_require]\nq = rq\n",
            "Pipfile": '[packages]\nhtmx = "*"\n[dev-packages]\ncypress = "*"\n',
            "environment.yml": "dependencies:\n  - python=3.11\n  - conda-forge::streamlit=1.40\n  - pip:\n      - pymilvus==2\n",
            "deploy/nginx/shop.conf": "server {}",
            "deploy/shop.service": "[Unit]",
            "Jenkinsfile": "",
        },
        {
            "orm": {"Tortoise"},
            "broker": {"ARQ"},
            "frontend": {"htmx", "Streamlit"},
            "browser-test": {"Cypress"},
            "database": {"Vector store"},
            "server": {"nginx", "systemd"},
            "ci": {"Jenkins"},
        },
    ),
    "an app for telephones": (
        {"mobile/pubspec.yaml": "name: x", "fly.toml": "", "ios/App.tsx": "x", "requirements-dev.in": "aiosqlite\n"},
        {"frontend": {"Flutter"}, "cloud": {"Platform"}, "database": {"SQLite"}},
    ),
    "a client without a package.json": ({"web/src/App.tsx": ""}, {"frontend": {"React"}}),
    "pnpm": (
        {
            "pnpm-workspace.yaml": "packages: ['a/b/c/d/e/f/*']",
            "a/b/c/d/e/f/g/package.json": '{"peerDependencies": {"vue": "3"}}',
        },
        {"frontend": {"Vue"}},
    ),
    "nothing of its own": (
        {
            "node_modules/react/package.json": '{"dependencies": {"react": "1"}}',
            ".venv/lib/requirements.txt": "celery",
            "py/pyvenv.cfg": "",
            "py/requirements.txt": "celery",
            "vendor/x/docker-compose.yml": COMPOSE,
            "docs/package.json": '{"dependencies": {"react": "1"}}',
            "tests/fixtures/package.json": '{"dependencies": {"react": "1"}}',
            ".env": "CLERK_SECRET_KEY=sk_live",
            "README.md": "We use React and Redis.",
            "main.py": "import celery",
        },
        {},
    ),
}


def lay(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def found(root, rulebook):
    detection = detect(root, rulebook.technologies.values())
    profile = {category: set(names) for category, names in detection.profile.technologies.items()}
    return profile, detection


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_technologies_of_a_repository(tmp_path, rulebook, layout):
    files, expected = LAYOUTS[layout]
    profile, detection = found(lay(tmp_path, files), rulebook)
    assert profile == expected
    assert detection.skipped == ()


def test_every_place_shows_what_was_found_there(tmp_path, rulebook):
    for number, (files, _) in enumerate(LAYOUTS.values()):
        root = lay(tmp_path / str(number), files)
        for technology in found(root, rulebook)[1].technologies:
            assert technology.places
            for place in technology.places:
                lines = (root / place.path).read_text().splitlines()
                assert place.line is None or place.sign in lines[place.line - 1]


def test_places_are_files_and_lines(tmp_path, rulebook):
    _, detection = found(lay(tmp_path, LAYOUTS["a monorepo of npm and uv"][0]), rulebook)
    places = {each.name: [tuple(place) for place in each.places] for each in detection.technologies}
    assert places["React"] == [("apps/web/package.json", 1, "next")]
    assert places["PostgreSQL"] == [
        (".github/workflows/ci.yml", 7, "postgis/postgis:16-3.4"),
        ("services/api/a/b/c/d/e/pyproject.toml", 3, "asyncpg"),
    ]
    assert places["GitHub Actions"] == [(".github/workflows/ci.yml", None, "ci.yml")]


BROKEN = {
    "pyproject.toml": (b"[project\n", "pyproject.toml: is not TOML"),
    "package.json": (b'{"dependencies": {', "package.json: is not JSON"),
    "compose.yaml": (b"services: [", "compose.yaml: is not YAML (line "),
    "docker-compose.dev.yml": (b"\xff\x00\x80", "docker-compose.dev.yml: is not UTF-8 text"),
    "requirements.txt": (b"cele ry ==\nredis\n", "requirements.txt: 'cele ry ==' is not a requirement"),
    "setup.cfg": (b"options\n", "setup.cfg: is not an INI file"),
    "requirements/out.txt": (b"-r ../../x.txt\n-r /etc/hosts\n", "out.txt: includes ../../x.txt, which is outside"),
    "requirements/lost.txt": (b"-r none.txt\n", "requirements/none.txt: does not exist"),
    "a/package.json": (b"[" * 100_000, "a/package.json: is not JSON (nested"),
    "compose.bomb.yml": (
        b"a: &a {<<: {b: c}}\n"
        + b"".join(
            b"m%d: &m%d [%s]\n" % (n, n, b", ".join([b"*a" if n < 1 else b"*m%d" % (n - 1)] * 9)) for n in range(9)
        ),
        "compose.bomb.yml: is not YAML (",
    ),
    "b/package.json": (b'{"workspaces": 3, "dependencies": ["react"]}', None),
    "compose.odd.yml": (
        b"services: {db: 3, x: {image: [1], environment: [1, {a: b}]}, y: {environment: {1: 2}}}",
        None,
    ),
    "c/pyproject.toml": (b"project = 3\ndependency-groups = [1]\n[tool]\nuv = 1\npoetry.group = {a = 1}\n", None),
    ".github/workflows/x.yml": (b"jobs: {a: {steps: [1, {uses: 3}], services: [1]}, b: 3}\n---\n- 1", None),
    ".gitlab-ci.yml": (b"image: 3\na: {services: {x: y}}\nb: 3", None),
}


def test_broken_files_are_reported_and_left_out(tmp_path, rulebook):
    for name, (content, _) in BROKEN.items():
        lay(tmp_path, {name: ""})
        (tmp_path / name).write_bytes(content)
    profile, detection = found(lay(tmp_path, {"web/package.json": '{"dependencies": {"vue": "3"}}'}), rulebook)
    assert profile["frontend"] == {"Vue"}
    assert profile["cache"] == {"Redis"}
    for _, message in BROKEN.values():
        assert message is None or any(message in note for note in detection.skipped), detection.skipped


def test_utf_16_requirements_are_read(tmp_path, rulebook):
    (tmp_path / "requirements.txt").write_bytes("celery==5\r\n".encode("utf-16"))
    assert found(tmp_path, rulebook)[0] == {"broker": {"Celery"}}


@pytest.mark.skipif(os.name == "nt", reason="links and pipes")
def test_links_and_pipes_lead_nowhere(tmp_path, rulebook):
    outside = lay(
        tmp_path / "outside", {"requirements.txt": "celery", "web/package.json": '{"dependencies": {"vue": 1}}'}
    )
    root = lay(tmp_path / "root", {"requirements/base.txt": "redis"})
    (root / "requirements.txt").symlink_to(outside / "requirements.txt")
    (root / "web").symlink_to(outside / "web")
    (root / "again").symlink_to(root)
    (root / "requirements" / "more.txt").symlink_to("base.txt")
    os.mkfifo(root / "docker-compose.yml")
    (root / "package.json").symlink_to("package.json")
    profile, detection = found(root, rulebook)
    assert profile == {"cache": {"Redis"}, "container": {"Compose"}}
    assert "requirements.txt: is a link that leads out of the directory" in detection.skipped
    assert "docker-compose.yml: is not a file" in detection.skipped


def test_a_member_outside_of_the_directory_is_not_read(tmp_path, rulebook):
    lay(tmp_path / "other", {"package.json": '{"dependencies": {"vue": "3"}}'})
    root = lay(tmp_path / "root", {"package.json": '{"workspaces": ["../other", "/etc", "**/**/x", "a/../../other"]}'})
    assert found(root, rulebook)[0] == {}


def test_a_file_is_no_repository(tmp_path, rulebook):
    with pytest.raises(InputError, match="is not a directory"):
        detect(lay(tmp_path, {"x": ""}) / "x", rulebook.technologies.values())


def test_every_technology_has_a_sign(rulebook):
    from escalation.task.signs import signs_of

    assert [each.name for each in rulebook.technologies.values() if not any(signs_of(each).values())] == []
