"""What the parts of a rulebook must agree on, once each of them is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalation.rules.rulebook import DISPOSITIONS

if TYPE_CHECKING:
    from escalation.rules.rulebook import Group, Rulebook
    from escalation.rules.tables import Table


def check_consistency(rulebook: Rulebook, root: Table) -> None:
    """Refuse a rulebook whose parts contradict each other.

    Raises
    ------
    RulebookError
        If a group has an unknown category or a fallback that takes no such part, a member takes other
        dispositions than its group or stands in two, a rule asks a member for what its group does not take, or an
        example names a mode that may not be in an answer.
    """
    seen: set[str] = set()
    for group in rulebook.groups.values():
        _check_group(rulebook, group, root)
        for mode in group.members:
            if mode in seen:
                raise root.refusal(f"groups[{group.slug}].members", f"has {mode!r} of another group", "name it once")
            seen.add(mode)
    for rule in rulebook.rules.values():
        for target in rule.targets:
            if rulebook.label(rule.disposition, target) not in rulebook.labels:
                what = f"has {target!r}, whose group takes no {rule.disposition}"
                raise root.refusal(f"rules[{rule.id}].targets", what, "change one of them")
        for example in rule.examples:
            for disposition, modes in zip(DISPOSITIONS, (example.escalate, example.collaborate), strict=True):
                for mode in modes:
                    if not rulebook.allows(disposition, mode):
                        what = f"has {mode!r} under {disposition}, which no answer can have"
                        raise root.refusal(f"rules[{rule.id}].examples", what, "correct the example")


def _check_group(rulebook: Rulebook, group: Group, root: Table) -> None:
    place = f"groups[{group.slug}]"
    if group.category not in rulebook.categories:
        raise root.refusal(f"{place}.category", f"is {group.category!r}, which no technology has", "define one")
    if group.fallback is not None:
        for disposition in group.dispositions:
            if not rulebook.allows(disposition, group.fallback):
                what = f"is {group.fallback!r}, which takes no {disposition}"
                raise root.refusal(f"{place}.fallback", what, "name a mode that does")
    for mode in group.members:
        if set(rulebook.modes[mode].dispositions) != set(group.dispositions):
            what = f"has {mode!r}, which takes {' and '.join(rulebook.modes[mode].dispositions)}"
            raise root.refusal(f"{place}.members", what, f"give both {' and '.join(group.dispositions)}")
