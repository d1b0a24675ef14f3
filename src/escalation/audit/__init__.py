"""What a corpus is like, and what it teaches: read only, never changed."""

from escalation.audit.audit import audit

__all__ = ["audit"]
