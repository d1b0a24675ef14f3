"""The documented rules as data: types, reading, and the phrases that find cues."""

from escalation.rulebook.loading import load_rulebook
from escalation.rulebook.types import CORE, DISPOSITIONS, Disposition, Rulebook

__all__ = ["CORE", "DISPOSITIONS", "Disposition", "Rulebook", "load_rulebook"]
