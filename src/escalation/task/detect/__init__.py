"""Detect a Stack Profile from the files of a repository; `repository` is the way through them."""

from escalation.task.detect.repository import Detected, Detection, Place, detect

__all__ = ["Detected", "Detection", "Place", "detect"]
