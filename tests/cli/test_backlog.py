"""What `escalation predict --input` makes of many answers: a table, pages, and `--fail-on`."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from helpers import refused

BOXES = """# Tasks

- [x] T001 Set up
- [ ] T002 Write the Dockerfile and leave the nginx config alone
- [ ] T003 Split the users table without downtime, then build the image in GitHub Actions
- [ ] T004 Add an endpoint that lists orders
- [ ] T005 Fix the settings page
- [ ] T006 Write integration tests for the checkout endpoint
- [ ] T007 Ok, thanks
"""
UNCLEAR = "T005, T007"


@pytest.fixture
def tasks(tmp_path):
    path = tmp_path / "tasks.md"
    path.write_text(BOXES)
    return path


# ---------------------------------------------------------------------------------------------- the table


@pytest.mark.parametrize("arguments", [["--input", "tasks.md"], ["--input", "tasks.md", "--jobs", 2], ["-"]])
def test_the_table_groups_tasks_by_mode_and_ends_with_what_is_unclear(run, tasks, arguments):
    done = run("predict", *arguments, stdin=BOXES)
    assert done.returncode == 0
    assert done.stderr == b"left out: 1 done (--include-done brings them back)\n"
    *groups, summary = done.stdout.decode().rstrip().split("\n\n")
    shown = {group.partition("\n")[0]: group.splitlines()[1:] for group in groups}
    assert "docker-compose-specialist  escalate 1, collaborate 0" in shown
    assert shown["cicd-specialist  escalate 1, collaborate 0"] == [
        "  T003  escalate     build the image in GitHub Actions"
    ]
    assert "frontend (open: react-specialist or vuejs-developer)  escalate 1, collaborate 0" in shown
    assert "  T004               Add an endpoint that lists orders" in shown["Own work (fastapi-developer)  2"]
    assert any("  T006  in part" in line for line in shown["Own work (fastapi-developer)  2"])
    assert [line.split()[0] for line in shown["Unclear  2"] if line.startswith("  T")] == UNCLEAR.split(", ")
    assert list(shown)[-1] == "Unclear  2"
    assert any(line.endswith("?") for line in shown["Unclear  2"])
    assert summary == "6 tasks: 3 with an escalation, 1 with a collaboration, 2 with own work, 2 unclear"


def test_the_table_keeps_to_its_width_and_to_the_end_of_long_ids(run, tmp_path):
    folder = tmp_path / "specs" / ("long-name-" * 12)
    folder.mkdir(parents=True)
    (folder / "tasks.md").write_text(f"- [ ] T001 Write the Dockerfile {'日本語' * 90}\n- [ ] T002 Fix \x1b[2Jpage\n")
    lines = run("predict", "--input", ".").stdout.decode().splitlines()
    rows = [line for line in lines if "tasks.md#T00" in line]
    assert rows
    assert all(line.startswith("  …") and len(line) <= 160 for line in rows)
    assert "\x1b" not in "".join(lines)
    assert rows[0].endswith("…")


def test_a_delegation_that_is_not_accepted_is_listed(run, tasks):
    text = run("predict", "--input", "tasks.md", "--from", "react-specialist").stdout.decode()
    assert "Not accepted  6" in text
    assert "6 not accepted" in text


# ---------------------------------------------------------------------------------------------- pages

HOSTILE = [
    "Write the Dockerfile </pre></section><script>alert(1)</script> <img src=x onerror=alert(1)> &lt;b&gt;",
    "Write the Dockerfile\n# Heading\n- item\n``````\nnot code\n| a | b |",
    "Write the Dockerfile `code` **bold** _em_ [a](javascript:alert) ![i](http://x/y.png) ~~s~~ $m$ | cell | <!-- c",
    "Write the Dockerfile \u202e\x1b[31m\x07 كتاب",
    "Fix the settings page </title><style>* {display: none}</style> {summary} %s {0}",
]


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.links, self.data = [], [], [], {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        tag = next((tag for tag in reversed(self.open) if tag != "bdi"), "")
        self.data.setdefault(tag, []).append(data)


def hostile(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(json.dumps({"id": f"<i>{n}|`", "text": text}) + "\n" for n, text in enumerate(HOSTILE)))
    return path


def test_the_html_page_holds_words_notes_and_what_is_unclear(run, tasks, tmp_path):
    done = run("predict", "--input", "tasks.md", "--output", "report.html", "--jobs", 2)
    assert (done.returncode, done.stdout) == (0, b"")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert page.data["h1"] == ["Who gets what: tasks.md"]
    assert page.data["title"] == page.data["h1"]
    assert "build the image in GitHub Actions" in page.data["blockquote"]
    headings = page.data["h2"]
    assert headings[-3:] == ["Unclear (2)", "Left out (1)", "What the tasks say not to do (1)"]
    note = next(note for note in page.data["pre"] if note.startswith("To: docker-compose-specialist"))
    assert "From: fastapi-developer" in note
    assert "T002 (tasks.md:4)\n   - Write the Dockerfile\n" in note
    assert 'Why: rule deployment.containers: "Dockerfile"' in note
    assert "leave the nginx config alone" in note
    assert any("To do together with fastapi-developer (1)" in note for note in page.data["pre"])
    assert "script" not in page.tags
    assert all(link.startswith(("#", "data:,")) for link in page.links)


def test_the_html_page_escapes_what_tasks_contain(run, tmp_path):
    hostile(tmp_path)
    assert run("predict", "--input", "tasks.jsonl", "--output", "report.html").returncode == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert {"script", "img", "i"}.isdisjoint(page.tags)
    assert page.tags.count("style") == 1
    assert {"\x1b", "\x07", "\u202e"}.isdisjoint(text)
    said = "".join(page.data["p"])
    assert HOSTILE[0] in said
    assert HOSTILE[4] in said


@pytest.mark.parametrize("name", ["report.md", "report.MARKDOWN"])
def test_the_markdown_page_holds_what_tasks_contain_as_words(run, tmp_path, name):
    hostile(tmp_path)
    assert run("predict", "--input", "tasks.jsonl", "--output", name).returncode == 0
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse((tmp_path / name).read_text(encoding="utf-8"))
    inline = [child for token in tokens if token.type == "inline" for child in token.children]
    assert {child.type for child in inline} <= {"text", "strong_open", "strong_close", "softbreak", "text_special"}
    assert not any(token.type.startswith("html") for token in tokens)
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings[0] == "Who gets what: tasks.jsonl"
    assert [re.sub(r" \(.*", "", heading) for heading in headings[1:]] == [
        "docker-compose-specialist",
        "Note for docker-compose-specialist",
        "frontend",
        "Note for frontend",
        "Unclear",
        "What the tasks say not to do",
    ]
    notes = [token.content for token in tokens if token.type == "fence"]
    assert len(notes) == 2
    assert all(f"<i>{number}|`" in notes[0] for number in range(4))
    words = "".join(child.content for child in inline)
    assert HOSTILE[0] in words
    assert "`code` **bold** _em_ [a](javascript:alert) ![i](http://x/y.png) ~~s~~ $m$ | cell | <!-- c" in words


def test_a_page_names_what_is_not_answered_and_json_lines_go_beside_it(run, tmp_path):
    (tmp_path / "tasks.jsonl").write_text('{"id": 1, "text": "Write the Dockerfile"}\n{"text": " "}\n')
    refused(run("predict", "--input", "tasks.jsonl", "--output", "report.md"), 2, "line 2: the task is empty")
    assert not (tmp_path / "report.md").exists()
    done = run("predict", "--input", "tasks.jsonl", "--output", "report.md", "--keep-going", "--json")
    assert done.returncode == 2
    assert [json.loads(line).get("id") for line in done.stdout.splitlines()] == [1, None]
    assert "## Not answered (1)\n\n- **tasks.jsonl, line 2**: the task is empty" in (tmp_path / "report.md").read_text()


# ---------------------------------------------------------------------------------------------- several files


def test_several_files_and_folders_are_one_list(run, tasks, tmp_path):
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "tasks.md").write_text("- [ ] T001 Write the Dockerfile\n")
    done = run("predict", "--json", "--input", "tasks.md", "specs", "specs/tasks.md")
    names = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert names[0] == "tasks.md#T002"
    assert names[-2:] == ["specs#tasks.md#T001", "specs/tasks.md#T001"]
    again = run("predict", "--json", "--input", "tasks.md", "--input", "specs", "--input", "specs/tasks.md")
    assert again.stdout == done.stdout
    refused(run("predict", "--input", "tasks.md", "none.md"), 2, "there is no file 'none.md'")


# ---------------------------------------------------------------------------------------------- --fail-on


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (["unclear"], f"unclear (2): {UNCLEAR}"),
        (["escalate:CICD_Specialist"], "escalate:cicd-specialist (1): T003"),
        (["escalate:frontend", "collaborate:integration tester"], "(1), escalate:frontend (1): T005, T006"),
        (["collaborate, unclear"], f"collaborate (1), unclear (2): {UNCLEAR.replace(', ', ', T006, ')}"),
        (["escalate:react-specialist,collaborate:database-specialist"], None),
    ],
)
def test_fail_on_sets_the_exit_code_after_the_answers(run, tasks, tmp_path, wanted, named):
    options = [option for each in wanted for option in ("--fail-on", each)]
    done = run("predict", "--input", "tasks.md", "--output", "answers.jsonl", *options)
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 6
    if named is None:
        assert done.returncode == 0
    else:
        assert done.returncode == 7
        assert done.stderr.decode().splitlines()[-1].startswith("error: --fail-on: ")
        assert named in done.stderr.decode()


def test_fail_on_works_for_one_task_and_stays_behind_bad_input(run, tmp_path):
    done = run("predict", "Write the Dockerfile", "--json", "--fail-on", "escalate")
    assert done.returncode == 7
    assert json.loads(done.stdout)["escalate"][0]["target"] == "docker-compose-specialist"
    assert run("predict", "Write the Dockerfile", "--fail-on", "unclear").returncode == 0
    (tmp_path / "tasks.jsonl").write_text('{"text": "Write the Dockerfile"}\n{"text": " "}\n')
    done = run("predict", "--input", "tasks.jsonl", "--keep-going", "--fail-on", "escalate")
    assert done.returncode == 2
    assert "warning: --fail-on: escalate (1): tasks.jsonl:1" in done.stderr.decode()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("escalate:databse-specialist", "did you mean 'database-specialist'?"),
        ("escalate:qqqq", "use one of "),
        ("escalate:integration-tester", "escalate knows no mode 'integration-tester'"),
        ("unclear:language", "use escalate, collaborate, unclear"),
        ("handover", "use escalate, collaborate, unclear"),
        ("", "use escalate, collaborate, unclear"),
    ],
)
def test_an_unknown_answer_to_fail_on_is_an_error(run, wanted, words):
    refused(run("predict", "Write the Dockerfile", "--fail-on", wanted), 2, "--fail-on", words)
