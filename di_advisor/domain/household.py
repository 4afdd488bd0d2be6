"""Household: the people who file together or apart, and all of their accounts.

Problem: gains, carryovers and budgets belong to a return, wash sales to the taxpayer, the spouse and their
retirement accounts (26 USC 1091; Rev. Rul. 2008-5), and wishes to an account. Decision: a household names its
filers (one return, or two of a married couple that files separately), whose account each is, and what each
account wishes; what is of a return (budgets of gain and of tax) stands with the filer, what is of the couple
(wash sales) with the household.

Limits: one or two people. An account has one owner; one that is owned together files with either where the
return is joint, and is refused where returns are separate (how its gains are split is not law that is
modelled). Trusts and controlled companies are not modelled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.portfolio import Account, AccountKind, Portfolio
from di_advisor.domain.target import Target
from di_advisor.domain.wish_checks import check_fraction, choice_of
from di_advisor.errors import InputError, UnsupportedWishError

__all__ = ["Filer", "Household", "HouseholdAccount", "Tracking", "is_taxed"]

_COUPLE = 2
_HIGHEST_RATE = 0.9
_DEFERRED = (AccountKind.IRA, AccountKind.RETIREMENT_PLAN, AccountKind.HSA)


class Tracking(StrEnum):
    """What is held against a target."""

    EACH = "each"
    """Every account by itself, against its own target."""

    TOGETHER = "together"
    """The sum of all accounts, against the household's target: any account may hold any part of it."""


def is_taxed(account: Account) -> bool:
    """Whether gains in an account go to a return: not in an IRA, a Roth or another retirement account."""
    return account.kind in (AccountKind.TAXABLE, AccountKind.SPOUSE)


@dataclass(frozen=True)
class Filer:
    """One return.

    Attributes
    ----------
    name : str
        Key: the taxpayer is given under this name.
    people : tuple of str
        Who files it: one, or the two of a joint return.
    gain_budget_usd, tax_budget_usd : Decimal or None
        Largest net realised gain, and largest tax, of what is proposed for all of the filer's accounts.
    """

    name: str
    people: tuple[str, ...]
    gain_budget_usd: Exact | None = None
    tax_budget_usd: Exact | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "people", tuple(self.people))
        if not self.name or not 1 <= len(self.people) <= _COUPLE or len(set(self.people)) < len(self.people):
            raise InputError(
                f"The return {self.name!r} is filed by {list(self.people)}.",
                hint="Name the return, and the one person or the two different people who file it.",
                filer=self.name,
            )
        for field_name in ("gain_budget_usd", "tax_budget_usd"):
            value = getattr(self, field_name)
            if value is not None:
                object.__setattr__(self, field_name, exact(value, field_name))


@dataclass(frozen=True)
class HouseholdAccount:
    """An account with its owner and its wishes.

    Attributes
    ----------
    account : Account
        Lots, cash, fills, kind.
    owner : str
        Whose it is.
    mandate : Mandate
        The wishes for this account.
    target : Target or None
        What it tracks; the household's target when left out.
    withdrawal_tax_rate : float
        Of a traditional IRA or another plan that was not taxed yet: share of a dollar that income tax will take when
        it is withdrawn. Where the sum of all accounts is tracked, what it holds counts after that tax (Reichenstein
        2007); elsewhere it changes nothing.
    """

    account: Account
    owner: str
    mandate: Mandate = field(default_factory=Mandate)
    target: Target | None = None
    withdrawal_tax_rate: float = 0.0

    def __post_init__(self) -> None:
        check_fraction(self.withdrawal_tax_rate, "withdrawal_tax_rate", low=0, high=_HIGHEST_RATE)
        if self.withdrawal_tax_rate and not self.is_deferred:
            raise InputError(
                f"Account {self.account_id} is {self.account.kind.value} and has a withdrawal_tax_rate.",
                hint="Only what comes out of an IRA, a retirement plan or an HSA can be taxed as income.",
                account_id=self.account_id,
                field="withdrawal_tax_rate",
            )
        if self.mandate.wash_policy is not WashPolicy.BAN:
            raise UnsupportedWishError(
                f"The mandate of account {self.account_id} prices wash sales.",
                hint="In a household they are matched across all accounts: set Household.wash_policy.",
                fields=["wash_policy"],
                account_id=self.account_id,
            )
        if self.mandate.tax_budget_usd is not None:
            raise UnsupportedWishError(
                f"The mandate of account {self.account_id} sets a tax budget, and tax is of the whole return.",
                hint="Set Filer.tax_budget_usd.",
                fields=["tax_budget_usd"],
                account_id=self.account_id,
            )

    @property
    def account_id(self) -> str:
        """The account's key."""
        return self.account.account_id

    @property
    def is_taxed(self) -> bool:
        """Whether its gains go to a return."""
        return is_taxed(self.account)

    @property
    def is_deferred(self) -> bool:
        """Whether what it holds may be taxed as income when it is withdrawn."""
        return self.account.kind in _DEFERRED

    @property
    def after_tax(self) -> float:
        """What a dollar in it is worth after the tax on its withdrawal, USD."""
        return 1.0 - self.withdrawal_tax_rate


