"""A solution that judges itself, without the solver that made it.

Primal residuals come from the amounts, the bound from the prices (`PricedNames.bound`); their
difference is the gap. Nothing that fails the check may become trades.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UncertifiedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choices, Restriction, restrict, washed_rows
from di_advisor.solve.counting import Counting
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.prices import PricedNames, Prices

__all__ = ["Solution", "judge", "objective_of", "plan_of", "power_cost", "residual_of", "variance_of", "wash_cost"]

FEASIBLE = 1e-6
"""Largest violation of a rule that counts as round-off, fraction of the account."""

CONVEX_GAP = 1e-5
"""Largest gap of the convex problem that counts as solved, relative to the size of the objective."""

NEGLIGIBLE = 1e-7
"""A gap that counts as solved whatever the objective's size: ten cents in a million dollars."""


@dataclass(frozen=True)
class Solution:
    """Plan, prices and certificate; figures are fractions of the account's value.

    Attributes
    ----------
    plan : Plan
        What to sell and buy.
    choices : ndarray of int, shape (n,)
        Discrete choice of each name.
    prices : Prices
        Multipliers of the convex problem under these choices.
    objective : float
        Objective of the plan.
    convex_bound : float
        Lower bound under the same choices: how well the convex problem is solved.
    bound : float
        Lower bound over all choices.
    residual : float
        Largest violation of any limit.
    nothing : float
        Objective of doing nothing.
    solver : str
        What solved it.
    counts : SolverCounts
        Convex solves of the whole search, by the solver that answered.
    shares_bound : float
        Lower bound over all plans in whole steps of shares, where the block says what a step is; this is
        what a rounded plan is held against. The plan here is not rounded, and may be better.
    baseline : float or None
        Objective of the plan that trades least where doing nothing would break the limits on numbers
        (`di_advisor.solve.baseline`); None where it was not asked for.
    """

    plan: Plan
    choices: Choices
    prices: Prices
    objective: float
    convex_bound: float
    bound: float
    residual: float
    nothing: float
    solver: str
    counts: SolverCounts
    shares_bound: float = -np.inf
    baseline: float | None = None

    @property
    def benefit(self) -> float:
        """How much better the plan is than the baseline: than doing nothing, where that is allowed."""
        return (self.nothing if self.baseline is None else self.baseline) - self.objective

    @property
    def bound_after_rounding(self) -> float:
        """The best bound on plans in whole steps of shares."""
        return max(self.bound, self.shares_bound)

    @property
    def solves(self) -> int:
        """Convex solves."""
        return self.counts.solves

    @property
    def fallbacks(self) -> int:
        """Convex solves that the hot path did not certify."""
        return self.counts.fallbacks

    @property
    def gap(self) -> float:
        """Proved distance from the best plan there is."""
        return max(self.objective - self.bound, 0.0)

    @property
    def convex_gap(self) -> float:
        """Proved distance from the best plan under the same choices."""
        return max(self.objective - self.convex_bound, 0.0)

    def check(self, *, scale: float) -> None:
        """Refuse a plan that breaks a limit or is not optimal for its choices.

        Parameters
        ----------
        scale : float
            Size of the objective that gaps are measured against.

        Raises
        ------
        UncertifiedError
            With the residual or the gap.
        """
        if not (np.isfinite(self.objective) and self.residual <= FEASIBLE):
            raise UncertifiedError(
                f"The solver's plan breaks a limit by {self.residual:.2e} of the account's value.",
                hint="No trades are proposed. Check the data for extreme figures, or widen the narrowest band.",
                residual=self.residual,
            )
        if not self.convex_gap <= max(CONVEX_GAP * max(scale, abs(self.objective)), NEGLIGIBLE):
            raise UncertifiedError(
                f"The solver's plan is {self.convex_gap:.2e} of the account's value away from its proved bound.",
                hint="No trades are proposed. Check the data for extreme figures.",
                gap=self.convex_gap,
            )


def plan_of(block: Block, amounts: FloatArray) -> Plan:
    """Plan from the amounts of the segments."""
    segments = block.segments
    lots = len(block.holdings.lot_name)
    sold = segments.sell
    sells = np.bincount(segments.lot[sold], weights=amounts[sold], minlength=lots).astype(np.float64)
    buys = np.bincount(segments.name[~sold], weights=amounts[~sold], minlength=len(block.active_lower))
    return Plan(sells, buys.astype(np.float64))


