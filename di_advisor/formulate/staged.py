"""Several dates in one problem: holdings that evolve, lots that age, budgets that span a tax year.

All weights are fractions of today's account value at today's prices. Where names and cash share a
growth, every dollar of a stage is today's times that growth, except a lot's basis, which stays: so
only gains change. Every stage has the rules of a single proposal; what couples stages is that a lot
is sold once, that holdings and cash go on, and the budgets of a tax year.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.own_stages import StagedOwn
from di_advisor.formulate.plan import Holdings, Plan
from di_advisor.formulate.replacements import StandInLimit
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.formulate.stage_symbols import Standing
from di_advisor.formulate.staged_tax import ReturnTax, TaxLimit
from di_advisor.formulate.terms import TradingCost
from di_advisor.formulate.wash_term import WashDeferral

__all__ = ["Leg", "Spent", "StagedProblem", "YearBudget"]

Flags = NDArray[np.bool_]

_WASH_DAYS = 30


@dataclass(frozen=True)
class Leg:
    """One date of trading.

    Attributes
    ----------
    on : date
        Tax date of its trades.
    years : float
        Time until the next stage (or the horizon), for which active risk is charged.
    growth : float
        Dollars of this date per dollar of today.
    long_term : ndarray of bool, shape (L,)
        Whether a sale of the lot is long-term.
    gain, tax_rate : ndarray of shape (L,)
        Gain, and tax on it, per unit of weight sold.
    worth : ndarray of shape (L,)
        What a harvest model says of selling now against later; only the last stage has it.
    sell_max, buy_max : ndarray of shape (L,), (n,)
        Largest weights sold of a lot and bought of a name.
    size_max : ndarray of shape (n,)
        Largest weight of a name sold; infinite where nothing limits it.
    active_lower, active_upper : ndarray of shape (n,)
        Limits of active weights.
    groups : tuple of ActiveGroup
        Bands of groups and factors.
    tracking_error_max : float or None
        Hard cap.
    gain_max : float or None
        Budget of this stage alone, as a weight.
    stand_ins : tuple of StandInLimit
        What may be bought in place of names that the stage sells.
    """

    on: date
    years: float
    growth: float
    long_term: Flags
    gain: FloatArray
    tax_rate: FloatArray
    worth: FloatArray
    sell_max: FloatArray
    buy_max: FloatArray
    size_max: FloatArray
    active_lower: FloatArray
    active_upper: FloatArray
    groups: tuple[ActiveGroup, ...]
    tracking_error_max: float | None
    gain_max: float | None
    stand_ins: tuple[StandInLimit, ...] = ()

    @property
    def loss(self) -> Flags:
        """Lots that would be sold at a loss, shape (L,)."""
        return np.asarray((self.gain < 0) & (self.sell_max > 0), dtype=np.bool_)


@dataclass(frozen=True)
class YearBudget:
    """Largest net gain and tax of a tax year so far, after each of its stages, as weights; None where free."""

    year: int
    gain_max: float | None
    tax_max: float | None


@dataclass(frozen=True)
class Spent:
    """What one stage costs, as fractions of today's value."""

    tax: float
    cost: float
    risk: float
    tilt: float
    worth: float
    own: float = 0.0
    wash: float = 0.0

    @property
    def total(self) -> float:
        """Their sum; the worth of selling counts against it."""
        return self.tax + self.cost + self.risk + self.tilt + self.own + self.wash - self.worth


