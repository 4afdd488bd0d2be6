"""Accounts that track one target together, settled one after another.

Decision: with the holdings of the others as they are, what is left of the household's target is an account's own
target, and its share of the household's value scales its price of risk: its problem is an ordinary one, and the
variance in it is that of the sum. What location is worth needs no term of its own: dividends are taxed in taxable
accounts, for the household's number of years, and not in retirement accounts.

Limits: what an account may hold against the target (bands, caps on tracking error) is refused where the sum is
tracked; an account buys a name only as far as the others leave some of it to hold. Weights are of dollars after the
tax on withdrawals (Reichenstein 2007), at the rates that are given; what trading costs counts whole wherever it is
paid, and growth in a Roth that is never taxed is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np

from di_advisor.domain.household import Household, Tracking
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import MarketSignals
from di_advisor.errors import UnsupportedWishError
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.terms import ActiveRisk
from di_advisor.formulate.tilts import ActiveTilt
from di_advisor.propose.household.settled import Settling
from di_advisor.propose.planned import Planned
from di_advisor.solve.household.coordination import AccountFacts, Sides
from di_advisor.solve.household.together import locate
from di_advisor.solve.household.washes import Coordinated

__all__ = ["LocatedSettling", "refuse_own_limits", "with_location", "withdrawal_notes"]

_AGAINST_THE_TARGET = (
    "tracking_error_max",
    "name_band",
    "sector_band",
    "country_band",
    "industry_band",
    "factor_bands",
    "group_bands",
    "esg",
    "factor_tilts",
    "replacements",
    "withdrawal_usd",
    "mode",
)


def refuse_own_limits(household: Household, own: Mapping[str, OwnWishes]) -> None:
    """Refuse wishes of an account that are measured against its own target, and two returns.

    A user's own terms and rules are refused too: they may speak of active weights, and here an account's target is
    what the others leave.

    Raises
    ------
    UnsupportedWishError
        Naming the fields.
    """
    if household.wash_policy is WashPolicy.PRICE:
        raise UnsupportedWishError(
            "Wash sales between accounts are not priced where one target is tracked together.",
            hint="Ban them, or track each.",
            fields=["wash_policy"],
        )
    if len(household.filers) > 1:
        raise UnsupportedWishError(
            "One target for the sum of all accounts is solved for one return, and there are two.",
            hint="Track each (tracking='each').",
            fields=["tracking"],
        )
    for account_id in own:
        raise UnsupportedWishError(
            f"Account {account_id} brings own terms or rules, and the household tracks one target together: they may "
            "speak of weights against a target that is the account's own.",
            hint="Leave them out, or track each (tracking='each').",
            fields=["own"],
            account_id=account_id,
        )
    plain = {f.name: getattr(Mandate(), f.name) for f in fields(Mandate)}
    for each in household.accounts:
        given = [f for f in _AGAINST_THE_TARGET if getattr(each.mandate, f) != plain[f]]
        if given:
            raise UnsupportedWishError(
                f"Account {each.account_id} sets {', '.join(given)}, and the household tracks one target together.",
                hint="Drop them, or track each (tracking='each').",
                fields=given,
            )


def with_location(market: MarketSignals, years: float) -> MarketSignals:
    """A market whose dividends are those of some years: what decides which account holds what."""
    given = market.dividend_yield_per_year
    return market if given is None else replace(market, dividend_yield_per_year=years * given)


def withdrawal_notes(household: Household) -> list[str]:
    """How accounts whose withdrawals are taxed count in the sum; nothing where each account tracks its own target."""
    if household.tracking is not Tracking.TOGETHER:
        return []
    found = []
    for each in household.accounts:
        if each.withdrawal_tax_rate:
            found.append(
                f"{each.account_id} counts at {each.after_tax:.1%} of what it holds: its withdrawals are taxed at "
                f"{each.withdrawal_tax_rate:.1%}."
            )
        elif each.is_deferred:
            found.append(
                f"{each.account_id} counts whole, as a Roth does: no tax on its withdrawals is given "
                "(withdrawal_tax_rate)."
            )
    return found


@dataclass
class LocatedSettling(Settling):
    """A household that tracks one target, on its way to orders.

    Attributes
    ----------
    alone : bool
        Whether accounts take the whole target for their own, as if there were no others.
    """

    alone: bool = False
    _after_usd: dict[str, FloatArray] = field(default_factory=dict)

    def begun(self) -> Coordinated:
        """What each account should hold and trade: from here they are settled."""
        after_tax = {i: self._after_tax(i) for i in self.coordination.accounts}
        located = locate(self.coordination, self.household.risk_aversion, after_tax)
        self._after_usd = {i: self._held(i, plan) for i, plan in located.plans.items()}
        return Coordinated(
            plans=located.plans,
            gains=located.gains,
            sides=located.sides,
            objective_usd=located.objective_usd,
            bound_usd=located.bound_usd,
            rates={},
            nodes=0,
        )

    @property
    def value_usd(self) -> float:
        """Of all accounts, after the tax on withdrawals."""
        return sum(self._after_tax(i) * a.signals.account.value_usd for i, a in self.coordination.accounts.items())

    def _after_tax(self, account_id: str) -> float:
        return self.household.account(account_id).after_tax

    def separate(self, sides: Sides) -> dict[str, Planned]:
        """Every account by itself, the whole target its own."""
        self.alone = True
        try:
            return super().separate(sides)
        finally:
            self.alone = False

    def facts_of(self, account_id: str) -> AccountFacts:
        """The account with what the others leave of the target, and its share of the price of risk."""
        facts = self.coordination.accounts[account_id]
        aversion = self.household.risk_aversion
        if self.alone:
            return replace(facts, mandate=facts.mandate.with_changes(risk_aversion=aversion))
        account, value = facts.signals.account, self.value_usd
        others = [h for i, h in self._after_usd.items() if i != account_id]
        left = account.target_weight * value - np.sum(others, axis=0)
        after_tax = self._after_tax(account_id)
        mine = after_tax * account.value_usd
        # its variance is of its own value, before tax: aversion * mine ** 2 / value = price * account.value_usd
        price = aversion * after_tax * mine / value
        return AccountFacts(
            replace(facts.signals, account=replace(account, target_weight=left / mine)),
            facts.mandate.with_changes(risk_aversion=price),
            facts.filer,
        )

    def done(self, account_id: str, planned: Planned) -> None:
        """What the others see from now on."""
        self._after_usd[account_id] = self._held(account_id, planned.orders.plan)

    def beside_usd(self, account_id: str, plan: Plan) -> float:
        """All terms but the tax and the risk, which are of all accounts together."""
        _, _, problem = self.coordination.problem(account_id, {})
        terms = (t for t in problem.terms if t.name != "tax" and not isinstance(t, ActiveRisk))
        return sum(t.value_usd(plan) for t in terms)

    def jointly_usd(self, planned: Mapping[str, Planned]) -> float:
        """The price of the variance of the sum, USD."""
        return self.risk_usd({i: p.orders.plan for i, p in planned.items()})

    def risk_usd(self, plans: Mapping[str, Plan]) -> float:
        """The same of given plans; of no trade where there are none."""
        risk = next(iter(self.coordination.accounts.values())).signals.market.risk
        return self.household.risk_aversion * risk.variance_per_year(self.active(plans)) * self.value_usd

    def active(self, plans: Mapping[str, Plan]) -> FloatArray:
        """Active weights of the sum, shape (n,)."""
        accounts = self.coordination.accounts
        held = np.sum([self._held(i, plans.get(i)) for i in accounts], axis=0)
        target = next(iter(accounts.values())).signals.account.target_weight
        return np.asarray(held / self.value_usd - target, dtype=np.float64)

    def explained(self, problem: Problem, planned: Mapping[str, Planned]) -> Problem:
        """The risk of the sum instead of the account's: its gradient halfway, which is exact for a quadratic."""
        market = next(iter(self.coordination.accounts.values())).signals.market
        halfway = 0.5 * (self.active({}) + self.active({i: p.orders.plan for i, p in planned.items()}))
        after_tax = self._after_tax(problem.block.account_id)
        per_weight = after_tax * self.household.risk_aversion * market.risk.gradient(halfway)
        share = ActiveTilt(
            problem.block.holdings,
            np.asarray(per_weight, dtype=np.float64),
            "active risk",
            "What these trades change the price of the household's active variance by, all accounts together.",
        )
        return replace(problem, terms=tuple(share if isinstance(t, ActiveRisk) else t for t in problem.terms))

    def _held(self, account_id: str, plan: Plan | None) -> FloatArray:
        """Dollars held of each name after a plan, after the tax on withdrawals, shape (n,)."""
        account = self.coordination.accounts[account_id].signals.account
        held = account.held_usd()
        held = held if plan is None else held + plan.net(account.lot_name) * account.value_usd
        return self._after_tax(account_id) * held
