"""The model card: a model's figures, kept with the hashes of what they were measured on, and told in words."""

from escalation.card.figures import Figures, read_figures
from escalation.card.measuring import measure
from escalation.card.writing import write_card

__all__ = ["Figures", "measure", "read_figures", "write_card"]
