"""Tiingo: daily prices as traded and as adjusted, with dividends and splits in the same row.

Problem: lots are booked at prices as traded, returns need adjusted ones, and a provider that gives only
one of the two forces a guess. Decision: one request a ticker; `close` is as traded, `adjClose` is adjusted
up to the day of asking, `divCash` and `splitFactor` stand on the ex-date. Limits: US dollars, American
listings; spin-offs are hidden in the adjusted prices and listed nowhere; the free plan allows about 500
tickers a month, which is not counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.rows import json_rows, refuse
from di_data.market.price_rows import Day, Price, asked_symbol, given, in_order, tickers_asked
from di_data.market.service_symbols import service_symbol

__all__ = ["TiingoPrices"]


_Figure = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@with_config(ConfigDict(strict=True, extra="ignore"))
class _Row(TypedDict):
    date: Day
    close: Price
    open: _Figure | None
    high: _Figure | None
    low: _Figure | None
    volume: _Figure | None
    adjClose: Price
    divCash: _Figure
    splitFactor: Price


class TiingoPrices(Adapter[PriceBar]):
    """Daily bars of tickers; asked with `SourceQuery.subjects`, `start` and `end`."""

    facts: ClassVar = SourceFacts(
        name="tiingo_prices",
        title="daily prices as traded and adjusted, dividends, splits",
        provider="Tiingo",
        hosts=("api.tiingo.com",),
        licence="internal use only; no redistribution",
        documentation="https://www.tiingo.com/documentation/end-of-day",
        limits=(RateLimit(50, timedelta(hours=1)), RateLimit(1_000, timedelta(days=1))),
        keeps_for=timedelta(hours=12),
        key=KeyPlace("TIINGO_API_KEY", header="Authorization", prefix="Token "),
        accepts=Content.JSON,
        example=SourceQuery(
            (Identifier(IdentifierScheme.TICKER, "AAPL"),), start=date(2024, 1, 2), end=date(2024, 1, 5)
        ),
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """One request a ticker.

        Raises
        ------
        InputError
            If no ticker is asked for, or one of another market.
        """
        tickers_asked(query, self.facts)
        if query.start is None:
            raise InputError(
                "Tiingo is asked for prices without a first day: it would give the last day alone.",
                hint="Give a first day.",
            )
        days = [("startDate", query.start.isoformat())]
        if query.end is not None:
            days.append(("endDate", query.end.isoformat()))
        requests = []
        for subject in query.subjects:
            symbol = service_symbol(subject, "Tiingo")
            requests.append(
                Request(
                    f"https://api.tiingo.com/tiingo/daily/{symbol}/prices",
                    Content.JSON,
                    parameters=(*days, ("format", "json")),
                    label=symbol,
                    context={"symbol": symbol},
                )
            )
        return requests

    def parse(self, body: bytes, received: Received) -> Sequence[PriceBar]:
        """Bars in the order of days.

        Raises
        ------
        SourceContentError
            If the body is not of the documented shape, empty, or has a day twice.
        """
        symbol = asked_symbol(received)
        rows = json_rows(body, _Row, received)
        if not rows:
            refuse(received, f"there are no prices of {symbol}.", "Check the ticker and the days.")
        subject = Identifier(IdentifierScheme.TICKER, symbol)
        provenance = received.provenance
        bars = [
            PriceBar(
                subject=subject,
                day=row["date"],
                close_usd=row["close"],
                provenance=provenance,
                open_usd=given(row["open"]),
                high_usd=given(row["high"]),
                low_usd=given(row["low"]),
                volume_shares=row["volume"],
                adjusted_close_usd=row["adjClose"],
                dividend_usd=row["divCash"],
                split_ratio=row["splitFactor"],
            )
            for row in rows
        ]
        return in_order(bars, received)