@dataclass(frozen=True)
class StagedProblem:
    """An account over several dates.

    Attributes
    ----------
    holdings : Holdings
        Before the first stage; `Holdings.value_usd` is today's and the unit of every weight.
    start : ndarray of shape (n,)
        Active weights that tilts are reckoned from (today's).
    risk : FactorRisk
        The same at every stage.
    cost : TradingCost
        Cost of one stage's trades by its size.
    aversion : float
        Price of variance per year.
    tilt : ndarray of shape (n,)
        Charge per unit of active weight and year.
    legs : tuple of Leg
        At least one.
    budgets : tuple of YearBudget
        One for each tax year that has one.
    cash_lower, cash_upper, reserve : float
        Cash after costs, before the stage's costs, and what is kept back for rounding at the first stage.
    turnover_max : float or None
        One-way turnover of each stage.
    min_trade : float
        A name's net trade at each stage is zero or at least this, or all of a position that is smaller.
    identical : ndarray of int, shape (n,)
        Substantially identical group of each name.
    own : StagedOwn
        A user's own terms and rules.
    trades_max : int or None
        Most names that trade at each stage.
    names_max : int or None
        Most names held after the last stage.
    taxes : ReturnTax or None
        The return of every year; None where `Leg.tax_rate` is all there is.
    wash : WashDeferral or None
        What trades of the first stage wash of losses and purchases that are known, where that is priced.
    """

    holdings: Holdings
    start: FloatArray
    risk: FactorRisk
    cost: TradingCost
    aversion: float
    tilt: FloatArray
    legs: tuple[Leg, ...]
    budgets: tuple[YearBudget, ...]
    cash_lower: float
    cash_upper: float
    reserve: float
    turnover_max: float | None
    min_trade: float
    identical: NDArray[np.int64]
    own: StagedOwn = field(default_factory=StagedOwn)
    trades_max: int | None = None
    names_max: int | None = None
    taxes: ReturnTax | None = None
    wash: WashDeferral | None = None

    @property
    def is_sided(self) -> bool:
        """Whether a name may not be sold and bought at one stage: where trades have a least size or are counted."""
        return self.min_trade > 0 or self.trades_max is not None

    def washing(self, leg: int, other: int) -> bool:
        """Whether a loss at one stage is washed by a purchase at the other: 30 days or less apart."""
        return abs((self.legs[leg].on - self.legs[other].on).days) <= _WASH_DAYS

    def tax_limits(self) -> tuple[TaxLimit, ...]:
        """Budgets of tax by the return; none at constant rates, where they are sums over lots."""
        if self.taxes is None:
            return ()
        return self.taxes.limits({b.year: b.tax_max for b in self.budgets if b.tax_max is not None})

    def active_path(self, plans: tuple[Plan, ...]) -> list[FloatArray]:
        """Active weights after each stage."""
        path, z = [], self.holdings.active
        for plan in plans:
            z = z + plan.net(self.holdings.lot_name)
            path.append(z)
        return path

    def standings(self, plans: tuple[Plan, ...]) -> list[Standing]:
        """What own terms and rules see of each stage."""
        found, cash = [], self.holdings.cash
        for plan, z in zip(plans, self.active_path(plans), strict=True):
            before_costs = cash + float(plan.sells.sum() - plan.buys.sum())
            found.append(Standing(plan, z, self.risk.exposures.T @ z, before_costs))
            cash = before_costs - self.cost_without_impact(plan)
        return found

    def cost_without_impact(self, plan: Plan) -> float:
        """What a stage's trades cost in cash, the quadratic part of impact left out as in a single proposal."""
        chords = self.cost.chords
        sold = chords.side(selling=True).cost(plan.sold(self.holdings.lot_name))
        return float((sold + chords.side(selling=False).cost(plan.buys)).sum())

    def own_spent(self, plans: tuple[Plan, ...]) -> dict[str, float]:
        """What each own term costs over the whole plan, a fraction of today's value."""
        at = list(zip(self.legs, self.standings(plans), strict=True))
        return {t.name: sum(t.times(leg.growth, leg.years) * t.value(one) for leg, one in at) for t in self.own.terms}

    def spent(self, plans: tuple[Plan, ...]) -> list[Spent]:
        """What each stage of a plan costs."""
        found = []
        standings = self.standings(plans)
        due = [float(leg.tax_rate @ plan.sells) for leg, plan in zip(self.legs, plans, strict=True)]
        if self.taxes is not None:
            due = self.taxes.by_stage(plans)
        for leg, plan, z, at, tax in zip(self.legs, plans, self.active_path(plans), standings, due, strict=True):
            cost = self.cost.value_usd(plan) / self.holdings.value_usd
            years = leg.growth * leg.years
            found.append(
                Spent(
                    tax=tax,
                    cost=leg.growth * cost,
                    risk=years * self.aversion * self.risk.variance_per_year(z),
                    tilt=years * float(self.tilt @ (z - self.start)),
                    worth=float(leg.worth @ plan.sells),
                    own=sum(t.times(leg.growth, leg.years) * t.value(at) for t in self.own.terms),
                )
            )
        if self.wash is not None:
            washed = self.wash.value_usd(plans[0]) / self.holdings.value_usd
            found[0] = replace(found[0], wash=washed)
        return found

    def objective(self, plans: tuple[Plan, ...]) -> float:
        """Objective of a plan, a fraction of today's value."""
        return sum(s.total for s in self.spent(plans))

    def nothing(self) -> tuple[Plan, ...]:
        """The plan that never trades."""
        return tuple(self.holdings.nothing() for _ in self.legs)

    def first_only(self) -> StagedProblem:
        """The same account if trading ends after the first stage: its risk lasts until the horizon."""
        first, last = self.legs[0], self.legs[-1]
        years = sum(leg.growth * leg.years for leg in self.legs) / first.growth
        caps = [leg.tracking_error_max for leg in self.legs if leg.tracking_error_max is not None]
        worth = first.worth if len(self.legs) == 1 else np.zeros_like(first.worth)
        only = replace(
            first,
            years=years,
            tracking_error_max=min(caps, default=None),
            active_lower=np.maximum(first.active_lower, last.active_lower),
            active_upper=np.minimum(first.active_upper, last.active_upper),
            groups=last.groups,
            worth=worth,
        )
        taxes = None if self.taxes is None else self.taxes.first_only()
        return replace(
            self, legs=(only,), taxes=taxes, budgets=tuple(b for b in self.budgets if b.year == first.on.year)
        )

    def after_first(self, plan: Plan) -> StagedProblem:
        """What is left once the first stage has traded: later stages, from the holdings and cash that it leaves."""
        first, later = self.legs[0], self.legs[1:]
        h = self.holdings
        left = np.maximum(h.lot_weight - plan.sells, 0.0)
        paid = self.cost.value_usd(plan) / h.value_usd
        cash = h.cash + float(plan.sells.sum() - plan.buys.sum()) - paid
        held = h.held + plan.net(h.lot_name)
        lost = np.isin(self.identical, self.identical[h.lot_name[(plan.sells > 0) & first.loss]])
        bought = np.isin(self.identical, self.identical[plan.buys > 0])
        legs = []
        for leg in later:
            near = (leg.on - first.on).days <= _WASH_DAYS
            sell_max = np.minimum(leg.sell_max, left)
            if near:
                sell_max = np.where((leg.gain < 0) & bought[h.lot_name], 0.0, sell_max)
            legs.append(replace(leg, sell_max=sell_max, buy_max=np.where(near & lost, 0.0, leg.buy_max)))
        gain, tax = float(first.gain @ plan.sells), float(first.tax_rate @ plan.sells)  # by a return, it knows itself
        budgets = tuple(
            b
            if b.year != first.on.year
            else YearBudget(
                b.year,
                None if b.gain_max is None else b.gain_max - gain,
                None if b.tax_max is None else b.tax_max - tax,
            )
            for b in self.budgets
        )
        budgets = tuple(b for b in budgets if any(leg.on.year == b.year for leg in later))
        holdings = replace(h, cash=cash, held=held, lot_weight=left)
        taxes = None if self.taxes is None else self.taxes.after_first(plan)
        return replace(self, holdings=holdings, legs=tuple(legs), budgets=budgets, reserve=0.0, taxes=taxes, wash=None)
