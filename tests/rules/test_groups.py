from __future__ import annotations

import pytest

from escalation.rules.evidence import EvidenceReader
from escalation.rules.groups import resolve as resolve_in
from escalation.task.stack import StackProfile

BOTH = ("react-specialist", "vuejs-developer")


@pytest.fixture(scope="module")
def resolve(rulebook):
    reader = EvidenceReader(rulebook)

    def resolve_group(text, stack=None, group="frontend"):
        resolution = resolve_in(rulebook.groups[group], reader.read(text, StackProfile.of(stack)))
        return resolution.mode, resolution.candidates, resolution.by

    return resolve_group


@pytest.mark.parametrize(
    ("text", "stack", "expected"),
    [
        ("fix the page", {"frontend": ["React"]}, ("react-specialist", (), "stack")),
        ("fix the page", {"frontend": ["Next.js", "Tailwind"]}, ("react-specialist", (), "stack")),
        ("fix the page", {"client": ["NUXT 3"]}, ("vuejs-developer", (), "stack")),
        ("fix the page", None, (None, BOTH, "open")),
        ("fix the page", {"frontend": ["React", "Vue"]}, (None, BOTH, "open")),
        ("fix the page in the Pinia store", {"frontend": ["React", "Vue"]}, ("vuejs-developer", (), "text")),
        ("fix Settings.tsx", {"frontend": ["Vue"]}, ("react-specialist", (), "text")),
        ("fix the page, not the React one", {"frontend": ["Vue"]}, ("vuejs-developer", (), "stack")),
        ("fix the React and Vue pages", {"frontend": ["React"]}, ("react-specialist", (), "stack")),
        ("fix the React and Vue pages", None, (None, BOTH, "open")),
        ("fix the Svelte page", {"frontend": ["React"]}, (None, (), "text")),
        ("fix the page", {"frontend": ["Angular"]}, (None, (), "open")),
        ("fix the screen of the mobile app", {"frontend": ["React"]}, (None, (), "text")),
        ("fix the screen in React Native", None, ("react-specialist", (), "text")),
    ],
)
def test_text_first_then_stack_else_the_group_stays_open(resolve, text, stack, expected):
    assert resolve(text, stack) == expected


@pytest.mark.parametrize(
    ("text", "stack", "mode"),
    [
        ("integrate Clerk", None, "clerk-auth-specialist"),
        ("integrate the sign-in", {"auth": ["Clerk", "JWT"]}, "clerk-auth-specialist"),
        ("integrate the sign-in", {"auth": ["Supabase"]}, "supabase-auth-specialist"),
        ("integrate Auth0", {"auth": ["Clerk"]}, "security-specialist"),
        ("integrate the sign-in", None, "security-specialist"),
    ],
)
def test_a_provider_without_a_mode_falls_back(resolve, text, stack, mode):
    assert resolve(text, stack, "auth-provider")[0] == mode
