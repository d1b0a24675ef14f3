"""What a rulebook knows by name: its sources, the modes of its roster, technologies, and groups of modes."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Disposition: TypeAlias = Literal["escalate", "collaborate"]
Text: TypeAlias = Annotated[str, Meta(min_length=1)]
Texts: TypeAlias = tuple[Text, ...]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a rulebook file; the file cannot have keys that the type does not have."""


class Source(Table, frozen=True):
    """A sentence of the documented source, word for word, and the section that it is from."""

    id: Text
    section: Text
    text: Text


class Mode(Table, frozen=True):
    """A specialist on the roster, with the dispositions that a task may have towards it.

    `aliases` are other slugs of the mode. A model that was trained under one of them is a model for this mode.
    """

    slug: Text
    title: Text
    dispositions: tuple[Disposition, ...]
    aliases: Texts = ()


class Category(Table, frozen=True):
    """A category of technologies, with the other names that Stack Profiles have for it."""

    name: Text
    aliases: Texts = ()


class Neutral(Table, frozen=True):
    """What Stack Profiles list though nothing depends on it: categories, and phrases that name technologies."""

    categories: Texts = ()
    names: Texts = ()


class Technology(Table, frozen=True):
    """A technology of a category, with the phrases that name it and the signs that reveal it in a repository.

    An alias always names the technology. An idiom has other meanings too, so in a text it counts only where the
    category is known to matter. Both count in a Stack Profile.

    The other fields are signs; see `escalation.task.signs`. In each, ``*`` matches anything, and a sign that ends
    in ``?`` counts only if no other technology of the category is found.
    """

    name: Text
    category: Text
    aliases: Texts = ()
    idioms: Texts = ()
    packages: Texts = ()
    images: Texts = ()
    variables: Texts = ()
    schemes: Texts = ()
    files: Texts = ()
    actions: Texts = ()
    providers: Texts = ()
    api_versions: Texts = ()


class Group(Table, frozen=True):
    """Modes of which the project's technology selects one.

    `members` maps each mode to the technologies of `category` that select it. An unresolved group becomes its
    `fallback`, or stays open in the answer. `stays_open` names cues that keep the Stack Profile from resolving it.
    """

    slug: Text
    title: Text
    category: Text
    members: dict[str, Texts]
    dispositions: tuple[Disposition, ...]
    fallback: Text | None = None
    stays_open: Texts = ()
