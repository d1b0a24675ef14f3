"""What the linear heads see of a task: n-grams of its words and the rulebook's cues as numbers."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import TYPE_CHECKING

from escalation.rules.rulebook import TECHNOLOGY_CUE
from escalation.task.text import words_of

if TYPE_CHECKING:
    from escalation.rules.evidence import Evidence
    from escalation.rules.rulebook import Rulebook

NUMBER = "0"
"""Stands for every number."""
MAX_WORD = 40
"""A longer word is an identifier or data: it is cut, so that no text makes long keys."""


def analyze(text: str) -> list[str]:
    """Give the n-grams of a text, also of an empty one."""
    return ngrams(words_of(text))


def ngrams(words: list[str]) -> list[str]:
    """Give each word and each pair of neighbours, numbers folded to one sign.

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
    """The word that stands for another in n-grams: one sign for all numbers, the beginning of what is too long."""
    return NUMBER if word.isdigit() else word[:MAX_WORD]


def ngram_span(index: int, words: int) -> tuple[int, int]:
    """First and last word that the n-gram at an index of `ngrams` covers."""
    return (index, index) if index < words else (index - words, index - words + 1)


STACK_GIVEN = "stack:given"
_OF_A_CUE = ("", "@title", "@asked", "@back")
_TITLE, _ASKED, _BACK = 1, 2, 3
"""Each cue has these features, one behind the other."""


class CueFeatures:
    """Names and values of the cue features of one rulebook.

    For every cue: whether it stands in the task, in its first clause, in a clause with a work verb, and
    taken back. For every category of technologies the same, and whether one is named that the stack does
    not list. For every group: whether the stack has one of its technologies. Which technology or mode it is
    makes no difference, so that a rulebook can gain some without training again. What the rules say is no
    feature: it is the second signal, which joins the model's in the decision.

    Parameters
    ----------
    rulebook : Rulebook

    Attributes
    ----------
    names : tuple of str
        Names of the features, in their order.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        cues = rulebook.cue_ids
        names = [f"{cue}{suffix}" for cue in cues for suffix in _OF_A_CUE]
        names += [f"{TECHNOLOGY_CUE}{category}@new" for category in rulebook.categories]
        names += [STACK_GIVEN]
        names += [f"stack:{group.category}" for group in rulebook.groups.values()]
        self.names = tuple(dict.fromkeys(names))
        index = {name: number for number, name in enumerate(self.names)}
        self._new = [index.get(f"{cue}@new", 0) for cue in cues]
        self._given = index[STACK_GIVEN]
        in_stack = {t.name: index.get(f"stack:{t.category}") for t in rulebook.technologies.values()}
        self._in_stack = {name: number for name, number in in_stack.items() if number is not None}

    def active(self, evidence: Evidence) -> list[int]:
        """Give the indices of the features that are present in a task, in ascending order."""
        present: set[int] = set()
        for mark, _, _, clause, taken_back in evidence.hits:
            cue = mark.number * len(_OF_A_CUE)
            if taken_back:
                present.add(cue + _BACK)
                continue
            present.add(cue)
            if clause == 0:
                present.add(cue + _TITLE)
            if clause in evidence.asked:
                present.add(cue + _ASKED)
            if mark.technology and mark.technology not in evidence.stack:
                present.add(self._new[mark.number])
        if evidence.stack_given:
            present.add(self._given)
        present.update(map(self._in_stack.__getitem__, evidence.stack & self._in_stack.keys()))
        return sorted(present)

    def fingerprint(self) -> str:
        """Hash all that a trained model depends on: names and order of the features, cues, rules and conditions.

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
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()
