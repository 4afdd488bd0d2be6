"""The convex problem of fixed choices for Clarabel, 3/2-power costs included.

The last fallback, and the only back end beside the hot path that knows a power: ``t >= a^(3/2)`` is a
power cone. The quadratic part comes from `di_advisor.solve.matrices`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.matrices import SCALE, Matrices

__all__ = ["ConicAnswer", "solve_by_clarabel"]

_TOLERANCES = (1e-9, 1e-8, 1e-7)
"""What is asked for, and less where that is all but reached: the solution's own check has the last word."""

_POWER = 2.0 / 3.0
_NEARLY = "AlmostSolved"


@dataclass(frozen=True)
class ConicAnswer:
    """Clarabel's answer, in the variables of `Matrices`.

    Attributes
    ----------
    status : str
        "solved", "infeasible", "unbounded" or "failed".
    variables : ndarray
        Segments, active weights and exposures, scaled.
    equality, rows : ndarray
        Multipliers; of a row more than zero from its upper limit.
    """

    status: str
    variables: FloatArray
    equality: FloatArray
    rows: FloatArray


@dataclass(frozen=True)
class _Powers:
    """One 3/2 power for each name and side that pays one.

    Attributes
    ----------
    amounts : sparse (p, v)
        The amount traded, of the variables.
    cost : ndarray of shape (p,)
        Per unit of the scaled power.
    """

    amounts: Any
    cost: FloatArray


def _powers(block: Block, matrices: Matrices, trading: float, size: int) -> _Powers | None:
    if block.power is None or not len(matrices.used):
        return None
    used = matrices.used
    side = np.where(block.segments.sell[used], 0, 1)
    name = block.segments.name[used]
    pair = 2 * name + side
    pairs, which = np.unique(pair, return_inverse=True)
    cost = trading * block.power[pairs // 2, pairs % 2] / SCALE**1.5
    amounts = sp.csr_matrix((np.ones(len(used)), (which, np.arange(len(used)))), shape=(len(pairs), size))
    keep = np.flatnonzero(cost > 0)
    return _Powers(amounts[keep], cost[keep]) if len(keep) else None


def solve_by_clarabel(
    clarabel: Any,  # noqa: ANN401 - the solver's module
    block: Block,
    matrices: Matrices,
    hessian: Any,  # noqa: ANN401 - a scipy sparse matrix
    linear: FloatArray,
    trading: float,
) -> ConicAnswer:
    """Solve by Clarabel.

    Parameters
    ----------
    clarabel : module
        The solver.
    block : Block
        For its powers.
    matrices : Matrices
        Rows and boxes.
    hessian, linear : sparse matrix, ndarray
        Of the quadratic objective.
    trading : float
        Scale of the powers.
    """
    m, size = matrices, len(linear)
    eye = sp.identity(size, format="csr")
    parts: list[Any] = [m.equality]
    rhs = [m.equality_rhs]
    for matrix, limit, sign in (
        (m.rows, m.row_upper, 1.0),
        (m.rows, m.row_lower, -1.0),
        (eye, m.upper, 1.0),
        (eye, m.lower, -1.0),
    ):
        keep = np.isfinite(limit)
        parts.append(sp.csr_matrix(matrix)[keep] * sign)
        rhs.append(limit[keep] * sign)
    cones = [clarabel.ZeroConeT(len(rhs[0])), clarabel.NonnegativeConeT(sum(len(b) for b in rhs[1:]))]
    A, b = sp.csc_matrix(sp.vstack(parts)), np.concatenate(rhs)
    powers = _powers(block, matrices, trading, size)
    larger = 1.0 if powers is None else SCALE**2  # power cones fail on an objective of small numbers
    hessian, linear = larger * hessian, larger * linear
    if powers is not None:
        A, b, hessian, linear = _with_powers(powers, A, b, hessian, linear)
        cones += [clarabel.PowerConeT(_POWER)] * len(powers.cost)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    upper = sp.triu(hessian, format="csc")
    for tolerance in _TOLERANCES:
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
        solution = clarabel.DefaultSolver(upper, linear, A, b, cones, settings).solve()
        status = str(solution.status)
        if status != _NEARLY:
            break
    if status != "Solved":
        named = {"PrimalInfeasible": "infeasible", "DualInfeasible": "unbounded"}
        nothing = np.zeros(0)
        return ConicAnswer(named.get(status, "failed"), nothing, nothing, nothing)
    z = np.array(solution.z) / larger
    equal, up, low = len(rhs[0]), np.isfinite(m.row_upper), np.isfinite(m.row_lower)
    row = np.zeros(len(m.row_upper))
    row[up] += z[equal : equal + up.sum()]
    row[low] -= z[equal + up.sum() : equal + up.sum() + low.sum()]
    return ConicAnswer("solved", np.array(solution.x)[:size], z[:equal], row)


def _with_powers(
    powers: _Powers,
    A: Any,  # noqa: ANN401 - scipy sparse matrices
    b: FloatArray,
    hessian: Any,  # noqa: ANN401
    linear: FloatArray,
) -> tuple[Any, FloatArray, Any, FloatArray]:
    """One more variable a power, in the cone of (power, 1, amount)."""
    count = len(powers.cost)
    A = sp.hstack([A, sp.csc_matrix((A.shape[0], count))])
    each = 3 * np.arange(count)
    held = sp.csr_matrix((-np.ones(count), (each, np.arange(count))), shape=(3 * count, count))
    amounts = sp.csr_matrix(powers.amounts).tocoo()
    traded = sp.csr_matrix((-amounts.data, (3 * amounts.row + 2, amounts.col)), shape=(3 * count, len(linear)))
    one = np.zeros(3 * count)
    one[each + 1] = 1.0
    whole = sp.csc_matrix(sp.vstack([A, sp.hstack([traded, held])]))
    curvature = sp.block_diag([hessian, sp.csc_matrix((count, count))], format="csc")
    return whole, np.concatenate([b, one]), curvature, np.concatenate([linear, SCALE**2 * powers.cost])
