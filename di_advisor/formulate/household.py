"""Accounts of one return: each account's problem with the whole return as its tax, and the return they share.

Problem: an account's tax depends on what the other accounts of the return realise. Decision: an account is
formulated with its tax as a curve whatever the taxpayer, so that it can be solved at any price of gains; what
others realise is put into the taxpayer's year (`beside`), which makes any account's problem, with the others
as they are, an ordinary one. The curve of the whole return stands in `SharedReturn`, in fractions of the
filer's taxable accounts together.

Limits: dividends are priced at the marginal rates of the taxpayer's year as given, whatever is realised.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import FilingStatus, TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.build import formulate
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.own_symbols import OwnSymbols
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.schedule_d import FilerTax, ScheduleDTax, Taxpayer, cells_of, law_of
from di_advisor.formulate.tax_cells import Region, regions_of
from di_advisor.formulate.terms import LotTax, Term
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ledger.tax_return import TaxOnGains

__all__ = [
    "AccountGains",
    "PurchaseCharge",
    "SharedReturn",
    "account_problem",
    "beside",
    "gains_usd",
    "refuse_wrong_status",
    "untaxed",
]


_NONE_OWN = OwnWishes()


@dataclass(frozen=True)
class AccountGains:
    """Net short-term and long-term gain of an account's orders, USD, exact."""

    short_usd: Fraction = Fraction(0)
    long_usd: Fraction = Fraction(0)

    def __add__(self, other: AccountGains) -> AccountGains:
        return AccountGains(self.short_usd + other.short_usd, self.long_usd + other.long_usd)

    @classmethod
    def total(cls, parts: Iterable[AccountGains]) -> AccountGains:
        """The sum of several."""
        found = cls()
        for part in parts:
            found = found + part
        return found


def gains_usd(gains: RealisedGains, plan: Plan, value_usd: float) -> AccountGains:
    """What a plan realises, in whole hundred-thousandths of a dollar."""
    short, long = gains.realised(plan)
    return AccountGains(_figure(short * value_usd), _figure(long * value_usd))


def _figure(amount_usd: float) -> Fraction:
    return Fraction(Decimal(repr(round(amount_usd, 5))))


def untaxed(tax: TaxProfile) -> TaxProfile:
    """A taxpayer as a retirement account knows him: no tax, and losses elsewhere worth what they are."""
    from di_advisor.domain.taxes import ConstantRates

    return replace(tax, rates=ConstantRates(0.0, 0.0), loss_rates=tax.loss_rates or tax.rates)


def beside(taxpayer: Taxpayer, others: AccountGains) -> Taxpayer:
    """The taxpayer's year with what other accounts realise in it."""
    short, long = others.short_usd, others.long_usd
    if isinstance(taxpayer, TaxProfile):
        return replace(
            taxpayer,
            realized_short_usd=as_fraction(taxpayer.realized_short_usd) + short,
            realized_long_usd=as_fraction(taxpayer.realized_long_usd) + long,
        )
    if isinstance(taxpayer, FilerTax):
        moved = beside(taxpayer.inputs, others)
        return replace(taxpayer, inputs=moved)  # type: ignore[arg-type]  # of the same kind
    return replace(
        taxpayer,
        net_short_usd=as_fraction(taxpayer.net_short_usd) + short,
        net_long_usd=as_fraction(taxpayer.net_long_usd) + long,
    )


def refuse_wrong_status(name: str, people: int, returns: int, taxpayer: Taxpayer) -> None:
    """Refuse a return whose filing status is not that of those who file it.

    Raises
    ------
    InputError
        Naming both.
    """
    if isinstance(taxpayer, TaxProfile):
        return
    status = (taxpayer.inputs if isinstance(taxpayer, FilerTax) else taxpayer).filing_status
    separate, joint = FilingStatus.MARRIED_SEPARATE, FilingStatus.MARRIED_JOINT
    wrong = (returns > 1) != (status is separate) or (people > 1) != (status is joint)
    if wrong and not (returns == 1 and people == 1 and status is separate):
        raise InputError(
            f"The return {name} of {people} of {returns} returns in the household is filed as {status.value}.",
            hint="Two people on one return file married_joint; two returns of a couple, married_separate.",
            filer=name,
        )


