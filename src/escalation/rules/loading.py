"""Read a rulebook from TOML and check it; one run reports the faults of all its tables."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args

import msgspec

from escalation.errors import RulebookError
from escalation.files import parse_toml, read_bytes
from escalation.rules.phrases import PhraseError, compile_phrase
from escalation.rules.rulebook import (
    DISPOSITIONS,
    TECHNOLOGY_CUE,
    Acceptance,
    AcceptedWhen,
    Condition,
    CoreRule,
    Cue,
    Group,
    Mode,
    Reach,
    Role,
    Rule,
    Rulebook,
    Source,
    Technology,
    Text,
    Texts,
    Wanted,
)

FORMAT = 1
_MAX_REPORTED = 20
_NAME_KEYS = {
    "sources": "id",
    "modes": "slug",
    "groups": "slug",
    "technologies": "name",
    "cues": "id",
    "rules": "id",
    "acceptance": "id",
}
_CHOICES = {
    "disposition": DISPOSITIONS,
    "dispositions": DISPOSITIONS,
    "role": get_args(Role),
    "reach": get_args(Reach),
    "condition": get_args(AcceptedWhen),
}
_TYPES = {"str": "a string", "int": "an integer", "bool": "a boolean", "array": "an array", "object": "a table"}

T = TypeVar("T")
_Tables: TypeAlias = list[dict[str, Any]]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """The keys of a file. Its tables are converted one by one; `areas` only documents it."""

    format: int
    name: Text
    home: Text
    title: Text
    core: dict[str, Any]
    sources: _Tables
    modes: _Tables
    groups: _Tables
    technologies: _Tables
    cues: _Tables
    rules: _Tables
    acceptance: _Tables
    areas: list[dict[str, str]] = []


class _Member(msgspec.Struct, forbid_unknown_fields=True):
    mode: Text
    technologies: Texts


class _Written(msgspec.Struct):
    """What a table has in the file in another form than in its type, and what only documents a rule."""

    source: Text = ""
    when: Texts = ()
    unless: Texts = ()
    members: tuple[_Member, ...] = ()
    area: str = ""
    condition: str = ""


def load_rulebook(path: Path) -> Rulebook:
    """Read and check a rulebook.

    Parameters
    ----------
    path : Path
        A TOML file of format 1; `data/rulebooks/` has an example.

    Returns
    -------
    Rulebook

    Raises
    ------
    RulebookError
        If the file cannot be read, a key is unknown or missing, a value has the wrong type, an id is used twice, a name
        is not defined, a phrase or condition does not compile, or tables contradict each other. The message has a line
        for each fault, with file, place and remedy.
    """
    content = read_bytes(path, RulebookError, "name a rulebook file")
    loader = _Loader(parse_toml(content, path, RulebookError, "correct it there"))
    rulebook = loader.load(hashlib.sha256(content).hexdigest())
    if rulebook is None:
        faults = loader.faults[:_MAX_REPORTED]
        if len(loader.faults) > len(faults):
            faults.append(f"{len(loader.faults) - len(faults)} more faults; correct these first")
        raise RulebookError("\n".join(f"{path}: {fault}" for fault in faults))
    return rulebook


class _Loader:
    """Converts the tables of a file one by one and collects their faults."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.faults: list[str] = []
        self._data = data
        self._place = ""
        # A name counts as known even if its own table has a fault, so that one mistake is reported once.
        self._known = {key: self._values(key, name) for key, name in _NAME_KEYS.items()}
        self._categories = self._values("technologies", "category")
        self._known["cues"] |= {TECHNOLOGY_CUE + category for category in self._categories}
        self._sources: dict[str, Source] = {}
        self._targets: dict[str, Mode | Group] = {}
        self._group_of: dict[str, str] = {}

    def load(self, sha256: str) -> Rulebook | None:
        """Return the rulebook, or None if there are faults."""
        version = self._data.get("format", "missing")
        if version != FORMAT or isinstance(version, bool):
            self._fault("format", f"is {version}; this version reads format = {FORMAT}")
            return None
        file = self._convert(self._data, _File)
        self._sources = sources = self._read("sources", Source)
        modes = self._read("modes", Mode)
        self._targets.update(modes)
        technologies = self._read("technologies", Technology, self._check_technology)
        cues = self._read("cues", Cue, self._check_cue)
        groups = self._read("groups", Group, self._check_group)
        self._targets |= groups
        rules = self._read("rules", Rule, self._check_rule)
        acceptance = self._read("acceptance", Acceptance, self._check_acceptance)
        self._place = "core"
        core = self._convert(file.core, CoreRule) if file else None
        if self.faults or file is None or core is None:
            return None
        return Rulebook(
            name=file.name,
            home=file.home,
            title=file.title,
            sources=sources,
            modes=modes,
            groups=groups,
            technologies=technologies,
            cues=cues,
            rules=rules,
            core=core,
            acceptance=acceptance,
            sha256=sha256,
        )

    def _fault(self, key: str, what: str) -> None:
        self.faults.append(f"{self._place}.{key}".strip(".") + f" {what}")

    def _entries(self, key: str) -> _Tables:
        entries = self._data.get(key)
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

    def _values(self, key: str, name: str) -> set[str]:
        return {entry[name] for entry in self._entries(key) if isinstance(entry.get(name), str)}

    # ------------------------------------------------------------------------------------------------ converting

    def _read(self, key: str, kind: type[T], check: Callable[[T], None] | None = None) -> dict[str, T]:
        """Convert and check the tables under a key; return those of the right types, by name."""
        tables: dict[str, T] = {}
        for index, entry in enumerate(self._entries(key)):
            name = entry.get(_NAME_KEYS[key])
            self._place = f"{key}[{index}]" + (f" ({name})" if name else "")
            table = self._convert(entry, kind)
            if table is None:
                continue
            if name in tables:
                self._fault(_NAME_KEYS[key], "is used twice; rename one of the two")
            if check is not None:
                check(table)
            tables[name] = table
        return tables

    def _convert(self, entry: dict[str, Any], kind: type[T]) -> T | None:
        try:
            return msgspec.convert(entry if kind is _File else self._resolve(entry, kind), kind)
        except msgspec.ValidationError as error:
            self._fault(*_explain(error, kind))
            return None

    def _resolve(self, entry: dict[str, Any], kind: type) -> dict[str, Any]:
        """Replace the name of a source, the text of conditions and the members of a group by what the type has."""
        written = msgspec.convert(entry, _Written)
        resolved = entry.copy()
        if "source" in entry:
            self._check_names("source", [written.source], "sources")
            # If that source has a fault, any other will do: there will be no rulebook.
            resolved["source"] = self._sources.get(written.source, Source("", "", ""))
        for key, texts in (("when", written.when), ("unless", written.unless)):
            if key in entry:
                resolved[key] = [self._condition(f"{key}[{index}]", text) for index, text in enumerate(texts)]
        if "members" in entry:
            resolved["members"] = {member.mode: member.technologies for member in written.members}
        if kind is Rule:
            resolved = {key: value for key, value in resolved.items() if key not in ("area", "condition")}
        return resolved

    def _condition(self, key: str, text: str) -> Condition:
        words = text.split()
        signs, cues = ["+", *words[1::2]], words[::2]
        if len(signs) != len(cues) or not {"+", "-"}.issuperset(signs):
            self._fault(key, f"is {text!r}; write cues with + (and) or - (and not) between them")
        wanted = [self._wanted(key, cue) for cue in cues]
        all_ = tuple(cue for sign, cue in zip(signs, wanted, strict=False) if sign == "+")
        none = tuple(cue for sign, cue in zip(signs, wanted, strict=False) if sign == "-")
        return Condition(all_, none, text)

    def _wanted(self, key: str, text: str) -> Wanted:
        cue, _, only = text.partition("@")
        self._check_names(key, [cue], "cues")
        if only not in ("", "new", "title"):
            self._fault(key, f"is {text!r}; write new or title after @")
        if only == "new" and not cue.startswith(TECHNOLOGY_CUE):
            self._fault(key, f"is {text!r}; @new is only for {TECHNOLOGY_CUE}CATEGORY, which a Stack Profile can list")
        return Wanted(cue, only)

    # ------------------------------------------------------------------------------------------------ checking

    def _check_names(self, key: str, names: Iterable[str], *tables: str) -> None:
        for name in names:
            if not any(name in self._known[table] for table in tables):
                what = " or ".join(
                    table.removesuffix("ies") + "y" if table.endswith("ies") else table[:-1] for table in tables
                )
                self._fault(key, f"names unknown {what} {name!r}; add it under [[{tables[0]}]] or fix the name")

    def _check_phrases(self, key: str, phrases: Texts) -> None:
        for phrase in phrases:
            try:
                compile_phrase(phrase)
            except PhraseError as error:
                self._fault(key, f"has {phrase!r}, which {error}")

    def _check_technology(self, technology: Technology) -> None:
        self._check_phrases("aliases", technology.aliases)
        self._check_phrases("idioms", technology.idioms)

    def _check_cue(self, cue: Cue) -> None:
        self._check_phrases("phrases", cue.phrases)
        if cue.id.startswith(TECHNOLOGY_CUE) or "@" in cue.id or " " in cue.id:
            self._fault("id", f"is {cue.id!r}; use no @, no space and no {TECHNOLOGY_CUE} at the beginning")

    def _check_group(self, group: Group) -> None:
        if group.slug in self._known["modes"]:
            self._fault("slug", "is the slug of a mode too; rename the group")
        if group.category not in self._categories:
            self._fault("category", f"is {group.category!r}, which no technology has; add one under [[technologies]]")
        if group.fallback is not None:
            self._check_names("fallback", [group.fallback], "modes")
            self._check_dispositions("fallback", group.fallback, group.dispositions)
        self._check_names("stays_open", group.stays_open, "cues")
        for mode, technologies in group.members.items():
            self._check_names("members", [mode], "modes")
            self._check_names("members", technologies, "technologies")
            if mode in self._group_of:
                self._fault("members", f"has {mode!r}, also a member of {self._group_of[mode]!r}; keep one of them")
            self._group_of[mode] = group.slug
            member = self._targets.get(mode)
            if member and set(member.dispositions) != set(group.dispositions):
                own, theirs = (", ".join(target.dispositions) for target in (member, group))
                self._fault("members", f"has {mode!r} with dispositions {own}, the group has {theirs}; make them equal")

    def _check_dispositions(self, key: str, target: str, dispositions: Iterable[str]) -> None:
        known = self._targets.get(target)
        for disposition in dispositions:
            if known and disposition not in known.dispositions:
                self._fault(key, f"has {target!r}, which does not allow {disposition}; change one of them")

    def _check_rule(self, rule: Rule) -> None:
        self._check_names("targets", rule.targets, "modes", "groups")
        for target in rule.targets:
            self._check_dispositions("targets", target, [rule.disposition])
        for index, example in enumerate(rule.examples):
            key = f"examples[{index}]"
            for disposition in DISPOSITIONS:
                for target in getattr(example, disposition):
                    self._check_names(f"{key}.{disposition}", [target], "modes", "groups")
                    self._check_dispositions(f"{key}.{disposition}", target, [disposition])
                    group = self._targets.get(target)
                    if isinstance(group, Group) and group.fallback:
                        self._fault(
                            f"{key}.{disposition}",
                            f"has group {target!r}, which answers as its fallback; write {group.fallback!r}",
                        )

    def _check_acceptance(self, acceptance: Acceptance) -> None:
        self._check_names("cues", acceptance.cues, "cues")
        if (acceptance.condition == "cue") != bool(acceptance.cues):
            self._fault(
                "cues", f"does not fit condition = {acceptance.condition!r}; list cues for 'cue' and only there"
            )
        if acceptance.condition != "always" and not acceptance.otherwise:
            self._fault("otherwise", "is missing; write why a task is not accepted")


def _explain(error: msgspec.ValidationError, kind: type) -> tuple[str, str]:
    """Return the key that an error of msgspec is about, and what is wrong there."""
    message, _, path = str(error).partition(" - at `$")
    key = path.strip(".`")
    quoted = message.split("`")
    if message.startswith("Object missing"):
        return f"{key}.{quoted[1]}".strip("."), "is missing; add it"
    if message.startswith("Object contains unknown"):
        known = f" or use one of {', '.join(msgspec.structs.fields(kind))}" if not key else ""
        return f"{key}.{quoted[1]}".strip("."), f"is an unknown key; remove it{known}"
    if message.startswith("Invalid enum value "):
        choices = _CHOICES[key.rpartition(".")[2].partition("[")[0]]
        return key, f"is {message.removeprefix('Invalid enum value ')}; use one of {', '.join(choices)}"
    if "length" in message:
        return key, "is empty; enter a value"
    expected, found = (_TYPES.get(quoted[index], quoted[index]) for index in (1, 3))
    return key, f"must be {expected}, not {found}; correct the value"
