"""Style descriptors that can be read off returns and size alone.

Problem: a user often brings prices and sectors and nothing else. Decision: five descriptors that are
known on each refresh day and that carry most of the common variance which sectors leave: beta,
residual volatility, momentum, reversal and size. Limits: no fundamentals here; those come in through
`di_advisor.domain.ExposureHistory` and replace a descriptor of the same name.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk.history import AlignedReturns
from di_models.risk.series import evidence, weighted_sum

__all__ = ["past_size_usd", "price_descriptors"]

_BETA_HALF_LIFE_DAYS = 126.0
_BETA_PRIOR_DAYS = 30.0
_VOLATILITY_HALF_LIFE_DAYS = 63.0
_MOMENTUM_DAYS = TRADING_DAYS_PER_YEAR
_SKIPPED_DAYS = 21
_REVERSAL_DAYS = 21


def past_size_usd(size_usd: FloatArray, history: AlignedReturns, rows: NDArray[np.int64]) -> FloatArray:
    """Size on each row, rolled back from today's by the returns since, shape (len(rows), n).

    Shares outstanding are taken as constant and dividends as part of the price: good to a few percent
    a year, which a logarithm does not notice.
    """
    grown = np.cumsum(np.log1p(history.values), axis=0)
    return np.asarray(size_usd * np.exp(grown[rows] - grown[-1]), dtype=np.float64)


def price_descriptors(
    history: AlignedReturns, market_return: FloatArray, rows: NDArray[np.int64]
) -> dict[str, FloatArray]:
    """Descriptors known at the close of each of ``rows``.

    Parameters
    ----------
    history : AlignedReturns
        Returns of shape (t, n).
    market_return : ndarray of shape (t,)
        Return of the weighted market.
    rows : ndarray of int, shape (m,)
        Rows of the history.

    Returns
    -------
    dict of str to ndarray of shape (m, n)
        NaN where a name has too little history.
    """
    r, seen = history.values, history.observed
    market = market_return[:, None]

    def total(values: FloatArray, half_life: float) -> FloatArray:
        return weighted_sum(values, half_life)[rows]

    days = evidence(seen, _BETA_HALF_LIFE_DAYS)[rows]
    market_squared = total(np.where(seen, market**2, 0.0), _BETA_HALF_LIFE_DAYS)
    variance = float(np.mean(market_return**2)) + 1e-12
    prior = _BETA_PRIOR_DAYS * variance
    beta = (total(r * market, _BETA_HALF_LIFE_DAYS) + prior) / (market_squared + prior)

    hl = _VOLATILITY_HALF_LIFE_DAYS
    recent = evidence(seen, hl)[rows]
    squares = (
        total(r * r, hl) - 2.0 * beta * total(r * market, hl) + beta**2 * total(np.where(seen, market**2, 0.0), hl)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = 0.5 * np.log(np.maximum(squares, 1e-12) / recent)

    growth, count = (np.vstack([np.zeros((1, r.shape[1])), np.cumsum(a, axis=0)]) for a in (np.log1p(r), seen))

    def between(cumulative: FloatArray, first: int, last: int) -> FloatArray:
        return cumulative[np.maximum(rows + 1 - last, 0)] - cumulative[np.maximum(rows + 1 - first, 0)]

    momentum = between(growth, _MOMENTUM_DAYS, _SKIPPED_DAYS)
    reversal = between(growth, _REVERSAL_DAYS, 0)
    return {
        "beta": np.where(days >= 20, beta, np.nan),
        "residual volatility": np.where(recent >= 15, residual, np.nan),
        "momentum": np.where(between(count, _MOMENTUM_DAYS, _SKIPPED_DAYS) >= 120, momentum, np.nan),
        "reversal": np.where(between(count, _REVERSAL_DAYS, 0) >= 15, reversal, np.nan),
    }
