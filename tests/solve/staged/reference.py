"""Plans over stages in cvxpy, under fixed wash-sale choices: matrices, pieces and signs are its own.

The same model says what given plans break, apart from the solver's own check; wash sales and minimum trades,
which are no constraints of it, are read off the trades by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import cvxpy as cp
import numpy as np

from di_advisor.formulate.esg_average import AverageLimit
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.stage_symbols import symbols_of
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.terms import TradingCost
from di_advisor.solve.staged.layout import Open

__all__ = ["broken_over_stages", "from_scratch"]

_SCALE = 1e3
_WASH_DAYS = 30
_NOTHING = 1e-9


@dataclass(frozen=True)
class _Model:
    """Variables by stage, constraints and objective."""

    sells: list[Any]
    buys: list[Any]
    fees: Any
    due: list[Any]
    rules: list[Any]
    total: Any


def _by_chords(cost: TradingCost, traded: Any, *, selling: bool) -> Any:
    """Cost of one side's trades without the quadratic part: the largest of each name's chords."""
    chords = cost.chords.side(selling=selling)
    rise = np.cumsum(chords.slopes * np.diff(chords.knots, axis=1), axis=1)
    start = np.c_[np.zeros(len(rise)), rise[:, :-1]] - chords.slopes * chords.knots[:, :-1]
    lines = [cp.multiply(chords.slopes[:, j], traded) + start[:, j] for j in range(chords.slopes.shape[1])]
    return cp.sum(lines[0] if len(lines) == 1 else cp.maximum(*lines))


def from_scratch(problem: StagedProblem, choices: Open | None = None) -> float:
    """Least objective of all plans that keep every rule under the choices."""
    found = _model(problem, choices)
    model = cp.Problem(cp.Minimize(_SCALE * found.total), found.rules)
    model.solve(solver=cp.CLARABEL, tol_gap_abs=1e-9, tol_gap_rel=1e-9, tol_feas=1e-9)
    assert model.status == cp.OPTIMAL
    return float(model.value) / _SCALE


def broken_over_stages(problem: StagedProblem, plans: tuple[Plan, ...]) -> float:
    """By how much plans pass the rule that they pass most, in weights; 0 or less where all are kept."""
    found = _model(problem, None)
    for sells, buys, plan in zip(found.sells, found.buys, plans, strict=True):
        sells.value, buys.value = plan.sells, plan.buys
    found.fees.value = np.array([float(due.value) for due in found.due])
    over = [float(np.max(rule.violation(), initial=0.0)) for rule in found.rules]
    return max(*over, _washed(problem, plans), _too_small(problem, plans))


def _washed(problem: StagedProblem, plans: tuple[Plan, ...]) -> float:
    """The most that a group is sold at a loss and bought within thirty days of each other."""
    h, group, worst = problem.holdings, problem.identical, 0.0
    for leg, sold in zip(problem.legs, plans, strict=True):
        for other, bought in zip(problem.legs, plans, strict=True):
            if abs((leg.on - other.on).days) > _WASH_DAYS:
                continue
            for each in np.unique(group):
                lost = float(sold.sells[(group[h.lot_name] == each) & (leg.gain < 0)].sum())
                worst = max(worst, min(lost, float(bought.buys[group == each].sum())))
    return worst


def _too_small(problem: StagedProblem, plans: tuple[Plan, ...]) -> float:
    """By how much a trade falls short of the least, but for positions that are sold out."""
    h = problem.holdings
    held, worst = h.held, 0.0
    for plan in plans:
        net = plan.net(h.lot_name)
        held = held + net
        short = np.where(np.abs(net) > _NOTHING, problem.min_trade - np.abs(net), 0.0)
        worst = max(worst, float(np.max(np.minimum(short, np.where(net < 0, held, np.inf)), initial=0.0)))
    return worst


def _model(problem: StagedProblem, choices: Open | None) -> _Model:  # noqa: PLR0915 - the whole model in one place
    h, stages = problem.holdings, range(len(problem.legs))
    choices = Open.everything(problem) if choices is None else choices
    n, lots = len(h.held), len(h.lot_name)
    X, F = problem.risk.exposures, problem.risk.factor_covariance_per_year
    root = np.linalg.cholesky(X @ F @ X.T + np.diag(problem.risk.specific_variance_per_year)).T
    names = np.zeros((n, lots))
    names[h.lot_name, np.arange(lots)] = 1.0
    x = [cp.Variable(lots, nonneg=True) for _ in stages]
    b = [cp.Variable(n, nonneg=True) for _ in stages]
    fees = cp.Variable(len(stages))  # at least what is due: cash before later costs is then linear
    rules, total, gains, taxes, z, cash = [sum(x) <= h.lot_weight], 0, {}, {}, h.held, h.cash
    dues: list[Any] = []
    own_wishes = (*problem.own.terms, *problem.own.rules)
    scope: Any = own_wishes[0].scope if own_wishes else SimpleNamespace(holdings=h, universe=None, lots=())
    for s, leg in enumerate(problem.legs):
        sold = names @ x[s]
        moved = b[s] - sold
        z = z + moved
        fee = fees[s]
        due = _by_chords(problem.cost, sold, selling=True) + _by_chords(problem.cost, b[s], selling=False)
        dues.append(due)
        square = cp.sum_squares(cp.multiply(np.sqrt(problem.cost.impact), moved)) if problem.cost.impact.any() else 0
        active = z - h.target
        shut = ~choices.sell[s][h.lot_name] | (~choices.loss[s][h.lot_name] & (leg.gain < 0))
        most = np.where(shut, 0.0, leg.sell_max)
        rules += [x[s] <= most, b[s] <= np.where(choices.buy[s], leg.buy_max, 0.0), z >= 0, fee >= due]
        rules += [active >= leg.active_lower, active <= np.minimum(leg.active_upper, 10.0)]
        rules += [sold >= choices.least_sold[s], b[s] >= choices.least_bought[s]]
        rules += [z[np.flatnonzero(choices.out[s])] <= 0] if choices.out[s].any() else []
        sized = np.flatnonzero(np.isfinite(leg.size_max))
        rules += [sold[sized] <= leg.size_max[sized]] if len(sized) else []
        for group in leg.groups:
            figure = group.coefficients @ active
            kept = group.reserve if s == 0 and isinstance(group, AverageLimit) else 0.0  # for rounding of today
            rules += [figure >= group.lower + kept] if np.isfinite(group.lower) else []
            rules += [figure <= group.upper - kept] if np.isfinite(group.upper) else []
        for each in leg.stand_ins:
            rules.append(cp.sum(b[s][each.stand_ins]) <= each.width * cp.sum(sold[each.names]))
        if problem.turnover_max is not None:
            rules.append(0.5 * (cp.sum(x[s]) + cp.sum(b[s])) <= problem.turnover_max)
        before_costs = cash + cp.sum(x[s]) - cp.sum(b[s])
        seen = symbols_of(x[s], b[s], active, X.T @ active, before_costs, scope)
        rules += [
            r for own in problem.own.rules for r in own.constraints(seen, first=s == 0, last=s == len(stages) - 1)
        ]
        rules.append(cash + cp.sum(sold) - cp.sum(b[s]) <= problem.cash_upper)
        cash = cash + cp.sum(sold) - cp.sum(b[s]) - fee
        rules.append(cash >= problem.cash_lower + (problem.reserve if s == 0 else 0))
        if leg.tracking_error_max is not None:
            rules.append(cp.norm(root @ active) <= leg.tracking_error_max)
        years, year = leg.growth * leg.years, leg.on.year
        total += (leg.tax_rate - leg.worth) @ x[s] + leg.growth * (fee + square)
        total += years * (problem.aversion * cp.sum_squares(root @ active) + problem.tilt @ (active - problem.start))
        total += sum(own.times(leg.growth, leg.years) * own.on(seen) for own in problem.own.terms)
        gains[year], taxes[year] = gains.get(year, 0) + leg.gain @ x[s], taxes.get(year, 0) + leg.tax_rate @ x[s]
        if leg.gain_max is not None:
            rules.append(leg.gain @ x[s] <= leg.gain_max)
        for budget in (y for y in problem.budgets if y.year == year):
            rules += [gains[year] <= budget.gain_max] if budget.gain_max is not None else []
            rules += [taxes[year] <= budget.tax_max] if budget.tax_max is not None else []
    return _Model(x, b, fees, dues, rules, total)
