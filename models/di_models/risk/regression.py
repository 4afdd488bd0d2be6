"""Factor returns from a weighted cross-sectional regression on each day.

Problem: market and sector columns are collinear, names come and go. Decision: on each day returns
are regressed on the exposures known before it, weighted by the square root of size (large names have
less specific risk), with the sector returns summing to zero under the market's weights, so that the
market factor is the market's return and a sector factor is the sector against it. A heavy name pulls
the fit towards itself, which hides part of its specific return; residuals are scaled back by their
leverage. Limits: plain weighted least squares; the outliers were pulled in before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_models.risk.exposures import DatedExposures
from di_models.risk.history import AlignedReturns

__all__ = ["FactorReturns", "regress"]

_RIDGE = 1e-8
_LEAST_FREEDOM = 0.25


@dataclass(frozen=True)
class FactorReturns:
    """Daily factor returns and what they leave.

    Attributes
    ----------
    first_row : int
        Row of the history that the first row here belongs to.
    factor : ndarray of shape (d, k)
        Return of each factor on each day.
    residual : ndarray of shape (d, n)
        Specific returns; 0 where not observed.
    """

    first_row: int
    factor: FloatArray
    residual: FloatArray


def regress(history: AlignedReturns, exposures: DatedExposures) -> FactorReturns:
    """Run the regression of each day after the first refresh."""
    first = int(exposures.rows[0]) + 1
    k = exposures.values.shape[2]
    sectors = len(exposures.sectors)
    factor = np.zeros((len(history.dates) - first, k))
    residual = np.zeros((len(factor), history.values.shape[1]))
    spans = zip(exposures.rows[:-1], exposures.rows[1:], exposures.values, exposures.size_weights, strict=False)
    for start, stop, x, size in spans:
        days = slice(int(start) + 1, int(stop) + 1)
        out = slice(days.start - first, days.stop - first)
        basis = _zero_sum_basis(k, sectors, size @ x[:, 1 : 1 + sectors])
        fitted, left = _weighted_fit(x @ basis, history.values[days], history.observed[days], _weights(size))
        factor[out] = fitted @ basis.T
        residual[out] = left
    return FactorReturns(first, factor, residual)


def _weighted_fit(
    x: FloatArray, y: FloatArray, seen: NDArray[np.bool_], weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Coefficients, shape (days, p), and residuals in full scale, shape (days, n), of one block of days."""
    w = seen * weights
    same = bool((seen == seen[0]).all())
    # Days that lack the same names share their Gram matrix; most blocks are of that kind.
    gram = np.stack([(x * row[:, None]).T @ x for row in (w[:1] if same else w)])
    gram += _RIDGE * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(x.shape[1])
    inverse = np.linalg.inv(gram)
    fitted = (inverse @ ((w * y) @ x)[:, :, None])[:, :, 0]
    leverage = weights * ((x @ inverse.mean(axis=0)) * x).sum(axis=1)
    scale = np.sqrt(np.maximum(1.0 - leverage, _LEAST_FREEDOM))
    return np.asarray(fitted), np.asarray(np.where(seen, (y - fitted @ x.T) / scale, 0.0))


def _weights(size_weights: FloatArray) -> FloatArray:
    root = np.sqrt(size_weights)
    root = np.minimum(root, np.sort(root)[int(0.95 * len(root))])
    return np.asarray(root / root.sum(), dtype=np.float64)


def _zero_sum_basis(factors: int, sectors: int, sector_weights: FloatArray) -> FloatArray:
    """Columns that span the factor returns whose weighted sector returns sum to zero, shape (k, k - 1).

    The heaviest sector is the one that is expressed through the others.
    """
    basis = np.eye(factors)
    if sectors == 0:
        return basis
    heaviest = int(np.argmax(sector_weights))
    basis[1 + heaviest, 1 : 1 + sectors] = -sector_weights / sector_weights[heaviest]
    return np.delete(basis, 1 + heaviest, axis=1)
