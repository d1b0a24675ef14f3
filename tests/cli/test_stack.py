"""`escalation stack`, and what `--stack` takes."""

from __future__ import annotations

import json

import pytest

from helpers import refused

TASK = "Fix the settings page"


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "shop" / "web").mkdir(parents=True)
    (tmp_path / "shop" / "web" / "package.json").write_text('{\n"dependencies": {\n"vue": "3"}}')
    (tmp_path / "shop" / "requirements.txt").write_text("celery\n")
    return tmp_path / "shop"


def modes(done):
    assert done.returncode == 0, done.stderr
    return [entry["mode"] for entry in json.loads(done.stdout)["escalate"]]


def test_the_technologies_are_shown_with_their_places(run, shop):
    done = run("stack", "shop")
    assert done.returncode == 0, done.stderr
    assert "Vue     web/package.json:3 vue" in done.stdout.decode()
    assert "Celery  requirements.txt:1 celery" in done.stdout.decode()
    answer = json.loads(run("stack", "shop", "--json").stdout)
    assert answer["profile"] == {"frontend": ["Vue"], "broker": ["Celery"]}
    assert answer["technologies"][0] == {
        "name": "Vue",
        "category": "frontend",
        "places": [{"path": "web/package.json", "line": 3, "sign": "vue"}],
    }
    assert not list(shop.glob("*.json"))


def test_a_profile_is_written_once(run, shop):
    assert "written to shop/stack_profile.json" in run("stack", "shop", "--write").stdout.decode()
    profile = shop / "stack_profile.json"
    assert json.loads(profile.read_text()) == {"frontend": ["Vue"], "broker": ["Celery"]}
    assert modes(run("predict", TASK, "--stack", profile, "--json")) == ["vuejs-developer"]
    profile.write_text('{"frontend": "React"}')
    refused(run("stack", "shop", "--write"), 2, "shop/stack_profile.json: exists already; --force replaces it")
    assert profile.read_text() == '{"frontend": "React"}'
    assert run("stack", "shop", "--write", "--force").returncode == 0
    assert "Vue" in profile.read_text()
    assert [path.name for path in shop.iterdir() if path.name.startswith(".")] == []


def test_broken_files_are_warnings(run, shop):
    (shop / "package.json").write_text("{")
    done = run("stack", "shop", "--json")
    assert done.returncode == 0
    assert done.stderr.decode().startswith("warning: left out package.json: is not JSON")
    assert json.loads(done.stdout)["skipped"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["none"], ["none: is not a directory"]), (["shop", "--force"], ["--force is for --write"])],
)
def test_bad_arguments(run, shop, arguments, words):
    refused(run("stack", *arguments), 2, *words)


def test_predict_detects_the_stack_in_place(run, shop):
    assert modes(run("predict", TASK, "--stack", "shop", "--json")) == ["vuejs-developer"]
    assert modes(run("predict", TASK, "--stack", "auto", "--json", cwd=shop)) == ["vuejs-developer"]


@pytest.mark.parametrize(
    ("stack", "warning"),
    [
        ("frontend=react,auth=none", ""),
        (
            "fronted=raect",
            "--stack: not understood: category 'fronted' (did you mean 'frontend'?), 'raect' (did you mean",
        ),
        ("foo=bar", "--stack: not understood: category 'foo', 'bar'"),
        ("profile.json", "profile.json: not understood: 'Frobnicator'"),
        ("profile.yaml", ""),
    ],
)
def test_what_is_not_understood_is_a_warning(run, tmp_path, stack, warning):
    (tmp_path / "profile.json").write_text('{"anything": {"frontend": ["React", "Frobnicator"]}, "x": "none"}')
    (tmp_path / "profile.yaml").write_text("techStack:\n  frontend: {framework: React 19}\n")
    done = run("predict", TASK, "--stack", stack, "--json")
    assert done.returncode == 0
    assert done.stderr.decode().count("warning: ") == bool(warning)
    assert warning in done.stderr.decode()


def test_an_unknown_sender_is_declined(run):
    done = run("predict", TASK, "--from", "tecnical architect")
    assert done.returncode == 0
    assert "decline: no mode of this name is known; did you mean 'technical-architect'?" in done.stdout.decode()
