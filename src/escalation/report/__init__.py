"""The report of an evaluation: its contents as data, and the directory that they are written to."""

from escalation.report.contents import contents
from escalation.report.page import check_report, write_report

__all__ = ["check_report", "contents", "write_report"]
