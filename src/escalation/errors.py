"""What can go wrong, each with the exit code that the command line ends with."""

from __future__ import annotations


class EscalationError(Exception):
    """Base of every error that this package raises on purpose.

    The message says what is wrong, where, and what to do about it.
    """

    exit_code = 1


class InputError(EscalationError):
    """A task, an input file, a Stack Profile or an option cannot be used."""

    exit_code = 2


class RulebookError(EscalationError):
    """A rulebook is refused."""

    exit_code = 3


class CorpusError(EscalationError):
    """A corpus is refused."""

    exit_code = 4


class ModelError(EscalationError):
    """A model directory is missing, damaged, or does not fit the rulebook."""

    exit_code = 5


class MissingExtraError(EscalationError):
    """A feature needs an optional dependency that is not installed."""

    exit_code = 6


class FailOnError(EscalationError):
    """An answer is one of those on which the caller wants to fail."""

    exit_code = 7


class StoreError(EscalationError):
    """The store of corrections, or a file made from it, cannot be opened, read or written."""

    exit_code = 8


class InterruptedRunError(EscalationError):
    """A long run was interrupted; what it has written is kept."""

    exit_code = 130


class FindingError(EscalationError):
    """A check has a hard finding: what was asked for must not be published."""

    exit_code = 1
