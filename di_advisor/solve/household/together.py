"""One target for the sum of all accounts: which account holds and trades what, as one convex model.

Problem: where a household tracks one target, the risk is of the sum, and every account may hold any part of it;
names that pay dividends belong where these are not taxed, losses are taken where they count. Decision: the
accounts' problems without their own price of risk, joined by the risk of the sum and by the return, are one convex
program in each region of the law, written in cvxpy and solved by Clarabel; its plans say how much of each name each
account should hold. Groups that would be sold at a loss and bought, in one account or in two, are branched on: nobody
buys, or nobody sells at a loss.

Limits: discrete choices are relaxed here, and kept when the accounts are settled one after another; the bound is
Clarabel's, to its tolerance. One return, and no limits of an account against the target: the caller refuses others.
"""

from __future__ import annotations

import heapq
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.household import AccountGains, SharedReturn, gains_usd
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.symbolic import symbolic_plan
from di_advisor.formulate.tax_cells import Region
from di_advisor.formulate.terms import ActiveRisk
from di_advisor.signals.household_locks import WashSide, loss_lots
from di_advisor.solve.household.coordination import Coordination, Sides

__all__ = ["Located", "locate"]

_SCALE = 1e3
_TOLERANCES = (1e-9, 1e-7)
_ROUNDS = 10
_CLOSE = 1e-5
_TRADED_USD = 1.0


@dataclass(frozen=True, eq=False)
class Located:
    """Plans of all accounts against one target.

    Attributes
    ----------
    plans : Mapping of str to Plan
        By account, fractions of it; discrete choices relaxed.
    gains : Mapping of str to AccountGains
        What each taxable account realises.
    sides : Mapping of int to WashSide
        By group: what nobody does.
    objective_usd, bound_usd : float
        Of these plans, and without any sides.
    """

    plans: Mapping[str, Plan]
    gains: Mapping[str, AccountGains]
    sides: Sides
    objective_usd: float
    bound_usd: float


def locate(
    coordination: Coordination, aversion: float, after_tax: Mapping[str, float], *, nodes_max: int = 40
) -> Located:
    """Which account should hold and trade what.

    Parameters
    ----------
    coordination : Coordination
        Accounts that all have the household's target, and one return.
    aversion : float
        Price of the variance of the sum, times its value after tax.
    after_tax : Mapping of str to float
        By account: what a dollar in it is worth after the tax on its withdrawal.
    nodes_max : int
        Convex programs that are solved at most for the sides of wash sales, beside those of the first plans.

    Raises
    ------
    InfeasibleError
        If the rules of the accounts leave no plans.
    UncertifiedError
        If Clarabel ends without an answer.
    """
    root = _solved(coordination, {}, aversion, after_tax)
    numbers, nodes, closed = count(), 0, np.inf
    found = [_with_one_side(coordination, root, side, aversion, after_tax) for side in WashSide]
    best = min((f for f in found if f is not None), key=lambda f: f.objective_usd, default=None)
    open_: list[tuple[float, int, Located]] = []
    at: Located | None = root
    while at is not None or open_:
        if at is None:
            _, _, at = heapq.heappop(open_)
        clashing = _washing(coordination, at.plans)
        beaten = best is not None and at.objective_usd >= best.objective_usd - _CLOSE * max(
            abs(best.objective_usd), 1.0
        )
        if beaten or not clashing or nodes >= nodes_max:
            if not clashing and not beaten:
                best = at
            closed, at = min(closed, at.objective_usd), None
            continue
        children = []
        for side in WashSide:
            nodes += 1
            with suppress(InfeasibleError):
                children.append(_solved(coordination, {**at.sides, clashing[0]: side}, aversion, after_tax))
        children.sort(key=lambda f: f.objective_usd)
        for child in children[1:]:
            heapq.heappush(open_, (child.objective_usd, next(numbers), child))
        at = children[0] if children else None
    if best is None:
        raise InfeasibleError(
            "No plans for the accounts were found in which none washes a loss.",
            hint="Widen the wishes of the accounts.",
        )
    return replace(best, bound_usd=min(closed, best.objective_usd))


def _washing(coordination: Coordination, plans: Mapping[str, Plan]) -> tuple[int, ...]:
    """Groups that are sold at a loss and bought, in one account or in two, the most dollars first."""
    accounts = coordination.accounts
    group_of = next(iter(accounts.values())).signals.market.universe.group_of
    sold, bought = np.zeros(len(group_of)), np.zeros(len(group_of))
    for account_id, plan in plans.items():
        account = accounts[account_id].signals.account
        lost = np.where(loss_lots(account), plan.sells, 0.0) * account.value_usd
        np.add.at(sold, group_of[account.lot_name], lost)
        np.add.at(bought, group_of, plan.buys * account.value_usd)
    both = np.minimum(sold, bought)
    return tuple(int(i) for i in np.argsort(-both) if both[i] > _TRADED_USD)


