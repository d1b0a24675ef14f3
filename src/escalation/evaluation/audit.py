"""Audit a corpus: what it contains, whether its labels can be trusted, and what more tasks would bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score

from escalation.errors import CorpusError
from escalation.evaluation.evidence import check_evidence
from escalation.evaluation.learning import learning_curve, leave_kinds_out
from escalation.evaluation.run import answer_columns, indicators, run_engines
from escalation.files import convert, parse_json, read_text, require
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
        ``corpus``; ``findings`` about its evidence; ``counts``; ``near_duplicates`` in other projects; ``rates``, the
        share of tasks with each label, of the corpus and of the reference; ``doubtful`` labels; ``rules``, how often
        the rules agree with each label; ``agreement`` of two readers; ``curve`` and ``kinds``, see
        `escalation.evaluation.learning`.

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
        "findings": [msgspec.to_builtins(finding) for finding in check_evidence(corpus)],
        "counts": _counts(corpus, rulebook),
        "near_duplicates": {
            "cosine": NEAR,
            "share": len({name for pair in pairs for name in pair[:2]}) / len(corpus),
            "pairs": pairs,
        },
        "rates": {"corpus": _label_rates(corpus, rulebook)},
        "doubtful": _doubtful_labels(data, fit(data).out_of_fold, doubtful),
        "rules": _agreement_of_rules(corpus, rulebook),
    }
    if second is not None:
        report["agreement"] = agreement_of_readers(second, rulebook)
    if reference is not None:
        report["rates"]["reference"] = _label_rates(reference, rulebook)
    if curve:
        real = None if reference is None else prepare(reference, rulebook)
        run = run_engines(corpus, rulebook, ["hybrid"], progress=progress, growth=True)
        report["curve"] = msgspec.to_builtins(learning_curve(run, real))
        report["kinds"] = msgspec.to_builtins(leave_kinds_out(run, real, progress))
    return report


def _counts(corpus: Corpus, rulebook: Rulebook) -> dict[str, Any]:
    """Count tasks by label, kind, register, genre, domain and length in words."""
    tasks, targets = corpus.tasks, corpus.targets(rulebook, rulebook.labels)
    needs_specialist = targets[:, [label != CORE for label in rulebook.labels]].any(axis=1)
    words = tasks["text"].map(lambda text: len(text.split()))
    return {
        "tasks": len(tasks),
        "projects": tasks["group"].nunique(),
        "labels": dict(zip(rulebook.labels, targets.sum(axis=0).tolist(), strict=True)),
        "label_free": float((~needs_specialist).mean()),
        "with_stack": float(tasks["stack"].map(bool).mean()),
        "kinds": tasks["kind"].value_counts().to_dict(),
        "registers": tasks["register"].value_counts().to_dict(),
        "genres": tasks["genre"].value_counts().to_dict(),
        "with_evidence": int(tasks["evidence"].notna().sum()),
        "domains": tasks["domain"].nunique(),
        "words": {f"{quantile:.0%}": float(words.quantile(quantile)) for quantile in (0.1, 0.25, 0.5, 0.75, 0.9)},
    }


def _label_rates(corpus: Corpus, rulebook: Rulebook) -> dict[str, float]:
    """Return the share of the tasks that have each label; of a random draw, if the corpus marks one."""
    targets, drawn = corpus.targets(rulebook, rulebook.labels), corpus.tasks["draw"].to_numpy() == "random"
    shares = (targets[drawn] if drawn.any() else targets).mean(axis=0)
    return dict(zip(rulebook.labels, shares.tolist(), strict=True))


class _Labelling(msgspec.Struct):
    escalate: tuple[str, ...]
    collaborate: tuple[str, ...]
    core: bool


class _Pair(msgspec.Struct):
    first: _Labelling
    second: _Labelling


def agreement_of_readers(path: Path, rulebook: Rulebook) -> dict[str, Any]:
    """Return how far two readers agree who labelled the same tasks without seeing each other's labels.

    Each line of the file has ``first`` and ``second``, each with ``escalate``, ``collaborate`` and ``core``. The result
    counts ``tasks`` and ``differing`` ones, and has ``micro_f1`` without core and by label Cohen's ``kappa`` (1960;
    None if nothing varies) and how often each reader used it.

    Raises
    ------
    CorpusError
        If the file cannot be read, is empty, or has an invalid line.
    """
    columns = answer_columns(rulebook)
    rows = []
    for number, line in enumerate(read_text(path, CorpusError, "name a file of two labellings").splitlines(), 1):
        try:
            pair = convert(parse_json(line), _Pair)
            rows.append(indicators(columns, map(msgspec.structs.astuple, (pair.first, pair.second))))
        except (ValueError, KeyError) as error:
            raise CorpusError(
                f"{path}, line {number}: is not a pair of labellings by this rulebook ({error}); correct it"
            ) from error
    if not rows:
        raise CorpusError(f"{path}: is empty; add pairs of labellings, one a line")
    first, second = np.stack(rows, axis=1)
    labels = {}
    for column, one, other in zip(columns, first.T, second.T, strict=True):
        used = {"first": int(one.sum()), "second": int(other.sum())}
        if any(used.values()):
            varies = one.min() != one.max() or other.min() != other.max()
            labels[column] = {"kappa": float(cohen_kappa_score(one, other)) if varies else None, **used}
    modes = [column != CORE for column in columns]
    return {
        "tasks": len(rows),
        "differing": int((first != second).any(axis=1).sum()),
        "micro_f1": float(f1_score(first[:, modes], second[:, modes], average="micro", zero_division=1.0)),
        "labels": labels,
    }


def _doubtful_labels(data: Prepared, out_of_fold: NDArray[np.float64], most: int) -> list[dict[str, Any]]:
    """Return the tasks whose labels are the least likely (confident learning, Northcutt, Jiang and Chuang 2021).

    A low score is a reason to read a task again, not a proof: what the model has not learned looks the same. Each task
    comes with its least likely label, and whether it was given.
    """
    from cleanlab.multilabel_classification.rank import get_label_quality_scores  # from the extra

    scores = get_label_quality_scores([np.flatnonzero(row).tolist() for row in data.targets], out_of_fold)
    least_likely = np.abs(data.targets - out_of_fold).argmax(axis=1)
    return [
        {
            "id": data.tasks[row].id,
            "score": round(float(scores[row]), 4),
            "label": data.labels[least_likely[row]],
            "given": bool(data.targets[row, least_likely[row]]),
        }
        for row in np.argsort(scores, kind="stable")[:most]
    ]


def _agreement_of_rules(corpus: Corpus, rulebook: Rulebook) -> dict[str, Any]:
    oracle, agreements = Oracle(rulebook), dict[str, Agreement]()
    for row in corpus.rows():
        verdicts = oracle.engine.verdicts(row.text, row.stack)
        oracle.compare(row.id, verdicts, grouped_labels(rulebook, row.escalate, row.collaborate), agreements)
    return {label: agreement.to_dict() for label, agreement in agreements.items()}
