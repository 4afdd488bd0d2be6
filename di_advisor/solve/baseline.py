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
from numpy.typing import NDArray

from di_advisor.errors import DiAdvisorError
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.counting import Counting
from di_advisor.solve.feasible import Groups, within_limits
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import FEASIBLE, objective_of, residual_of, variance_of
from di_advisor.solve.tracking import Capped, solve_capped

__all__ = ["baseline_objective", "largest_kept", "most", "names_that_stay", "staying"]


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
        return solve_capped(QuadraticProgram(yardstick, staying(yardstick)))
    except DiAdvisorError:  # infeasible or not certified: there is no yardstick then
        return None


def staying(block: Block) -> Choices:
    """Which names may be held: everything where their number is not limited."""
    out = np.where(Counting(block).held_now, int(Choice.EXIT), int(Choice.NOTHING))
    return np.where(names_that_stay(block), int(Choice.EITHER), out)


def names_that_stay(block: Block) -> NDArray[np.bool_]:
    """Names that the baseline may hold, shape (n,): what cannot leave, then the largest holdings, then targets."""
    counting, holdings = Counting(block), block.holdings
    stuck = counting.held_now & ~counting.can_leave
    order = np.lexsort((-holdings.target, -holdings.held, ~stuck))
    stays = np.zeros(len(order), dtype=np.bool_)
    stays[order[: block.names_max]] = True
    return stays


def most(block: Block) -> float:
    """More than the objective of any plan within the names' limits: a bound above it proves a contradiction."""
    segments, risk, active = block.segments, block.risk, np.abs(block.holdings.active)
    moved = np.bincount(segments.name, weights=segments.width, minlength=len(active))
    reach = active + moved
    exposures = reach @ np.abs(risk.exposures)
    variance = float(exposures @ np.abs(risk.factor_covariance_per_year) @ exposures)
    variance += float(risk.specific_variance_per_year @ reach**2)
    total = float(block.aversion * variance + block.impact @ moved**2)
    total += float(np.maximum(segments.slope, 0.0) @ segments.width)
    if block.power is not None:
        total += float(block.power.max(axis=1) @ moved**1.5)
    if block.wash is not None:
        total += float(block.wash.buy_price @ block.wash.buy_width + block.wash.sell_price @ block.wash.sell_width)
    return 2.0 * total


def largest_kept(names: PricedNames, prices: Prices, shared: Groups) -> Choices:
    """Choices under which the names that the baseline holds are held, and no others."""
    values = names.values(prices)
    staying = names_that_stay(names.block)[:, None]
    holding = names.counting.holding
    plain = values.plain
    if names.block.names_max is not None:
        plain = np.where(staying == holding, plain, np.inf)
    wanted = plain.argmin(axis=1).astype(np.int64)
    return within_limits(names, wanted, replace(values, plain=plain), shared)
