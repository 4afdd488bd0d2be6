"""The ETF twin: the same money on the same days in a fund on the index, taxed alike.

Problem: an account that saves tax must be compared with what its owner could have had without it. Decision: a fund
earns the index's total return less its expense ratio; what the index pays leaves its price on the ex-date, is owed
until it is paid (as long after as the account's own dividends were, in the median), counts for the year of its payment
and then buys more of the fund at the close; it is qualified for the shares that are held for more than 60 days of the
121 around the ex-date (26 USC 1(h)(11)), as in the ledger; a withdrawal sells the lots with the highest cost; gains
and losses are taxed by the same rules, fall due on the same days and, where the account pays its own taxes, are paid
by the fund's owner from the fund. Limits: what the index pays
is all of a kind that may qualify; no spread, no wash sales between withdrawals at a loss and dividends bought,
fractions of shares; a twin of an account that began with lots begins with a basis of its value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from statistics import median_low
from typing import Final

import numpy as np

from di_advisor.backtest.record import Replayed
from di_advisor.backtest.settings import ReplaySettings, TaxPaid
from di_advisor.backtest.tax_years import TaxYears, YearOfAccount
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import Deposit, Dividend, Withdrawal
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.ledger.holding_period import is_long_term
from di_advisor.ledger.tax_return import SharesHeld, count_holding_days, holding_window
from di_advisor.policy.measures import ValueHistory
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["EXPENSE_RATIO", "etf_twin", "value_history"]

EXPENSE_RATIO: Final = 0.0003
"""Of a large fund on a broad index, a year."""

_TAX: Final = "tax-"


def value_history(replayed: Replayed) -> ValueHistory:
    """A replay as the measures take it; taxes that the account paid itself are flows out besides."""
    paid: dict[date, float] = {}
    for event in replayed.events:
        if isinstance(event, Deposit | Withdrawal) and event.event_id.startswith(_TAX):
            sign = 1.0 if isinstance(event, Deposit) else -1.0
            paid[event.on] = paid.get(event.on, 0.0) + sign * float(as_fraction(event.amount_usd))
    days = replayed.days
    return ValueHistory(
        dates=tuple(row.day for row in days),
        value_usd=np.array([row.value_usd for row in days]),
        flow_usd=np.array([row.flow_usd + paid.get(row.day, 0.0) for row in days]),
        tax_usd=np.array([row.tax_usd for row in days]),
        cost_usd=np.array([row.cost_usd for row in days]),
        liquidation_tax_start_usd=replayed.liquidation_tax_start_usd,
        liquidation_tax_end_usd=replayed.liquidation_tax_end_usd,
    )


@dataclass(frozen=True, slots=True)
class _Payment:
    """What one share of the fund was paid: its ex-date, when it comes, and USD a share."""

    ex_on: date
    on: date
    per_share_usd: float

    def qualifies(self, bought: date, until: date) -> bool:
        """Whether a share bought on a day and held until another has been held long enough around the ex-date."""
        if until > holding_window(self.ex_on)[1] and bought < self.ex_on:
            return True  # held from before the ex-date to the window's end: more than 60 days, and quickly seen
        held = SharesHeld(Fraction(1), bought, until)
        return count_holding_days(held, self.ex_on, as_of=until).qualified


@dataclass(slots=True)
class _Lot:
    bought: date
    shares: float
    basis_usd: float
    earned: list[_Payment] = field(default_factory=list)

    def ordinary_usd(self, shares: float, until: date) -> Iterator[tuple[int, float]]:
        """By year of payment, what so many of its shares earned and, held until a day, not as qualified."""
        for payment in self.earned:
            if payment.ex_on <= until and not payment.qualifies(self.bought, until):
                yield payment.on.year, shares * payment.per_share_usd


class _Fund:
    """Shares of the fund, by lots."""

    def __init__(self, paid_after: timedelta) -> None:
        self._paid_after = paid_after
        self.price_usd = 1.0
        self.lots: list[_Lot] = []
        self.realised: dict[tuple[int, bool], float] = {}
        self.paid: dict[int, float] = {}
        self._ordinary: dict[int, float] = {}
        self._owed: list[tuple[date, float]] = []

    @property
    def shares(self) -> float:
        return sum(lot.shares for lot in self.lots)

    @property
    def value_usd(self) -> float:
        """Shares, and what is owed."""
        return self.shares * self.price_usd + sum(amount for _, amount in self._owed)

    def grow(self, day: date, total_return: float, paid: float) -> None:
        """One session: the price moves, what the index pays is owed, and what is paid out buys more."""
        per_share = self.price_usd * paid
        cash = self.shares * per_share
        self.price_usd *= 1.0 + total_return - paid
        if cash > 0:
            payment = _Payment(day, day + self._paid_after, per_share)
            self._owed.append((payment.on, cash))
            for lot in self.lots:
                lot.earned = [e for e in lot.earned if day <= holding_window(e.ex_on)[1]]
                lot.earned.append(payment)
        arrived = [amount for on, amount in self._owed if on <= day]
        for on, amount in self._owed:
            if on <= day:
                self.paid[on.year] = self.paid.get(on.year, 0.0) + amount
        self._owed = [(on, amount) for on, amount in self._owed if on > day]
        if arrived:
            self.buy(day, sum(arrived))

    def buy(self, day: date, amount_usd: float) -> None:
        """Buy for an amount."""
        self.lots.append(_Lot(day, amount_usd / self.price_usd, amount_usd))

    def sell(self, day: date, amount_usd: float) -> None:
        """Sell for an amount, the highest cost a share first."""
        wanted = amount_usd / self.price_usd
        if wanted > self.shares * (1 + 1e-12):
            raise InputError(
                f"On {day} {amount_usd:,.2f} USD are to leave a fund of {self.shares * self.price_usd:,.2f}.",
                hint="The withdrawals of the account are more than the index was worth.",
            )
        self.lots.sort(key=lambda lot: (lot.basis_usd / lot.shares, lot.bought))
        while wanted > 0 and self.lots:
            lot = self.lots[-1]
            taken = min(wanted, lot.shares)
            basis_usd = lot.basis_usd * (taken / lot.shares)
            for year, ordinary in lot.ordinary_usd(taken, day):
                self._ordinary[year] = self._ordinary.get(year, 0.0) + ordinary
            key = (day.year, is_long_term(lot.bought, day))
            self.realised[key] = self.realised.get(key, 0.0) + taken * self.price_usd - basis_usd
            # Taken off as it is: a product of fractions may miss it by a last bit, and the loop would chase that bit.
            wanted -= taken
            if taken >= lot.shares:
                self.lots.pop()
            else:
                lot.shares, lot.basis_usd = lot.shares - taken, lot.basis_usd - basis_usd

    def year(self, year: int, day: date) -> YearOfAccount:
        """What a year brings into the return, as it is known on a day."""
        short, long = self.realised.get((year, False), 0.0), self.realised.get((year, True), 0.0)
        paid = self.paid.get(year, 0.0)
        ordinary = self._ordinary.get(year, 0.0)
        ordinary += sum(a for lot in self.lots for y, a in lot.ordinary_usd(lot.shares, day) if y == year)
        ordinary = min(ordinary, paid)
        return YearOfAccount(Fraction(short), Fraction(long), Fraction(paid - ordinary), Fraction(ordinary))

    def unrealised(self, day: date) -> tuple[Fraction, Fraction]:
        """Gains by term, if all were sold."""
        total = [0.0, 0.0]
        for lot in self.lots:
            total[is_long_term(lot.bought, day)] += lot.shares * self.price_usd - lot.basis_usd
        return Fraction(total[0]), Fraction(total[1])


def _paid_after(replayed: Replayed) -> timedelta:
    """How long after their ex-dates the account's dividends were paid, in the median; at once where it had none."""
    days = [(e.on - e.ex_on).days for e in replayed.events if isinstance(e, Dividend) and e.ex_on is not None]
    return timedelta(days=max(median_low(days), 0) if days else 0)


