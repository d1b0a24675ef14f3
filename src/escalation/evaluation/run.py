"""One run of engines over a corpus: every answer, and the models that gave them; all figures come from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from escalation.errors import CorpusError
from escalation.evaluation.answers import (
    Fold,
    answer_columns,
    answer_splits,
    answers_of,
    indicators,
    merge_folds,
    outer_splits,
)
from escalation.evaluation.growth import thinned
from escalation.rules.rulebook import DISPOSITIONS
from escalation.training.corpus import seen_tasks
from escalation.training.fit import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.answers import Answers
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus
    from escalation.training.fit import Prepared

    Progress = Callable[[str, int, int], None]

_LISTED = 3


@dataclass(frozen=True)
class Run:
    """What engines answered to a corpus.

    Attributes
    ----------
    corpus : Corpus
    data : Prepared
        The same tasks as they were answered.
    engines : tuple of str
    method : {"cross-validation", "unseen"}
        ``unseen`` where nothing is fitted to the corpus.
    model : Model or None
        What answered where nothing is fitted to the corpus; None for the rules alone.
    folds : list of Fold
        All tasks, by the model that answered them. Where nothing is fitted there is one.
    growing : list of Fold
        The first fold's tasks answered once more, by models of fewer projects; see `escalation.evaluation.growth`.
    overlap : tuple of str
        Ids of tasks that the model was trained on, where that was allowed.
    """

    corpus: Corpus
    data: Prepared
    engines: tuple[Engine, ...]
    method: Literal["cross-validation", "unseen"]
    model: Model | None
    folds: list[Fold]
    growing: list[Fold]
    overlap: tuple[str, ...] = ()

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook that the labels are of."""
        return self.data.rulebook

    @property
    def engine(self) -> Engine:
        """The engine that details are about: the first."""
        return self.engines[0]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of targets and answers."""
        return answer_columns(self.rulebook)

    @cached_property
    def targets(self) -> NDArray[np.int8]:
        """What is right, of shape (tasks, columns)."""
        return indicators(self.columns, self.data.answers)

    @cached_property
    def answers(self) -> dict[Engine, Answers]:
        """What each engine answered, in the order of the tasks."""
        return merge_folds(self.folds)


def run_engines(
    corpus: Corpus,
    rulebook: Rulebook,
    engines: Sequence[Engine],
    model: Model | None = None,
    progress: Progress | None = None,
    *,
    growth: bool = False,
    allow_overlap: bool = False,
) -> Run:
    """Answer a corpus by each engine.

    Parameters
    ----------
    corpus : Corpus
    rulebook : Rulebook
    engines : sequence of {"hybrid", "model", "rules"}
    model : Model, optional
        Scored on the corpus, which it must not have seen. Without one, models are fitted to the corpus
        itself, in cross-validation by group.
    progress : callable, optional
    growth : bool
        In cross-validation, also fit the models of the learning curve.
    allow_overlap : bool
        Go on where the model has seen some of the tasks, and say which.

    Raises
    ------
    CorpusError
        If no task needs anybody, a label is outside the roster, or the model was trained on some of these tasks.
    """
    check_roster(corpus, rulebook)
    if not any(row.escalate or row.collaborate for row in corpus.rows()):
        raise CorpusError(
            f"{corpus.path}: no task escalates or collaborates, so there is nothing to find; label the tasks first"
        )
    by_rules = set(engines) == {"rules"}
    asked = None if by_rules else model
    seen = tuple(seen_tasks(asked.about, corpus)) if asked is not None else ()
    if seen and not allow_overlap:
        listed = ", ".join(seen[:_LISTED]) + (", ..." if len(seen) > _LISTED else "")
        raise CorpusError(
            f"{corpus.path}: the model was trained on {len(seen):,} of these tasks ({listed}), so its figures would "
            "flatter; take them out, name a corpus that it has not seen, use --cross-validate, or go on with "
            "--allow-overlap"
        )
    data = prepare(corpus, rulebook)
    if asked is None and not by_rules:
        splits = outer_splits(data)
        fewer = thinned(data, splits[0]) if growth else []
        folds = list(answer_splits(data, splits, engines, fewer, progress))
        return Run(corpus, data, tuple(engines), "cross-validation", None, folds[: len(splits)], folds[len(splits) :])
    answers = {engine: answers_of(rulebook, asked, engine, data.tasks, progress) for engine in engines}
    whole = Fold(np.array([], np.intp), np.arange(len(data)), asked, answers)
    return Run(corpus, data, tuple(engines), "unseen", asked, [whole], [], seen)


def check_roster(corpus: Corpus, rulebook: Rulebook) -> None:
    """Refuse a corpus with a label that the rulebook does not know.

    Raises
    ------
    CorpusError
        The message names the line.
    """
    known = set(answer_columns(rulebook))
    for row in corpus.rows():
        for disposition in DISPOSITIONS:
            for mode in getattr(row, disposition):
                if f"{disposition}:{mode}" not in known:
                    raise CorpusError(
                        f"{corpus.path}, line {row.line}: {disposition}s {mode!r}, which the rulebook "
                        f"{rulebook.name!r} does not know; correct the label or name the rulebook"
                    )
