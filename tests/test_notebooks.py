"""The notebooks run, and what they show is what they give."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers import ROOT

FOLDER = ROOT / "notebooks"


def execute(*arguments):
    command = [sys.executable, str(FOLDER / "execute.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300)


@pytest.mark.parametrize("name", ["corpus", "model", "errors"])
def test_a_notebook_gives_what_it_holds(name):
    done = execute("--check", FOLDER / f"{name}.ipynb")
    assert done.returncode == 0, done.stdout + done.stderr


def test_pictures_are_kept_and_small():
    for path in FOLDER.glob("*.ipynb"):
        outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
        assert any("image/svg+xml" in output.get("data", {}) for output in outputs)
        assert path.stat().st_size < 400_000


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of one cell that held a text; gives its path."""

    def write(source, held, tags=()):
        cell = new_code_cell(source, outputs=[new_output("stream", name="stdout", text=held)])
        cell.metadata["tags"] = list(tags)
        path = tmp_path / "small.ipynb"
        nbformat.write(new_notebook(cells=[cell]), path)
        return path

    return write


@pytest.mark.parametrize(
    ("source", "held", "tags", "code"),
    [
        ("print('F1  0.750 of 271')", "F1 0.760 of 270\n", [], 0),
        ("print('F1 0.750')", "F1 0.800\n", [], 1),
        ("print('271 tasks')", "250 tasks\n", [], 1),
        ("print('weak: frontend')", "weak: database\n", [], 1),
        ("print('weak: frontend')", "weak: database\n", ["varies"], 0),
        ("pass", "something\n", ["varies"], 1),
        ("import sys; print('kept'); print('oh', file=sys.stderr)", "kept\n", [], 1),
        ("print('kept'); 1 / 0", "kept\n", [], 1),
    ],
)
def test_what_differs_is_told(notebook, source, held, tags, code):
    done = execute("--check", notebook(source, held, tags))
    assert done.returncode == code, done.stdout + done.stderr
    assert ("small.ipynb: " in done.stdout) == bool(code)
