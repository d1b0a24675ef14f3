"""`escalation correct`: say what the right answer is."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from escalation.cli.options import (
    EngineName,
    JsonOption,
    ModelOption,
    ProjectOption,
    RulebookOption,
    StackOption,
    StoreOption,
    adapted_at,
    loading_of,
    profile_of,
)
from escalation.cli.terminal import say, say_warning

if TYPE_CHECKING:
    from escalation.answer.corrections import By
    from escalation.feedback.correcting import Change, Corrected
    from escalation.feedback.records import Labels
    from escalation.feedback.store import Store
    from escalation.predictor import Predictor
    from escalation.rules.rulebook import Rulebook
    from escalation.task.stack import StackProfile
    from escalation.task.task import Task


class ByName(StrEnum):
    """Who says what the right answer is."""

    person = "person"
    agent = "agent"
    teacher = "teacher"


_MODES = "repeat the option or separate modes by commas; none for nobody."


def correct(
    text: Annotated[str | None, typer.Argument(help="The task in words, or - to read it from standard input.")] = None,
    number: Annotated[
        int | None, typer.Option("--id", metavar="ID", help="In place of the text: the id of a logged answer.")
    ] = None,
    input_file: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="Many corrections: JSON lines in the form of a corpus, or CSV."),
    ] = None,
    escalate: Annotated[
        list[str] | None, typer.Option("--escalate", metavar="MODE", help=f"All modes to escalate to; {_MODES}")
    ] = None,
    collaborate: Annotated[
        list[str] | None, typer.Option("--collaborate", metavar="MODE", help=f"All to collaborate with; {_MODES}")
    ] = None,
    nobody: Annotated[bool, typer.Option("--none", help="No mode has a part.")] = False,
    core: Annotated[
        bool | None, typer.Option("--core/--no-core", help="Whether some part is the home mode's own work.")
    ] = None,
    stack: StackOption = None,
    project: ProjectOption = None,
    by: Annotated[ByName, typer.Option("--by", help="Who says so.")] = ByName.person,
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="Name of who says so; not needed.")] = "",
    store: StoreOption = None,
    model: ModelOption = None,
    rulebook: RulebookOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct an answer; a repetition of the task is answered so from now on.

    Parts that are not named stay as answered. On a terminal, without any part named, the answer is shown and keys
    change its parts. The correction is kept on this machine, unless --store names a database elsewhere.

    \b
    Examples:

      escalation correct "Split the users table" --escalate database-specialist --collaborate none

      escalation correct "Bump the version" --none --core

      escalation correct "Rotate the signing keys"

      escalation correct --id 12 --no-core

      escalation correct --input corrections.jsonl --author Ann

    Exit codes: 0 kept, 2 bad input, 3 invalid rulebook, 5 invalid model, 6 missing extra, 8 the store cannot be used.
    """
    from escalation.cli.editing import edit
    from escalation.errors import InputError
    from escalation.feedback.correcting import Change, answered
    from escalation.feedback.project import project_name
    from escalation.feedback.store import Store
    from escalation.files.places import place_of
    from escalation.task.task import Task

    if [text, number, input_file].count(None) != 2:
        raise InputError('name one of: a task ("TEXT", or - for standard input), a logged answer (--id), --input FILE')
    if nobody and (escalate or collaborate):
        raise InputError("--none says that no mode has a part; leave out --escalate and --collaborate")
    # What is corrected is what `predict` answers, so that parts that are not named stay as answered.
    adapted = adapted_at(model, EngineName.hybrid, place_of(store))
    loading = loading_of(adapted, rulebook, EngineName.hybrid, False)
    profile, predictor = profile_of(stack, loading), loading.load()
    if nobody:
        change = Change((), (), core)
    else:
        change = Change(_modes(escalate, predictor.rulebook), _modes(collaborate, predictor.rulebook), core)
    if input_file is not None and change != Change():
        raise InputError("with --input, each line has its own answer; leave out the parts")
    if input_file is None and change == Change() and not _has_keys(text):
        raise InputError("name what is right by --escalate, --collaborate, --none, --core or --no-core")
    who = Who(project_name() if project is None else project, by.value, author)
    with Store.open(store) as opened:
        if input_file is not None:
            _correct_many(input_file, predictor, opened, profile, who, as_json)
            return
        if number is not None:
            logged = opened.answer(number)
            task, given = Task.of(logged.text, logged.stack), logged.given
            who = who if project is not None else who._replace(project=logged.project)
        else:
            task, given = Task.of(_read(text), profile), None
        given = given or answered(task, predictor, opened)
        if change == Change():
            edited = edit(task.text, given, predictor.rulebook)
            if edited is None:
                say("not changed; nothing was kept", err=True)
                return
            change = Change(edited.escalate, edited.collaborate, edited.core)
        _correct_one(task, change, given, predictor, opened, who, as_json)


