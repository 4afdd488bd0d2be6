"""Factors that the given exposures missed, found in the specific returns.

Problem: airlines, banks or chip makers move together beyond their sector; an optimiser that sees
independent specific returns believes that swapping one for another is free. Decision: the principal
components of the standardised specific returns whose eigenvalues stand clear of what pure noise gives
(Marchenko and Pastur 1967) become further factors. A sample eigenvalue overstates the true one and its
vector points partly elsewhere, so both are shrunk by the formulas of the spiked covariance model
(Baik and Silverstein 2006; Donoho, Gavish and Johnstone 2018). The components take their variance out
of the specific variance, so each name's total stays as it was. Limits: independent of the other
factors by assumption; at most a handful, because each costs the solver a column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from di_advisor.domain.market import FloatArray
from di_models.risk.series import age_weights, effective_days, evidence, lagged, weighted_sum

__all__ = ["residual_loadings"]

_SCALE_HALF_LIFE_DAYS = 126.0
_OUTLIER_SIGMAS = 5.0
_CLEAR_OF_NOISE = 1.1
_LARGEST_SHARE = 0.8
_MIN_DAYS = 120
_MIN_NAMES = 30


def residual_loadings(
    residual: FloatArray, observed: NDArray[np.bool_], *, most: int, half_life: float, window_days: int
) -> FloatArray:
    """Loadings of unit-variance factors on unit-variance specific returns, shape (n, m), m at most ``most``.

    The specific covariance is then ``D (L L' + diag(1 - rowsum(L^2))) D`` with D the specific volatilities.

    Parameters
    ----------
    residual : ndarray of shape (d, n)
        Specific returns.
    observed : ndarray of bool, shape (d, n)
        What was observed.
    most : int
        Upper bound on the number of factors.
    half_life : float
        Memory of the correlations, in days.
    window_days : int
        Days looked at, the latest ones.
    """
    n = residual.shape[1]
    standard, seen = _standardised(residual, observed, window_days)
    usable = seen.sum(axis=0) >= _MIN_DAYS
    names = int(usable.sum())
    most = min(most, names - 1)
    if most < 1 or names < _MIN_NAMES:
        return np.zeros((n, 0))
    weights = age_weights(len(standard), half_life)
    x = standard[:, usable] * np.sqrt(weights)[:, None]
    correlation = x.T @ x
    scale = np.sqrt(np.maximum(np.diag(correlation), 1e-12))
    correlation /= np.outer(scale, scale)
    values, vectors = eigh(correlation, subset_by_index=[names - most, names - 1])
    values, vectors = values[::-1], vectors[:, ::-1]

    bulk = (names - values.sum()) / (names - most)
    ratio = names / effective_days(weights)
    sample = values / bulk
    clear = sample > _CLEAR_OF_NOISE * (1.0 + np.sqrt(ratio)) ** 2
    sample, vectors = sample[clear], vectors[:, clear]
    shifted = sample + 1.0 - ratio
    true = (shifted + np.sqrt(shifted**2 - 4.0 * sample)) / 2.0
    alignment = (1.0 - ratio / (true - 1.0) ** 2) / (1.0 + ratio / (true - 1.0))
    loadings = np.zeros((n, len(true)))
    loadings[usable] = vectors * np.sqrt(bulk * (true - 1.0) * alignment)
    # An eigenvector's sign is arbitrary; the heaviest name fixes it.
    heaviest = np.argmax(np.abs(loadings), axis=0)
    loadings *= np.where(loadings[heaviest, np.arange(len(true))] < 0, -1.0, 1.0)
    share = (loadings**2).sum(axis=1, keepdims=True)
    return np.asarray(loadings * np.sqrt(np.minimum(1.0, _LARGEST_SHARE / np.maximum(share, 1e-12))), dtype=np.float64)


def _standardised(
    residual: FloatArray, observed: NDArray[np.bool_], window_days: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    days = lagged(evidence(observed, _SCALE_HALF_LIFE_DAYS))
    variance = lagged(weighted_sum(residual**2, _SCALE_HALF_LIFE_DAYS)) / np.maximum(days, 1e-9)
    seen = (observed & (days >= 20.0) & (variance > 1e-12))[-window_days:]
    sigma = np.sqrt(np.maximum(variance[-window_days:], 1e-12))
    z = np.clip(residual[-window_days:] / sigma, -_OUTLIER_SIGMAS, _OUTLIER_SIGMAS)
    return np.where(seen, z, 0.0), seen
