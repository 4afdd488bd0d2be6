"""Orders of all accounts: one after another, each with the others as they are, and their worth together.

Problem: plans in weights must become whole orders, and every account has its own way there (rounding, caps,
cash). Decision: given who may do what with each group, and what the others realise, an account's problem is an
ordinary one, and goes through everything that an account by itself goes through; the first start from the
plans found together, each later one from the orders of those before. A second round is kept where it is better.

Limits: an account is certified with the others as they are; the certificate of all together is the household's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from di_advisor.domain.household import Household
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import DiAdvisorError, InfeasibleError, SettlementError, SolveError, UndecidedError
from di_advisor.formulate.build import formulate
from di_advisor.formulate.household import AccountGains, beside, untaxed
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import Taxpayer, law_of, rates_of
from di_advisor.propose.explain import explain
from di_advisor.propose.household.at_law import AccountOrders, AtLaw, booked, gains_of_orders
from di_advisor.propose.planned import Clock, Planned, plan_for, silent
from di_advisor.signals.household_locks import PricedSide, WashSide, with_sides
from di_advisor.solve.household.charges import Charges, Ends, side_of
from di_advisor.solve.household.coordination import AccountFacts, Coordination, Sides

__all__ = ["Settled", "Settling", "charged_anyway_usd", "waiting_share"]

_COMPANY = 2
_CLOSE = 1e-5
_OPEN = 1e-4
"""Of the household's value: a gap of one account that is worth branching on its choices."""

_ROOM = 4e-6
"""Of an account's value: by how much its part of a budget may be passed for the rounding of others."""


@dataclass(frozen=True)
class Settled:
    """Orders of all accounts, and what they are worth.

    Attributes
    ----------
    planned : Mapping of str to Planned
        By account, as it was planned with the others as they were.
    gains : Mapping of str to AccountGains
        By taxable account, no loss disallowed.
    law : AtLaw
        As the ledger books them.
    objective_usd : float
        All terms of all accounts, the tax of the returns at law, and what waiting for washed losses costs.
    wash_cost_usd : float
        What of it is due to washed losses.
    keeps : bool
        Whether the wash policy and the budgets are kept.
    sides : Mapping of int to WashSide
        Under which they were planned.
    source : str
        Where they come from.
    """

    planned: Mapping[str, Planned]
    gains: Mapping[str, AccountGains]
    law: AtLaw
    objective_usd: float
    wash_cost_usd: float
    keeps: bool
    sides: Sides
    source: str


def charged_anyway_usd(problem: Problem) -> float:
    """What affine own terms of an account charge for doing nothing, USD: no plan changes it."""
    return charged_anyway(problem.terms) * problem.block.holdings.value_usd


def waiting_share(household: Household) -> float:
    """Share of a washed loss's worth that is left when it comes back after the household's years."""
    return float((1.0 + household.discount_rate_per_year) ** -household.wash_deferral_years)


