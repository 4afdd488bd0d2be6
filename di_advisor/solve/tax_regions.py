"""The best plan under a tax that is a curve of two gains, exactly: region by region, with bounds that prune.

The tax is a plane on each cell of the two gains; it bends both ways, so the problem is not convex, but
under fixed choices it is in each cell. Every solve gives a pair of prices of the gains and with it a
bound for every cell (`tax_cells`), so that most cells are never solved. In a cell that is still open
its borders are rows of the convex problem; where one binds, its price moves the effective rates, the
lots are put in order at these, and the solve is repeated until order and price agree. Where two lots
of a name tie at the effective rates no order is right: the plans found are then mixed (a mixture keeps
every rule, and costs no more than the mixture of what they cost), and cutting planes in the two prices
close the rest. Limits: a cell that no step closes keeps its bound, and the certificate shows the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.tax_cells import Region, corners_of
from di_advisor.solve.tax_plans import FixedChoices, GainPlan, Proved

__all__ = ["RegionSearch"]

_EXACT = 1e-8
"""Gap that counts as closed, in shares of the size of the objective."""

_LEAST_GAP = 1e-11
_REORDERED_MAX = 2
"""Solves of a region with its borders as rows, its lots in another order each; after these come cutting planes."""

_STEPS_MAX = 18
_INSIDE = 1e-9
_SAME_ORDER = 1e-6
_SAME_PRICES = 1e-13
_NO_NEWS = 1e-9
"""Difference of prices, as a share of them, at which a further solve would tell nothing new."""
_LEVEL = 0.9
"""Of what the plans known leave open about a region: how much of it the next prices may hope to close."""

_HALVINGS = 12


@dataclass
class RegionSearch:
    """All regions under fixed choices.

    Attributes
    ----------
    solves : FixedChoices
        What solves.
    regions : tuple of Region
        Where a plan's gains may lie.
    best : GainPlan or None
        The best plan so far.
    proofs : list of Proved
        Of all prices so far.
    plans : list of GainPlan
        All plans so far.
    closed : dict of int to float
        Bounds of regions that were solved by themselves.
    steps : dict of int to int
        Solves of each region so far.
    solved : list of GainPlan
        Plans that are the best at their rates.
    orders : dict of int to ndarray
        Rates that lots were last put in order at, where a region was solved with its borders as rows.
    """

    solves: FixedChoices
    regions: tuple[Region, ...]
    best: GainPlan | None = None
    proofs: list[Proved] = field(default_factory=list)
    plans: list[GainPlan] = field(default_factory=list)
    closed: dict[int, float] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    solved: list[GainPlan] = field(default_factory=list)
    orders: dict[int, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing is reckoned yet of what the proofs say."""
        self._corners = corners_of(self.regions)
        self._rows: list[FloatArray] = []

    def run(self, rates: FloatArray, *, free: bool = True) -> GainPlan:
        """The best plan over all regions.

        Parameters
        ----------
        rates : ndarray of shape (2,)
            Prices to begin with.
        free : bool
            Whether a plan without rows for borders may come first (not where budgets are known to bind).

        Raises
        ------
        InfeasibleError
            If no region has a plan.
        """
        if free:
            self._at(rates)
        for _ in range(_STEPS_MAX * len(self.regions)):
            at = self._next(self.bounds())
            if at is None:
                break
            self._step(at, rates)
        if self.best is None:
            raise InfeasibleError(
                "No plan keeps the budgets of gain or tax together with the other rules.",
                hint="Raise the budgets, or widen the other rules.",
                bound=float(self.bounds().min(initial=np.inf)),
            )
        return self.best

    def _at(self, rates: FloatArray) -> None:
        """Solve at constant rates, and take what ties there leave open."""
        plan, proof = self.solves.at(rates)
        self.solved.append(plan)
        self.take(plan, proof)
        if self._next(self.bounds()) is not None:
            for other in self.solves.tied(plan, rates):
                self._consider(other)

    def take(self, plan: GainPlan, proof: Proved) -> None:
        """Take in a plan and a proof."""
        self.proofs.append(proof)
        self._consider(plan)

    def _consider(self, plan: GainPlan) -> None:
        self.plans.append(plan)
        if self._allowed(plan.gains) and (self.best is None or plan.objective < self.best.objective):
            self.best = plan

    def _allowed(self, gains: FloatArray) -> bool:
        return any(region.excess(gains) <= _INSIDE for region in self.regions)

    def bounds(self) -> FloatArray:
        """A bound for each region."""
        found = self._proved.max(axis=0, initial=-np.inf)
        for i, bound in self.closed.items():
            found[i] = max(found[i], bound)
        return np.asarray(found, dtype=np.float64)

    @property
    def _proved(self) -> FloatArray:
        """What each proof says of each region, shape (proofs, regions)."""
        new = self.proofs[len(self._rows) :]
        self._rows += [proof.least + self._corners.least_beside(proof.rates) for proof in new]
        return np.array(self._rows).reshape(len(self._rows), len(self.regions))

    def _of_most(self, at: int) -> Proved | None:
        """What proves most about a region; None where nothing is known."""
        return self.proofs[int(np.argmax(self._proved[:, at]))] if self.proofs else None

    @property
    def tolerance(self) -> float:
        """Gap that counts as closed."""
        if self.best is None:
            return 0.0
        return _EXACT * max(abs(self.solves.nothing - self.best.objective), abs(self.best.objective)) + _LEAST_GAP

    def _next(self, bounds: FloatArray) -> int | None:
        """The open region of the lowest bound; None where none is open."""
        limit = np.inf if self.best is None else self.best.objective - self.tolerance
        open_ = [i for i in np.flatnonzero(bounds < limit).tolist() if i not in self.closed]
        return min(open_, key=lambda i: float(bounds[i])) if open_ else None

    def _step(self, at: int, rates: FloatArray) -> None:
        """One solve of a region; it is closed when its plan and its bound meet, or the budget of steps is used up.

        One at a time, because another region may turn out so much better that this one need not be finished.
        """
        turn = self.steps.get(at, 0)
        self.steps[at] = turn + 1
        bound = float(self._proved[:, at].max(initial=-np.inf))
        prices = self._mix(at, bound)
        if prices is None:
            self.closed[at] = bound
        elif turn < _REORDERED_MAX and self._reordered(at, rates):
            self._within(at, rates)
        elif turn < _STEPS_MAX - 1 and not self._tried_alone(prices):
            self._at(prices)
        else:
            self.closed[at] = bound

    def _reordered(self, at: int, rates: FloatArray) -> bool:
        """Whether the lots would be in another order than when the region was solved last."""
        near, last = self._of_most(at), self.orders.get(at)
        order = rates if near is None else near.rates
        return last is None or float(np.abs(order - last).max()) > _SAME_ORDER * float(np.abs(order).max())

    def _within(self, at: int, rates: FloatArray) -> None:
        """Solve a region with its borders as rows."""
        region = self.regions[at]
        near = self._of_most(at)
        try:
            self.orders[at] = rates if near is None else near.rates
            plan, proof = self.solves.within(region, self.orders[at], near)
        except InfeasibleError:
            self.closed[at] = np.inf
            return
        self.take(plan, proof)
        bound = float(self._proved[:, at].max())
        if plan.beside + float(region.cell.tax(plan.gains)) - bound <= self.tolerance:
            self.closed[at] = bound

    def _pruned(self, bound: float) -> bool:
        return self.best is not None and bound >= self.best.objective - self.tolerance

    def _mix(self, at: int, bound: float) -> FloatArray | None:
        """The best mixture of the plans in a region; the prices that could improve it, None where nothing is open."""
        region = self.regions[at]
        found = _master(region, self.plans)
        if found is None:
            return region.rates
        prices, shares = found
        mixed = self.solves.judged(_mixed([p.plan for p in self.plans], shares))
        if (shares > 0).sum() > 1:
            self._consider(mixed)
        value = mixed.beside + float(region.cell.tax(mixed.gains))
        if value - bound <= self.tolerance or self._pruned(bound):
            return None
        level = bound + _LEVEL * (value - bound)
        tie = self._tie(shares)
        if tie is not None and self._hoped_for(at, tie) >= level:
            return tie
        near = self._of_most(at)
        return prices if near is None else self._nearest(at, near.rates, prices, level)

    def _hoped_for(self, at: int, prices: FloatArray) -> float:
        """What prices could prove about a region at most, by the plans known: none costs more than it does."""
        region = self.regions[at]
        least = min(p.beside + float(prices @ p.gains) for p in self.plans)
        return least + region.least_beside(prices)

    def _nearest(self, at: int, start: FloatArray, end: FloatArray, level: float) -> FloatArray:
        """The first prices on the way from those that prove most from which so much may be hoped for.

        Cutting planes alone run from one end of what is known to the other (Lemarechal, Nemirovskii and Nesterov 1995).
        """
        low, high = 0.0, 1.0
        if self._hoped_for(at, start) >= level:
            return start
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (
                (low, middle) if self._hoped_for(at, start + middle * (end - start)) >= level else (middle, high)
            )
        return start + high * (end - start)

    def _tie(self, shares: FloatArray) -> FloatArray | None:
        """Prices at which lots tie that the plans of a mixture exchange; None where none do, or they were tried."""
        used = [self.plans[i] for i in np.argsort(-shares)[:2] if shares[i] > 0]
        if len(used) < 2 or used[0].rates is None or used[1].rates is None:
            return None
        tie = self.solves.tie_between(used[0], used[0].rates, used[1], used[1].rates)
        return None if tie is None or self._tried(tie) else tie

    def _tried_alone(self, prices: FloatArray) -> bool:
        """Whether a plan is known that is the best at these very prices: to ask again tells nothing new."""
        same = _SAME_PRICES + _NO_NEWS * float(np.abs(prices).max())
        return any(p.rates is not None and np.abs(p.rates - prices).max() < same for p in self.solved)

    def _tried(self, prices: FloatArray) -> bool:
        return any(np.abs(p.rates - prices).max() < _SAME_PRICES for p in self.proofs)


