"""What readers of prices share: the symbol that was asked for, days in order, prices that were not given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field

from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.rows import some_of
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.adapter import SourceFacts
from di_data.frame.exchange import Received
from di_data.frame.rows import refuse

__all__ = ["Day", "Price", "asked_symbol", "given", "in_order", "tickers_asked"]


def _day(written: object) -> object:
    """A date of "2019-01-02" or "2019-01-02T00:00:00.000Z": the local day of the exchange stands first."""
    return _local_day(written) if isinstance(written, str) else written


@lru_cache(maxsize=8_192)
def _local_day(written: str) -> date:
    head, _, rest = written.partition("T")
    if rest.strip("0:.Z+-"):
        message = f"{written!r} has a time of day"
        raise ValueError(message)
    return date.fromisoformat(head)


Day = Annotated[date, BeforeValidator(_day)]
Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""More than zero: a price of zero is a delisting, which is a corporate action, or a mistake."""


def tickers_asked(query: SourceQuery, facts: SourceFacts) -> None:
    """Refuse a question without tickers, for one day's sheet, or with options that the source does not know.

    Raises
    ------
    InputError
        Saying which.
    """
    if not query.subjects:
        raise InputError(f"{facts.title}: no ticker is asked for.", hint="Give at least one: ticker:AAPL.")
    if query.as_of is not None:
        raise InputError(f"{facts.name} gives spans of days.", hint="Give a first and a last day in place of as_of.")
    strange = sorted(set(query.options) - set(facts.options))
    if strange:
        raise InputError(
            f"{facts.name} does not know the option {', '.join(strange)}.",
            hint=f"It knows: {', '.join(facts.options) or 'none'}.",
        )


def asked_symbol(received: Received) -> str:
    """The symbol that a body answers for.

    Raises
    ------
    SourceContentError
        If nothing says it: the body of a price service does not name its security.
    """
    symbol = received.context.get("symbol", "")
    if not symbol:
        refuse(received, "nothing says whose prices these are.", "State the symbol with the file: symbol=AAPL.")
    return symbol


def given(price_usd: float | None) -> float | None:
    """An open, high or low; None where the source writes zero or nothing, as they do for old days."""
    return price_usd or None


def in_order(bars: Sequence[PriceBar], received: Received) -> tuple[PriceBar, ...]:
    """Bars by security and day.

    Raises
    ------
    SourceContentError
        If a security has a day twice, or its low is above its high.
    """
    ordered = tuple(sorted(bars, key=lambda b: (b.subject, b.day)))
    twice = [f"{b.subject.value} on {b.day}" for a, b in pairwise(ordered) if _same(a, b)]
    if twice:
        refuse(received, f"a day stands there twice: {some_of(twice)}.")
    crossed = [f"{b.subject.value} on {b.day}" for b in ordered if _crossed(b)]
    if crossed:
        refuse(received, f"the low is above the high: {some_of(crossed)}.")
    return ordered


def _same(one: PriceBar, other: PriceBar) -> bool:
    return (one.subject, one.day) == (other.subject, other.day)


def _crossed(bar: PriceBar) -> bool:
    return bar.low_usd is not None and bar.high_usd is not None and bar.low_usd > bar.high_usd
