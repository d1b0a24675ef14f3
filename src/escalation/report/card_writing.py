"""Write a model card: prose from a template, facts from the model, figures from their file."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation.errors import InputError
from escalation.model.policy import joint_targets
from escalation.report.card_markdown import averages_table, certainty_table, labels_table, registers_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from escalation.model import Model
    from escalation.report.card_figures import Figures
    from escalation.rules.rulebook import Rulebook
    from escalation.training.behaviour import Case

TEMPLATE = "card.md.jinja"
_ENGINE = "hybrid"
_WEAKEST = 5
_SUPPORT = 30
"""A label with fewer tasks is not named among the weakest: its F1 says little."""


def write_card(
    model: Model,
    rulebook: Rulebook,
    figures: Figures,
    cases: Sequence[Case] = (),
    command: str = "escalation train",
    template: Path | None = None,
) -> str:
    """Write a model card as Markdown.

    Parameters
    ----------
    model : Model
    rulebook : Rulebook
    figures : Figures
        Measured with this model.
    cases : sequence of Case
        Behaviour cases; those that are known to fail are told.
    command : str
        What makes the model again.
    template : Path, optional
        Prose of one's own, in Jinja; by default the file `TEMPLATE` of this package, which it may extend.

    Raises
    ------
    InputError
        If the template cannot be read or used.
    """
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    try:
        prose = template.read_text(encoding="utf-8") if template else f'{{% extends "{TEMPLATE}" %}}'
        text = environment.from_string(prose).render(_facts(model, rulebook, figures, cases, command))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{template}: cannot be read ({error}); name a template of UTF-8 text") from error
    except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What an expression in somebody's template raises, beside Jinja's own.
        line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        raise InputError(f"{template or TEMPLATE}{line}: {error}; see {TEMPLATE} for what a card may say") from error
    return f"{text.strip()}\n"


def _facts(model: Model, rulebook: Rulebook, figures: Figures, cases: Sequence[Case], command: str) -> dict[str, Any]:
    """All that a template may use."""
    known = Counter(case.known for case in cases if case.known)
    return {
        "model": model.about,
        "rulebook": rulebook,
        "parts": figures.parts,
        "created_by": figures.created_by,
        "version": version("escalation-predictor"),
        "grams": model.lexicon.grams,
        "wordings": len(model.lexicon.names),
        "labels": model.labels,
        "nested": joint_targets(model.labels),
        "known_share": model.known_share,
        "by_rules": [label for label, policy in model.policies.items() if policy.by_rules],
        "not_attainable": [label for label, policy in model.policies.items() if policy.cautious[_ENGINE] is None],
        "weakest": _weakest(figures),
        "averages_table": averages_table(figures),
        "certainty_table": certainty_table(figures, _ENGINE),
        "labels_table": labels_table(figures, _ENGINE),
        "registers_table": registers_table(figures),
        "cases": len(cases),
        "known_failures": known.most_common(),
        "command": command,
    }


def _weakest(figures: Figures) -> list[str]:
    labels = figures.parts["cross_validation"]["engines"][_ENGINE]["labels"]
    supported = [label for label, row in labels.items() if row["support"] >= _SUPPORT]
    return sorted(supported, key=lambda label: labels[label]["f1"] or 0.0)[:_WEAKEST]
