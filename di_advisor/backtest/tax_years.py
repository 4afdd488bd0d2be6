"""Taxes of an account, year by year, because of the account alone, with what is carried over.

Problem: a replay must know what tax a year's gains and dividends made due, what a loss saved, and what is left for
the next year. Decision: constant rates are applied to the net of each term (losses save as much as gains cost, or
are carried: a named setting; `carried_rates` says what a proposal is then told); a return is computed twice each year,
with and without the account, each with its own carryovers, and the difference is the account's tax. Limits: a
return's income is the same every year; a year without tables is computed by those of the nearest year that has some.
Not tax advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from di_advisor.backtest.carried_rates import CarriedYear
from di_advisor.backtest.settings import LossUse
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.taxes import TaxProfile
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer, rates_of
from di_advisor.ledger.tax_return import (
    ReturnInputs,
    ReturnPolicies,
    capital_loss_limit_usd,
    carryover_worksheet,
    compute_return,
    known_tax_years,
)

__all__ = ["TaxYears", "YearOfAccount"]

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class YearOfAccount:
    """What an account brought into one year: net gains by term after wash sales, and dividends, USD, exact."""

    short_usd: Fraction = _ZERO
    long_usd: Fraction = _ZERO
    qualified_usd: Fraction = _ZERO
    ordinary_usd: Fraction = _ZERO

    def with_gains(self, short_usd: Fraction, long_usd: Fraction) -> YearOfAccount:
        """The year with further gains."""
        return replace(self, short_usd=self.short_usd + short_usd, long_usd=self.long_usd + long_usd)


@dataclass(frozen=True, slots=True)
class _Carried:
    short_usd: Fraction = _ZERO
    long_usd: Fraction = _ZERO


class TaxYears:
    """Taxes of one account through the years.

    Parameters
    ----------
    tax : Taxpayer
        Constant rates, or a return.
    loss_use : LossUse
        For constant rates.
    """

    def __init__(self, tax: Taxpayer, loss_use: LossUse) -> None:
        self._tax = tax
        self._loss_use = loss_use
        inputs = _inputs_of(tax)
        start = tax if isinstance(tax, TaxProfile) else inputs
        self._with = _Carried(as_fraction(start.carryover_short_usd), as_fraction(start.carryover_long_usd))
        self._without = self._with

    def tax_usd(self, year: int, account: YearOfAccount) -> Fraction:
        """Tax of a year because of the account, with what was carried into it; negative where it saves tax."""
        return self._computed(year, account)[0]

    def close(self, year: int, account: YearOfAccount) -> Fraction:
        """Tax of a year that is over; what is left of its losses goes into the next one."""
        tax, self._with, self._without = self._computed(year, account)
        return tax

    @property
    def carried_usd(self) -> tuple[Fraction, Fraction]:
        """Short-term and long-term losses carried over, positive amounts."""
        return self._with.short_usd, self._with.long_usd

    def taxpayer_on(
        self, day: date, account: YearOfAccount, unclosed: Sequence[tuple[int, YearOfAccount]] = ()
    ) -> Taxpayer:
        """The taxpayer as a proposal of a day sees it: the year so far, and what was carried into it.

        Parameters
        ----------
        day : date
            Of the proposal.
        account : YearOfAccount
            The year of the day so far.
        unclosed : sequence of (int, YearOfAccount)
            Years that are over and whose tax is not due yet, ascending: what they leave is carried into this one.
        """
        if isinstance(self._tax, TaxProfile):
            year_now = self.carried_year(account, unclosed)
            return replace(self._tax, tax_year=None) if year_now is None else year_now.rates()
        filer = self._tax if isinstance(self._tax, FilerTax) else FilerTax(self._tax)
        carried = self._with
        for over, brought in unclosed:
            before = replace(filer.inputs, tax_year=_year_of_tables(over))
            carried = _by_return(_plus(before, brought, carried), filer.policies)[1]
        year = _year_of_tables(day.year)
        inputs = _plus(replace(filer.inputs, tax_year=year), account, carried)
        now = replace(filer, inputs=inputs)
        return now if year == day.year else replace(rates_of(now, date(year, 12, 31)), tax_year=None)

    def carried_year(
        self, account: YearOfAccount, unclosed: Sequence[tuple[int, YearOfAccount]] = ()
    ) -> CarriedYear | None:
        """The year so far where constant rates carry losses; None otherwise. Arguments as of `taxpayer_on`."""
        profile = self._tax
        if not isinstance(profile, TaxProfile) or self._loss_use is not LossUse.CARRIED:
            return None
        carried = self._with
        for _, brought in unclosed:
            carried = _by_rates(profile, self._loss_use, brought, carried)[1]

        def computed(short_usd: Fraction, long_usd: Fraction) -> tuple[Fraction, Fraction]:
            tax, left = _by_rates(profile, LossUse.CARRIED, account.with_gains(short_usd, long_usd), carried)
            return tax, left.short_usd + left.long_usd

        return CarriedYear(profile, computed)

    def _computed(self, year: int, account: YearOfAccount) -> tuple[Fraction, _Carried, _Carried]:
        if isinstance(self._tax, TaxProfile):
            return *_by_rates(self._tax, self._loss_use, account, self._with), self._without
        policies = self._tax.policies if isinstance(self._tax, FilerTax) else None
        inputs = replace(_inputs_of(self._tax), tax_year=_year_of_tables(year))
        due, left = _by_return(_plus(inputs, account, self._with), policies)
        due_without, left_without = _by_return(_plus(inputs, YearOfAccount(), self._without), policies)
        return due - due_without, left, left_without


def _inputs_of(tax: Taxpayer) -> ReturnInputs:
    if isinstance(tax, TaxProfile):
        return ReturnInputs(tax_year=known_tax_years()[-1], filing_status=tax.filing_status)
    return tax.inputs if isinstance(tax, FilerTax) else tax


def _year_of_tables(year: int) -> int:
    return min(known_tax_years(), key=lambda known: (abs(known - year), known))


def _plus(inputs: ReturnInputs, account: YearOfAccount, carried: _Carried) -> ReturnInputs:
    return replace(
        inputs,
        net_short_usd=as_fraction(inputs.net_short_usd) + account.short_usd,
        net_long_usd=as_fraction(inputs.net_long_usd) + account.long_usd,
        qualified_dividends_usd=as_fraction(inputs.qualified_dividends_usd) + account.qualified_usd,
        nonqualified_dividends_usd=as_fraction(inputs.nonqualified_dividends_usd) + account.ordinary_usd,
        carryover_short_usd=carried.short_usd,
        carryover_long_usd=carried.long_usd,
    )


def _by_return(inputs: ReturnInputs, policies: ReturnPolicies | None) -> tuple[Fraction, _Carried]:
    result = compute_return(inputs, policies)
    return result.total_usd, _Carried(result.short_carryover_usd, result.long_carryover_usd)


def _by_rates(
    profile: TaxProfile, use: LossUse, account: YearOfAccount, carried: _Carried
) -> tuple[Fraction, _Carried]:
    rates = profile.rates
    qualified, ordinary = rates.qualified_dividend or 0.0, rates.ordinary_dividend or 0.0
    due = account.qualified_usd * Fraction(qualified) + account.ordinary_usd * Fraction(ordinary)
    short_rate, long_rate = Fraction(rates.short_term), Fraction(rates.long_term)
    if use is LossUse.ELSEWHERE:
        return due + account.short_usd * short_rate + account.long_usd * long_rate, carried
    short, long = account.short_usd - carried.short_usd, account.long_usd - carried.long_usd
    if short + long >= 0:
        # 26 USC 1222: a net loss of one term is taken off the gain of the other.
        over = min(short, _ZERO), min(long, _ZERO)
        return due + max(short + over[1], _ZERO) * short_rate + max(long + over[0], _ZERO) * long_rate, _Carried()
    limit = capital_loss_limit_usd(profile.filing_status)
    sheet = carryover_worksheet(
        net_short_usd=short,
        net_long_usd=long,
        taxable_income_unfloored_usd=max(as_fraction(profile.ordinary_income_usd), limit),
        filing_status=profile.filing_status,
    )
    deducted = min(limit, -(short + long))
    left = _Carried(sheet.line_8_short_carryover_usd, sheet.line_13_long_carryover_usd)
    return due - deducted * short_rate, left
