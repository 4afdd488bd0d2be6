"""How a world's plan is held against cvxpy: under its choices, over all cells of the tax, where tiny over all choices.

The reference shares no matrices, segments or prices with the fast path. Where the tax is a curve, every
cell of it that can be reached is solved by itself and the least is taken; where wash sales are priced, the
reference charges them as the choices say. Liquidations have one plan, a box without an inside in which
Clarabel ends inaccurate; they are held against that plan itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np

from di_advisor.domain.mandate import TradingMode
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import DiAdvisorError, InfeasibleError, SettlementError, UncertifiedError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import at_the_rates_of, schedule_d_of
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.schedule_d import law_of
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.propose.settle import Orders, settle
from di_advisor.solve import Solution, solve_localised
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.solution import FEASIBLE
from di_advisor.testing.final_account import TOLERANCE, FinalAccount
from di_advisor.testing.rule_check import FinalOrders, TaxOf, broken_wishes
from tests.own.wishes import Disk, FewBuys
from tests.solve.filers import in_each_cell
from tests.solve.whole_worlds import World, whole_world

__all__ = ["Outcome", "agrees", "keeps_every_wish", "no_choice_is_better", "outcome", "problem_of", "tax_of"]

_EQUAL = 1e-6
"""Relative, of the objective or of what is gained over doing nothing, whichever is larger."""

_CENT_USD = 0.01
_ROUND_OFF = 1e-9
"""A tenth of a cent in a million dollars: where cash is raised, what settles ties is worth less than that."""


@dataclass(frozen=True)
class Outcome:
    """A plan with its problem as it stands there, or why there is none; orders where they were made."""

    world: World
    problem: Problem | None = None
    solution: Solution | None = None
    orders: Orders | None = None
    error: DiAdvisorError | None = None

    @property
    def kept(self) -> bool:
        """Whether there is a plan."""
        return self.solution is not None

    @property
    def tax_is_a_curve(self) -> bool:
        """Whether the reference has no single problem for it."""
        return not isinstance(self.world.tax, TaxProfile)


def problem_of(world: World) -> Problem:
    """What a world formulates to."""
    return formulate(world.signals, world.mandate, world.tax, exact_impact=world.exact_impact, own=world.own)


@cache
def outcome(seed: int) -> Outcome:
    """The plan of a seed's world."""
    world = whole_world(seed)
    try:
        if world.exact_impact:
            return _exact(world)
        planned = plan_for(world.signals, world.mandate, world.tax, Clock(silent), never, world.own)
    except DiAdvisorError as error:
        return Outcome(world, error=error)
    return Outcome(world, planned.problem, planned.solution, planned.orders)


def _exact(world: World) -> Outcome:
    """With the power of impact as it is, which proposals stand chords for: solved, and settled where that goes."""
    problem = problem_of(world)
    local, solution = solve_localised(problem)
    try:
        orders = settle(at_the_rates_of(problem, local), solution, world.signals, world.mandate)
    except SettlementError:  # nobody makes room for rounding here
        return Outcome(world, local, solution)
    return Outcome(world, local, solution, orders)


def agrees(found: Outcome) -> float:
    """Assert that a plan is as good as the reference's under the same choices, and that its bound is no higher.

    Returns how far the two are apart: relative, of what `_EQUAL` is of.
    """
    problem, solution = found.problem, found.solution
    assert problem is not None
    assert solution is not None
    if found.world.mandate.mode is TradingMode.LIQUIDATE:
        return _liquidates(found.world, problem, solution)
    anyway = _anyway(problem)
    least = _reference(problem, solution.choices)
    size = max(abs(least), abs(solution.nothing + anyway - least))
    # from below the reference may be passed by what Clarabel lets it break rules by
    apart = abs(solution.objective + anyway - least)
    assert apart <= max(_EQUAL * size, _ROUND_OFF), (found.world.mandate.mode, apart / size)
    assert solution.residual <= FEASIBLE
    assert solution.bound + anyway <= least + _EQUAL * size
    return apart / size


def _anyway(problem: Problem) -> float:
    """What affine own terms charge for doing nothing: only a cone solver's objective is with it."""
    return 0.0 if problem.is_opaque else charged_anyway(problem.terms)


def _reference(problem: Problem, choices: Choices) -> float:
    """Least objective under the choices; over all cells where the tax is a curve."""
    tax = schedule_d_of(problem)
    if tax is None or tax.is_constant:
        return _of_one(problem, choices, problem)
    least = np.inf
    for local in in_each_cell(problem, tax):
        try:
            least = min(least, _of_one(local, choices, problem))
        except (InfeasibleError, UncertifiedError):  # the latter where a cell is all but out of reach
            continue
    return least


