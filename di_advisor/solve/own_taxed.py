"""Own terms and rules for a cone solver under a tax that is a curve of two gains, region by region.

Problem: the hot path solves the whole Schedule D by regions of the two gains, a cone solver knows one
convex problem. Decision: each region is one, with the tax as a plane and the region's borders (budgets
among them) as inequalities; its multipliers say at what rates the tax is felt there, and the tangent
problem at these rates is separable, so that the usual search finds choices and a bound with the
discrete choices inside. A bound at any rates bounds every region (`tax_cells`), so that regions whose
bound is above the best plan are never looked into. Plans are judged by the law itself. Limits: a budget
of regions; what is left open shows in the gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate.localise import AtAnyRates
from di_advisor.formulate.plan import SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.tax_cells import Region
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.solve.choices import Choices, relaxed
from di_advisor.solve.discrete import Cancel
from di_advisor.solve.opaque import OwnSearch, SearchFor
from di_advisor.solve.own_judged import objective_on
from di_advisor.solve.own_model import ConvexPlan, solve_convex, solve_priced
from di_advisor.solve.solution import Solution
from di_advisor.solve.tax_plans import regions_for

__all__ = ["Further", "InRegion", "OwnTaxedSearch", "RegionPlan", "Regionwise"]

Further = Callable[[SymbolicPlan], list[Any]]
"""Makes more constraints, given the symbols."""

_REGIONS_MAX = 40
_SEARCHED_MAX = 8
_ENOUGH = 5e-5


@dataclass(frozen=True)
class RegionPlan:
    """A plan in a region, a bound under the same choices there, and the rates at which the tax is felt."""

    plan: ConvexPlan
    rates: FloatArray
    own_rates: FloatArray
    """The same without what budgets charge."""


@dataclass(frozen=True)
class InRegion:
    """A problem with the tax as the plane of one region, and its borders kept.

    Attributes
    ----------
    problem : Problem
        As formulated.
    tax : ScheduleDTax
        Its tax.
    region : Region
        Where the gains stay.
    """

    problem: Problem
    tax: ScheduleDTax
    region: Region

    def solve(
        self,
        choices: Choices,
        *,
        bounding: bool = False,
        problem: Problem | None = None,
        further: Further | None = None,
    ) -> RegionPlan:
        """The convex problem under choices, with ``further`` constraints where they are given.

        Raises
        ------
        InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
            As `solve_convex`.
        """
        cell = self.region.cell
        there = replace(self.tax, rates=cell.rates, offset=cell.constant)
        asked = self.problem if problem is None else problem
        local = replace(asked, terms=tuple(there if t is self.tax else t for t in asked.terms))
        kept = tuple(r for r in asked.rules if not isinstance(r, (GainBudget, TaxBudget)))

        def inside(symbols: SymbolicPlan) -> list[Any]:
            gains = self.tax.gains
            borders = [
                gains.taxed((float(b.normal[0]), float(b.normal[1]))) @ symbols.sells <= b.limit
                for b in self.region.borders
            ]
            return borders if further is None else [*borders, *further(symbols)]

        found, multipliers = solve_priced(local, choices, bounding=bounding, rules=kept, further=inside)
        rates, own_rates = self.region.rates, self.region.rates
        for price, border in zip(multipliers, self.region.borders, strict=False):  # further ones come last
            rates = rates + price * border.normal
            own_rates = own_rates if border.rule else own_rates + price * border.normal
        return RegionPlan(found, rates, own_rates)


class _OneRegion(OwnSearch):
    """The search for choices with the gains in one region."""

    def __init__(
        self,
        inside: InRegion,
        family: AtAnyRates,
        searching: tuple[SearchFor, Cancel, int],
        noted: Callable[[FloatArray, float], None],
    ) -> None:
        super().__init__(inside.problem, *searching)
        self.inside, self.family, self.noted = inside, family, noted
        self.rates = inside.region.rates

    def at(self, rates: FloatArray) -> None:
        """Take tangents of the problem at constant rates, which bounds this region from below."""
        self.rates = rates
        self.below = _at_rates(self.family, rates)
        self.beside = self.inside.region.least_beside(rates)

    def convex(self, choices: Choices, *, bounding: bool = False, problem: Problem | None = None) -> ConvexPlan:
        """The convex problem of the region."""
        self.ask()
        return self.inside.solve(choices, bounding=bounding, problem=problem).plan

    def proved(self, bound: float) -> None:
        """Told to the other regions too."""
        super().proved(bound)
        self.noted(self.rates, bound)


def _at_rates(family: AtAnyRates, rates: FloatArray) -> Problem:
    """The problem with the tax at constant rates and without budgets."""
    problem, tax = family.problem, family.tax
    there = replace(tax, rates=(float(rates[0]), float(rates[1])), offset=0.0)
    return replace(
        problem,
        blocks=(family.block(rates),),
        terms=tuple(there if t is tax else t for t in problem.terms),
        rules=tuple(r for r in problem.rules if not isinstance(r, (GainBudget, TaxBudget))),
    )


class Regionwise:
    """Convex solves over all regions under choices, some of which may be left open (`Choice.EITHER`).

    Parameters
    ----------
    problem : Problem
        With own terms or rules, and its tax as a curve.
    tax : ScheduleDTax
        The curve.
    """

    def __init__(self, problem: Problem, tax: ScheduleDTax) -> None:
        self.problem, self.tax = problem, tax
        self.family = AtAnyRates.of(problem, tax)
        self.regions = regions_for(self.family)

    def solve(
        self,
        choices: Choices,
        *,
        bounding: bool = False,
        further: Further | None = None,
        to_beat: float = np.inf,
        ask: Callable[[], None] | None = None,
    ) -> RegionPlan:
        """The best plan over all regions, with a bound over all; where none beats a value, any plan, and a bound above.

        Raises
        ------
        InfeasibleError
            If no region has a plan.
        UncertifiedError, UnfinishedError
            If a region that matters was not solved.
        """
        tell = ask or (lambda: None)
        tell()
        start = np.array(self.tax.rates)
        free = solve_convex(_at_rates(self.family, start), choices, bounding=bounding, further=further)
        bounds = np.array([free.bound + region.least_beside(start) for region in self.regions])
        best = RegionPlan(free, start, start)
        value, solved = np.inf, np.zeros(len(self.regions), dtype=np.bool_)
        while not solved.all():
            at = int(np.where(solved, np.inf, bounds).argmin())
            if bounds[at] >= min(value, to_beat):
                break
            tell()
            solved[at] = True
            try:
                found = InRegion(self.problem, self.tax, self.regions[at]).solve(
                    choices, bounding=bounding, further=further
                )
            except InfeasibleError:
                bounds[at] = np.inf
                continue
            bounds[at] = max(bounds[at], found.plan.bound)
            worth = objective_on(self.problem, found.plan.plan)
            if worth < value:
                best, value = found, worth
        if np.isinf(bounds.min(initial=np.inf)):
            raise InfeasibleError("No plan keeps the rules and the budgets under these choices.", hint="Widen a rule.")
        return replace(best, plan=replace(best.plan, bound=float(bounds.min())))


class OwnTaxedSearch:
    """The search over regions; see `run`.

    Parameters
    ----------
    problem : Problem
        With own terms or rules, and its tax as a curve.
    tax : ScheduleDTax
        The curve.
    search_for : callable
        The search that fits a separable block.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of each search over choices.
    """

    def __init__(self, problem: Problem, tax: ScheduleDTax, search_for: SearchFor, cancel: Cancel, rounds: int) -> None:
        self.problem, self.tax = problem, tax
        self.searching = (search_for, cancel, rounds)
        self.family = AtAnyRates.of(problem, tax)
        self.regions = regions_for(self.family)
        self.proofs: list[tuple[FloatArray, float]] = []
        self.own = np.full(len(self.regions), -np.inf)
        self.loose: dict[int, RegionPlan] = {}
        self.best: Solution | None = None
        self.place: RegionPlan | None = None
        self.all = OwnSearch(problem, *self.searching)

    def run(self) -> tuple[Problem, Solution]:
        """The best plan with its certificate, and the problem as it stands at the plan's rates.

        Raises
        ------
        InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
            When there is no plan, or none that certifies.
        """
        free = relaxed(self.problem.block)
        self.all.ask()
        start = np.array(self.tax.rates)
        first = solve_convex(_at_rates(self.family, start), free, bounding=True)
        self.noted(start, first.bound)
        self.all.idle()
        self.best, self.all.best = self.all.best, None
        searched: set[int] = set()
        failure: Exception | None = None
        for _ in range(_REGIONS_MAX + _SEARCHED_MAX):
            at = self._next(searched)
            if at is None or len(searched) >= _SEARCHED_MAX:
                break
            try:
                if at not in self.loose:
                    self._relax(at, free)
                else:
                    searched.add(at)
                    self._search(at)
            except InfeasibleError:
                self.own[at] = np.inf
            except (UncertifiedError, UnfinishedError) as error:
                self.all.ask()
                searched.add(at)
                failure = error
        if self.best is None:
            raise failure or InfeasibleError(
                "No plan was found that keeps all rules and the budgets of gain or tax together with minimum trades "
                "and wash-sale sides.",
                hint="Raise the budgets, lower the minimum trade, or widen a rule.",
            )
        return self.answer(self.best)

    def noted(self, rates: FloatArray, bound: float) -> None:
        """Keep what a bound at constant rates proves about every region."""
        self.proofs.append((rates, bound))

    def bounds(self) -> FloatArray:
        """A bound of each region."""
        found = self.own.copy()
        for i, region in enumerate(self.regions):
            found[i] = max([found[i], *(least + region.least_beside(rates) for rates, least in self.proofs)])
        return found

    def _next(self, searched: set[int]) -> int | None:
        """The open region of the lowest bound; None where none is open."""
        bounds = self.bounds()
        limit = np.inf
        if self.best is not None:
            limit = self.best.objective - _ENOUGH * max(self.all.nothing - self.best.objective, 1e-9)
        open_ = [i for i in np.argsort(bounds, kind="stable").tolist() if bounds[i] < limit and i not in searched]
        return open_[0] if open_ else None

    def _relax(self, at: int, free: Choices) -> None:
        """The relaxation in a region: its bound, and the rates there."""
        self.all.ask()
        found = InRegion(self.problem, self.tax, self.regions[at]).solve(free, bounding=True)
        self.loose[at] = found
        self.own[at] = max(self.own[at], found.plan.bound)

    def _search(self, at: int) -> None:
        """Choices in a region."""
        inside = InRegion(self.problem, self.tax, self.regions[at])
        search = _OneRegion(inside, self.family, self.searching, self.noted)
        search.at(self.loose[at].rates)
        search.search(self.loose[at].plan)
        self.own[at] = max(self.own[at], search.bound)
        self.all.counts = self.all.counts.and_more(search.counts)
        if search.best is not None and (self.best is None or search.best.objective < self.best.objective):
            self.best, self.place = search.best, self.loose[at]
        if search.best is None and search.failure is not None:
            self.all.failure = search.failure

    def answer(self, best: Solution) -> tuple[Problem, Solution]:
        """A plan with the bounds so far, checked, and the problem as it stands there."""
        self.all.best = best
        self.all.bound = float(self.bounds().min())
        final = self.all.certified()
        gains = np.array(self.tax.gains.realised(final.plan))
        rates = self.tax.cell_at(gains).rates if self.place is None else self.place.own_rates
        order = np.array(rates) if self.place is None else self.place.rates
        return self.family.localised(np.array(rates), order, final.plan), final
