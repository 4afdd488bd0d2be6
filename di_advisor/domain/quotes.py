"""Quotes: what a source says a name trades at, right or wrong.

A quote is taken as it came, so a figure that could not be read is NaN and a time that is not known is None: whether
it may be used is decided by `di_advisor.policy.quote_check`, with a reason where it may not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Quote"]


@dataclass(frozen=True, slots=True)
class Quote:
    """What one name was quoted at.

    Attributes
    ----------
    symbol : str
        Ticker or security id, as the source writes it.
    last_usd : float
        Last trade, USD a share; NaN where not given or not a number.
    bid_usd, ask_usd : float
        Best prices, USD a share; NaN where not given.
    at : datetime or None
        When, UTC; None where not known. Without a zone where it cannot be expressed in UTC.
    """

    symbol: str
    last_usd: float
    bid_usd: float = math.nan
    ask_usd: float = math.nan
    at: datetime | None = None

    def __post_init__(self) -> None:
        if self.at is not None and self.at.tzinfo is not None:
            try:
                moment = self.at.astimezone(UTC)
            except OverflowError:  # the first or last moment there is, in another zone: what feeds write for "never"
                moment = self.at.replace(tzinfo=None)
            object.__setattr__(self, "at", moment)

    @property
    def two_sided(self) -> bool:
        """Whether there are a bid and an ask, good or not."""
        return not (math.isnan(self.bid_usd) or math.isnan(self.ask_usd))

    @property
    def price_usd(self) -> float:
        """Middle of bid and ask where there are both, else the last trade; NaN where neither."""
        return (self.bid_usd + self.ask_usd) / 2 if self.two_sided else self.last_usd
