"""All accounts of a household under given sides of wash sales: returns and retirement accounts, each by itself.

Decision: once it is settled for every group who may do what, accounts meet in their return only, and a
retirement account meets nobody. Answers are kept by what is locked in an account, so that another set of sides
costs only the accounts that it touches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import InfeasibleError, UndecidedError
from di_advisor.formulate.household import AccountGains, SharedReturn, account_problem
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.signals.household_locks import Side, WashSide, loss_lots, with_sides
from di_advisor.solve.discrete import Cancel
from di_advisor.solve.household.accounts import Offer, TaxedAccount
from di_advisor.solve.household.only_account import closed_alone, with_budgets
from di_advisor.solve.household.opaque import alone, taxed_account
from di_advisor.solve.household.returns import ReturnAnswer, solve_return

__all__ = ["AccountFacts", "Coordination", "FilerFacts", "Joint", "Sides", "clashes", "planned_side"]

_TRADED = 1e-7

Sides = Mapping[int, Side]
"""By group of substantially identical names: what nobody does, or what is charged for."""


@dataclass(frozen=True)
class AccountFacts:
    """What is asked of one account.

    Attributes
    ----------
    signals : Signals
        Of the account; wash windows of all accounts are in its locks.
    mandate : Mandate
        Its wishes.
    filer : str
        Whose return it is on; of a retirement account, whose owner's.
    own : OwnWishes
        The user's own terms and rules for it.
    """

    signals: Signals
    mandate: Mandate
    filer: str
    own: OwnWishes = field(default_factory=OwnWishes)

    @property
    def is_taxed(self) -> bool:
        """Whether its gains go to a return."""
        return self.signals.account.kind not in RETIREMENT_KINDS

    @property
    def leaves_tax_out(self) -> bool:
        """Whether its gains go to a return and its mode does not look at them."""
        return self.is_taxed and self.mandate.mode is TradingMode.TAX_UNAWARE


@dataclass(frozen=True)
class FilerFacts:
    """A return.

    Attributes
    ----------
    taxpayer : TaxProfile, ReturnInputs or FilerTax
        The year without these trades.
    gain_budget_usd, tax_budget_usd : float or None
        Of all its accounts together.
    """

    taxpayer: Taxpayer
    gain_budget_usd: float | None = None
    tax_budget_usd: float | None = None


@dataclass(frozen=True)
class Joint:
    """The best plans for all accounts under some sides, washes between accounts of other groups not looked at.

    Attributes
    ----------
    sides : Mapping of int to WashSide or PricedSide
        By group.
    plans : Mapping of str to Plan
        By account, fractions of it.
    gains : Mapping of str to AccountGains
        What each taxable account realises.
    objective_usd, bound_usd : float
        Of the household under these sides.
    returns : Mapping of str to ReturnAnswer
        By filer.
    clashing : tuple of int
        Groups that one account sells at a loss and another buys.
    """

    sides: Sides
    plans: Mapping[str, Plan]
    gains: Mapping[str, AccountGains]
    objective_usd: float
    bound_usd: float
    returns: Mapping[str, ReturnAnswer]
    clashing: tuple[int, ...]


@dataclass
class Coordination:
    """Accounts and returns, with everything solved so far.

    Attributes
    ----------
    accounts : Mapping of str to AccountFacts
        By id.
    filers : Mapping of str to FilerFacts
        By name.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of rounds of each search.
    """

    accounts: Mapping[str, AccountFacts]
    filers: Mapping[str, FilerFacts]
    cancel: Cancel
    rounds: int = 12
    _problems: dict[tuple[str, bytes], tuple[Signals, Problem]] = field(default_factory=dict)
    _taxed: dict[tuple[str, bytes], TaxedAccount] = field(default_factory=dict)
    _returns: dict[tuple[str, tuple[bytes, ...]], ReturnAnswer] = field(default_factory=dict)
    _alone: dict[tuple[str, bytes], tuple[Plan, float, float]] = field(default_factory=dict)

    def problem(self, account_id: str, sides: Sides) -> tuple[bytes, Signals, Problem]:
        """An account under sides: what is locked in it as a key, its signals and its problem."""
        facts = self.accounts[account_id]
        signals = with_sides(facts.signals, sides)
        key = signals.account.can_buy.tobytes() + signals.account.lot_sellable.tobytes()
        if (account_id, key) not in self._problems:
            taxpayer = self.filers[facts.filer].taxpayer
            self._problems[account_id, key] = signals, account_problem(signals, facts.mandate, taxpayer, own=facts.own)
        return (key, *self._problems[account_id, key])

    def joint(self, sides: Sides, above: Joint | None = None) -> Joint:
        """All accounts under some sides, without looking at other accounts' washes beside them.

        Parameters
        ----------
        sides : Mapping of int to WashSide
            By group.
        above : Joint, optional
            Under some of these sides only: a start.

        Raises
        ------
        InfeasibleError
            If it is proved that some account, or some return, has no plan.
        UndecidedError
            If none was found, and that is not proved.
        """
        plans: dict[str, Plan] = {}
        gains: dict[str, AccountGains] = {}
        returns: dict[str, ReturnAnswer] = {}
        objective = bound = 0.0
        for filer in self.filers:
            mine = self.taxed(filer)
            if not mine:
                continue
            answer = self._return(filer, mine, sides, None if above is None else above.returns[filer])
            plans |= dict(zip(mine, answer.plans, strict=True))
            gains |= dict(zip(mine, answer.gains, strict=True))
            returns[filer] = answer
            objective, bound = objective + answer.objective_usd, bound + answer.bound_usd
        for account_id, facts in self.accounts.items():
            if not facts.is_taxed:
                plans[account_id], value, least = self._untaxed(account_id, sides)
                objective, bound = objective + value, bound + least
        ordered = {i: plans[i] for i in self.accounts}
        found = clashes({i: a.signals for i, a in self.accounts.items()}, ordered)
        return Joint(dict(sides), ordered, gains, objective, bound, returns, found)

    def _return(self, filer: str, mine: Sequence[str], sides: Sides, above: ReturnAnswer | None) -> ReturnAnswer:
        found = [self.problem(i, sides) for i in mine]
        key = (filer, tuple(k for k, _, _ in found))
        if key in self._returns:
            return self._returns[key]
        facts = self.filers[filer]
        problems = [problem for _, _, problem in found]
        named = zip(mine, found, strict=True)
        accounts = [self._account(account_id, locked, problem) for account_id, (locked, _, problem) in named]
        shared = SharedReturn.of(
            facts.taxpayer,
            found[0][1].market.as_of,
            problems,
            gain_budget_usd=facts.gain_budget_usd,
            tax_budget_usd=facts.tax_budget_usd,
        )
        try:
            answer = solve_return(accounts, shared, above)
        except (InfeasibleError, UndecidedError) as error:
            if "account_id" in error.facts or len(self.filers) == 1:
                raise
            raise type(error)(f"Return {filer}: {error.what}", hint=error.hint, **error.facts) from error
        if len(mine) == 1:
            answer = closed_alone(answer, self._with_budgets(mine[0], found[0][1]), self.cancel)
        self._returns[key] = answer
        return answer

    def _with_budgets(self, account_id: str, signals: Signals) -> Problem:
        """The problem of an account that is alone on its return, with the return's budgets."""
        facts = self.accounts[account_id]
        filer = self.filers[facts.filer]
        mandate = with_budgets(facts.mandate, filer.gain_budget_usd, filer.tax_budget_usd)
        return account_problem(signals, mandate, filer.taxpayer, own=facts.own)

    def _untaxed(self, account_id: str, sides: Sides) -> tuple[Plan, float, float]:
        key, _, problem = self.problem(account_id, sides)
        if (account_id, key) not in self._alone:
            solution = alone(problem, self.cancel, self.rounds)
            value = problem.block.holdings.value_usd
            self._alone[account_id, key] = solution.plan, solution.objective * value, solution.bound * value
        return self._alone[account_id, key]

    def priced(self, account_id: str, sides: Sides, rates: FloatArray | None) -> tuple[Plan, float, float]:
        """An account's best plan at a price of its gains, its value there and a bound, USD, the tax at that price.

        Raises
        ------
        InfeasibleError, UndecidedError, UncertifiedError
            If it has none under these sides.
        """
        if rates is None:
            return self._untaxed(account_id, sides)
        key, _, problem = self.problem(account_id, sides)
        found = self._account(account_id, key, problem).search(rates)
        value = problem.block.holdings.value_usd
        return found.plan, found.objective * value, found.bound * value

    def offer(self, account_id: str, sides: Sides, rates: FloatArray) -> Offer:
        """The same plan as its return sees it."""
        key, _, problem = self.problem(account_id, sides)
        account = self._account(account_id, key, problem)
        found = account.search(rates)
        return account.under(found.choices).judged(found.plan)

    @property
    def value_usd(self) -> float:
        """Of all accounts."""
        return sum(a.signals.account.value_usd for a in self.accounts.values())

    def taxed(self, filer: str) -> tuple[str, ...]:
        """Accounts whose gains go to a return."""
        return tuple(i for i, a in self.accounts.items() if a.filer == filer and a.is_taxed)

    def _account(self, account_id: str, key: bytes, problem: Problem) -> TaxedAccount:
        if (account_id, key) not in self._taxed:
            self._taxed[account_id, key] = taxed_account(problem, self.share(account_id), self.cancel, self.rounds)
        return self._taxed[account_id, key]

    def share(self, account_id: str) -> float:
        """A taxable account's value over that of all accounts of its return."""
        mine = self.taxed(self.accounts[account_id].filer)
        value = {i: self.problem(i, {})[2].block.holdings.value_usd for i in mine}
        return value[account_id] / sum(value.values())


