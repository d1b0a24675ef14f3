"""The answers on which `--fail-on` lets a command fail."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from escalation.errors import FailOnError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.rules.rulebook import Rulebook

_SIDES = ("escalate", "collaborate")
_KINDS = "escalate, collaborate, unclear, escalate:MODE or collaborate:MODE"
_NAMED = 5
"""Tasks that the message names."""


class FailOn:
    """Counts the answers on which a command is to fail.

    Parameters
    ----------
    named : iterable of str
        What `--fail-on` was given, each one or several separated by commas.
    rulebook : Rulebook

    Raises
    ------
    InputError
        If one is not known, or can never be answered.
    """

    def __init__(self, named: Iterable[str], rulebook: Rulebook) -> None:
        given = [each.strip() for names in named for each in names.split(",")]
        self._wanted = frozenset(label for each in given for label in _known(each, rulebook))
        self._counts: Counter[str] = Counter()
        self._tasks: list[str] = []
        self._total = 0

    def see(self, task: str, labels: frozenset[str]) -> None:
        """Count an answer by its labels, which are those of `escalation.batch.output.labels_of`."""
        found = self._wanted & labels
        if found:
            self._counts.update(found)
            self._total += 1
            if len(self._tasks) < _NAMED:
                self._tasks.append(task)

    def error(self) -> FailOnError | None:
        """Return the error with which the command ends if an answer was one of them."""
        if not self._total:
            return None
        said = ", ".join(f"{name} ({count:,})" for name, count in sorted(self._counts.items()))
        more = f" and {self._total - len(self._tasks):,} more" if self._total > len(self._tasks) else ""
        return FailOnError(f"--fail-on: {said}: {', '.join(self._tasks)}{more}")


def _known(given: str, rulebook: Rulebook) -> set[str]:
    """Return the labels that a user means; a name may mean several modes."""
    side, colon, name = given.partition(":")
    side = side.strip().lower()
    if side == "unclear" and not colon:
        return {side}
    if side not in _SIDES:
        raise InputError(f"--fail-on {given!r}: use {_KINDS}")
    if not colon:
        return {side}
    from escalation.rules.names import find_modes, nearest, nearest_mode
    from escalation.task.shapes import folded

    targets = {mode.slug for mode in rulebook.modes.values() if side in mode.dispositions}
    targets |= {label.target for label in rulebook.labels if label.disposition == side}
    meant = targets.intersection(find_modes(rulebook, name)) or {
        each for each in targets if folded(each) == folded(name)
    }
    if meant:
        return {f"{side}:{target}" for target in meant}
    near = nearest(name, sorted(targets)) or nearest_mode(rulebook, name)
    advice = f"did you mean {near!r}?" if near in targets else f"use one of {', '.join(sorted(targets))}"
    raise InputError(f"--fail-on {given}: {side} knows no mode {name.strip()!r}; {advice}")
