"""State Street's daily holdings of a fund, an xlsx workbook.

Problem: the table starts in the fifth row, its date stands in a sentence, the weights are percent and do
not add up to exactly 100, and legal text follows. Decision: the header is found by its names, the date by
"As of", the table ends at the first empty row; the column called Identifier is the CUSIP; a row without a
ticker is cash where it is called so, and other where not. Limits: the address gives the latest day only;
the sector is a dash in every row; CUSIPs are licensed and not to be handed on in lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Final

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.index_holdings import HoldingKind, HoldingsSheet, IndexHolding
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_advisor.units import fraction_from_percent
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.rows import refuse
from di_data.frame.workbooks import sheets_of
from di_data.market.holding_rows import checked_sheet, identifiers_of, require_whole, written_day
from di_data.market.service_symbols import service_symbol

__all__ = ["SsgaHoldings"]

_COLUMNS: Final = ("Name", "Ticker", "Identifier", "SEDOL", "Weight", "Sector", "Shares Held", "Local Currency")
_PREAMBLE_ROWS: Final = 12
_ADDRESS: Final = (
    "https://www.ssga.com/us/en/intermediary/library-content/products/fund-data/etfs/us/holdings-daily-us-en-{}.xlsx"
)
_CASH_WORDS: Final = ("US DOLLAR", "CASH", "MONEY MARKET")
_CASH_CODE: Final = "999"
_Cells = Sequence[object]


class SsgaHoldings(Adapter[HoldingsSheet]):
    """The latest sheet of a fund by its ticker: ``ticker:SPY``."""

    facts: ClassVar = SourceFacts(
        name="ssga_holdings",
        title="holdings of SPDR funds",
        provider="State Street Global Advisors",
        hosts=("www.ssga.com",),
        licence="State Street's terms; CUSIP and SEDOL are licensed",
        documentation="https://www.ssga.com/us/en/intermediary/etfs/spdr-sp-500-etf-trust-spy",
        limits=(RateLimit(1, timedelta(seconds=2)),),
        keeps_for=timedelta(days=1),
        accepts=Content.XLSX,
        max_bytes=8 * 2**20,
        example=SourceQuery((Identifier(IdentifierScheme.TICKER, "SPY"),)),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One request a fund.

        Raises
        ------
        InputError
            If no fund is asked for, or a day: only the latest sheet is there.
        """
        if not query.subjects:
            raise InputError("ssga_holdings: no fund is asked for.", hint="Give its ticker: ticker:SPY.")
        if query.as_of or query.start or query.end or query.options:
            raise InputError(
                "ssga_holdings gives the latest sheet only, and has no options.",
                hint="Keep the sheets of past days as files, and read those.",
            )
        funds = [service_symbol(s, "State Street").lower() for s in query.subjects]
        return [Request(_ADDRESS.format(f), Content.XLSX, label=f.upper(), context={"fund": f.upper()}) for f in funds]

    def parse(self, body: bytes, received: Received) -> Sequence[HoldingsSheet]:
        """The sheet.

        Raises
        ------
        SourceContentError
            If the workbook is not as documented, or its weights do not add up.
        """
        rows = next(iter(sheets_of(body, received).values()), [])
        start = next((n for n, row in enumerate(rows[:_PREAMBLE_ROWS]) if _texts(row)[:2] == ["Name", "Ticker"]), None)
        if start is None:
            refuse(received, f"no row of its first {_PREAMBLE_ROWS} begins with Name, Ticker.")
        header = _texts(rows[start])
        missing = [c for c in _COLUMNS if c not in header]
        if missing:
            shown = ", ".join(h for h in header if h)
            refuse(received, f"the column {', '.join(missing)} is missing.", f"It has: {shown}.", missing=missing)
        preamble = {cells[0].rstrip(":"): cells[1] for cells in map(_texts, rows[:start]) if len(cells) > 1}
        if "as of" not in preamble.get("Holdings", "").lower():
            refuse(received, 'its third row does not say "As of".')
        as_of = written_day(preamble["Holdings"], received)
        fund = preamble.get("Ticker Symbol", "") or preamble.get("Fund Name", "")
        asked = received.context.get("fund", fund)
        if fund.upper() != asked.upper():
            refuse(received, f"{asked} was asked for, and {fund} came.")
        holdings = []
        for number, row in enumerate(rows[start + 1 :], start=start + 2):
            if not any(_texts(row)):
                break
            holdings.append(_holding(dict(zip(header, row, strict=False)), number, received))
        require_whole([h.weight for h in holdings], received)
        return (checked_sheet(fund, as_of, holdings, received),)


def _texts(row: _Cells) -> list[str]:
    return [str(c or "").strip() for c in row]


def _holding(cells: dict[str, object], number: int, received: Received) -> IndexHolding:
    name, ticker, code = (str(cells[c] or "").strip() for c in ("Name", "Ticker", "Identifier"))
    weight, shares = (_figure(cells[c], c, number, received) for c in ("Weight", "Shares Held"))
    currency = str(cells["Local Currency"] or "").strip()
    if weight is None:
        refuse(received, f"row {number}, Weight: {name} has none.", row=number, field="Weight")
    kind = HoldingKind.EQUITY
    if not ticker.strip("-"):
        cash = code.startswith(_CASH_CODE) or any(word in name.upper() for word in _CASH_WORDS)
        kind = HoldingKind.CASH if cash else HoldingKind.OTHER
    elif currency != "USD":
        refuse(received, f"row {number}: {name} is held in {currency}.", "Only holdings in US dollars are read.")
    ids = (
        (IdentifierScheme.TICKER, ticker),
        (IdentifierScheme.CUSIP, cells["Identifier"]),
        (IdentifierScheme.SEDOL, cells["SEDOL"]),
    )
    return IndexHolding(
        identifiers=identifiers_of(ids),
        name=name,
        weight=fraction_from_percent(weight),
        kind=kind,
        shares=shares,
        sector=str(cells["Sector"] or "").strip("- "),
    )


def _figure(cell: object, column: str, number: int, received: Received) -> float | None:
    """A number of the workbook; None for a blank or a dash."""
    if isinstance(cell, str) and not cell.strip("- "):
        return None
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        refuse(received, f"row {number}, {column}: {cell!r} is no number.", row=number, field=column)
    return float(cell)
