"""The accounts of one return together: choices, price of gains, and a bound over all regions and all choices.

Decision: as for one account (`di_advisor.solve.taxed`). The relaxation without discrete choices is priced over
all regions first; at its prices every account searches its own choices; under these the accounts are priced
once more, and the search repeated where the prices moved, and at the prices of other regions that could hold
better plans. Every price at which the accounts were searched bounds every region over all choices.

Limits: budgets of searches; what they leave open shows in the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.household import AccountGains, SharedReturn, gains_usd
from di_advisor.formulate.plan import Plan
from di_advisor.solve.choices import Choices
from di_advisor.solve.household.accounts import Offer, TaxedAccount
from di_advisor.solve.household.budgets import out_of_reach
from di_advisor.solve.household.pricing import JointPlan, JointProof, Pricing, mixture_of
from di_advisor.solve.solution import FEASIBLE

__all__ = ["ReturnAnswer", "solve_return"]

_ROUNDS = 2
_FURTHER = 12
_SAME_RATES = 1e-4
_SAME_PRICES = 1e-7
_ENOUGH = 2e-5
_DEARER = (0.1, 0.5, 2.0, 10.0)


@dataclass(frozen=True, eq=False)
class ReturnAnswer:
    """The best plans of the accounts of one return.

    Attributes
    ----------
    plans : tuple of Plan
        One an account, in fractions of it.
    choices : tuple of ndarray
        The discrete choices they were found under.
    gains : tuple of AccountGains
        What each realises.
    objective_usd : float
        Of all accounts, with the tax of the return.
    bound_usd : float
        No plans of these accounts, whatever their discrete choices, have less.
    rates : ndarray of shape (2,)
        What a dollar of short-term and of long-term gain costs the household where the plans stand.
    shared : SharedReturn
        The return.
    bounds_usd : ndarray of shape (regions,)
        The bound by region of its gains.
    """

    plans: tuple[Plan, ...]
    choices: tuple[Choices, ...]
    gains: tuple[AccountGains, ...]
    objective_usd: float
    bound_usd: float
    rates: FloatArray
    shared: SharedReturn
    bounds_usd: FloatArray


@dataclass
class _State:
    """What is known so far."""

    accounts: Sequence[TaxedAccount]
    shared: SharedReturn
    best: JointPlan | None = None
    rates: FloatArray = field(default_factory=lambda: np.zeros(2))
    choices: tuple[Choices, ...] = ()
    over_all: list[JointProof] = field(default_factory=list)
    relaxed_bounds: FloatArray = field(default_factory=lambda: np.zeros(0))
    searched: list[list[Offer]] = field(default_factory=list)

    def bounds(self) -> FloatArray:
        """A bound of each region over all choices."""
        return np.array(
            [
                max([float(loose), *(p.bound(region) for p in self.over_all)])
                for region, loose in zip(self.shared.regions, self.relaxed_bounds, strict=True)
            ]
        )

    @property
    def closed(self) -> bool:
        """Whether nothing worth looking for is left."""
        if self.best is None:
            return False
        value = self.best.objective
        return value - float(self.bounds().min()) <= _ENOUGH * max(abs(value), 1e-9)

    def around(self, rates: FloatArray) -> FloatArray | None:
        """Choices of every account at a price, then prices under them; the price there, None where there is no plan."""
        found = [account.search(rates) for account in self.accounts]
        least = sum(a.share * s.bound for a, s in zip(self.accounts, found, strict=True))
        self.over_all.append(JointProof(rates, least))
        choices = tuple(s.choices for s in found)
        cutoff = np.inf if self.best is None else self.best.objective
        tight = Pricing([a.under(c) for a, c in zip(self.accounts, choices, strict=True)], self.shared, cutoff)
        for account, offers, solution in zip(tight.accounts, self.searched, found, strict=True):
            offers.append(account.judged(solution.plan))
        try:
            best = tight.run(rates)
        except InfeasibleError:
            return None
        there = tight.proof_at(tight.home(best.gains)).rates
        if self.best is None or best.objective < self.best.objective:
            self.best, self.rates, self.choices = best, there, choices
        return there


def solve_return(
    accounts: Sequence[TaxedAccount], shared: SharedReturn, above: ReturnAnswer | None = None
) -> ReturnAnswer:
    """The best plans of accounts that share one return, with a bound.

    Parameters
    ----------
    accounts : sequence of TaxedAccount
        At least one; their shares sum to 1.
    shared : SharedReturn
        The return.
    above : ReturnAnswer, optional
        Of the same accounts with fewer locks: its bounds hold here, and its prices are begun with.

    Raises
    ------
    InfeasibleError
        When it is proved that an account has no plan, or that the budgets of the return leave none.
    UndecidedError
        When none was found, and that is not proved.
    UncertifiedError, UnfinishedError
        When a solve was not certified, or cancelled.
    """
    state = _State(accounts, shared, searched=[[] for _ in accounts])
    loose: _Relaxation | None = None
    if above is None or len(above.bounds_usd) != len(shared.regions):
        try:
            loose = _Relaxation(accounts, shared)
        except InfeasibleError as error:
            raise out_of_reach(accounts, shared, error) from error
        state.relaxed_bounds, rates = loose.bounds(), loose.rates
    else:
        state.relaxed_bounds, rates = above.bounds_usd / shared.value_usd, above.rates
    for _ in range(_ROUNDS):
        moved = None
        with suppress(UndecidedError):
            moved = state.around(rates)
        if moved is None or state.closed or np.abs(moved - rates).max() < _SAME_RATES:
            break
        rates = moved
    for more in _DEARER:  # where the choices found leave no plan within the budgets
        if state.best is None:
            with suppress(InfeasibleError, UncertifiedError, UndecidedError):
                state.around(rates + more)
    _idle(state, rates)
    _elsewhere(state, loose)
    if state.best is None:
        missing = InfeasibleError(
            "No plans keep the budgets of the return once minimum trades and sides are kept too.",
            hint="Raise the budgets, or lower the minimum trades.",
        )
        raise out_of_reach(accounts, shared, missing)
    return _answer(state)


class _Relaxation:
    """The accounts without their discrete choices.

    Parameters
    ----------
    accounts, shared
        As of `solve_return`.
    """

    def __init__(self, accounts: Sequence[TaxedAccount], shared: SharedReturn) -> None:
        self.accounts = accounts
        self.pricing = Pricing([a.under() for a in accounts], shared)
        best = self.pricing.run(_middle(shared))
        self.rates = self.pricing.proof_at(self.pricing.home(best.gains)).rates

    def bounds(self) -> FloatArray:
        """A bound of each region, less what room kept for rounding adds."""
        proofs = self.pricing.proofs
        reserve = sum(a.share * a.kept_back(p.accounts[i] for p in proofs) for i, a in enumerate(self.accounts))
        return self.pricing.bounds() - reserve


def _middle(shared: SharedReturn) -> FloatArray:
    """The rates of no further gain."""
    if not shared.regions:
        raise InfeasibleError("The budgets of gain and tax leave nothing.", hint="Raise the budgets.")
    return min(shared.regions, key=lambda region: region.excess(np.zeros(2))).rates


def _idle(state: _State, rates: FloatArray) -> None:
    """No trade in any account, where that keeps every rule: no search may end with more."""
    fixed = [a.under(np.zeros(len(a.problem.block.active_lower), dtype=np.int64)) for a in state.accounts]
    plans = [a.problem.block.holdings.nothing() for a in state.accounts]
    kept = (r.slack(p) >= -FEASIBLE for a, p in zip(state.accounts, plans, strict=True) for r in a.problem.rules)
    if not all(kept) or not any(region.excess(np.zeros(2)) <= 0 for region in state.shared.regions):
        return
    offers = [f.judged(p) for f, p in zip(fixed, plans, strict=True)]
    objective = sum(o.beside for o in offers)
    if state.best is None or objective < state.best.objective:
        state.best = JointPlan(tuple(offers), np.zeros(2), objective)
        state.choices = tuple(f.choices for f in fixed)
        state.rates = rates


def _elsewhere(state: _State, loose: _Relaxation | None) -> None:
    """Further prices, each for the region of the lowest bound: of its relaxation, then of the plans searched so far."""
    asked = [p.rates for p in state.over_all]
    looked: set[int] = set()
    for _ in range(_FURTHER):
        if state.best is None or state.closed:
            return
        at = int(np.argmin(state.bounds()))
        region = state.shared.regions[at]
        if at in looked or loose is None:
            rates, _ = mixture_of(region, state.searched)
        else:
            looked.add(at)
            rates = loose.pricing.within(at).rates
            state.relaxed_bounds[at] = max(state.relaxed_bounds[at], loose.bounds()[at])
            if state.bounds()[at] >= state.best.objective:
                continue
        if any(np.abs(rates - known).max() < _SAME_RATES for known in asked):
            rates, _ = mixture_of(region, state.searched)
        if any(np.abs(rates - known).max() < _SAME_PRICES for known in asked):
            return
        asked.append(rates)
        with suppress(InfeasibleError, UncertifiedError, UndecidedError):
            state.around(rates)


def _answer(state: _State) -> ReturnAnswer:
    best, value = state.best, state.shared.value_usd
    assert best is not None  # noqa: S101 - solve_return() raised otherwise
    plans = tuple(o.plan.plan for o in best.offers)
    return ReturnAnswer(
        plans=plans,
        choices=state.choices,
        gains=tuple(
            gains_usd(a.family.tax.gains, plan, a.problem.block.holdings.value_usd)
            for a, plan in zip(state.accounts, plans, strict=True)
        ),
        objective_usd=best.objective * value,
        bound_usd=min(float(state.bounds().min()), best.objective) * value,
        rates=state.rates,
        shared=state.shared,
        bounds_usd=state.bounds() * value,
    )
