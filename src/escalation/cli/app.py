"""The command `escalation`."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer

from escalation.errors import EscalationError, InputError
from escalation.files import PREDICTION_SCHEMA

_COMMANDS = {
    "predict": True,
    "explain": True,
    "train": False,
    "evaluate": False,
    "validate": False,
    "card": True,
    "audit": False,
}
"""Each stands in a module of its name; whether it shows its help where nothing is asked of it."""


def schema() -> None:
    """Print the JSON Schema of what `predict --json` prints."""
    typer.echo(PREDICTION_SCHEMA.read_text(encoding="utf-8"), nl=False)


def _print_version(value: bool) -> None:
    if value:
        from escalation import __version__

        typer.echo(__version__)
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def app_of(words: list[str]) -> typer.Typer:
    """Make the application; where its first word names a command, only that one is imported."""
    app = typer.Typer(
        name="escalation",
        help="Who should do which part of a task: escalations, collaborations and acceptance, with reasons.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in [name for name in _COMMANDS if words[:1] == [name]] or _COMMANDS:
        app.command(no_args_is_help=_COMMANDS[name])(getattr(import_module(f"escalation.cli.{name}"), name))
    app.command()(schema)
    return app


def main() -> None:
    """Run the command; every error on purpose ends with its message and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Answers hold the task's own words, which a console's old code page may not have.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app_of(sys.argv[1:])()
    except EscalationError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}; check the place and the space left there", InputError.exit_code)


def _fail(message: str, exit_code: int) -> None:
    typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)
    sys.exit(exit_code)
