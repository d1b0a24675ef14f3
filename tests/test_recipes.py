"""Where the command is used: the GitHub Action, the hook of pre-commit, and the recipes for agents."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from helpers import ROOT

RECIPES = ROOT / "docs" / "recipes"
SCRIPTS = Path(sys.executable).parent
TASKS = """# Tasks

- [x] T001 Set up
- [ ] T002 Write the Dockerfile
- [ ] T003 Add an endpoint that lists orders
"""
UNCLEAR = "- [ ] T004 Fix the settings page\n"


def bash(script, folder, **variables):
    """Run a script as GitHub and agents do, with the command on the path and no more variables than needed."""
    path = os.pathsep.join([str(SCRIPTS), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def specs(tmp_path):
    """A project with a task list and a Stack Profile."""
    folder = tmp_path / "project" / "specs" / "001-orders"
    folder.mkdir(parents=True)
    (folder / "tasks.md").write_text(TASKS)
    (tmp_path / "project" / "package.json").write_text('{"dependencies": {"react": "19"}}')
    return tmp_path / "project"


# ---------------------------------------------------------------------------------------------- the action

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}


def predict_step(project, **given):
    """Run the step that predicts, with inputs as GitHub fills them in; return the process, the outputs, the summary."""
    runner = project.parent / "runner"
    runner.mkdir(exist_ok=True)
    if not (runner / "escalation").exists():
        (runner / "escalation").symlink_to(SCRIPTS.parent)  # in place of the step "Install", which needs an index
    inputs = {name: given.get(name.replace("-", "_"), each["default"]) for name, each in ACTION["inputs"].items()}
    filled = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], value)
        for name, value in STEPS["Predict"]["env"].items()
    }
    summary, outputs = runner / "summary", runner / "outputs"
    files = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs), "RUNNER_TEMP": str(runner)}
    outputs.unlink(missing_ok=True)
    summary.unlink(missing_ok=True)
    done = bash(STEPS["Predict"]["run"], project, **files, **filled)
    said = dict(line.split("=", 1) for line in outputs.read_text().splitlines()) if outputs.exists() else {}
    return done, said, summary.read_text(encoding="utf-8") if summary.exists() else ""


@pytest.mark.slow
def test_the_action_predicts_writes_the_summary_and_sets_its_outputs(specs):
    done, outputs, summary = predict_step(specs)
    assert done.returncode == 0, done.stderr
    assert outputs.keys() == ACTION["outputs"].keys()
    assert (outputs["tasks"], outputs["unclear"], outputs["collaborate"]) == ("2", "0", "")
    assert outputs["escalate"] == "docker-compose-specialist"
    assert summary == Path(outputs["report"]).read_text(encoding="utf-8")
    assert summary.startswith("# Who gets what: .\n")
    assert len(Path(outputs["answers"]).read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.slow
def test_the_action_fails_as_told_and_runs_nothing_of_its_inputs(specs):
    (specs / "more; touch x.md").write_text(UNCLEAR)
    path = "specs\nmore; touch x.md"
    done, outputs, summary = predict_step(specs, path=path, fail_on="unclear", arguments="--engine\nhybrid\n")
    assert done.returncode == 7, done.stderr
    assert "T004" in done.stderr
    assert (outputs["tasks"], outputs["unclear"]) == ("3", "1")
    assert "## Unclear (1)" in summary
    done, outputs, _ = predict_step(specs, path=path, fail_on="unclear", stack="auto")
    assert (done.returncode, outputs["unclear"]) == (0, "0")
    assert outputs["escalate"] == "docker-compose-specialist,react-specialist"
    done, outputs, summary = predict_step(specs, path="$(touch y)", stack="`touch y`", fail_on='"; touch y; "')
    assert (done.returncode, summary) == (2, "")
    assert not list(specs.glob("[xy]"))


def test_the_action_is_whole():
    assert ACTION["runs"]["using"] == "composite"
    assert all(step["shell"] == "bash" for step in STEPS.values())
    assert "$GITHUB_ACTION_PATH" in STEPS["Install"]["run"]
    assert not any("${{" in step["run"] for step in STEPS.values())
    assert all(each["description"] for part in ("inputs", "outputs") for each in ACTION[part].values())
    for output in ACTION["outputs"].values():
        assert re.fullmatch(r"\$\{\{ steps\.predict\.outputs\.\w+ \}\}", output["value"])


# ---------------------------------------------------------------------------------------------- pre-commit


@pytest.mark.slow
def test_the_hook_of_pre_commit_stops_a_commit_with_an_unclear_task(specs, tmp_path):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    # Of its own, pre-commit would install this package from an index; here the installed one is on the path.
    local = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    (specs / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
    (specs / "backlog" / "tasks").mkdir(parents=True)
    (specs / "backlog" / "tasks" / "task-1 - dockerfile.md").write_text(
        "---\nid: task-1\ntitle: Write the Dockerfile\n---\n"
    )
    (specs / "notes.md").write_text("# Notes\n\nNothing to do.\n")
    place = {"PRE_COMMIT_HOME": str(tmp_path / "cache")}
    git = "git -c user.name=Somebody -c user.email=somebody@example.org"
    done = bash(f"git init -q && git add -A && pre-commit install && {git} commit -m first", specs, **place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stderr
    with (specs / "specs" / "001-orders" / "tasks.md").open("a") as stream:
        stream.write(UNCLEAR)
    done = bash(f"git add -A && {git} commit -m second", specs, **place)
    assert done.returncode == 1
    assert "exit code: 7" in done.stderr
    assert "Which framework is the client built with?" in done.stderr
    assert "T002" in done.stderr
    assert "task-1" not in done.stderr  # files without a change are not looked at
    assert bash("pre-commit validate-manifest .pre-commit-hooks.yaml", ROOT, **place).returncode == 0


# ---------------------------------------------------------------------------------------------- agents


def claude_code():
    """Return the front matter and the instructions of the agent for Claude Code."""
    text = (RECIPES / "claude-code" / ".claude" / "agents" / "escalation.md").read_text(encoding="utf-8")
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


def roo_code():
    """Return the mode for Roo Code and its instructions."""
    (mode,) = yaml.safe_load((RECIPES / "roo-code" / ".roomodes").read_text(encoding="utf-8"))["customModes"]
    return mode, mode["customInstructions"]


def blocks(text, language="bash"):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_agents_have_the_form_that_their_tools_read():
    agent, _ = claude_code()
    assert agent["name"] == "escalation"
    assert "Bash" in agent["tools"].split(", ")
    mode, _ = roo_code()
    assert re.fullmatch(r"[a-zA-Z0-9-]+", mode["slug"])
    assert {"name", "roleDefinition", "whenToUse", "customInstructions"} < mode.keys()
    assert mode["groups"] == ["read", "command"]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [claude_code, roo_code])
def test_what_agents_run_works_and_answers_what_they_are_asked_to_read(specs, recipe):
    _, text = recipe()
    one, many = blocks(text)
    done = bash(one, specs)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [entry["target"] for entry in answer["escalate"]] == ["database-specialist"]
    keys = {"escalate", "collaborate", "parts", "core", "ignored", "unclear"} & set(re.findall(r"`(\w+)`", text))
    assert len(keys) >= 4
    assert keys <= answer.keys()
    done = bash(many, specs)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "Note for docker" in (specs / "escalation.md").read_text(encoding="utf-8")


def test_the_readme_of_the_recipes_names_what_there_is():
    text = (RECIPES / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^):]+)\)", text):
        assert (RECIPES / target).is_file()
    step, hook = (
        yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    )
    used = next(each for each in step if each.get("id") == "escalation")
    assert used["with"].keys() <= ACTION["inputs"].keys()
    for output in re.findall(r"steps\.escalation\.outputs\.(\w+)", text):
        assert output in ACTION["outputs"]
    (known,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["repos"][0]["hooks"] == [{"id": known["id"]}]
    assert f"`[{', '.join(known['args'])}]`" in text
