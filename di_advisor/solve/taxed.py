"""The best plan under a tax that is a curve of two gains, discrete choices and budgets included, with its certificate.

Decision: the convex relaxation is solved over all regions first (`tax_regions`); its effective rates
are those that the search for choices then works at, as if they were constant; under the choices found
the regions are solved once more, and the search repeated where the rates moved. Every pair of rates
also bounds every region over all choices, without a solve, so the last figure is a bound over all
regions and all choices. Where wash sales are priced, or much is open, regions are searched with their
borders as rows (`tax_kinks`). Limits: budgets of searches; what they leave open shows in the gap.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.formulate.account_rules import CashRange
from di_advisor.formulate.localise import AtAnyRates
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.tax_cells import GAIN_BUDGET, TAX_BUDGET, Region, corners_of
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.solve.choices import Choice, Choices, relaxed
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.solution import FEASIBLE, Solution, residual_of
from di_advisor.solve.tax_checks import amounts_of, as_solved, charged_at, normal_of
from di_advisor.solve.tax_kinks import search_at_kinks
from di_advisor.solve.tax_plans import FixedChoices, GainPlan, Proved, judged, kept_back, proved_over_all, regions_for
from di_advisor.solve.tax_regions import RegionSearch
from di_advisor.solve.tax_shares import bound_in_shares_at_law

__all__ = ["Searching", "TaxedSearch"]

_BUDGETS = (GAIN_BUDGET, TAX_BUDGET)
Searching = Callable[[Block, HotPath], Search]
"""Makes the search that fits a block."""

_ROUNDS = 2
_FURTHER = 3
_SAME_RATES = 1e-4
_ENOUGH = 5e-5
_NEXT_TO_NOTHING = 1e-6
_WIDE, _WIDE_OF_ACCOUNT = 5e-3, 1e-5
"""A gap after which regions are searched with their borders as rows: of the benefit, and of the account's value."""

_LEAST = 1e-9
_DEARER = (0.1, 0.5, 2.0)


@dataclass(frozen=True)
class _Found:
    """A plan with the rates and prices that prove it, under its choices."""

    plan: GainPlan
    proof: Proved
    convex_bound: float


