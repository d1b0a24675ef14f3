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
    load_predictor,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import TextIO

    from escalation.predictor import Predictor
    from escalation.stack import StackProfile


def predict(
    text: Annotated[str | None, typer.Argument(help="The task in words; - reads it from standard input.")] = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Many tasks: JSON lines, or CSV by its name; - for standard input.",
        ),
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the answers here as JSON lines.")
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
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="With --input: answer the other lines when one is wrong.")
    ] = False,
) -> None:
    """Answer who should do which part of a task, with reasons.

    \b
    Examples:

      escalation predict "Split the users table without downtime"

      escalation predict "Fix the settings page" --stack stack_profile.json

      escalation predict "Rotate the signing keys every night" --caution high

      git log -1 --format=%B | escalation predict - --json

      escalation predict --input tasks.jsonl --output answers.jsonl --keep-going

    Exit codes: 0 answered, 2 bad input, 3 rulebook refused, 5 model refused.
    """
    from escalation.errors import InputError
    from escalation.stack import StackProfile

    if (text is None) == (input_file is None):
        raise InputError('give one task ("TEXT", or - for standard input) or many (--input FILE)')
    profile = StackProfile.parse(stack) if stack else StackProfile()
    predictor = load_predictor(model, rulebook, engine, allow_rules, caution)
    wrong = 0
    as_json = as_json or output_file is not None
    if input_file is not None and output_file is not None and input_file.resolve() == output_file.resolve():
        raise InputError(f"{output_file}: is the input too, which the answers would replace; name another place")
    with _output(output_file) as stream:
        if input_file is not None:
            wrong = _answer_many(predictor, input_file, profile, delegated_by, stream, as_json, keep_going)
        elif text is not None:
            _answer_one(predictor, text, profile, delegated_by, stream, as_json)
    if wrong:
        raise InputError(f"{wrong} lines of {input_file} are not answered; see the warnings")


def _output(path: Path | None) -> AbstractContextManager[TextIO | None]:
    from escalation.atomic import replacing_file

    return nullcontext() if path is None else replacing_file(path)


def _answer_one(
    predictor: Predictor,
    text: str,
    stack: StackProfile,
    delegated_by: str | None,
    stream: TextIO | None,
    as_json: bool,
) -> None:
    from escalation.cli.answer import as_text
    from escalation.cli.inputs import read_stdin

    answer = predictor.predict(read_stdin() if text == "-" else text, stack, delegated_by)
    typer.echo(_dump(answer.to_dict()) if as_json else as_text(answer), file=stream)


def _answer_many(
    predictor: Predictor,
    path: Path,
    stack: StackProfile,
    delegated_by: str | None,
    stream: TextIO | None,
    as_json: bool,
    keep_going: bool,
) -> int:
    """Answer the lines of a file; give how many are none."""
    from escalation.cli.answer import as_line
    from escalation.cli.inputs import read_tasks
    from escalation.cli.progress import bytes_progress
    from escalation.errors import InputError

    wrong = 0
    with bytes_progress(path) as advance:
        for line in read_tasks(path, stack, delegated_by):
            message = line.error
            if line.task is not None:
                try:
                    answer = predictor.predict(line.task)
                except InputError as error:
                    message = str(error)
                else:
                    typer.echo(_dump(answer.to_dict()) if as_json else as_line(answer, line.number), file=stream)
            if message is not None:
                if not keep_going:
                    raise InputError(f"{path}, line {line.number}: {message} (--keep-going answers the other lines)")
                wrong += 1
                typer.echo(f"warning: {path}, line {line.number}: {message}", err=True)
                if as_json:
                    typer.echo(_dump({"line": line.number, "error": message}), file=stream)
            advance(line.bytes_read)
    return wrong


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)
