"""Corrections: kept, applied at once, and learned from. Only this package imports a database, and only when used."""

from escalation.feedback.correcting import Corrected, correct
from escalation.feedback.records import Correction, Labels, LoggedAnswer
from escalation.feedback.store import Store
from escalation.files.places import place_of

__all__ = ["Corrected", "Correction", "Labels", "LoggedAnswer", "Store", "correct", "place_of"]