def clashes(signals: Mapping[str, Signals], plans: Mapping[str, Plan]) -> tuple[int, ...]:
    """Groups that one account sells at a loss and another buys, the most dollars first.

    Parameters
    ----------
    signals : Mapping of str to Signals
        By account.
    plans : Mapping of str to Plan
        By account, fractions of it.
    """
    sold: dict[int, dict[str, float]] = {}
    bought: dict[int, dict[str, float]] = {}
    for account_id, plan in plans.items():
        account, group = signals[account_id].account, signals[account_id].market.universe.group_of
        value = account.value_usd
        for i in np.flatnonzero(loss_lots(account) & (plan.sells > _TRADED)).tolist():
            of = sold.setdefault(int(group[account.lot_name[i]]), {})
            of[account_id] = of.get(account_id, 0.0) + float(plan.sells[i]) * value
        for i in np.flatnonzero(plan.buys > _TRADED).tolist():
            of = bought.setdefault(int(group[i]), {})
            of[account_id] = of.get(account_id, 0.0) + float(plan.buys[i]) * value
    found = {
        g: min(sum(sold[g].values()), sum(bought[g].values()))
        for g in sold.keys() & bought.keys()
        if len(sold[g].keys() | bought[g].keys()) > 1
    }
    return tuple(sorted(found, key=lambda g: (-found[g], g)))


def planned_side(signals: Mapping[str, Signals], plans: Mapping[str, Plan], group: int) -> WashSide:
    """The side that plans take in a group: nobody buys it where more of it is sold at a loss than bought."""
    sold = bought = 0.0
    for account_id, plan in plans.items():
        account, group_of = signals[account_id].account, signals[account_id].market.universe.group_of
        lots = loss_lots(account) & (group_of[account.lot_name] == group)
        sold += float(plan.sells[lots].sum()) * account.value_usd
        bought += float(plan.buys[group_of == group].sum()) * account.value_usd
    return WashSide.NO_BUY if sold > bought else WashSide.NO_LOSS_SALE
