"""Trading conditions and characteristics of each session, from what was known at its close.

Problem: a replay asks for them thousands of times. Decision: rolling figures of all sessions at once, each from the
rows up to its own. ADV is the mean of 21 sessions, a usual day the median of a year at month's ends, volatility the
root mean square of a year of returns. Limits: no quotes: half-spreads are `di_data`'s assumption from liquidity and
tick.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["STYLES", "Conditions", "conditions_of", "month_ends", "styles_on"]

STYLES = ("beta", "size", "momentum", "volatility", "liquidity", "yield")
"""Characteristics, in the order of the last axis."""

_ADV_SESSIONS = 21
_FEWEST = 5
_FEWEST_RETURNS = 60
_MONTH = 21


@dataclass(frozen=True)
class Conditions:
    """Rolling figures, shape (t, n); NaN where not known."""

    adv_usd: FloatArray
    usual_volume_usd: FloatArray
    volatility_per_year: FloatArray


def conditions_of(volume_usd: FloatArray, total_return: FloatArray) -> Conditions:
    """Rolling figures of all sessions."""
    traded = np.where(volume_usd > 0, volume_usd, np.nan)
    squares = total_return**2
    return Conditions(
        _rolling_mean(traded, _ADV_SESSIONS, _FEWEST),
        _usual(traded),
        np.sqrt(_rolling_mean(squares, TRADING_DAYS_PER_YEAR, _FEWEST_RETURNS) * TRADING_DAYS_PER_YEAR),
    )


def month_ends(sessions: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Positions of the last session of each month, the last month's only where another follows."""
    months = sessions.astype("datetime64[M]")
    return np.flatnonzero(months[1:] != months[:-1])


def styles_on(
    row: int, size: FloatArray, total_return: FloatArray, volume_usd: FloatArray, paid: FloatArray
) -> FloatArray:
    """Characteristics known at the close of a session, shape (n, 6), in the order of `STYLES`.

    Beta to the size-weighted mean of the year; logarithm of the index size; total return of the year without its last
    month; annualised volatility of the year; minus the logarithm of Amihud's illiquidity of three months; dividends of
    the year over the price.

    Parameters
    ----------
    row : int
        Position of the session.
    size : ndarray of shape (n,)
        Index size at its close; 0 where there is none.
    total_return, volume_usd, paid : ndarray of shape (t, n)
        Returns, dollars traded, dividends over the close before.
    """
    year = slice(max(row + 1 - TRADING_DAYS_PER_YEAR, 0), row + 1)
    r = total_return[year]
    seen = np.isfinite(r)
    count = seen.sum(axis=0)
    filled = np.where(seen, r, 0.0)
    enough = count >= _FEWEST_RETURNS
    values = np.full((r.shape[1], len(STYLES)), np.nan)
    weight = np.where(seen, size, 0.0)
    total = weight.sum(axis=1)
    market = np.divide((weight * filled).sum(axis=1), total, out=np.zeros(len(r)), where=total > 0)
    centred = np.where(seen, market[:, None], 0.0)
    variance = (centred**2).sum(axis=0)
    beta = np.divide((filled * centred).sum(axis=0), variance, out=np.full(len(count), np.nan), where=variance > 0)
    values[enough, 0] = beta[enough]
    values[size > 0, 1] = np.log(size[size > 0])
    whole = count >= TRADING_DAYS_PER_YEAR - _MONTH
    values[whole, 2] = np.expm1(np.log1p(filled[:-_MONTH, whole]).sum(axis=0))
    values[enough, 3] = np.sqrt((filled**2).sum(axis=0)[enough] / count[enough] * TRADING_DAYS_PER_YEAR)
    recent = slice(max(row + 1 - 3 * _MONTH, 0), row + 1)
    traded = volume_usd[recent]
    both = np.isfinite(total_return[recent]) & (traded > 0)
    amihud = np.where(both, np.abs(np.nan_to_num(total_return[recent])) / np.where(both, traded, 1.0), 0.0).sum(axis=0)
    days = both.sum(axis=0)
    liquid = (days >= _MONTH) & (amihud > 0)
    values[liquid, 4] = -np.log(amihud[liquid] / days[liquid])
    values[enough, 5] = np.nan_to_num(paid[year]).sum(axis=0)[enough]
    return values


def _rolling_mean(values: FloatArray, width: int, fewest: int) -> FloatArray:
    """Mean of the known figures of the last rows, NaN where fewer than ``fewest`` are known."""
    known = np.isfinite(values)
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(np.where(known, values, 0.0), axis=0)])
    count = np.vstack([np.zeros((1, values.shape[1]), np.int64), np.cumsum(known, axis=0)])
    first = np.maximum(np.arange(len(values)) + 1 - width, 0)
    sums, counts = total[1:] - total[first], count[1:] - count[first]
    return np.where(counts >= fewest, sums / np.maximum(counts, 1), np.nan)


def _usual(traded: FloatArray) -> FloatArray:
    """Median of the year, made anew every month and held until the next; the first week's on the first days."""
    usual = np.full(traded.shape, np.nan)
    marks = [0, *range(_FEWEST - 1, len(traded), _MONTH), len(traded)]
    for a, b in itertools.pairwise(marks):
        window = traded[max(a + 1 - TRADING_DAYS_PER_YEAR, 0) : a + 1]
        known = np.isfinite(window).any(axis=0)
        usual[a:b, known] = np.nanmedian(window[:, known], axis=0)
    return usual
