"""What an answer does not know: texts that ask for nothing or cannot be read, and what the text leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from escalation.answer.prediction import Question, Reason, Unclear
from escalation.model.decision import Decision
from escalation.rules.rulebook import CORE, TECHNOLOGY_CUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from escalation.answer.prediction import Entry, Undecided
    from escalation.model.decision import Decisions
    from escalation.model.spelling import Spelling
    from escalation.rules.evidence import Evidence, Mention
    from escalation.rules.rulebook import Label, Rulebook

MAX_QUESTIONS = 3
_UNKNOWN = 0.3
"""Share of the different words of a text that are unknown in one that has too many unknown words."""


def why_silent(evidence: Evidence, rulebook: Rulebook) -> Unclear | None:
    """Return what keeps a text from being read: it is in another language, or asks for nothing."""
    reading = evidence.reading
    if rulebook.languages.unread(reading.words) is not None:
        # A verb that begins a piece of work shows that a text with names and terms of another language is read.
        verbs = sum(reading.words[ask.first] in rulebook.reading.verbs for ask in reading.asks)
        if rulebook.languages.unread(reading.words, verbs) is not None:
            return Unclear("language")
    return Unclear("nothing_asked") if rulebook.talk.is_all(evidence) else None


def nobody(labels: Iterable[Label]) -> Decisions:
    """Assign no label."""
    return dict.fromkeys(labels, Decision(False, "rules"))


def leave_to_others(decisions: Decisions) -> bool:
    """Assign no own work in a task of another trade, unless it is shared with a mode; return whether that is so."""
    if any(label.disposition == "collaborate" and decision.given for label, decision in decisions.items()):
        return False
    decisions[CORE] = msgspec.structs.replace(decisions[CORE], given=False, source="rules", undecided=False)
    return True


def elsewhere_reasons(mentions: Iterable[Mention], evidence: Evidence) -> tuple[Reason, ...]:
    """Return what shows that a task is nobody's work on the roster."""
    reading = evidence.reading
    spans = {(each.cue, *reading.span(each.first, each.last)): None for each in mentions}
    return tuple(
        Reason("elsewhere", reading.text[start:end], id=cue, start=start, end=end) for cue, start, end in spans
    )


def unclear_about(
    entries: Mapping[Label, Entry],
    undecided: tuple[Undecided, ...],
    core: bool,
    evidence: Evidence,
    rulebook: Rulebook,
    spelling: Spelling | None,
) -> Unclear | None:
    """Return what a text leaves open, or None if the answer is clear.

    Parameters
    ----------
    entries : mapping of Label to Entry
        The assigned labels, with their entries.
    undecided : tuple of Undecided
        The labels that come near their threshold.
    core : bool
        Whether something is known of own work: that there is some, or that the task is of another trade.
    evidence : Evidence
    rulebook : Rulebook
    spelling : Spelling or None
        The words that are known; without a model no word is unknown.
    """
    found = bool(entries) or core
    if not found and spelling is not None:
        words = {word for word in evidence.reading.words if not word.isdigit()}
        if len(spelling.unknown(words)) >= max(1.0, _UNKNOWN * len(words)):
            return Unclear("unknown_words")
    if found and not undecided and all(entry.group is None for entry in entries.values()):
        return None
    open_now = [f"open:{label}" for label in entries if _is_open(label, entries[label], evidence, rulebook)]
    near = sorted(undecided, key=lambda each: -each.probability)
    open_now += [f"undecided:{each.target}" for each in near]
    if not found:
        open_now.append("nobody")
    if not open_now:
        return None
    questions = {
        question.id: Question(question.question, question.options)
        for each in dict.fromkeys(open_now)
        for question in rulebook.questions.values()
        if question.when == each
    }
    return Unclear("undecided", tuple(questions.values())[:MAX_QUESTIONS])


def _is_open(label: Label, entry: Entry, evidence: Evidence, rulebook: Rulebook) -> bool:
    """Return whether the mode of a group is not known, because nothing names a technology."""
    if label == CORE or entry.group is None:
        return False
    category = rulebook.groups[entry.group].category
    if entry.mode is None:
        return bool(entry.candidates)
    named = any(mention.cue == TECHNOLOGY_CUE + category for mention in evidence.technologies.values())
    return entry.mode == rulebook.groups[entry.group].fallback and not named
