"""What the answers to a list of tasks come to: who gets which task, with which words, and what is unclear."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.answer.prediction import Entry, Prediction, Reason
    from escalation.sources.source import Skipped

DONE_WITH = {"escalate": "handed over", "collaborate": "together"}
"""How a part is done, by its disposition."""
_TITLE = 200
"""Characters of a task's first line."""
_WORDS = 3
"""Words that are named as the reason for an entry without a rule."""


class Share(NamedTuple):
    """What one mode, or one open group, has to do in a task.

    Attributes
    ----------
    target, disposition : str
    candidates : tuple of str
        Modes that an open group may be.
    asks : tuple of str
        The parts of the task for the mode, word for word; the task's first line if no part is known.
    reasons : tuple of str
    """

    target: str
    disposition: str
    candidates: tuple[str, ...]
    asks: tuple[str, ...]
    reasons: tuple[str, ...]


class Item(NamedTuple):
    """A task and what its answer says, as a table or a page shows it.

    Attributes
    ----------
    name : str
        The id, or the number of the line.
    place : str
        ``path:line``.
    title : str
        The first line of the text, at most 200 characters.
    shares : tuple of Share
        Escalations before collaborations.
    own : bool
        Whether some part is the home mode's own work.
    unclear : str
        What keeps the answer from knowing more; empty if it is clear.
    questions : tuple of str
        Those that would settle it.
    declined : str
        Why the delegated task is not accepted; empty if it is accepted or nobody delegates it.
    excluded : tuple of str
        What the task says not to do, quoted.
    """

    name: str
    place: str
    title: str
    shares: tuple[Share, ...]
    own: bool
    unclear: str
    questions: tuple[str, ...]
    declined: str
    excluded: tuple[str, ...]


class Handout:
    """The answers to a list of tasks, in the order of the list.

    Attributes
    ----------
    items : list of Item
    skipped : list of Skipped
        Entries of the list that are left out.
    wrong : list of tuple
        Entries that are not answered: the place and the error.
    """

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.skipped: list[Skipped] = []
        self.wrong: list[tuple[str, str]] = []

    def by_target(self) -> dict[str, list[tuple[Item, Share]]]:
        """Return what each mode has to do, escalations first; the modes with the most tasks first."""
        found: dict[str, list[tuple[Item, Share]]] = {}
        for item in self.items:
            for share in item.shares:
                found.setdefault(share.target, []).append((item, share))
        for shares in found.values():
            shares.sort(key=lambda each: each[1].disposition != "escalate")
        return dict(sorted(found.items(), key=lambda each: (-len(each[1]), each[0])))

    def own(self) -> list[Item]:
        """Return the tasks with own work of the home mode."""
        return [item for item in self.items if item.own]

    def nobody(self) -> list[Item]:
        """Return the tasks that are for nobody on the roster, without those that are unclear."""
        return [item for item in self.items if not (item.shares or item.own or item.unclear)]

    def unclear(self) -> list[Item]:
        """Return the tasks whose answers leave something open."""
        return [item for item in self.items if item.unclear]

    def declined(self) -> list[Item]:
        """Return the delegated tasks that are not accepted."""
        return [item for item in self.items if item.declined]

    def summary(self) -> str:
        """Return the counts of tasks in one line; a task may count several times."""
        escalated, shared = (
            sum(any(share.disposition == side for share in item.shares) for item in self.items) for side in DONE_WITH
        )
        found = {
            "with an escalation": escalated,
            "with a collaboration": shared,
            "with own work": len(self.own()),
            "for nobody": len(self.nobody()),
            "unclear": len(self.unclear()),
            "not accepted": len(self.declined()),
            "not answered": len(self.wrong),
        }
        always = ("with an escalation", "with a collaboration", "with own work")
        said = [f"{count:,} {what}" for what, count in found.items() if count or what in always]
        return f"{len(self.items):,} task{'' if len(self.items) == 1 else 's'}: {', '.join(said)}"


def counts(shares: list[tuple[Item, Share]]) -> dict[str, int]:
    """Return the number of tasks that a mode takes over and that it shares in."""
    return {side: sum(share.disposition == side for _, share in shares) for side in DONE_WITH}


