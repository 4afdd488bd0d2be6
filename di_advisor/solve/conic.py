"""The convex problem of fixed choices for Clarabel, 3/2-power costs included.

The last fallback, and the only back end beside the hot path that knows a power: ``t >= a^(3/2)`` is a
power cone; where Clarabel gets nowhere with those, the same by two second-order cones
(Alizadeh and Goldfarb 2003, section 2.3). The quadratic part comes from `di_advisor.solve.matrices`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.matrices import SCALE, Matrices

__all__ = ["ConicAnswer", "solve_by_clarabel"]

IntArray = NDArray[np.int64]
_TOLERANCES = (1e-9, 1e-8, 1e-7)
"""What is asked for, and less where that is all but reached: the solution's own check has the last word."""

_POWER = 2.0 / 3.0
_SOLVED, _NEARLY = "Solved", "AlmostSolved"
_NAMED = {"PrimalInfeasible": "infeasible", "DualInfeasible": "unbounded"}


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


@dataclass(frozen=True)
class _Cones:
    """``min x'Px/2 + q'x`` with ``Ax + s = b``, s in cones."""

    matrix: Any
    limit: FloatArray
    hessian: Any
    linear: FloatArray
    cones: list[Any]

    def beside(
        self,
        powers: _Powers,
        places: list[tuple[IntArray, float]],
        held: Any,  # noqa: ANN401
        one: FloatArray,
        cones: list[Any],
    ) -> _Cones:
        """With further variables, the first of them the powers; their rows ``one - held v`` with amounts at places."""
        count, size, more = len(powers.cost), len(self.linear), held.shape[1]
        amounts = sp.csr_matrix(powers.amounts).tocoo()
        data = np.concatenate([sign * amounts.data for _, sign in places])
        at = np.concatenate([place[amounts.row] for place, _ in places])
        traded = sp.csr_matrix((data, (at, np.tile(amounts.col, len(places)))), shape=(len(one), size))
        wide = sp.hstack([self.matrix, sp.csc_matrix((self.matrix.shape[0], more))])
        curvature = sp.block_diag([self.hessian, sp.csc_matrix((more, more))], format="csc")
        cost = np.zeros(more)
        cost[:count] = SCALE**2 * powers.cost
        return _Cones(
            sp.vstack([wide, sp.hstack([traded, held])]),
            np.concatenate([self.limit, one]),
            curvature,
            np.concatenate([self.linear, cost]),
            [*self.cones, *cones],
        )


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
    whole = _Cones(A, b, larger * hessian, larger * linear, cones)
    for laid in (_as_powers, _as_squares):
        solution = _answer(clarabel, whole if powers is None else laid(clarabel, powers, whole))
        status = str(solution.status)
        if powers is None or status in (_SOLVED, *_NAMED):
            break
    if status != _SOLVED:
        nothing = np.zeros(0)
        return ConicAnswer(_NAMED.get(status, "failed"), nothing, nothing, nothing)
    z = np.array(solution.z) / larger
    equal, up, low = len(rhs[0]), np.isfinite(m.row_upper), np.isfinite(m.row_lower)
    row = np.zeros(len(m.row_upper))
    row[up] += z[equal : equal + up.sum()]
    row[low] -= z[equal + up.sum() : equal + up.sum() + low.sum()]
    return ConicAnswer("solved", np.array(solution.x)[:size], z[:equal], row)


def _answer(clarabel: Any, problem: _Cones) -> Any:  # noqa: ANN401 - the solver's module and answer
    """Clarabel's own answer, by the tightest tolerance that is reached."""
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    upper, matrix = sp.triu(problem.hessian, format="csc"), sp.csc_matrix(problem.matrix)
    for tolerance in _TOLERANCES:
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
        solver = clarabel.DefaultSolver(upper, problem.linear, matrix, problem.limit, list(problem.cones), settings)
        solution = solver.solve()
        if str(solution.status) != _NEARLY:
            break
    return solution


def _as_powers(clarabel: Any, powers: _Powers, problem: _Cones) -> _Cones:  # noqa: ANN401 - the solver's module
    """One more variable t a power, with (t, 1, amount) in a power cone."""
    count = len(powers.cost)
    each = 3 * np.arange(count)
    held = sp.csr_matrix((-np.ones(count), (each, np.arange(count))), shape=(3 * count, count))
    one = np.zeros(3 * count)
    one[each + 1] = 1.0
    return problem.beside(powers, [(each + 2, -1.0)], held, one, [clarabel.PowerConeT(_POWER)] * count)


def _as_squares(clarabel: Any, powers: _Powers, problem: _Cones) -> _Cones:  # noqa: ANN401 - the solver's module
    """Two more variables t, r a power, with ``a^2 <= t r`` and ``r^2 <= a``: second-order cones, which fail less."""
    count = len(powers.cost)
    each, t = 6 * np.arange(count), np.arange(count)
    r, ones = count + t, np.ones(count)
    # (t + r, t - r, 2 a) and (a + 1, a - 1, 2 r)
    at = np.concatenate([each, each, each + 1, each + 1, each + 5])
    held = sp.csr_matrix(
        (np.concatenate([-ones, -ones, -ones, ones, -2.0 * ones]), (at, np.concatenate([t, r, t, r, r]))),
        shape=(6 * count, 2 * count),
    )
    one = np.zeros(6 * count)
    one[each + 3], one[each + 4] = 1.0, -1.0
    amounts = [(each + 2, -2.0), (each + 3, -1.0), (each + 4, -1.0)]
    return problem.beside(powers, amounts, held, one, [clarabel.SecondOrderConeT(3)] * (2 * count))
