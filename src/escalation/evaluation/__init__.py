"""How good the answers are: figures with intervals, on unseen tasks or in cross-validation."""

from escalation.evaluation.scoring import evaluate

__all__ = ["evaluate"]
