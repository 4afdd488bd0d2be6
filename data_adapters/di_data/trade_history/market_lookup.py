"""Market conditions by security and instant: the last that was known, never what came later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.history_quality import Flaw
from di_advisor.domain.trading_conditions import TradingConditions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Instant", "MarketLookup", "Quote", "quote_of"]

Instant = np.datetime64
"""UTC, to the nanosecond."""

_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True)
class Quote:
    """Bid and ask in USD, and what is wrong with them; a locked quote is right."""

    bid_usd: float
    ask_usd: float
    flaw: Flaw | None = None

    @property
    def mid_usd(self) -> float:
        """The middle."""
        return (self.bid_usd + self.ask_usd) / 2.0


def quote_of(bid_usd: float, ask_usd: float) -> Quote | None:
    """A quote with its flaw, if any; None where neither side is known."""
    bid, ask = bid_usd > 0, ask_usd > 0
    if np.isnan(bid_usd) and np.isnan(ask_usd):
        return None
    flaw = None if bid and ask and bid_usd <= ask_usd else Flaw.CROSSED_QUOTE if bid and ask else Flaw.ONE_SIDED_QUOTE
    return Quote(bid_usd, ask_usd, flaw)


class _Series:
    """Rows of one security, ascending in time."""

    def __init__(self, times: NDArray[np.datetime64], values: dict[str, NDArray[np.float64]]) -> None:
        self.times, self.values = times, values

    def last(self, until: Instant, oldest: np.timedelta64, *, strictly: bool) -> int | None:
        """Row of the last time until an instant (or strictly before), unless it is too old."""
        row = int(np.searchsorted(self.times, until, side="left" if strictly else "right")) - 1
        return row if row >= 0 and until - self.times[row] <= oldest else None

    def at(self, row: int | None, column: str) -> float:
        """A figure, NaN where there is none."""
        return float(self.values[column][row]) if row is not None and column in self.values else _UNKNOWN


class MarketLookup:
    """Looks conditions up.

    Parameters
    ----------
    conditions : TradingConditions or None
        The tables; None knows nothing.
    """

    def __init__(self, conditions: TradingConditions | None) -> None:
        self.given = conditions is not None
        found = conditions or TradingConditions()
        self._daily = _by_security(found.daily, "date")
        self._quotes = _by_security(found.quotes, "time_utc")
        self._minutes = _by_security(found.minutes, "end_utc")
        self._quote_age = np.timedelta64(int(found.quote_age_max_s * 1e9), "ns")
        self._minute_age = np.timedelta64(int(found.minute_age_max_s * 1e9), "ns")
        self._daily_age = np.timedelta64(found.daily_age_max_days, "D")

    def knows(self, security_id: str) -> bool:
        """Whether any table has the security."""
        return any(security_id in table for table in (self._daily, self._quotes, self._minutes))

    def before(self, security_id: str, day: np.datetime64, column: str) -> float:
        """A daily figure of the last day strictly before a day; NaN where not known."""
        series = self._daily.get(security_id)
        if series is None:
            return _UNKNOWN
        return series.at(series.last(_midnight(day), self._daily_age, strictly=True), column)

    def on(self, security_id: str, day: np.datetime64, column: str) -> float:
        """A daily figure of the day itself: for the open, and for reports; NaN where not known."""
        series = self._daily.get(security_id)
        if series is None:
            return _UNKNOWN
        return series.at(series.last(_midnight(day), np.timedelta64(0, "D"), strictly=False), column)

    def quote(self, security_id: str, when: Instant) -> Quote | None:
        """The quote that prevailed at an instant; None where none is known or it is too old."""
        series = self._quotes.get(security_id)
        row = None if series is None or np.isnat(when) else series.last(when, self._quote_age, strictly=False)
        return None if series is None or row is None else quote_of(series.at(row, "bid_usd"), series.at(row, "ask_usd"))

    def minute(self, security_id: str, when: Instant) -> float:
        """Average of the last minute that had ended at an instant, USD; NaN where not known."""
        series = self._minutes.get(security_id)
        return (
            _UNKNOWN
            if series is None
            else series.at(series.last(when, self._minute_age, strictly=False), "average_usd")
        )


def _midnight(day: np.datetime64) -> Instant:
    midnight: Instant = day.astype("datetime64[ns]")
    return midnight


def _by_security(frame: pd.DataFrame | None, when: str) -> dict[str, _Series]:
    """Rows of a table, sorted by security and time, as series."""
    if frame is None:
        return {}
    ids: NDArray[Any] = frame["security_id"].to_numpy(dtype=object)
    times = frame[when].to_numpy(dtype="datetime64[ns]")
    columns = {str(c): frame[c].to_numpy(dtype=np.float64) for c in frame.columns if c not in {"security_id", when}}
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]) if len(ids) else np.zeros(0, dtype=np.int64)
    ends = np.r_[starts[1:], len(ids)]
    return {
        str(ids[a]): _Series(times[a:b], {name: values[a:b] for name, values in columns.items()})
        for a, b in zip(starts, ends, strict=True)
    }
