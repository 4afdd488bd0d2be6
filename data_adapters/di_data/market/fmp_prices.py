"""Financial Modeling Prep: daily prices as traded, splits, and dividends, one request each a ticker.

Problem: the endpoint that the documentation shows first (`historical-price-eod/full`) is adjusted for
splits without saying so, and beside lots it is wrong by every split since. Decision: prices come from
`historical-price-eod/non-split-adjusted`, whose fields are called `adjClose` and so on although they are
as traded (published measurements of both series agree on that); splits come as two whole numbers and
dividends with their days. Limits: never tried live here; US dollars, American listings; the list of splits
also holds factors of some spin-offs and lacks others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field

from di_advisor.domain.declared_actions import DeclaredAction
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Provenance
from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import json_document
from di_data.frame.rows import DocumentedRow, json_rows, refuse
from di_data.market.price_rows import Day, Price, asked_symbol, given, in_order, tickers_asked
from di_data.market.service_symbols import service_symbol

__all__ = ["FmpPrices"]

_BASE: Final = "https://financialmodelingprep.com/stable/"
_PATHS: Final = {"prices": "historical-price-eod/non-split-adjusted", "splits": "splits", "dividends": "dividends"}
_MOST_ROWS: Final = 1_000


def _day_or_none(written: object) -> object:
    return None if written in {"", None} else written


_OptionalDay = Annotated[Day | None, BeforeValidator(_day_or_none)]


class _Row(DocumentedRow):
    symbol: str
    date: Day


class _PriceRow(_Row):
    close: Price = Field(alias="adjClose")
    open: float | None = Field(alias="adjOpen", ge=0, allow_inf_nan=False)
    high: float | None = Field(alias="adjHigh", ge=0, allow_inf_nan=False)
    low: float | None = Field(alias="adjLow", ge=0, allow_inf_nan=False)
    volume: float | None = Field(ge=0, allow_inf_nan=False)


class _SplitRow(_Row):
    numerator: Price
    denominator: Price


class _DividendRow(_Row):
    dividend: float = Field(ge=0, allow_inf_nan=False)
    record_date: _OptionalDay = Field(alias="recordDate")
    payment_date: _OptionalDay = Field(alias="paymentDate")
    declaration_date: _OptionalDay = Field(alias="declarationDate")


class FmpPrices(Adapter[PriceBar | DeclaredAction]):
    """Daily bars, splits and dividends of tickers; option ``series`` names some of prices, splits, dividends."""

    facts: ClassVar = SourceFacts(
        name="fmp_prices",
        title="daily prices as traded, splits, dividends",
        provider="Financial Modeling Prep",
        hosts=("financialmodelingprep.com",),
        licence="personal use, unless a display licence is bought",
        documentation="https://site.financialmodelingprep.com/developer/docs/stable",
        limits=(RateLimit(4, timedelta(seconds=1)), RateLimit(250, timedelta(days=1))),
        keeps_for=timedelta(hours=12),
        key=KeyPlace("FMP_API_KEY", header="apikey"),
        accepts=Content.JSON,
        options=("series",),
        example=SourceQuery(
            (Identifier(IdentifierScheme.TICKER, "AAPL"),),
            start=date(2024, 1, 2),
            end=date(2024, 1, 5),
            options={"series": "prices"},
        ),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Three requests a ticker, or those that the option names.

        Raises
        ------
        InputError
            If no ticker is asked for, one of another market, or an unknown series.
        """
        tickers_asked(query, self.facts)
        wanted = [s.strip() for s in query.options.get("series", ",".join(_PATHS)).split(",")]
        strange = sorted(set(wanted) - set(_PATHS))
        if strange:
            raise InputError(f"fmp_prices has no series {', '.join(strange)}.", hint=f"It has: {', '.join(_PATHS)}.")
        days = [(name, day.isoformat()) for name, day in (("from", query.start), ("to", query.end)) if day is not None]
        requests = []
        for subject in query.subjects:
            symbol = service_symbol(subject, "Financial Modeling Prep")
            for series in wanted:
                more = days if series == "prices" else [("limit", str(_MOST_ROWS))]
                requests.append(
                    Request(
                        f"{_BASE}{_PATHS[series]}",
                        Content.JSON,
                        parameters=(("symbol", symbol), *more),
                        label=f"{symbol} {series}",
                        context={"symbol": symbol, "series": series},
                    )
                )
        return requests

    def parse(self, body: bytes, received: Received) -> Sequence[PriceBar | DeclaredAction]:
        """Bars in the order of days, or actions in the order of ex-dates.

        No splits and no dividends are an answer; no prices are not.

        Raises
        ------
        SourceContentError
            If the body is not of the documented shape, names another symbol, or has no prices.
        """
        symbol = asked_symbol(received)
        subject = Identifier(IdentifierScheme.TICKER, symbol)
        series = received.context.get("series") or _series_of(body, received)
        if series == "prices":
            rows = json_rows(body, _PriceRow, received)
            if not rows:
                refuse(received, f"there are no prices of {symbol}.", "Check the ticker and the days.")
            _of_symbol(rows, symbol, received)
            provenance = received.provenance
            return in_order([_bar(row, subject, provenance) for row in rows], received)
        if series == "splits":
            splits = json_rows(body, _SplitRow, received)
            _of_symbol(splits, symbol, received)
            actions = [DeclaredAction(subject, r.date, received.provenance, new_per_old=_ratio(r)) for r in splits]
        else:
            dividends = json_rows(body, _DividendRow, received)
            _of_symbol(dividends, symbol, received)
            actions = [_dividend(r, subject, received) for r in dividends if r.dividend]
        if len(actions) >= _MOST_ROWS:
            refuse(
                received, f"{len(actions)} {series} of {symbol} came, as many as one answer holds: some are missing."
            )
        return tuple(sorted(actions, key=lambda a: a.ex_date))


def _series_of(body: bytes, received: Received) -> str:
    """Which series a saved answer is."""
    found = json_document(body, received)
    first = found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}
    if "numerator" in first:
        return "splits"
    return "dividends" if "dividend" in first else "prices"


def _of_symbol(rows: Sequence[_Row], symbol: str, received: Received) -> None:
    other = next((r.symbol for r in rows if r.symbol.upper().replace(".", "-") != symbol), "")
    if other:
        refuse(received, f"{symbol} was asked for, and {other} came.")


def _bar(row: _PriceRow, subject: Identifier, provenance: Provenance) -> PriceBar:
    return PriceBar(
        subject=subject,
        day=row.date,
        close_usd=row.close,
        provenance=provenance,
        open_usd=given(row.open),
        high_usd=given(row.high),
        low_usd=given(row.low),
        volume_shares=row.volume,
    )


def _ratio(row: _SplitRow) -> Fraction:
    # Through their text: 1.5 is three halves, and 0.1 is a tenth.
    return Fraction(str(row.numerator)) / Fraction(str(row.denominator))


def _dividend(row: _DividendRow, subject: Identifier, received: Received) -> DeclaredAction:
    return DeclaredAction(
        subject,
        row.date,
        received.provenance,
        cash_usd=Decimal(str(row.dividend)),
        declared_on=row.declaration_date,
        record_on=row.record_date,
        paid_on=row.payment_date,
    )
