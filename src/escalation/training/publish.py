"""Train on a corpus and publish the model only if the oracle has nothing against it."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from escalation.errors import FindingError
from escalation.files import require
from escalation.model import check_place, write_model
from escalation.predictor import Predictor
from escalation.training.behaviour import check_behaviour, read_cases
from escalation.training.corpus import digests, read_corpus
from escalation.training.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from escalation.model import Model
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus
    from escalation.training.fit import Fitted
    from escalation.training.oracle import Finding

    Progress = Callable[[str, int, int], None]

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "mapie")
_LISTED = 5


def train(
    corpus_path: Path,
    rulebook: Rulebook,
    out: Path,
    progress: Progress | None = None,
    behaviour: Path | None = None,
) -> Model:
    """Check a corpus, train on it, let oracle and behaviour cases look at the model, and write the model directory.

    Parameters
    ----------
    corpus_path : Path
    rulebook : Rulebook
    out : Path
        The model directory; an older one stays as it is unless all goes well.
    progress : callable, optional
        Called with what is being done, steps done and steps in all.
    behaviour : Path, optional
        Behaviour cases that the model must pass.

    Returns
    -------
    Model
        The model that was written. The same corpus, rulebook and libraries give the same bytes.

    Raises
    ------
    MissingExtraError
        If the extra ``train`` is not installed.
    CorpusError
        If the corpus is refused.
    FindingError
        If the trained model has a hard finding.
    InputError
        If the place cannot be written, or the behaviour cases cannot be read.
    """
    require("train", "Training")
    from escalation.training.checks import check_corpus
    from escalation.training.fit import fit, prepare

    check_place(out)
    cases = read_cases(behaviour) if behaviour else []
    corpus = read_corpus(corpus_path)
    check_corpus(corpus, rulebook)
    fitted = fit(prepare(corpus, rulebook), progress=progress)
    model = replace(fitted.model, about=_about(out.name, corpus, rulebook, fitted))
    findings = check_model(model, rulebook, corpus) + check_behaviour(Predictor(rulebook, model), cases)
    if findings:
        listed = "; ".join(f"{f.code} in {f.task}: {f.message}" for f in findings[:_LISTED])
        raise FindingError(
            f"{out}: not written, for the trained model has {len(findings)} hard findings: {listed}; "
            "add tasks that teach it better, or mend the rulebook"
        )
    write_model(model, out, rulebook)
    return model


def check_model(model: Model, rulebook: Rulebook, corpus: Corpus) -> list[Finding]:
    """Give the hard findings of a model's answers: on the source's examples and on a corpus."""
    oracle, predictor = Oracle(rulebook), Predictor(rulebook, model)
    findings = oracle.check_examples(predictor)
    for row in corpus.rows():
        answer = predictor.predict(row.text, stack=row.stack)
        findings += oracle.check_answer(row.id, row.text, row.stack, answer)
    return findings


def _about(name: str, corpus: Corpus, rulebook: Rulebook, fitted: Fitted) -> dict[str, Any]:
    from sklearn.metrics import average_precision_score, brier_score_loss

    from escalation.training.caution import CONFIDENCE, RECALL

    targets = corpus.targets(rulebook, rulebook.labels)
    figures = {
        label: {
            "average_precision": round(
                float(average_precision_score(targets[:, column], fitted.out_of_fold[:, column])), 4
            ),
            "brier": round(float(brier_score_loss(targets[:, column], fitted.out_of_fold[:, column])), 4),
        }
        for column, label in enumerate(rulebook.labels)
    }
    return {
        "name": name,
        "version": version("escalation-predictor"),
        "corpus": {
            "sha256": corpus.sha256,
            "tasks": len(corpus),
            "groups": int(corpus.tasks["group"].nunique()),
            "texts": digests(corpus),
        },
        "caution": {"recall": RECALL, "confidence": CONFIDENCE},
        "figures": {"method": "out of fold by project, without thresholds", "labels": figures},
        "libraries": {library: version(library) for library in _LIBRARIES},
    }
