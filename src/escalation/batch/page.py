"""The answers to a list of tasks as a page to hand round, in Markdown or HTML.

Both list who gets which task with which words, a note for each mode that can be copied, and what is unclear or left
out. Everything that comes from a task is escaped.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from escalation.batch.handout import DONE_WITH, counts, note, to_whom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from escalation.batch.handout import Handout, Item, Share

_KINDS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}
_SIGNS = re.compile(r"([\\`*_\[\]#|~$])")
"""What means something within a line of Markdown, besides HTML."""
_HARMLESS = frozenset("\n\u200c\u200d")
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p>{summary}</p>
</header>
<main>"""


def page_kind(path: Path | None) -> str | None:
    """Return the kind of page that a file is by its name, or None if it is no page.

    >>> page_kind(Path("report.HTML")), page_kind(Path("answers.csv"))
    ('html', None)
    """
    return None if path is None else _KINDS.get(path.suffix.lower())


def as_page(kind: str, handout: Handout, source: str, home: str) -> str:
    """Return the answers to a list of tasks as a page.

    Parameters
    ----------
    kind : {"markdown", "html"}
    handout : Handout
    source : str
        Name of the list.
    home : str
        The mode whose own work is not handed over.
    """
    lines = _markdown if kind == "markdown" else _html
    return "\n".join(lines(handout, f"Who gets what: {source}", home)) + "\n"


# ------------------------------------------------------------------------------------------------ Markdown


def _markdown(handout: Handout, title: str, home: str) -> Iterator[str]:
    targets = handout.by_target()
    yield f"# {_md(title)}"
    yield f"\n{handout.summary()}"
    if targets:
        yield "\n| mode | escalate | collaborate |\n| --- | ---: | ---: |"
        for target, shares in targets.items():
            yield f"| {_md(target)} | {' | '.join(map(str, counts(shares).values()))} |"
    for target, shares in targets.items():
        yield f"\n## {_md(to_whom(target, shares[0][1].candidates))}\n"
        for item, share in shares:
            yield _md_item(item, f" ({DONE_WITH[share.disposition]})")
            yield from (f"  - “{_md(ask)}”" for ask in share.asks)
            yield from (f"  - in the task “{_md(item.title)}”" for _ in (1,) if item.title not in share.asks)
        text = _clean(note(target, shares, home))
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        yield f"\n### Note for {_md(target)}\n\n{fence}text\n{text}\n{fence}"
    for name, items in _lists(handout, home):
        yield f"\n## {_md(name)}\n"
        for item, remarks in items:
            yield _md_item(item, f": “{_md(item.title)}”")
            yield from (f"  - {_md(remark)}" for remark in remarks)
    for name, rows in _others(handout):
        yield f"\n## {_md(name)}\n"
        yield from (f"- **{_md(first)}**: {_md(rest)}" for first, rest in rows)


def _md_item(item: Item, said: str) -> str:
    return f"- **{_md(item.name)}**{f' {_md(item.place)}' if item.place else ''}{said}"


def _md(text: str) -> str:
    """Return a text as it is read in a line of Markdown."""
    return _SIGNS.sub(r"\\\1", _clean(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ------------------------------------------------------------------------------------------------ HTML


def _html(handout: Handout, title: str, home: str) -> Iterator[str]:
    targets = handout.by_target()
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    yield _HEAD.format(title=escape(_clean(title)), summary=escape(handout.summary()), style=style)
    if targets:
        yield '<table>\n<caption>Tasks for each mode</caption>\n<thead><tr><th scope="col">mode</th>'
        yield '<th scope="col">escalate</th><th scope="col">collaborate</th></tr></thead>\n<tbody>'
        for number, (target, shares) in enumerate(targets.items()):
            cells = "".join(f"<td>{count}</td>" for count in counts(shares).values())
            yield f'<tr><th scope="row"><a href="#mode-{number}">{_h(target)}</a></th>{cells}</tr>'
        yield "</tbody>\n</table>"
    for number, (target, shares) in enumerate(targets.items()):
        yield f'<section id="mode-{number}">\n<h2>{_h(to_whom(target, shares[0][1].candidates))}</h2>\n<ul>'
        yield from (line for item, share in shares for line in _html_share(item, share))
        yield f"</ul>\n<h3>Note for {_h(target)}</h3>\n<pre>{_h(note(target, shares, home))}</pre>\n</section>"
    for name, items in _lists(handout, home):
        yield f"<section>\n<h2>{_h(name)}</h2>\n<ul>"
        for item, remarks in items:
            yield f"<li>{_html_name(item)}\n<p>{_h(item.title)}</p>"
            yield from (f'<p class="soft">{_h(remark)}</p>' for remark in remarks)
            yield "</li>"
        yield "</ul>\n</section>"
    for name, rows in _others(handout):
        yield f"<section>\n<h2>{_h(name)}</h2>\n<ul>"
        yield from (f"<li><b>{_h(first)}</b> {_h(rest)}</li>" for first, rest in rows)
        yield "</ul>\n</section>"
    yield "</main>\n</body>\n</html>"


def _html_share(item: Item, share: Share) -> Iterator[str]:
    yield f"<li>{_html_name(item)} <em>{DONE_WITH[share.disposition]}</em>"
    yield from (f"<blockquote>{_h(ask)}</blockquote>" for ask in share.asks)
    if item.title not in share.asks:
        yield f'<p class="soft">in the task “{_h(item.title)}”</p>'
    yield "</li>"


def _html_name(item: Item) -> str:
    return f'<b>{_h(item.name)}</b> <span class="soft">{_h(item.place)}</span>'


def _h(text: str) -> str:
    """Return a text as HTML shows it, in its own direction."""
    return f"<bdi>{escape(_clean(text))}</bdi>" if not text.isascii() else escape(_clean(text))


# ------------------------------------------------------------------------------------------------ both


def _lists(handout: Handout, home: str) -> Iterator[tuple[str, list[tuple[Item, Iterable[str]]]]]:
    """Yield the tasks that are no mode's, each list under its heading, with remarks on each task."""
    lists: dict[str, list[tuple[Item, Iterable[str]]]] = {
        f"Own work of {home}": [(item, _also_for(item)) for item in handout.own()],
        "Nobody on the roster": [(item, []) for item in handout.nobody()],
        "Not accepted": [(item, [item.declined]) for item in handout.declined()],
        "Unclear": [(item, [item.unclear, *item.questions]) for item in handout.unclear()],
    }
    yield from ((f"{name} ({len(items)})", items) for name, items in lists.items() if items)


def _also_for(item: Item) -> list[str]:
    return [f"also for {', '.join(share.target for share in item.shares)}"] if item.shares else []


def _others(handout: Handout) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield what has no answer, each list under its heading."""
    if handout.skipped:
        skipped = [(str(each.id or each.place), f"{each.title} ({each.reason})") for each in handout.skipped]
        yield f"Left out ({len(skipped)})", skipped
    excluded = [(item.name, "; ".join(item.excluded)) for item in handout.items if item.excluded]
    if excluded:
        yield f"What the tasks say not to do ({len(excluded)})", excluded
    if handout.wrong:
        yield f"Not answered ({len(handout.wrong)})", handout.wrong


def _clean(text: str) -> str:
    """Return a text in which what is neither printable nor harmless (controls, overrides of direction) is replaced."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in _HARMLESS else "\N{REPLACEMENT CHARACTER}" for sign in text)
