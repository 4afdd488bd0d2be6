"""Covariance of factor returns: slow correlations, fast volatilities, and a gauge that keeps it regular.

Problem: volatility changes within days, correlation within years; and the market and sector columns
of the exposures are collinear, which leaves their covariance singular. Decision: correlations from one
long memory; volatilities from `di_models.risk.volatility`; then `regular_gauge`. Limits: an adjustment
of the eigenvalues by simulation (Menchero, Wang and Orr 2011) was tried and left out: with some 700
effective days for some 17 factors it moved no bias statistic of an optimised portfolio by more than 0.004.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk.series import age_weights
from di_models.risk.volatility import factor_variances

__all__ = ["factor_covariance_per_year", "regular_gauge"]


def factor_covariance_per_year(factor: FloatArray, *, correlation_half_life: float) -> FloatArray:
    """Covariance of factor returns per year, shape (k, k).

    Positive semidefinite by construction: a weighted sum of squares, stretched from both sides.

    Parameters
    ----------
    factor : ndarray of shape (d, k)
        Daily factor returns, the market's in the first column.
    correlation_half_life : float
        Memory of the correlations, in days.
    """
    weighted = factor * np.sqrt(age_weights(len(factor), correlation_half_life))[:, None]
    slow = weighted.T @ weighted
    scale = np.sqrt(np.diag(slow))
    alive = scale > 1e-12
    stretch = np.where(alive, np.sqrt(factor_variances(factor)) / np.where(alive, scale, 1.0), 0.0)
    covariance = slow * np.outer(stretch, stretch) * TRADING_DAYS_PER_YEAR
    return np.asarray((covariance + covariance.T) / 2.0, dtype=np.float64)


def regular_gauge(covariance: FloatArray, sectors: int) -> FloatArray:
    """The same covariance of every name, from a factor covariance without its zero eigenvalue.

    The sector columns of each name sum to its market column, so moving a random amount c from the
    market's return to every sector's changes no name's return. The regression fixes c by asking that
    the sectors' returns sum to zero, which leaves F singular. Adding an independent c as small as the
    smallest other eigenvalue makes F regular and leaves ``X F X'`` as it was.

    Parameters
    ----------
    covariance : ndarray of shape (k, k)
        Market first, then the sectors.
    sectors : int
        Number of sector columns.
    """
    if sectors == 0:
        return covariance
    direction = np.zeros(len(covariance))
    direction[0] = -1.0
    direction[1 : 1 + sectors] = 1.0
    direction /= np.linalg.norm(direction)
    smallest = float(np.sort(np.linalg.eigvalsh(covariance))[min(1, len(covariance) - 1)])
    return np.asarray(covariance + max(smallest, 0.0) * np.outer(direction, direction), dtype=np.float64)
