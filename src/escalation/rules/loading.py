"""Read a rulebook from TOML and refuse it, with file, key and remedy, where it is wrong."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args

from escalation.errors import RulebookError
from escalation.rules.consistency import check_consistency
from escalation.rules.phrases import PhraseError, compile_phrase
from escalation.rules.rulebook import (
    TECHNOLOGY_CUE,
    Acceptance,
    Area,
    Condition,
    CoreRule,
    Cue,
    Disposition,
    Example,
    Group,
    Mode,
    Reach,
    Role,
    Rule,
    Rulebook,
    Source,
    Technology,
    Wanted,
)
from escalation.rules.tables import Table, root_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FORMAT = 1

T = TypeVar("T")


def load_rulebook(path: Path) -> Rulebook:
    """Read and check a rulebook.

    Parameters
    ----------
    path : Path
        A TOML file of format 1, as those in `data/rulebooks/` show it.

    Returns
    -------
    Rulebook

    Raises
    ------
    RulebookError
        If the file cannot be read, has an unknown or missing key, a value of the wrong kind, a doubled
        id, a name that is not defined, a rule without target, or a phrase that does not compile.
        The message names file, key and remedy.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RulebookError(f"{path}: cannot be read ({error.strerror}); name a rulebook file") from error
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise RulebookError(f"{path}: is not TOML ({error}); mend it at that place") from error
    root = root_table(path, data)
    if root.integer("format") != FORMAT:
        raise root.refusal("format", f"is not {FORMAT}", "this version reads only that format")
    name, home, title = root.string("name"), root.string("home"), root.string("title")
    sources = _by_id(root, "sources", _source, "id")
    modes = _by_id(root, "modes", _mode, "slug")
    technologies = _by_id(root, "technologies", _technology, "name")
    areas = _by_id(root, "areas", _area, "id")
    cues = _by_id(root, "cues", _cue, "id")
    categories = {technology.category for technology in technologies.values()}
    names = _Names(sources, modes, {}, technologies, areas, {*cues, *(TECHNOLOGY_CUE + c for c in categories)})
    groups = _by_id(root, "groups", lambda table: _group(table, names), "slug")
    for slug in groups:
        if slug in modes:
            raise root.refusal("groups", f"has {slug!r}, which is a mode too", "rename the group")
    names.groups.update(groups)
    rules = _by_id(root, "rules", lambda table: _rule(table, names), "id")
    core = _core(root.table("core"), names)
    acceptance = _by_id(root, "acceptance", lambda table: _acceptance(table, names), "id")
    root.finish()
    rulebook = Rulebook(
        name=name,
        home=home,
        title=title,
        sources=sources,
        modes=modes,
        groups=groups,
        technologies=technologies,
        areas=areas,
        cues=cues,
        rules=rules,
        core=core,
        acceptance=acceptance,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    check_consistency(rulebook, root)
    return rulebook


class _Names:
    """The names that later parts of the rulebook may use."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        modes: Mapping[str, Mode],
        groups: dict[str, Group],
        technologies: Mapping[str, Technology],
        areas: Mapping[str, Area],
        cues: set[str],
    ) -> None:
        self.sources = sources
        self.modes = modes
        self.groups = groups
        self.technologies = technologies
        self.areas = areas
        self.cues = cues

    def cue(self, table: Table, key: str, cue: str) -> str:
        if cue not in self.cues:
            raise table.refusal(key, f"names the cue {cue!r}, which is not defined", "define it under [[cues]]")
        return cue

    def wanted(self, table: Table, key: str, text: str) -> Wanted:
        cue, _, only = text.partition("@")
        if only not in ("", "new", "title"):
            raise table.refusal(key, f"has {text!r}", "after @ stands new or title")
        if only == "new" and not cue.startswith(TECHNOLOGY_CUE):
            raise table.refusal(key, f"has {text!r}", f"@new is for {TECHNOLOGY_CUE}CATEGORY, which a stack can list")
        return Wanted(self.cue(table, key, cue), cast("Literal['', 'new', 'title']", only))


def _by_id(root: Table, key: str, build: Callable[[Table], T], id_key: str) -> dict[str, T]:
    built: dict[str, T] = {}
    for table in root.tables(key):
        name = table.string(id_key)
        table.where = f"{key}[{name}]"
        if name in built:
            raise table.refusal(id_key, "stands twice", "give each its own")
        built[name] = build(table)
        table.finish()
    return built


def _choice(table: Table, key: str, kind: Any, default: str | None = None) -> str:
    value = table.string(key) if default is None else table.string(key, default)
    if value not in get_args(kind):
        raise table.refusal(key, f"is {value!r}", f"use one of {', '.join(get_args(kind))}")
    return value


def _dispositions(table: Table) -> tuple[Disposition, ...]:
    values = table.strings("dispositions")
    for value in values:
        if value not in get_args(Disposition):
            raise table.refusal("dispositions", f"has {value!r}", "use escalate and collaborate")
    return cast("tuple[Disposition, ...]", values)


def _source(table: Table) -> Source:
    return Source(table.string("id"), table.string("section"), table.string("text"))


def _mode(table: Table) -> Mode:
    return Mode(table.string("slug"), table.string("title"), _dispositions(table))


def _technology(table: Table) -> Technology:
    technology = Technology(
        table.string("name"),
        table.string("category"),
        table.strings("aliases", ()),
        table.strings("idioms", ()),
    )
    _check_phrases(table, "aliases", technology.aliases)
    _check_phrases(table, "idioms", technology.idioms)
    return technology


def _area(table: Table) -> Area:
    return Area(table.string("id"), table.string("title"))


def _cue(table: Table) -> Cue:
    phrases = table.strings("phrases")
    _check_phrases(table, "phrases", phrases)
    name = table.string("id")
    if name.startswith(TECHNOLOGY_CUE) or "@" in name or " " in name:
        raise table.refusal("id", f"is {name!r}", f"use no @, no space and no {TECHNOLOGY_CUE!r} in front")
    role = _choice(table, "role", Role)
    reach = _choice(table, "reach", Reach, "clause")
    return Cue(name, cast("Role", role), phrases, cast("Reach", reach))


def _check_phrases(table: Table, key: str, phrases: tuple[str, ...]) -> None:
    for phrase in phrases:
        try:
            compile_phrase(phrase)
        except PhraseError as error:
            raise table.refusal(key, f"has {phrase!r}, which does not compile", f"it {error}") from error


def _group(table: Table, names: _Names) -> Group:
    members: dict[str, tuple[str, ...]] = {}
    for member in table.tables("members"):
        mode = _mode_named(member, "mode", names)
        members[mode] = member.strings("technologies")
        for technology in members[mode]:
            if technology not in names.technologies:
                raise member.refusal(
                    "technologies",
                    f"names {technology!r}, which is not defined",
                    "define it under [[technologies]]",
                )
        member.finish()
    fallback = table.string("fallback", "") or None
    if fallback is not None and fallback not in names.modes:
        raise table.refusal("fallback", f"is the unknown mode {fallback!r}", "name a mode of the roster")
    return Group(
        slug=table.string("slug"),
        title=table.string("title"),
        category=table.string("category"),
        members=members,
        dispositions=_dispositions(table),
        fallback=fallback,
        stays_open=tuple(names.cue(table, "stays_open", cue) for cue in table.strings("stays_open", ())),
    )


def _mode_named(table: Table, key: str, names: _Names) -> str:
    mode = table.string(key)
    if mode not in names.modes:
        raise table.refusal(key, f"is the unknown mode {mode!r}", "add it under [[modes]] or correct it")
    return mode


def _condition(table: Table, key: str, text: str, names: _Names) -> Condition:
    wanted: list[Wanted] = []
    unwanted: list[Wanted] = []
    sign = "+"
    for index, word in enumerate(text.split()):
        if index % 2:
            if word not in ("+", "-"):
                raise table.refusal(key, f"has {text!r}", "write cues joined by + (and) or - (and not)")
            sign = word
        else:
            (wanted if sign == "+" else unwanted).append(names.wanted(table, key, word))
    if not wanted or len(text.split()) % 2 == 0:
        raise table.refusal(key, f"has {text!r}", "name at least one cue that must be there, and one after each sign")
    return Condition(tuple(wanted), tuple(unwanted), text)


def _examples(table: Table) -> tuple[Example, ...]:
    examples = []
    for example in table.tables("examples", ()):
        stack = {key: tuple(value) for key, value in example.mapping("stack", {}).items()}
        examples.append(
            Example(
                example.string("text"),
                example.strings("escalate", ()),
                example.strings("collaborate", ()),
                stack,
            )
        )
        example.finish()
    return tuple(examples)


def _source_named(table: Table, names: _Names) -> Source:
    source = table.string("source")
    if source not in names.sources:
        raise table.refusal("source", f"is {source!r}, which is not defined", "define it under [[sources]]")
    return names.sources[source]


def _rule(table: Table, names: _Names) -> Rule:
    disposition = cast("Disposition", _choice(table, "disposition", Disposition))
    targets = table.strings("targets")
    if not targets:
        raise table.refusal("targets", "is empty", "name the mode or group that the rule is about")
    for target in targets:
        known = names.modes.get(target) or names.groups.get(target)
        if known is None:
            raise table.refusal("targets", f"names the unknown mode {target!r}", "add it under [[modes]] or correct it")
        if disposition not in known.dispositions:
            raise table.refusal("targets", f"has {target!r}, which takes no {disposition}", "change one of them")
    area = table.string("area")
    if area not in names.areas:
        raise table.refusal("area", f"is {area!r}, which is not defined", "define it under [[areas]]")
    when = tuple(_condition(table, "when", text, names) for text in table.strings("when"))
    if not when:
        raise table.refusal("when", "is empty", "say which cues make the rule speak")
    return Rule(
        id=table.string("id"),
        area=area,
        disposition=disposition,
        targets=targets,
        source=_source_named(table, names),
        condition=table.string("condition"),
        when=when,
        unless=tuple(_condition(table, "unless", text, names) for text in table.strings("unless", ())),
        examples=_examples(table),
    )


def _core(table: Table, names: _Names) -> CoreRule:
    when = tuple(_condition(table, "when", text, names) for text in table.strings("when"))
    core = CoreRule(_source_named(table, names), when)
    table.finish()
    return core


def _acceptance(table: Table, names: _Names) -> Acceptance:
    condition = _choice(table, "condition", Literal["always", "cue", "core"])
    cues = tuple(names.cue(table, "cues", cue) for cue in table.strings("cues", ()))
    if (condition == "cue") != bool(cues):
        raise table.refusal("cues", "does not fit the condition", "give cues for the condition 'cue' and only there")
    return Acceptance(
        id=table.string("id"),
        modes=table.strings("modes"),
        condition=cast("Literal['always', 'cue', 'core']", condition),
        reason=table.string("reason"),
        otherwise=table.string("otherwise", "") if condition == "always" else table.string("otherwise"),
        source=_source_named(table, names),
        cues=cues,
    )
