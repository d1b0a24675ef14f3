"""Put the parts of an audit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from escalation.evaluation.audit_agreement import agreement
from escalation.evaluation.audit_counts import count, rates
from escalation.evaluation.audit_curve import learning_curve, leave_kinds_out
from escalation.evaluation.audit_form import distinguishability, variety
from escalation.evaluation.audit_noise import rank_doubtful
from escalation.files import require
from escalation.training.corpus import NEAR, grouped_labels, near_duplicates
from escalation.training.fit import fit, prepare
from escalation.training.oracle import Agreement, Oracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus

    Progress = Callable[[str, int, int], None]


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
    """Describe a corpus and measure what it teaches. Nothing is changed.

    Parameters
    ----------
    corpus : Corpus
    rulebook : Rulebook
    reference : Corpus, optional
        Real tasks to compare with; models are measured on them and never fitted to them.
    second : Path, optional
        Two blind labellings to compare; see `escalation.audit.agreement.agreement`.
    curve : bool
        Whether to fit the models of the learning curve and of leaving kinds out, which takes minutes.
    doubtful : int
        As many tasks as are listed whose labels a model finds unlikely.
    progress : callable, optional

    Returns
    -------
    dict
        ``counts``, ``near_duplicates``, ``variety``, ``form`` and ``rates`` (beside the reference's),
        ``agreement`` (of two readers), ``doubtful`` (ids, least likely first), ``rules`` (agreement a label),
        ``curve`` and ``kinds``.

    Raises
    ------
    MissingExtraError
        If the extra ``audit`` is not installed.
    """
    require("audit", "An audit")
    data = prepare(corpus, rulebook)
    pairs = near_duplicates(corpus)
    texts = corpus.tasks["text"].tolist()
    report: dict[str, Any] = {
        "corpus": {"path": corpus.path.name, "sha256": corpus.sha256},
        "counts": count(corpus, rulebook),
        "near_duplicates": {
            "cosine": NEAR,
            "share": len({name for pair in pairs for name in pair[:2]}) / len(corpus),
            "pairs": pairs,
        },
        "variety": {"corpus": variety(texts)},
        "rates": {"corpus": rates(corpus, rulebook)},
        "doubtful": rank_doubtful(data, fit(data).out_of_fold, doubtful),
        "rules": _agreement(corpus, rulebook),
    }
    if second is not None:
        report["agreement"] = agreement(second, rulebook)
    real = None
    if reference is not None:
        others = reference.tasks["text"].tolist()
        report["variety"]["reference"] = variety(others)
        report["rates"]["reference"] = rates(reference, rulebook)
        report["form"] = distinguishability(corpus, reference)
        real = prepare(reference, rulebook)
    if curve:
        report["curve"] = learning_curve(data, real, progress)
        report["kinds"] = leave_kinds_out(data, corpus.tasks["kind"].to_numpy(dtype=str), real, progress)
    return report


def _agreement(corpus: Corpus, rulebook: Rulebook) -> dict[str, Any]:
    oracle, counts = Oracle(rulebook), dict[str, Agreement]()
    for row in corpus.rows():
        verdicts = oracle.engine.verdicts(row.text, row.stack)
        oracle.compare(row.id, verdicts, grouped_labels(rulebook, row.escalate, row.collaborate), counts)
    return {label: agreement.to_dict() for label, agreement in counts.items()}
