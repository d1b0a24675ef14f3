"""What the linear heads see of a task: n-grams of its words, and the rulebook's cues as features."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from escalation.rules.evidence import NEW, TITLE
from escalation.rules.rulebook import TECHNOLOGY_CUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Rulebook
    from escalation.task.text import Ask

NUMBER = "0"
"""Stands for every number."""
MAX_WORD = 40
"""A longer word is an identifier or data. It is cut, so that no text makes long keys."""
STACK_GIVEN = "stack:given"
_SUFFIXES = ("", TITLE, "@asked", "@negated")


def ngrams(pieces: Iterable[list[str]]) -> list[str]:
    """Return the words of pieces of text and the pairs of neighbours in each, with every number folded to one sign.

    Parameters
    ----------
    pieces : iterable of list of str
        Folded words of each piece.

    Examples
    --------
    >>> ngrams([["add", "2", "tables"], ["test", "it"]])
    ['add', 'add 0', '0', '0 tables', 'tables', 'test', 'test it', 'it']
    """
    grams: list[str] = []
    for words in pieces:
        kept = [shortened(word) for word in words]
        for first, second in pairwise(kept):
            grams += [first, f"{first} {second}"]
        grams += kept[-1:]
    return grams


def shortened(word: str) -> str:
    """Return the form of a word in n-grams: one sign for all numbers, and only the beginning of a long word."""
    return NUMBER if word.isdigit() else word[:MAX_WORD]


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
        names = [cue + suffix for cue in rulebook.cue_ids for suffix in _SUFFIXES]
        names += [f"{TECHNOLOGY_CUE}{category}{NEW}" for category in rulebook.categories]
        names += [STACK_GIVEN]
        names += [f"stack:{group.category}" for group in rulebook.groups.values()]
        self.names = tuple(dict.fromkeys(names))
        self._index = index = {name: number for number, name in enumerate(self.names)}
        self._of = {cue: [index[cue + suffix] for suffix in _SUFFIXES] for cue in rulebook.cue_ids}

    def active(self, evidence: Evidence, ask: Ask | None = None) -> list[int]:
        """Return the indices of the features that are present in a task or in one ask of it, in ascending order."""
        present: set[int] = set()
        first, last = (ask.first_clause, ask.last_clause) if ask else (0, len(evidence.reading.clauses))
        for number, clause in evidence.clauses.items():
            if not first <= number < last:
                continue
            for mention in clause.mentions:
                if mention.cue not in self._of:
                    continue
                plain, title, asked, negated = self._of[mention.cue]
                if mention.negated:
                    present.add(negated)
                    continue
                present.add(plain)
                if number == first:
                    present.add(title)
                if clause.asked:
                    present.add(asked)
                if mention.technology and mention.technology not in evidence.stack:
                    present.add(self._index[mention.cue + NEW])
        if evidence.stack_given:
            present.add(self._index[STACK_GIVEN])
        for category in evidence.stack.values():
            listed = self._index.get(f"stack:{category}")
            if listed is not None:
                present.add(listed)
        return sorted(present)

    def fingerprint(self) -> str:
        """Return a hash of all that a trained model depends on: features, cues, rules, conditions and reading.

        Technologies, and modes of a group, can be added without changing it.
        """
        rulebook = self._rulebook
        content = [
            self.names,
            rulebook.labels,
            [[cue.id, cue.role, cue.reach, cue.phrases] for cue in rulebook.cues.values() if cue.id in self._of],
            [
                [rule.id, rule.disposition, [c.text for c in rule.when], [c.text for c in rule.unless]]
                for rule in rulebook.rules.values()
            ],
            [rulebook.label(rule.disposition, target) for rule in rulebook.rules.values() for target in rule.targets],
            [condition.text for condition in rulebook.core.when],
            [group.category for group in rulebook.groups.values()],
            rulebook.reading.sha256,
        ]
        return hashlib.sha256(msgspec.json.encode(content, enc_hook=str)).hexdigest()
