"""The documents say what was measured, of the model, the corpus and the rulebook that ship."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from escalation.report.card_figures import Figures, read_figures
from helpers import ROOT


def check(root, *arguments):
    command = [sys.executable, str(root / "benchmarks" / "documents.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)


@pytest.fixture
def copy(tmp_path):
    """The documents and figures alone; model, corpus and rulebook stay those of the checkout."""
    for name in ("README.md", "models/README.md", "models/card.md.jinja", "models/figures.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "audit.json", tmp_path / "data")
    shutil.copytree(ROOT / "benchmarks", tmp_path / "benchmarks")
    return tmp_path


def test_the_documents_hold_the_figures():
    done = check(ROOT, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "start"), [("README.md", "| micro-F1 |"), ("models/README.md", "| `core` |")])
def test_a_changed_line_is_shown_and_mended(copy, name, start):
    document = copy / name
    before = document.read_text(encoding="utf-8")
    line = next(line for line in before.splitlines() if line.startswith(start))
    document.write_text(before.replace(line, line.replace("0.", "1.")), encoding="utf-8")
    done = check(copy, "--check")
    assert done.returncode == 1
    assert f"+{line}" in done.stdout.splitlines()
    assert check(copy).returncode == 0
    assert document.read_text(encoding="utf-8") == before


def test_figures_of_another_model_are_told(copy):
    kept = read_figures(copy / "models" / "figures.json")
    other = Figures(kept.hashes | {"model": "0" * 64}, kept.parts, kept.created_by)
    (copy / "models" / "figures.json").write_text(other.to_json(), encoding="utf-8")
    done = check(copy, "--check")
    assert done.returncode == 1
    assert "figures.json: measured with another model" in done.stdout


def test_a_comparison_on_another_corpus_is_told(copy):
    quality = json.loads((copy / "benchmarks" / "quality.json").read_text(encoding="utf-8"))
    quality["hashes"]["corpus"] = "0" * 64
    (copy / "benchmarks" / "quality.json").write_text(json.dumps(quality), encoding="utf-8")
    done = check(copy, "--check")
    assert done.returncode == 1
    assert "quality.json: measured with another corpus" in done.stdout


def test_a_section_that_is_gone_is_told(copy):
    text = (copy / "README.md").read_text(encoding="utf-8")
    (copy / "README.md").write_text(text.replace("<!-- figures: speed -->", ""), encoding="utf-8")
    done = check(copy, "--check")
    assert done.returncode == 1
    assert "README.md: has the sections" in done.stderr