def variance_of(block: Block, active: FloatArray) -> float:
    """Active variance per year."""
    return block.risk.variance_per_year(active)


def objective_of(block: Block, amounts: FloatArray, active: FloatArray) -> float:
    """Objective of segment amounts, a fraction of the account."""
    moved = active - block.holdings.active
    total = (
        block.aversion * variance_of(block, active) + block.impact @ (moved * moved) + block.segments.slope @ amounts
    )
    return float(total) + power_cost(block, amounts) + wash_cost(block, amounts)


def wash_cost(block: Block, amounts: FloatArray) -> float:
    """What the washed parts of amounts cost, where wash sales are priced."""
    wash, segments, n = block.wash, block.segments, len(block.active_lower)
    if wash is None:
        return 0.0
    bought = np.bincount(segments.name, weights=np.where(segments.sell, 0.0, amounts), minlength=n)
    lost = np.bincount(segments.name, weights=np.where(segments.loss, amounts, 0.0), minlength=n)
    washed = wash.buy_price @ np.minimum(bought, wash.buy_width) + wash.sell_price @ np.minimum(lost, wash.sell_width)
    return float(washed)


def power_cost(block: Block, amounts: FloatArray) -> float:
    """Cost of the 3/2 powers of what is sold and bought, where the block has any."""
    if block.power is None:
        return 0.0
    segments, n = block.segments, len(block.active_lower)
    sold = np.bincount(segments.name, weights=np.where(segments.sell, amounts, 0.0), minlength=n)
    bought = np.bincount(segments.name, weights=np.where(segments.sell, 0.0, amounts), minlength=n)
    return float(block.power[:, 0] @ sold**1.5 + block.power[:, 1] @ bought**1.5)


def residual_of(
    block: Block, choices: Choices, amounts: FloatArray, active: FloatArray, limits: Restriction | None = None
) -> float:
    """Largest violation of boxes, rows, exposures and the cap; ``limits`` are `restrict`'s, where they are known."""
    limits = restrict(block, choices) if limits is None else limits
    over = [0.0]
    over.append(float((limits.active_lower - active).max(initial=0.0)))
    over.append(float((active - limits.active_upper).max(initial=0.0)))
    e = block.risk.exposures.T @ active
    over.append(float((block.exposure_lower - e).max(initial=0.0)))
    over.append(float((e - block.exposure_upper).max(initial=0.0)))
    over.append(float(amounts[~limits.open_segments].max(initial=0.0)))
    for row in washed_rows(block, choices):
        value = 0.0
        if row.on_active is not None:
            value += float(row.on_active @ active)
        if row.on_segments is not None:
            value += float(row.on_segments @ amounts)
        over.append(max(row.lower - value, value - row.upper))
    if block.tracking_error_max is not None:
        over.append(float(np.sqrt(variance_of(block, active))) - block.tracking_error_max)
    over.append(_washed(block, amounts))
    if Counting(block).excess(active) > 0:
        over.append(np.inf)  # a number is kept or it is not
    return max(over)


def _washed(block: Block, amounts: FloatArray) -> float:
    """Largest amount of an identical group that is both sold at a loss and bought."""
    segments = block.segments
    group = block.groups[segments.name]
    size = int(block.groups.max(initial=-1)) + 1
    lost = np.bincount(group, weights=np.where(segments.loss, amounts, 0.0), minlength=size)
    bought = np.bincount(group, weights=np.where(segments.sell, 0.0, amounts), minlength=size)
    return float(np.minimum(lost, bought).max(initial=0.0))


def judge(
    names: PricedNames,
    choices: Choices,
    amounts: FloatArray,
    prices: Prices,
    *,
    solver: str,
    counts: SolverCounts,
) -> Solution:
    """Solution with its own figures."""
    block = names.block
    segments = block.segments
    trade = np.bincount(segments.name, weights=segments.sign * amounts, minlength=len(block.active_lower))
    active = block.holdings.active + trade
    clean = names.sanitised(prices)
    convex_bound, bound = names.bounds(clean, choices)
    return Solution(
        plan=plan_of(block, amounts),
        choices=choices,
        prices=clean,
        objective=objective_of(block, amounts, active),
        convex_bound=convex_bound,
        bound=bound,
        residual=residual_of(block, choices, amounts, active),
        nothing=block.aversion * variance_of(block, block.holdings.active),
        solver=solver,
        counts=counts,
    )
