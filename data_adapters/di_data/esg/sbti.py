"""Science Based Targets initiative: status, classification and year of companies' climate targets.

Problem: the dashboard's workbook changed its columns twice and all three kinds circulate, years are written
"2030" or "FY2030", a classification may be two of them, and most rows have neither ISIN nor LEI. Decision: the
kind is told by its columns, each company gives observations of near-term, long-term and net-zero targets, a
year is a figure with its own writing in the note, and codes that cannot be ones are dropped into the note.
Limits: as documented, never verified live; a row carries the day of its last change only, so what it said
before is not known; a company that is absent has no target there, or stands under a parent.

Source: the workbooks "companies" and "targets" of the target dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from di_advisor.domain.check_digits import defect_of
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Observation, Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.esg.values import Value
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts, subjects_of
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, refuse_other_columns, refuse_other_content
from di_data.frame.rows import as_content_error
from di_data.frame.workbooks import column_key, day_of_cell, sheets_of, text_of_cell

__all__ = ["Sbti"]

_FILES: Final = "https://files.sciencebasedtargets.org/production/files"
_TERMS: Final = ("near_term", "long_term", "net_zero")
_COMMON: Final = ("company_name", "isin", "lei")
_COMPANIES: Final = ("near_term_status", "near_term_target_classification", "near_term_target_year")
_OLD_COMPANIES: Final = ("near_term_target_status", "near_term_target_classification", "near_term_target_year")
_TARGETS: Final = ("action", "target")
_DAYS: Final = ("date_updated", "date_published", "date")
_STATUSES: Final = {
    "targets set": "Targets set",
    "committed": "Committed",
    "commitment removed": "Commitment removed",
    "removed": "Commitment removed",
}
_ACTIONS: Final = {"target": "Targets set", "commitment": "Committed"}
_YEAR: Final = re.compile(r"(?:FY\s*)?(\d{4})", re.IGNORECASE)
_BLANK: Final = {"", "na", "n/a", "nan", "-"}

_Company = dict[str, Any]
"""A company's cells under the names of the present workbook."""


