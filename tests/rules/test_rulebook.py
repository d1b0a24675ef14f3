from __future__ import annotations

import pytest

from escalation import load_rulebook
from escalation.errors import RulebookError
from escalation.model.features import CueFeatures
from escalation.rules.rulebook import CORE
from helpers import SMALL_RULEBOOK

MODES = {
    "database-specialist",
    "security-specialist",
    "clerk-auth-specialist",
    "supabase-auth-specialist",
    "react-specialist",
    "vuejs-developer",
    "infrastructure-specialist",
    "cicd-specialist",
    "docker-compose-specialist",
    "e2e-tester",
    "integration-tester",
}

# Each phrase of the documented page that names a condition, an "e.g." or a purpose, with the rule that holds it.
DOCUMENTED = {
    "complex database design": "database.design",
    "migrations": "database.migrations",
    "advanced ORM usage beyond standard patterns": "database.advanced-orm",
    "complex queries": "database.complex-queries",
    "performance tuning": "database.performance",
    "complex security logic": "authentication.complex",
    "custom auth flows": "authentication.custom-flows",
    "OAuth2 details, SSO": "authentication.providers",
    "client-side state management": "frontend.state",
    "framework-specific data fetching": "frontend.data-fetching",
    "how the frontend consumes the API": "frontend.client-work",
    "deployment pipelines": "deployment.pipelines",
    "containerization (Docker)": "deployment.containers",
    "server configuration (Nginx/Gunicorn)": "deployment.server",
    "cloud infrastructure setup": "deployment.cloud",
}


def test_the_roster_is_the_documented_one(rulebook):
    assert set(rulebook.modes) == MODES
    assert rulebook.groups["frontend"].members == {"react-specialist": ("React",), "vuejs-developer": ("Vue",)}
    assert set(rulebook.groups["auth-provider"].members) == {"clerk-auth-specialist", "supabase-auth-specialist"}
    for tester in ("e2e-tester", "integration-tester"):
        assert rulebook.modes[tester].dispositions == ("collaborate",)
    assert len(rulebook.labels) == 16
    assert rulebook.labels[-1] == CORE


@pytest.mark.parametrize(("words", "rule"), DOCUMENTED.items())
def test_every_documented_condition_has_its_rule(rulebook, words, rule):
    assert words in rulebook.rules[rule].source.text
    assert words.split(" (")[0].split(",")[0] in rulebook.rules[rule].condition
    assert rulebook.rules[rule].source.section.startswith("Escalate When Necessary / ")


def test_every_sentence_of_the_source_is_used(rulebook):
    used = {rule.source.id for rule in rulebook.rules.values()}
    used |= {rule.source.id for rule in rulebook.acceptance.values()} | {rulebook.core.source.id}
    # "Work closely with:" introduces the five entries and says nothing by itself.
    assert used == set(rulebook.sources) - {"collaborate"}


def test_the_five_collaborations_have_their_purposes(rulebook):
    shared = {rule.source.id for rule in rulebook.rules.values() if rule.disposition == "collaborate"}
    assert shared == {f"collaborate.{area}" for area in ("frontend", "database", "security", "deployment", "testing")}


def test_the_acceptance_list_is_the_documented_one(rulebook):
    modes = {mode: rule.condition for rule in rulebook.acceptance.values() for mode in rule.modes}
    assert modes["project-onboarding"] == modes["technical-architect"] == "always"
    assert modes["api-developer"] == "cue"
    assert modes["backend-developer"] == "cue"


def test_every_area_that_escalates_has_an_example(rulebook):
    for area in rulebook.areas:
        assert any(rule.examples for rule in rulebook.rules.values() if rule.area == area)


