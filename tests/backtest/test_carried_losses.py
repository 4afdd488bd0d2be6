"""Losses that are carried: what a proposal is told of them, by hand, and what a replay then does and does not take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.advisor import Advisor
from di_advisor.backtest.carried_rates import CarriedYear, carried_worth_usd
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.settings import LossUse, ReplaySettings
from di_advisor.backtest.tax_years import TaxYears, YearOfAccount
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.policy.policies import Policy
from di_advisor.policy.triggers import LossAvailable, NameDrift
from di_advisor.testing import portfolio
from tests.backtest.hand_past import FlatCosts, HandPast, OneFactor

RATES = TaxProfile(ConstantRates(0.4, 0.2), ordinary_income_usd=Decimal(500_000))
SESSIONS = (date(2024, 1, 8), date(2024, 1, 9), date(2024, 1, 10))
LOTS = "A1 500 A @ 100.00 on 2022-01-03\nB1 500 B @ 50.00 on 2022-01-03"


def year(short: int = 0, long: int = 0, profile: TaxProfile = RATES) -> CarriedYear:
    found = TaxYears(profile, LossUse.CARRIED).carried_year(YearOfAccount(Fraction(short), Fraction(long)))
    assert found is not None
    return found


def rates_in(found: CarriedYear) -> tuple[float, float]:
    told = found.rates().rates
    return told.short_term, told.long_term


def test_what_is_carried_is_worth_three_thousand_a_year_discounted() -> None:
    assert carried_worth_usd(RATES, Fraction(0)) == 0
    assert carried_worth_usd(RATES, Fraction(3_000)) == pytest.approx(1_200 / 1.05)
    assert carried_worth_usd(RATES, Fraction(7_000)) == pytest.approx(1_200 / 1.05 + 1_200 / 1.05**2 + 400 / 1.05**3)


@pytest.mark.parametrize(
    ("short", "long", "rates"),
    [
        (10_000, 0, (0.4, 0.4)),  # a loss of either term is taken off the short-term gain
        (0, 10_000, (0.2, 0.2)),
        (10_000, 10_000, (0.4, 0.2)),
        (0, 0, (0.4, 0.4)),  # ordinary income
        (-2_000, 0, (0.4, 0.4)),
        (-3_000, 0, (0.4 / 1.05, 0.4 / 1.05)),
        (-3_000 - 3_500, 0, (0.4 / 1.05**2, 0.4 / 1.05**2)),
        (-303_000, 0, (0.4 / 1.05**101, 0.4 / 1.05**101)),
    ],
)
def test_the_next_dollar_is_worth_what_it_changes_this_year_and_later(
    short: int, long: int, rates: tuple[float, float]
) -> None:
    assert rates_in(year(short, long)) == pytest.approx(rates, abs=1e-9)


def test_years_that_are_over_and_not_due_carry_into_this_one() -> None:
    years = TaxYears(RATES, LossUse.CARRIED)
    before = [(2023, YearOfAccount(Fraction(-9_000)))]  # 3,000 are deducted, 6,000 are carried
    told = years.taxpayer_on(date(2024, 2, 1), YearOfAccount(), before)
    assert isinstance(told, TaxProfile)
    assert told.rates.short_term == pytest.approx(0.4 / 1.05**2)
    assert years.carried_usd == (0, 0)


def test_elsewhere_nothing_is_told_but_the_full_rates() -> None:
    years = TaxYears(RATES, LossUse.ELSEWHERE)
    assert years.carried_year(YearOfAccount(Fraction(-50_000))) is None
    told = years.taxpayer_on(date(2024, 2, 1), YearOfAccount(Fraction(-50_000)))
    assert isinstance(told, TaxProfile)
    assert told.rates == RATES.rates


@given(st.integers(-200_000, 200_000), st.integers(-200_000, 200_000), st.integers(0, 50_000))
def test_a_further_loss_never_costs_and_never_saves_more_than_the_dearest_rate(
    short: int, long: int, more: int
) -> None:
    found = year(short, long)
    for by_short, by_long in ((-more, 0), (0, -more)):
        saved = found.due_usd() - found.due_usd(Fraction(by_short), Fraction(by_long))
        assert -1e-6 <= saved <= 0.4 * more + 1e-6


def replayed(use: LossUse, cost_bps: float, tax: TaxProfile = RATES) -> Replayed:
    past = HandPast(SESSIONS, {"A": ("50",) * 3, "B": ("50",) * 3}, {SESSIONS[0]: {"A": 0.5, "B": 0.5}})
    settings = ReplaySettings(cash_usd=Decimal(0), portfolio=portfolio(LOTS), loss_use=use)
    wishes = Mandate(risk_aversion=1e-9, cash_max=1.0, wash_policy=WashPolicy.IGNORE)
    policy = Policy("losses", (LossAvailable(least_usd=1.0),))
    advisor = Advisor(OneFactor(), FlatCosts(cost_bps))
    return replay(past, SESSIONS[0], SESSIONS[-1], policy, wishes, tax, settings, advisor=advisor)


def taken(found: Replayed) -> float:
    return sum(row.harvested_usd for row in found.days)


def test_a_loss_that_cannot_be_used_for_a_century_is_not_taken() -> None:
    """25,000 of loss, full rate 0.2 (long-term), selling costs 0.1 a dollar; 300,000 are carried already.

    Fees make the loss larger.
    """
    carrying = TaxProfile(RATES.rates, ordinary_income_usd=Decimal(500_000), carryover_short_usd=Decimal(300_000))
    assert taken(replayed(LossUse.ELSEWHERE, 1_000.0, carrying)) == 25_000 + 2_500
    assert taken(replayed(LossUse.CARRIED, 1_000.0, carrying)) == 0


@pytest.mark.parametrize(("cost_bps", "loss"), [(3_000.0, 25_000.0 + 7_500.0), (3_500.0, 0.0)])
def test_a_plan_that_uses_up_the_year_is_weighed_as_a_whole(cost_bps: float, loss: float) -> None:
    """The first dollar saves 0.4. All 25,000: 3,000 now, 3,000 in each of seven years and 1,000 in the eighth.

    1,200 + 1,200 x 5.786 + 400 / 1.05^8 = 8,414. Selling costs 7,500 at 0.30 a dollar, and 8,750 at 0.35.
    """
    whole = year().due_usd() - year().due_usd(Fraction(0), Fraction(-25_000))
    assert whole == pytest.approx(8_414.4, abs=0.5)
    assert taken(replayed(LossUse.CARRIED, cost_bps)) == loss


def test_a_gain_in_a_year_without_any_is_taken_at_its_own_rate() -> None:
    """1,000 A at 50 with a long-term gain of 30 each, and B wanted: a gain costs 0.2 whether losses are carried or not.

    The next dollar of loss would save 0.4 of ordinary income; at that rate fewer would be sold.
    """
    past = HandPast(SESSIONS, {"A": ("50",) * 3, "B": ("50",) * 3}, {SESSIONS[0]: {"A": 0.5, "B": 0.5}})
    policy = Policy("drift", (NameDrift(),))
    wishes = Mandate(risk_aversion=3.0, cash_max=1.0)

    def sold(use: LossUse, rates: TaxProfile) -> float:
        book = portfolio("A1 1000 A @ 20.00 on 2022-01-03")
        settings = ReplaySettings(cash_usd=Decimal(0), portfolio=book, loss_use=use)
        advisor = Advisor(OneFactor(), FlatCosts(1.0))
        found = replay(past, SESSIONS[0], SESSIONS[1], policy, wishes, rates, settings, advisor=advisor)
        return sum(row.sold_usd for row in found.days)

    dear = replace(RATES, rates=ConstantRates(0.4, 0.4))
    assert 0 < sold(LossUse.ELSEWHERE, dear) < sold(LossUse.ELSEWHERE, RATES) < 25_000
    assert sold(LossUse.CARRIED, RATES) == sold(LossUse.ELSEWHERE, RATES)


LEVELS = np.linspace(0.0, 1.0, 9)


@dataclass(frozen=True)
class Wish:
    """Three lots with what selling them is worth before tax: concave in the share of each that is sold."""

    gain: np.ndarray[tuple[int], np.dtype[np.float64]]
    long: np.ndarray[tuple[int], np.dtype[np.bool_]]
    first: np.ndarray[tuple[int], np.dtype[np.float64]]
    falls: np.ndarray[tuple[int], np.dtype[np.float64]]

    @classmethod
    def of(cls, random: np.random.Generator) -> Wish:
        gain = random.choice([-1, 1], 3) * random.uniform(500, 12_000, 3)
        wish = random.uniform(0.0, 0.45, 3) * np.abs(gain) * np.where(gain > 0, 1.0, 0.3)
        return cls(gain, random.random(3) < 0.6, wish, random.uniform(0.02, 0.5, 3) * np.abs(gain))

    def under(self, rates: TaxProfile) -> tuple[float, ...]:
        each = np.where(self.long, rates.rates.long_term, rates.rates.short_term)
        return tuple(np.clip((self.first - each * self.gain) / self.falls, 0, 1).tolist())

    def figures(self, shares: tuple[float, ...]) -> tuple[float, Fraction, Fraction]:
        sold, of = np.asarray(shares), self.gain * np.asarray(shares)
        worth = float(np.sum(self.first * sold - self.falls * sold**2 / 2))
        return worth, Fraction(float(of[~self.long].sum())), Fraction(float(of[self.long].sum()))


def test_plans_at_slopes_of_the_year_come_close_to_the_best_of_all() -> None:
    lost = {"one slope": 0.0, "slopes": 0.0}
    most = 0.0
    for seed, (short, long) in enumerate([(0, 0), (0, 5_000), (8_000, 0), (4_000, -6_000)] * 6):
        wish, in_year = Wish.of(np.random.default_rng(seed)), year(short, long)
        now = in_year.due_usd()

        def worth(
            shares: tuple[float, ...], wish: Wish = wish, in_year: CarriedYear = in_year, now: float = now
        ) -> float:
            before, by_short, by_long = wish.figures(shares)
            return before - in_year.due_usd(by_short, by_long) + now

        first = wish.under(in_year.rates())
        found = in_year.best(in_year.rates(), first, wish.under, wish.figures)
        best = max(worth(shares) for shares in product(LEVELS.tolist(), repeat=3))
        lost["one slope"] += max(best - worth(first), 0)
        lost["slopes"] += max(best - worth(found), 0)
        most += best
    assert lost["one slope"] > 0.005 * most
    assert lost["slopes"] < 0.001 * most
