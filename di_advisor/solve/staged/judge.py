"""What a plan of several stages breaks, reckoned from its trades alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import Leg, StagedProblem
from di_advisor.solve.staged.layout import SOME

__all__ = ["Wash", "breaches", "too_small", "washes"]


@dataclass(frozen=True, order=True)
class Wash:
    """A group sold at a loss at one stage and bought at another, 30 days or less apart.

    Attributes
    ----------
    amount : float
        The smaller of the two weights.
    sold_at, bought_at, group : int
        Stages and identical group.
    lost, bought : float
        Weight sold at a loss, and bought.
    """

    amount: float
    sold_at: int
    bought_at: int
    group: int
    lost: float
    bought: float


def washes(problem: StagedProblem, plans: tuple[Plan, ...]) -> list[Wash]:
    """Every wash sale of a plan, the largest first."""
    group_of, size = problem.identical, int(problem.identical.max(initial=-1)) + 1
    of_lot = group_of[problem.holdings.lot_name]
    lost = [
        np.bincount(of_lot, weights=np.where(leg.gain < 0, plan.sells, 0.0), minlength=size)
        for leg, plan in zip(problem.legs, plans, strict=True)
    ]
    bought = [np.bincount(group_of, weights=plan.buys, minlength=size) for plan in plans]
    found = []
    for s in range(len(plans)):
        for r in range(len(plans)):
            if problem.washing(s, r):
                both = np.minimum(lost[s], bought[r])
                found += [
                    Wash(float(both[g]), s, r, int(g), float(lost[s][g]), float(bought[r][g]))
                    for g in np.flatnonzero(both > 0)
                ]
    return sorted(found, reverse=True)


def too_small(problem: StagedProblem, net: FloatArray, held: FloatArray) -> FloatArray:
    """By how much net trades fall short of the least one, 0 or less where they do not; shapes (n,).

    Selling all that is held is never too small; ``held`` is what the trade leaves.
    """
    short = np.where(np.abs(net) > SOME, problem.min_trade - np.abs(net), 0.0)
    return np.asarray(np.where(net < 0, np.minimum(short, np.maximum(held, 0.0)), short), dtype=np.float64)


def breaches(problem: StagedProblem, plans: tuple[Plan, ...]) -> dict[str, float]:
    """How far each rule is passed, in weights (tracking error: a fraction per year); 0 or less is kept."""
    h = problem.holdings
    over: dict[str, float] = {}

    def note(rule: str, excess: float | FloatArray) -> None:
        worst = float(np.max(excess, initial=-np.inf))
        over[rule] = max(over.get(rule, -np.inf), worst)

    cash, z = h.cash, h.active
    note("lots", sum(plan.sells for plan in plans) - h.lot_weight)
    for leg, plan in zip(problem.legs, plans, strict=True):
        z = z + plan.net(h.lot_name)
        _stage(problem, leg, plan, z, note)
        before = cash + float(plan.sells.sum() - plan.buys.sum())
        cash = before - problem.cost_without_impact(plan)
        note("cash", max(problem.cash_lower - cash, before - problem.cash_upper))
    for budget in problem.budgets:
        year = [(leg, p) for leg, p in zip(problem.legs, plans, strict=True) if leg.on.year == budget.year]
        if budget.gain_max is not None:
            note("gain budget", np.cumsum([float(leg.gain @ p.sells) for leg, p in year]) - budget.gain_max)
        if budget.tax_max is not None and problem.taxes is None:
            note("tax budget", np.cumsum([float(leg.tax_rate @ p.sells) for leg, p in year]) - budget.tax_max)
    if problem.taxes is not None:
        for limit in problem.tax_limits():
            note("tax budget", problem.taxes.tax_after(plans, limit.stage) - limit.most)
    for leg, at in zip(problem.legs, problem.standings(plans), strict=True):
        for rule in problem.own.rules:
            note(rule.name, rule.excess(at, last=leg is problem.legs[-1]))
    note("wash sale", max((w.amount for w in washes(problem, plans)), default=0.0))
    return over


def _stage(problem: StagedProblem, leg: Leg, plan: Plan, z: FloatArray, note) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Rules that hold at one stage."""
    h = problem.holdings
    sold, net = plan.sold(h.lot_name), np.abs(plan.net(h.lot_name))
    note("locks", np.r_[plan.sells - leg.sell_max, plan.buys - leg.buy_max, -plan.sells, -plan.buys])
    note("size of trades", np.where(np.isfinite(leg.size_max), sold - leg.size_max, -np.inf))
    note("name limits", np.maximum(leg.active_lower - z, z - leg.active_upper))
    for group in leg.groups:
        value = float(group.coefficients @ z)
        note(group.name, max(group.lower - value, value - group.upper))
    for each in leg.stand_ins:
        note(each.name, float(plan.buys[each.stand_ins].sum()) - each.width * float(sold[each.names].sum()))
    if leg.tracking_error_max is not None:
        note("tracking error cap", problem.risk.tracking_error(z) - leg.tracking_error_max)
    if problem.turnover_max is not None:
        note("turnover", 0.5 * float(plan.sells.sum() + plan.buys.sum()) - problem.turnover_max)
    if leg.gain_max is not None:
        note("gain budget", float(leg.gain @ plan.sells) - leg.gain_max)
    held = h.target + z
    note("minimum trade", too_small(problem, plan.net(h.lot_name), held))
    if problem.is_sided:
        note("one side a name", np.minimum(sold, plan.buys) - SOME)
    if problem.trades_max is not None:
        note("number of trades", float((net > SOME).sum()) - problem.trades_max)
    if problem.names_max is not None and leg is problem.legs[-1]:
        note("number of names", float((held > SOME).sum()) - problem.names_max)
