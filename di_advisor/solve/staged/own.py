"""Several stages with own terms or rules that only a cone solver understands: cvxpy and Clarabel.

The bound is reckoned from the multipliers of the cone program by itself (`conic_bound`), and every plan is
judged by the rules as any other.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.wording import counted
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.stage_symbols import StageSymbols, symbols_of
from di_advisor.formulate.staged import StagedProblem
from di_advisor.solve.conic_bound import conic_bound
from di_advisor.solve.matrices import SCALE
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.layout import Layout

__all__ = ["solve_with_own"]

_GROW = 1e3
_TOLERANCES = (1e-9, 1e-8, 3e-8)
_ITERATIONS_MAX = 200


def solve_with_own(problem: StagedProblem, m: Layout) -> StagedAnswer:
    """Solve and bound.

    Raises
    ------
    InfeasibleError
        If the rules contradict each other.
    UncertifiedError
        If Clarabel does not answer.
    """
    cp = cvxpy()
    scaled = cp.Variable(len(m.q))
    v = scaled / SCALE
    equal = m.A @ v == m.a
    up, down = np.flatnonzero(np.isfinite(m.high)), np.flatnonzero(np.isfinite(m.low))
    over, under = m.G[up] @ v <= m.high[up], m.G[down] @ v >= m.low[down]
    held = np.flatnonzero(~m.free)
    rules = [equal, over, under, v[held] >= m.lower[held], v[held] <= m.upper[held]]
    total = 0.5 * cp.quad_form(v, sp.csc_matrix(m.P), assume_PSD=True) + m.q @ v
    caps: dict[int, Any] = {}
    for s, leg in enumerate(problem.legs):
        symbols = _symbols(problem, m, s, v)
        for term in problem.own.terms:
            if term.affine is None:
                total = total + term.times(leg.growth, leg.years) * term.on(symbols)
        for rule in problem.own.rules:
            if not rule.is_affine:
                rules += rule.constraints(symbols, first=s == 0, last=s == len(problem.legs) - 1)
        if leg.tracking_error_max is not None:
            caps[s] = _risk_norm(problem, symbols) <= leg.tracking_error_max
            rules.append(caps[s])
    model = cp.Problem(cp.Minimize(_GROW * total), rules)
    bound = _solved(model, problem) / _GROW + m.constant
    rows = np.zeros(m.G.shape[0])
    rows[up] += over.dual_value / _GROW
    rows[down] -= under.dual_value / _GROW
    prices = np.zeros(len(m.legs))
    for s, cap in caps.items():
        most = float(problem.legs[s].tracking_error_max or 1.0)
        prices[s] = max(float(cap.dual_value), 0.0) / _GROW / (2.0 * most)
    found = np.clip(np.nan_to_num(np.asarray(v.value, dtype=np.float64)), m.lower, m.upper)
    return StagedAnswer(m, found, np.asarray(equal.dual_value) / _GROW, rows, prices, bound, "Clarabel")


def _symbols(problem: StagedProblem, m: Layout, s: int, v: Any) -> StageSymbols:  # noqa: ANN401 - cvxpy
    """A stage's decision in the variables of all stages."""
    cp, h, here = cvxpy(), problem.holdings, m.legs[s]
    lots, n = len(h.lot_name), len(h.held)
    x, b = v[here.x], v[here.b]
    sells = sp.csr_matrix((np.ones(len(here.lots)), (here.lots, np.arange(len(here.lots)))), (lots, len(here.lots)))
    buys = sp.csr_matrix((np.ones(len(here.buy_name)), (here.buy_name, np.arange(len(here.buy_name)))), (n, b.size))
    before: Any = h.cash if s == 0 else cp.sum(v[m.legs[s - 1].c])
    scope = problem.own.terms[0].scope if problem.own.terms else problem.own.rules[0].scope
    cash = before + cp.sum(x) - cp.sum(b)
    return symbols_of(sells @ x, buys @ b, v[here.z], v[here.e], cash, scope)


def _risk_norm(problem: StagedProblem, symbols: StageSymbols) -> Any:  # noqa: ANN401 - a cvxpy expression
    cp, risk = cvxpy(), problem.risk
    values, vectors = np.linalg.eigh(risk.factor_covariance_per_year)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    own = cp.multiply(np.sqrt(risk.specific_variance_per_year), symbols.active)
    return cp.norm(cp.hstack([root @ symbols.exposures, own]), 2)


def _solved(model: Any, problem: StagedProblem) -> float:  # noqa: ANN401 - a cvxpy problem
    """Solve; gives the bound of the model's objective."""
    cp = cvxpy()
    data, chain, inverse = model.get_problem_data(cp.CLARABEL, ignore_dpp=True, solver_opts={})
    raw: Any = None
    for tolerance in _TOLERANCES:
        options = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance)
        raw = chain.solver.solve_via_data(
            data, warm_start=False, verbose=False, solver_opts={**options, "max_iter": _ITERATIONS_MAX}
        )
        if str(raw.status) in ("Solved", "PrimalInfeasible", "DualInfeasible"):
            break
    own = ", ".join([*(t.name for t in problem.own.terms), *(r.name for r in problem.own.rules)])
    if str(raw.status) in ("PrimalInfeasible", "AlmostPrimalInfeasible"):
        raise InfeasibleError(
            f"No plan keeps all rules and budgets at every stage, with your own ({own}).",
            hint="Raise the gain budget or the tracking-error path, or widen an own rule.",
        )
    if str(raw.status) not in ("Solved", "AlmostSolved"):
        raise UncertifiedError(
            f"Clarabel ended with '{raw.status}' on the plan of {counted(len(problem.legs), 'stage')} "
            f"with your own {own}.",
            hint="No trades are proposed. Check their figures for extreme sizes; a term must not pay without end.",
        )
    with warnings.catch_warnings():  # a nearly solved one is judged by its bound, not by its status
        warnings.filterwarnings("ignore", message="Solution may be inaccurate")
        model.unpack_results(raw, chain, inverse)
    offset = float(model.solution.opt_val) - float(raw.obj_val)
    return conic_bound(data, np.array(raw.x), np.array(raw.z)) + offset
