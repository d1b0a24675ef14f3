"""Change an answer by single keys, on a terminal."""

from __future__ import annotations

from string import ascii_lowercase, digits
from typing import TYPE_CHECKING, Literal

import typer

from escalation.cli.terminal import Styled, say
from escalation.feedback.records import Labels

if TYPE_CHECKING:
    from escalation.rules.rulebook import Rulebook

Side = Literal["escalate", "collaborate"]

_KEYS = ascii_lowercase + digits
_ENDS = ("\r", "\n", "\x1b")
"""Return, and escape."""


def edit(text: str, given: Labels, rulebook: Rulebook) -> Labels | None:
    """Show an answer and let the user change it by keys.

    Returns
    -------
    Labels or None
        None if the user leaves without saving.
    """
    labels = given
    say(Styled(text, bold=True))
    while True:
        show_labels(labels)
        say("[e]scalate  [c]ollaborate  [o]wn work  [n]obody  [s]ave  [q]uit")
        key = read_key()
        if key == "s":
            return labels.normal()
        if key == "q":
            return None
        labels = changed(labels, key, rulebook)


def changed(labels: Labels, key: str, rulebook: Rulebook) -> Labels:
    """Return labels after a key: e and c let the user pick modes, o switches own work, n leaves nobody."""
    if key == "e":
        return pick(labels, "escalate", rulebook)
    if key == "c":
        return pick(labels, "collaborate", rulebook)
    if key == "o":
        return Labels(labels.escalate, labels.collaborate, not labels.core)
    if key == "n":
        return Labels((), (), labels.core)
    return labels


def show_labels(labels: Labels) -> None:
    """Show an answer on three lines."""
    for title, value in (
        ("Escalate", ", ".join(labels.escalate) or "nobody"),
        ("Collaborate", ", ".join(labels.collaborate) or "nobody"),
        ("Own work", "yes" if labels.core else "no"),
    ):
        say(Styled(f"{title:13}", bold=True), value)


def pick(labels: Labels, side: Side, rulebook: Rulebook) -> Labels:
    """Let the user switch the modes of one disposition on and off; a mode that is switched on leaves the other."""
    keys = keys_of(side, rulebook)
    chosen = {"escalate": list(labels.escalate), "collaborate": list(labels.collaborate)}
    other = "collaborate" if side == "escalate" else "escalate"
    while True:
        for key, name in keys.items():
            mark = Styled("x", "green", bold=True) if name in chosen[side] else " "
            say(f"  {key} [", mark, f"] {name}")
        say(f"{side}: a key switches a mode on or off, return ends")
        key = read_key()
        if key in _ENDS:
            return Labels(tuple(chosen["escalate"]), tuple(chosen["collaborate"]), labels.core).normal()
        name = keys.get(key, "")
        if name in chosen[side]:
            chosen[side].remove(name)
        elif name:
            chosen[side].append(name)
            if name in chosen[other]:
                chosen[other].remove(name)


def keys_of(side: Side, rulebook: Rulebook) -> dict[str, str]:
    """Return the key of each mode or group that may have a disposition; a mode has the same key in both."""
    known = zip(_KEYS, (*rulebook.modes, *rulebook.groups), strict=False)
    return {key: name for key, name in known if rulebook.allows(side, name)}


def read_key() -> str:
    """Return the next key; an interrupt from the keyboard, or the end of the input, is as from any command."""
    return str(typer.getchar()).lower()