def _of_one(local: Problem, choices: Choices, problem: Problem) -> float:
    answer = solve_reference(local, choices)
    if problem.block.wash is None:
        return answer.objective
    # a choice may charge a washed amount by its price where all of the width costs less: the term charges the lesser
    holdings = problem.block.holdings
    doubly = 2.0 * float(problem.block.impact @ (answer.plan.sold(holdings.lot_name) * answer.plan.buys))
    by_terms = sum(t.value_usd(answer.plan) for t in problem.terms) / holdings.value_usd - doubly
    return min(answer.objective, by_terms)


def _liquidates(world: World, problem: Problem, solution: Solution) -> float:
    apart = solution.convex_gap / abs(solution.objective)
    if world.mandate.max_trade_usd is None and world.mandate.participation_max is None:
        block = problem.block
        sell_max = next(r for r in problem.rules if isinstance(r, Locked)).sell_max
        sold = np.bincount(block.holdings.lot_name, weights=sell_max, minlength=len(block.min_trade))
        left = (sold < block.least_sale)[block.holdings.lot_name]
        everything = Plan(np.where(left, 0.0, sell_max), np.zeros(len(block.min_trade)))
        known = sum(t.value_usd(everything) for t in problem.terms) / block.holdings.value_usd
        apart = max(apart, abs(solution.objective - known) / abs(known))
    assert apart <= _EQUAL
    return apart


def no_choice_is_better(world: World, found: Outcome) -> int:
    """Assert the certificate of a tiny world against every choice of every name; how many were tried."""
    problem, solution = problem_of(world), found.solution
    assert solution is not None
    block, n = problem.block, len(problem.block.active_lower)
    losses = block.segments.names_with_losses(n)
    wash = block.wash
    options = []
    for i in range(n):
        mine = [Choice.SELL, Choice.BUY] if losses[i] or block.min_trade[i] > 0 else [Choice.BUY]
        mine += [Choice.NOTHING] if block.min_trade[i] > 0 else []
        if wash is not None:
            mine += [Choice.SELL_BEYOND] if losses[i] and wash.sell_width[i] > 0 else []
            mine += [Choice.BUY_BEYOND] if wash.buy_width[i] > 0 else []
        options.append(mine)
    least, tried = np.inf, 0
    for choices in product(*options):
        tried += 1
        try:
            least = min(least, _reference(problem, np.array(choices, dtype=np.int64)))
        except (InfeasibleError, UncertifiedError):  # the latter on the edge of what the choices leave
            continue
    size = max(abs(least), abs(solution.nothing - least))
    assert solution.bound <= least + _EQUAL * size
    assert solution.objective >= least - _EQUAL * size
    assert solution.objective - least <= solution.gap + _EQUAL * size
    return tried


def keeps_every_wish(found: Outcome) -> None:
    """Assert that final orders keep every wish by an independent reading of the mandate, own rules by hand."""
    if found.orders is None:
        return
    world, orders = found.world, FinalOrders(found.orders.sells, found.orders.buys)
    assert not broken_wishes(world.signals, world.mandate, orders, tax_of(world))
    _is_worth_its_trades(world, found.orders)
    account = FinalAccount(world.signals, world.mandate, orders)
    for rule in world.own.rules:
        check = {FewBuys: _few_buys, Disk: _disk}[type(rule)]  # type: ignore[index]
        assert check(account, rule) <= TOLERANCE


def _is_worth_its_trades(world: World, orders: Orders) -> None:
    """Where nothing has to be done, what is done is worth what the mandate asks for, by the terms."""
    least, nothing = float(world.mandate.benefit_min_usd), FinalOrders({}, {})
    if not least or not (orders.sells or orders.buys):
        return
    if not broken_wishes(world.signals, world.mandate, nothing, tax_of(world)):
        problem = problem_of(world)
        idle = problem.block.holdings.nothing()
        worth = sum(t.value_usd(idle) - t.value_usd(orders.plan) for t in problem.terms)
        assert worth >= least - _CENT_USD


def tax_of(world: World) -> TaxOf:
    """How the tax of a world's sales is reckoned apart from any problem."""
    if isinstance(world.tax, TaxProfile):
        return world.tax.rates
    law = law_of(world.tax, world.signals.market.as_of)
    now = law.at()

    def change(short: float, long: float) -> float:
        return float(law.at(Fraction(short), Fraction(long)) - now)

    return change


def _few_buys(account: FinalAccount, rule: FewBuys) -> float:
    del rule
    securities, value = account.signals.market.universe.securities, float(account.value)
    bought = np.array(account.bought_usd, dtype=np.float64) / value
    member = np.array([s.sector == "S1" for s in securities])
    return max(float(bought[: len(securities) // 2].sum()) - 0.16, float(bought[member].sum()) - 0.03)


def _disk(account: FinalAccount, rule: Disk) -> float:
    now = float(np.linalg.norm(account.held - account.target))
    return float(np.linalg.norm(account.active)) - rule.part * now
