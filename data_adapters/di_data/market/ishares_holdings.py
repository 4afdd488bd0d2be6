"""iShares' daily holdings of a fund, a CSV file with lines before and after its table.

Problem: the published weight has two decimals, so the small half of an index is rounded away; a column
was renamed between years; futures and collateral stand between the shares; and the service has answered
with a web page and status 200. Decision: weights are market value over the sum of all market values, and
are refused where they disagree with the published ones; Shares and Quantity are the same column; the
asset class says the kind. Limits: addresses need a product number, known here for IVV alone; others by the
option ``product``; personal, non-commercial use.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Final

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.index_holdings import HoldingKind, HoldingsSheet, IndexHolding
from di_advisor.domain.rows import some_of
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_advisor.units import fraction_from_percent, percent_from_fraction
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import text_of
from di_data.frame.rows import as_content_error, refuse
from di_data.market.holding_rows import checked_sheet, identifiers_of, require_whole, written_day
from di_data.market.service_symbols import service_symbol
from di_data.notation import FileNotation

__all__ = ["IsharesHoldings"]

_BASE: Final = "https://www.ishares.com/us/products/"
_PRODUCTS: Final = {"IVV": "239726/ishares-core-sp-500-etf"}
_PRODUCT: Final = re.compile(r"\d{4,8}/[a-z0-9-]{3,80}")
_SHARES: Final = ("Quantity", "Shares")
_COLUMNS: Final = ("Ticker", "Name", "Sector", "Asset Class", "Market Value", "Weight (%)", "Currency")
_KINDS: Final = {
    "Equity": HoldingKind.EQUITY,
    "Cash": HoldingKind.CASH,
    "Money Market": HoldingKind.CASH,
    "Cash Collateral and Margins": HoldingKind.CASH,
    "Futures": HoldingKind.DERIVATIVE,
}
_PREAMBLE_LINES: Final = 20
# Half of the last of two decimals of percent, and a hundredth of the weight for what the sheet divides by.
_ROUNDING: Final = fraction_from_percent(0.0051)
_RELATIVE: Final = 0.011
_NOTATION: Final = FileNotation()


class IsharesHoldings(Adapter[HoldingsSheet]):
    """Sheet of a fund by its ticker, on a day where `SourceQuery.as_of` says one; option ``product``."""

    facts: ClassVar = SourceFacts(
        name="ishares_holdings",
        title="holdings of iShares funds",
        provider="BlackRock iShares",
        hosts=("www.ishares.com",),
        licence="personal, non-commercial use",
        documentation="https://www.ishares.com/us/products/239726/ishares-core-sp-500-etf",
        limits=(RateLimit(1, timedelta(seconds=2)),),
        keeps_for=timedelta(days=1),
        accepts=Content.CSV,
        options=("product",),
        max_bytes=8 * 2**20,
        example=SourceQuery((Identifier(IdentifierScheme.TICKER, "IVV"),)),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One request for one fund.

        Raises
        ------
        InputError
            If not one fund is asked for, or its product number is not known.
        """
        if len(query.subjects) != 1 or query.start or query.end or set(query.options) - {"product"}:
            raise InputError(
                "ishares_holdings gives the sheet of one fund on one day.",
                hint="Ask for one ticker, with as_of where it is not the latest day; the only option is product.",
            )
        fund = service_symbol(query.subjects[0], "iShares")
        product = query.options.get("product", _PRODUCTS.get(fund, ""))
        if not _PRODUCT.fullmatch(product):
            raise InputError(
                f"The product number of {fund} is not known.",
                hint="Take it from the fund's page: product=239726/ishares-core-sp-500-etf.",
            )
        parameters = [("fileType", "csv"), ("fileName", f"{fund}_holdings"), ("dataType", "fund")]
        if query.as_of is not None:
            parameters.append(("asOfDate", f"{query.as_of:%Y%m%d}"))
        context = {"fund": fund} | ({"as_of": query.as_of.isoformat()} if query.as_of else {})
        url = f"{_BASE}{product}/1467271812596.ajax"
        return [Request(url, Content.CSV, parameters=tuple(parameters), label=fund, context=context)]

    def parse(self, body: bytes, received: Received) -> Sequence[HoldingsSheet]:
        """The sheet.

        Raises
        ------
        SourceContentError
            If the body is a web page, a column is missing or renamed, a row is cut, the weights do not add
            up, or it is of another day than was asked for.
        """
        text = text_of(body, received)
        lines = _cells(text, received)
        start = next((n for n, row in enumerate(lines[:_PREAMBLE_LINES]) if row[:2] == ["Ticker", "Name"]), None)
        if start is None:
            refuse(received, f"no line of its first {_PREAMBLE_LINES} begins with Ticker,Name.")
        header = lines[start]
        shares = [c for c in _SHARES if c in header]
        missing = [c for c in _COLUMNS if c not in header] + ([] if shares else ["Quantity (or Shares)"])
        if missing:
            refuse(
                received,
                f"the column {', '.join(missing)} is missing.",
                f"It has: {', '.join(header)}.",
                missing=missing,
            )
        facts = {row[0].strip(): row[1] for row in lines[:start] if len(row) > 1}
        if "Fund Holdings as of" not in facts:
            refuse(received, 'no line begins with "Fund Holdings as of".')
        as_of = written_day(facts["Fund Holdings as of"], received)
        asked = received.context.get("as_of", as_of.isoformat())
        if asked != as_of.isoformat():
            refuse(received, f"{asked} was asked for, and {as_of} came.", "The exchange may have been closed that day.")
        rows = _table(lines[start + 1 :], header, received)
        published = [fraction_from_percent(_figure(r, "Weight (%)", received)) for r in rows]
        require_whole(published, received)
        values = [_figure(r, "Market Value", received) for r in rows]
        total = sum(values)
        weights = [v / total for v in values] if total > 0 else published
        _agree(rows, published, weights, received)
        holdings = [
            _holding(row, weight, value, shares[0], received)
            for row, weight, value in zip(rows, weights, values, strict=True)
        ]
        fund = received.context.get("fund") or "".join(lines[0]).strip()
        return (checked_sheet(fund, as_of, holdings, received),)


