"""Train a model on a corpus, check it, and publish it."""

from escalation.training.publish import train

__all__ = ["train"]
