"""Plans next door to one with own terms or rules for a cone solver: one trade forced, or some lots shut.

What a question about a plan asks for: the choices stay, one constraint is added, and the answer is
checked as the plan was. Under a tax that is a curve all its regions are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.solve.choices import Choices
from di_advisor.solve.counting import Counting
from di_advisor.solve.own_judged import objective_on, residual_on
from di_advisor.solve.own_model import solve_convex
from di_advisor.solve.own_taxed import Regionwise
from di_advisor.solve.solution import CONVEX_GAP, FEASIBLE, NEGLIGIBLE

__all__ = ["solve_opaque_with", "solve_opaque_without"]


def solve_opaque_with(
    problem: Problem, choices: Choices, *, lot: int | None = None, name: int | None = None, weight: float
) -> Plan:
    """The best plan that sells at least a weight of a lot, or buys at least one of a name, under choices.

    Raises
    ------
    InfeasibleError, UncertifiedError, UnfinishedError
        If there is none, or it was not certified.
    """

    def forced(symbols: SymbolicPlan) -> list[Any]:
        return [symbols.sells[lot] >= weight if name is None else symbols.buys[name] >= weight]

    return _next_door(problem, choices, forced)


def solve_opaque_without(problem: Problem, choices: Choices, lots: Sequence[int]) -> Plan:
    """The best plan under choices that sells nothing of some lots.

    Raises
    ------
    InfeasibleError, UncertifiedError, UnfinishedError
        If there is none, or it was not certified.
    """
    shut = list(lots)
    return _next_door(problem, choices, lambda symbols: [symbols.sells[shut] == 0] if shut else [])


def _next_door(problem: Problem, choices: Choices, further: Callable[[SymbolicPlan], list[Any]]) -> Plan:
    tax = schedule_d_of(problem)
    if tax is None:
        found = solve_convex(problem, choices, further=further)
    else:
        found = Regionwise(problem, tax).solve(choices, further=further).plan
    holdings = problem.block.holdings
    over = Counting(problem.block).excess(holdings.active + found.plan.net(holdings.lot_name))
    if over > 0:  # choices that are kept do not see to numbers
        raise InfeasibleError(
            f"The plan next door has {over} names or trades more than are allowed.",
            hint="Allow more of them.",
            over=over,
        )
    residual, gap = residual_on(problem, found.plan), objective_on(problem, found.plan) - found.bound
    if residual > FEASIBLE or gap > max(CONVEX_GAP * abs(found.bound), NEGLIGIBLE):
        raise UncertifiedError(
            f"A plan next door breaks a rule by {residual:.2e} or is {gap:.2e} of the account's value from its bound.",
            hint="Nothing is said about this question.",
        )
    return found.plan
