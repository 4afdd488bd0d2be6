"""Covariance of factor returns: fast volatilities, slow correlations, and a check on the level.

Problem: volatility changes within weeks, correlation within years, and both are needed for the next
weeks. Decision: volatilities and correlations are exponentially weighted with half-lives of their
own; returns of neighbouring days enter with Bartlett weights (Newey and West 1987); and the whole is
multiplied by how far recent factor returns were outside their one-day-ahead forecasts (Menchero,
Orr and Wang 2011 call it volatility regime adjustment). Limits: one multiplier for all factors.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk.series import decay, lagged, weighted_sum

__all__ = ["factor_covariance_per_year", "positive_semidefinite", "regime_multiplier"]

_FORGOTTEN_DAYS = 40


def factor_covariance_per_year(
    factor: FloatArray, *, volatility_half_life: float, correlation_half_life: float, lags: int, regime_half_life: float
) -> FloatArray:
    """Covariance of factor returns per year, shape (k, k), positive semidefinite.

    Parameters
    ----------
    factor : ndarray of shape (d, k)
        Daily factor returns.
    volatility_half_life, correlation_half_life, regime_half_life : float
        Days.
    lags : int
        Lags of the Newey-West correction.
    """
    slow = _newey_west(factor, correlation_half_life, lags)
    fast = _newey_west(factor, volatility_half_life, lags)
    sigma = np.sqrt(np.maximum(np.diag(slow), 1e-20))
    correlation = slow / np.outer(sigma, sigma)
    level = np.sqrt(np.maximum(np.diag(fast), 0.0))
    multiplier = regime_multiplier(factor, volatility_half_life, regime_half_life)
    covariance = correlation * np.outer(level, level) * multiplier**2
    return positive_semidefinite(covariance * TRADING_DAYS_PER_YEAR)


def regime_multiplier(factor: FloatArray, volatility_half_life: float, regime_half_life: float) -> float:
    """Volatility of recent factor returns in units of their forecasts of the day before."""
    total = weighted_sum(factor**2, volatility_half_life)
    weight = weighted_sum(np.ones((len(factor), 1)), volatility_half_life)
    forecast = lagged(total / weight)
    usable = np.arange(len(factor)) >= min(_FORGOTTEN_DAYS, len(factor) // 2)
    alive = forecast.mean(axis=0) > 1e-14
    if not alive.any():
        return 1.0
    ratio = (factor[usable][:, alive] ** 2 / np.maximum(forecast[usable][:, alive], 1e-14)).mean(axis=1)
    ratio = np.minimum(ratio, 16.0 * np.median(ratio))
    age = np.arange(len(ratio))[::-1]
    w = decay(regime_half_life) ** age
    return float(np.sqrt(np.clip(w @ ratio / w.sum() / ratio.mean(), 0.25, 4.0)))


def positive_semidefinite(matrix: FloatArray) -> FloatArray:
    """The symmetric part with its negative eigenvalues raised to zero."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    clipped = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return np.asarray((clipped + clipped.T) / 2.0, dtype=np.float64)


def _newey_west(factor: FloatArray, half_life: float, lags: int) -> FloatArray:
    age = np.arange(len(factor))[::-1]
    w = decay(half_life) ** age
    w /= w.sum()
    total = (factor * w[:, None]).T @ factor
    for lag in range(1, lags + 1):
        cross = (factor[lag:] * w[lag:, None]).T @ factor[:-lag]
        total = total + (1.0 - lag / (lags + 1.0)) * (cross + cross.T)
    return np.asarray(total, dtype=np.float64)
