"""One run of engines over a corpus: all answers, and the models that gave them. Every figure is computed from it."""

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
    answer_tasks,
    indicators,
    merge_folds,
    outer_splits,
)
from escalation.evaluation.learning import smaller_splits
from escalation.rules.rulebook import DISPOSITIONS, Label
from escalation.training.corpus import seen_tasks
from escalation.training.fit import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from escalation.evaluation.answers import Answers
    from escalation.files import Progress
    from escalation.model import Model
    from escalation.model.decision import Engine
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus
    from escalation.training.fit import Prepared

_LISTED = 3


@dataclass(frozen=True)
class Run:
    """What engines answered to a corpus.

    Attributes
    ----------
    corpus : Corpus
    data : Prepared
        The same tasks, with their cues and verdicts.
    engines : tuple of str
    method : {"cross-validation", "unseen"}
        ``unseen`` if nothing was fitted to the corpus.
    model : Model or None
        What answered if nothing was fitted to the corpus; None for the rules alone.
    folds : list of Fold
        All tasks, by the model that answered them; a single fold if nothing was fitted.
    growing : list of Fold
        The first fold's tasks, answered again by models of fewer projects; see `escalation.evaluation.learning`.
    overlap : tuple of str
        Ids of tasks that the model was trained on, if that was allowed.
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
        """The rulebook that the labels belong to."""
        return self.data.rulebook

    @property
    def engine(self) -> Engine:
        """The first engine, which the details are about."""
        return self.engines[0]

    @cached_property
    def columns(self) -> tuple[Label, ...]:
        """The columns of targets and answers."""
        return answer_columns(self.rulebook)

    @cached_property
    def targets(self) -> NDArray[np.int8]:
        """The right answers, of shape (tasks, columns)."""
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
    """Answer a corpus with each engine.

    Parameters
    ----------
    corpus : Corpus
    rulebook : Rulebook
    engines : sequence of {"hybrid", "model", "rules"}
    model : Model, optional
        Answers the corpus, which it must not have seen. Without one, models are fitted to the corpus itself, in
        cross-validation by project.
    progress : callable, optional
    growth : bool
        In cross-validation, also fit the models of the learning curve.
    allow_overlap : bool
        Continue if the model has seen some of the tasks, and list them in the result.

    Returns
    -------
    Run

    Raises
    ------
    CorpusError
        If no task needs a specialist, a label is not on the roster, or the model was trained on some of the tasks.
    """
    check_roster(corpus, rulebook)
    if not any(row.escalate or row.collaborate for row in corpus.rows()):
        raise CorpusError(
            f"{corpus.path}: no task escalates or collaborates, so there is nothing to find; label the tasks first"
        )
    rules_only = set(engines) == {"rules"}
    asked = None if rules_only else model
    seen = tuple(seen_tasks(asked, corpus)) if asked is not None else ()
    if seen and not allow_overlap:
        raise CorpusError(
            f"{corpus.path}: the model was trained on {some_tasks(seen)}, so its figures would be too good; "
            "use tasks it has not seen, --cross-validate, or --allow-overlap to continue and list them"
        )
    data = prepare(corpus, rulebook)
    if asked is None and not rules_only:
        splits = outer_splits(data)
        smaller = smaller_splits(data, splits[0]) if growth else []
        work = [(split, engines) for split in splits] + [(split, engines[:1]) for split in smaller]
        folds = list(answer_splits(data, work, progress))
        return Run(corpus, data, tuple(engines), "cross-validation", None, folds[: len(splits)], folds[len(splits) :])
    answers = {engine: answer_tasks(rulebook, asked, engine, data.tasks, progress) for engine in engines}
    whole = Fold(np.array([], np.intp), np.arange(len(data)), asked, answers)
    return Run(corpus, data, tuple(engines), "unseen", asked, [whole], [], seen)


def some_tasks(ids: Sequence[str]) -> str:
    """Return how many tasks there are, with the first ids, as an error message lists them."""
    return f"{len(ids):,} of these tasks ({', '.join(ids[:_LISTED])}{', ...' if len(ids) > _LISTED else ''})"


def check_roster(corpus: Corpus, rulebook: Rulebook) -> None:
    """Check that the rulebook knows every label of a corpus.

    Raises
    ------
    CorpusError
        If it does not; the message has the line.
    """
    known = set(answer_columns(rulebook))
    for row in corpus.rows():
        for disposition in DISPOSITIONS:
            for mode in getattr(row, disposition):
                label = Label(disposition, mode)
                if label not in known:
                    raise CorpusError(
                        f"{corpus.path}, line {row.line}: label {label} is not in the rulebook "
                        f"{rulebook.name!r}; correct the label, or name another rulebook with --rulebook"
                    )
