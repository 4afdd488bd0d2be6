"""The ETF twin: the same money on the same days in a fund on the index, taxed alike.

Problem: an account that saves tax must be compared with what its owner could have had without it. Decision: a fund
earns the index's total return less its expense ratio; what the index pays is paid out, taxed as qualified, and buys
more of the fund at the close; a withdrawal sells the lots with the highest cost; gains and losses are taxed by the
same rules, fall due on the same days and, where the account pays its own taxes, are paid by the fund's owner from the
fund. Limits: no spread, no wash sales between withdrawals at a loss and dividends bought, fractions of shares; a twin
of an account that began with lots begins with a basis of its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np

from di_advisor.backtest.record import Replayed
from di_advisor.backtest.settings import ReplaySettings, TaxPaid
from di_advisor.backtest.tax_years import TaxYears, YearOfAccount
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import Deposit, Withdrawal
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.ledger.holding_period import is_long_term
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


@dataclass(slots=True)
class _Lot:
    bought: date
    shares: float
    basis_usd: float


class _Fund:
    """Shares of the fund, by lots."""

    def __init__(self) -> None:
        self.price_usd = 1.0
        self.lots: list[_Lot] = []
        self.realised: dict[tuple[int, bool], float] = {}
        self.paid: dict[int, float] = {}

    @property
    def shares(self) -> float:
        return sum(lot.shares for lot in self.lots)

    def grow(self, day: date, total_return: float, paid: float) -> None:
        """One session: the price moves, and what is paid out buys more."""
        cash = self.shares * self.price_usd * paid
        self.price_usd *= 1.0 + total_return - paid
        if cash > 0:
            self.paid[day.year] = self.paid.get(day.year, 0.0) + cash
            self.buy(day, cash)

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
            key = (day.year, is_long_term(lot.bought, day))
            self.realised[key] = self.realised.get(key, 0.0) + taken * self.price_usd - basis_usd
            # Taken off as it is: a product of fractions may miss it by a last bit, and the loop would chase that bit.
            wanted -= taken
            if taken >= lot.shares:
                self.lots.pop()
            else:
                lot.shares, lot.basis_usd = lot.shares - taken, lot.basis_usd - basis_usd

    def year(self, year: int) -> YearOfAccount:
        """What a year brings into the return."""
        short, long = self.realised.get((year, False), 0.0), self.realised.get((year, True), 0.0)
        return YearOfAccount(Fraction(short), Fraction(long), Fraction(self.paid.get(year, 0.0)))

    def unrealised(self, day: date) -> tuple[Fraction, Fraction]:
        """Gains by term, if all were sold."""
        total = [0.0, 0.0]
        for lot in self.lots:
            total[is_long_term(lot.bought, day)] += lot.shares * self.price_usd - lot.basis_usd
        return Fraction(total[0]), Fraction(total[1])


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
    years, fund = TaxYears(tax, settings.loss_use), _Fund()
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
                due += float(years.close(year, fund.year(year)))
        moved = flow - due if from_account else flow
        if moved > 0:
            fund.buy(row.day, moved)
        elif moved < 0:
            fund.sell(row.day, -moved)
        values.append(fund.shares * fund.price_usd)
        flows.append(moved)
        taxes.append(due)
    last = days[-1].day
    accrued, liquidation = 0.0, 0.0
    for year in open_years:
        account = fund.year(year)
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
