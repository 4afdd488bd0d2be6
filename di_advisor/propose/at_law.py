"""Plans next to a plan where the tax is a curve: searched over the regions of the law, not at the plan's own rates.

Problem: a block has the tax rates of the place where its plan stands. Without a large sale, or with one
more, the year's gains stand in another bracket, or a loss nets another kind of gain; at a convex kink
the rates are between those of its two sides, and no row holds a neighbour there. Decision: a neighbour
is searched as the plan itself was, over all regions of the law that its own choices can reach, with
the discrete choices fixed; what a question changes (a trade shut, a trade forced, a levy on a trade) is
laid over the block at whatever rates. Limits: a region that no step closes keeps its bound; the plan
that comes back is then the best one found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, SolveError
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.segments import Segments, cut
from di_advisor.formulate.separable import Separable
from di_advisor.propose.neighbours import refuse_counts
from di_advisor.solve.choices import Choices
from di_advisor.solve.prices import Prices
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.solution import FEASIBLE
from di_advisor.solve.tax_plans import FixedChoices, GainPlan, Proved, regions_for
from di_advisor.solve.tax_regions import RegionSearch

__all__ = ["ForcedSale", "Levy", "Memory", "bends", "best_at_law", "shut", "solve_at_law"]

_FIRST = 1.0
"""How much cheaper than any other lot of its name a forced sale is drawn; more than any rates can move."""

_MET = 1e-9


def bends(problem: Problem) -> bool:
    """Whether neighbours of a plan must be searched by the law: tax is a curve, or a budget limits it."""
    return schedule_d_of(problem) is not None and not problem.is_opaque


@dataclass(frozen=True, eq=False)
class Levy:
    """A further charge per unit sold of each lot and bought of each name: a term of a question, not of the plan.

    Attributes
    ----------
    sells : ndarray of shape (L,)
        Per unit sold.
    buys : ndarray of shape (n,)
        Per unit bought.
    value_usd_of_account : float
        The account's value.
    in_cash : bool
        Whether it is paid from the account's cash, as a trading cost is.
    """

    sells: FloatArray
    buys: FloatArray
    value_usd_of_account: float
    in_cash: bool = False
    name: str = "levy"

    def value_usd(self, plan: Plan) -> float:
        """Its amount for a plan, in USD."""
        return float(self.sells @ plan.sells + self.buys @ plan.buys) * self.value_usd_of_account

    def separable(self) -> Separable:
        """Its part by lot; that on purchases is laid over the segments."""
        return Separable(lot_slope=self.sells)


@dataclass(frozen=True)
class ForcedSale:
    """A weight of one lot that must be sold before anything else of its name."""

    lot: int
    weight: float


@dataclass(frozen=True)
class _Overlaid(AtAnyRates):
    """A problem at any rates, with what a question lays over it."""

    levy: Levy | None = None
    forced: ForcedSale | None = None

    def segments(self, rates: FloatArray, first: FloatArray | None = None) -> Segments:
        """Pieces at given rates, a forced sale first and dearer by what is levied."""
        found = super().segments(rates, first) if self.forced is None else self._forced(rates, self.forced)
        if self.levy is None:
            return found
        on_buys = np.where(found.sell, 0.0, self.levy.buys[found.name])
        paid = np.where(found.sell, np.r_[self.levy.sells, 0.0][found.lot], on_buys) if self.levy.in_cash else 0.0
        return replace(found, slope=found.slope + on_buys, cash_cost=found.cash_cost + paid)

    def _forced(self, rates: FloatArray, forced: ForcedSale) -> Segments:
        holdings, locked = self.problem.block.holdings, self.locked
        lots = np.r_[np.arange(len(holdings.lot_name)), forced.lot]
        width = np.r_[locked.sell_max, forced.weight]
        width[forced.lot] = max(width[forced.lot] - forced.weight, 0.0)
        slope = self._slope(rates)
        found = cut(
            holdings.lot_name[lots],
            width,
            np.r_[slope, self._drawn(slope, forced)],
            self.loss[lots],
            locked.buy_max,
            self.traded,
            self.beside.linear,
        ).tilted(self.beside.name_slope)
        return replace(found, lot=np.r_[lots, -1][found.lot])

    def _slope(self, rates: FloatArray) -> FloatArray:
        taxed = self.tax.gains.taxed((float(rates[0]), float(rates[1])))
        return taxed if self.beside.lot_slope is None else self.beside.lot_slope + taxed

    def _drawn(self, slope: FloatArray, forced: ForcedSale) -> float:
        name = self.problem.block.holdings.lot_name
        return float(slope[name == name[forced.lot]].min()) - _FIRST

    def offset(self, rates: FloatArray) -> float:
        """What a forced sale costs beyond what it is drawn at: a constant, since all of it is sold."""
        if self.forced is None:
            return 0.0
        slope = self._slope(rates)
        return self.forced.weight * (float(slope[self.forced.lot]) - self._drawn(slope, self.forced))


@dataclass(eq=False)
class Memory:
    """What one search teaches the next, of much the same problem: prices bound whatever they are taken from.

    Attributes
    ----------
    hot : HotPath
        Layout and warm start.
    rates : ndarray of shape (2,), optional
        At which the last plan was found.
    risk : float, optional
        Its price of risk.
    prices : list of (ndarray, Prices)
        Those that proved most about each region.
    aversion : float, optional
        Under which they were found.
    """

    hot: HotPath
    rates: FloatArray | None = None
    risk: float | None = None
    prices: list[tuple[FloatArray, Prices]] = field(default_factory=list)
    aversion: float | None = None

    def learn(self, search: RegionSearch, found: GainPlan) -> None:
        """Keep what the next search can begin with."""
        best = {max(range(len(search.proofs)), key=lambda i: search.proofs[i].bound(r)) for r in search.regions}
        self.prices = [(search.proofs[i].rates, search.proofs[i].prices) for i in sorted(best)]
        self.rates, self.risk = found.rates, search.solves.risk


class _Questioned(FixedChoices):
    """Solves under fixed choices of a problem with a question laid over it."""

    def proved(self, rates: FloatArray, prices: Prices, block: Block | None = None) -> Proved:
        """A bound at rates and prices; what is forced costs what it costs."""
        found = super().proved(rates, prices, block)
        return replace(found, least=found.least + _overlaid(self.family).offset(rates))

    def tied(self, plan: GainPlan, rates: FloatArray) -> list[GainPlan]:
        """Other lots where lots tie, but never less of what is forced."""
        forced = _overlaid(self.family).forced
        found = super().tied(plan, rates)
        return found if forced is None else [p for p in found if p.plan.sells[forced.lot] >= forced.weight - _MET]


def _overlaid(family: AtAnyRates) -> _Overlaid:
    assert isinstance(family, _Overlaid)  # noqa: S101 - made so in solve_at_law
    return family


def shut(problem: Problem, *, name: int, lot: int) -> Problem:
    """The problem in which a lot may not be sold, or a name not bought (-1 for the lot)."""
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    sell_max, buy_max = locked.sell_max.copy(), locked.buy_max.copy()
    if lot >= 0:
        sell_max[lot] = 0.0
    else:
        buy_max[name] = 0.0
    bare = replace(locked, sell_max=sell_max, buy_max=buy_max)
    return replace(problem, rules=tuple(bare if r is locked else r for r in problem.rules))


def solve_at_law(
    problem: Problem,
    choices: Choices,
    *,
    levy: Levy | None = None,
    forced: ForcedSale | None = None,
    memory: Memory | None = None,
) -> GainPlan:
    """The best plan of a problem whose tax is a curve, under fixed choices; figures are fractions of the account.

    Parameters
    ----------
    problem : Problem
        With its `ScheduleDTax`, at whatever rates.
    choices : ndarray of int, shape (n,)
        One `Choice` a name.
    levy, forced : optional
        What is laid over it; the levy is in the objective that comes back.
    memory : Memory, optional
        Of searches of much the same problem, to begin with and to add to.

    Raises
    ------
    InfeasibleError
        If no plan under these choices keeps the rules.
    UncertifiedError, UnfinishedError
        If no solver certified one.
    """
    tax = schedule_d_of(problem)
    assert tax is not None  # noqa: S101 - asked of bends() before
    if levy is not None:
        problem = replace(problem, terms=(*problem.terms, levy))  # type: ignore[arg-type]
    bare = AtAnyRates.of(problem, tax)
    family = _Overlaid(problem, tax, bare.beside, bare.traded, bare.loss, levy, forced)
    memory = Memory(HotPath(problem.block)) if memory is None else memory
    search = RegionSearch(_Questioned(family, choices, memory.hot, _never_asked), regions_for(family))
    if memory.aversion == problem.block.aversion:  # a price of risk proves nothing at another aversion
        search.solves.risk = memory.risk
        search.proofs += [search.solves.proved(rates, prices) for rates, prices in memory.prices]
    memory.aversion = problem.block.aversion
    found = search.run(np.array(tax.rates) + np.array(tax.margin) if memory.rates is None else memory.rates)
    memory.learn(search, found)
    _refuse_outside(problem.block, found.plan)
    return found


def _never_asked() -> None:
    return


def _refuse_outside(block: Block, plan: Plan) -> None:
    """Refuse a plan that leaves a name outside its limits because its choice forbids trading it, or too many names.

    Raises
    ------
    InfeasibleError
        Naming it by its position, or the number.
    """
    active = block.holdings.active + plan.net(block.holdings.lot_name)
    outside = np.flatnonzero((active < block.active_lower - FEASIBLE) | (active > block.active_upper + FEASIBLE))
    if len(outside):
        raise InfeasibleError(
            "A name must trade to keep its limits, and may not.",
            hint="Let it trade, or widen its limits.",
            name=outside[0],
        )
    refuse_counts(block, active)


def best_at_law(tried: Iterable[Callable[[], GainPlan]]) -> GainPlan:
    """The best of several plans.

    Raises
    ------
    InfeasibleError
        If there is none because rules forbid each.
    SolveError
        If there is none because a solve was not certified.
    """
    plans: list[GainPlan] = []
    failure: SolveError | None = None
    for solve in tried:
        try:
            plans.append(solve())
        except InfeasibleError as error:
            failure = failure or error
        except SolveError as error:
            failure = error
    if not plans:
        raise failure or InfeasibleError("There is no plan.", hint="Widen a rule.")
    return min(plans, key=lambda plan: plan.objective)
