"""A model card: prose and tables from a template, filled with the model and `escalation evaluate --json`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from escalation.errors import InputError
from escalation.evaluation.figures import FORMAT, Evaluation, Interval
from escalation.evaluation.metrics import AVERAGES, SUBSET_FIGURES
from escalation.files import read_json, read_text
from escalation.model.policy import joint_targets
from escalation.report.page import environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from escalation.evaluation.figures import Hashes
    from escalation.model import Model
    from escalation.rules.rulebook import Rulebook
    from escalation.training.behaviour import Case

TEMPLATE = "card.md.jinja"
_ENGINE = "hybrid"
_REMEDY = "write it again with `escalation evaluate --json`"


class _Format(msgspec.Struct):
    format: int


def read_figures(path: Path) -> Evaluation:
    """Read the figures that `escalation evaluate --json` printed.

    Raises
    ------
    InputError
        If the file cannot be read, is something else, or is of another version. The message says where.
    """
    content = read_json(path, InputError, _REMEDY)
    try:
        found = msgspec.convert(content, _Format).format
        if found != FORMAT:
            raise InputError(f"{path}: has format {found}, and this version reads format {FORMAT}; {_REMEDY}")
        return msgspec.convert(content, Evaluation)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: is not a file of figures ({error}); {_REMEDY}") from error


def check_figures(path: Path, figures: Evaluation, expected: Hashes, *, unseen: bool = False) -> None:
    """Check that figures were measured with the model, rulebook and corpus of a card, and with the hybrid engine.

    They must be a cross-validation of the model's own corpus or, if `unseen`, the model's answers to another one.

    Raises
    ------
    InputError
        If they were not.
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

    `cross_validation` is of the model's own corpus, and `unseen` is of the model's answers to other tasks. The card
    lists the known failures among the behaviour `cases`, and the `command` that trains the model again. A `template` of
    your own, in Jinja, may extend ``card.md.jinja`` of this package, which is the default.

    Raises
    ------
    InputError
        If the template cannot be read or rendered.
    """
    import jinja2

    prose = f'{{% extends "{TEMPLATE}" %}}'
    if template is not None:
        prose = read_text(template, InputError, "name a template of UTF-8 text")
    evaluations = {"cross-validation": cross_validation} | ({"unseen tasks": unseen} if unseen else {})
    facts = {
        "model": model.info,
        "rulebook": rulebook,
        "evaluations": evaluations,
        "cross_validation": cross_validation.engines[_ENGINE],
        "unseen": unseen.engines[_ENGINE] if unseen else None,
        "engine": _ENGINE,
        "averages": AVERAGES,
        "subset_figures": SUBSET_FIGURES,
        "trained": model,
        "nested": joint_targets(model.labels),
        "cases": cases,
        "known_failures": Counter(case.known for case in cases if case.known).most_common(),
        "command": command,
    }
    templates = environment(autoescape=False)
    templates.filters["cell"] = cell
    try:
        text = templates.from_string(prose).render(facts)
    except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What an expression in somebody's template raises, beside Jinja's own errors.
        line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        raise InputError(
            f"{template or TEMPLATE}{line}: {error}; see {TEMPLATE} for what a card can contain"
        ) from error
    return f"{text.strip()}\n"


def cell(value: Any) -> str:
    """Format a cell of a Markdown table, with three decimals for figures and a hyphen for None.

    >>> cell(Interval(0.5, 0.4, 0.6)), cell(1234), cell(None)
    ('0.500 [0.400, 0.600]', '1,234', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, Interval):
        interval = f" [{cell(value.low)}, {cell(value.high)}]" if value.low is not None else ""
        return f"{cell(value.value)}{interval}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
