"""What the linear heads see of a task: n-grams of its words, and the rulebook's cues as features."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from escalation.rules.evidence import NEW, TITLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from escalation.rules.evidence import Clause, Evidence
    from escalation.rules.rulebook import Rulebook, Wanted
    from escalation.task.text import Ask

NUMBER = "0"
"""Stands for every number."""
MAX_WORD = 40
"""A longer word is an identifier or data. It is cut, so that no text makes long keys."""
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
    every category of technologies the same, and, where a rule asks for it, whether one is named that the stack does
    not list. Nothing else of the stack is a feature: a technology that it lists selects a mode, and is no reason for
    a label. Which technology or mode it is makes no difference, so a rulebook can gain some without new training. What
    the rules say is not a feature: it is the second signal, which the decision joins with the model's.

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
        names += sorted({wanted.cue + NEW for wanted in _wanted(rulebook) if wanted.only == "new"})
        self.names = tuple(dict.fromkeys(names))
        self._index = index = {name: number for number, name in enumerate(self.names)}
        self._of = {cue: [index[cue + suffix] for suffix in _SUFFIXES] for cue in rulebook.cue_ids}

    def active(self, evidence: Evidence, asks: Sequence[Ask]) -> list[list[int]]:
        """Return the indices of the features present in a task, then in each of its asks, in ascending order."""
        of_clause = {number: self._in_clause(clause, evidence) for number, clause in evidence.clauses.items()}
        active = []
        for first, last in [(0, len(evidence.reading.clauses)), *((ask.first_clause, ask.last_clause) for ask in asks)]:
            present: set[int] = set()
            for number, (anywhere, in_title) in of_clause.items():
                if first <= number < last:
                    present |= anywhere
                    if number == first:
                        present |= in_title
            active.append(sorted(present))
        return active

    def _in_clause(self, clause: Clause, evidence: Evidence) -> tuple[set[int], set[int]]:
        """Return the features of a clause, and those that it has besides if it is the first one."""
        anywhere: set[int] = set()
        in_title: set[int] = set()
        for mention in clause.mentions:
            if mention.cue not in self._of:
                continue
            plain, title, asked, negated = self._of[mention.cue]
            if mention.negated:
                anywhere.add(negated)
                continue
            anywhere.add(plain)
            in_title.add(title)
            if clause.asked:
                anywhere.add(asked)
            if mention.technology not in evidence.stack and mention.cue + NEW in self._index:
                anywhere.add(self._index[mention.cue + NEW])
        return anywhere, in_title

    def fingerprint(self, trained: Mapping[str, str] | None = None) -> str:
        """Return a hash of all that a trained model depends on: features, cues, rules, conditions and reading.

        Technologies, modes of a group, and all that serves only naming and detection can be added without changing it.

        Parameters
        ----------
        trained : mapping of str to str, optional
            Modes that have another name in the model, each with that name.
        """
        rulebook, names = self._rulebook, trained or {}
        targets = [
            rulebook.label(rule.disposition, target) for rule in rulebook.rules.values() for target in rule.targets
        ]
        content = [
            self.names,
            [label.renamed(names) for label in rulebook.labels],
            [[cue.id, cue.role, cue.reach, cue.phrases] for cue in rulebook.cues.values() if cue.role != "elsewhere"],
            [
                [rule.id, rule.disposition, [c.text for c in rule.when], [c.text for c in rule.unless]]
                for rule in rulebook.rules.values()
            ],
            [label.renamed(names) for label in targets],
            [condition.text for condition in rulebook.core.when],
            [group.category for group in rulebook.groups.values()],
            list(rulebook.senses.values()),
            rulebook.reading.sha256,
        ]
        return hashlib.sha256(msgspec.json.encode(content, enc_hook=str)).hexdigest()


def _wanted(rulebook: Rulebook) -> Iterable[Wanted]:
    """Return the cues in all conditions of a rulebook's rules."""
    for rule in rulebook.rules.values():
        for condition in (*rule.when, *rule.unless):
            yield from (*condition.all, *condition.none)
