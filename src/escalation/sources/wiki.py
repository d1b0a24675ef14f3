r"""Turn Jira's wiki markup and documents into Markdown, so that a description reads as others do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VERBATIM = re.compile(r"(?<!\{)\{(code|noformat)(?::([^{}\n]*))?\}(?!\})[ \t]*\n?(.*?)(?:\{\1\}|\Z)", re.DOTALL)
_QUOTE = re.compile(r"\{quote\}(.*?)(?:\{quote\}|\Z)", re.DOTALL)
_ITEM = re.compile(r"^[ \t]*([*#-]{1,6})[ \t]+(?=\S)", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*h([1-6])\.[ \t]*(?=\S)", re.MULTILINE)
_MACRO = re.compile(r"\{(?:color|panel|info|note|tip|warning|expand|anchor|toc|section|column|adf)(?::[^{}\n]*)?\}")
_IMAGE = re.compile(r"(?<![\w!])![^\s!|][^!|\n]*\.\w{2,5}(?:\|[^!\n]*)?!")
_USER = re.compile(r"\[~(?:accountid:)?([^\]\[\s]+)\]", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]\[|\n]+)\|([^\]\[|\s]+)(?:\|[^\]\[\n]*)?\]")
_BARE_LINK = re.compile(r"\[(https?://[^\]\[|\s]+|mailto:[^\]\[|\s]+)\]")
_ATTACHMENT = re.compile(r"\[\^([^\]\[\n]+)\]")
_MONOSPACED = re.compile(r"\{\{(.{1,300}?)\}\}")
_BOLD = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s\\])\*(?![\w*])")
_STRUCK = re.compile(r"(?<![^\s(])-(?=[^\s-])([^\n]{0,300}?[^\s-])-(?![^\s.,;:!?)])")
_HEAD_ROW = re.compile(r"^[ \t]*\|\|(.+?)\|\|[ \t]*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\[\]{}*_+#|!~^-])")
_NEAR = 200
"""Characters in which something else on the line of a block is looked for."""
_SIGNS = {"(/)": "✅", "(x)": "❌", "(!)": "", "(?)": "", "(i)": ""}


def from_wiki(text: str) -> str:
    r"""Return a description in Jira's wiki markup as Markdown; code is kept as it is, between fences.

    >>> from_wiki("h2. Goal\n# Ask [~accountid:12:ab]\n## Then {{run}} it\n{code:sql}\nselect 1;\n{code}")
    '## Goal\n1. Ask @user\n   - Then `run` it\n```sql\nselect 1;\n```'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts, last = [], 0
    for match in _VERBATIM.finditer(text):
        parts.append(_prose(text[last : match.start()]))
        parts.append(_fenced(match, text))
        last = match.end()
    parts.append(_prose(text[last:]))
    return "".join(parts)


def _fenced(match: re.Match[str], text: str) -> str:
    options = (match[2] or "").split("|")
    language = options[0].strip() if "=" not in options[0] else ""
    code = match[3].strip("\r\n")
    start, end = match.span()
    is_behind = bool(text[max(text.rfind("\n", 0, start) + 1, start - _NEAR) : start].strip())
    inline = "\n" not in match[0] and is_behind
    if inline and "`" not in code:
        return f"`{code.strip()}`"
    fence = "```" if "```" not in code else "~~~~"
    before = "\n" if is_behind else ""
    after = "\n" if text[end : end + _NEAR].partition("\n")[0].strip() else ""
    return f"{before}{fence}{language}\n{code}\n{fence}{after}"


def _prose(text: str) -> str:
    text = _ITEM.sub(_item, text)  # before headings, whose sign in Markdown is that of a numbered item here
    text = _HEADING.sub(lambda match: "#" * int(match[1]) + " ", text)
    text = _QUOTE.sub(lambda match: "\n".join(f"> {line}".rstrip() for line in match[1].strip().splitlines()), text)
    text = re.sub(r"^[ \t]*bq\.[ \t]*", "> ", text, flags=re.MULTILINE)
    text = _IMAGE.sub("", _MACRO.sub("", text))
    text = _USER.sub(
        lambda match: "@user" if ":" in match[1] or match[0][2:12].lower() == "accountid:" else f"@{match[1]}", text
    )
    text = _LINK.sub(r"[\1](\2)", _BARE_LINK.sub(r"\1", _ATTACHMENT.sub(r"\1", text)))
    text = _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", _MONOSPACED.sub(r"`\1`", text)))
    text = _HEAD_ROW.sub(lambda match: f"| {' | '.join(cell.strip() for cell in match[1].split('||'))} |", text)
    for sign, instead in _SIGNS.items():
        text = text.replace(sign, instead)
    return _ESCAPED.sub(r"\1", text).replace("\\\\", "\n")


def _item(match: re.Match[str]) -> str:
    marks = match[1]
    if set(marks) == {"-"} and len(marks) > 1:  # a dash or a rule
        return match[0]
    return "   " * (len(marks) - 1) + ("1. " if marks == "#" else "- ")


def document_text(node: Any) -> str:
    """Return the text of a document of Jira's or Linear's API (a tree of nodes) as Markdown."""
    lines = [line for child in _children(node) for line in _block(child)]
    return "\n".join(lines).strip()


def _block(node: Mapping[str, Any], indent: str = "") -> list[str]:
    kind = node.get("type")
    if kind == "codeBlock":
        return [f"{indent}```", _inline(node), f"{indent}```", ""]
    if kind in ("bulletList", "orderedList", "taskList"):
        return [line for item in _children(node) for line in _list_item(item, indent)] + ([] if indent else [""])
    if kind == "heading":
        return ["#" * int((node.get("attrs") or {}).get("level", 2)) + " " + _inline(node), ""]
    if kind in ("paragraph", "text", "taskItem"):
        return [indent + _inline(node), ""]
    return [line for child in _children(node) for line in _block(child, indent)]


def _list_item(node: Mapping[str, Any], indent: str) -> list[str]:
    box = "[x] " if (node.get("attrs") or {}).get("state") == "DONE" else ""
    if node.get("type") == "taskItem":
        return [f"{indent}- {box or '[ ] '}{_inline(node)}"]
    lines = [line for child in _children(node) for line in _block(child, indent + "  ") if line.strip()]
    return [f"{indent}- {lines[0].strip()}", *lines[1:]] if lines else []


def _inline(node: Mapping[str, Any]) -> str:
    kind = node.get("type")
    if kind == "text":
        marks = {mark.get("type") for mark in node.get("marks") or () if isinstance(mark, Mapping)}
        text = str(node.get("text", ""))
        return f"~~{text}~~" if "strike" in marks else f"`{text}`" if "code" in marks else text
    if kind == "mention":
        return "@user"
    if kind == "hardBreak":
        return "\n"
    return "".join(map(_inline, _children(node)))


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [child for child in node.get("content") or () if isinstance(child, Mapping)]
