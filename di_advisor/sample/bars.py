"""Daily bars, spreads and volumes around the path of closes.

Opens carry part of the day's move; highs and lows reach beyond open and close by a range that grows
with the size of the move; volume follows capitalisation and the size of the move; spreads narrow
with volume, widen with volatility, and never fall below half a cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.sample.companies import Companies
from di_advisor.sample.path import Path
from di_advisor.sample.randomness import stream
from di_advisor.sample.regimes import Factors
from di_advisor.units import BPS_PER_UNIT, TRADING_DAYS_PER_YEAR

__all__ = ["Bars", "draw_bars"]

_HALF_TICK_USD = 0.005
_MIDDLE_VOLUME_USD = 1.6e8
_MIDDLE_SPREAD_BPS = 2.2


@dataclass(frozen=True)
class Bars:
    """Raw bars and half-spreads, each of shape (t, n); NaN (volume 0) where a name did not trade."""

    open_usd: FloatArray
    high_usd: FloatArray
    low_usd: FloatArray
    volume_shares: FloatArray
    half_spread_bps: FloatArray


def draw_bars(companies: Companies, path: Path, factors: Factors, seed: int) -> Bars:
    """Draw bars that agree with the path's closes: low <= open, close <= high, all above zero."""
    rng = stream(seed, "bars")
    close = path.close_usd
    t, n = close.shape
    daily = companies.own_volatility / np.sqrt(TRADING_DAYS_PER_YEAR) * factors.idiosyncratic_scale[:, None]
    move = path.total_return
    # From the close back to the open, so that the overnight part lands on the right side of splits and ex-dates.
    inside = 0.6 * move + 0.45 * daily * rng.standard_normal((t, n))
    opens = close / (1 + np.clip(inside, -0.5, 0.9))
    reach = daily * np.abs(rng.standard_normal((2, t, n))) * 0.55 + 0.12 * np.abs(move)
    high = np.maximum(opens, close) * (1 + reach[0])
    low = np.minimum(opens, close) * np.maximum(1 - reach[1], 0.3)

    base = companies.turnover_per_day
    wave = np.empty((t, n))
    wave[0] = 0.3 * rng.standard_normal(n)
    shocks = 0.22 * rng.standard_normal((t, n))
    for i in range(1, t):
        wave[i] = 0.7 * wave[i - 1] + shocks[i]
    surprise = np.minimum(np.abs(move) / daily, 8.0)
    traded_usd = close * path.shares * base * np.exp(wave - 0.05) * (0.72 + 0.28 * surprise)
    volume = np.round(np.nan_to_num(traded_usd / close))

    usual = np.where(np.isfinite(close), close * path.shares * base, _MIDDLE_VOLUME_USD)
    width = np.exp(0.38 * rng.standard_normal(n))
    noise = np.exp(0.10 * rng.standard_normal((t, n)))
    spread = _MIDDLE_SPREAD_BPS * width * (usual / _MIDDLE_VOLUME_USD) ** -0.33 * noise
    spread = spread * factors.idiosyncratic_scale[:, None] ** 0.7
    spread = np.maximum(spread, _HALF_TICK_USD / close * BPS_PER_UNIT)
    cents = [np.maximum(np.round(x, 2), 0.01) for x in (opens, high, low)]
    high, low = np.maximum.reduce([cents[0], cents[1], close]), np.minimum.reduce([cents[0], cents[2], close])
    return Bars(cents[0], high, low, np.maximum(volume, np.isfinite(close)), spread)
