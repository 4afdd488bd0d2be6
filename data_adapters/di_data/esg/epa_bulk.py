"""The EPA's bulk files: the yearly workbook of emissions, and a table of facilities with their parents.

Problem: the workbook says what each facility emitted and not who owns it; a table of parents says the other
half, with shares in percent, some blank, some zero. Decision: both become the records of the service, so one
join serves both; each worksheet is a segment, sheets of suppliers and of injection are read as what they are,
so that they are counted and never added. Limits: one year a workbook; a facility may stand in several
segments, which are parts of its emissions and add up.

Source: worksheets as published for reporting year 2023, header in row 4.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from di_advisor.domain.ownership import SHARES_TOLERANCE
from di_advisor.units import fraction_from_percent
from di_data.esg.epa_records import FacilityEmission, FacilityOwners, SectorKind
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error, refuse_other_columns, text_of
from di_data.frame.workbooks import Sheet, column_key, day_of_cell, sheets_of, text_of_cell

__all__ = ["POINT_SOURCES", "emissions_of_workbook", "owners_of_table"]

POINT_SOURCES: Final = "Direct Point Emitters"
"""The segment of single sites; the others are networks: basins, pipelines, distribution, equipment."""

_SEGMENTS: Final = {
    POINT_SOURCES: ("total_reported_direct_emissions", SectorKind.EMITTER),
    "Onshore Oil & Gas Prod.": (
        "total_reported_emissions_from_onshore_oil_gas_production",
        SectorKind.EMITTER,
    ),
    "Gathering & Boosting": ("total_reported_emissions_from_gathering_boosting", SectorKind.EMITTER),
    "Transmission Pipelines": (
        "total_reported_direct_emissions_from_transmission_pipelines",
        SectorKind.EMITTER,
    ),
    "LDC - Direct Emissions": (
        "total_reported_direct_emissions_from_local_distribution_companies",
        SectorKind.EMITTER,
    ),
    "SF6 from Elec. Equip.": (
        "total_reported_direct_emissions_from_electrical_equipment_use",
        SectorKind.EMITTER,
    ),
    "Suppliers": ("", SectorKind.SUPPLIER),
    "CO2 Injection": ("", SectorKind.INJECTION),
}
_HEADER_ROWS: Final = 10
_YEAR: Final = re.compile(r"\bfor (20\d\d)\b")
_AS_OF: Final = re.compile(r"\bas of (\d{1,2}/\d{1,2}/\d{4})")
_WITHHELD: Final = "confidential"

_OWNER_COLUMNS: Final = (
    "ghgrp_facility_id",
    "reporting_year",
    "facility_name",
    "parent_company_name",
    "parent_co_percent_ownership",
)
_MANY: Final = 20


def emissions_of_workbook(body: bytes, received: Received) -> list[FacilityEmission]:
    """Emissions of every facility and segment of a bulk workbook.

    Raises
    ------
    SourceContentError
        If the sheet of point sources is missing, a sheet has no header or another one, or no year is stated.
    """
    sheets = sheets_of(body, received, tuple(_SEGMENTS))
    if POINT_SOURCES not in sheets:
        raise content_error(
            received,
            f"the workbook has no sheet {POINT_SOURCES!r}.",
            hint="Take the workbook of one year (ghgp_data_2023.xlsx) out of the data summary spreadsheets.",
        )
    return [each for name, sheet in sheets.items() for each in _segment(name, sheet, received)]


def _segment(name: str, sheet: Sheet, received: Received) -> Iterator[FacilityEmission]:
    column, kind = _SEGMENTS[name]
    first = next((i for i, row in enumerate(sheet[:_HEADER_ROWS]) if row and column_key(row[0]) == "facility_id"), None)
    if first is None:
        raise content_error(received, f"sheet {name!r}: no row of the first {_HEADER_ROWS} begins with 'Facility Id'.")
    header = [column_key(cell) for cell in sheet[first]]
    refuse_other_columns(header, ("facility_id", *([column] if column else ())), received, where=f"sheet {name!r}")
    title = " ".join(text_of_cell(row[0]) for row in sheet[:first] if row)
    year = _YEAR.search(title)
    if year is None:
        raise content_error(received, f"sheet {name!r}: the title states no year: {title[:80]!r}.")
    as_of = _AS_OF.search(title)
    reported = day_of_cell(as_of[1], "%m/%d/%Y") if as_of else None
    at = header.index(column) if column else None
    for number, row in enumerate(sheet[first + 1 :], start=first + 2):
        facility = text_of_cell(row[0])
        if facility:
            tonnes = None if at is None else _tonnes(row[at], f"sheet {name!r}, row {number}", received)
            yield FacilityEmission(
                facility,
                int(year[1]),
                name,
                "",
                "all",
                tonnes,
                received.provenance,
                received.source,
                kind,
                name,
                reported,
            )


def _tonnes(cell: object, where: str, received: Received) -> float | None:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        return float(cell)
    text = text_of_cell(cell)
    if not text or text.casefold() == _WITHHELD:
        return None
    raise content_error(received, f"{where}: {text!r} is no amount of emissions.")


def owners_of_table(body: bytes, received: Received) -> list[FacilityOwners]:
    """Owners of facilities from a table with one row a facility and parent, shares in percent.

    Raises
    ------
    SourceContentError
        If a column is missing, a row is cut off, or the shares are fractions and not percent.
    """
    rows = list(csv.reader(io.StringIO(text_of(body, received), newline="")))
    header = [column_key(cell) for cell in rows[0]] if rows else []
    refuse_other_columns(header, _OWNER_COLUMNS, received, where="facilities")
    short = next((i for i, row in enumerate(rows[1:], start=2) if len(row) != len(header)), None)
    if short is not None:
        raise content_error(received, f"row {short} has not as many cells as the header: the file may be cut off.")
    facility, year, name, parent, share = (header.index(column) for column in _OWNER_COLUMNS)
    found: dict[tuple[str, int], list[tuple[str, float | None]]] = defaultdict(list)
    names: dict[tuple[str, int], str] = {}
    for number, row in enumerate(rows[1:], start=2):
        key = (row[facility].strip().removesuffix(".0"), _whole(row[year], number, received))
        names[key] = row[name]
        if row[parent].strip():
            found[key].append((row[parent].strip(), _share(row[share], number, received)))
    shares = [s for owners in found.values() for _, s in owners if s]
    if len(shares) >= _MANY and max(shares) <= fraction_from_percent(1.0):
        raise content_error(
            received,
            f"no share of {len(shares)} is over 1 %: fractions stand where percent are documented.",
            hint="Write shares of ownership in percent (51, not 0.51).",
        )
    return [_checked(key, names[key], tuple(found[key]), received) for key in names]


def _checked(
    key: tuple[str, int], name: str, owners: tuple[tuple[str, float | None], ...], received: Received
) -> FacilityOwners:
    total = sum(share or 0.0 for _, share in owners)
    defect = ""
    if not owners:
        defect = "no parent is named"
    elif total > 1.0 + SHARES_TOLERANCE:
        defect = f"owners hold {total:.4g} of it"
    return FacilityOwners(*key, name, owners, received.provenance, defect)


def _whole(cell: str, number: int, received: Received) -> int:
    try:
        return int(float(cell))
    except ValueError:
        raise content_error(received, f"row {number}: the reporting year is {cell!r}.") from None


def _share(cell: str, number: int, received: Received) -> float | None:
    text = cell.strip().removesuffix("%").strip()
    if not text or text.casefold() in {"nan", "n/a"}:
        return None
    try:
        percent = float(text)
    except ValueError:
        percent = math.nan
    share = fraction_from_percent(percent)
    if not 0.0 <= share <= 1.0 + SHARES_TOLERANCE:
        raise content_error(received, f"row {number}: the share {cell!r} is not between 0 and 100 percent.")
    return share