@dataclass(frozen=True, repr=False)
class Household:
    """Everybody's returns and accounts.

    Attributes
    ----------
    name : str
        What it is called.
    filers : tuple of Filer
        One return, or the two of a couple that files separately.
    accounts : tuple of HouseholdAccount
        One or more, with distinct ids.
    target : Target or None
        Of accounts that have none of their own; of their sum where ``tracking`` is TOGETHER.
    tracking : Tracking
        Whether each account tracks its own target, or all together track one.
    wash_policy : WashPolicy
        Of wash sales between accounts, by trades of the same day: banned by default; priced, one happens where
        it is worth more than it costs, and its cost is stated.
    wash_deferral_years, discount_rate_per_year : float
        Where they are priced: after how many years a loss that is washed in a taxable account comes back, and
        what a year of waiting costs. A loss washed in a retirement account never comes back.
    risk_aversion : float
        Where the sum is tracked: price of its active variance, times the value of all accounts after the tax on
        withdrawals.
    location_years : float
        Where the sum is tracked: for how many years dividends are counted, taxed where they are and not in a
        retirement account, when it is decided which account holds what.
    """

    name: str
    filers: tuple[Filer, ...]
    accounts: tuple[HouseholdAccount, ...]
    target: Target | None = None
    tracking: Tracking = Tracking.EACH
    wash_policy: WashPolicy = WashPolicy.BAN
    wash_deferral_years: float = 5.0
    discount_rate_per_year: float = 0.05
    risk_aversion: float = 25.0
    location_years: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "filers", tuple(self.filers))
        object.__setattr__(self, "accounts", tuple(self.accounts))
        object.__setattr__(self, "wash_policy", choice_of(WashPolicy, self.wash_policy, "wash_policy"))
        object.__setattr__(self, "tracking", choice_of(Tracking, self.tracking, "tracking"))
        check_fraction(self.wash_deferral_years, "wash_deferral_years", low=0, high=60)
        check_fraction(self.discount_rate_per_year, "discount_rate_per_year", low=0, high=1)
        check_fraction(self.risk_aversion, "risk_aversion", low=0, high=1e9)
        check_fraction(self.location_years, "location_years", low=0, high=60)
        self._check_filers()
        self._check_accounts()

    def _check_filers(self) -> None:
        people = [person for filer in self.filers for person in filer.people]
        if not self.filers or len(people) > _COUPLE:
            raise InputError(
                f"The household {self.name} has {len(self.filers)} returns of {len(people)} people.",
                hint="One return of one or two people, or two of one person each.",
            )
        _refuse_twice(people, "People file more than one return")
        _refuse_twice((f.name for f in self.filers), "Returns have the same name")

    def _check_accounts(self) -> None:
        if not self.accounts:
            raise InputError(f"The household {self.name} has no accounts.", hint="Give at least one.")
        _refuse_twice((a.account_id for a in self.accounts), "Account ids are not distinct")
        people = {person for filer in self.filers for person in filer.people}
        for each in self.accounts:
            if each.owner not in people:
                raise InputError(
                    f"Account {each.account_id} belongs to {each.owner!r}, who files no return of this household.",
                    hint=f"Its owner is one of: {', '.join(sorted(people))}.",
                    account_id=each.account_id,
                )
            if each.target is None and self.target is None:
                raise InputError(
                    f"Account {each.account_id} has no target, and neither has the household.",
                    hint="Give the account a target, or the household one for all.",
                    account_id=each.account_id,
                )
            if self.tracking is Tracking.TOGETHER and each.target is not None:
                raise InputError(
                    f"Account {each.account_id} has a target of its own, and the household tracks one together.",
                    hint="Leave the account's target out, or track each.",
                    account_id=each.account_id,
                )

    def __repr__(self) -> str:
        held = ", ".join(f"{a.account_id} ({a.account.kind.value}, {a.owner})" for a in self.accounts)
        returns = "1 return" if len(self.filers) == 1 else f"{len(self.filers)} returns"
        return f"Household({self.name}: {returns}; {held})"

    @property
    def portfolio(self) -> Portfolio:
        """All accounts as one portfolio: wash windows are searched in all of them."""
        return Portfolio(self.name, tuple(a.account for a in self.accounts))

    @property
    def account_ids(self) -> tuple[str, ...]:
        """Keys of the accounts."""
        return tuple(a.account_id for a in self.accounts)

    def account(self, account_id: str) -> HouseholdAccount:
        """The account of an id.

        Raises
        ------
        InputError
            If there is none, naming those there are.
        """
        for each in self.accounts:
            if each.account_id == account_id:
                return each
        raise InputError(f"There is no account {account_id!r}.", hint=f"There are: {', '.join(self.account_ids)}.")

    def filer_of(self, account_id: str) -> Filer:
        """The return that an account's gains go to (and, of a retirement account, its owner's)."""
        owner = self.account(account_id).owner
        return next(f for f in self.filers if owner in f.people)

    def target_of(self, account_id: str) -> Target:
        """What an account tracks.

        Raises
        ------
        InputError
            If there is no such account.
        """
        target = self.account(account_id).target or self.target
        if target is None:
            raise InputError(f"Account {account_id} has no target.", hint="Give it one, or the household.")
        return target


def _refuse_twice(names: Iterable[str], what: str) -> None:
    listed = list(names)
    twice = sorted({n for n in listed if listed.count(n) > 1})
    if twice:
        raise InputError(f"{what}: {', '.join(twice)}.", hint="Each stands once.")
