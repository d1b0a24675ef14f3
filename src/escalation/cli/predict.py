"""`escalation predict`: one task or many."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.options import (
    AllowRulesOption,
    CautionName,
    CautionOption,
    EngineName,
    EngineOption,
    JsonOption,
    ModelOption,
    RulebookOption,
    StackOption,
    loading_of,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import TextIO

    from escalation.predictor import Loading
    from escalation.task.stack import StackProfile


def predict(
    text: Annotated[str | None, typer.Argument(help="The task in words; - reads it from standard input.")] = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Many tasks: JSON lines, or CSV or Parquet by its name; - for standard input.",
        ),
    ] = None,
    output_file: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", help="Write the answers here: JSON lines, or CSV or Parquet by its name."
        ),
    ] = None,
    stack: StackOption = None,
    delegated_by: Annotated[
        str | None,
        typer.Option("--from", metavar="MODE", help="The mode that delegates the task: may it be accepted?"),
    ] = None,
    engine: EngineOption = EngineName.hybrid,
    caution: CautionOption = CautionName.normal,
    model: ModelOption = None,
    rulebook: RulebookOption = None,
    allow_rules: AllowRulesOption = False,
    as_json: JsonOption = False,
    reasons: Annotated[
        bool, typer.Option("--reasons/--no-reasons", help="Say why; without, in three fifths of the time.")
    ] = True,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", min=1, help="With --input: processes (extra `batch` from 2 on).")
    ] = 1,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="With --input: answer the other lines when one is wrong.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="With --input and --output: go on after what an interrupted run has kept.")
    ] = False,
) -> None:
    """Answer who should do which part of a task, with reasons.

    \b
    Examples:

      escalation predict "Split the users table without downtime"

      escalation predict "Fix the settings page" --stack stack_profile.json

      escalation predict "Rotate the signing keys every night" --caution high

      git log -1 --format=%B | escalation predict - --json

      escalation predict --input tasks.jsonl --output answers.jsonl --keep-going --jobs 2

      escalation predict --input tasks.csv --output answers.parquet --no-reasons --resume

    Exit codes: 0 answered, 2 bad input, 3 rulebook refused, 5 model refused, 6 an extra is missing, 130 interrupted.
    """
    from escalation.errors import InputError
    from escalation.task.stack import StackProfile

    if (text is None) == (input_file is None):
        raise InputError('give one task ("TEXT", or - for standard input) or many (--input FILE)')
    if input_file is None:
        _check_one(output_file, jobs, keep_going, resume)
    profile = StackProfile.parse(stack) if stack else StackProfile()
    loading = loading_of(model, rulebook, engine, allow_rules, caution)
    as_json = as_json or output_file is not None
    if input_file is not None:
        from escalation.batch.answering import Asking
        from escalation.batch.answering import as_json as show_json
        from escalation.cli.answer import as_line
        from escalation.cli.many import answer_file

        asking = Asking(profile, delegated_by, reasons, show_json if as_json else as_line)
        answer_file(input_file, output_file, loading, asking, jobs=jobs, keep_going=keep_going, resume=resume)
    elif text is not None:
        with _output(output_file) as stream:
            _answer_one(loading, text, profile, delegated_by, stream, as_json, reasons)


def _check_one(output: Path | None, jobs: int, keep_going: bool, resume: bool) -> None:
    """Refuse what is for many tasks where there is one."""
    from escalation.errors import InputError

    for option, given in (("--jobs", jobs > 1), ("--keep-going", keep_going), ("--resume", resume)):
        if given:
            raise InputError(f"{option} is for many tasks; name them by --input")
    if output is not None and output.suffix.lower() in (".csv", ".parquet", ".pq"):
        raise InputError(f"{output}: one answer is written as JSON; name it .json, or name tasks by --input")


def _output(path: Path | None) -> AbstractContextManager[TextIO | None]:
    from escalation.files import replacing_file

    return nullcontext() if path is None else replacing_file(path)


def _answer_one(
    loading: Loading,
    text: str,
    stack: StackProfile,
    delegated_by: str | None,
    stream: TextIO | None,
    as_json: bool,
    reasons: bool,
) -> None:
    if text == "-":
        from escalation.batch.rows import read_stdin

        text = read_stdin()
    answer = loading.load().predict(text, stack, delegated_by, reasons=reasons)
    if as_json:
        typer.echo(json.dumps(answer.to_dict(), ensure_ascii=False), file=stream)
    else:
        from escalation.cli.answer import as_text

        typer.echo(as_text(answer), file=stream)
