from __future__ import annotations

import copy
import json
import pickle

import pytest

from escalation import load_rulebook
from escalation.errors import RulebookError
from escalation.model.features import CueFeatures
from escalation.rules.rulebook import CORE, Label
from helpers import SMALL_RULEBOOK

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


def test_roster_is_the_documented_one(rulebook):
    frontend, providers = rulebook.groups["frontend"].members, rulebook.groups["auth-provider"].members
    assert frontend == {"react-specialist": ("React",), "vuejs-developer": ("Vue",)}
    assert set(providers) == {"clerk-auth-specialist", "supabase-auth-specialist"}
    specialists = {
        f"{area}-specialist" for area in ("database", "security", "infrastructure", "cicd", "docker-compose")
    }
    testers = {"e2e-tester", "integration-tester"}
    assert set(rulebook.modes) == specialists | testers | {*frontend, *providers}
    assert {rulebook.modes[tester].dispositions for tester in testers} == {("collaborate",)}
    assert len(rulebook.labels) == 16
    assert rulebook.labels[-1] == CORE


def test_every_documented_condition_has_its_rule(rulebook):
    for words, rule in DOCUMENTED.items():
        assert words in rulebook.rules[rule].source.text
        assert rulebook.rules[rule].source.section.startswith("Escalate When Necessary / ")


def test_every_sentence_of_the_source_is_used(rulebook):
    used = {rule.source.id for rule in (*rulebook.rules.values(), *rulebook.acceptance.values(), rulebook.core)}
    # "Work closely with:" introduces the five collaborations and has no rule of its own.
    assert used == set(rulebook.sources) - {"collaborate"}


def test_the_five_collaborations_have_their_purposes(rulebook):
    shared = {rule.source.id for rule in rulebook.rules.values() if rule.disposition == "collaborate"}
    assert shared == {f"collaborate.{area}" for area in ("frontend", "database", "security", "deployment", "testing")}


def test_acceptance_list_is_the_documented_one(rulebook):
    modes = {mode: rule.condition for rule in rulebook.acceptance.values() for mode in rule.modes}
    assert modes["project-onboarding"] == modes["technical-architect"] == "always"
    assert modes["api-developer"] == modes["backend-developer"] == "cue"


def test_every_source_that_escalates_has_an_example(rulebook):
    escalating = [rule for rule in rulebook.rules.values() if rule.disposition == "escalate"]
    assert {rule.source.id for rule in escalating} == {rule.source.id for rule in escalating if rule.examples}


@pytest.mark.parametrize("text", ["escalate:frontend", "collaborate:database-specialist", "core"])
def test_label_is_its_text_everywhere(text, rulebook):
    label = Label.parse(text)
    assert label == text
    assert label in rulebook.labels
    assert {text: 1}[label] == 1
    assert json.dumps({label: label}) == json.dumps({text: text})
    for same in (Label(label.disposition, label.target), pickle.loads(pickle.dumps(label)), copy.deepcopy(label)):
        assert (same, same.disposition, same.target) == (text, *(*text.split(":"), "")[:2])


@pytest.mark.parametrize("text", ["", "escalate", "escalate:", "core:x", "accept:frontend", ":frontend"])
def test_text_that_is_not_a_label(text):
    with pytest.raises(ValueError, match="not a label"):
        Label.parse(text)


def test_members_of_a_group_have_its_label(rulebook):
    assert rulebook.label("escalate", "react-specialist") == Label("escalate", "frontend")
    assert rulebook.label("collaborate", "e2e-tester").target == "e2e-tester"


