"""The trained model: linear heads over n-grams and cues, scored with numpy, kept on disk as plain arrays."""

from escalation.model.directory import check_place, read_model, write_model
from escalation.model.heads import Model
from escalation.model.joining import Join, LabelPolicy

__all__ = ["Join", "LabelPolicy", "Model", "check_place", "read_model", "write_model"]
