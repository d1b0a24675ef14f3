"""Lists in JSON and tables: each task is found, none invented, and what is left out has its reason."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.errors import InputError
from escalation.sources.reading import read_rows
from escalation.sources.records import Reading
from escalation.sources.source import Skipped, is_done
from escalation.sources.wiki import document_text, from_wiki
from helpers import DATA

SOURCES = DATA / "sources"
FILES = [
    pytest.param(path, id=f"{path.parent.name}/{path.name}")
    for kind in ("github", "json", "jsonl", "beads", "csv")
    for path in sorted((SOURCES / kind).iterdir())
    if not path.name.endswith(".expected.json")
]
USUAL = Reading()


def as_json(entry):
    if isinstance(entry, Skipped):
        return {"id": entry.id, "skipped": entry.reason, "title": entry.title, "place": entry.place}
    found = {"id": entry.id, "text": entry.text, "status": entry.status, "place": entry.place}
    stack = {} if entry.stack is None else {"stack": getattr(entry.stack, "technologies", entry.stack)}
    return found | stack | ({} if entry.delegated_by is None else {"from": entry.delegated_by})


def entries(name, data=None, reading=USUAL):
    found = []
    for row in read_rows(Path(name), reading, data.encode() if isinstance(data, str) else data):
        if isinstance(row.value, InputError):
            raise row.value
        found.append(row.value)
    return found


@pytest.mark.parametrize("path", FILES)
def test_golden_files(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    expected = json.loads(path.with_name(f"{path.stem}.expected.json").read_text(encoding="utf-8"))
    found = json.loads(json.dumps([as_json(entry) for entry in entries(path.name)]))
    assert found == expected
    every = entries(path.name, reading=Reading(include_done=True))
    assert [entry.place for entry in every] == [entry["place"] for entry in expected]
    assert not [entry for entry in every if isinstance(entry, Skipped) and is_done(entry.reason)]


@pytest.mark.parametrize(
    "path", [path for path in FILES if "utf16" not in path.id and not path.id.startswith("csv/own")]
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_of_the_same_file(path, encoding):
    text = path.read_bytes().decode("utf-8-sig")
    assert entries(path.name, text.encode(encoding)) == entries(path.name, text)


# ------------------------------------------------------------------------------------------------ names of columns


@pytest.mark.parametrize("name", ["tasks.csv", "tasks.json", "tasks.jsonl"])
def test_other_columns_by_option(name):
    records = [{"Ticket": "A-1", "What": "Add a page", "Why": "It is missing", "x": ""}]
    if name.endswith("csv"):
        data = "Ticket;What;Why;x\nA-1;Add a page;It is missing;\n"
    else:
        data = json.dumps(records if name.endswith(".json") else records[0])
    (entry,) = entries(name, data, Reading(text_columns=("what", "Why"), id_column="ticket"))
    assert (entry.id, entry.text) == ("A-1", "Add a page\n\nIt is missing")
    with pytest.raises(InputError, match="'Who'.*--text-column names, but.*'What'"):
        entries(name, data, Reading(text_columns=("Who",)))
    with pytest.raises(InputError, match="'Number', which --id-column names"):
        entries(name, data, Reading(text_columns=("What",), id_column="Number"))


@pytest.mark.parametrize(
    "header",
    [
        *["Summary,Issue key,Status,Description", "Résumé,Clé de ticket,État,Description"],
        *["Resumen,Clave de incidencia,Estado,Descripción", "Resumo,Chave da item,Status,Descrição"],
        *["Тема,Ключ проблемы,Статус,Описание", "要約,課題キー,ステータス,説明", "Titel,Schlüssel,Status,Beschreibung"],
        *["summary,issue_key,state,body", " Title , ID ,STATUS,Description"],
    ],
)
@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_translated_headers_and_any_delimiter(header, delimiter):
    lines = [header, "Add a page,X-1,Offen,Soon", "Old,X-2,Done,"]
    first, second = entries("export.csv", "\n".join(line.replace(",", delimiter) for line in lines))
    assert (first.id, first.text) == ("X-1", "Add a page\n\nSoon")
    assert isinstance(second, Skipped)


@pytest.mark.parametrize(
    "status",
    [
        *[
            "To Do",
            "In Progress",
            "Backlog",
            "In Review",
            "Deferred",
            "Blocked",
            "Optional",
            "Selected",
            "",
            "Ready for QA",
        ],
        *["Zu erledigen", "À faire", "進行中", "Whatever"],
    ],
)
def test_open_and_unknown_statuses_are_kept(status):
    (entry,) = entries("a.csv", f"Summary,Issue key,Status\nAdd a page,X-1,{status}\n")
    assert entry.text == "Add a page"


# ------------------------------------------------------------------------------------------------ wiki markup


@pytest.mark.parametrize(
    ("wiki", "markdown"),
    [
        ("h1. Title\nh6.Deep", "# Title\n###### Deep"),
        ("* one\n** two\n# first\n## second\n- dash\n----", "- one\n   - two\n1. first\n   - second\n- dash\n----"),
        ("{code:title=a.py|lang=python}\nx = [1]\n{code}", "```\nx = [1]\n```"),
        ("{code:java}\n# *no* list\n{code}\nAfter", "```java\n# *no* list\n```\nAfter"),
        ("Call {code}run(){code} now", "Call `run()` now"),
        ("Log: {noformat}\n[~ines] h2. x\n{noformat}", "Log: \n```\n[~ines] h2. x\n```"),
        ("{code}\nnever closed", "```\nnever closed\n```"),
        ("Ask [~accountid:5570:ab-c] and [~ines].", "Ask @user and @ines."),
        (
            "[Docs|https://a.example/x] [https://b.example] [^log.txt]",
            "[Docs](https://a.example/x) https://b.example log.txt",
        ),
        ("*bold* _it_ {{code}} -gone- well-known -v and -q", "**bold** _it_ `code` ~~gone~~ well-known -v and -q"),
        ("{quote}\none\ntwo\n{quote}\nbq. three", "> one\n> two\n> three"),
        ("{panel:title=Note}Look{panel} {color:#ff0000}red{color}", "Look red"),
        ("||A||B||\n|1|2|", "| A | B |\n|1|2|"),
        ("See !shot.png|width=20! now! Really!", "See  now! Really!"),
        (r"\{not code\} \[x\] 5 * 3", "{not code} [x] 5 * 3"),
        ("(/) done", "✅ done"),
        ("Plain text, with [brackets] and {braces}.", "Plain text, with [brackets] and {braces}."),
    ],
)
def test_wiki_markup_reads_as_markdown(wiki, markdown):
    assert from_wiki(wiki) == markdown


@pytest.mark.parametrize(
    "part",
    [
        "{quote}" + " " * 50,
        "[~",
        "[^",
        "{{",
        " -x",
        "*a ",
        "{code}x",
        "{code}x{code} ",
        "!a.",
        "||",
        "|",
        "# ",
        "h1. ",
        "\\\\",
        "[a|",
    ],
)
def test_wiki_markup_is_read_in_linear_time(part):
    begin = time.process_time()
    from_wiki(part * (100_000 // len(part)))
    assert time.process_time() - begin < 10


def test_documents_read_as_markdown():
    item = {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]}
    struck = {"type": "text", "text": "old", "marks": [{"type": "strike"}]}
    document = {
        "type": "doc",
        "content": [
            {"type": "heading", "attrs": {"level": 3}, "content": [{"type": "text", "text": "Goal"}]},
            {"type": "paragraph", "content": [struck, {"type": "hardBreak"}, {"type": "text", "text": "new"}]},
            {"type": "bulletList", "content": [item]},
            {"type": "codeBlock", "content": [{"type": "text", "text": "a = 1"}]},
            {"type": "taskList", "content": [{"type": "taskItem", "attrs": {"state": "DONE"}, "content": []}]},
        ],
    }
    assert document_text(document) == "### Goal\n\n~~old~~\nnew\n\n- one\n\n```\na = 1\n```\n\n- [x]"


# ------------------------------------------------------------------------------------------------ nothing is lost

WORDS = st.text("abc äß\n\",;|'\t#*[]{}", min_size=1, max_size=20).map(lambda text: f"Do {text.strip()}!")
STATUSES = st.sampled_from(["", "open", "To Do", "in_progress", "Done", "closed", "Canceled", "wontfix", "whatever"])
RECORDS = st.lists(
    st.fixed_dictionaries({"title": WORDS, "description": st.just("") | WORDS, "status": STATUSES}), max_size=8
)


def check(found, records):
    assert len(found) == len(records)
    for number, (entry, record) in enumerate(zip(found, records, strict=True)):
        assert str(entry.id) == str(number)
        assert isinstance(entry, Skipped) == (is_done(record["status"]) is not None)
        if not isinstance(entry, Skipped):
            for part in (record["title"], record["description"]):
                assert part.strip() in entry.text


@settings(max_examples=100, deadline=None)
@given(RECORDS, st.sampled_from([None, 1]), st.sampled_from(["", "issues", "data.issues.nodes"]))
def test_nothing_is_lost_or_invented_in_json(records, indent, keys):
    records = [{"id": number, **record} for number, record in enumerate(records)]
    if records:
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        check(entries("tasks.jsonl", lines), records)
    document = records
    for key in reversed(keys.split(".") if keys else []):
        document = {"exported": "today", key: document}
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    found = entries("tasks.json", text)
    check(found, records)
    for entry in found if indent else ():
        assert text.split("\n")[int(entry.place.rpartition(":")[2]) - 1].strip() == "{"


@settings(max_examples=100, deadline=None)
@given(RECORDS, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_nothing_is_lost_or_invented_in_tables(records, delimiter, newline, empty_row):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(["ID", "Title", "Labels", "Labels", "Status", "Description"])
    for number, record in enumerate(records):
        writer.writerow([number, record["title"], "a", "b", record["status"], record["description"]])
    text = buffer.getvalue() + (delimiter * 5 if empty_row else "")
    check(entries("tasks.csv", text), records)
