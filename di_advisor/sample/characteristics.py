"""Style characteristics of companies, from what was known at a close and nothing later.

===========  ==========================================================================================
size         logarithm of the market capitalisation in USD
value        book equity over market capitalisation, the book as last reported
quality      return on equity, as last reported
momentum     total return over the last year without the last month (252 to 21 trading days ago)
volatility   annualised standard deviation of the daily total returns of the last year (120 or more)
yield        dividends of the last year, in shares of today, over the price
===========  ==========================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["Past", "characteristics_of", "standard_scores"]

_MONTH_DAYS = 21
_FEWEST_DAYS = 120
_CLIP = 2.5


@dataclass(frozen=True)
class Past:
    """What was known at a close; arrays end with that day.

    Attributes
    ----------
    total_return, observed, dividend_usd, share_factor : ndarray of shape (t, n)
        Daily total returns and whether they were observed; dividend per share of its day; shares of
        that day that one share of the first day has become by splits.
    close_usd, shares : ndarray of shape (n,)
        On the last day; NaN where the name does not trade.
    book_usd, profitability : ndarray of shape (n,)
        As last reported.
    """

    total_return: FloatArray
    observed: NDArray[np.bool_]
    dividend_usd: FloatArray
    share_factor: FloatArray
    close_usd: FloatArray
    shares: FloatArray
    book_usd: FloatArray
    profitability: FloatArray


def characteristics_of(past: Past) -> FloatArray:
    """Characteristics in the order of `regimes.STYLES`, shape (n, 6); NaN where not known."""
    year = TRADING_DAYS_PER_YEAR
    n = len(past.close_usd)
    values = np.full((n, 6), np.nan)
    trading = np.isfinite(past.close_usd)
    cap = np.where(trading, past.close_usd * past.shares, np.nan)
    values[:, 0] = np.log(cap)
    values[:, 1] = past.book_usd / cap
    values[:, 2] = np.where(trading, past.profitability, np.nan)
    returns, observed = past.total_return[-year:], past.observed[-year:]
    count = observed.sum(axis=0)
    whole = trading & (count == year) if len(observed) == year else np.zeros(n, dtype=np.bool_)
    gross = np.log1p(np.where(observed, returns, 0.0))
    values[whole, 3] = np.expm1(gross[:-_MONTH_DAYS, whole].sum(axis=0))
    enough = trading & (count >= _FEWEST_DAYS)
    mean = np.where(observed, returns, 0.0).sum(axis=0) / np.maximum(count, 1)
    square = (np.where(observed, returns - mean, 0.0) ** 2).sum(axis=0) / np.maximum(count - 1, 1)
    values[enough, 4] = np.sqrt(square[enough] * year)
    paid = (past.dividend_usd[-year:] / past.share_factor[-year:]).sum(axis=0) * past.share_factor[-1]
    values[:, 5] = np.where(enough, paid / past.close_usd, np.nan)
    return values


def standard_scores(values: FloatArray) -> FloatArray:
    """Scores by rank: standard normal in the cross-section, clipped, 0 where not known; shape (n, c)."""
    scores = np.zeros_like(values)
    for c in range(values.shape[1]):
        known = np.flatnonzero(np.isfinite(values[:, c]))
        if len(known) < 2:
            continue
        rank = np.empty(len(known))
        rank[np.argsort(values[known, c], kind="stable")] = np.linspace(-1, 1, len(known))
        # A cubic that maps ranks close to normal scores, without a quantile function.
        score = 1.25 * rank + 1.05 * rank**3
        scores[known, c] = np.clip(score / score.std(), -_CLIP, _CLIP)
    return scores
