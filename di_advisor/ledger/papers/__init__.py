"""Papers from the books: Form 8949, Schedule D, wash-sale report, lots statement, year summary.

They are values: typed rows in cents that add up, with the accounts seen, the settings used and what
is not known. `di_advisor.report` writes them as tables, CSV and HTML. Not tax advice.
"""

from __future__ import annotations

from di_advisor.ledger.papers.form_1099b import Box, Broker, Form1099B, Reported
from di_advisor.ledger.papers.form_8949 import Form8949Row, form_8949
from di_advisor.ledger.papers.lots_statement import LotRow, lots_statement
from di_advisor.ledger.papers.paper import About, Missing, Paper
from di_advisor.ledger.papers.schedule_d import ScheduleDLine, schedule_d
from di_advisor.ledger.papers.wash_report import WashRow, wash_report
from di_advisor.ledger.papers.year_summary import SummaryRow, year_summary

__all__ = [
    "About",
    "Box",
    "Broker",
    "Form1099B",
    "Form8949Row",
    "LotRow",
    "Missing",
    "Paper",
    "Reported",
    "ScheduleDLine",
    "SummaryRow",
    "WashRow",
    "form_8949",
    "lots_statement",
    "schedule_d",
    "wash_report",
    "year_summary",
]