@dataclass
class Settling:
    """A household on its way from plans to orders.

    Attributes
    ----------
    household : Household
        Whose.
    coordination : Coordination
        Its accounts and returns.
    cancel : callable
        Asked between solves.
    """

    household: Household
    coordination: Coordination
    cancel: Callable[[], bool]
    _rates: Mapping[str, FloatArray] = field(default_factory=dict)

    def together(
        self,
        sides: Sides,
        gains: Mapping[str, AccountGains],
        source: str,
        *,
        reasons: Mapping[int, str] | None = None,
        bound_usd: float = -math.inf,
        rates: Mapping[str, FloatArray] | None = None,
    ) -> Settled:
        """Orders one after another, starting from what all accounts realise by plan; a second round where better.

        Groups whose sides are priced are charged for at the ``rates`` given, by filer.

        Raises
        ------
        SolveError, SettlementError
            If some account has no plan, or none in whole shares, with the others as they are.
        """
        known = dict(gains)
        planned: dict[str, Planned] = {}
        best: Settled | None = None
        self._rates = {} if rates is None else rates
        for _ in range(2):
            try:
                for account_id in self._order():
                    planned[account_id] = self._with_room(account_id, sides, known, reasons)
                    self.done(account_id, planned[account_id])
                    if self.coordination.accounts[account_id].is_taxed:
                        known[account_id] = _gains(planned[account_id])
            except (SolveError, SettlementError):
                if best is None:
                    raise
                break
            found = self.judged(planned, sides, source)
            if best is not None and not (found.keeps and found.objective_usd < best.objective_usd):
                break
            best = found
            if len(self._taxed_with_company()) < _COMPANY or (best.keeps and self.is_close(best, bound_usd)):
                break
        assert best is not None  # noqa: S101 - raised otherwise
        return best

    def is_close(self, settled: Settled, bound_usd: float) -> bool:
        """Whether nothing worth looking for lies between orders and a bound."""
        value = sum(a.signals.account.value_usd for a in self.coordination.accounts.values())
        return settled.objective_usd - bound_usd <= _CLOSE * value

    def separate(self, sides: Sides) -> dict[str, Planned]:
        """Every account by itself, as if nobody else had gains; washes avoided by the sides given.

        Raises
        ------
        SolveError, SettlementError
            If some account has no plan.
        """
        return {i: self._account(i, sides, {}, None) for i in self.coordination.accounts}

    def by_itself(self, account_id: str, sides: Sides) -> Planned:
        """One account by itself, under locks.

        Raises
        ------
        SolveError, SettlementError
            If it has no plan, or none in whole shares.
        """
        return self._account(account_id, sides, {}, None, exact=True)

    def judged(self, planned: Mapping[str, Planned], sides: Sides, source: str) -> Settled:
        """Given orders with their worth together, at law."""
        accounts = self.coordination.accounts
        ordered = {i: planned[i] for i in accounts}
        orders = {i: AccountOrders(p.orders.sells, p.orders.buys) for i, p in ordered.items()}
        signals = {i: a.signals for i, a in accounts.items()}
        law = booked(self.household, signals, orders)
        gains = {i: gains_of_orders(signals[i], orders[i]) for i, a in accounts.items() if a.is_taxed}
        objective = sum(self.beside_usd(i, p.orders.plan) for i, p in ordered.items()) + self.jointly_usd(ordered)
        wash_cost, keeps = 0.0, True
        for name, facts in self.coordination.filers.items():
            mine = self.coordination.taxed(name)
            if not mine:
                continue
            tax = self.tax_of(name)
            all_of, counted = (AccountGains.total(of[i] for i in mine) for of in (gains, law.gains))
            owed = tax(counted)
            objective += owed
            disallowed, lost = (AccountGains.total(of[i] for i in mine) for of in (law.disallowed, law.lost_usd))
            if disallowed.short_usd + disallowed.long_usd > 0:
                # What comes back is worth no more than it is today: a wash is never a way to carry a loss over.
                kept = AccountGains(lost.short_usd - disallowed.short_usd, lost.long_usd - disallowed.long_usd)
                back = waiting_share(self.household) * (owed - tax(counted + kept))
                objective -= back
                wash_cost += owed - tax(all_of) - back
            keeps = keeps and self._within(name, facts.gain_budget_usd, facts.tax_budget_usd, counted, owed)
        priced = self.household.wash_policy is WashPolicy.PRICE
        # A plan that does not look at tax does not look at prices of wash sales either: there they are banned.
        blind = {i for i, a in accounts.items() if a.leaves_tax_out}
        banned = any(not priced or blind & {w.loss_account_id, w.replacement_account_id} for w in law.washes)
        return Settled(ordered, gains, law, objective, wash_cost, keeps and not banned, dict(sides), source)

    def beside_usd(self, account_id: str, plan: Plan) -> float:
        """All terms but the tax of one account, as it stands without any sides; own terms beyond doing nothing."""
        _, _, problem = self.coordination.problem(account_id, {})
        return sum(t.value_usd(plan) for t in problem.terms if t.name != "tax") - charged_anyway_usd(problem)

    @property
    def charged_anyway_usd(self) -> float:
        """What own terms of all accounts charge for doing nothing: bounds and objectives here are without it."""
        return sum(charged_anyway_usd(self.coordination.problem(i, {})[2]) for i in self.coordination.accounts)

    def jointly_usd(self, planned: Mapping[str, Planned]) -> float:
        """What all accounts cost together beside their own terms and the taxes: nothing where each tracks its own."""
        del planned
        return 0.0

    @property
    def everyone(self) -> Mapping[str, AccountFacts]:
        """All accounts of the household, those whose orders stand already among them."""
        return self.coordination.accounts

    def explained(self, problem: Problem, planned: Mapping[str, Planned]) -> Problem:
        """A problem with what is of all accounts in it as this account's part."""
        del planned
        return problem

    def facts_of(self, account_id: str) -> AccountFacts:
        """What is asked of one account, with the others as they are."""
        return self.coordination.accounts[account_id]

    def done(self, account_id: str, planned: Planned) -> None:
        """An account has orders: the others see them from now on."""

    def tax_of(self, filer: str) -> Callable[[AccountGains], float]:
        """What gains change a return's tax by, USD."""
        law = law_of(self.coordination.filers[filer].taxpayer, self._as_of)
        now = law.at()
        return lambda gains: float(law.at(gains.short_usd, gains.long_usd) - now)

    @property
    def _as_of(self) -> date:
        return next(iter(self.coordination.accounts.values())).signals.market.as_of

    def _within(
        self, filer: str, gain_usd: float | None, tax_usd: float | None, gains: AccountGains, owed: float
    ) -> bool:
        value = sum(self.coordination.accounts[i].signals.account.value_usd for i in self.coordination.taxed(filer))
        room = _ROOM * value
        within = gain_usd is None or float(gains.short_usd + gains.long_usd) <= gain_usd + room
        return within and (tax_usd is None or owed <= tax_usd + room)

    def _taxed_with_company(self) -> tuple[str, ...]:
        return max((self.coordination.taxed(name) for name in self.coordination.filers), key=len, default=())

    def _order(self) -> list[str]:
        """The largest accounts first: the smallest trades settle what rounding leaves."""
        accounts = self.coordination.accounts
        return sorted(accounts, key=lambda i: (-accounts[i].signals.account.value_usd, i))

    def _with_room(
        self, account_id: str, sides: Sides, gains: Mapping[str, AccountGains], reasons: Mapping[int, str] | None
    ) -> Planned:
        """An account with the others as they are; with a little room where their rounding leaves it no plan."""
        try:
            return self._account(account_id, sides, gains, reasons, exact=True)
        except (InfeasibleError, UndecidedError, SettlementError):
            filer = self.coordination.filers[self.coordination.accounts[account_id].filer]
            if filer.gain_budget_usd is None and filer.tax_budget_usd is None:
                raise
            return self._account(account_id, sides, gains, reasons, _ROOM, exact=True)

    def _account(
        self,
        account_id: str,
        sides: Sides,
        gains: Mapping[str, AccountGains],
        reasons: Mapping[int, str] | None,
        room: float = 0.0,
        *,
        exact: bool = False,
    ) -> Planned:
        facts = self.facts_of(account_id)
        filer = self.coordination.filers[facts.filer]
        signals = with_sides(facts.signals, sides, reasons)
        taxpayer: Taxpayer = filer.taxpayer
        mandate = facts.mandate
        if facts.leaves_tax_out:  # its budgets are kept by the others
            taxpayer = filer.taxpayer
        elif facts.is_taxed:
            mine = self.coordination.taxed(facts.filer)
            others = AccountGains.total(g for i, g in gains.items() if i in mine and i != account_id)
            taxpayer = beside(taxpayer, others)
            mandate = self.budgeted(mandate, facts.filer, others, room * signals.account.value_usd)
        else:
            taxpayer = untaxed(rates_of(taxpayer, self._as_of))
        seen, own = self._charged(account_id, signals, sides)
        try:
            found = plan_for(seen, mandate, taxpayer, Clock(silent), self.cancel, own)
        except (InfeasibleError, UndecidedError, SettlementError) as error:
            raise _of_account(error, account_id) from error
        if exact and self._is_open(found):
            with suppress(SolveError, SettlementError):
                proved = plan_for(seen, mandate, taxpayer, Clock(silent), self.cancel, own, exact=True)
                found = proved if _worth_usd(proved) < _worth_usd(found) else found
        return found if seen is signals and own is facts.own else _uncharged(found, signals, taxpayer, facts.own)

    def _charged(self, account_id: str, signals: Signals, sides: Sides) -> tuple[Signals, OwnWishes]:
        """An account with what wash sales cost it where sides are priced; as it is where none are.

        Purchases are charged at the level of a side, and losses never paid it: they would be sold for that alone.
        """
        own = self.coordination.accounts[account_id].own
        if not self._rates or all(isinstance(side, WashSide) for side in sides.values()):
            return signals, own
        charges = Charges(self.coordination, waiting_share(self.household))
        ends = Ends.at(self._rates)
        charge = charges.purchases(account_id, sides, ends)
        unpaid = {g: PricedSide.PURCHASES if side_of(s)[0] is PricedSide.PURCHASES else s for g, s in sides.items()}
        own = own if charge is None else OwnWishes((*own.terms, charge), own.rules)
        return charges.signals(account_id, signals, unpaid, ends), own

    def _is_open(self, planned: Planned) -> bool:
        """Whether the search for one account left a gap that matters to the household."""
        value = sum(a.signals.account.value_usd for a in self.coordination.accounts.values())
        gap = planned.solution.objective - planned.solution.bound
        return gap * planned.signals.account.value_usd > _OPEN * value

    def budgeted(self, mandate: Mandate, filer: str, others: AccountGains, room_usd: float = 0.0) -> Mandate:
        """The mandate with what is left of the return's budgets."""
        facts = self.coordination.filers[filer]
        changes: dict[str, Decimal] = {}
        if facts.gain_budget_usd is not None:
            left = Decimal(repr(round(facts.gain_budget_usd - float(others.short_usd + others.long_usd) + room_usd, 4)))
            own = mandate.gain_budget_usd
            changes["gain_budget_usd"] = left if own is None else min(left, Decimal(str(own)))
        if facts.tax_budget_usd is not None:
            owed = self.tax_of(filer)(others)
            changes["tax_budget_usd"] = Decimal(repr(round(facts.tax_budget_usd - owed + room_usd, 4)))
        return replace(mandate, **changes) if changes else mandate  # type: ignore[arg-type]  # fields of a mandate


def _of_account(error: InfeasibleError | UndecidedError | SettlementError, account_id: str) -> DiAdvisorError:
    """The same error with the account that it is of: whoever reads it has several."""
    return type(error)(
        f"Account {account_id}: {error.what}", hint=error.hint, **{**error.facts, "account_id": account_id}
    )


def _uncharged(planned: Planned, signals: Signals, taxpayer: Taxpayer, own: OwnWishes) -> Planned:
    """Orders that were found with what wash sales cost, told without: the household states that cost by itself."""
    problem = formulate(signals, planned.mandate, taxpayer, own=own)
    proposal = explain(problem, planned.solution, planned.orders, signals, planned.mandate)
    proposal = replace(proposal, certificate=planned.proposal.certificate, stages=planned.proposal.stages)
    return replace(planned, signals=signals, problem=problem, proposal=proposal)


def _worth_usd(planned: Planned) -> float:
    """The objective of an account's orders, with the others as they were, USD."""
    return sum(t.value_usd(planned.orders.plan) for t in planned.problem.terms)


def _gains(planned: Planned) -> AccountGains:
    return gains_of_orders(planned.signals, AccountOrders(planned.orders.sells, planned.orders.buys))
