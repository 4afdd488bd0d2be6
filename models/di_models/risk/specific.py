"""Specific variance of each name: one shared level, times its own place in it, shrunk to its kind.

Problem: one name's own history is noisy, short or missing, and the specific volatilities of all names
rise and fall together. Decision, in three parts:

1. Each day's level is the mean of the squared specific returns in units of the names' own trailing
   volatilities; it is what hundreds of names say at once, so a short memory of it is not noisy.
2. A name's variance relative to the level comes from a long memory.
3. Its logarithm is shrunk towards a structure (relative log volatility regressed on the exposures
   across names), each weighted by its precision: the noise of the own figure by the days of evidence
   and the fatness of tails, the spread of true figures around the structure by what is left of the
   observed spread after that noise (empirical Bayes). No history means the structure alone.

Limits: the spread is one number for all names; announced earnings dates are not known here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk.series import evidence, final_sum, lagged, weighted_sum
from di_models.risk.volatility import LEVEL_BLEND, blended_mean

__all__ = ["specific_variance_per_year"]

_MIN_EVIDENCE_DAYS = 20.0
_OUTLIER_RATIO = 25.0
_FLOOR_PER_DAY = 1e-4
_SMALLEST_SPREAD = 1e-3
_RIDGE = 1e-2
_LARGEST_SIGMAS = 10.0


def specific_variance_per_year(
    residual: FloatArray, observed: NDArray[np.bool_], exposures: FloatArray, *, half_life: float
) -> FloatArray:
    """Specific variance per year, shape (n,), more than zero.

    Parameters
    ----------
    residual : ndarray of shape (d, n)
        Specific returns of each day.
    observed : ndarray of bool, shape (d, n)
        What was observed.
    exposures : ndarray of shape (n, k)
        Today's, the first column all ones, for the structure.
    half_life : float
        Memory of a name's place relative to the level, in days.
    """
    level = _daily_level(residual, observed, half_life)
    relative = np.where(observed, residual**2 / level[:, None], 0.0)
    days = final_sum(observed.astype(np.float64), half_life)
    own = final_sum(relative, half_life) / np.maximum(days, 1e-9)
    usable = days >= _MIN_EVIDENCE_DAYS
    if not usable.any():
        usable = days > 0
    log_own = 0.5 * np.log(np.maximum(own, 1e-4))
    structure = _structure(log_own, exposures, usable)
    noise = _log_noise(relative, observed, own, half_life)
    spread = max(float(np.mean((log_own - structure)[usable] ** 2 - noise[usable])), _SMALLEST_SPREAD)
    trust = np.where(days > 0, spread / (spread + noise), 0.0)
    log_relative = trust * log_own + (1.0 - trust) * structure
    per_day = np.exp(2.0 * log_relative) * float(blended_mean(level, LEVEL_BLEND))
    return np.asarray(np.maximum(per_day, _FLOOR_PER_DAY**2) * TRADING_DAYS_PER_YEAR, dtype=np.float64)


def _daily_level(residual: FloatArray, observed: NDArray[np.bool_], half_life: float) -> FloatArray:
    """Level of specific variance on each day, shape (d,): the names' mean ratio to their own past, in their scale."""
    squares = residual**2
    days = lagged(evidence(observed, half_life))
    past = lagged(weighted_sum(squares, half_life)) / np.maximum(days, 1e-9)
    past = np.maximum(past, _FLOOR_PER_DAY**2)
    counted = observed & (days >= min(_MIN_EVIDENCE_DAYS, len(residual) / 4.0))
    count = counted.sum(axis=1)
    safe = np.maximum(count, 1)
    ratio = np.where(counted, np.minimum(squares / past, _OUTLIER_RATIO), 0.0).sum(axis=1) / safe
    scale = np.exp(np.where(counted, np.log(past), 0.0).sum(axis=1) / safe)
    level = np.maximum(ratio * scale, _FLOOR_PER_DAY**2)
    if not (count > 0).any():
        return np.full(len(residual), max(float(squares[observed].mean()), _FLOOR_PER_DAY**2))
    return np.asarray(np.where(count > 0, level, np.median(level[count > 0])), dtype=np.float64)


def _structure(log_own: FloatArray, exposures: FloatArray, usable: NDArray[np.bool_]) -> FloatArray:
    """Relative log volatility that the exposures explain, for every name, shape (n,)."""
    x, y = exposures[usable], log_own[usable]
    centre = float(y.mean())
    gram = x.T @ x + _RIDGE * len(x) * np.eye(x.shape[1])
    fitted = centre + exposures @ np.linalg.solve(gram, x.T @ (y - centre))
    return np.asarray(np.clip(fitted, y.min(), y.max()), dtype=np.float64)


def _log_noise(relative: FloatArray, observed: NDArray[np.bool_], own: FloatArray, half_life: float) -> FloatArray:
    """Variance of the error of a name's log volatility, shape (n,): (kurtosis - 1) / (4 effective days)."""
    standard = relative / np.maximum(own, 1e-4)
    kurtosis = float(np.clip(np.mean(np.minimum(standard[observed], _LARGEST_SIGMAS**2) ** 2), 3.0, 30.0))
    # Squared weights forget twice as fast.
    seen = observed.astype(np.float64)
    days, squared = final_sum(seen, half_life), final_sum(seen, half_life / 2.0)
    effective = days**2 / np.maximum(squared, 1e-9)
    return np.asarray((kurtosis - 1.0) / (4.0 * np.maximum(effective, 1e-9)), dtype=np.float64)
