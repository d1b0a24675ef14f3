"""The command `escalation`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from escalation.cli.audit import audit
from escalation.cli.evaluate import evaluate
from escalation.cli.predict import predict
from escalation.cli.train import train
from escalation.cli.validate import validate
from escalation.errors import EscalationError
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
app.command()(train)
app.command()(evaluate)
app.command()(validate)
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
    try:
        app()
    except EscalationError as error:
        typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
