"""The quadratic program of a block with fixed choices, as sparse matrices.

Variables: open segments x, active weights z of the names that can trade, exposures e. Keeping z and
e explicit leaves the Hessian diagonal but for k x k, and every band a box: several times faster than
dense or whitened forms. Names that cannot trade are constants, and limits that the segments imply
are left out: boxes without an inside make interior point methods fail. Weights are scaled by
`SCALE`, which the solver needs for its tolerances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Restriction

__all__ = ["SCALE", "Matrices", "build", "hessian", "linear"]

SCALE = 100.0
Matrix = Any  # a scipy sparse matrix, which has no precise stub
_THIN = 1e-9


@dataclass(frozen=True)
class Matrices:
    """``min 1/2 v'Pv + c'v`` with ``A v = b``, ``h_lower <= G v <= h_upper``, boxes on v; v = SCALE (x, z, e).

    Attributes
    ----------
    used : ndarray of int
        Segments behind the first entries of v.
    traders : ndarray of int
        Names behind the next entries.
    equality, equality_rhs : sparse (traders + k, v), ndarray
        ``z - S x = active`` and ``e - X'z = exposure of the names that cannot trade``.
    rows, row_lower, row_upper : sparse (r, v), ndarray
        Coupling rows.
    lower, upper : ndarray
        Boxes.
    """

    used: NDArray[np.int64]
    traders: NDArray[np.int64]
    equality: Any
    equality_rhs: FloatArray
    rows: Any
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray


def _trader_box(
    block: Block, limits: Restriction, used: NDArray[np.int64], traders: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Limits of the traders' active weights, infinite where their segments already imply them."""
    segments, z0 = block.segments, block.holdings.active
    n = len(z0)
    sell = segments.sell[used]
    name, width = segments.name[used], segments.width[used]
    most_sold = np.bincount(name[sell], weights=width[sell], minlength=n)
    most_bought = np.bincount(name[~sell], weights=width[~sell], minlength=n)
    lower = np.where(z0 - most_sold >= limits.active_lower - _THIN, -np.inf, limits.active_lower)
    upper = np.where(z0 + most_bought <= limits.active_upper + _THIN, np.inf, limits.active_upper)
    return lower[traders], upper[traders]


def build(block: Block, limits: Restriction) -> Matrices:
    """Matrices that do not depend on the price of risk."""
    segments, z0 = block.segments, block.holdings.active
    used = np.flatnonzero(limits.open_segments)
    n, k = block.risk.exposures.shape
    m = len(used)
    can_trade = np.zeros(n, dtype=np.bool_)
    can_trade[segments.name[used]] = True
    traders = np.flatnonzero(can_trade)
    t = len(traders)
    position = np.cumsum(can_trade) - 1
    still = np.where(can_trade, 0.0, z0)
    exposures = block.risk.exposures[traders]
    # rows z_i - sum of signed x = active_i, then e_j - (X'z)_j = exposure of the still
    name_row = position[segments.name[used]]
    factor_row, factor_column = np.divmod(np.arange(k * t), t) if t else (np.zeros(0, np.int64),) * 2
    equality = sp.csc_matrix(
        (
            np.r_[-segments.sign[used], np.ones(t), -exposures.T.ravel(), np.ones(k)],
            (
                np.r_[name_row, np.arange(t), t + factor_row, t + np.arange(k)],
                np.r_[np.arange(m), m + np.arange(t), m + factor_column, m + t + np.arange(k)],
            ),
        ),
        shape=(t + k, m + t + k),
    )
    equality.eliminate_zeros()
    rows = np.zeros((len(block.rows), m + t + k))
    constant = np.zeros(len(block.rows))
    for j, row in enumerate(block.rows):
        if row.on_segments is not None:
            rows[j, :m] = row.on_segments[used]
        if row.on_active is not None:
            rows[j, m : m + t] = row.on_active[traders]
            constant[j] = float(row.on_active @ still)
    low, high = _trader_box(block, limits, used, traders)
    return Matrices(
        used=used,
        traders=traders,
        equality=equality,
        equality_rhs=np.r_[z0[traders], block.risk.exposures.T @ still] * SCALE,
        rows=sp.csc_matrix(rows),
        row_lower=(np.array([r.lower for r in block.rows]) - constant) * SCALE,
        row_upper=(np.array([r.upper - r.reserve for r in block.rows]) - constant) * SCALE,
        lower=np.r_[np.zeros(m), low, block.exposure_lower] * SCALE,
        upper=np.r_[segments.width[used], high, block.exposure_upper] * SCALE,
    )


def hessian(block: Block, matrices: Matrices, aversion: float, impact: float) -> Matrix:
    """P for a price of risk; ``impact`` scales the quadratic cost (0 leaves it out).

    Assembled column by column by hand: the pattern is known, and this runs at every solve.
    """
    m, t, k = len(matrices.used), len(matrices.traders), len(block.exposure_lower)
    own = 2.0 * (aversion * block.risk.specific_variance_per_year + impact * block.impact)[matrices.traders]
    factor = 2.0 * aversion * block.risk.factor_covariance_per_year
    entries = np.r_[own, factor.ravel(order="F")] / SCALE**2
    rows = np.r_[np.arange(m, m + t), np.tile(np.arange(m + t, m + t + k), k)]
    ends = np.r_[np.zeros(m + 1, np.int64), np.arange(1, t + 1), t + k * np.arange(1, k + 1)]
    return sp.csc_matrix((entries, rows, ends), shape=(m + t + k, m + t + k))


def linear(block: Block, matrices: Matrices, trading: float) -> FloatArray:
    """c; ``trading`` scales everything but risk (0 leaves only risk)."""
    k = len(block.exposure_lower)
    drag = (-2.0 * block.impact * block.holdings.active)[matrices.traders]
    return np.asarray(trading * np.r_[block.segments.slope[matrices.used], drag, np.zeros(k)] / SCALE, dtype=np.float64)
