"""Several accounts under fixed choices and one return: the price of gains that makes them agree.

The accounts' gains meet in the return only. Decision (Dantzig and Wolfe 1960): at a price of gains every
account gives its best plan and a bound; a small linear program mixes the plans given so far, each account its
own (a mixture keeps every convex rule and costs no more than the mixture of costs), so that the gains together
lie in one region of the law, and its prices are asked next. A price proves something about every region, so
that most are never mixed. Where no mixture lies in a region yet, what is missing is charged for, dearer and
dearer. Limits: a region that no step closes keeps its bound, and the certificate shows the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.household import SharedReturn
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.tax_cells import Region
from di_advisor.solve.household.accounts import FixedAccount, Offer
from di_advisor.solve.tax_plans import Proved

__all__ = ["JointPlan", "JointProof", "Pricing", "mixture_of"]

_EXACT = 1e-6
_LEAST_GAP = 1e-9
_STEPS_MAX = 24
_INSIDE = 1e-8
_TIGHT = 1e-10
_MISSING = (3.0, 95.0, 3000.0)
"""What a dollar of gain outside a region is charged."""

_SAME_PRICES = 1e-12


@dataclass(frozen=True, eq=False)
class JointProof:
    """What one price of gains proves of all accounts of a return.

    Attributes
    ----------
    rates : ndarray of shape (2,)
        Price of short-term and of long-term gain.
    least : float
        No plans together have less of everything else plus these prices times their gains.
    accounts : tuple of Proved
        One an account; empty where the bound is not of fixed choices.
    """

    rates: FloatArray
    least: float
    accounts: tuple[Proved, ...] = ()

    def bound(self, region: Region) -> float:
        """No plans whose gains together lie in the region have a lower objective."""
        return self.least + region.least_beside(self.rates)


@dataclass(frozen=True, eq=False)
class JointPlan:
    """One plan an account, and their objective with the tax on their gains together.

    Attributes
    ----------
    offers : tuple of Offer
        One an account.
    gains : ndarray of shape (2,)
        Together.
    objective : float
        Fraction of the return's accounts.
    """

    offers: tuple[Offer, ...]
    gains: FloatArray
    objective: float


@dataclass
class Pricing:
    """The accounts of one return under fixed choices.

    Attributes
    ----------
    accounts : sequence of FixedAccount
        At least one.
    shared : SharedReturn
        The return.
    cutoff : float
        An objective that is had already: plans that are no better are not looked for.
    """

    accounts: Sequence[FixedAccount]
    shared: SharedReturn
    cutoff: float = np.inf
    best: JointPlan | None = None
    proofs: list[JointProof] = field(default_factory=list)
    offers: list[list[Offer]] = field(default_factory=list)
    closed: dict[int, float] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.offers = [[] for _ in self.accounts]

    def run(self, rates: FloatArray) -> JointPlan:
        """The best plans over all regions.

        Parameters
        ----------
        rates : ndarray of shape (2,)
            Prices to begin with.

        Raises
        ------
        InfeasibleError
            If no region has a plan.
        """
        regions = self.shared.regions
        if not regions:
            raise InfeasibleError("The budgets of gain and tax leave nothing.", hint="Raise the budgets.")
        self.ask(rates)
        for _ in range(_STEPS_MAX * len(regions)):
            at = self._next()
            if at is None:
                break
            self._step(at)
        if self.best is None:
            raise InfeasibleError(
                "No plans of the accounts keep the budgets of gain or tax of their return.",
                hint="Raise the budgets, or widen the accounts' rules.",
            )
        return self.best

    def ask(self, rates: FloatArray) -> None:
        """Every account's best at a price of gains."""
        least, proofs, first = 0.0, [], []
        for account, offers in zip(self.accounts, self.offers, strict=True):
            found, proof = account.at(rates)
            offers.extend(found)
            first.append(found[0])
            proofs.append(proof)
            least += account.account.share * proof.least
        self.proofs.append(JointProof(np.array(rates), least, tuple(proofs)))
        self.consider(first)

    def consider(self, offers: Sequence[Offer]) -> None:
        """Take in one plan an account."""
        gains = np.sum([o.gains for o in offers], axis=0)
        home = self.home(gains)
        if home.excess(gains) > _INSIDE:
            return
        objective = sum(o.beside for o in offers) + float(home.cell.tax(gains))
        if self.best is None or objective < self.best.objective:
            self.best = JointPlan(tuple(offers), gains, objective)

    def bounds(self) -> FloatArray:
        """A bound of each region under these choices."""
        found = np.full(len(self.shared.regions), -np.inf)
        for i, region in enumerate(self.shared.regions):
            found[i] = max(max((p.bound(region) for p in self.proofs), default=-np.inf), self.closed.get(i, -np.inf))
        return found

    def proof_at(self, region: Region) -> JointProof:
        """The proof that says most of a region."""
        return max(self.proofs, key=lambda p: p.bound(region))

    def home(self, gains: FloatArray) -> Region:
        """The region where some gains lie."""
        return min(self.shared.regions, key=lambda region: region.excess(gains))

    @property
    def tolerance(self) -> float:
        """Gap that counts as closed."""
        return _LEAST_GAP if self.best is None else _EXACT * abs(self.best.objective) + _LEAST_GAP

    def within(self, at: int) -> JointProof:
        """Close one region by itself, whatever the best plans are; the proof that then says most of it."""
        while at not in self.closed:
            self._step(at)
        return self.proof_at(self.shared.regions[at])

    def _next(self) -> int | None:
        bounds = self.bounds()
        limit = min(self.cutoff, np.inf if self.best is None else self.best.objective) - self.tolerance
        open_ = [i for i in np.flatnonzero(bounds < limit).tolist() if i not in self.closed]
        return min(open_, key=lambda i: float(bounds[i])) if open_ else None

    def _step(self, at: int) -> None:
        region = self.shared.regions[at]
        turn = self.steps[at] = self.steps.get(at, 0) + 1
        bound = self.proof_at(region).bound(region)
        prices, value = self._mixed(region)
        known = any(np.abs(p.rates - prices).max() < _SAME_PRICES for p in self.proofs)
        if value - bound <= self.tolerance or known or turn >= _STEPS_MAX:
            self.closed[at] = bound
            return
        self.ask(prices)

    def _mixed(self, region: Region) -> tuple[FloatArray, float]:
        """The prices of the best mixture of the plans in a region, and what the mixture is worth; infinite if none."""
        prices, shares = mixture_of(region, self.offers)
        if shares is None:
            return prices, np.inf
        mixed = [
            account.judged(_mixture(offers, share))
            for account, offers, share in zip(self.accounts, self.offers, shares, strict=True)
        ]
        self.consider(mixed)
        gains = np.sum([o.gains for o in mixed], axis=0)
        return prices, sum(o.beside for o in mixed) + float(region.cell.tax(gains))


