"""What is due on which day: money of the client, and taxes; and where the cash for them is.

Problem: taxes of a year are known after wash sales of January, and due in April; a withdrawal needs cash that may
have to be raised first. Decision: what is due waits until there is cash for it, and the walk raises it; taxes are
reckoned on the day on which they fall due, from realised gains as they then stand and from the ledger's split of
dividends. Limits: taxes that fall due on the last session because nothing comes after it are only counted, no cash
moves for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from di_advisor.backtest.account_days import AccountDays
from di_advisor.backtest.carried_rates import CarriedYear
from di_advisor.backtest.realised import Realised
from di_advisor.backtest.settings import LossUse, ReplaySettings, TaxPaid
from di_advisor.backtest.tax_years import TaxYears, YearOfAccount
from di_advisor.domain.amounts import as_fraction, at_places
from di_advisor.domain.taxes import TaxProfile
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.ledger.papers.dividends import dividends_of_year

__all__ = ["Dues"]

_CENT: Final = Decimal("0.01")
_DUE_MONTH: Final = 4
_DUE_DAY: Final = 15
_ZERO: Final = Decimal(0)


class Dues:
    """Flows and taxes of one replay.

    Parameters
    ----------
    account : AccountDays
        Who pays.
    realised : Realised
        Its gains.
    tax : Taxpayer
        Who is taxed.
    settings : ReplaySettings
        Flows, and where taxes are paid from.
    sessions : sequence of date
        All of the replay.
    """

    def __init__(
        self,
        account: AccountDays,
        realised: Realised,
        tax: Taxpayer,
        settings: ReplaySettings,
        sessions: Sequence[date],
    ) -> None:
        self._account, self._realised = account, realised
        self._years = TaxYears(tax, settings.loss_use)
        self._of_rates = isinstance(tax, TaxProfile)
        self._dividends: dict[int, tuple[Fraction, Fraction]] = {}
        self._settings = settings
        # Vintages share their settings: what flowed before a later start is in what that one begins with.
        self._flows = sorted((flow for flow in settings.flows if flow.on > sessions[0]), key=lambda flow: flow.on)
        self._open_years = list(range(sessions[0].year, sessions[-1].year + 1))
        self._withdrawals = self._taxes = _ZERO
        self._tax_today = 0.0

    # --- the client's money -----------------------------------------------------------------------------------------

    def deposit_of(self, day: date) -> Decimal:
        """Money that comes in on a day; withdrawals of the day wait from now on."""
        now = [flow for flow in self._flows if flow.on <= day]
        self._flows = [flow for flow in self._flows if flow.on > day]
        amounts = [_cents(as_fraction(flow.amount_usd)) for flow in now]
        self._withdrawals -= sum((a for a in amounts if a < 0), _ZERO)
        return sum((a for a in amounts if a > 0), _ZERO)

    @property
    def wanted_usd(self) -> Decimal:
        """Cash that is to be paid out, as soon as it is there."""
        return self._withdrawals + self._taxes

    def pay(self, cash_usd: Fraction) -> Decimal:
        """Pay what is due, where there is cash for all of it; what the client got."""
        if not self.wanted_usd or as_fraction(self.wanted_usd) > cash_usd:
            return _ZERO
        withdrawn, taxes = self._withdrawals, self._taxes
        if withdrawn:
            self._account.withdraw(withdrawn, "withdrawal")
        if taxes:
            self._account.withdraw(taxes, "tax")
            self._tax_today += float(taxes)
        self._withdrawals = self._taxes = _ZERO
        return withdrawn

    # --- taxes ------------------------------------------------------------------------------------------------------

    def taxpayer_on(self, day: date) -> Taxpayer:
        """The taxpayer as a proposal of the day sees it."""
        now = YearOfAccount(*self._realised.of_year(day.year))
        return self._years.taxpayer_on(day, now, self._unclosed(day))

    def carried_year(self, day: date) -> CarriedYear | None:
        """The year so far where constant rates carry losses; None otherwise."""
        if not (self._of_rates and self._settings.loss_use is LossUse.CARRIED):
            return None
        return self._years.carried_year(YearOfAccount(*self._realised.of_year(day.year)), self._unclosed(day))

    def _unclosed(self, day: date) -> list[tuple[int, YearOfAccount]]:
        """Years that are over and not due, where they matter for what is carried."""
        if self._of_rates and self._settings.loss_use is LossUse.ELSEWHERE:
            return []
        return [(year, self._over(year)) for year in self._open_years if year < day.year]

    def fall_due(self, day: date) -> None:
        """Reckon the taxes that fall due on a session, and pay in what they save where the account gets it."""
        while self._open_years and day >= date(self._open_years[0] + 1, _DUE_MONTH, _DUE_DAY):
            year = self._open_years.pop(0)
            tax = _cents(self._years.close(year, self._of_year(year)))
            if self._settings.tax_paid is TaxPaid.OUTSIDE or not tax:
                self._tax_today += float(tax)
            elif tax > 0:
                self._taxes += tax
            else:
                self._account.pay_in(-tax, f"tax-{year}")
                self._tax_today += float(tax)

    def take_tax(self) -> float:
        """Tax of the day, once."""
        tax, self._tax_today = self._tax_today, 0.0
        return tax

    def if_sold(self, year: int, short_usd: Fraction, long_usd: Fraction) -> float:
        """Tax if further gains were realised now."""
        account = self._of_year(year)
        return float(
            self._years.tax_usd(year, account.with_gains(short_usd, long_usd)) - self._years.tax_usd(year, account)
        )

    def end(self, year: int, short_usd: Fraction, long_usd: Fraction) -> tuple[float, float]:
        """Tax that waits for cash, and of years not due where the settings count it; tax of further gains."""
        waiting, accrued = as_fraction(self._taxes), Fraction(0)
        liquidation = 0.0
        while self._open_years:
            now = self._open_years.pop(0)
            if now == year:
                liquidation = self.if_sold(now, short_usd, long_usd)
            accrued += self._years.close(now, self._of_year(now))
        return float(waiting + (accrued if self._settings.accrues_last_year else 0)), liquidation

    def _over(self, year: int) -> YearOfAccount:
        """A year that is over and not due: gains as they stand, dividends as they stood when they were first asked."""
        if year not in self._dividends:
            dividends = dividends_of_year(self._account.running.books(), year)
            self._dividends[year] = dividends.qualified_usd, dividends.ordinary_usd
        return YearOfAccount(*self._realised.of_year(year), *self._dividends[year])

    def _of_year(self, year: int) -> YearOfAccount:
        dividends = dividends_of_year(self._account.running.books(), year)
        return YearOfAccount(*self._realised.of_year(year), dividends.qualified_usd, dividends.ordinary_usd)


def _cents(amount_usd: Fraction) -> Decimal:
    return at_places(amount_usd, 4).quantize(_CENT, rounding=ROUND_HALF_UP)