SMALL = SMALL_RULEBOOK.read_text(encoding="utf-8")
GROUP = 'category = "language"\n'
FALLBACK = GROUP + 'fallback = "legal-reviewer"\n'
OTHER_GROUP = """
[[groups]]
slug = "other"
title = "Other"
category = "language"
dispositions = ["escalate"]
members = [{mode = "translator-de", technologies = []}]
"""
OWN, BOTH = 'dispositions = ["escalate"]', 'dispositions = ["escalate", "collaborate"]'
LEGAL = 'disposition = "escalate"\ntargets = ["legal-reviewer"]'
# What is replaced by what (an empty text: appended), and what the message says about it.
FAULTS = [
    ("format = 1", "hue = 1\nformat = 1", "hue is an unknown key; remove it or use one of format, name,"),
    ('role = "work"', 'role = "work"\nhue = 1', "cues[0] (work).hue is an unknown key; remove it or use one of id,"),
    ('["German"]', '["German"]\nhue = 1', "groups[0] (translation).members[0].hue is an unknown key"),
    ('[core]\nsource = "own"\nwhen = ["prose"]\n', "", "core is missing; add it"),
    ('when = ["prose"]', "", "core.when is missing; add it"),
    ('otherwise = "nothing in it is about a manual"\n', "", "(accept.product).otherwise is missing"),
    ("format = 1", "", "format must be 1, got none"),
    ("format = 1", "format = 2", "format must be 1, got 2"),
    ("[core]", "[[core]]", "core must be a mapping, not a list"),
    ('dispositions = ["escalate"]', 'dispositions = "no"', ".dispositions must be a list, not text"),
    ('condition = "new drawings"', "condition = 3", "(pictures.new).condition must be text, not a whole number"),
    ('role = "work"', 'role = "play"', "cues[0] (work).role is 'play'; use one of evidence, complex,"),
    ('role = "work"', 'role = "x - at `$.y`"', "cues[0] (work).role is 'x - at `$.y`'; use one of evidence,"),
    ('"escalate", "collaborate"]', '"keep"]', ".dispositions[0] is 'keep'; use one of escalate, collaborate"),
    ('title = "Illustrator"', 'title = ""', "modes[0] (illustrator).title is empty"),
    ('targets = ["illustrator"]', "targets = []", "rules[0] (pictures.new).targets is empty"),
    ('when = ["drawing"]', "when = []", "rules[0] (pictures.new).when is empty"),
    ('id = "law"\nsection', 'id = "own"\nsection', "sources[2] (own).id is used twice"),
    ('id = "prose"', 'id = "tech.x"', "cues[5] (tech.x).id is 'tech.x'; use no @"),
    ('slug = "translation"', 'slug = "illustrator"', "groups[0] (illustrator).slug is the slug of a mode too"),
    ('targets = ["illustrator"]', 'targets = ["dba"]', "names unknown mode 'dba'; add it under [[modes]] or fix"),
    ('mode = "translator-de"', 'mode = "dba"', "groups[0] (translation).members names unknown mode 'dba'"),
    (GROUP, GROUP + 'fallback = "dba"\n', "groups[0] (translation).fallback names unknown mode 'dba'"),
    ('\nescalate = ["illustrator"]', '\nescalate = ["dba"]', "examples[0].escalate names unknown mode 'dba'"),
    ('when = ["drawing"]', 'when = ["drawing + hue"]', "rules[0] (pictures.new).when[0] names unknown cue 'hue'"),
    (GROUP, GROUP + 'stays_open = ["hue"]\n', "groups[0] (translation).stays_open names unknown cue 'hue'"),
    ('source = "law"', 'source = "lore"', "(law).source names unknown source 'lore'; add it under [[sources]]"),
    ('technologies = ["German"]', 'technologies = ["Danish"]', "names unknown technology 'Danish'"),
    (GROUP + "disp", 'category = "tongue"\ndisp', "(translation).category is 'tongue', which no technology has"),
    ('"exploded view"', '"~ view"', "cues[1] (drawing).phrases has '~ view', which begins or ends with a gap"),
    ('"deutsch"', '"*"', "technologies[0] (German).aliases has '*', which contains '*'"),
    (LEGAL, LEGAL.replace("escalate", "collaborate"), "has 'legal-reviewer', whose dispositions lack 'collaborate'"),
    (GROUP + OWN, FALLBACK + BOTH, "fallback has 'legal-reviewer', whose dispositions lack"),
    ('title = "Translator into German"\ndispositions = ["escalate"]', 'title = "T"\ndispositions = []', "differ"),
    ("", OTHER_GROUP, "groups[1] (other).members has 'translator-de', a member of 'translation' too"),
    ('condition = "core"', 'condition = "cue"', "(accept.product).cues does not fit condition 'cue'"),
    ('when = ["drawing"]', 'when = ["drawing and work"]', "when[0] is 'drawing and work'; write cues with +"),
    ('when = ["drawing"]', 'when = ["drawing +"]', "when[0] is 'drawing +'; write cues"),
    ('when = ["drawing"]', 'when = ["drawing@new"]', "when[0] has 'drawing@new'; use @new with tech.CATEGORY"),
    ('when = ["drawing"]', 'when = ["drawing@old"]', "when[0] has 'drawing@old'; write new or title after @"),
    ("", "\n[[", "is not TOML"),
    ("format = 1", "x = " + "[" * 5000, "is not TOML"),
]