def _with_one_side(
    coordination: Coordination, root: Located, side: WashSide, aversion: float, after_tax: Mapping[str, float]
) -> Located | None:
    """The same side for all groups that wash, until none does."""
    at = root
    for _ in range(_ROUNDS):
        washing = _washing(coordination, at.plans)
        if not washing:
            return at
        try:
            at = _solved(coordination, {**at.sides, **dict.fromkeys(washing, side)}, aversion, after_tax)
        except InfeasibleError:
            return None
    return None


def _solved(coordination: Coordination, sides: Sides, aversion: float, after_tax: Mapping[str, float]) -> Located:
    cp = cvxpy()
    problems = {i: coordination.problem(i, sides)[2] for i in coordination.accounts}
    value = sum(p.block.holdings.value_usd for p in problems.values())
    kept_value = sum(after_tax[i] * p.block.holdings.value_usd for i, p in problems.items())
    symbols: dict[str, SymbolicPlan] = {}
    constraints: list[Any] = []
    beside: Any = 0.0
    gains: list[Any] = [0.0, 0.0]
    active: Any = 0.0
    exposures: Any = 0.0
    for account_id, problem in problems.items():
        share = problem.block.holdings.value_usd / value
        mine, own = symbolic_plan(problem.block.holdings, problem.block.risk)
        symbols[account_id] = mine
        constraints += [*own, *(c for rule in problem.rules for c in rule.constraints(mine))]
        of_sum = after_tax[account_id] * problem.block.holdings.value_usd / kept_value
        active, exposures = active + of_sum * mine.active, exposures + of_sum * mine.exposures
        for term in problem.terms:
            if isinstance(term, ScheduleDTax):
                gains[0] = gains[0] + share * (term.gains.short @ mine.sells)
                gains[1] = gains[1] + share * (term.gains.long @ mine.sells)
            elif not isinstance(term, ActiveRisk):
                beside = beside + share * term.expression(mine)
    risk = next(iter(problems.values())).block.risk
    factor = cp.quad_form(exposures, risk.factor_covariance_per_year, assume_PSD=True)
    own_risk = cp.sum_squares(cp.multiply(np.sqrt(risk.specific_variance_per_year), active))
    objective = beside + aversion * kept_value / value * (factor + own_risk)
    best, plans = np.inf, dict[str, Plan]()
    for scale, region in _regions(coordination, problems, value):
        kept, tax = _in_region(region, gains, scale)
        least = _least(cp, objective + tax, [*constraints, *kept])
        if least < best:
            best = least
            plans = {i: Plan(_values(s.sells), _values(s.buys)) for i, s in symbols.items()}
    if not plans:
        raise InfeasibleError("The rules of the accounts leave no plans together.", hint="Widen a rule or a budget.")
    realised = {i: _gains(p, plans[i]) for i, p in problems.items() if coordination.accounts[i].is_taxed}
    return Located(plans, realised, dict(sides), best * value, best * value)


def _regions(
    coordination: Coordination, problems: Mapping[str, Problem], value: float
) -> Sequence[tuple[float, Region | None]]:
    """Regions of the one return, with what its fractions are of the household's."""
    for name, facts in coordination.filers.items():
        mine = coordination.taxed(name)
        if mine:
            as_of = coordination.accounts[mine[0]].signals.market.as_of
            shared = SharedReturn.of(
                facts.taxpayer,
                as_of,
                [problems[i] for i in mine],
                gain_budget_usd=facts.gain_budget_usd,
                tax_budget_usd=facts.tax_budget_usd,
            )
            return [(shared.value_usd / value, region) for region in shared.regions]
    return [(1.0, None)]


def _in_region(region: Region | None, gains: Sequence[Any], scale: float) -> tuple[list[Any], Any]:
    """Constraints and tax of a region, in fractions of the household; ``scale`` is what the region's are of."""
    if region is None:
        return [], 0.0
    kept = [b.normal[0] * gains[0] + b.normal[1] * gains[1] <= scale * b.limit for b in region.borders]
    return kept, scale * region.cell.constant + region.rates[0] * gains[0] + region.rates[1] * gains[1]


def _least(cp: Any, objective: Any, constraints: list[Any]) -> float:  # noqa: ANN401 - cvxpy and its expressions
    model = cp.Problem(cp.Minimize(_SCALE * objective), constraints)
    for tolerance in _TOLERANCES:
        with warnings.catch_warnings():  # an inaccurate answer is told by the status, and not accepted
            warnings.filterwarnings("ignore", message="Solution may be inaccurate")
            model.solve(solver=cp.CLARABEL, tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=tolerance)
        if model.status == cp.OPTIMAL:
            return float(model.value) / _SCALE
        if model.status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE):
            return float("inf")
    raise UncertifiedError(f"Clarabel ended with {model.status}.", hint="No trades are proposed.")


def _values(variable: Any) -> FloatArray:  # noqa: ANN401 - a cvxpy variable
    return np.maximum(np.asarray(variable.value, dtype=np.float64), 0.0)


def _gains(problem: Problem, plan: Plan) -> AccountGains:
    tax = next(t for t in problem.terms if isinstance(t, ScheduleDTax))
    return gains_usd(tax.gains, plan, problem.block.holdings.value_usd)
