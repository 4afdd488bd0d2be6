"""The plan with one trade forced into it, everything else free to give way: what the trade is worth.

The discrete choices of the other names are kept, so that the forced problem is convex and its answer
exact. A buy is forced by the name's lower limit. A lot is forced by cutting the smallest sale off it
and putting that first in the name's fill order: it is then sold before anything else of the name, and
the name must sell at least that much. What the plan is worth is reckoned by the terms themselves.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from di_advisor.errors import UnfinishedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.segments import Segments, cut
from di_advisor.formulate.separable import add_up
from di_advisor.propose.neighbours import Neighbours
from di_advisor.solve import Solution
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.dual_newton import Warm
from di_advisor.solve.opaque import solve_opaque_with

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
    return Neighbours(problem, solution, warm).solve(choices, block=replace(block, active_lower=lower)).plan


def with_sale(problem: Problem, solution: Solution, warm: Warm | None, lot: int, weight: float) -> Plan:
    """The best plan that sells at least a weight of a lot, under the other names' choices.

    ``lot`` is its position in the holdings; the rest as in `with_buy`.
    """
    block = problem.block
    name = int(block.holdings.lot_name[lot])
    if problem.is_opaque:
        choices = _gives_way(block, solution.choices, name, buying=False)
        return solve_opaque_with(problem, choices, lot=lot, weight=weight)
    segments = _cut_first(problem, lot, weight)
    upper = block.active_upper.copy()
    upper[name] = min(upper[name], block.holdings.active[name] - weight)
    forced = replace(
        block,
        segments=segments,
        active_upper=upper,
        rows=tuple(row for rule in problem.rules for row in rule.rows(segments)),
    )
    choices = _gives_way(block, solution.choices, name, buying=False)
    return Neighbours(problem, solution, warm).solve(choices, block=forced).plan


def _gives_way(block: Block, choices: Choices, name: int, *, buying: bool) -> Choices:
    """The choices with one name's side forced, and what would be a wash sale beside it given up."""
    losses = block.segments.names_with_losses(len(choices))
    after = choices.copy()
    group = (block.groups == block.groups[name]) & (np.arange(len(choices)) != name)
    if buying:
        after[group & losses & (choices == Choice.SELL)] = Choice.NOTHING
    elif losses[name]:
        after[group & (choices == Choice.BUY)] = Choice.NOTHING
    after[name] = Choice.BUY if buying else Choice.SELL
    return after


def _cut_first(problem: Problem, lot: int, weight: float) -> Segments:
    """The block's segments, with a weight of one lot first in its name's fill order.

    It is priced like the name's cheapest lot: since all of it must be sold, its price is a constant.
    """
    holdings, old = problem.block.holdings, problem.block.segments
    lots, names = len(holdings.lot_name), len(holdings.held)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    total = add_up((t.separable() for t in problem.terms), lots, names)
    if total.lot_slope is None or total.traded is None:
        raise UnfinishedError("The plan has no price by lot.", hint="Ask about a plan that was formulated here.")
    slope, name = total.lot_slope, int(holdings.lot_name[lot])
    mine = np.flatnonzero((holdings.lot_name == name) & (locked.sell_max > 0))
    left = locked.sell_max[mine] - np.where(mine == lot, weight, 0.0)
    lost = np.isin(mine, old.lot[old.loss])
    found = cut(
        np.full(len(mine) + 1, name),
        np.r_[weight, np.maximum(left, 0.0)],
        np.r_[slope[mine].min(), slope[mine]],
        np.r_[lost[mine == lot], lost],
        np.zeros(names),
        total.traded,
        total.linear,
    ).tilted(total.name_slope)
    found = replace(found, lot=np.r_[lot, mine][found.lot])
    sold = np.flatnonzero(old.sell & (old.name == name))  # one run: segments are sorted by name, sales first

    def spliced(field: str) -> Any:  # noqa: ANN401 - an array of whatever the field holds
        whole = getattr(old, field)
        return np.concatenate([whole[: sold[0]], getattr(found, field), whole[sold[-1] + 1 :]])

    return Segments(**{f.name: spliced(f.name) for f in fields(Segments)})
