"""Bodies of market services, synthetic and of the documented shape, and what a parser is told of them."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import openpyxl

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Provenance
from di_advisor.domain.price_bars import PriceBar
from di_data.frame.exchange import Received, Request

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PROVENANCE = Provenance("Somebody", "a file", "none", NOON, "0" * 64)


def ticker(symbol: str) -> Identifier:
    return Identifier(IdentifierScheme.TICKER, symbol)


def received(adapter, **context: str) -> Received:
    facts = adapter.facts
    request = Request("https://example.org/x", facts.accepts, context=context)
    return Received(request, "synthetic", "0" * 64, NOON, facts.provider, facts.licence)


def bar(symbol: str, day: str, close: float, **named) -> PriceBar:
    return PriceBar(ticker(symbol), date.fromisoformat(day), close, named.pop("provenance", PROVENANCE), **named)


def tiingo_row(day: str, close: float, dividend: float = 0.0, split: float = 1.0, **changed) -> dict[str, object]:
    plain: dict[str, object] = {
        "date": f"{day}T00:00:00.000Z", "close": close, "high": close * 2, "low": close / 2, "open": close,
        "volume": 1_000_000, "adjClose": close / 2, "adjHigh": close / 2, "adjLow": close / 2, "adjOpen": close / 2,
        "adjVolume": 2_000_000, "divCash": dividend, "splitFactor": split,
    }  # fmt: skip
    return plain | changed


def fmp_price_row(day: str, close: float, symbol: str = "ACME", **changed) -> dict[str, object]:
    plain = {"symbol": symbol, "date": day, "adjOpen": close, "adjHigh": close * 2, "adjLow": close / 2,
             "adjClose": close, "volume": 1_000}  # fmt: skip
    return plain | changed


def fmp_split_row(day: str, numerator: float, denominator: float, symbol: str = "ACME") -> dict[str, object]:
    return {
        "symbol": symbol,
        "date": day,
        "numerator": numerator,
        "denominator": denominator,
        "splitType": "stock-split",
    }


def fmp_dividend_row(day: str, dividend: float, paid: str = "", symbol: str = "ACME") -> dict[str, object]:
    return {"symbol": symbol, "date": day, "recordDate": day, "paymentDate": paid, "declarationDate": "",
            "adjDividend": dividend / 2, "dividend": dividend, "yield": 1.0, "frequency": "Quarterly"}  # fmt: skip


def body(rows: object) -> bytes:
    return json.dumps(rows).encode()


SSGA_HEADER = ("Name", "Ticker", "Identifier", "SEDOL", "Weight", "Sector", "Shares Held", "Local Currency")
SSGA_ROWS = (
    ("ACME CORP", "ACME", "000000AA1", "2000001", 60.5, "-", 1000.0, "USD"),
    ("BETA CO CLASS B", "BETA.B", "000000BB2", "2000002", 39.4, "-", 500.0, "USD"),
    ("US DOLLAR", "-", "999USDZ92", "-", 0.05, "-", 1234.5, "USD"),
)


def ssga_workbook(rows: Sequence[Sequence[object]] = SSGA_ROWS, as_of: str = "As of 10-May-2024") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "holdings"
    for row in (("Fund Name:", "Invented Trust"), ("Ticker Symbol:", "SPY"), ("Holdings:", as_of), (), SSGA_HEADER):
        sheet.append(row)
    for row in rows:
        sheet.append(row)
    sheet.append(())
    sheet.append(("Past performance is not a reliable indicator.",))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ISHARES_HEADER = (
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Quantity,Price,Location,Exchange,Currency,"
    "FX Rate,Market Currency,Accrual Date"
).split(",")


def ishares_row(symbol: str, value: float, percent: float, kind: str = "Equity", **changed: str) -> Mapping[str, str]:
    plain = dict.fromkeys(ISHARES_HEADER, "-") | {
        "Ticker": symbol, "Name": f"{symbol} INC", "Sector": "Communication", "Asset Class": kind,
        "Market Value": f"{value:,.2f}", "Weight (%)": f"{percent:.2f}", "Quantity": "1,000.00", "Currency": "USD",
    }  # fmt: skip
    return plain | changed


ISHARES_ROWS = (
    ishares_row("ACME", 600_400.0, 60.04),
    ishares_row("BETAB", 398_000.0, 39.80),
    ishares_row("USD", 1_600.0, 0.16, "Cash"),
    ishares_row("ESZ4", 0.0, 0.0, "Futures"),
)


def ishares_csv(
    rows: Sequence[Mapping[str, str]] = ISHARES_ROWS,
    header: Sequence[str] = ISHARES_HEADER,
    as_of: str = "Dec 06, 2024",
    gap: str = "\xa0",
) -> bytes:
    out = io.StringIO()
    lines = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    preamble = f'Invented Core ETF\nFund Holdings as of,"{as_of}"\nInception Date,"May 15, 2000"\nStock,"-"\n{gap}\n'
    for row in rows:
        lines.writerow(row.values())
    tail = '\xa0\n"The content contained herein is owned by somebody.\nAll rights reserved."\n'
    return ("\ufeff" + preamble + ",".join(header) + "\n" + out.getvalue() + tail).encode()


FIVE_HEADER = ("Mkt-RF", "SMB", "HML", "RMW", "CMA", "RF")


def french_text(
    rows: Sequence[tuple[str, Sequence[object]]],
    header: Sequence[str] = FIVE_HEADER,
    preamble: int = 3,
    annual: bool = False,
) -> str:
    lines = [f"This file was created from database line {n}." for n in range(preamble)] + [""]
    lines.append("," + ",".join(header))
    lines += [f"{day}," + ",".join(f"{value:>8}" for value in values) for day, values in rows]
    if annual:
        lines += ["", " Annual Factors: January-December ", "," + ",".join(header)]
        lines.append("  1964," + ",".join("  10.0" for _ in header))
    lines += ["", "Copyright 2026 Eugene F. Fama and Kenneth R. French", ""]
    return "\n".join(lines)


def zipped(text: str, name: str = "F-F_Factors.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return out.getvalue()


FIVE_ROWS = (
    ("20240102", (-0.71, -1.09, 1.28, 0.62, 0.65, 0.022)),
    ("20240103", (-1.02, -1.56, 0.06, 0.76, -0.22, 0.022)),
    ("20240104", (-0.38, 0.25, -99.99, 0.04, -0.15, 0.022)),
)
