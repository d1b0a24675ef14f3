"""Train on a corpus, and publish the model only if oracle and behaviour cases find nothing wrong with it."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from escalation.errors import CorpusError, FindingError
from escalation.files import require
from escalation.model import ModelInfo, check_place, write_model
from escalation.model.info import CorpusInfo, LabelFit, Recall
from escalation.predictor import Predictor
from escalation.rules.rulebook import CORE
from escalation.training.behaviour import check_behaviour, read_cases
from escalation.training.corpus import digests, listed, near_duplicates, read_corpus
from escalation.training.oracle import Finding, Oracle, validate
from escalation.training.probes import make_probes, read_inputs
from escalation.training.robustness import check_robustness, missed_goals

if TYPE_CHECKING:
    from pathlib import Path

    from escalation.files import Progress
    from escalation.model import Model
    from escalation.rules.rulebook import Rulebook
    from escalation.training.corpus import Corpus
    from escalation.training.fit import Fitted

MAX_NEAR_SHARE = 0.01
"""Share of the tasks that may have a near-duplicate in another group."""
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "mapie")


def train(
    corpus_path: Path,
    rulebook: Rulebook,
    out: Path,
    progress: Progress | None = None,
    behaviour: Path | None = None,
    robustness: Path | None = None,
) -> Model:
    """Check a corpus, train on it, check the model, and write the model directory.

    Parameters
    ----------
    corpus_path, out : Path
        The corpus, and the model directory. An older one is replaced only if all goes well.
    rulebook : Rulebook
    progress : Progress, optional
    behaviour : Path, optional
        Behaviour cases that the model must pass.
    robustness : Path, optional
        Inputs of the robustness suite, whose gates the model must hold.

    Returns
    -------
    Model
        The model that was written. The same corpus, rulebook and libraries produce the same bytes.

    Raises
    ------
    MissingExtraError
        If the extra ``train`` is not installed.
    CorpusError
        If the corpus cannot be read or trained on.
    FindingError
        If there are hard findings about the trained model.
    InputError
        If the place cannot be written to, or the behaviour cases cannot be read.
    """
    require("train", "Training")
    from escalation.training.fit import fit, prepare  # imports scikit-learn, which `train` may find missing

    check_place(out)
    cases = read_cases(behaviour) if behaviour else []
    inputs = read_inputs(robustness) if robustness else None
    corpus = read_corpus(corpus_path)
    check_corpus(corpus, rulebook)
    fitted = fit(prepare(corpus, rulebook), progress=progress)
    model = fitted.model
    model.info, model.seen = _info(out.name, corpus, rulebook, fitted), digests(corpus)
    predictor = Predictor(rulebook, model)
    findings = validate(corpus, rulebook, model, progress).hard + check_behaviour(predictor, cases)
    if inputs is not None:
        figures = check_robustness(predictor, make_probes(inputs, rulebook), progress)
        findings += [Finding("H8", "high", kind, message) for kind, message in missed_goals(figures, inputs.gates)]
        counts = {kind: found.all for kind, found in figures.items()}
        model.info = msgspec.structs.replace(model.info, robustness=counts)
    if findings:
        raise FindingError(
            f"{out}: not written, because there are {len(findings)} hard findings about the trained model: "
            f"{listed(findings)}; add tasks that teach it better, or correct the rulebook"
        )
    write_model(model, out, rulebook)
    return model


def check_corpus(corpus: Corpus, rulebook: Rulebook) -> None:
    """Check that a model can be trained on a corpus.

    Raises
    ------
    CorpusError
        If there are hard findings about its labels, a label of the rulebook has no task, every task is own work, or
        more than 1 % of the tasks have a near-duplicate in another group.
    """
    oracle = Oracle(rulebook)
    findings: list[Finding] = []
    for row in corpus.rows():
        evidence = oracle.engine.reader.read(row.text, row.stack)
        findings += oracle.check(row.id, evidence, row.escalate, row.collaborate)
    if findings:
        wrong = f"{len(findings)} wrong labels: {listed(findings)}"
        raise CorpusError(f"{corpus.path}: {wrong}; correct them (see `escalation validate`)")
    counts = dict(zip(rulebook.labels, corpus.targets(rulebook, rulebook.labels).sum(axis=0), strict=True))
    unused = ", ".join(label for label, count in counts.items() if count == 0)
    if unused:
        raise CorpusError(f"{corpus.path}: no task has {unused}; write some, or remove the label from the rulebook")
    if counts[CORE] == len(corpus):
        raise CorpusError(f"{corpus.path}: every task is core; write some that are handed over as a whole")
    pairs = near_duplicates(corpus)
    doubled = {task for pair in pairs for task in pair[:2]}
    if len(doubled) > MAX_NEAR_SHARE * len(corpus):
        raise CorpusError(
            f"{corpus.path}: {len(doubled)} tasks have a near-duplicate in another project, more than "
            f"{MAX_NEAR_SHARE:.0%} of all: {listed([f'{a} and {b} ({cosine:.2f})' for a, b, cosine in pairs])}; "
            "rewrite them, or put each pair into one project"
        )


def _info(name: str, corpus: Corpus, rulebook: Rulebook, fitted: Fitted) -> ModelInfo:
    from sklearn.metrics import average_precision_score, brier_score_loss

    from escalation.training.policies import CONFIDENCE, RECALL

    fit: dict[str, LabelFit] = {}
    targets = corpus.targets(rulebook, rulebook.labels)
    for label, target, probabilities in zip(rulebook.labels, targets.T, fitted.out_of_fold.T, strict=True):
        precision = float(average_precision_score(target, probabilities))
        fit[label] = LabelFit(round(precision, 4), round(float(brier_score_loss(target, probabilities)), 4))
    return ModelInfo(
        name=name,
        version=version("escalation-predictor"),
        corpus=CorpusInfo(corpus.sha256, len(corpus), int(corpus.tasks["group"].nunique())),
        caution=Recall(RECALL, CONFIDENCE),
        fit=fit,
        libraries={library: version(library) for library in _LIBRARIES},
    )
