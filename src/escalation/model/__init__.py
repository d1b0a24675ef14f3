"""The trained model: linear heads over n-grams and cues, scored with numpy, kept on disk as plain arrays."""

from escalation.model.directory import check_place, read_model, write_model
from escalation.model.heads import LabelPolicy, Model

__all__ = ["LabelPolicy", "Model", "check_place", "read_model", "write_model"]