class TaxedSearch:
    """The search over regions of the tax and discrete choices.

    Parameters
    ----------
    problem : Problem
        With its tax as a curve.
    tax : ScheduleDTax
        The curve.
    searching : callable
        Makes the search for choices at constant rates.
    cancel : callable
        Asked between solves.
    """

    def __init__(self, problem: Problem, tax: ScheduleDTax, searching: Searching, cancel: Cancel) -> None:
        self.problem, self.tax, self.searching, self.cancel = problem, tax, searching, cancel
        self.family = AtAnyRates.of(problem, tax)
        self.hot = HotPath(problem.block)
        self.best: _Found | None = None
        self.over_all: list[Proved] = []
        self.tried: list[FloatArray] = []
        self.relaxed_bounds = np.zeros(0)
        self.regions = regions_for(self.family)
        self.corners = corners_of(self.regions)
        self._bounds = np.full(len(self.regions), -np.inf)
        self.searched: dict[bytes, RegionSearch] = {}
        self.to_beat = np.inf

    def run(self) -> tuple[Problem, Solution]:
        """The best plan with its certificate, and the problem as it stands at the plan's rates.

        Raises
        ------
        InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
            When there is no plan, or none that certifies.
        """
        loose = self.regions_under(relaxed(self.problem.block))
        loose.run(np.array(self.tax.rates))
        self.relaxed_bounds = loose.bounds() - kept_back(loose.proofs, self.problem.block.rows)
        rates = self._rates_of(loose)
        for _ in range(_ROUNDS):
            moved = self._around(rates)
            if moved is None or self.closed or np.abs(moved - rates).max() < _SAME_RATES:
                break
            rates = moved
        self._idle(loose)
        self._elsewhere(loose)
        if self.problem.block.wash is not None:
            search_at_kinks(self)
        elif self.best is not None and self._wide:
            search_at_kinks(self, _WIDE)
        return self.answer()

    def completed(self, choices: Choices) -> tuple[Problem, Solution]:
        """The same for given choices that leave a plan.

        Raises
        ------
        InfeasibleError, UncertifiedError, UnfinishedError
            When they leave none, or none that certifies.
        """
        loose = self.regions_under(relaxed(self.problem.block))
        loose.run(np.array(self.tax.rates))
        self.relaxed_bounds = loose.bounds() - kept_back(loose.proofs, self.problem.block.rows)
        search = self.regions_under(choices)
        search.solves.risk = loose.solves.risk
        best = search.run(self._rates_of(loose), free=False)
        for proof in (*loose.proofs, *search.proofs):
            self.note(proof)
        self.best = _Found(best, self._proof_of(search), float(search.bounds().min()))
        return self.answer()

    def bounded(self, choices: Choices) -> tuple[Plan, float]:
        """A plan under choices of which some may be open, and a bound on all plans that have them.

        Raises
        ------
        InfeasibleError, UncertifiedError, UnfinishedError
            When they leave none, or it was not solved.
        """
        search = self.regions_under(choices)
        search.solves.risk = None if self.best is None else self.best.proof.prices.risk
        best = search.run(np.array(self.tax.rates) if self.best is None else self.best.proof.rates)
        return best.plan, float(search.bounds().min()) - kept_back(search.proofs, self.problem.block.rows)

    def take(self, choices: Choices) -> None:
        """Take in the best plan under choices.

        Raises
        ------
        InfeasibleError, UncertifiedError, UnfinishedError
            When they leave none, or it was not solved.
        """
        search = self.regions_under(choices)
        search.solves.risk = None if self.best is None else self.best.proof.prices.risk
        best = search.run(np.array(self.tax.rates) if self.best is None else self.best.proof.rates)
        if self.best is not None and best.objective >= self.best.plan.objective:
            return
        proof = self._proof_of(search)
        if self._residual(self.family.localised(proof.rates, proof.rates, best.plan), best) <= FEASIBLE:
            self.best = _Found(best, proof, float(search.bounds().min()))

    def _ask(self) -> None:
        if self.cancel():
            raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed; propose again to start over.")

    def regions_under(self, choices: Choices) -> RegionSearch:
        """The search over all regions under choices, not yet run."""
        return RegionSearch(FixedChoices(self.family, choices, self.hot, self._ask), self.regions)

    def _under_choices(self, choices: Choices) -> RegionSearch:
        """The search over regions under choices, gone on with where they were met before.

        At other rates the search for choices often ends with the same ones.
        """
        return self.searched.setdefault(choices.tobytes(), self.regions_under(choices))

    def _rates_of(self, found: RegionSearch) -> FloatArray:
        """The prices that prove most about the region of the best plan."""
        return self._proof_of(found).rates

    def _proof_of(self, found: RegionSearch) -> Proved:
        assert found.best is not None  # noqa: S101 - run() raised otherwise
        here = self.home(found.best.gains)
        return max(found.proofs, key=lambda p: p.bound(here))

    def home(self, gains: FloatArray) -> Region:
        """The region where some gains lie."""
        return min(self.regions, key=lambda region: region.excess(gains))

    def _around(self, rates: FloatArray) -> FloatArray | None:
        """Choices at constant rates, then the regions under them; the rates there, None where there is no plan.

        Where choices leave no plan within the budgets, the search has the budgets as rows, and then dearer gains.
        """
        found = self.searching(self.family.block(rates), self.hot).run()
        priced = Proved(rates, found.bound, found.prices)
        if self.problem.block.wash is None:  # else the search's pieces are those of one order of lots only
            self._take(priced)
        after = self.under(found, priced)
        if after is not None or not self._budgets:
            return after
        only = self.home(np.array(self.tax.gains.realised(found.plan)))
        with suppress(InfeasibleError, UncertifiedError):
            after = self.under(*self._within_budgets(rates, only))
        normals = [normal_of(only, b.rule) for b in only.borders if b.rule]
        for dearer in _DEARER if normals else ():
            if after is None:
                further = rates + dearer * np.max(normals, axis=0)
                found = self.searching(self.family.block(further), self.hot).run()
                after = self.under(found, Proved(further, found.bound, found.prices))
        return after

    def under(self, found: Solution, priced: Proved) -> FloatArray | None:
        """The regions under the choices of a plan."""
        self.note(priced)
        search = self._under_choices(found.choices)
        known = len(search.proofs)
        plan = replace(judged(self.family, found.plan, found.choices), rates=priced.rates)
        search.take(plan, search.solves.proved(priced.rates, priced.prices))
        search.solves.risk = found.prices.risk
        try:
            best = search.run(priced.rates, free=False)
        except InfeasibleError:
            return None
        if self.best is None or best.objective < self.best.plan.objective:
            self.best = _Found(best, self._proof_of(search), float(search.bounds().min()))
        self._note_what_counts(search.proofs[known + 1 :])
        return self._rates_of(search)

    def _note_what_counts(self, proofs: list[Proved]) -> None:
        """Price all choices at prices of fixed ones, as long as a region is open of which they prove something."""
        self.tried += [proof.rates for proof in proofs]
        if self.problem.block.wash is not None:  # further searches begin at any of them
            for proof in proofs:
                self.note(proof)
            return
        waiting = [(proof, proof.least + self.corners.least_beside(proof.rates)) for proof in proofs]
        while waiting and not self.closed_to(_NEXT_TO_NOTHING, _NEXT_TO_NOTHING):
            at = int(np.argmin(self.bounds()))
            i = max(range(len(waiting)), key=lambda i: float(waiting[i][1][at]))
            self.note(waiting.pop(i)[0])

    def _within_budgets(self, rates: FloatArray, only: Region) -> tuple[Solution, Proved]:
        """The search at constant rates within one region."""
        bare = self.family.block(rates)
        kept = len(bare.rows)
        rows = self.regions_under(relaxed(bare)).solves.region_rows(only, bare)
        found = self.searching(replace(bare, rows=(*bare.rows, *rows)), self.hot).run()
        normals = np.array([b.normal for b in only.borders]).reshape(len(rows), 2)
        prices = replace(found.prices, rows=found.prices.rows[:kept])
        return found, Proved(rates + found.prices.rows[kept:] @ normals, -np.inf, prices)

    @property
    def _budgets(self) -> bool:
        return any(isinstance(r, (GainBudget, TaxBudget)) and not r.by_choices for r in self.problem.rules)

    def note(self, proof: Proved) -> None:
        """What prices prove over all choices."""
        self._take(proved_over_all(self.family, proof.rates, proof.prices))

    def _take(self, proof: Proved) -> None:
        """Take in what is proved over all choices."""
        self.over_all.append(proof)
        self.tried.append(proof.rates)
        self._bounds = np.maximum(self._bounds, proof.least + self.corners.least_beside(proof.rates))

    def bounds(self) -> FloatArray:
        """A bound of each region, over all choices."""
        return np.asarray(np.maximum(self.relaxed_bounds, self._bounds), dtype=np.float64)

    @property
    def closed(self) -> bool:
        """Whether the bounds of all regions are next to the best plan's objective."""
        return self.closed_to(_ENOUGH)

    def closed_to(self, share: float, enough: float = _ENOUGH) -> bool:
        """Whether they are as near as a share of the benefit, or as what is always near enough."""
        if float(self.bounds().min(initial=np.inf)) >= self.to_beat:
            return True
        if self.best is None:
            return False
        value = self.best.plan.objective
        benefit = judged(self.family, self.problem.block.holdings.nothing(), self.best.plan.choices).objective - value
        return value - float(self.bounds().min()) <= max(share, enough) * max(benefit, 1e-9)

    @property
    def _wide(self) -> bool:
        """Whether much is open: where a plan ends at a kink of the tax, no constant rates may lead to its choices."""
        gap = np.inf if self.best is None else self.best.plan.objective - float(self.bounds().min())
        return not self.closed_to(_WIDE) and gap > _WIDE_OF_ACCOUNT

    def _elsewhere(self, loose: RegionSearch) -> None:
        """Search at the rates of regions whose bound is below that of the best plan's region, the lowest first."""
        looked: set[int] = set()
        tried = list(self.tried)
        for _ in range(_FURTHER):
            if self.best is None or self.closed:
                return
            bounds = self.bounds()
            here = bounds[self.regions.index(self.home(self.best.plan.gains))]
            open_ = [i for i in np.argsort(bounds).tolist() if bounds[i] < here - _LEAST and i not in looked]
            if not open_:
                return
            looked.add(open_[0])
            rates = self._rates_within(loose, open_[0])
            if rates is not None and all(np.abs(rates - known).max() > _SAME_RATES for known in tried):
                tried.append(rates)
                self._around(rates)

    def _rates_within(self, loose: RegionSearch, at: int) -> FloatArray | None:
        """Effective rates of the relaxation in one region; None where it has no plan, or none that could be better."""
        region = self.regions[at]
        order = max(loose.proofs, key=lambda p: p.bound(region)).rates
        try:
            _, proof = loose.solves.within(region, order)
        except InfeasibleError:
            self.relaxed_bounds[at] = np.inf
            return None
        kept = kept_back([proof], self.problem.block.rows)
        self.relaxed_bounds[at] = max(self.relaxed_bounds[at], proof.bound(region) - kept)
        self.note(proof)
        open_ = self.best is None or float(self.bounds()[at]) < self.best.plan.objective
        return proof.rates if open_ else None

    def _idle(self, loose: RegionSearch) -> None:
        """Doing nothing, where that keeps every rule: no search may end with less."""
        nothing = self.problem.block.holdings.nothing()
        still = np.full(len(nothing.buys), int(Choice.NOTHING), dtype=np.int64)
        plan, proof = judged(self.family, nothing, still), self._proof_of(loose)
        if self.best is not None and self.best.plan.objective < plan.objective:
            return
        if self._residual(self.family.localised(proof.rates, proof.rates, nothing), plan) <= FEASIBLE:
            self.best = _Found(plan, proof, plan.objective)

    def _residual(self, local: Problem, plan: GainPlan) -> float:
        """Largest violation of any limit: budgets by the law, cash by what the trades cost in all."""
        exact = [rule for rule in local.rules if isinstance(rule, (GainBudget, TaxBudget, CashRange))]
        named = {rule.name for rule in exact}
        block = replace(local.block, rows=tuple(row for row in local.block.rows if row.rule not in named))
        active = block.holdings.active + plan.plan.net(block.holdings.lot_name)
        over = residual_of(block, plan.choices, amounts_of(block, plan.plan), active)
        return max([over, *(-as_solved(rule).slack(plan.plan) for rule in exact)])

    def answer(self) -> tuple[Problem, Solution]:
        """The best plan so far with the bounds so far, checked; and the problem as it stands there."""
        found = self.best
        if found is None:
            raise InfeasibleError(
                "No plan keeps the budgets of gain or tax once minimum trades and wash-sale sides are kept too.",
                hint="Raise the budgets, or lower the minimum trade.",
                bound=float(self.bounds().min(initial=np.inf)),
            )
        plan, proof = found.plan, found.proof
        region = self.home(plan.gains)
        charged = charged_at(region, plan.gains, proof.rates)
        rates = proof.rates - sum((price * normal_of(region, rule) for rule, price in charged.items()), np.zeros(2))
        local = self.family.localised(rates, proof.rates, plan.plan)
        rows, given = np.zeros(len(local.block.rows)), iter(proof.prices.rows)
        for j, row in enumerate(local.block.rows):
            rows[j] = charged.get(row.rule, 0.0) if row.rule in _BUDGETS and row.washing is None else next(given)
        solution = Solution(
            plan=plan.plan,
            choices=plan.choices,
            prices=replace(proof.prices, rows=rows),
            objective=plan.objective,
            convex_bound=min(found.convex_bound, plan.objective),
            bound=min(float(self.bounds().min()), plan.objective),
            residual=self._residual(local, plan),
            nothing=judged(self.family, local.block.holdings.nothing(), plan.choices).objective,
            solver="dual Newton by tax regions",
            counts=self.hot.counts,
        )
        solution.check(scale=max(abs(solution.nothing - solution.objective), 1e-6))
        whole = bound_in_shares_at_law(self.family, self.regions, self.bounds(), self.over_all)
        return local, replace(solution, shares_bound=whole)
