"""What the linear heads see of a task: n-grams of its words, and the rulebook's cues as features."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from escalation.rules.evidence import NEW, TITLE
from escalation.rules.rulebook import TECHNOLOGY_CUE
from escalation.task.text import words_of

if TYPE_CHECKING:
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Rulebook

NUMBER = "0"
"""Stands for every number."""
MAX_WORD = 40
"""A longer word is an identifier or data. It is cut, so that no text makes long keys."""
STACK_GIVEN = "stack:given"
_ASKED, _NEGATED = "@asked", "@back"


def analyze(text: str) -> list[str]:
    """Return the n-grams of a text, as scikit-learn's vectorizer asks for them.

    >>> analyze("Add 2 tables")
    ['add', '0', 'tables', 'add 0', '0 tables']
    """
    return ngrams(words_of(text))


def ngrams(words: list[str]) -> list[str]:
    """Return each word, then each pair of neighbours, with every number folded to one sign.

    Parameters
    ----------
    words : list of str
        Folded words of a text.

    Returns
    -------
    list of str
        The n words in order, then the n - 1 pairs in order.
    """
    kept = [shortened(word) for word in words]
    return kept + [f"{first} {second}" for first, second in pairwise(kept)]


def shortened(word: str) -> str:
    """Return the form of a word in n-grams: one sign for all numbers, and only the beginning of a long word."""
    return NUMBER if word.isdigit() else word[:MAX_WORD]


def ngram_span(index: int, words: int) -> tuple[int, int]:
    """Return the first and last word that the n-gram at an index of `ngrams` covers."""
    return (index, index) if index < words else (index - words, index - words + 1)


class CueFeatures:
    """Names and values of the cue features of one rulebook.

    For every cue: whether it occurs in the task, in its first clause, in a clause with a work verb, and negated. For
    every category of technologies the same, and whether one is named that the stack does not list. For every group:
    whether the stack has one of its technologies. Which technology or mode it is makes no difference, so a rulebook
    can gain some without new training. What the rules say is not a feature: it is the second signal, which the
    decision joins with the model's.

    Parameters
    ----------
    rulebook : Rulebook

    Attributes
    ----------
    names : tuple of str
        Names of the features, in order.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        names = [cue + suffix for cue in rulebook.cue_ids for suffix in ("", TITLE, _ASKED, _NEGATED)]
        names += [f"{TECHNOLOGY_CUE}{category}{NEW}" for category in rulebook.categories]
        names += [STACK_GIVEN]
        names += [f"stack:{group.category}" for group in rulebook.groups.values()]
        self.names = tuple(dict.fromkeys(names))
        self._index = {name: number for number, name in enumerate(self.names)}
        self._asked = {cue: self._index[cue + _ASKED] for cue in rulebook.cue_ids}
        self._negated = {cue: self._index[cue + _NEGATED] for cue in rulebook.cue_ids}

    def active(self, evidence: Evidence) -> list[int]:
        """Return the indices of the features that are present in a task, in ascending order."""
        present: set[int] = set()
        for clause in evidence.clauses.values():
            present.update(map(self._index.__getitem__, clause.live))
            for mention in clause.mentions:
                if mention.negated:
                    present.add(self._negated[mention.cue])
                elif clause.asked:
                    present.add(self._asked[mention.cue])
        if evidence.stack_given:
            present.add(self._index[STACK_GIVEN])
        for category in evidence.stack.values():
            number = self._index.get(f"stack:{category}")
            if number is not None:
                present.add(number)
        return sorted(present)

    def fingerprint(self) -> str:
        """Return a hash of all that a trained model depends on: features, cues, rules and conditions.

        Technologies, and modes of a group, can be added without changing it.
        """
        rulebook = self._rulebook
        content = [
            self.names,
            rulebook.labels,
            [[cue.id, cue.role, cue.reach, cue.phrases] for cue in rulebook.cues.values()],
            [
                [rule.id, rule.disposition, [c.text for c in rule.when], [c.text for c in rule.unless]]
                for rule in rulebook.rules.values()
            ],
            [rulebook.label(rule.disposition, target) for rule in rulebook.rules.values() for target in rule.targets],
            [condition.text for condition in rulebook.core.when],
            [group.category for group in rulebook.groups.values()],
        ]
        return hashlib.sha256(msgspec.json.encode(content, enc_hook=str)).hexdigest()