def read(tmp_path, content):
    (tmp_path / "team.toml").write_text(content, encoding="utf-8")
    return load_rulebook(tmp_path / "team.toml")


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_fault_is_reported_with_file_place_and_remedy(old, new, message, tmp_path):
    assert old in SMALL
    with pytest.raises(RulebookError) as error:
        read(tmp_path, SMALL.replace(old, new, 1) if old else SMALL + new)
    first = str(error.value).splitlines()[0]
    assert first.startswith(f"{tmp_path / 'team.toml'}: ")
    assert message in first
    assert ";" in first


def test_one_run_reports_the_faults_of_all_tables(tmp_path):
    changes = {
        'title = "House rules of the manuals team"\n': "",
        'title = "Illustrator"': "title = 3",
        '["german", "deutsch"]': '["~", "a ~"]',
        'category = "language"\nd': 'category = "language"\nfallback = "legal-reviewer"\nd',
        'when = ["drawing"]': 'when = ["hue", "drawing - tint"]',
        'disposition = "collaborate"': 'disposition = "share"',
        'escalate = ["legal-reviewer"]': 'escalate = ["translation"]',
    }
    content = SMALL
    for old, new in changes.items():
        content = content.replace(old, new)
    with pytest.raises(RulebookError) as error:
        read(tmp_path, content)
    places = [line.removeprefix(f"{tmp_path / 'team.toml'}: ").split(" ") for line in str(error.value).splitlines()]
    assert [" ".join(words[:2]) for words in places] == [
        "title is",
        "modes[0] (illustrator).title",
        "technologies[0] (German).aliases",
        "technologies[0] (German).aliases",
        "rules[0] (pictures.new).when[0]",
        "rules[0] (pictures.new).when[1]",
        "rules[1] (pictures.choice).disposition",
        "rules[2] (law).examples[0].escalate",
    ]


def test_report_of_many_faults_is_short(tmp_path):
    with pytest.raises(RulebookError, match="80 more faults") as error:
        read(tmp_path, SMALL + '\n[[modes]]\nslug = ""' * 100)
    assert len(str(error.value).splitlines()) == 21


def test_missing_or_binary_file(tmp_path):
    with pytest.raises(RulebookError, match="cannot be read"):
        load_rulebook(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RulebookError, match="is not TOML"):
        load_rulebook(tmp_path / "binary.toml")


def test_order_of_the_modes_is_part_of_what_a_model_depends_on(tmp_path, small_rulebook):
    legal = '[[modes]]\nslug = "legal-reviewer"\ntitle = "Legal reviewer"\ndispositions = ["escalate"]\n\n'
    other = read(tmp_path, SMALL.replace(legal, "").replace("[[modes]]", legal + "[[modes]]", 1))
    assert set(other.modes) == set(small_rulebook.modes)
    assert CueFeatures(other).fingerprint() != CueFeatures(small_rulebook).fingerprint()


def test_members_can_be_added_without_changing_what_a_model_depends_on(tmp_path, small_rulebook):
    danish = '[[modes]]\nslug = "translator-da"\ntitle = "Danish"\ndispositions = ["escalate"]\n'
    danish += '[[technologies]]\nname = "Danish"\ncategory = "language"\naliases = ["danish"]\n'
    member = '[[groups.members]]\nmode = "translator-da"\ntechnologies = ["Danish"]\n\n'
    grown = read(tmp_path, SMALL.replace("[[groups.members]]", member + "[[groups.members]]", 1) + danish)
    assert grown.labels == small_rulebook.labels
    assert CueFeatures(grown).fingerprint() == CueFeatures(small_rulebook).fingerprint()
    assert grown.sha256 != small_rulebook.sha256


def test_documentation_in_the_file_is_optional(tmp_path, small_rulebook):
    documentation = ("area = ", 'condition = "new', 'condition = "sc')
    content = "".join(line for line in SMALL.splitlines(keepends=True) if not line.startswith(documentation))
    assert read(tmp_path, content).rules == small_rulebook.rules
