from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("sklearn", "scipy", "pandas", "joblib", "iterstrat", "altair", "jinja2", "vl_convert")
PROGRAMS = {
    "api": "import escalation; escalation.predict('Write the Dockerfile')",
    "command": (
        "import sys; sys.argv = ['escalation', 'predict', 'Write the Dockerfile', '--json']\n"
        "from escalation.cli.app import main\n"
        "try: main()\nexcept SystemExit as e: assert not e.code"
    ),
    "rules": "import escalation; escalation.Predictor.load(engine='rules').predict('Write the Dockerfile')",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_predicting_imports_nothing_heavy(name, tmp_path):
    check = f"\nimport sys; print(*(m for m in {HEAVY} if m in sys.modules), file=sys.stderr)"
    program = PROGRAMS[name] + check
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr.split() == []


@pytest.mark.parametrize(
    ("command", "module", "extra"),
    [
        (["compare", "rules", "hybrid"], "sklearn", "train"),
        (["card", "figures.json"], "jinja2", "report"),
        (["card", "figures.json"], "sklearn", "report"),
    ],
)
def test_a_module_that_is_not_there_names_its_extra(tmp_path, command, module, extra):
    program = (
        f"import sys; sys.modules[{module!r}] = None; sys.argv = ['escalation', *{command}]\n"
        "from escalation.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 6, done.stderr
    assert f"pip install 'escalation-predictor[{extra}]'" in done.stderr


def test_a_missing_extra_names_its_install_command(tmp_path):
    program = (
        "import sys\n"
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name in ('pandas', 'sklearn') else real(name, *a)\n"
        "sys.argv = ['escalation', 'train', '--out', 'model']\n"
        "from escalation.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 6
    assert "pip install 'escalation-predictor[train]'" in done.stderr
    assert "Traceback" not in done.stderr
