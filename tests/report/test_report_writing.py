from __future__ import annotations

import json

import pytest

from escalation.errors import InputError
from escalation.report.charts import CHARTS
from escalation.report.words import TITLES
from escalation.report.writing import check_report, write_report
from report_contents import full, rules_only


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    directory = tmp_path_factory.mktemp("reports") / "deep" / "report"
    write_report(full(), directory)
    return files(directory)


@pytest.fixture
def report(tmp_path, older):
    directory = tmp_path / "report"
    directory.mkdir()
    for name, content in older.items():
        (directory / name).write_bytes(content)
    return directory


def test_a_report_is_a_page_its_data_and_a_picture_of_each_chart(older):
    assert set(older) == {"report.html", "report.json"} | {
        f"{name}.{kind}" for name in CHARTS for kind in ("svg", "png")
    }
    assert json.loads(older["report.json"]) == full()


def test_every_chart_is_named():
    assert set(TITLES) == set(CHARTS)


def test_an_older_report_is_replaced_whole(report):
    write_report(rules_only(), report)
    assert set(files(report)) == {"report.html", "report.json", "averages.svg", "averages.png"}


def test_an_older_report_stays_where_the_new_one_cannot_be_finished(report, older):
    contents = full() | {"extra": float("nan")}
    with pytest.raises(ValueError, match="JSON"):
        write_report(contents, report)
    assert files(report) == older
    assert [path.name for path in report.parent.iterdir()] == ["report"]


def test_what_is_no_report_is_not_overwritten(report):
    (report / "thesis.txt").write_text("mine")
    before = files(report)
    for refuse in (lambda: check_report(report), lambda: write_report(full(), report)):
        with pytest.raises(InputError, match=r"thesis\.txt"):
            refuse()
    assert files(report) == before


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_report(rules_only(), tmp_path / "file" / "report")


def test_the_same_contents_give_the_same_files(report, older):
    write_report(full(), report)
    assert files(report) == older
