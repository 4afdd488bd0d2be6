"""Market: what is known of prices and trading conditions at one instant.

``as_of`` is the exchange's local date, which is the tax date; ``known_at`` is the UTC instant at
which the figures were known. A price that is missing is ``None`` and stays so: the position is
then unpriced, not worth zero. Histories carry an explicit mask of what was observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import exact
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DIVIDENDS", "ExposureHistory", "FloatArray", "Market", "PriceBars", "ReturnHistory"]

FloatArray = NDArray[np.float64]

DIVIDENDS = ("dividend_yield_per_year", "qualified_share")
"""What is known of dividends, name by name, where anything is."""


@dataclass(frozen=True, repr=False)
class Market:
    """A dated view of the market, aligned to a universe of n names.

    Attributes
    ----------
    as_of : date
        Exchange-local date.
    known_at : datetime
        UTC instant.
    universe : Universe
        Names and their order.
    price_usd : tuple of (Decimal or None)
        Price per share; None where unpriced.
    half_spread_bps : ndarray of shape (n,)
        Half the quoted spread over the mid, in bps.
    adv_usd : ndarray of shape (n,)
        Average daily dollar volume, USD; more than zero.
    volatility_per_year : ndarray of shape (n,)
        Annualised volatility of total returns, a fraction.
    characteristics : Mapping of str to ndarray of shape (n,)
        Style characteristics by name (raw, not standardised); NaN where not known.
    market_cap_usd : ndarray of shape (n,), optional
        Market capitalisation, USD.
    dividend_yield_per_year : ndarray of shape (n,), optional
        Expected dividends of a year over the price, a fraction; NaN where not known.
    qualified_share : ndarray of shape (n,), optional
        Share of the dividends taxed as qualified (26 USC 1(h)(11)), a fraction; NaN where not known.

    Raises
    ------
    InputError
        If a price is not positive, an array has the wrong length, or a figure is not finite.
    """

    as_of: date
    known_at: datetime
    universe: Universe
    price_usd: tuple[Decimal | None, ...]
    half_spread_bps: FloatArray
    adv_usd: FloatArray
    volatility_per_year: FloatArray
    characteristics: Mapping[str, FloatArray] = field(default_factory=dict)
    market_cap_usd: FloatArray | None = None
    dividend_yield_per_year: FloatArray | None = None
    qualified_share: FloatArray | None = None

    def __post_init__(self) -> None:
        n = len(self.universe)
        if self.known_at.tzinfo is None:
            raise InputError("known_at has no time zone.", hint="Pass a UTC instant: datetime(..., tzinfo=UTC).")
        object.__setattr__(self, "known_at", self.known_at.astimezone(UTC))
        if len(self.price_usd) != n:
            raise InputError(
                f"There are {len(self.price_usd)} prices for {n} names.", hint="Align them to the universe."
            )
        prices = []
        for s, p in zip(self.universe.securities, self.price_usd, strict=True):
            value = None if p is None else Decimal(str(exact(p, f"price of {s.ticker}")))
            if value is not None and value <= 0:
                raise InputError(
                    f"The price of {s.ticker} ({s.security_id}) on {self.as_of} is {value} USD.",
                    hint="A price is more than zero; a delisting is a corporate action, a missing price is None.",
                    security_id=s.security_id,
                )
            prices.append(value)
        object.__setattr__(self, "price_usd", tuple(prices))
        for name in ("half_spread_bps", "adv_usd", "volatility_per_year"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.shape != (n,) or not np.isfinite(values).all() or (values < 0).any():
                raise InputError(
                    f"{name} must hold {n} finite figures of at least 0.",
                    hint="Fill gaps on purpose (a sector median, a tick) before building the market.",
                    field=name,
                )
            object.__setattr__(self, name, values)
        if (self.adv_usd <= 0).any():
            raise InputError("adv_usd holds a zero.", hint="Drop names that do not trade, or give them their true ADV.")
        object.__setattr__(self, "characteristics", FrozenMap(self.characteristics))
        for name in DIVIDENDS:
            self._fractions(name)

    def _fractions(self, name: str) -> None:
        """Check figures that lie between 0 and 1 or are not known."""
        if getattr(self, name) is None:
            return
        values = np.asarray(getattr(self, name), dtype=np.float64)
        if values.shape != (len(self.universe),) or ((values < 0) | (values > 1)).any():
            raise InputError(
                f"{name} must hold {len(self.universe)} fractions between 0 and 1, NaN where not known.",
                hint="0.015 is a yield of 1.5 percent.",
                field=name,
            )
        object.__setattr__(self, name, values)

    def __repr__(self) -> str:
        return f"Market(on {self.as_of}: {len(self.universe)} names, {int(self.priced.sum())} priced)"

    @cached_property
    def priced(self) -> NDArray[np.bool_]:
        """Which names have a price, shape (n,)."""
        return np.array([p is not None for p in self.price_usd], dtype=np.bool_)

    @cached_property
    def price_array_usd(self) -> FloatArray:
        """Prices as floats for the solver, shape (n,); NaN where unpriced (check `priced` first)."""
        return np.array([np.nan if p is None else float(p) for p in self.price_usd], dtype=np.float64)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, as_of: date, known_at: datetime | None = None) -> Market:
        """From a frame with one row a security; see `di_advisor.domain.frames.market_from_frame`."""
        from di_advisor.domain.frames import market_from_frame

        return market_from_frame(frame, as_of=as_of, known_at=known_at)

    def to_frame(self) -> pd.DataFrame:
        """One row a security: classification, price, spread, volume, volatility, characteristics."""
        from di_advisor.domain.frames import market_to_frame

        return market_to_frame(self)


@dataclass(frozen=True)
class ReturnHistory:
    """Daily total returns.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (t,)
        Trading days, ascending.
    security_ids : tuple of str
        n ids.
    total_return : ndarray of shape (t, n)
        Simple returns, dividends included, fractions; 0 where not observed.
    observed : ndarray of bool, shape (t, n)
        Whether the name traded on both ends of the day.
    """

    dates: NDArray[np.datetime64]
    security_ids: tuple[str, ...]
    total_return: FloatArray
    observed: NDArray[np.bool_]

    def __post_init__(self) -> None:
        shape = (len(self.dates), len(self.security_ids))
        if self.total_return.shape != shape or self.observed.shape != shape:
            raise InputError(
                f"Returns of shape {self.total_return.shape} and mask {self.observed.shape} for {shape}.",
                hint="Rows are dates, columns are securities.",
            )
        if not np.isfinite(self.total_return[self.observed]).all():
            raise InputError("An observed return is not finite.", hint="Mark it as not observed, or correct it.")
        object.__setattr__(self, "total_return", np.where(self.observed, self.total_return, 0.0))

    def until(self, day: date) -> ReturnHistory:
        """What was known at the close of a day (no look-ahead)."""
        keep = int(np.searchsorted(self.dates, np.datetime64(day, "D"), side="right"))
        return ReturnHistory(self.dates[:keep], self.security_ids, self.total_return[:keep], self.observed[:keep])


@dataclass(frozen=True)
class PriceBars:
    """Raw daily bars as they printed, unadjusted; NaN exactly where ``observed`` is false.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (t,)
        Trading days, ascending.
    security_ids : tuple of str
        n ids.
    open_usd, high_usd, low_usd, close_usd : ndarray of shape (t, n)
        Prices per share.
    volume_shares : ndarray of shape (t, n)
        Shares traded.
    observed : ndarray of bool, shape (t, n)
        Whether the name traded that day.
    """

    dates: NDArray[np.datetime64]
    security_ids: tuple[str, ...]
    open_usd: FloatArray
    high_usd: FloatArray
    low_usd: FloatArray
    close_usd: FloatArray
    volume_shares: FloatArray
    observed: NDArray[np.bool_]


@dataclass(frozen=True)
class ExposureHistory:
    """Characteristics through time, as known on each date.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (m,)
        Dates of the cross-sections, ascending.
    security_ids : tuple of str
        n ids.
    names : tuple of str
        c characteristics.
    values : ndarray of shape (m, n, c)
        Raw values; NaN where not known.
    """

    dates: NDArray[np.datetime64]
    security_ids: tuple[str, ...]
    names: tuple[str, ...]
    values: FloatArray
