"""How a plan over stages is held against cvxpy: all stages at once, and today's part at later prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.plan import SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import slack_in_rows
from di_advisor.formulate.staged import Flags, StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.today import first_solution, today_problem, with_later
from di_advisor.solve.choices import Choice
from di_advisor.solve.reference import solve_reference
from di_advisor.solve.staged.judge import breaches
from di_advisor.solve.staged.layout import Open
from di_advisor.solve.staged.prices import later_prices
from di_advisor.solve.staged.search import StagedSolution, solve_staged
from tests.solve.staged.random_transitions import RandomTransition, random_transition
from tests.solve.staged.reference import broken_over_stages, from_scratch

__all__ = ["StagedOutcome", "agrees_over_stages", "agrees_today", "staged_outcome", "today_of"]

_EQUAL = 1e-6
_PRICED = 1e-4
"""Of today's part: how far the prices of the later stages, multipliers of an interior point, may put its best plan."""

_KEPT = 1e-6
_NOT_HELD = 1e-7


@dataclass(frozen=True)
class StagedOutcome:
    """A plan over stages; no solution where no plan keeps the rules."""

    drawn: RandomTransition
    problem: StagedProblem
    solution: StagedSolution | None


@cache
def staged_outcome(seed: int) -> StagedOutcome:
    """The plan of a seed's transition."""
    drawn = random_transition(seed)
    problem = formulate_transition(drawn.signals, drawn.mandate, drawn.tax, drawn.wish, own=drawn.own)
    try:
        return StagedOutcome(drawn, problem, solve_staged(problem))
    except InfeasibleError:
        return StagedOutcome(drawn, problem, None)


def _sides(problem: StagedProblem, solution: StagedSolution) -> Open:
    """The choices of a plan, with one side of each name where they leave both open in a wash window.

    The package then has a hull of the two sides in its convex problem; what the plan does not use is closed here.
    """
    loss, buy = solution.choices.loss.copy(), solution.choices.buy.copy()
    group = problem.identical
    for s, (leg, plan) in enumerate(zip(problem.legs, solution.plans, strict=True)):
        lots = (leg.gain < 0) & (plan.sells > 0)
        taken = np.isin(group, group[problem.holdings.lot_name[lots]])
        for r in range(len(problem.legs)):
            if problem.washing(s, r):
                both = loss[s] & buy[r]
                buy[r] &= ~(both & taken)
                loss[s] &= ~(both & ~taken)
    found = replace(solution.choices, loss=loss, buy=buy)
    if problem.is_sided:  # what the plan leaves is closed: the package bounds the count of trades from below
        nets = [plan.net(problem.holdings.lot_name) for plan in solution.plans]
        sell = np.array([net < 0 for net in nets]) & found.sell
        found = replace(found, sell=sell, buy=np.array([net > 0 for net in nets]) & found.buy)
    if problem.names_max is not None:
        out = found.out.copy()
        out[-1] |= problem.holdings.target + problem.active_path(solution.plans)[-1] <= _NOT_HELD
        found = replace(found, out=out)
    return found


def agrees_over_stages(found: StagedOutcome) -> float:
    """Assert that a plan is as good as the reference's with the same sides, keeps every rule, and bounds it.

    Returns how far the two are apart: relative, of the objective or of what is gained, whichever is larger.
    """
    problem, solution = found.problem, found.solution
    assert solution is not None
    least = from_scratch(problem, _sides(problem, solution))
    size = max(abs(least), abs(problem.objective(problem.nothing()) - least))
    reached = solution.objective - _doubly(problem, solution)
    assert abs(reached - least) <= _EQUAL * size, (reached - least) / size
    assert solution.bound <= least + _EQUAL * size
    assert max(breaches(problem, solution.plans).values()) <= _KEPT
    assert broken_over_stages(problem, solution.plans) <= _KEPT
    return abs(reached - least) / size


def _doubly(problem: StagedProblem, solution: StagedSolution) -> float:
    """What squared impact charges beyond that of the net trade, where a gain is sold and the name bought back."""
    lot_name, impact = problem.holdings.lot_name, problem.cost.impact
    stages = zip(problem.legs, solution.plans, strict=True)
    return sum(leg.growth * 2.0 * float(impact @ (plan.sold(lot_name) * plan.buys)) for leg, plan in stages)


@dataclass(frozen=True)
class _Closed:
    """What the plan leaves to other dates or trades at the minimum today, as a rule for cvxpy only."""

    lots: Flags
    names: Flags
    least_sold: FloatArray
    least_bought: FloatArray
    name: str = "sides"

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        found = [symbols.sells[self.lots] == 0] * bool(self.lots.any())
        found += [symbols.buys[self.names] == 0] * bool(self.names.any())
        return [*found, symbols.sold >= self.least_sold, symbols.buys >= self.least_bought]


def today_of(found: StagedOutcome) -> Problem:
    """Today's part with the later stages at prices."""
    assert found.solution is not None
    problem = today_problem(found.drawn.signals, found.drawn.mandate, found.drawn.tax, found.problem)
    return with_later(problem, later_prices(found.problem, found.solution.answer, 1, found.problem))


def agrees_today(found: StagedOutcome) -> None:
    """Assert that no trades of today are better at the prices of the later stages, and what the best ones cost."""
    assert found.solution is not None
    priced, leg = today_of(found), found.problem.legs[0]
    sides = _sides(found.problem, found.solution)
    of_lot = found.problem.holdings.lot_name
    lots = ~sides.sell[0][of_lot] | ((leg.gain < 0) & ~sides.loss[0][of_lot])
    shut = _Closed(lots, ~sides.buy[0], sides.least_sold[0], sides.least_bought[0])
    anything = np.full(len(priced.block.active_lower), int(Choice.EITHER))
    closed = replace(priced, rules=(*priced.rules, shut))  # type: ignore[arg-type]
    answer = solve_reference(closed, anything)
    least = answer.objective
    first = first_solution(priced, found.problem, found.solution)
    size = max(abs(least), abs(first.nothing - least))
    assert abs(first.objective - least) <= _PRICED * size, (first.objective - least) / size
    lot_name, impact = found.problem.holdings.lot_name, priced.block.impact
    doubly = 2.0 * float(impact @ (answer.plan.sold(lot_name) * answer.plan.buys))
    by_terms = sum(t.value_usd(answer.plan) for t in priced.terms) / found.problem.holdings.value_usd
    assert abs(by_terms - doubly - least) <= _EQUAL * size, (by_terms - doubly - least) / size
    for rule in priced.rules:  # the cash row leaves the quadratic part of impact to settlement
        assert rule.name == "cash" or slack_in_rows(rule, answer.plan) >= -_KEPT, rule.sentence
