"""Today's variance of a daily series: a blend of a short and a long memory.

Problem: volatility jumps within days and fades over months; a short memory is noisy and forgets that
calm ends, a long one sleeps through a crash. Decision: a variance is a fixed blend of exponentially
weighted averages (in the spirit of Corsi 2009, who blends realised variances of a day, a week and a
month). The blends are constants: the market's was chosen on daily returns of the US market 1990 to
2015, the others on index members of 2016 to 2022, where anything near them does as well.

Tried and left out, because no bias statistic gained by it: returns of neighbouring days (Newey and West
1987), at horizons of a day and of twenty; more weight on falling days (Glosten, Jagannathan and Runkle
1993), which gains likelihood but leaves more quarters outside 0.8 to 1.2; the dispersion across names
as a reading of the market's volatility. Limits: a shock is known the day after it.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_models.risk.series import age_weights

__all__ = ["FACTOR_BLEND", "LEVEL_BLEND", "MARKET_BLEND", "Blend", "blended_mean", "factor_variances"]

Blend = tuple[tuple[float, float], ...]

MARKET_BLEND: Blend = ((5.0, 0.9), (126.0, 0.1))
"""Half-life in days and weight, for the market's return."""

FACTOR_BLEND: Blend = ((10.0, 0.3), (63.0, 0.7))
"""The same for sector and style returns."""

LEVEL_BLEND: Blend = ((5.0, 0.4), (63.0, 0.6))
"""The same for the level that all specific volatilities share."""

_LEAST_VARIANCE = 1e-14


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


def factor_variances(factor: FloatArray) -> FloatArray:
    """Variance of a day of each factor return as of the last row, shape (k,); more than zero.

    Parameters
    ----------
    factor : ndarray of shape (d, k)
        Daily factor returns, the market's in the first column.
    """
    squares = factor**2
    variance = blended_mean(squares, FACTOR_BLEND)
    variance[0] = blended_mean(squares[:, 0], MARKET_BLEND)
    return np.maximum(variance, _LEAST_VARIANCE)