@dataclass(eq=False)
class PurchaseCharge:
    """A charge on purchases: what they cost beside their price, because they wash a loss elsewhere.

    Attributes
    ----------
    per_dollar : ndarray of shape (n,)
        USD a dollar bought.
    """

    per_dollar: FloatArray
    name: str = "washed elsewhere"
    sentence: str = "What purchases take from losses that other accounts of the household sell."

    def expression(self, symbols: OwnSymbols) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Linear in what is bought, USD."""
        return self.per_dollar @ symbols.buys_usd


def account_problem(
    signals: Signals,
    mandate: Mandate,
    taxpayer: Taxpayer,
    charge: PurchaseCharge | None = None,
    own: OwnWishes = _NONE_OWN,
) -> Problem:
    """The problem of one account, its tax a curve of its gains whatever the taxpayer.

    Plain in a retirement account, and without any tax where the account leaves it out.

    Parameters
    ----------
    signals, mandate, taxpayer
        As of `formulate`.
    charge : PurchaseCharge, optional
        On what it buys.
    own : OwnWishes
        The user's own terms and rules for this account.

    Raises
    ------
    DiAdvisorError
        As `formulate`.
    """
    if charge is not None:
        own = OwnWishes((*own.terms, charge), own.rules)
    problem = formulate(signals, mandate, taxpayer, own=own)
    if signals.account.kind in RETIREMENT_KINDS:
        return problem
    flat = next((t for t in problem.terms if isinstance(t, LotTax)), None)
    if flat is None:
        return problem
    curve = _curve(problem, signals, law_of(taxpayer, signals.market.as_of))
    terms: tuple[Term, ...] = tuple(curve if t is flat else t for t in problem.terms)
    return replace(problem, terms=terms)


def _curve(problem: Problem, signals: Signals, law: TaxOnGains) -> ScheduleDTax:
    """Constant rates as a curve: one plane."""
    holdings, gains = problem.block.holdings, RealisedGains.of(signals.account)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    cells = cells_of(law, *gains.reach(locked.sell_max), holdings.value_usd)
    return ScheduleDTax(holdings, gains, law, cells, cells[0].rates, cells[0].constant)


@dataclass(frozen=True, eq=False)
class SharedReturn:
    """One return with the taxable accounts that share it.

    Attributes
    ----------
    law : TaxOnGains
        Tax of further gains, USD.
    value_usd : float
        Of these accounts together: what gains are fractions of here.
    regions : tuple of Region
        Where their gains together may lie, budgets taken off.
    gain_budget : float or None
        Most net gain of all of them, the same fractions.
    """

    law: TaxOnGains
    value_usd: float
    regions: tuple[Region, ...]
    gain_budget: float | None = None

    @classmethod
    def of(
        cls,
        taxpayer: Taxpayer,
        on: date,
        problems: Sequence[Problem],
        *,
        gain_budget_usd: float | None = None,
        tax_budget_usd: float | None = None,
    ) -> SharedReturn:
        """The return of some accounts, as far as they can move it.

        Raises
        ------
        InputError
            If the taxpayer's figures are for another year.
        """
        value = sum(p.block.holdings.value_usd for p in problems)
        least, most = np.zeros(2), np.zeros(2)
        for problem in problems:
            tax = next(t for t in problem.terms if isinstance(t, ScheduleDTax))
            locked = next(r for r in problem.rules if isinstance(r, Locked))
            low, high = tax.gains.reach(locked.sell_max)
            share = problem.block.holdings.value_usd / value
            least, most = least + share * low, most + share * high
        law = law_of(taxpayer, on)
        budget = None if gain_budget_usd is None else gain_budget_usd / value
        regions = regions_of(
            cells_of(law, least, most, value),
            least,
            most,
            gain_budget=budget,
            tax_budget=None if tax_budget_usd is None else tax_budget_usd / value,
        )
        return cls(law, value, regions, budget)

    def tax(self, gains: FloatArray) -> float:
        """Change of the year's tax by gains together, shape (2,), all fractions of `value_usd`."""
        usd = [Fraction(self.value_usd * float(g)) for g in gains]
        return float(self.law.at(usd[0], usd[1]) - self.law.at()) / self.value_usd

    def tax_usd(self, gains: AccountGains) -> float:
        """The same in USD, for exact gains."""
        return float(self.law.at(gains.short_usd, gains.long_usd) - self.law.at())
