"""Audit a corpus: what it contains, whether its labels can be trusted, and what more tasks would bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score, f1_score

from escalation.errors import CorpusError
from escalation.evaluation.answers import answer_columns, indicators
from escalation.evaluation.learning import learning_curve, leave_kinds_out
from escalation.evaluation.run import run_engines
from escalation.files import parse_json, read_text, require
from escalation.rules.rulebook import CORE
from escalation.training.corpus import NEAR, grouped_labels, near_duplicates
from escalation.training.fit import fit, prepare
from escalation.training.oracle import Agreement, Oracle

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from escalation.files import Progress
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus
    from escalation.training.fit import Prepared

RANDOM_DRAW = "random"
"""Value of the key ``draw`` of tasks that were not chosen for their labels."""
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_READERS = ("first", "second")


def audit(
    corpus: Corpus,
    rulebook: Rulebook,
    reference: Corpus | None = None,
    second: Path | None = None,
    *,
    curve: bool = True,
    doubtful: int = 200,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Describe a corpus and measure what it teaches. The corpus is not changed.

    Parameters
    ----------
    corpus : Corpus
    rulebook : Rulebook
    reference : Corpus, optional
        Real tasks to compare with; models answer them and are never fitted to them.
    second : Path, optional
        Two blind labellings of the same tasks; see `agreement_of_readers`.
    curve : bool
        Also fit the models of the learning curve, and those without each targeted kind, which takes minutes.
    doubtful : int
        How many of the most doubtful tasks to list.
    progress : callable, optional

    Returns
    -------
    dict
        ``corpus``; ``counts``; ``near_duplicates`` in other projects; ``rates``, the share of tasks with each label,
        of the corpus and of the reference; ``doubtful``, see `rank_doubtful`; ``rules``, how often the rules agree with
        each label; ``agreement`` of two readers; ``curve`` and ``kinds``, see `escalation.evaluation.learning`.

    Raises
    ------
    MissingExtraError
        If the extra ``audit`` is not installed.
    """
    require("audit", "An audit")
    data = prepare(corpus, rulebook)
    pairs = near_duplicates(corpus)
    report: dict[str, Any] = {
        "corpus": {"path": corpus.path.name, "sha256": corpus.sha256},
        "counts": count_tasks(corpus, rulebook),
        "near_duplicates": {
            "cosine": NEAR,
            "share": len({name for pair in pairs for name in pair[:2]}) / len(corpus),
            "pairs": pairs,
        },
        "rates": {"corpus": label_rates(corpus, rulebook)},
        "doubtful": rank_doubtful(data, fit(data).out_of_fold, doubtful),
        "rules": _agreement_of_rules(corpus, rulebook),
    }
    if second is not None:
        report["agreement"] = agreement_of_readers(second, rulebook)
    if reference is not None:
        report["rates"]["reference"] = label_rates(reference, rulebook)
    if curve:
        real = None if reference is None else prepare(reference, rulebook)
        run = run_engines(corpus, rulebook, ["hybrid"], progress=progress, growth=True)
        kinds = corpus.tasks["kind"].to_numpy(dtype=str)
        report["curve"] = msgspec.to_builtins(learning_curve(run, real))
        report["kinds"] = msgspec.to_builtins(leave_kinds_out(run, kinds, real, progress))
    return report


def count_tasks(corpus: Corpus, rulebook: Rulebook) -> dict[str, Any]:
    """Count tasks by label, kind, register, domain and length in words."""
    tasks = corpus.tasks
    words = pd.Series([len(text.split()) for text in tasks["text"]])
    targets = corpus.targets(rulebook, rulebook.labels)
    return {
        "tasks": len(tasks),
        "projects": int(tasks["group"].nunique()),
        "labels": dict(zip(rulebook.labels, targets.sum(axis=0).tolist(), strict=True)),
        "label_free": float((targets[:, [label != CORE for label in rulebook.labels]].sum(axis=1) == 0).mean()),
        "with_stack": float(tasks["stack"].map(bool).mean()),
        "kinds": tasks["kind"].value_counts().to_dict(),
        "registers": tasks["register"].value_counts().to_dict(),
        "domains": int(tasks["domain"].nunique()),
        "words": {f"{quantile:.0%}": float(words.quantile(quantile)) for quantile in _QUANTILES},
    }


