"""`escalation predict`: one task or many."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escalation.cli.options import (
    AllowRulesOption,
    CautionName,
    CautionOption,
    EngineName,
    EngineOption,
    FormatOption,
    IdColumnOption,
    IncludeDoneOption,
    JsonOption,
    ModelOption,
    ProjectOption,
    RulebookOption,
    StackOption,
    StoreOption,
    TextColumnOption,
    adapted_at,
    loading_of,
    profile_of,
    reading_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from escalation.answer.prediction import Prediction
    from escalation.batch.loading import Loading
    from escalation.batch.output import RowAnswer
    from escalation.sources.records import Row
    from escalation.task.stack import StackProfile


def predict(
    text: Annotated[str | None, typer.Argument(help="The task in words, or - to read it from standard input.")] = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="PATH",
            help="Answer the tasks of a file (spec-kit, Kiro, OpenSpec, Task Master, Backlog.md, BMAD, beads, GitHub, "
            "Jira, Linear, CSV, JSON, Parquet, text), of a folder of such files, or of standard input (-).",
        ),
    ] = None,
    output_file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the answers to a file: JSON lines, CSV or Parquet by the name's ending. It appears when all "
            "are complete.",
        ),
    ] = None,
    format_name: FormatOption = None,
    include_done: IncludeDoneOption = False,
    text_column: TextColumnOption = None,
    id_column: IdColumnOption = None,
    stack: StackOption = None,
    delegated_by: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODE",
            help="The mode that delegates the task, in any spelling; says whether to accept it.",
        ),
    ] = None,
    engine: EngineOption = EngineName.hybrid,
    caution: CautionOption = CautionName.normal,
    model: ModelOption = None,
    rulebook: RulebookOption = None,
    allow_rules: AllowRulesOption = False,
    as_json: JsonOption = False,
    reasons: Annotated[
        bool,
        typer.Option("--reasons/--no-reasons", help="Say why; without reasons, answers take 40 % less time."),
    ] = True,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", help="With --input: number of processes.")] = 1,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="With --input: answer the other lines if one is wrong.")
    ] = False,
    store: StoreOption = None,
    log: Annotated[
        bool, typer.Option("--log", help="Keep the task and its answer in the store, to be reviewed (one task).")
    ] = False,
    project: ProjectOption = None,
) -> None:
    """Answer who should do which part of a task, with reasons.

    \b
    Examples:

      escalation predict "Split the users table without downtime"

      escalation predict "Fix the settings page" --stack stack_profile.json

      escalation predict "Rotate the signing keys every night" --caution high

      git log -1 --format=%B | escalation predict - --json

      gh issue list --json number,title,body | escalation predict -

      escalation predict --input specs/001-login/tasks.md

      escalation predict --input tasks.jsonl --output answers.jsonl --keep-going --jobs 2

      escalation predict --input tasks.csv --output answers.parquet --no-reasons

    Exit codes: 0 answered, 2 bad input, 3 invalid rulebook, 5 invalid model, 6 missing extra, 8 the corrections
    cannot be read, 130 interrupted.
    """
    from escalation.errors import InputError
    from escalation.files.places import place_of

    if (text is None) == (input_file is None):
        raise InputError('name either one task ("TEXT", or - for standard input) or many (--input FILE)')
    if jobs < 1:
        raise InputError(f"jobs must be at least 1, got {jobs}")
    for_many = {
        "--jobs": jobs > 1,
        "--keep-going": keep_going,
        "--format": format_name,
        "--include-done": include_done,
        "--text-column": text_column,
        "--id-column": id_column,
    }
    if text is not None and text != "-":
        _check_one(output_file, for_many)
    place = place_of(store)
    loading = loading_of(
        adapted_at(model, engine, place), rulebook, engine, allow_rules, caution, place.answers if place else None
    )
    profile = profile_of(stack, loading)
    as_json = as_json or output_file is not None
    rows: Iterator[Row] | None = None
    if input_file is not None or text == "-":
        from escalation.sources.reading import STDIN, read_rows

        reading = reading_of(format_name, include_done, text_column, id_column)
        if text == "-":
            input_file = STDIN
            text, data = _read_stdin(any(for_many[key] for key in ("--format", "--text-column")))
            rows = None if data is None else read_rows(STDIN, reading, data)
        elif input_file is not None:
            rows = read_rows(input_file, reading)
    if rows is None:
        _check_one(output_file, for_many)
        keep = partial(_keep, loading, store, project, profile, delegated_by) if log else None
        _answer_one(loading, text or "", profile, delegated_by, output_file, as_json, reasons, keep)
    elif log:
        raise InputError("--log keeps one task; to review many, name them in `escalation review --input`")
    elif input_file is not None:
        from escalation.batch.output import answer_row, json_line
        from escalation.batch.processes import in_order
        from escalation.cli.answer import as_line

        show = json_line if as_json else as_line
        ask = partial(answer_row, stack=profile, delegated_by=delegated_by, reasons=reasons, show=show)
        answers = in_order(ask, rows, loading, jobs)
        _write_answers(answers, input_file, output_file, wrong_lines=as_json, keep_going=keep_going)


def _check_one(output: Path | None, for_many: Mapping[str, object]) -> None:
    """Reject options for many tasks if there is only one."""
    from escalation.errors import InputError

    for option, used in for_many.items():
        if used:
            raise InputError(f"{option} is for many tasks; name them with --input")
    if output is not None and output.suffix.lower() in (".csv", ".parquet", ".pq"):
        raise InputError(f"{output}: one answer is written as JSON; name it .json, or name many tasks with --input")


def _read_stdin(is_list: bool) -> tuple[str, bytes | None]:
    """Return the text on standard input, and its bytes if it is a task list, as the options or the text itself say."""
    from escalation.batch.rows import read_stdin
    from escalation.sources.kinds import evident

    text = read_stdin()
    return text, text.encode() if is_list or evident(text) else None


def _answer_one(
    loading: Loading,
    text: str,
    stack: StackProfile,
    delegated_by: str | None,
    output: Path | None,
    as_json: bool,
    reasons: bool,
    keep: Callable[[str, Prediction], None] | None,
) -> None:
    from escalation.batch.output import json_line
    from escalation.cli.answer import as_text
    from escalation.files import replacing_file

    with nullcontext() if output is None else replacing_file(output) as stream:
        answer = loading.load().predict(text, stack, delegated_by, reasons=reasons)
        typer.echo(json_line(answer) if as_json else as_text(answer), file=stream)
    if keep:
        keep(text, answer)


def _keep(
    loading: Loading,
    store: str | None,
    project: str | None,
    stack: StackProfile,
    delegated_by: str | None,
    text: str,
    answer: Prediction,
) -> None:
    """Keep an answer in the store, to be reviewed."""
    from escalation.cli.terminal import say
    from escalation.feedback.correcting import logged_answer
    from escalation.feedback.project import project_name
    from escalation.feedback.store import Store
    from escalation.task.task import Task

    name = project_name() if project is None else project
    logged = logged_answer(Task.of(text, stack, delegated_by), answer, loading.load(), project=name, origin="command")
    with Store.open(store) as opened:
        number = opened.log([logged])[0].id
    say(f"kept as answer {number}; if it is wrong: escalation correct --id {number}", err=True)


def _write_answers(
    answers: Generator[RowAnswer], path: Path, output: Path | None, *, wrong_lines: bool, keep_going: bool
) -> None:
    """Write the answers to rows, and on standard error a warning for each that is wrong and what is left out.

    Raises
    ------
    InputError
        If a row is not a task: at once or, with `keep_going`, at the end.
    InterruptedRunError
        If the run is interrupted; an output file is left as it was.
    """
    from escalation.batch.output import line_writer, open_output
    from escalation.batch.rows import count_steps
    from escalation.cli.answer import left_out
    from escalation.cli.display import steps_progress
    from escalation.cli.terminal import say, say_warning
    from escalation.errors import InputError

    if output is not None and path.resolve() == output.resolve():
        raise InputError(f"{output}: is also the input, which the answers would replace; name another place")
    steps, wrong, answered = count_steps(path), 0, 0
    reasons: Counter[str] = Counter()
    writing = nullcontext(line_writer(sys.stdout, flush=True)) if output is None else open_output(output)
    with _interruptible(output), closing(answers), writing as write, steps_progress() as progress:
        for number, done, file, line, error, skipped in answers:
            progress("answering tasks", done, steps)
            if skipped is not None:
                reasons[skipped.reason] += 1
                continue
            if error is not None:
                if not keep_going:
                    raise InputError(f"{file}, line {number}: {error} (--keep-going answers the other lines)")
                wrong += 1
                say_warning(f"{file}, line {number}: {error}")
            answered += error is None
            if error is None or wrong_lines:
                write(line)
    if reasons:
        say(left_out(reasons), err=True)
    elif not answered and not wrong:
        say_warning(f"{path}: has no tasks")
    if wrong:
        raise InputError(f"{path}: {wrong:,} of its lines are not answered; see the warnings")


@contextmanager
def _interruptible(output: Path | None) -> Iterator[None]:
    """Let a request to end (SIGTERM) be an interruption as from the keyboard, so that nothing half-written is left."""
    from escalation.errors import InterruptedRunError

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedRunError(
            "interrupted" if output is None else f"interrupted; {output} was not written"
        ) from None
    finally:
        signal.signal(signal.SIGTERM, before)
