"""From signals to decisions: one small learned policy a label joins model and rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from escalation.model.policy import log_odds, nested_heads, nested_logit, sigmoid
from escalation.rules.rulebook import CORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from escalation.model.classifier import Model
    from escalation.model.policy import LabelPolicy
    from escalation.rules.engine import Verdict

Engine = Literal["hybrid", "model", "rules"]
ENGINES: tuple[Engine, ...] = ("hybrid", "model", "rules")
Caution = Literal["normal", "high"]
CAUTIONS: tuple[Caution, ...] = ("normal", "high")
DOUBT = 0.5
"""A label that is not given is undecided from this share of its threshold on."""


class Decision(NamedTuple):
    """Whether a label is given, and what decided.

    Attributes
    ----------
    given : bool
    source : {"model", "rules"}
        ``rules`` where the label would be decided otherwise without what the rules say; for own work also where it
        follows from the other labels.
    probability : float or None
        Calibrated; None where no model was asked.
    score : float or None
        Its logit.
    threshold : float or None
        Probability from which the label is given.
    undecided : bool
        The label is not given, and not ruled out either.
    """

    given: bool
    source: Literal["model", "rules"]
    probability: float | None = None
    score: float | None = None
    threshold: float | None = None
    undecided: bool = False


class _Label(NamedTuple):
    """All that a label's decision needs, at hand."""

    name: str
    by_rules: bool
    head: int
    flat: float
    nested: float
    involved: int
    degree: int
    sign: float
    bias: float
    rules_for: float
    rules_against: float
    threshold: float
    least: float
    """Logit of the threshold."""
    near: float
    """Logit from which a label that is not given is undecided."""


class Decisions(Mapping[str, Decision]):
    """The decisions on every label of a task, each made when it is looked at.

    Attributes
    ----------
    given, undecided : list of str
        Labels, in their order; ``core`` among the given where own work is left.
    """

    __slots__ = ("_labels", "_of_rules", "_own_work", "_scores", "given", "undecided")

    def __init__(
        self,
        labels: Mapping[str, tuple[int, _Label | None]],
        given: list[str],
        undecided: list[str],
        scores: Sequence[float] = (),
        of_rules: Sequence[float] = (),
    ) -> None:
        self.given = given
        self.undecided = undecided
        self._labels = labels
        self._scores = scores
        self._of_rules = of_rules
        # Own work is left where something is shared and nothing handed over, whatever the score of that label.
        dispositions = {label.partition(":")[0] for label in given}
        self._own_work = dispositions == {"collaborate"}
        if self._own_work:
            given.append(CORE)
            if CORE in undecided:
                undecided.remove(CORE)

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, name: str) -> Decision:
        index, label = self._labels[name]
        given = name in self.given
        if label is None:
            return Decision(given, "rules")
        follows = self._own_work and name == CORE
        if label.by_rules:
            return Decision(given, "rules" if self._of_rules or follows else "model")
        score = self._scores[index]
        of_rules = self._of_rules[index] if self._of_rules else 0.0
        turned = of_rules != 0.0 and (score - of_rules >= label.least) != given
        source: Literal["model", "rules"] = "rules" if turned or follows else "model"
        return Decision(given, source, sigmoid(score), score, label.threshold, name in self.undecided)


class Decider:
    """Decides every label from its two signals.

    Parameters
    ----------
    model : Model
    engine : {"hybrid", "model"}
        ``model`` leaves the rules out of it; ``hybrid`` weighs them, and lets them alone decide a label of
        too little support.
    caution : {"normal", "high"}
        With ``high`` a lower threshold where the training could promise one.
    """

    def __init__(self, model: Model, engine: Engine, caution: Caution = "normal") -> None:
        self._hybrid = engine == "hybrid"
        self._labels = [_label(model, index, engine, caution) for index in range(len(model.labels))]
        self._by_name = {label.name: (index, label) for index, label in enumerate(self._labels)}

    def decide(self, logits: Sequence[float], verdicts: Mapping[str, Verdict]) -> Decisions:
        """Decide every label.

        Parameters
        ----------
        logits : sequence of float
            One a head of the model.
        verdicts : mapping of str to Verdict
            What the rules say of each label; not looked at by the engine ``model``.
        """
        given, undecided, scores, says = [], [], [], []
        for label in self._labels:
            name, by_rules, head, flat, nested, involved, degree, sign, bias, pro, contra, _, least, near = label
            of_rules = 0.0
            verdict = verdicts[name].value if self._hybrid else "silent"
            if verdict != "silent":
                of_rules = pro if verdict == "for" else contra
            score = bias + flat * logits[head]
            if nested:
                score += nested * nested_logit(logits[involved], sign * logits[degree])
            score += of_rules
            scores.append(score)
            says.append(of_rules)
            if verdict == "for" if by_rules else score >= least:
                given.append(name)
            elif score >= near and not by_rules:
                undecided.append(name)
        return Decisions(self._by_name, given, undecided, scores, says if self._hybrid else ())


def decide_by_rules(verdicts: Mapping[str, Verdict]) -> Decisions:
    """Decide every label by the rules alone."""
    given = [label for label, verdict in verdicts.items() if verdict.value == "for"]
    return Decisions(dict.fromkeys(verdicts, (0, None)), given, [])


def _label(model: Model, index: int, engine: Engine, caution: Caution) -> _Label:
    name = model.labels[index]
    policy = model.policies[name]
    join = policy.join(engine)
    heads = nested_heads(model.labels).get(name)
    involved, degree, sign = heads or (index, index, 1.0)
    threshold = _threshold(policy, engine, caution)
    return _Label(
        name,
        policy.by_rules,
        index,
        join.flat,
        join.nested if heads else 0.0,
        involved,
        degree,
        sign,
        join.bias,
        join.rules_for,
        join.rules_against,
        threshold,
        log_odds(threshold),
        log_odds(DOUBT * threshold),
    )


def _threshold(policy: LabelPolicy, engine: Engine, caution: Caution) -> float:
    threshold = policy.thresholds[engine]
    if caution == "normal":
        return threshold
    cautious = policy.cautious[engine]
    return threshold if cautious is None else min(threshold, cautious)
