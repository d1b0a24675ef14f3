"""Train a model from a corpus, check it, and publish it."""

from escalation.training.publish import check_model, train

__all__ = ["check_model", "train"]
