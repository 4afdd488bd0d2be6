"""Specific variance of each name, shrunk towards what names like it have.

Problem: one name's own history is noisy, short or missing. Decision: its recent specific volatility
(exponentially weighted) and a structural one (log volatility regressed on the exposures across
names) are averaged in logarithms, each with its precision: the noise of the own figure by the days
of evidence, the spread of true figures around the structure by what is left of the observed spread
after that noise (empirical Bayes). A name without history gets the structure alone. Limits: the
spread is taken as one number for all names.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk.covariance import regime_multiplier
from di_models.risk.series import evidence, weighted_sum

__all__ = ["specific_variance_per_year"]

# Fat tails: the log of a volatility from d days has a variance of about (kurtosis - 1) / (4 d).
_KURTOSIS = 8.0
_FLOOR_PER_DAY = 1e-4


def specific_variance_per_year(
    residual: FloatArray,
    observed: NDArray[np.bool_],
    exposures: FloatArray,
    *,
    half_life: float,
    regime_half_life: float,
) -> FloatArray:
    """Specific variance per year, shape (n,), more than zero.

    Parameters
    ----------
    residual : ndarray of shape (d, n)
        Specific returns.
    observed : ndarray of bool, shape (d, n)
        What was observed.
    exposures : ndarray of shape (n, k)
        Today's, for the structural part.
    half_life, regime_half_life : float
        Days.
    """
    days = evidence(observed, half_life)[-1]
    own = np.sqrt(weighted_sum(residual**2, half_life)[-1] / np.maximum(days, 1e-9))
    usable = (days >= 5.0) & (own > _FLOOR_PER_DAY)
    log_own = np.log(np.maximum(own, _FLOOR_PER_DAY))
    # `days` is a sum of weights; two sums of weights make one of squared weights.
    noise = (_KURTOSIS - 1.0) / (4.0 * np.maximum(2.0 * days, 1e-9))
    structure = _structure(log_own, exposures, usable)
    spread = 0.0
    if usable.any():
        spread = max(float(np.mean((log_own - structure)[usable] ** 2 - noise[usable])), 1e-3)
    trust = np.where(usable, spread / (spread + noise), 0.0)
    log_sigma = trust * log_own + (1.0 - trust) * structure
    standard = np.where(observed, residual, 0.0)
    multiplier = regime_multiplier(standard[:, usable], half_life, regime_half_life) if usable.any() else 1.0
    return np.asarray(np.exp(2.0 * log_sigma) * multiplier**2 * TRADING_DAYS_PER_YEAR, dtype=np.float64)


def _structure(log_own: FloatArray, exposures: FloatArray, usable: NDArray[np.bool_]) -> FloatArray:
    if usable.sum() < 5:
        return np.full(len(log_own), float(log_own[usable].mean()) if usable.any() else np.log(0.015))
    x, y = exposures[usable], log_own[usable]
    gram = x.T @ x + 1e-3 * len(x) * np.eye(x.shape[1])
    gram[0, 0] -= 1e-3 * len(x) * (1.0 - 1e-6)
    fitted = exposures @ np.linalg.solve(gram, x.T @ y)
    return np.asarray(np.clip(fitted, y.min(), y.max()), dtype=np.float64)
