"""The quadratic program of a block with fixed choices, as sparse matrices.

Variables: open segments x, active weights z, exposures e. Keeping z and e explicit leaves the
Hessian diagonal but for k x k, and every band a box: several times faster than dense or whitened
forms. Weights are scaled by `SCALE`, which the interior point method needs for its tolerances.
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

__all__ = ["Matrices", "build", "hessian", "linear"]

SCALE = 100.0


@dataclass(frozen=True)
class Matrices:
    """``min 1/2 v'Pv + c'v`` with ``A v = b``, ``h_lower <= G v <= h_upper``, boxes on v; v = SCALE (x, z, e).

    Attributes
    ----------
    used : ndarray of int
        Segments behind the first entries of v.
    equality, equality_rhs : sparse (n + k, v), ndarray
        ``z - S x = active`` and ``e - X'z = 0``.
    rows, row_lower, row_upper : sparse (r, v), ndarray
        Coupling rows.
    lower, upper : ndarray
        Boxes.
    """

    used: NDArray[np.int64]
    equality: Any
    equality_rhs: FloatArray
    rows: Any
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray


def build(block: Block, limits: Restriction) -> Matrices:
    """Matrices that do not depend on the price of risk."""
    segments = block.segments
    used = np.flatnonzero(limits.open_segments)
    n, k = block.risk.exposures.shape
    m = len(used)
    sign = segments.sign[used]
    size = m + n + k
    # rows z_i - sum sign x = active_i, then e_j - (X'z)_j = 0
    balance = sp.csc_matrix((-sign, (segments.name[used], np.arange(m))), shape=(n, m))
    transposed = sp.csc_matrix(-block.risk.exposures.T)
    equality = sp.bmat(
        [[balance, sp.identity(n, format="csc"), None], [None, transposed, sp.identity(k, format="csc")]],
        format="csc",
    )
    rows = np.zeros((len(block.rows), size))
    for j, row in enumerate(block.rows):
        if row.on_segments is not None:
            rows[j, :m] = row.on_segments[used]
        if row.on_active is not None:
            rows[j, m : m + n] = row.on_active
    return Matrices(
        used=used,
        equality=equality,
        equality_rhs=np.r_[block.holdings.active, np.zeros(k)] * SCALE,
        rows=sp.csc_matrix(rows),
        row_lower=np.array([r.lower for r in block.rows]) * SCALE,
        row_upper=np.array([r.upper for r in block.rows]) * SCALE,
        lower=np.r_[np.zeros(m), limits.active_lower, block.exposure_lower] * SCALE,
        upper=np.r_[segments.width[used], limits.active_upper, block.exposure_upper] * SCALE,
    )


def hessian(block: Block, matrices: Matrices, aversion: float, impact: float) -> Any:
    """P for a price of risk; ``impact`` scales the quadratic cost (0 leaves it out)."""
    m = len(matrices.used)
    own = 2.0 * (aversion * block.risk.specific_variance_per_year + impact * block.impact)
    factor = 2.0 * aversion * block.risk.factor_covariance_per_year
    blocks = [sp.csc_matrix((m, m)), sp.diags(own), sp.csc_matrix(factor)]
    return sp.csc_matrix(sp.block_diag(blocks, format="csc") / SCALE**2)


def linear(block: Block, matrices: Matrices, trading: float) -> FloatArray:
    """c; ``trading`` scales everything but risk (0 leaves only risk)."""
    k = len(block.exposure_lower)
    drag = -2.0 * block.impact * block.holdings.active
    return np.asarray(
        trading * np.r_[block.segments.slope[matrices.used], drag, np.zeros(k)] / SCALE, dtype=np.float64
    )
