"""The baseline of comparisons: the plan that trades least while breaking no rule.

Doing nothing is the baseline where it keeps every rule. Where it does not (480 names held, 100
allowed; cash above its range), the baseline is precisely this: the names that stay are those that
cannot be sold out, then the largest holdings, then the largest targets, as many as may be held; every
other holding is sold out, which is the least that has to be sold; and with the rest open the plan
minimises turnover, a dollar for each dollar traded, plus the price of risk, which breaks ties. Rules
are kept; minimum trades, whole shares, the number of trades and wash-sale sides are left aside, since
it is a yardstick and not a proposal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.errors import DiAdvisorError
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.counting import Counting
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import FEASIBLE, objective_of, residual_of, variance_of
from di_advisor.solve.tracking import Capped, solve_capped

__all__ = ["baseline_objective"]


def baseline_objective(block: Block) -> float | None:
    """Objective of the baseline, a fraction of the account; None where no such plan was found.

    Parameters
    ----------
    block : Block
        The account.
    """
    n, active = len(block.active_lower), block.holdings.active
    idle = np.zeros(n, dtype=np.int64)
    if residual_of(block, idle, np.zeros(len(block.segments)), active) <= FEASIBLE:
        return block.aversion * variance_of(block, active)
    found = _least_trading(block)
    if found is None:
        return None
    segments = block.segments
    moved = np.bincount(segments.name, weights=segments.sign * found.amounts, minlength=n)
    return objective_of(block, found.amounts, active + moved)


def _least_trading(block: Block) -> Capped | None:
    """The amounts of the plan that trades least."""
    dollar = np.ones(len(block.segments))
    yardstick = replace(
        block,
        segments=replace(block.segments, slope=dollar),
        impact=np.zeros(len(block.active_lower)),
        min_trade=np.zeros(len(block.active_lower)),
        power=None,
        wash=None,
    )
    try:
        return solve_capped(QuadraticProgram(yardstick, _staying(yardstick)))
    except DiAdvisorError:  # infeasible or not certified: there is no yardstick then
        return None


def _staying(block: Block) -> Choices:
    """Which names may be held: everything where their number is not limited."""
    n = len(block.active_lower)
    open_to_all = np.full(n, int(Choice.EITHER), dtype=np.int64)
    if block.names_max is None:
        return open_to_all
    counting, holdings = Counting(block), block.holdings
    stuck = counting.held_now & ~counting.can_leave
    order = np.lexsort((-holdings.target, -holdings.held, ~stuck))
    choices = np.where(counting.held_now, int(Choice.EXIT), int(Choice.NOTHING))
    choices[order[: block.names_max]] = Choice.EITHER
    return choices
