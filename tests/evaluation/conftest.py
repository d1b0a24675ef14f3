from __future__ import annotations

import pytest

from escalation.cli.app import app_of
from helpers import SMALL_RULEBOOK


@pytest.fixture
def command(capsys):
    """Run a command with the small rulebook in this process; return what it printed."""

    def run_command(*arguments):
        words = [*map(str, arguments), "--rulebook", str(SMALL_RULEBOOK)]
        app_of(words)(words, standalone_mode=False)
        return capsys.readouterr().out

    return run_command
