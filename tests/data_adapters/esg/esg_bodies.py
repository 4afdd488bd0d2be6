"""Invented bodies of the documented shapes, and how a test parses one."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import openpyxl

from di_data.frame.adapter import Adapter
from di_data.frame.exchange import Content, Received, Request

FETCHED = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def received(
    adapter: Adapter[Any],
    body: bytes,
    expects: Content | None = None,
    context: Mapping[str, str] | None = None,
    source: str = "saved",
) -> Received:
    facts = adapter.facts
    request = Request(source, expects or facts.accepts, context=context or {})
    return Received(request, source, hashlib.sha256(body).hexdigest(), FETCHED, facts.provider, facts.licence)


def parsed(
    adapter: Adapter[Any],
    body: bytes | object,
    expects: Content | None = None,
    context: Mapping[str, str] | None = None,
    source: str = "saved",
) -> list[Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(adapter.parse(raw, received(adapter, raw, expects, context, source)))


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- SEC EDGAR -------------------------------------------------------------------------------------------------------


def fact(start: str | None, end: str, val: float, filed: str, accn: str = "0000000007-24-000001", form: str = "10-K"):
    made = {"end": end, "val": val, "accn": accn, "fy": 2023, "fp": "FY", "form": form, "filed": filed}
    return {"start": start, **made} if start else made


def company_facts(**by_tag: list[dict[str, Any]]) -> dict[str, Any]:
    """Facts in US dollars by tag; a tag that begins with ``dei__`` counts shares."""
    taxonomies: dict[str, dict[str, Any]] = {"us-gaap": {}, "dei": {}}
    for name, facts in by_tag.items():
        shares = name.startswith("dei__") or name == "CommonStockSharesOutstanding"
        taxonomy = "dei" if name.startswith("dei__") else "us-gaap"
        unit = "shares" if shares else "USD"
        taxonomies[taxonomy][name.removeprefix("dei__")] = {"label": name, "units": {unit: facts}}
    return {"cik": 7, "entityName": "Invented Steel Corp", "facts": taxonomies}


SUBMISSIONS = {
    "cik": "0000000007",
    "name": "Invented Steel Corp",
    "sic": "3312",
    "sicDescription": "Steel Works",
    "tickers": ["INVS", "INVS-B"],
    "exchanges": ["NYSE", "NYSE"],
    "ein": "000000000",
    "lei": None,
    "fiscalYearEnd": "1231",
    "formerNames": [{"name": "Old Iron Inc", "from": "1999-01-04T00:00:00.000Z", "to": "2011-06-30T00:00:00.000Z"}],
    "filings": {
        "recent": {
            "accessionNumber": ["0000000007-24-000001", "0000000007-23-000001"],
            "filingDate": ["2024-02-20", "2023-02-21"],
            "reportDate": ["2023-12-31", "2022-12-31"],
            "form": ["10-K", "10-K"],
        },
        "files": [{"name": "CIK0000000007-submissions-001.json", "filingCount": 1}],
    },
}
OLDER = {"accessionNumber": ["0000000007-11-000001"], "filingDate": ["2011-02-22"], "form": ["10-K"]}
TICKERS = {
    "0": {"cik_str": 7, "ticker": "INVS", "title": "Invented Steel Corp"},
    "1": {"cik_str": 7, "ticker": "INVS-B", "title": "Invented Steel Corp"},
    "2": {"cik_str": 8, "ticker": "MADE", "title": "Made Up Inc"},
}


def frame(tag: str, *values: tuple[int, float, str], end: str = "2023-12-31") -> dict[str, Any]:
    data = [
        {"accn": accn, "cik": cik, "entityName": f"Company {cik}", "loc": "US-DE", "start": "2023-01-01", "end": end}
        | {"val": val}
        for cik, val, accn in values
    ]
    return {"taxonomy": "us-gaap", "tag": tag, "ccp": "CY2023", "uom": "USD", "pts": len(data), "data": data}


# --- EPA -------------------------------------------------------------------------------------------------------------

SECTORS = [
    {"sector_id": 3, "sector_code": "METALS", "sector_name": "Metals", "sector_type": "E"},
    {"sector_id": 9, "sector_code": "SUPPLIER", "sector_name": "Suppliers of fuel", "sector_type": "S"},
    {"sector_id": 12, "sector_code": "INJ", "sector_name": "Injection", "sector_type": "I"},
]


def facility(number: int, parent: str | None, year: int = 2023) -> dict[str, Any]:
    return {
        "facility_id": number,
        "year": year,
        "facility_name": f"Works {number}",
        "parent_company": parent,
        "state": "XX",
        "naics_code": "331110",
    }


def emission(number: int, tonnes: float | None, sector: int = 3, gas: int | None = 1, year: int = 2023):
    return {
        "facility_id": number,
        "year": year,
        "sector_id": sector,
        "subsector_id": 31,
        "gas_id": gas,
        "co2e_emission": tonnes,
    }


JOINT = "INVENTED STEEL CORP (51%); OTHER METAL (USA) CORP (49%)"
FACILITIES = [facility(1, JOINT), facility(2, "INVENTED STEEL CORP (100%)")]
EMISSIONS = [emission(1, 1000.0), emission(2, 500.0), emission(2, 40.0, gas=2)]

POINT_HEADER = ["Facility Id", "FRS Id", "Facility Name", "State", "Total reported direct emissions", "CO2 emissions "]
TITLE = "Summary data collected by the Greenhouse Gas Reporting Program for 2023"
AS_OF = "This data was reported to EPA by facilities as of 8/16/2024"


def ghgrp_workbook(rows: Sequence[Sequence[object]], header: Sequence[str] = POINT_HEADER, **more: Any) -> bytes:
    top = [[TITLE], [AS_OF], ["All emissions in metric tons"]]
    return workbook({"Direct Point Emitters": [*top, header, *rows], **more, "FAQs about this Data": [["1. What?"]]})


OWNERS_HEADER = (
    "GHGRP FACILITY ID,FRS ID (FACILITY),REPORTING YEAR,FACILITY NAME,PARENT COMPANY NAME,PARENT CO. PERCENT OWNERSHIP"
)


def owners_table(*rows: str) -> bytes:
    return "\n".join([OWNERS_HEADER, *rows, ""]).encode()


# --- SBTi, Norges Bank -----------------------------------------------------------------------------------------------

SBTI_HEADER = [
    *(
        "sbti_id company_name isin lei organization_type location near_term_status near_term_target_classification"
    ).split(),
    *("near_term_target_year long_term_status long_term_target_classification long_term_target_year").split(),
    *("net_zero_status net_zero_year reason_for_extension_or_removal date_updated").split(),
]
GOOD_ISIN, GOOD_LEI = "US0378331005", "HWUPKR0MPOU8FGXBT394"


def sbti_row(name: str, **cells: object) -> list[object]:
    row = {"sbti_id": 40000001, "company_name": name, "date_updated": datetime(2024, 5, 6, 1)}  # noqa: DTZ001  # a cell
    row |= {"near_term_status": "Targets set", "near_term_target_classification": "1.5°C"}
    row |= {"near_term_target_year": "FY2030", **cells}
    return [row.get(column, "") for column in SBTI_HEADER]


def sbti_workbook(*rows: Sequence[object], header: Sequence[str] = SBTI_HEADER) -> bytes:
    return workbook({"Data": [header, *rows]})


NBIM_HEADER = ("Company", "", "Category", "Criterion", "Decision", "Publishing date")


def nbim_page(*rows: Sequence[str], header: Sequence[str] = NBIM_HEADER) -> bytes:
    def cell(key: str, value: str) -> str:
        inner = f'<a href="/companies/x">{value}</a>' if key == "Company" else value
        return (
            f'<td><span class="nbim-responsive-table--key">{key}</span>'
            f'<span class="nbim-responsive-table--value">{inner}</span></td>'
        )

    body = "".join(f"<tr>{''.join(cell(k, v) for k, v in zip(header, row, strict=False))}</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in header)
    return (
        "<!DOCTYPE html><html><head><title>Exclusions</title></head><body><table><tr><td>menu</td></tr></table>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></body></html>"
    ).encode()


TOBACCO = ("Leaf Works Inc", "", "Product-based", "Production of tobacco", "Exclusion", "19.01.2010")
COAL = (
    "Black Power Corp",
    "Incl. subsidiaries Black Power North LLC, Seam, Inc and Pit Corp",
    "Product-based",
    "Thermal coal",
    "Exclusion",
    "14.04.2016",
)
WATCHED = ("Watched PLC", "Former Looked At PLC", "Conduct-based", "Human rights", "Observation", "03.02.2022")

# --- scores ----------------------------------------------------------------------------------------------------------

FINNHUB = {
    "symbol": "MADE",
    "totalESGScore": 72.5,
    "environmentScore": 64.25,
    "socialScore": 81.0,
    "governanceScore": 70.125,
    "data": {
        "tobacco": False,
        "gambling": True,
        "nuclear": None,
        "carbonReductionPolicy": "True",
        "co2EmissionTotal": 12.5,
    },
}
FMP_SCORES = [
    {
        "date": "2026-03-28",
        "acceptedDate": "2026-04-30",
        "symbol": "MADE",
        "cik": "0000000008",
        "companyName": "Made Up Inc",
        "formType": "8-K",
        "environmentalScore": 66.29,
        "socialScore": 45.21,
        "governanceScore": 58.87,
        "ESGScore": 56.79,
        "url": "https://www.example.org/x",
    }
]
FMP_RATINGS = [
    {
        "symbol": "MADE",
        "cik": "0000000008",
        "companyName": "Made Up Inc",
        "industry": "CONSUMER ELECTRONICS",
        "fiscalYear": 2025,
        "ESGRiskRating": "B",
        "industryRank": "17 out of 20",
    }
]
