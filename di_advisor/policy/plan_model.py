"""The model of a multi-period plan: one name, its lots, a few dates, and what each schedule costs in dollars.

Problem: to sell now or when the lot is long-term, when the wash window is over, or next year, is a question of dollars:
tax by date against the risk carried until then. Decision: for one name, with all others as they stand, four parts:

* tax: gain times the rate of its date and term, discounted from 15 April of the next year, when it is due;
* trading cost: the cost curves, discounted from the day of the trade;
* risk: risk aversion times the variance that the position adds, for as long as it is held away from its target; its
  own variance is quadratic, the account's other positions are a price (a slope) on it (`plan_cases`);
* option: what a harvest model says of selling now against later, where there is one, on whichever day it is sold.

A purchase fills a gap that is there today, or buys back what was sold at a loss. Limits: expected returns are zero
unless given, so today's gains are those expected later; rates are marginal; what other names do at the same time is not
seen, and the tax on what is bought back is left to the harvest model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.taxes import ConstantRates
from di_advisor.errors import InputError
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["Parts", "PlanTerms", "PlannedLot", "PlannedName", "Schedule", "SideCost", "parts_of", "refuse_schedule"]

_DAYS_PER_YEAR: Final = 365.0
_DUE_MONTH, _DUE_DAY = 4, 15


@dataclass(frozen=True, slots=True)
class SideCost:
    """Cost of trading v USD on one side: ``linear v + three_halves v^1.5 + quadratic v^2``."""

    linear: float = 0.0
    three_halves: float = 0.0
    quadratic: float = 0.0

    def usd(self, traded_usd: float) -> float:
        """Cost, USD."""
        return float(self.linear * traded_usd + self.three_halves * traded_usd**1.5 + self.quadratic * traded_usd**2)


@dataclass(frozen=True, slots=True)
class PlannedLot:
    """A lot that is sold whole, on one date or not at all.

    Attributes
    ----------
    lot_id : str
        Key.
    value_usd, gain_usd : float
        At today's price.
    long_from : date
        First day on which a sale is long-term.
    sell_from : date
        First day on which it may be sold; `date.max` for never.
    loss_from : date
        First day on which a loss on it is safe from the wash windows known today.
    option_usd : float
        What a harvest model says of selling now against later, without today's tax; negative keeps it.
    """

    lot_id: str
    value_usd: float
    gain_usd: float
    long_from: date
    sell_from: date = date.min
    loss_from: date = date.min
    option_usd: float = 0.0

    def may_be_sold(self, on: date) -> bool:
        """Whether locks known today allow a sale."""
        return on >= self.sell_from and (self.gain_usd >= 0 or on >= self.loss_from)


@dataclass(frozen=True)
class PlannedName:
    """One name.

    Attributes
    ----------
    security_id, ticker : str
        Which.
    lots : tuple of PlannedLot
        What may be sold.
    fixed_usd : float
        Held in lots that are not planned.
    target_usd : float
        What the target asks for.
    buy_from : date
        First day on which a purchase is safe; `date.max` for never.
    variance_per_year : float
        Of the name's return less that of the whole target.
    slope_per_year : float
        USD a year for each USD above target: what the account's other positions make of it, less a given expected
        return.
    buying, selling : SideCost
        Trading cost.
    """

    security_id: str
    ticker: str
    lots: tuple[PlannedLot, ...]
    target_usd: float
    fixed_usd: float = 0.0
    buy_from: date = date.min
    variance_per_year: float = 0.0
    slope_per_year: float = 0.0
    buying: SideCost = SideCost()
    selling: SideCost = SideCost()

    @property
    def active_usd(self) -> float:
        """Held above target today, USD."""
        return self.fixed_usd + sum(lot.value_usd for lot in self.lots) - self.target_usd

    @property
    def may_be_bought(self) -> bool:
        """Whether there is a gap today, or a loss that could be sold and bought back."""
        return self.buy_from < date.max and (self.active_usd < 0 or any(lot.gain_usd < 0 for lot in self.lots))


@dataclass(frozen=True)
class PlanTerms:
    """What is the same for all names.

    Attributes
    ----------
    day, until : date
        Today, and the end of the horizon, until which risk counts.
    value_usd : float
        The account.
    risk_aversion : float
        As of the mandate.
    rates : ConstantRates
        Marginal rates.
    later_rates : Mapping of int to ConstantRates
        Rates of later tax years, where they differ.
    discount_per_year : float
        What a year of waiting costs.
    """

    day: date
    until: date
    value_usd: float
    risk_aversion: float
    rates: ConstantRates
    later_rates: Mapping[int, ConstantRates] = field(default_factory=dict)
    discount_per_year: float = 0.0

    def __post_init__(self) -> None:
        if not (self.until > self.day and self.value_usd > 0):
            raise InputError(
                f"A plan from {self.day} to {self.until} over {self.value_usd} USD.",
                hint="The horizon ends after today, and the account is worth something.",
            )
        object.__setattr__(self, "later_rates", FrozenMap(dict(self.later_rates)))

    def present(self, on: date) -> float:
        """What a dollar of a day is worth today."""
        return float((1.0 + self.discount_per_year) ** (-(on - self.day).days / _DAYS_PER_YEAR))

    def tax_usd(self, lot: PlannedLot, on: date) -> float:
        """Present value of the tax of selling a lot on a day, negative for what a loss saves."""
        rates = self.later_rates.get(on.year, self.rates)
        rate = rates.long_term if on >= lot.long_from else rates.short_term
        return lot.gain_usd * rate * self.present(date(on.year + 1, _DUE_MONTH, _DUE_DAY))

    def risk_usd(self, name: PlannedName, active_usd: float, days: int) -> float:
        """Price of holding a position away from its target for some days."""
        own = self.risk_aversion * name.variance_per_year * active_usd**2 / self.value_usd
        return (own + name.slope_per_year * active_usd) * days / _DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens on which date, by position among the dates; the number of dates stands for never.

    Attributes
    ----------
    sells : tuple of int
        For each lot.
    buy : int
        When the name is brought up to its target.
    """

    sells: tuple[int, ...]
    buy: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What a schedule costs, present value in USD; negative earns."""

    tax_usd: float
    cost_usd: float
    risk_usd: float
    option_usd: float

    @property
    def total_usd(self) -> float:
        """All parts."""
        return self.tax_usd + self.cost_usd + self.risk_usd + self.option_usd


def refuse_schedule(name: PlannedName, dates: Sequence[date], schedule: Schedule) -> str:
    """Why a schedule is not allowed; empty where it is."""
    sold = [(lot, dates[k]) for lot, k in zip(name.lots, schedule.sells, strict=True) if k < len(dates)]
    locked = [lot.lot_id for lot, on in sold if not lot.may_be_sold(on)]
    if locked:
        return f"Lot {locked[0]} may not be sold then."
    if schedule.buy < len(dates):
        bought = dates[schedule.buy]
        if bought < name.buy_from or not name.may_be_bought:
            return f"{name.ticker} may not be bought on {bought}."
        near = [lot.lot_id for lot, on in sold if lot.gain_usd < 0 and abs((bought - on).days) <= WASH_WINDOW_DAYS]
        if near:
            return f"The purchase on {bought} would wash the loss on lot {near[0]}."
    return ""


def parts_of(name: PlannedName, terms: PlanTerms, dates: Sequence[date], schedule: Schedule) -> Parts:
    """What a schedule costs.

    Parameters
    ----------
    name, terms : PlannedName, PlanTerms
        The model.
    dates : sequence of date
        Decision dates, ascending; the first is today.
    schedule : Schedule
        One that `refuse_schedule` does not refuse.

    Raises
    ------
    InputError
        If it is refused.
    """
    why = refuse_schedule(name, dates, schedule)
    if why:
        raise InputError(why, hint="Choose another date.", security_id=name.security_id)
    tax = cost = risk = option = 0.0
    active = name.active_usd
    for k, on in enumerate(dates):
        lots = [lot for lot, at in zip(name.lots, schedule.sells, strict=True) if at == k]
        sold = sum(lot.value_usd for lot in lots)
        tax += sum(terms.tax_usd(lot, on) for lot in lots)
        option -= sum(lot.option_usd for lot in lots)
        active -= sold
        bought = max(-active, 0.0) if schedule.buy == k else 0.0
        active += bought
        cost += (name.selling.usd(sold) + name.buying.usd(bought)) * terms.present(on)
        after = dates[k + 1] if k + 1 < len(dates) else terms.until
        risk += terms.risk_usd(name, active, (after - on).days)
    return Parts(tax, cost, risk, option)