def _cells(text: str, received: Received) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as e:
        refuse(received, f"it is cut off, or damaged ({e}).")


def _table(lines: Sequence[Sequence[str]], header: Sequence[str], received: Received) -> list[dict[str, str]]:
    """Rows up to the blank line before the legal text."""
    rows = []
    for number, cells in enumerate(lines, start=1):
        if not any(c.strip() for c in cells):
            break
        if len(cells) != len(header):
            refuse(received, f"row {number} has {len(cells)} cells of {len(header)}: the sheet is cut off.", row=number)
        rows.append(dict(zip(header, cells, strict=True)))
    return rows


def _figure(row: Mapping[str, str], column: str, received: Received) -> float:
    with as_content_error(received):
        try:
            return float(_NOTATION.amount(row[column]))
        except InputError as e:
            raise InputError(f"{row['Name']}, {column}: {e.what}", hint=e.hint, field=column) from e


def _agree(
    rows: Sequence[Mapping[str, str]], published: Sequence[float], weights: Sequence[float], received: Received
) -> None:
    """Refuse where published and computed weights are not the same figures, rounding apart."""
    apart = [
        f"{r['Name']} ({percent_from_fraction(p):.2f} percent, {percent_from_fraction(w):.4f} by value)"
        for r, p, w in zip(rows, published, weights, strict=True)
        if abs(p - w) > _ROUNDING + _RELATIVE * abs(w)
    ]
    if apart:
        refuse(received, f"weights and market values disagree: {some_of(apart)}.")


def _holding(
    row: Mapping[str, str], weight: float, value_usd: float, shares: str, received: Received
) -> IndexHolding:  # fmt: skip
    kind = _KINDS.get(row["Asset Class"].strip(), HoldingKind.OTHER)
    if kind is HoldingKind.EQUITY and row["Currency"].strip() != "USD":
        refuse(received, f"{row['Name']} is valued in {row['Currency']}.", "Only sheets in US dollars are read.")
    return IndexHolding(
        identifiers=identifiers_of(((IdentifierScheme.TICKER, row["Ticker"]),)),
        name=row["Name"].strip(),
        weight=weight,
        kind=kind,
        shares=_figure(row, shares, received),
        market_value_usd=value_usd,
        sector=row["Sector"].strip("- "),
    )