def label_rates(corpus: Corpus, rulebook: Rulebook) -> dict[str, float]:
    """Return the share of the tasks that have each label; of a random draw, if the corpus marks one."""
    drawn = corpus.tasks["draw"].to_numpy(dtype=str) == RANDOM_DRAW
    chosen = drawn if drawn.any() else np.ones(len(drawn), bool)
    shares = corpus.targets(rulebook, rulebook.labels)[chosen].mean(axis=0)
    return dict(zip(rulebook.labels, shares.tolist(), strict=True))


def agreement_of_readers(path: Path, rulebook: Rulebook) -> dict[str, Any]:
    """Return how far two readers agree who labelled the same tasks without seeing each other's labels.

    Parameters
    ----------
    path : Path
        JSON lines with ``first`` and ``second``, each with ``escalate``, ``collaborate`` and ``core``.
    rulebook : Rulebook

    Returns
    -------
    dict
        ``tasks``; ``differing`` tasks; ``micro_f1`` without core; ``labels``, each with Cohen's ``kappa`` (1960;
        None if nothing varies) and how often each reader used it.

    Raises
    ------
    CorpusError
        If the file cannot be read, is empty, or has an invalid line.
    """
    columns = answer_columns(rulebook)
    rows: dict[str, list[NDArray[np.int8]]] = {reader: [] for reader in _READERS}
    for number, line in enumerate(read_text(path, CorpusError, "name a file of two labellings").splitlines(), 1):
        try:
            data = parse_json(line)
            for reader in _READERS:
                labels = data[reader]
                row = labels["escalate"], labels["collaborate"], labels["core"]
                rows[reader].append(indicators(columns, [row]))
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusError(
                f"{path}, line {number}: is not a pair of labellings by this rulebook ({error!r}); correct it"
            ) from error
    if not rows["first"]:
        raise CorpusError(f"{path}: is empty; add pairs of labellings, one a line")
    first, second = (np.vstack(rows[reader]) for reader in _READERS)
    modes = [index for index, column in enumerate(columns) if column != CORE]
    found = {}
    for index, column in enumerate(columns):
        one, other = first[:, index], second[:, index]
        if one.any() or other.any():
            varies = one.min() != one.max() or other.min() != other.max()
            kappa = float(cohen_kappa_score(one, other)) if varies else None
            found[column] = {"kappa": kappa, "first": int(one.sum()), "second": int(other.sum())}
    return {
        "tasks": len(first),
        "differing": int((first != second).any(axis=1).sum()),
        "micro_f1": float(f1_score(first[:, modes], second[:, modes], average="micro", zero_division=1.0)),
        "labels": found,
    }


def rank_doubtful(data: Prepared, out_of_fold: NDArray[np.float64], most: int) -> list[dict[str, Any]]:
    """Rank tasks by the quality of their labels (confident learning, Northcutt, Jiang and Chuang 2021; cleanlab).

    A low score is a reason to read a task again, not a proof: what the model has not learned looks the same.

    Parameters
    ----------
    data : Prepared
    out_of_fold : array of shape (tasks, labels)
        Calibrated probabilities by models that have not seen the task.
    most : int
        How many tasks to return.

    Returns
    -------
    list of dict
        ``id``, ``score`` (0 to 1), the least likely ``label`` and whether it was ``given``, by ascending score.
    """
    from cleanlab.multilabel_classification.rank import get_label_quality_scores

    labelled = [np.flatnonzero(row).tolist() for row in data.targets]
    scores = np.asarray(get_label_quality_scores(labelled, out_of_fold))
    surprise = np.abs(data.targets - out_of_fold)
    found = []
    for row in np.argsort(scores, kind="stable")[:most]:
        column = int(surprise[row].argmax())
        found.append(
            {
                "id": data.tasks[row].id,
                "score": round(float(scores[row]), 4),
                "label": data.labels[column],
                "given": bool(data.targets[row, column]),
            }
        )
    return found


def _agreement_of_rules(corpus: Corpus, rulebook: Rulebook) -> dict[str, Any]:
    oracle, agreements = Oracle(rulebook), dict[str, Agreement]()
    for row in corpus.rows():
        verdicts = oracle.engine.verdicts(row.text, row.stack)
        oracle.compare(row.id, verdicts, grouped_labels(rulebook, row.escalate, row.collaborate), agreements)
    return {label: agreement.to_dict() for label, agreement in agreements.items()}
