"""Today's variance of a daily series: memories of several lengths, serial correlation, falling markets.

Problem: volatility jumps within days and fades over months, so that no single memory fits both: a
short one is noisy and forgets that calm ends, a long one sleeps through a crash. Decision: a variance
is a fixed blend of exponentially weighted averages (Corsi 2009 blends realised variances of a day, a
week and a month in the same spirit); returns of neighbouring days enter through the ratio of Newey and
West (1987) with Bartlett weights; for the market's own return, days on which it falls count more than
days on which it rises (Glosten, Jagannathan and Runkle 1993), normalised so that the average level is
untouched. Blends are constants, chosen once and not fitted by user: the market's on 1990 to 2015, the
others on index members of 2016 to 2022 (models/README.md has the figures). Limits: a shock is
known the day after it.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_models.risk.series import age_weights

__all__ = ["FACTOR_BLEND", "LEVEL_BLEND", "MARKET_BLEND", "Blend", "blended_mean", "factor_variances"]

Blend = tuple[tuple[float, float], ...]

MARKET_BLEND: Blend = ((5.0, 0.45), (21.0, 0.45), (126.0, 0.10))
"""Half-life in days and weight, for the market's return."""

FACTOR_BLEND: Blend = ((10.0, 0.30), (63.0, 0.70))
"""The same for sector and style returns."""

LEVEL_BLEND: Blend = ((5.0, 0.40), (63.0, 0.60))
"""The same for the level that all specific volatilities share."""

_FALLING_DAY = 0.6
_SERIAL_HALF_LIFE_DAYS = 63.0
_SERIAL_BOUNDS = (0.6, 1.6)
_TINY = 1e-14


def blended_mean(values: FloatArray, blend: Blend) -> FloatArray:
    """Blend of exponentially weighted means along the first axis, at its end.

    Parameters
    ----------
    values : ndarray of shape (d, ...)
        Daily values.
    blend : tuple of (half_life_days, weight)
        Weights sum to 1.
    """
    return np.asarray(sum(w * (age_weights(len(values), h) @ values) for h, w in blend), dtype=np.float64)


def factor_variances(factor: FloatArray, *, lags: int) -> FloatArray:
    """Variance of a day of each factor return as of the last row, shape (k,); more than zero.

    Parameters
    ----------
    factor : ndarray of shape (d, k)
        Daily factor returns, the market's in the first column.
    lags : int
        Lags of the Newey-West ratio.
    """
    squares = factor**2
    variance = blended_mean(squares, FACTOR_BLEND)
    variance[0] = blended_mean(_leaning(factor[:, 0]), MARKET_BLEND)
    return np.asarray(np.maximum(variance * _serial_ratio(factor, lags), _TINY), dtype=np.float64)


def _leaning(market: FloatArray) -> FloatArray:
    squares = market**2
    leaning = squares * np.where(market < 0, 1.0 + _FALLING_DAY, 1.0 - _FALLING_DAY)
    return np.asarray(leaning * (squares.sum() / max(leaning.sum(), _TINY)), dtype=np.float64)


def _serial_ratio(factor: FloatArray, lags: int) -> FloatArray:
    """Variance of a long holding over that of independent days, by factor."""
    weights = age_weights(len(factor), _SERIAL_HALF_LIFE_DAYS)
    plain = np.maximum(weights @ factor**2, _TINY)
    total = plain.copy()
    for lag in range(1, lags + 1):
        total += 2.0 * (1.0 - lag / (lags + 1.0)) * (weights[lag:] @ (factor[lag:] * factor[:-lag]))
    return np.asarray(np.clip(total / plain, *_SERIAL_BOUNDS), dtype=np.float64)
