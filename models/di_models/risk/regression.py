"""Factor returns from a weighted cross-sectional regression on each day.

Problem: market and sector columns are collinear, names come and go. Decision: on each day returns
are regressed on the exposures known before it, weighted by the square root of size (large names have
less specific risk), with the sector returns summing to zero under the market's weights, so that the
market factor is the market's return and a sector factor is the sector against it. Limits: plain
weighted least squares; the outliers were pulled in before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_models.risk.exposures import DatedExposures
from di_models.risk.history import AlignedReturns

__all__ = ["FactorReturns", "regress"]

_RIDGE = 1e-8


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
    weights : ndarray of shape (n,)
        Regression weights on the last day.
    """

    first_row: int
    factor: FloatArray
    residual: FloatArray
    weights: FloatArray


def regress(history: AlignedReturns, exposures: DatedExposures) -> FactorReturns:
    """Run the regression of each day after the first refresh."""
    first = int(exposures.rows[0]) + 1
    k = exposures.values.shape[2]
    sectors = len(exposures.sectors)
    factor = np.zeros((len(history.dates) - first, k))
    residual = np.zeros((len(factor), history.values.shape[1]))
    weights = np.empty(0)
    for b, row in enumerate(exposures.rows):
        weights = _regression_weights(exposures.size_weights[b])
        if b + 1 == len(exposures.rows):
            break
        days = slice(int(row) + 1, int(exposures.rows[b + 1]) + 1)
        x = exposures.values[b]
        free = x @ _zero_sum_basis(k, sectors, exposures.size_weights[b] @ x[:, 1 : 1 + sectors])
        seen = history.observed[days]
        y = history.values[days]
        w = seen * weights
        p = free.shape[1]
        gram = (w @ (free[:, :, None] * free[:, None, :]).reshape(len(x), p * p)).reshape(-1, p, p)
        gram += _RIDGE * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(p)
        solved = np.linalg.solve(gram, ((w * y) @ free)[:, :, None])[:, :, 0]
        out = slice(days.start - first, days.stop - first)
        factor[out] = solved @ _zero_sum_basis(k, sectors, exposures.size_weights[b] @ x[:, 1 : 1 + sectors]).T
        residual[out] = np.where(seen, y - solved @ free.T, 0.0)
    return FactorReturns(first, factor, residual, weights)


def _regression_weights(size_weights: FloatArray) -> FloatArray:
    root = np.sqrt(size_weights)
    root = np.minimum(root, np.quantile(root, 0.95))
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
