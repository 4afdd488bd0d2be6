"""Plans of one account at any rates of tax: solved at a pair of rates, or with the gains kept in a region.

Decision: a plan is judged by the terms themselves (what it costs beside tax, and its two gains), never by
the slopes it was solved with; a bound is only ever taken at rates whose lots are in that order, and
without any price on gains beside them. So order and bound agree whatever led to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.localise import AtAnyRates
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block
from di_advisor.formulate.separable import Row
from di_advisor.formulate.tax_cells import GAIN_BUDGET, TAX_BUDGET, Region, regions_of
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.solve.choices import Choice, Choices, beyond_cost, is_any
from di_advisor.solve.dual_newton import Warm
from di_advisor.solve.dual_newton.complementarity import Sides
from di_advisor.solve.dual_newton.newton import Position
from di_advisor.solve.gain_reach import GainReach
from di_advisor.solve.matrices import Matrices
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.solution import plan_of
from di_advisor.solve.tracking import solve_capped

__all__ = [
    "FixedChoices",
    "GainPlan",
    "Proved",
    "beside_of",
    "judged",
    "kept_back",
    "margin_of",
    "priced_at",
    "proved_over_all",
    "regions_for",
]

_TIE = 1e-10
"""Slopes of two lots that count as equal."""

_DIRECTIONS = 8
_TRADED = 1e-9


@dataclass(frozen=True, eq=False)
class GainPlan:
    """A plan as the tax sees it.

    Attributes
    ----------
    plan : Plan
        Sells and buys.
    gains : ndarray of shape (2,)
        Short-term and long-term, fractions of the account.
    beside : float
        Objective without the tax.
    tax : float
        Tax beyond that of doing nothing, a fraction of the account.
    choices : ndarray of int, shape (n,)
        Choices it was found under.
    rates : ndarray of shape (2,), optional
        Rates at which it is (or was taken to be) the best plan.
    """

    plan: Plan
    gains: FloatArray
    beside: float
    tax: float
    choices: Choices
    rates: FloatArray | None = None

    @property
    def objective(self) -> float:
        """With the tax."""
        return self.beside + self.tax


@dataclass(frozen=True, eq=False)
class Proved:
    """What one pair of prices of the gains proves.

    Attributes
    ----------
    rates : ndarray of shape (2,)
        Prices of short-term and long-term gain.
    least : float
        No plan has less than this of everything else plus these prices times its gains.
    prices : Prices
        Of exposures, risk and rows without those of the gains.
    """

    rates: FloatArray
    least: float
    prices: Prices

    def bound(self, region: Region) -> float:
        """No plan with gains in the region has a lower objective."""
        return self.least + region.least_beside(self.rates)


class FixedChoices:
    """Convex solves under fixed choices at any rates, warm from each other.

    Parameters
    ----------
    family : AtAnyRates
        The problem.
    choices : ndarray of int, shape (n,)
        One `Choice` a name.
    hot : HotPath
        Layout, warm start and counts.
    ask : callable
        Called before each solve; raises where the search was cancelled.
    """

    def __init__(self, family: AtAnyRates, choices: Choices, hot: HotPath, ask: Callable[[], None]) -> None:
        self.family, self.choices, self.hot, self.ask = family, choices, hot, ask
        self.risk: float | None = None
        self.reach = GainReach()

    def at(self, rates: FloatArray) -> tuple[GainPlan, Proved]:
        """The best plan at constant rates, and what it proves."""
        block = self.family.block(rates)
        plan, prices = self._solved(block)
        return replace(plan, rates=rates), self.proved(rates, prices, block)

    def tied(self, plan: GainPlan, rates: FloatArray) -> list[GainPlan]:
        """The same trades of every name by other lots, where lots tie at given rates: as far as they reach, both ways.

        They all cost the same at these rates, so that a mixture of them is as good as each, with gains in between.
        """
        family, holdings = self.family, self.family.problem.block.holdings
        gains, width = family.tax.gains, family.locked.sell_max
        slope = gains.taxed((float(rates[0]), float(rates[1])))
        slope = slope if family.beside.lot_slope is None else slope + family.beside.lot_slope
        sold = plan.plan.sold(holdings.lot_name)
        lot = np.flatnonzero((width > 0) & (sold[holdings.lot_name] > 0))
        lot = lot[np.lexsort((slope[lot], holdings.lot_name[lot]))]
        name = holdings.lot_name[lot]
        same = (np.diff(name) == 0) & (np.diff(slope[lot]) < _TIE)
        if not (same & (np.diff(gains.short[lot]) ** 2 + np.diff(gains.long[lot]) ** 2 > 0)).any():
            return []
        tie = np.cumsum(np.r_[True, ~same])
        found = []
        for angle in np.arange(_DIRECTIONS) * (2.0 * np.pi / _DIRECTIONS):
            leaning = np.cos(angle) * gains.short[lot] + np.sin(angle) * gains.long[lot]
            order = np.lexsort((leaning, tie))
            sells = np.zeros(len(width))
            sells[lot[order]] = _filled(sold, name[order], width[lot[order]])
            found.append(replace(self.judged(Plan(sells, plan.plan.buys)), rates=rates))
        return found

    def tie_between(self, one: GainPlan, a: FloatArray, other: GainPlan, b: FloatArray) -> FloatArray | None:
        """The rates between two at which those two lots of a name tie that two plans exchange most; None if none do."""
        family, holdings = self.family, self.family.problem.block.holdings
        change = other.plan.sells - one.plan.sells
        gains = np.c_[family.tax.gains.short, family.tax.gains.long]
        beside = np.zeros(len(change)) if family.beside.lot_slope is None else family.beside.lot_slope
        at_a, turn = beside + gains @ a, gains @ (b - a)
        given, taken = np.flatnonzero(change < -_TRADED), np.flatnonzero(change > _TRADED)
        row, column = np.nonzero(holdings.lot_name[given][:, None] == holdings.lot_name[taken][None, :])
        first, second = given[row], taken[column]
        apart = turn[second] - turn[first]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(apart != 0, (at_a[first] - at_a[second]) / apart, -1.0)
        between = np.flatnonzero((share > 0) & (share < 1))
        if not len(between):
            return None
        moved = np.minimum(-change[first], change[second])[between] * np.abs(apart[between])
        return a + float(share[between[np.argmax(moved)]]) * (b - a)

    def within(self, region: Region, order: FloatArray, near: Proved | None = None) -> tuple[GainPlan, Proved]:
        """The best plan with gains in a region, lots in order at given rates, and what its prices prove.

        The climb begins where ``near``, that of these rates, is left: its bound is that of the first step.

        Raises
        ------
        InfeasibleError
            If the rules leave no plan there.
        """
        bare = self.family.block(region.rates, order=order)
        block = replace(bare, rows=(*bare.rows, *self.region_rows(region, bare)))

        def rules() -> Matrices:
            return QuadraticProgram(block, self.choices, hot=self.hot).matrices

        if self.reach.out_of_reach(region, rules):
            raise InfeasibleError("The rules leave no plan in a region of the tax.", hint="Widen a rule.")
        if near is not None:
            self._begin(region, block, near)
        try:
            plan, prices = self._solved(block)
        except InfeasibleError:
            self.reach.learn(region, rules())
            raise
        kept = len(bare.rows)
        rates = region.rates.copy()
        for price, border in zip(prices.rows[kept:], region.borders, strict=True):
            rates += price * border.normal
        return replace(plan, rates=rates), self.proved(rates, replace(prices, rows=prices.rows[:kept]))

    def _begin(self, region: Region, block: Block, near: Proved) -> None:
        """Start the next climb at known prices, its rates of the gains charged by the borders."""
        from scipy.optimize import nnls

        prices, sides = near.prices, np.zeros(len(near.prices.exposures) + len(block.rows), dtype=np.int64)
        charged = np.zeros(len(region.borders))
        if len(charged):
            charged, _ = nnls(np.array([b.normal for b in region.borders]).T, near.rates - region.rates)
        rows = np.concatenate([prices.rows, charged])
        k = len(prices.exposures)
        sides[k:] = np.sign(rows)
        position = Position(np.concatenate([prices.exposures, rows]), prices.point, Sides(sides))
        self.hot.warm = Warm(tuple(r.rule for r in block.rows), position)

    def region_rows(self, region: Region, block: Block) -> tuple[Row, ...]:
        """The borders of a region as rows."""
        on = self.family.tax.gains.on_segments
        return tuple(
            Row(
                border.rule or f"tax region {i}",
                -np.inf,
                border.limit,
                on_segments=on((float(border.normal[0]), float(border.normal[1])), block.segments),
            )
            for i, border in enumerate(region.borders)
        )

    def proved(self, rates: FloatArray, prices: Prices, block: Block | None = None) -> Proved:
        """A bound under these choices at any rates and prices; no solve."""
        block = self.family.block(rates) if block is None else block
        program = QuadraticProgram(block, self.choices, hot=self.hot)
        return Proved(rates, program.bound(prices) + beyond_cost(block, self.choices), prices)

    @cached_property
    def nothing(self) -> float:
        """Objective of doing nothing; the exact tax of it is the same at every step."""
        return self.judged(self.family.problem.block.holdings.nothing()).objective

    def judged(self, plan: Plan) -> GainPlan:
        """A plan with its own figures."""
        return judged(self.family, plan, self.choices)

    def _solved(self, block: Block) -> tuple[GainPlan, Prices]:
        self.ask()
        found = solve_capped(QuadraticProgram(block, self.choices, hot=self.hot), start=self.risk)
        if found is None:
            raise InfeasibleError("The solve was pruned.", hint="Allow more rounds.")
        self.risk = found.prices.risk
        return self.judged(plan_of(block, found.amounts)), found.prices


def _filled(sold: FloatArray, name: NDArray[np.int64], width: FloatArray) -> FloatArray:
    """How much of each lot is sold, lots by name in filling order."""
    end = np.cumsum(width)
    first = np.flatnonzero(np.r_[True, name[1:] != name[:-1]])
    before = np.repeat(np.r_[0.0, end[first[1:] - 1]], np.diff(np.r_[first, len(name)]))
    return np.asarray(np.clip(sold[name] - (end - width - before), 0.0, width), dtype=np.float64)


def beside_of(family: AtAnyRates, plan: Plan, choices: Choices) -> float:
    """What a plan costs beside its tax, a fraction of the account.

    The quadratic part of impact is charged on a name's net trade, as the block charges it, where the
    name is both sold and bought.
    """
    block = family.problem.block
    free = is_any(choices, Choice.EITHER)  # these are charged for no wash sales
    fixed = Plan(np.where(free[block.holdings.lot_name], 0.0, plan.sells), np.where(free, 0.0, plan.buys))
    others = (t for t in family.problem.terms if t is not family.tax)
    charged = (
        sum(t.value_usd(fixed if isinstance(t, WashDeferral) else plan) for t in others) / block.holdings.value_usd
    )
    beside = charged - charged_anyway(family.problem.terms)
    return beside - 2.0 * float(block.impact @ (plan.sold(block.holdings.lot_name) * plan.buys))


def judged(family: AtAnyRates, plan: Plan, choices: Choices) -> GainPlan:
    """A plan with its own figures, by the terms."""
    tax = family.tax.value_usd(plan) / family.problem.block.holdings.value_usd
    gains = np.array(family.tax.gains.realised(plan))
    return GainPlan(plan, gains, beside_of(family, plan, choices), tax, choices)


def kept_back(proofs: Iterable[Proved], rows: Sequence[Row]) -> float:
    """What reserves of rows add to bounds under choices at most: no bound over plans may count on them."""
    named = (GAIN_BUDGET, TAX_BUDGET)
    reserve = np.array([row.reserve for row in rows if row.rule not in named or row.washing is not None])
    return max((float(np.maximum(p.prices.rows, 0.0) @ reserve) for p in proofs), default=0.0)


def regions_for(family: AtAnyRates) -> tuple[Region, ...]:
    """The regions that a plan's gains may lie in, by what the account holds and by the budgets."""
    least, most = family.tax.gains.reach(family.locked.sell_max)
    gain = [r.upper for r in family.problem.rules if isinstance(r, GainBudget) and not r.by_choices]
    owed = [r.upper for r in family.problem.rules if isinstance(r, TaxBudget) and not r.by_choices]
    return regions_of(
        family.tax.cells, least, most, gain_budget=min(gain, default=None), tax_budget=min(owed, default=None)
    )


def proved_over_all(family: AtAnyRates, rates: FloatArray, prices: Prices) -> Proved:
    """A bound over all discrete choices at any rates and prices; no solve."""
    names = priced_at(family, rates, prices)
    clean = names.sanitised(prices)
    return Proved(rates, names.bound(clean), clean)


def priced_at(family: AtAnyRates, rates: FloatArray, prices: Prices) -> PricedNames:
    """The scalar problems at any rates, each branch with its lots in the order that is cheapest in it."""
    if family.problem.block.wash is None:
        return PricedNames(family.block(rates))
    order = rates + margin_of(family, prices)
    return PricedNames(family.block(rates, order=order), inner=family.all_washed(rates, order))


def margin_of(family: AtAnyRates, prices: Prices) -> FloatArray:
    """What rows of budgets that count washed losses by choices add to the rates of gains, shape (2,)."""
    named = (GAIN_BUDGET, TAX_BUDGET)
    rows = [row for row in family.problem.block.rows if row.rule not in named or row.washing is not None]
    total = np.zeros(2)
    for price, row in zip(prices.rows, rows, strict=True):
        if row.washing is not None:
            total = total + price * np.array(row.washing.rates)
    return total
