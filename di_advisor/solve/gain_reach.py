"""Which gains the rules leave within reach under fixed choices: half-planes that all plans keep.

A region of the tax in which no plan can have its gains costs a convex solver its whole budget of steps
before it gives up. Decision: the first such region is told by the convex solver; from then on a linear
program asks first how far the borders of a region must give way (the first phase of the simplex method).
Where they must, its multipliers add up the borders to one half-plane that every plan keeps and the region
does not (Farkas 1902), which often rules out the neighbours as well, without any solve. Limits: a cap on
tracking error is not linear and takes no part; what only the cap rules out is left to the convex solver.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from di_advisor.formulate.tax_cells import HalfPlane, Region
from di_advisor.solve.matrices import SCALE, Matrices

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GainReach", "apart"]

_APART = 1e-7
"""By how much borders must give way before a region counts as out of reach, fractions of the account; far above
the tolerance of the linear program."""

_SOLVED, _INFEASIBLE = 0, 2
_NOTHING_AT_ALL = HalfPlane(np.zeros(2), -1.0)


@dataclass
class GainReach:
    """What is known of the gains within reach of one set of choices.

    Attributes
    ----------
    kept : list of HalfPlane
        That all plans under the choices keep.
    asking : bool
        Whether a linear program comes before a convex solve: after a region out of reach, as long as that
        tells anything.
    """

    kept: list[HalfPlane] = field(default_factory=list)
    asking: bool = False

    def excludes(self, region: Region) -> bool:
        """Whether no plan has its gains in a region, by what is known; no solve."""
        return any(float((region.corners @ known.normal).min()) > known.limit + _APART for known in self.kept)

    def out_of_reach(self, region: Region, matrices: Callable[[], Matrices]) -> bool:
        """Whether no plan has its gains in a region, asked where regions have been out of reach before.

        Parameters
        ----------
        region : Region
            Of the tax.
        matrices : callable
            The rules under these choices; its last rows are the borders of the region, in their order.
        """
        if self.excludes(region):
            return True
        return self.asking and self.learn(region, matrices())

    def learn(self, region: Region, matrices: Matrices) -> bool:
        """Find a half-plane between all plans and a region; False where rows alone do not part them."""
        found = apart(region, matrices)
        self.asking = found is not None
        if found is not None:
            self.kept.append(found)
        return found is not None


def apart(region: Region, matrices: Matrices) -> HalfPlane | None:
    """A half-plane that all plans keep and no point of a region does; None where there is none.

    Parameters
    ----------
    region : Region
        Of the tax.
    matrices : Matrices
        The rules under fixed choices; the last rows are the borders of the region, in their order.
    """
    from scipy.optimize import linprog

    borders, m = len(region.borders), matrices
    if not borders:
        return None
    rows = m.rows.tocsr()
    bare, tail = rows[: rows.shape[0] - borders], rows[rows.shape[0] - borders :]
    lower, upper = m.row_lower[: bare.shape[0]], m.row_upper[: bare.shape[0]]
    above, below = np.flatnonzero(np.isfinite(upper)), np.flatnonzero(np.isfinite(lower))
    widest = float(max(1.0, *(abs(b.limit) for b in region.borders))) * SCALE
    found = linprog(
        np.r_[np.zeros(rows.shape[1]), 1.0],
        A_ub=sp.vstack([_beside(tail, -1.0), _beside(bare[above], 0.0), _beside(-bare[below], 0.0)], format="csr"),
        b_ub=np.r_[m.row_upper[bare.shape[0] :], upper[above], -lower[below]],
        A_eq=_beside(m.equality, 0.0),
        b_eq=m.equality_rhs,
        bounds=np.c_[np.r_[m.lower, -widest], np.r_[m.upper, np.inf]],
        method="highs",
    )
    if found.status == _INFEASIBLE:
        return _NOTHING_AT_ALL
    if found.status != _SOLVED or found.fun is None or float(found.fun) / SCALE <= _APART:
        return None
    share = np.maximum(-np.asarray(found.ineqlin.marginals[:borders]), 0.0)
    share /= share.sum()
    normal = np.sum([s * b.normal for s, b in zip(share, region.borders, strict=True)], axis=0)
    # multipliers of the borders as they are: what a plan exceeds their mixture by is the least give
    limit = float(sum(s * b.limit for s, b in zip(share, region.borders, strict=True))) + float(found.fun) / SCALE
    return HalfPlane(-normal, -limit)


def _beside(rows: Any, give: float) -> Any:  # noqa: ANN401 - sparse matrices have no precise stub
    """Rows with a further column: how far they give way."""
    return sp.hstack([rows, sp.csr_matrix(np.full((rows.shape[0], 1), give))], format="csr")
