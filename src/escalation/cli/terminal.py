"""The one way to a terminal: what comes from outside is shown, and never acts on the terminal."""

from __future__ import annotations

from typing import NamedTuple

import typer

_HARMLESS = frozenset("\n\t\u00a0\u200c\u200d\u202f\u3000")
"""Characters that Python does not call printable, but that ordinary texts and emoji are made of."""


class Styled(NamedTuple):
    """A text with a colour or weight, for `line` and `say`."""

    text: str
    color: str | None = None
    bold: bool = False
    underline: bool = False
    dim: bool = False
    strikethrough: bool = False


def visible(text: str) -> str:
    r"""Return a text in which control characters are written as escapes.

    Terminal sequences, carriage returns, bidirectional overrides and lone surrogates are shown instead of obeyed.

    >>> visible("safe\x1b[2J\rtext")
    'safe\\x1b[2J\\rtext'
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign in _HARMLESS else sign.encode("unicode_escape").decode() for sign in text
    )


def one_line(text: str, width: int | None = None) -> str:
    """Return a text with all white space as single spaces, cut to a number of characters."""
    flat = " ".join(text.split())
    return flat if width is None or len(flat) <= width else flat[: width - 1] + "…"


def line(*pieces: str | Styled) -> str:
    """Join pieces into a text for a terminal: all of them visible, and those that have a style in it."""
    return "".join(
        visible(piece)
        if isinstance(piece, str)
        else typer.style(
            visible(piece.text),
            fg=piece.color,
            bold=piece.bold or None,
            underline=piece.underline or None,
            dim=piece.dim or None,
            strikethrough=piece.strikethrough or None,
        )
        for piece in pieces
    )


def say(*pieces: str | Styled, err: bool = False) -> None:
    """Print a line to standard output or standard error."""
    typer.echo(line(*pieces), err=err)


def say_error(message: str) -> None:
    """Print an error to standard error."""
    say(Styled("error: ", "red", bold=True), message, err=True)


def say_warning(message: str) -> None:
    """Print a warning to standard error."""
    say(Styled("warning: ", "yellow", bold=True), message, err=True)