class Sbti(Adapter[Observation]):
    """Targets of companies: ``sbti_near_term_status``, ``..._classification``, ``..._year``, and so on.

    ``sbti_target_set`` is true where a near-term target is validated; a commitment is not a target. Option
    ``workbook``: ``companies`` (the default) or ``targets``.
    """

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="sbti",
        title="validated climate targets of companies",
        provider="SBTi",
        hosts=("files.sciencebasedtargets.org",),
        licence="terms of sciencebasedtargets.org: attribution; redistribution not cleared",
        documentation="https://sciencebasedtargets.org/target-dashboard",
        limits=(RateLimit(6, timedelta(minutes=1)),),
        keeps_for=timedelta(days=7),
        accepts=Content.XLSX,
        options=("workbook",),
        example=SourceQuery(),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One workbook, which comes whole."""
        subjects_of(query, self.facts, needed=False)
        which = query.options.get("workbook", "companies")
        if which not in {"companies", "targets"}:
            raise InputError(f"sbti has no workbook {which!r}.", hint="workbook is companies or targets.")
        return (Request(f"{_FILES}/{which}-excel.xlsx", Content.XLSX, label=which),)

    def parse(self, body: bytes, received: Received) -> Sequence[Observation]:
        """Observations of a workbook of any of the three kinds."""
        with as_content_error(received):
            return self._records(body, received)

    def _records(self, body: bytes, received: Received) -> Sequence[Observation]:
        refuse_other_content(body, received)
        sheets = sheets_of(body, received)
        sheet = next((rows for rows in sheets.values() if len(rows) > 1), None)
        if sheet is None:
            raise content_error(received, "the workbook has no sheet with rows.")
        header = [column_key(cell) for cell in sheet[0]]
        rows = [dict(zip(header, row, strict=False)) for row in sheet[1:] if any(text_of_cell(cell) for cell in row)]
        companies = _of_kind(header, rows, received)
        return [each for number, row in companies for each in _Row(row, number, received).observations()]


def _of_kind(header: Sequence[str], rows: Sequence[_Company], received: Received) -> list[tuple[int, _Company]]:
    """Companies with their row numbers, under the present names."""
    numbered = list(enumerate(rows, start=2))
    if set(_TARGETS) <= set(header):
        refuse_other_columns(header, _COMMON, received, known=(*_TARGETS, *_DAYS), where="targets")
        return _by_company(numbered, received)
    if "near_term_target_status" in header:
        refuse_other_columns(header, (*_COMMON, *_OLD_COMPANIES), received, known=_DAYS, where="companies (old)")
        return [(number, _renamed(row)) for number, row in numbered]
    refuse_other_columns(header, (*_COMMON, *_COMPANIES, "date_updated"), received, where="companies")
    return numbered


def _renamed(row: _Company) -> _Company:
    committed = text_of_cell(row.get("net_zero_committed")).casefold() in {"yes", "true", "1"}
    return {
        **row,
        "near_term_status": row["near_term_target_status"],
        "long_term_status": row.get("long_term_target_status", ""),
        "net_zero_status": "Committed" if committed else "",
    }


def _by_company(numbered: Sequence[tuple[int, _Company]], received: Received) -> list[tuple[int, _Company]]:
    """One row a company from one row a target: the latest of each term counts, a target before a commitment."""
    found: dict[tuple[str, ...], tuple[int, _Company]] = {}
    for number, row in numbered:
        key = tuple(text_of_cell(row[column]) for column in _COMMON)
        company = found.setdefault(key, (number, {column: row[column] for column in _COMMON}))[1]
        term = column_key(row["target"]) or "near_term"
        status = _ACTIONS.get(text_of_cell(row["action"]).casefold())
        if status is None or term not in _TERMS:
            raise content_error(received, f"row {number}: {row['action']!r} of {row['target']!r} is not documented.")
        if company.get(f"{term}_status") == "Targets set" and status != "Targets set":
            continue
        company[f"{term}_status"] = status
        company[f"{term}_target_classification"] = row.get(
            "target_classification", row.get("target_classification_short")
        )
        company[_year_column(term)] = row.get("target_year", "")
        day = next((row[column] for column in _DAYS if text_of_cell(row.get(column))), "")
        company["date_updated"] = max(text_of_cell(company.get("date_updated")), text_of_cell(day))
    return list(found.values())


def _year_column(term: str) -> str:
    return "net_zero_year" if term == "net_zero" else f"{term}_target_year"


class _Row:
    def __init__(self, row: _Company, number: int, received: Received) -> None:
        self._row, self._number, self._received = row, number, received
        self._notes: list[str] = []
        self._subject, self._aliases = self._identifiers()
        day = next((row[column] for column in _DAYS if text_of_cell(row.get(column))), "")
        self._known = self._day(day) or received.fetched_at.date()

    def _wrong(self, what: str) -> Exception:
        return content_error(self._received, f"row {self._number}: {what}")

    def _identifiers(self) -> tuple[Identifier, tuple[Identifier, ...]]:
        name = text_of_cell(self._row["company_name"])
        if not name:
            raise self._wrong("there is no company name.")
        found = []
        for scheme, column in ((IdentifierScheme.LEI, "lei"), (IdentifierScheme.ISIN, "isin")):
            text = text_of_cell(self._row[column])
            if text.casefold() in _BLANK:
                continue
            code = Identifier(scheme, text)
            defect = defect_of(code)
            if defect:
                self._notes.append(f"{defect}, and is not used")
            else:
                found.append(code)
        found.append(Identifier(IdentifierScheme.NAME, name))
        return found[0], tuple(found[1:])

    def _day(self, cell: object) -> date | None:
        try:
            return day_of_cell(cell, "%d/%m/%Y")
        except InputError as e:
            raise self._wrong(e.what) from None

    def _text(self, column: str) -> str:
        text = text_of_cell(self._row.get(column))
        return "" if text.casefold() in _BLANK else text

    def observations(self) -> Iterator[Observation]:
        """Of each term what is said; of the near term also that nothing is."""
        near = self._status("near_term")
        removed = self._text("reason_for_extension_or_removal")
        notes = [*self._notes, *([removed] if removed else [])]
        yield self._made("sbti_target_set", near == "Targets set" if near else None, Reading.FLAG, notes)
        for term in _TERMS:
            status = self._status(term)
            if not status:
                continue
            yield self._made(f"sbti_{term}_status", status, Reading.NEUTRAL, notes)
            classified = self._text(f"{term}_target_classification")
            if classified:
                note = ["two: scopes 1 and 2, then use of sold products"] if "/" in classified else []
                yield self._made(f"sbti_{term}_classification", classified, Reading.NEUTRAL, [*self._notes, *note])
            written = self._text(_year_column(term))
            if written:
                year = _YEAR.fullmatch(written)
                if year is None:
                    raise self._wrong(f"the year {written!r} is none.")
                yield self._made(f"sbti_{term}_year", float(year[1]), Reading.NEUTRAL, [written], "year")

    def _status(self, term: str) -> str:
        text = self._text(f"{term}_status")
        if text and text.casefold() not in _STATUSES:
            raise self._wrong(f"the status {text!r} is not documented; known are {', '.join(_STATUSES.values())}.")
        return _STATUSES.get(text.casefold(), "")

    def _made(self, metric: str, value: Value, reading: Reading, notes: Sequence[str], unit: str = "") -> Observation:
        return Observation(
            subject=self._subject,
            metric=metric,
            value=value,
            unit=unit,
            reading=reading,
            status=Status.NOT_DISCLOSED if value is None else Status.REPORTED,
            known_on=self._known,
            provenance=self._received.provenance,
            aliases=self._aliases,
            note="; ".join(notes),
        )
