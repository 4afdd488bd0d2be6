"""Solve the convex problem of several stages, and bound it without trusting who solved it.

PIQP where there is no tracking-error cap, Clarabel (a second-order cone a cap) where there is one or
PIQP did not finish. The bound is ours: with the solver's multipliers in the Lagrangian, factor risk
replaced by its tangent at the plan (from below, since it is convex), what is left falls apart into
single variables with finite boxes and is minimised exactly. It holds at any multipliers; bad ones
only make it weak.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.market import FloatArray
from di_advisor.domain.wording import counted
from di_advisor.errors import InfeasibleError, SolveError, UncertifiedError
from di_advisor.formulate.staged import StagedProblem
from di_advisor.solve.matrices import SCALE
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.layout import Layout
from di_advisor.solve.staged.own import solve_with_own

__all__ = ["solve_layout"]

_TOLERANCE = 1e-9
_MAX_ITERATIONS = 60
_PROVED = 1e-7
_GROW = 128.0  # the solvers stop at absolute tolerances: a larger objective is solved more exactly

_Raw = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Variables, multipliers of equalities and of rows, prices of caps."""


def solve_layout(problem: StagedProblem, layout: Layout) -> StagedAnswer:
    """Solve and bound.

    Raises
    ------
    InfeasibleError
        If the rules contradict each other.
    UncertifiedError
        If no solver answers.
    """
    if problem.own.is_opaque:
        return solve_with_own(problem, layout)
    if all(leg.tracking_error_max is None for leg in problem.legs):
        answer = _judged(problem, layout, _by_piqp(layout), "PIQP")
        value = float(layout.q @ answer.v + 0.5 * answer.v @ (layout.P @ answer.v)) + layout.constant
        reached = layout.G @ answer.v
        over = np.maximum(reached - layout.high, layout.low - reached).max(initial=0.0)
        broken = max(float(np.abs(layout.A @ answer.v - layout.a).max(initial=0.0)), float(over))
        if broken <= _PROVED and value - answer.bound <= _PROVED * max(1.0, abs(value)):
            return answer  # whatever its status: proved by the bound
    return _judged(problem, layout, _by_clarabel(problem, layout), "Clarabel")


def _judged(problem: StagedProblem, layout: Layout, raw: _Raw, solver: str) -> StagedAnswer:
    v, equality, rows, caps = raw
    v = np.clip(np.nan_to_num(v), layout.lower, layout.upper)
    equality, rows = np.nan_to_num(equality), np.nan_to_num(rows)
    bound, slope = _bound(problem, layout, v, equality, rows, caps)
    return StagedAnswer(layout, v, equality, rows, caps, bound, solver, slope)


def _infeasible() -> InfeasibleError:
    return InfeasibleError(
        "No plan keeps all rules and budgets at every stage.",
        hint="Raise the gain budget or the tracking-error path, widen cash, or move the first caps to later stages.",
    )


def _solver(name: str) -> Any:  # noqa: ANN401 - a solver's module
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SolveError(
            f"The solver {name} cannot be imported ({error}).",
            hint=f"Install it: python -m pip install {name}",
            solver=name,
        ) from error


def _by_piqp(m: Layout) -> _Raw:
    """PIQP's variables and multipliers, whatever its status: the bound judges them."""
    piqp = _solver("piqp")
    solver = piqp.SparseSolver()
    settings = solver.settings
    settings.eps_abs = settings.eps_rel = _TOLERANCE
    settings.max_iter = _MAX_ITERATIONS
    settings.preconditioner_scale_cost = True
    lower, upper = np.where(m.free, -np.inf, m.lower * SCALE), np.where(m.free, np.inf, m.upper * SCALE)
    grow = _GROW
    solver.setup(
        m.P * (grow / SCALE**2),
        m.q * (grow / SCALE),
        m.A,
        m.a * SCALE,
        m.G,
        m.low * SCALE,
        m.high * SCALE,
        lower,
        upper,
    )
    solver.solve()
    result = solver.result
    rows = np.asarray(result.z_u - result.z_l)
    back = SCALE / grow
    caps = np.zeros(len(m.legs))
    return np.asarray(result.x) / SCALE, np.asarray(result.y) * back, rows * back, caps


