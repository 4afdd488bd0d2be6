"""Dividends and reported figures: what companies pay, and what they say they earned and own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.companies import Companies
from di_advisor.sample.randomness import stream

__all__ = ["Payouts"]

_QUARTER_DAYS = 63
_REPORT_LAG_DAYS = 32
_STICKY = 0.70
_CUT_ABOVE = 0.09


class Payouts:
    """Boards that pay quarterly and report quarterly, as the path goes.

    A dividend is set once a year: 70 percent of the old one, grown, and the rest from the yield that
    the board aims at. Reports become known 32 trading days after their quarter.
    """

    def __init__(self, companies: Companies, listed: NDArray[np.int64], t: int, seed: int) -> None:
        rng = stream(seed, "payouts")
        n = len(companies)
        self._payer = companies.payer
        self._aim = companies.target_yield
        self._phase = rng.integers(0, _QUARTER_DAYS, size=n)
        for second in np.flatnonzero(companies.twin_of >= 0):
            self._phase[second] = self._phase[companies.twin_of[second]]
        self._phase = self._phase + np.where(listed > 0, listed + 20, 0)
        self._count = np.zeros(n, dtype=np.int64)
        self._rate = np.zeros(n)
        quarters = t // _QUARTER_DAYS + 2
        drift = np.cumsum(0.012 * rng.standard_normal((quarters, n)), axis=0)
        self._profit = companies.profitability + drift + 0.01 * rng.standard_normal((quarters, n))
        self._book0 = companies.book_to_market * companies.start_cap_usd
        growth = 1 + 0.25 * (0.45 * self._profit) + 0.008 * rng.standard_normal((quarters, n))
        self._book_growth = np.cumprod(growth, axis=0)
        self._kept = np.ones(n)

    def going_ex(self, day: int, price_usd: FloatArray, may: NDArray[np.bool_]) -> FloatArray:
        """Dividends per share that go ex on a day, shape (n,), USD; whole cents."""
        due = may & self._payer & (price_usd > 1.0) & ((day - self._phase) % _QUARTER_DAYS == 0) & (day >= self._phase)
        fresh = due & (self._count % 4 == 0)
        aimed = self._aim * price_usd
        grown = np.where(self._rate > 0, _STICKY * 1.04 * self._rate + (1 - _STICKY) * aimed, aimed)
        self._rate = np.where(fresh, grown, self._rate)
        # A dividend that the price no longer carries is cut.
        self._rate = np.where(due & (self._rate > _CUT_ABOVE * price_usd), aimed, self._rate)
        self._count += due
        return np.where(due, np.maximum(np.round(self._rate / 4, 2), 0.01), 0.0)

    def split(self, ratio: FloatArray) -> None:
        """Rebase the dividend per share to the new shares."""
        self._rate = self._rate / ratio

    def spin(self, parent: int, child: int, fraction: float) -> None:
        """A parent hands a fraction of its book, and of what it pays, to its child."""
        self._book0[child] = self._book0[parent] * self._kept[parent] * fraction
        self._kept[parent] *= 1 - fraction
        self._rate[parent] *= 1 - fraction

    def reported(self, day: int) -> tuple[FloatArray, FloatArray]:
        """Book equity in USD and return on equity as known on a day, each of shape (n,)."""
        quarter = max(day - _REPORT_LAG_DAYS, 0) // _QUARTER_DAYS
        return self._book0 * self._kept * self._book_growth[quarter], self._profit[quarter].copy()
