"""The reference: the same terms and rules written in cvxpy and solved by Clarabel.

Slower by far, and independent of the matrices, the segments and the prices of the fast path: tests
hold the two against each other.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked, Rule
from di_advisor.formulate.symbolic import symbolic_plan
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.solve.choices import Choice, Choices, is_any

__all__ = ["ReferenceAnswer", "choice_constraints", "solve_reference", "washes_under"]

_TOLERANCES = (1e-9, 1e-8, 3e-8)
_SCALE = 1e3


@dataclass(frozen=True)
class ReferenceAnswer:
    """Plan and objective (a fraction of the account's value)."""

    plan: Plan
    objective: float


def choice_constraints(problem: Problem, choices: Choices, symbols: SymbolicPlan) -> list[Any]:
    """What fixed choices forbid and demand."""
    block = problem.block
    of_name = block.holdings.lot_name
    gain_only = ~block.segments.names_with_losses(len(choices))[of_name]
    of_lot = choices[of_name]
    minimum = block.min_trade
    buys_of_lot = is_any(of_lot, Choice.BUY, Choice.BUY_BEYOND)
    trims = (of_lot == Choice.SELL_GAINS) | (buys_of_lot & (minimum[of_name] <= 0))
    sell_open = is_any(of_lot, Choice.SELL, Choice.EITHER, Choice.EXIT, Choice.SELL_BEYOND) | (trims & gain_only)
    buy_open = is_any(choices, Choice.BUY, Choice.EITHER, Choice.BUY_BEYOND)
    constraints: list[Any] = []
    if (~sell_open).any():
        constraints.append(symbols.sells[np.flatnonzero(~sell_open)] == 0)
    if (~buy_open).any():
        constraints.append(symbols.buys[np.flatnonzero(~buy_open)] == 0)
    selling = np.flatnonzero(is_any(choices, Choice.SELL, Choice.SELL_GAINS, Choice.SELL_BEYOND) & (minimum > 0))
    buying = np.flatnonzero(is_any(choices, Choice.BUY, Choice.BUY_BEYOND) & (minimum > 0))
    out = np.flatnonzero(choices == Choice.EXIT)
    if len(out):
        segments = block.segments
        amounts = np.where(segments.sell, segments.width, 0.0)
        everything = np.bincount(segments.name, weights=amounts, minlength=len(choices))
        constraints.append(symbols.sold[out] == everything[out])
    if len(selling):
        constraints.append(symbols.sold[selling] >= block.least_sale[selling])
    if len(buying):
        constraints.append(symbols.buys[buying] >= minimum[buying])
    return constraints


def solve_reference(problem: Problem, choices: Choices) -> ReferenceAnswer:
    """Solve the convex problem of fixed choices with cvxpy and Clarabel.

    Raises
    ------
    InfeasibleError
        If the rules contradict each other under these choices.
    UncertifiedError
        If Clarabel does not report an optimum.
    """
    cp = cvxpy()

    symbols, constraints = symbolic_plan(problem.block.holdings, problem.block.risk)
    for rule in problem.rules:
        counted = _counted(problem, rule, choices, symbols)
        constraints += rule.constraints(symbols) if counted is None else [counted]
    constraints += choice_constraints(problem, choices, symbols)
    objective: Any = sum(term.expression(symbols) for term in problem.terms)
    objective = objective + washes_under(problem, choices, symbols)
    model = cp.Problem(cp.Minimize(_SCALE * objective), constraints)
    status = _ended(model)
    if status in (cp.SOLVER_ERROR, cp.INFEASIBLE_INACCURATE):
        # a proof that there is no plan needs no objective, and is easier without
        nothing = _ended(cp.Problem(cp.Minimize(0.0), constraints))
        status = nothing if nothing == cp.INFEASIBLE else status
    if status == cp.INFEASIBLE:
        raise InfeasibleError("The reference finds no plan that keeps all rules.", hint="Widen a rule.")
    if status != cp.OPTIMAL:
        raise UncertifiedError(f"The reference ended with {status}.", hint="No trades are proposed.")
    plan = Plan(_value(symbols.sells), _value(symbols.buys))
    # the solver's own value: a power of a trade that is round-off below zero has none
    return ReferenceAnswer(plan, float(model.solution.opt_val) / _SCALE)


def _ended(model: Any) -> str:  # noqa: ANN401 - a cvxpy problem
    """How Clarabel ended, by the closest tolerance at which it told something for sure."""
    cp, status = cvxpy(), ""
    for tolerance in _TOLERANCES:
        with warnings.catch_warnings():  # an inaccurate answer is told by the status, and not accepted
            warnings.filterwarnings("ignore", message="Solution may be inaccurate")
            try:
                model.solve(solver=cp.CLARABEL, tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=tolerance)
                status = str(model.status)
            except cp.error.SolverError:  # a step that cannot be made; the next tolerance may end before it
                status = str(cp.SOLVER_ERROR)
        if status in (cp.OPTIMAL, cp.INFEASIBLE):
            break
    return status


def _counted(problem: Problem, rule: Rule, choices: Choices, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy constraint
    """A budget that counts washed losses by choices; None for other rules, and for a tax that is a curve."""
    if not isinstance(rule, (GainBudget, TaxBudget)) or not rule.by_choices or rule.washes is None:
        return None
    if isinstance(rule, TaxBudget) and not rule.tax.is_constant:
        return None
    rates = (1.0, 1.0) if isinstance(rule, GainBudget) else rule.tax.rates
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    block = problem.block
    out = is_any(choices, Choice.EXIT)
    wide = (
        np.bincount(block.holdings.lot_name, weights=locked.sell_max, minlength=len(choices)) > rule.washes.sell_width
    )
    washed = rule.washes.under(
        symbols,
        rates,
        locked.sell_max,
        within=(is_any(choices, Choice.SELL) | (out & ~wide), is_any(choices, Choice.BUY)),
        beyond=(is_any(choices, Choice.SELL_BEYOND) | (out & wide), is_any(choices, Choice.BUY_BEYOND)),
    )
    gains = rule.gains if isinstance(rule, GainBudget) else rule.tax.gains
    limit = rule.upper if isinstance(rule, GainBudget) else rule.upper - rule.tax.offset
    return gains.taxed(rates) @ symbols.sells + washed <= limit


def washes_under(problem: Problem, choices: Choices, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
    """What washed amounts cost under fixed choices: the lesser of a price and of a constant, as chosen.

    Nothing where a name may do anything: a lower bound.
    """
    term = next((t for t in problem.terms if isinstance(t, WashDeferral)), None)
    if term is None:
        return 0.0
    segments = problem.block.segments
    losses = np.bincount(segments.name, weights=np.where(segments.loss, segments.width, 0.0), minlength=len(choices))
    out, wide = is_any(choices, Choice.EXIT), losses > term.prices.sell_width
    return term.under(
        symbols,
        within=(is_any(choices, Choice.SELL) | (out & ~wide), is_any(choices, Choice.BUY)),
        beyond=(is_any(choices, Choice.SELL_BEYOND) | (out & wide), is_any(choices, Choice.BUY_BEYOND)),
    )


def _value(variable: Any) -> FloatArray:  # noqa: ANN401 - a cvxpy variable
    return np.maximum(np.asarray(variable.value, dtype=np.float64), 0.0)
