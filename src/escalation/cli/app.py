"""The command `escalation`."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from escalation.cli.audit import audit
from escalation.cli.card import card
from escalation.cli.compare import compare
from escalation.cli.evaluate import evaluate
from escalation.cli.explain import explain
from escalation.cli.figures import figures
from escalation.cli.predict import predict
from escalation.cli.train import train
from escalation.cli.validate import validate
from escalation.errors import EscalationError, InputError
from escalation.resources import PREDICTION_SCHEMA

app = typer.Typer(
    name="escalation",
    help="Who should do which part of a task: escalations, collaborations and acceptance, with reasons.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(no_args_is_help=True)(predict)
app.command(no_args_is_help=True)(explain)
app.command()(train)
app.command()(evaluate)
app.command(no_args_is_help=True)(compare)
app.command()(validate)
app.command()(figures)
app.command(no_args_is_help=True)(card)
app.command()(audit)


@app.command()
def schema() -> None:
    """Print the JSON Schema of what `predict --json` prints."""
    typer.echo(PREDICTION_SCHEMA.read_text(encoding="utf-8"), nl=False)


def _print_version(value: bool) -> None:
    if value:
        from escalation import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; every error on purpose ends with its message and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Answers hold the task's own words, which a console's old code page may not have.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except EscalationError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}; check the place and the space left there", InputError.exit_code)


def _fail(message: str, exit_code: int) -> None:
    typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)
    sys.exit(exit_code)
