"""Measures of a world's returns, lots and events: what the sample is calibrated to, and how each is measured.

All functions take plain arrays, so that they serve for any history, real or simulated. The
estimators are those that reproduce the published targets on real large US companies of 2016 to
2022; where a choice matters (which market, which tail, trading days or calendar days) it is said.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = [
    "annual_volatility",
    "chance_under_cost",
    "excess_kurtosis",
    "left_tail_index",
    "market_beta",
    "mean_pairwise_correlation",
    "mean_rank_correlation",
    "square_autocorrelation",
]


def annual_volatility(returns: FloatArray) -> FloatArray:
    """Standard deviation of daily returns times the root of 252, shape (n,).

    Parameters
    ----------
    returns : ndarray of shape (t, n)
        Daily total returns of names that were observed on all t days.
    """
    return np.asarray(returns.std(axis=0, ddof=1) * np.sqrt(TRADING_DAYS_PER_YEAR), dtype=np.float64)


def market_beta(returns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Beta to the equally weighted mean of all names, and annual volatility of what it leaves, each (n,).

    Ordinary least squares over the whole period; the mean of the same names serves as the market.
    """
    market = returns.mean(axis=1)
    centred = market - market.mean()
    beta = centred @ returns / (centred @ centred)
    return np.asarray(beta, dtype=np.float64), annual_volatility(returns - np.outer(market, beta))


def mean_pairwise_correlation(returns: FloatArray) -> float:
    """Mean of the correlations of daily returns over all pairs of different names."""
    n = returns.shape[1]
    z = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    # The sum of all entries of the correlation matrix, without building it.
    return float(((z.sum(axis=1) ** 2).mean() - n) / (n * (n - 1)))


def excess_kurtosis(returns: FloatArray) -> float:
    """Median over the names of the fourth standardised moment less 3."""
    z = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    return float(np.median((z**4).mean(axis=0)) - 3)


def left_tail_index(returns: FloatArray, fraction: float = 0.015) -> float:
    """Hill's estimator on the worst days of each name, mean over the names.

    Source: Hill (1975), Annals of Statistics 3, 1163. Of t days, the worst ``fraction`` (1.5 percent)
    are taken as the tail.
    """
    k = int(fraction * len(returns))
    losses = np.sort(-returns, axis=0)[::-1][: k + 1]
    return float((1 / np.log(losses[:k] / losses[k]).mean(axis=0)).mean())


def square_autocorrelation(returns: FloatArray) -> float:
    """Correlation of a day's squared return with the next day's, median over the names."""
    squares = returns**2
    a, b = squares[:-1], squares[1:]
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return float(np.median((a * b).mean(axis=0) / (a.std(axis=0) * b.std(axis=0))))


def chance_under_cost(returns: FloatArray, horizon_days: int, depth: float = 0.10) -> float:
    """Share of lots whose value was more than ``depth`` under cost on at least one of the next days.

    One lot of every name on every day that has the whole horizon ahead of it, at the close, with
    dividends counted into the value; closes of ``horizon_days`` **trading** days are looked at.
    """
    level = np.cumprod(1 + returns, axis=0)
    starts = len(level) - horizon_days
    lowest = np.full((starts, level.shape[1]), np.inf)
    for ahead in range(1, horizon_days + 1):
        np.minimum(lowest, level[ahead : starts + ahead], out=lowest)
    return float((lowest < (1 - depth) * level[:starts]).mean())


def _ranks(values: FloatArray) -> FloatArray:
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = np.arange(len(values))
    return ranks


def mean_rank_correlation(scores: FloatArray) -> float:
    """Mean of Spearman's rank correlations over all pairs of columns, each over the rows that both cover.

    Parameters
    ----------
    scores : ndarray of shape (n, p)
        One column a provider, higher is better in each; NaN where not covered.
    """
    found: list[float] = []
    for a in range(scores.shape[1]):
        for b in range(a):
            both: NDArray[np.bool_] = np.isfinite(scores[:, a]) & np.isfinite(scores[:, b])
            found.append(float(np.corrcoef(_ranks(scores[both, a]), _ranks(scores[both, b]))[0, 1]))
    return float(np.mean(found))