def item_of(answer: Prediction, text: str, number: int) -> Item:
    """Return what a table or a page shows of an answer.

    Parameters
    ----------
    answer : Prediction
        With reasons; without them the asks are the task's first line.
    text : str
        The task.
    number : int
        Of its line, the name of a task without an id.
    """
    title = _title(text)
    shares = tuple(_share(entry, side, answer, title) for side in DONE_WITH for entry in getattr(answer, side))
    refused = answer.accept is not None and not answer.accept.value
    return Item(
        str(number if answer.id is None else answer.id),
        answer.place or "",
        title,
        shares,
        answer.core.value,
        answer.unclear.meaning if answer.unclear else "",
        tuple(question.question for question in answer.unclear.questions) if answer.unclear else (),
        answer.accept.reason if refused and answer.accept else "",
        tuple(f'"{flat(part.text)}"' for part in answer.ignored if part.status == "excluded"),
    )


def note(target: str, shares: list[tuple[Item, Share]], home: str) -> str:
    """Return a text that hands a mode its tasks: for a ticket, or for the agent in that role.

    Parameters
    ----------
    target : str
        The mode or the open group.
    shares : list of tuple
        Its tasks, as `Handout.by_target` returns them.
    home : str
        The mode that hands them over.
    """
    return "\n".join(_note(target, shares, home))


def to_whom(target: str, candidates: tuple[str, ...]) -> str:
    """Return a mode, or an open group with the modes that it may be.

    >>> to_whom("frontend", ("react-specialist", "vuejs-developer"))
    'frontend (open: react-specialist or vuejs-developer)'
    """
    return f"{target} (open: {' or '.join(candidates)})" if candidates else target


def flat(text: str, length: int | None = None) -> str:
    """Return a text with all white space as single spaces, cut to a number of characters."""
    words = " ".join(text.split())
    return words if length is None or len(words) <= length else words[: length - 1].rstrip() + "…"


def _note(target: str, shares: list[tuple[Item, Share]], home: str) -> Iterator[str]:
    yield f"To: {to_whom(target, shares[0][1].candidates)}"
    yield f"From: {home}"
    number = 0
    for side, title in (("escalate", "Handed over to you"), ("collaborate", f"To do together with {home}")):
        these = [(item, share) for item, share in shares if share.disposition == side]
        if these:
            yield ""
            yield f"{title} ({len(these)}):"
        for item, share in these:
            number += 1
            yield ""
            yield f"{number}. {item.name}{f' ({item.place})' if item.place else ''}"
            yield from (f"   - {ask}" for ask in share.asks)
            if item.title not in share.asks:
                yield f"   Task: {item.title}"
            if item.excluded:
                yield f"   Not to do: {'; '.join(item.excluded)}"
            yield from (f"   Why: {reason}" for reason in share.reasons)


def _share(entry: Entry, side: str, answer: Prediction, title: str) -> Share:
    asks = (flat(part.text) for part in answer.parts if entry.target in getattr(part, side))
    return Share(
        entry.target, side, entry.candidates, tuple(dict.fromkeys(asks)) or (title,), tuple(_reasons(entry.reasons))
    )


def _title(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip(" \t#")), text)
    return flat(first.strip(" \t#") or text, _TITLE)


def _reasons(reasons: tuple[Reason, ...]) -> Iterator[str]:
    """Yield the rules with the words that they matched; if there is none, the words that weighed most."""
    rules: dict[tuple[str, str], list[str]] = {}
    for reason in reasons:
        if reason.kind == "rule":
            rules.setdefault((reason.id or "", reason.section or ""), []).append(f'"{flat(reason.text)}"')
    for (name, section), words in rules.items():
        yield f"rule {name}: {', '.join(dict.fromkeys(words))} [{section}]"
    weighed = [f'"{flat(reason.text)}"' for reason in reasons if reason.kind == "term" and (reason.weight or 0) > 0]
    if not rules and weighed:
        yield f"words: {', '.join(weighed[:_WORDS])}"
    for reason in reasons:
        if reason.kind in ("text", "stack"):
            yield f"{reason.id} in the {'text' if reason.kind == 'text' else 'Stack Profile'}"
        elif reason.kind == "fallback":
            yield reason.text