def etf_twin(
    replayed: Replayed, tax: Taxpayer, settings: ReplaySettings | None = None, *, expense_ratio: float = EXPENSE_RATIO
) -> ValueHistory:
    """The twin of a replayed account, on its days.

    Parameters
    ----------
    replayed : Replayed
        Its flows, and the index's returns.
    tax : Taxpayer
        As of the replay.
    settings : ReplaySettings, optional
        As of the replay.
    expense_ratio : float
        Of the fund, a fraction a year.

    Raises
    ------
    InputError
        If the expense ratio is not one, or more is withdrawn than the fund is worth.
    """
    if not 0 <= expense_ratio < 1:
        raise InputError(f"The expense ratio is {expense_ratio}.", hint="0.0003 is 3 bps a year.")
    settings = settings or ReplaySettings()
    years, fund = TaxYears(tax, settings.loss_use), _Fund(_paid_after(replayed))
    days = replayed.days
    from_account = settings.tax_paid is TaxPaid.ACCOUNT
    open_years = list(range(days[0].day.year, days[-1].day.year + 1))
    values, flows, taxes = [], [], []
    for n, row in enumerate(days):
        flow, due = (row.value_usd + row.cost_usd, 0.0) if n == 0 else (row.flow_usd, 0.0)
        if n:
            fund.grow(row.day, row.index_return - expense_ratio / TRADING_DAYS_PER_YEAR, row.index_yield)
            while open_years and row.day >= date(open_years[0] + 1, 4, 15):
                year = open_years.pop(0)
                due += float(years.close(year, fund.year(year, row.day)))
        moved = flow - due if from_account else flow
        if moved > 0:
            fund.buy(row.day, moved)
        elif moved < 0:
            fund.sell(row.day, -moved)
        values.append(fund.value_usd)
        flows.append(moved)
        taxes.append(due)
    last = days[-1].day
    accrued, liquidation = 0.0, 0.0
    for year in open_years:
        account = fund.year(year, last)
        if year == last.year:
            sold = account.with_gains(*fund.unrealised(last))
            liquidation = float(years.tax_usd(year, sold) - years.tax_usd(year, account))
        accrued += float(years.close(year, account))
    taxes[-1] += accrued if settings.accrues_last_year else 0.0
    return ValueHistory(
        dates=tuple(row.day for row in days),
        value_usd=np.array(values),
        flow_usd=np.array(flows),
        tax_usd=np.array(taxes),
        cost_usd=np.zeros(len(days)),
        liquidation_tax_end_usd=liquidation,
    )
