"""The reader of pieces with the phrases that ship."""

from __future__ import annotations

import pytest

from escalation.files import default_reading
from escalation.task.pieces import read_pieces
from escalation.task.reading import load_reading


@pytest.fixture(scope="session")
def reading():
    phrases = load_reading(default_reading())
    return lambda text: read_pieces(text, phrases)
