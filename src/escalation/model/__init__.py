"""The trained model: linear heads over n-grams and cues, scored with numpy, kept on disk as plain arrays."""

from escalation.model.classifier import Model
from escalation.model.directory import check_place, read_model, write_model
from escalation.model.info import ModelInfo
from escalation.model.policy import LabelPolicy, SignalWeights

__all__ = ["LabelPolicy", "Model", "ModelInfo", "SignalWeights", "check_place", "read_model", "write_model"]