def mixture_of(region: Region, offers: Sequence[Sequence[Offer]]) -> tuple[FloatArray, list[FloatArray] | None]:
    """The prices of the best mixture, account by account, with gains in a region; and its shares, None if none is."""
    for missing in _MISSING:
        prices, shares, outside = _master(region, offers, missing)
        if outside <= _INSIDE:
            return prices, shares
    return prices, None


def _mixture(offers: Sequence[Offer], shares: FloatArray) -> Plan:
    used = np.flatnonzero(shares > 0).tolist()
    sells = np.sum([shares[i] * offers[i].plan.plan.sells for i in used], axis=0)
    return Plan(sells, np.sum([shares[i] * offers[i].plan.plan.buys for i in used], axis=0))


def _master(
    region: Region, offers: Sequence[Sequence[Offer]], missing: float
) -> tuple[FloatArray, list[FloatArray], float]:
    """The best mixture with gains in a region: prices of the gains, shares by account, and what lies outside."""
    from scipy.optimize import linprog

    flat = [o for of in offers for o in of]
    gains = np.array([o.gains for o in flat])
    value = np.array([o.beside for o in flat]) + gains @ region.rates
    borders = np.array([b.normal for b in region.borders]).reshape(len(region.borders), 2)
    limits = np.array([b.limit for b in region.borders])
    owner = np.concatenate([np.full(len(of), a) for a, of in enumerate(offers)])
    one_each = np.zeros((len(offers), len(flat) + len(borders)))
    one_each[owner, np.arange(len(flat))] = 1.0
    # The solver's tolerances are absolute: rows in units of the largest gain, the objective in its own size.
    size, unit = max(float(np.abs(value).max()), 1e-6), max(float(np.abs(gains).max()), 1e-6)
    found = linprog(
        np.r_[value, np.full(len(borders), missing * unit)] / size,
        A_ub=np.c_[borders @ gains.T / unit, -np.eye(len(borders))] if len(borders) else None,
        b_ub=limits / unit if len(borders) else None,
        A_eq=one_each,
        b_eq=np.ones(len(offers)),
        method="highs",
        options={"primal_feasibility_tolerance": _TIGHT, "dual_feasibility_tolerance": _TIGHT},
    )
    if found.status != 0:
        return region.rates, [np.eye(1, len(of))[0] for of in offers], np.inf
    pushed = -size / unit * np.asarray(found.ineqlin.marginals) if len(borders) else np.zeros(0)
    x = np.maximum(np.asarray(found.x), 0.0)
    shares = [x[: len(flat)][owner == a] for a in range(len(offers))]
    return region.rates + pushed @ borders, [s / s.sum() for s in shares], unit * float(x[len(flat) :].sum())