def _by_clarabel(problem: StagedProblem, m: Layout) -> _Raw:
    """Clarabel's, with a second-order cone for each cap."""
    clarabel = _solver("clarabel")
    eye = sp.identity(len(m.q), format="csr")
    parts, sides = [m.A], [m.a * SCALE]
    kept = []
    for matrix, limit, sign in ((m.G, m.high, 1.0), (m.G, m.low, -1.0), (eye, m.upper, 1.0), (eye, m.lower, -1.0)):
        keep = np.isfinite(limit) if matrix is m.G else ~m.free
        kept.append(keep)
        parts.append(sp.csr_matrix(matrix)[keep] * sign)
        sides.append(limit[keep] * sign * SCALE)
    cones = [clarabel.ZeroConeT(len(m.a)), clarabel.NonnegativeConeT(sum(len(s) for s in sides[1:]))]
    risk = problem.risk
    values, vectors = np.linalg.eigh(risk.factor_covariance_per_year)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    own = np.sqrt(risk.specific_variance_per_year)
    heads = {}
    at = sum(len(s) for s in sides)
    for s, (leg, here) in enumerate(zip(problem.legs, m.legs, strict=True)):
        if leg.tracking_error_max is None:
            continue
        k, n = root.shape[0], len(own)
        i, j = np.divmod(np.arange(root.size), max(k, 1))
        places = np.r_[1 + i, 1 + k + np.arange(n)], np.r_[here.e.start + j, here.z.start + np.arange(n)]
        parts.append(sp.csr_matrix((np.r_[-root.ravel(), -own], places), shape=(1 + k + n, len(m.q))))
        sides.append(np.r_[leg.tracking_error_max * SCALE, np.zeros(k + n)])
        cones.append(clarabel.SecondOrderConeT(1 + k + n))
        heads[s] = at
        at += 1 + k + n
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _TOLERANCE
    hessian, q = sp.triu(m.P * (_GROW / SCALE**2), format="csc"), m.q * (_GROW / SCALE)
    solution = clarabel.DefaultSolver(
        hessian, q, sp.csc_matrix(sp.vstack(parts)), np.concatenate(sides), cones, settings
    ).solve()
    status = str(solution.status)
    if status == "PrimalInfeasible":
        raise _infeasible()
    if status not in ("Solved", "AlmostSolved"):
        raise UncertifiedError(
            f"Clarabel ended with '{status}' on the plan of {counted(len(m.legs), 'stage')}.",
            hint="No trades are proposed. Check the data for extreme figures, or use fewer stages.",
        )
    z = np.array(solution.z) * (SCALE / _GROW)
    rows = np.zeros(m.G.shape[0])
    start = len(m.a)
    rows[kept[0]] += z[start : start + kept[0].sum()]
    start += int(kept[0].sum())
    rows[kept[1]] -= z[start : start + kept[1].sum()]
    caps = np.zeros(len(m.legs))
    for s, head in heads.items():
        caps[s] = max(z[head], 0.0) / (2.0 * float(problem.legs[s].tracking_error_max or 1.0))
    return np.array(solution.x) / SCALE, z[: len(m.a)], rows, caps


def _bound(
    problem: StagedProblem, m: Layout, v: FloatArray, equality: FloatArray, rows: FloatArray, caps: FloatArray
) -> tuple[float, FloatArray]:
    """The Lagrangian's minimum over the boxes, its factor risk by the tangent at v; and its slopes."""
    up, down = np.maximum(rows, 0.0), np.minimum(rows, 0.0)
    up, down = np.where(np.isfinite(m.high), up, 0.0), np.where(np.isfinite(m.low), down, 0.0)
    own = m.own.copy()
    tangent = m.P @ v - own * v
    constant = m.constant - 0.5 * float(v @ tangent)
    risk = problem.risk
    for s, here in enumerate(m.legs):
        if caps[s] <= 0:
            continue
        cap = float(problem.legs[s].tracking_error_max or 0.0)
        slope = 2.0 * caps[s] * (risk.factor_covariance_per_year @ v[here.e])
        tangent[here.e] += slope
        constant -= 0.5 * float(slope @ v[here.e]) + caps[s] * cap**2
        own[here.z] += 2.0 * caps[s] * risk.specific_variance_per_year
    y = equality.copy()
    for here in m.legs:  # exposures without a box: the multiplier that leaves nothing to gain
        free = np.flatnonzero(m.free[here.e])
        y[here.exposure.start + free] = -(tangent + m.q)[here.e.start + free]
    slope = m.q + tangent + m.A.T @ y + m.G.T @ (up + down)
    constant -= float(y @ m.a)
    constant -= float(up[up > 0] @ m.high[up > 0]) + float(down[down < 0] @ m.low[down < 0])
    curved = own > 0
    best = np.where(slope > 0, m.lower, m.upper)
    best[curved] = np.clip(-slope[curved] / own[curved], m.lower[curved], m.upper[curved])
    return float(slope @ best + 0.5 * own @ (best * best)) + constant, np.asarray(slope, dtype=np.float64)
