"""The plan with one trade forced into it, everything else free to give way: what the trade is worth.

The discrete choices of the other names are kept, so that the forced problem is convex and its answer
exact. A buy is forced by the name's lower limit. A lot is forced by cutting the smallest sale off it
and putting that first in the name's fill order: it is then sold before anything else of the name, and
the name must sell at least that much. What the plan is worth is reckoned by the terms themselves.
Where the tax is a curve, the plan is searched by the law (`at_law`), in whatever bracket it then stands.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.segments import Segments
from di_advisor.propose.at_law import ForcedSale, bends, solve_at_law
from di_advisor.propose.neighbours import Neighbours
from di_advisor.propose.recut import recut, sales_of
from di_advisor.solve import Solution
from di_advisor.solve.choices import Choice, Choices, is_any
from di_advisor.solve.dual_newton import Warm
from di_advisor.solve.own_next_door import solve_opaque_with

__all__ = ["with_buy", "with_sale"]


def with_buy(problem: Problem, solution: Solution, warm: Warm | None, name: int, weight: float) -> Plan:
    """The best plan that buys at least a weight of a name, under the other names' choices.

    Parameters
    ----------
    problem, solution : Problem, Solution
        The plan that is compared with.
    warm : Warm or None
        Where its solve stood.
    name : int
        Position of the name.
    weight : float
        Fraction of the account.

    Raises
    ------
    InfeasibleError
        If no plan with it keeps the rules.
    UncertifiedError
        If no solver certified it.
    """
    block = problem.block
    if problem.is_opaque:
        choices = _gives_way(block, solution.choices, name, buying=True)
        return solve_opaque_with(problem, choices, name=name, weight=weight)
    lower = block.active_lower.copy()
    lower[name] = max(lower[name], block.holdings.active[name] + weight)
    choices = _gives_way(block, solution.choices, name, buying=True)
    forced = replace(block, active_lower=lower)
    if bends(problem):
        return solve_at_law(replace(problem, blocks=(forced,)), choices).plan
    return Neighbours(problem, solution, warm).solve(choices, block=forced).plan


def with_sale(problem: Problem, solution: Solution, warm: Warm | None, lot: int, weight: float) -> Plan:
    """The best plan that sells at least a weight of a lot, under the other names' choices.

    ``lot`` is its position in the holdings; the rest as in `with_buy`.
    """
    block = problem.block
    name = int(block.holdings.lot_name[lot])
    if problem.is_opaque:
        choices = _gives_way(block, solution.choices, name, buying=False)
        return solve_opaque_with(problem, choices, lot=lot, weight=weight)
    upper = block.active_upper.copy()
    upper[name] = min(upper[name], block.holdings.active[name] - weight)
    forced = replace(block, active_upper=upper)
    choices = _gives_way(block, solution.choices, name, buying=False)
    if bends(problem):
        return solve_at_law(replace(problem, blocks=(forced,)), choices, forced=ForcedSale(lot, weight)).plan
    segments = _cut_first(problem, lot, weight)
    rows = tuple(row for rule in problem.rules for row in rule.rows(segments))
    forced = replace(forced, segments=segments, rows=rows)
    return Neighbours(problem, solution, warm).solve(choices, block=forced).plan


def _gives_way(block: Block, choices: Choices, name: int, *, buying: bool) -> Choices:
    """The choices with one name's side forced, and what would be a wash sale beside it given up."""
    losses = block.segments.names_with_losses(len(choices))
    after = choices.copy()
    group = (block.groups == block.groups[name]) & (np.arange(len(choices)) != name)
    if buying:
        after[group & losses & is_any(choices, Choice.SELL, Choice.EXIT, Choice.SELL_BEYOND)] = Choice.NOTHING
    elif losses[name]:
        after[group & is_any(choices, Choice.BUY, Choice.BUY_BEYOND)] = Choice.NOTHING
    after[name] = Choice.BUY if buying else Choice.SELL
    return after


def _cut_first(problem: Problem, lot: int, weight: float) -> Segments:
    """The block's segments, with a weight of one lot first in its name's fill order.

    It is priced like the name's cheapest lot: since all of it must be sold, its price is a constant.
    """
    name = int(problem.block.holdings.lot_name[lot])
    mine, widths, slopes, total = sales_of(problem, name)
    left = np.maximum(widths - np.where(mine == lot, weight, 0.0), 0.0)
    parts = np.r_[lot, mine]
    return recut(problem, name, parts, np.r_[weight, left], np.r_[slopes.min(), slopes], total)