SMALL = SMALL_RULEBOOK.read_text(encoding="utf-8")
REFUSED = {
    "unknown key": (
        SMALL + '\n[[areas]]\nid = "x"\ntitle = "X"\ncolour = "red"\n',
        r"areas\[x\].colour is an unknown key",
    ),
    "unknown key at the top": ("colour = 1\n" + SMALL, "colour is an unknown key"),
    "unknown mode": (
        SMALL.replace('targets = ["illustrator"]', 'targets = ["ilustrator"]'),
        "unknown mode 'ilustrator'",
    ),
    "unknown mode in a group": (SMALL.replace('mode = "translator-de"', 'mode = "translator-xx"'), "translator-xx"),
    "rule without target": (SMALL.replace('targets = ["illustrator"]', "targets = []"), "targets is empty"),
    "rule without condition": (SMALL.replace('when = ["drawing"]', "when = []"), "when is empty"),
    "phrase that does not compile": (
        SMALL.replace('"exploded view"', '"~ view"'),
        r"cues\[drawing\].phrases has '~ view'",
    ),
    "doubled id": (SMALL.replace('id = "screenshot"', 'id = "drawing"'), r"cues\[drawing\].id stands twice"),
    "unknown cue": (SMALL.replace('when = ["drawing"]', 'when = ["drawing + colour"]'), "the cue 'colour'"),
    "unknown source": (SMALL.replace('source = "law"', 'source = "lore"'), "'lore', which is not defined"),
    "unknown technology": (SMALL.replace('technologies = ["German"]', 'technologies = ["Danish"]'), "Danish"),
    "missing key": (SMALL.replace('condition = "new drawings"\n', ""), "condition is missing"),
    "wrong kind": (SMALL.replace('dispositions = ["escalate"]', 'dispositions = "escalate"'), "list of texts"),
    "disposition not taken": (
        SMALL.replace('disposition = "escalate"\ntargets = ["legal', 'disposition = "collaborate"\ntargets = ["legal'),
        "takes no collaborate",
    ),
    "another format": (SMALL.replace("format = 1", "format = 2"), "format is not 1"),
    "not TOML": (SMALL + "\n[[", "is not TOML"),
    "acceptance without cues": (SMALL.replace('condition = "core"', 'condition = "cue"'), "cues does not fit"),
    "bad condition": (SMALL.replace('when = ["drawing"]', 'when = ["drawing and work"]'), "joined by"),
}
MORE = '\n[[modes]]\nslug = "translator-da"\ntitle = "Danish"\ndispositions = ["escalate", "collaborate"]\n'
REFUSED |= {
    "group of an unknown category": (
        SMALL.replace('category = "language"\ndisp', 'category = "tongue"\ndisp'),
        "'tongue'",
    ),
    "fallback that takes no such part": (
        SMALL.replace('slug = "translation"', 'slug = "translation"\nfallback = "illustrator"').replace(
            'dispositions = ["escalate", "collaborate"]', 'dispositions = ["collaborate"]'
        ),
        "illustrator', which takes no escalate",
    ),
    "member of other dispositions": (
        SMALL.replace('mode = "translator-de"', 'mode = "translator-da"') + MORE,
        "'translator-da', which takes escalate and collaborate",
    ),
    "mode in two groups": (
        SMALL
        + '\n[[groups]]\nslug = "other"\ntitle = "o"\ncategory = "language"\ndispositions = ["escalate"]\n'
        + '[[groups.members]]\nmode = "translator-de"\ntechnologies = ["German"]\n',
        "'translator-de' of another group",
    ),
    "unknown mode in an example": (
        SMALL.replace('\nescalate = ["illustrator"]', '\nescalate = ["painter"]'),
        "'painter'",
    ),
    "sign without a cue": (SMALL.replace('when = ["drawing"]', 'when = ["drawing +"]'), "one after each sign"),
    "@new on a plain cue": (SMALL.replace('when = ["drawing"]', 'when = ["drawing@new"]'), "@new is for"),
    "unknown suffix": (SMALL.replace('when = ["drawing"]', 'when = ["drawing@old"]'), "new or title"),
    "no word for a refusal": (
        SMALL.replace('otherwise = "nothing in it is about a manual"\n', ""),
        "otherwise is missing",
    ),
    "nested without end": ("x = " + "[" * 5000, "is not TOML"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_rulebook_is_refused_with_file_key_and_remedy(case, tmp_path):
    content, message = REFUSED[case]
    assert content != SMALL
    path = tmp_path / "wrong.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RulebookError, match=message) as error:
        load_rulebook(path)
    assert str(error.value).startswith(f"{path}: ")
    assert ";" in str(error.value) or "is not TOML" in str(error.value)


def test_the_order_of_the_modes_is_part_of_what_a_model_depends_on(tmp_path, small_rulebook):
    first, second, third = SMALL.partition('[[modes]]\nslug = "legal-reviewer"')
    block = second + third[: third.index("[[modes]]")]
    swapped = first.replace("[[modes]]", block + "[[modes]]", 1) + third[third.index("[[modes]]") :]
    (tmp_path / "swapped.toml").write_text(swapped, encoding="utf-8")
    other = load_rulebook(tmp_path / "swapped.toml")
    assert set(other.modes) == set(small_rulebook.modes)
    assert CueFeatures(other).fingerprint() != CueFeatures(small_rulebook).fingerprint()


def test_a_rulebook_that_is_missing_or_no_text_is_refused(tmp_path):
    with pytest.raises(RulebookError, match="cannot be read"):
        load_rulebook(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RulebookError, match="is not TOML"):
        load_rulebook(tmp_path / "binary.toml")


def test_modes_can_be_added_without_changing_what_a_model_depends_on(tmp_path, small_rulebook):
    more = SMALL + '\n[[modes]]\nslug = "translator-da"\ntitle = "Danish"\ndispositions = ["escalate"]\n'
    more = more.replace(
        '[[groups.members]]\nmode = "translator-fr"',
        '[[groups.members]]\nmode = "translator-da"\ntechnologies = ["Danish"]\n\n'
        '[[groups.members]]\nmode = "translator-fr"',
    )
    more += '\n[[technologies]]\nname = "Danish"\ncategory = "language"\naliases = ["danish"]\n'
    (tmp_path / "more.toml").write_text(more, encoding="utf-8")
    grown = load_rulebook(tmp_path / "more.toml")
    assert grown.labels == small_rulebook.labels
    assert CueFeatures(grown).fingerprint() == CueFeatures(small_rulebook).fingerprint()
    assert grown.sha256 != small_rulebook.sha256
