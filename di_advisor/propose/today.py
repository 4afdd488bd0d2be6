"""Today's part of a transition as an ordinary problem: whole-share orders, each with its dollars by term."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.formulate import Problem, formulate
from di_advisor.formulate.later_value import LaterValue, LotBudget
from di_advisor.formulate.own_affine import AffineTerm
from di_advisor.formulate.own_stages import own_of_today
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.rules import ActiveGroup, NameLimits, Rule
from di_advisor.formulate.schedule_d import ScheduleDTax, Taxpayer
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.formulate.terms import Term, WaitingValue
from di_advisor.formulate.tilts import ActiveTilt
from di_advisor.formulate.transition import single_mandate
from di_advisor.solve.choices import Choice
from di_advisor.solve.prices import Prices
from di_advisor.solve.solution import Solution
from di_advisor.solve.staged.prices import LaterPrices
from di_advisor.solve.staged.search import StagedSolution

__all__ = ["at_the_plan", "first_solution", "shared_out", "today_problem", "with_later"]


def today_problem(signals: Signals, mandate: Mandate, tax: Taxpayer, staged: StagedProblem) -> Problem:
    """The first stage by itself: its terms for its own time, its rules and budgets, without the later stages."""
    leg = staged.legs[0]
    alone = len(staged.legs) == 1
    single = single_mandate(mandate).with_changes(
        max_names=mandate.max_names if alone else None,
        risk_aversion=mandate.risk_aversion * leg.years,
        tracking_error_max=leg.tracking_error_max,
    )
    problem = formulate(signals, single, tax, own=own_of_today(staged.own, leg.years, last=alone))
    block = problem.block
    upper = block.active_upper if alone else np.maximum(block.active_upper, leg.active_upper)
    groups = iter(leg.groups)
    rules: list[Rule] = []
    for rule in problem.rules:
        if isinstance(rule, ActiveGroup):
            rules.append(next(groups))
        else:
            rules.append(replace(rule, upper=upper) if isinstance(rule, NameLimits) else rule)
    rules += _budgets(staged, problem)
    terms: list[Term] = []
    for term in problem.terms:
        if isinstance(term, ActiveTilt):
            terms.append(replace(term, per_weight=term.per_weight * leg.years))
        elif alone or not isinstance(term, WaitingValue):
            terms.append(term)
    tilt = None if block.tilt is None else _for_the_time(problem, block.tilt, leg.years)
    return replace(
        problem, blocks=(replace(block, active_upper=upper, tilt=tilt),), terms=tuple(terms), rules=tuple(rules)
    )


def _for_the_time(problem: Problem, tilt: FloatArray, years: float) -> FloatArray:
    """Tilts are dollars a year; own terms have their time already."""
    own = np.sum([t.name_slope for t in problem.terms if isinstance(t, AffineTerm)], axis=0)
    return np.asarray((tilt - own) * years + own, dtype=np.float64)


def _budgets(staged: StagedProblem, problem: Problem) -> list[Rule]:
    """What the first stage may use of the budgets: all that is left of its tax year's, and its own."""
    leg, h = staged.legs[0], staged.holdings
    found: list[Rule] = []
    for budget in staged.budgets:
        if budget.year != leg.on.year:
            continue
        if budget.gain_max is not None:
            what = f"Net gain realised today, within the budget of {budget.year},"
            found.append(LotBudget(h, leg.gain, budget.gain_max, "gain budget", what))
        by_return = [t for t in problem.terms if isinstance(t, ScheduleDTax)] if staged.taxes is not None else []
        if budget.tax_max is not None and by_return:
            found.append(TaxBudget(by_return[0], budget.tax_max))
        elif budget.tax_max is not None:
            what = f"Tax on today's gains, within the budget of {budget.year},"
            found.append(LotBudget(h, leg.tax_rate, budget.tax_max, "tax budget", what))
    if leg.gain_max is not None:
        found.append(LotBudget(h, leg.gain, leg.gain_max, "gain budget", "Net gain realised at one stage"))
    return found


def at_the_plan(problem: Problem, plan: Plan) -> Problem:
    """With the marginal rates of the return where today's plan stands; unchanged at constant rates."""

    def placed(term: ScheduleDTax) -> ScheduleDTax:
        cell = term.cell_at(np.array(term.gains.realised(plan)))
        return replace(term, rates=cell.rates, offset=cell.constant)

    terms = tuple(placed(t) if isinstance(t, ScheduleDTax) else t for t in problem.terms)
    rules = tuple(r.localised(placed(r.tax)) if isinstance(r, TaxBudget) else r for r in problem.rules)
    return replace(problem, terms=terms, rules=rules)


def with_later(problem: Problem, prices: LaterPrices | None) -> Problem:
    """Today's problem with the later stages at prices; unchanged where there are none."""
    if prices is None:
        return problem
    block = problem.block
    later = LaterValue(holdings=block.holdings, worth=-prices.per_lot, per_name=prices.per_name)
    tilt = prices.per_name if block.tilt is None else block.tilt + prices.per_name
    return replace(problem, blocks=(replace(block, tilt=tilt),), terms=(*problem.terms, later))


def shared_out(now: LaterPrices, before: LaterPrices | None, plan: Plan, problem: Problem, total: float) -> LaterPrices:
    """Prices at which today's trades together are charged exactly ``total``.

    The mean of the prices with and without the trades (exact where the later cost is quadratic along the
    line between), and what is left over by size of trade.
    """
    per_lot, per_name = now.per_lot, now.per_name
    if before is not None:
        per_lot, per_name = 0.5 * (per_lot + before.per_lot), 0.5 * (per_name + before.per_name)
    net = plan.net(problem.block.holdings.lot_name)
    left = total - float(per_lot @ plan.sells + per_name @ net)
    traded = float(plan.sells.sum() + plan.buys.sum())
    each = left / traded if traded > 0 else 0.0
    return LaterPrices(per_lot + 2.0 * each, per_name + each)


def first_solution(problem: Problem, staged: StagedProblem, solution: StagedSolution) -> Solution:
    """The first stage of a plan, as what `settle` rounds to shares."""
    plan, leg, value = solution.plans[0], staged.legs[0], staged.holdings.value_usd
    block = problem.block
    k = block.risk.exposures.shape[1]
    net = plan.net(block.holdings.lot_name)
    choices = np.select([net > 0, net < 0], [int(Choice.BUY), int(Choice.SELL)], int(Choice.NOTHING))
    objective = sum(t.value_usd(plan) for t in problem.terms) / value
    nothing = sum(t.value_usd(block.holdings.nothing()) for t in problem.terms) / value
    return Solution(
        plan=plan,
        choices=choices.astype(np.int64),
        prices=Prices(staged.aversion * leg.years, np.zeros(k), np.zeros(len(block.rows)), np.zeros(k)),
        objective=objective,
        convex_bound=objective - solution.gap,
        bound=objective - solution.gap,
        residual=solution.residual,
        nothing=nothing,
        solver="plan over stages",
        counts=solution.counts,
    )