def _mixed(plans: list[Plan], shares: FloatArray) -> Plan:
    used = np.flatnonzero(shares > 0)
    sells = sum(shares[i] * plans[i].sells for i in used)
    buys = sum(shares[i] * plans[i].buys for i in used)
    return Plan(np.asarray(sells), np.asarray(buys))


def _master(region: Region, plans: list[GainPlan]) -> tuple[FloatArray, FloatArray] | None:
    """The best mixture of plans with gains in a region, by a linear program: prices of the gains, and shares."""
    from scipy.optimize import linprog

    if not plans:
        return None
    gains = np.array([p.gains for p in plans])
    value = np.array([p.beside for p in plans]) + region.cell.tax(gains)
    borders = np.array([b.normal for b in region.borders]).reshape(len(region.borders), 2)
    limits = np.array([b.limit for b in region.borders])
    found = linprog(
        value,
        A_ub=borders @ gains.T if len(borders) else None,
        b_ub=limits if len(borders) else None,
        A_eq=np.ones((1, len(plans))),
        b_eq=np.ones(1),
        method="highs",
    )
    if found.status != 0:
        return None
    pushed = -np.asarray(found.ineqlin.marginals) if len(borders) else np.zeros(0)
    shares = np.maximum(np.asarray(found.x), 0.0)
    return region.rates + pushed @ borders, shares / shares.sum()
