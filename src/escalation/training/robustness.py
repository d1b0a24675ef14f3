"""Count how answers hold when a text is framed, joined, diluted, misspelt or wrapped.

An answer is right if it has the labels that the text expects and no other, and `core` as expected. Nothing here knows
the home mode: the texts are made from data by `escalation.training.probes`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from escalation.model.info import Counts
from escalation.rules.rulebook import DISPOSITIONS, Label

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from escalation.files import Progress
    from escalation.predictor import Predictor
    from escalation.training.probes import Probe


_NOT_SAID = object()
"""In place of `unclear` where answers do not have it."""


class Example(msgspec.Struct, frozen=True):
    """A text that is answered wrongly, and what is wrong with the answer."""

    text: str
    fault: str


class KindFigures(msgspec.Struct, frozen=True):
    """Figures of one kind, those of its variants, and an example of each variant that has a wrong answer."""

    all: Counts
    variants: dict[str, Counts]
    examples: dict[str, Example]


class _Outcome(msgspec.Struct, frozen=True):
    """One text's answer beside what is right; None for what is not expected or not answered."""

    text: str
    expected: int
    missing: tuple[Label, ...]
    extra: tuple[Label, ...] | None
    core_wrong: bool | None
    unclear_wrong: bool | None

    @property
    def fault(self) -> str:
        """What is wrong, or nothing."""
        faults = [
            f"missing {', '.join(self.missing)}" if self.missing else "",
            f"too many: {', '.join(self.extra)}" if self.extra else "",
            "core is wrong" if self.core_wrong else "",
            "the reason of unclear is wrong" if self.unclear_wrong else "",
        ]
        return "; ".join(filter(None, faults))


def check_robustness(
    predictor: Predictor, probes: Sequence[Probe], progress: Progress | None = None
) -> dict[str, KindFigures]:
    """Answer every text and count by kind.

    Parameters
    ----------
    predictor : Predictor
    probes : sequence of Probe
    progress : callable, optional
        Called with the texts answered so far.

    Returns
    -------
    dict of str to KindFigures
    """
    outcomes: dict[str, dict[str, list[_Outcome]]] = defaultdict(lambda: defaultdict(list))
    for done, probe in enumerate(probes, 1):
        outcomes[probe.kind][probe.variant].append(_answer(predictor, probe))
        if progress:
            progress("checking robustness", done, len(probes))
    return {kind: _figures(variants) for kind, variants in outcomes.items()}


def missed_goals(figures: dict[str, KindFigures], goals: dict[str, dict[str, float]]) -> list[tuple[str, str]]:
    """Return the kind of every goal that is missed, and a sentence.

    Parameters
    ----------
    figures : dict of str to KindFigures
    goals : dict of str to dict of str to float
        By kind and figure: recall must be at least the bound, every other figure at most. A goal is missed too if its
        figure could not be counted.
    """
    missed = []
    for kind, bounds in goals.items():
        for name, bound in bounds.items():
            value = getattr(figures[kind].all, name) if kind in figures else None
            least = name == "recall"
            if value is None or (value < bound if least else value > bound):
                shown = "not counted" if value is None else f"{value:.3f}"
                missed.append((kind, f"{name} is {shown}, must be at {'least' if least else 'most'} {bound:.3f}"))
    return missed


def _answer(predictor: Predictor, probe: Probe) -> _Outcome:
    answer = predictor.predict(probe.text, probe.stack, reasons=False)
    given = {Label(side, entry.target) for side in DISPOSITIONS for entry in getattr(answer, side)}
    expected: frozenset[Label] = probe.labels or frozenset()
    unclear = getattr(answer, "unclear", _NOT_SAID)
    reason = None if unclear is None else getattr(unclear, "reason", None)
    return _Outcome(
        probe.text,
        len(expected),
        tuple(sorted(expected - given)),
        None if probe.labels is None else tuple(sorted(given - expected)),
        None if probe.core is None else answer.core.value != probe.core,
        None if probe.unclear is None or unclear is _NOT_SAID else reason != probe.unclear,
    )


def _figures(variants: dict[str, list[_Outcome]]) -> KindFigures:
    wrong = {name: [outcome for outcome in found if outcome.fault] for name, found in variants.items()}
    return KindFigures(
        _count([outcome for found in variants.values() for outcome in found]),
        {name: _count(found) for name, found in variants.items()},
        {name: Example(found[0].text, found[0].fault) for name, found in wrong.items() if found},
    )


def _count(outcomes: Sequence[_Outcome]) -> Counts:
    expected = sum(outcome.expected for outcome in outcomes)
    extras = [len(outcome.extra) for outcome in outcomes if outcome.extra is not None]
    return Counts(
        texts=len(outcomes),
        wrong=sum(bool(outcome.fault) for outcome in outcomes) / len(outcomes),
        recall=1 - sum(len(outcome.missing) for outcome in outcomes) / expected if expected else None,
        misled=_mean([extra > 0 for extra in extras]),
        extra=_mean(extras),
        core_wrong=_mean([outcome.core_wrong for outcome in outcomes if outcome.core_wrong is not None]),
        unclear_wrong=_mean([outcome.unclear_wrong for outcome in outcomes if outcome.unclear_wrong is not None]),
    )


def _mean(values: Collection[float]) -> float | None:
    return sum(values) / len(values) if values else None
