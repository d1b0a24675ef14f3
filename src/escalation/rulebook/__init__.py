"""The documented rules as data: types, reading, and the phrases that find cues."""

from escalation.rulebook.loading import TECHNOLOGY_CUE, load_rulebook
from escalation.rulebook.types import CORE, DISPOSITIONS, Disposition, Rulebook

__all__ = ["CORE", "DISPOSITIONS", "TECHNOLOGY_CUE", "Disposition", "Rulebook", "load_rulebook"]
