"""A model card: prose from a template, facts from the model, and figures from `escalation evaluate --json`."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from escalation.errors import InputError
from escalation.evaluation.figures import FORMAT, Evaluation, Interval
from escalation.evaluation.metrics import AVERAGES
from escalation.files import read_bytes, read_text
from escalation.model.policy import joint_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from escalation.evaluation.figures import EngineFigures, Hashes
    from escalation.model import Model
    from escalation.rules.rulebook import Rulebook
    from escalation.training.behaviour import Case

TEMPLATE = "card.md.jinja"
_ENGINE = "hybrid"
_WEAKEST = 5
_SUPPORT = 30
"""A label of fewer tasks is not named among the weakest, because its F1 says little."""
_REMEDY = "write it again with `escalation evaluate --json`"


# ------------------------------------------------------------------------------------------------ the figures


class _Format(msgspec.Struct):
    format: int


def read_figures(path: Path) -> Evaluation:
    """Read the figures that `escalation evaluate --json` printed.

    Raises
    ------
    InputError
        If the file cannot be read, is something else, or is of another version. The message says where.
    """
    content = read_bytes(path, InputError, _REMEDY)
    try:
        found = msgspec.json.decode(content, type=_Format).format
        if found != FORMAT:
            raise InputError(f"{path}: has format {found}, and this version reads format {FORMAT}; {_REMEDY}")
        return msgspec.json.decode(content, type=Evaluation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is not a file of figures ({error}); {_REMEDY}") from error


def check_figures(path: Path, figures: Evaluation, expected: Hashes, *, unseen: bool = False) -> None:
    """Check that figures are those that a card needs.

    Parameters
    ----------
    path : Path
        Of the figures.
    figures : Evaluation
    expected : Hashes
        SHA-256 of the model, its rulebook and its corpus.
    unseen : bool
        The figures should be of the model's answers to another corpus, instead of a cross-validation of its own.

    Raises
    ------
    InputError
        If they were measured in another way, with another model, rulebook or corpus, or without the hybrid engine.
    """
    if figures.method != ("unseen" if unseen else "cross-validation"):
        wanted = "an evaluation of the model itself" if unseen else "a cross-validation of the model's own corpus"
        raise InputError(f"{path}: is not {wanted}; {_REMEDY}")
    if figures.overlap:
        seen = f"the model was trained on {len(figures.overlap):,} of these tasks"
        raise InputError(f"{path}: {seen}, so the figures are biased; evaluate it on tasks that it has not seen")
    measured = msgspec.to_builtins(figures.hashes)
    if unseen:
        del measured["corpus"]
    elif measured["model"] is None:  # Nobody named the model; the corpus then says which one it is.
        del measured["model"]
    changed = [name for name, sha256 in measured.items() if sha256 != getattr(expected, name)]
    if changed:
        raise InputError(
            f"{path}: was measured with another {' and another '.join(changed)}; name the one that it was measured "
            f"with, or {_REMEDY}"
        )
    if _ENGINE not in figures.engines:
        raise InputError(f"{path}: has no figures of the engine {_ENGINE}; {_REMEDY}, without --engine")


# ------------------------------------------------------------------------------------------------ the card


def write_card(
    model: Model,
    rulebook: Rulebook,
    cross_validation: Evaluation,
    unseen: Evaluation | None = None,
    cases: Sequence[Case] = (),
    command: str = "escalation train",
    template: Path | None = None,
) -> str:
    """Return a model card as Markdown.

    Parameters
    ----------
    model : Model
    rulebook : Rulebook
    cross_validation : Evaluation
        Of the model's own corpus.
    unseen : Evaluation, optional
        The answers of the model itself to tasks that it has not seen.
    cases : sequence of Case
        Behaviour cases; the card lists the known failures among them.
    command : str
        The command that trains the model again.
    template : Path, optional
        Your own prose, in Jinja, which may extend ``card.md.jinja`` of this package; by default just that.

    Raises
    ------
    InputError
        If the template cannot be read or rendered.
    """
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    prose = f'{{% extends "{TEMPLATE}" %}}'
    if template is not None:
        prose = read_text(template, InputError, "name a template of UTF-8 text")
    parts = {"cross-validation": cross_validation} | ({"unseen tasks": unseen} if unseen else {})
    engines = {part: figures.engines[_ENGINE] for part, figures in parts.items()}
    known = Counter(case.known for case in cases if case.known)
    facts = {
        "model": model.info,
        "rulebook": rulebook,
        "version": version("escalation-predictor"),
        "created_by": cross_validation.created_by,
        "cross_validation": engines["cross-validation"],
        "unseen": engines.get("unseen tasks"),
        "grams": len(model.vocabulary),
        "wordings": len(model.vocabulary.wordings.names),
        "labels": model.labels,
        "nested": joint_targets(model.labels),
        "known_share": model.known_share,
        "rules_only": [label for label, policy in model.policies.items() if policy.rules_only],
        "not_attainable": [label for label, policy in model.policies.items() if policy.cautious[_ENGINE] is None],
        "weakest": _weakest(engines["cross-validation"]),
        "averages_table": _averages_table(parts),
        "certainty_table": _certainty_table(engines),
        "labels_table": _labels_table(engines),
        "registers_table": _registers_table(cross_validation),
        "cases": len(cases),
        "known_failures": known.most_common(),
        "command": command,
    }
    try:
        text = environment.from_string(prose).render(facts)
    except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What an expression in somebody's template raises, beside Jinja's own errors.
        line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        raise InputError(
            f"{template or TEMPLATE}{line}: {error}; see {TEMPLATE} for what a card can contain"
        ) from error
    return f"{text.strip()}\n"


def _weakest(figures: EngineFigures) -> list[str]:
    f1 = {label: row.f1 or 0.0 for label, row in figures.labels.items() if row.support >= _SUPPORT}
    return sorted(f1, key=lambda label: f1[label])[:_WEAKEST]


# ------------------------------------------------------------------------------------------------ tables


def markdown_table(head: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table in Markdown, with three decimals for figures and a hyphen for None.

    >>> print(markdown_table(["", "F1"], [["core", Interval(0.5, 0.4, 0.6)]]))
    |  | F1 |
    | --- | --- |
    | core | 0.500 [0.400, 0.600] |
    """
    lines = [head, ["---"] * len(head), *(list(map(_cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, Interval):
        ends = f" [{_cell(value.low)}, {_cell(value.high)}]" if value.low is not None else ""
        return f"{_cell(value.value)}{ends}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")


def _averages_table(parts: dict[str, Evaluation]) -> str:
    head, columns = [""], []
    for part, evaluation in parts.items():
        for number, (engine, figures) in enumerate(evaluation.engines.items()):
            head.append(engine if number else f"{part}: {engine}")
            columns.append(figures.averages)
    return markdown_table(head, ([title, *(column[key] for column in columns)] for key, title in AVERAGES.items()))


def _certainty_table(parts: dict[str, EngineFigures]) -> str:
    """Return calibration errors, and the micro-F1 of the most confident tasks, which are a share of all."""
    shares = [f"{point.coverage:.0%}" for point in next(iter(parts.values())).coverage or []]
    head = ["", "calibration error", "from 5% on", *(f"micro-F1 at {share}" for share in shares[:1]), *shares[1:]]
    rows = (
        [part, *((of.micro_ece, of.micro_ece_doubtful) if of else (None, None)), *(point.micro_f1 for point in surest)]
        for part, of, surest in ((part, entry.calibration, entry.coverage or []) for part, entry in parts.items())
    )
    return markdown_table(head, rows)


def _labels_table(parts: dict[str, EngineFigures]) -> str:
    head = ["label"]
    for part in parts:
        head += [f"{part}: tasks", "precision", "recall", "F1"]
    rows = []
    for label in next(iter(parts.values())).labels:
        figures = [entry.labels[label] for entry in parts.values()]
        rows.append(
            [f"`{label}`", *(value for row in figures for value in (row.support, row.precision, row.recall, row.f1))]
        )
    return markdown_table(head, rows)


def _registers_table(evaluation: Evaluation) -> str:
    rows = [[name, row.tasks, row.micro_f1, row.exact_match] for name, row in evaluation.registers.items()]
    head = ["register", "tasks", AVERAGES["micro_f1"], AVERAGES["exact_match"]]
    return markdown_table(head, rows) if rows else ""