class Who(NamedTuple):
    """What is kept with a correction: its project, and who says so."""

    project: str
    by: By
    author: str


def _read(text: str | None) -> str:
    from escalation.batch.rows import read_stdin

    return read_stdin() if text == "-" or text is None else text


def _has_keys(text: str | None) -> bool:
    """Return whether the user can change the answer by keys: on a terminal that the task is not read from."""
    return text != "-" and bool(sys.stdin and sys.stdin.isatty() and sys.stdout.isatty())


def _correct_one(
    task: Task, change: Change, given: Labels, predictor: Predictor, store: Store, who: Who, as_json: bool
) -> None:
    from escalation.cli.answer import as_text
    from escalation.feedback.correcting import correction_of, keep
    from escalation.predictor import Predictor as AnyPredictor

    project, by, author = who
    made = correction_of(task, change, given, predictor, project=project, by=by, author=author, origin="command")
    kept = keep([made], store)[0]
    answering = AnyPredictor(predictor.rulebook, predictor.model, corrections=store.place.answers)
    answer = answering.predict(task)
    if as_json:
        typer.echo(json.dumps(kept.to_dict() | {"answer": answer.to_dict()}, ensure_ascii=False))
        return
    _report(kept)
    typer.echo(as_text(answer))
    say(f"kept as correction {kept.correction.id} in {store.place.shown}", err=True)


def _correct_many(path: Path, predictor: Predictor, store: Store, stack: StackProfile, who: Who, as_json: bool) -> None:
    from escalation.cli.display import steps_progress
    from escalation.feedback.correcting import keep
    from escalation.feedback.rows import read_corrections

    project, by, author = who
    with steps_progress() as progress:
        made = read_corrections(
            path, predictor, store, stack=stack, project=project, by=by, author=author, progress=progress
        )
    kept = keep(made, store)
    if as_json:
        for each in kept:
            typer.echo(json.dumps(each.to_dict(), ensure_ascii=False))
        return
    for each in kept:
        _report(each)
    changed = sum(each.correction.right != each.correction.given for each in kept)
    say(f"{path}: {len(kept):,} corrections kept, {changed:,} of them change the answer, in {store.place.shown}")


def _report(kept: Corrected) -> None:
    """Warn of earlier corrections of the task that say something else."""
    if not kept.contradicts:
        return
    last, number = kept.contradicts[-1], len(kept.contradicts)
    others = "" if number == 1 else f", and {number - 1} before it"
    who = last.author or {"person": "a person", "agent": "an agent", "teacher": "a teacher"}[last.by]
    over = last.by == "person" != kept.correction.by
    counts = "a person's counts, so this one does not" if over else "the later one counts"
    say_warning(
        f"correction {kept.correction.id} contradicts correction {last.id} by {who} of {last.when:%Y-%m-%d} "
        f"({last.right.text}){others}; {counts}"
    )


def _modes(names: list[str] | None, rulebook: Rulebook) -> tuple[str, ...] | None:
    from escalation.errors import InputError
    from escalation.feedback.correcting import mode_named

    if not names:
        return None
    given = [name.strip() for each in names for name in each.split(",") if name.strip()]
    if given == ["none"]:
        return ()
    if not given or "none" in given:
        raise InputError("name modes, or none alone for nobody")
    return tuple(mode_named(name, rulebook) for name in given)
