"""The advice: no point within reach is better, its steps are differences of whole returns, and small cases by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs, tax_on_gains
from di_advisor.policy.year_end import Advice, LaterTax, Way, advice, filer_of, later_tax, standing
from di_advisor.policy.year_end.advice import best_point
from di_advisor.testing.random_filers import random_return
from tests.policy.year_end.test_stretches import VALUE, whole
from tests.policy.year_end.year import AS_OF, SINGLE, workspace

LATER = LaterTax(Decimal("0.15"), years=0.0)


def advised(taxpayer: Taxpayer = SINGLE, later: LaterTax = LATER, **more: object) -> Advice:
    return advice(standing(workspace(**more), taxpayer=filer_of(taxpayer, later)), later)  # type: ignore[arg-type]


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(0, 30), st.lists(st.integers(0, 60_000), min_size=4, max_size=4))
def test_no_point_within_reach_is_better_by_whole_returns(seed: int, cents: int, reach: list[int]) -> None:
    g = np.random.default_rng(seed)
    inputs = random_return(g)
    per_usd = Fraction(cents, 100)
    short, long = (-Fraction(reach[0]), Fraction(reach[1])), (-Fraction(reach[2]), Fraction(reach[3]))
    tax = tax_on_gains(inputs, AS_OF, carryover_value=VALUE)
    best = best_point(tax, per_usd, short, long)

    def total(x: Fraction, y: Fraction) -> Fraction:
        return whole(inputs, x, y) - per_usd * (x + y)

    least = total(*best)
    assert short[0] <= best[0] <= short[1]
    assert long[0] <= best[1] <= long[1]
    for _ in range(25):
        x = Fraction(int(g.integers(-reach[0], reach[1] + 1)))
        y = Fraction(int(g.integers(-reach[2], reach[3] + 1)))
        assert least <= total(x, y)


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_steps_sum_to_the_difference_of_two_whole_returns(seed: int) -> None:
    inputs = random_return(np.random.default_rng(seed))
    found = advised(FilerTax(inputs, carryover_value=VALUE))
    zero = Fraction(0)
    assert found.tax_usd == whole(inputs, found.short_usd, found.long_usd) - whole(inputs, zero, zero)
    assert found.later_usd == -LATER.per_usd * (found.short_usd + found.long_usd)
    assert found.worth_usd >= 0
    assert sum(s.amount_usd for s in found.steps) == abs(found.short_usd) + abs(found.long_usd)
    realised = sum((s.gain_usd for s in found.sales), zero)
    assert abs(realised) <= abs(found.short_usd) + abs(found.long_usd)
    for beyond in found.beyond:
        assert beyond.offered_usd == 0 or beyond.worth_per_usd <= 0


def test_losses_go_as_far_as_the_3000_and_no_further() -> None:
    found = advised()
    # No gains to offset: 3,000 of loss meet income at 22 percent; a carried dollar is worth what it costs later.
    assert (found.short_usd, found.long_usd) == (-3_000, 0)
    assert found.tax_usd == -660
    assert found.worth_usd == 660 - 450
    assert found.steps[-1].ends_by == "the $3,000 of net loss that may be deducted in a year are used"
    beyond = {(b.stretch.term, b.stretch.way): b for b in found.beyond}
    assert beyond[Term.SHORT, Way.LOSS].stretch.this_year == 0
    assert beyond[Term.SHORT, Way.LOSS].worth_per_usd == 0


def test_a_short_gain_of_the_year_takes_all_short_losses_there_are() -> None:
    found = advised(replace(SINGLE, net_short_usd=Decimal(20_000)))
    # 5,000 of short loss and 1,500 of long loss, all against short gain at 22 percent (24 above 105,700 not reached).
    assert (found.short_usd, found.long_usd) == (-5_000, -1_500)
    assert found.tax_usd == -Fraction(22, 100) * 6_500
    assert {s.ends_by for s in found.steps} == {"the lots offer no more"}
    assert [s.offer.lot.lot_id for s in found.sales] == ["A2", "C1", "B1"]


def test_gains_fill_the_room_at_0_percent_and_stop() -> None:
    inputs = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(61_000))
    # Taxable income 44,900: 4,550 of room below 49,450. Beyond it 15 percent now is what it costs later: no gain.
    found = advised(inputs)
    assert (found.short_usd, found.long_usd) == (0, 4_550)
    assert (found.tax_usd, found.worth_usd) == (0, Fraction(15, 100) * 4_550)
    (step,) = found.steps
    assert step.ends_by == "the 0 % bracket of long-term gain ends, at $49,450 of taxable income"
    # Lot A1 gains 40 a share: 113 whole shares make 4,520.
    assert [(s.offer.lot.lot_id, s.shares, s.gain_usd) for s in found.sales] == [("A1", 113, 4_520)]


def test_a_gain_that_turns_long_term_by_year_end_is_sold_from_that_day_on() -> None:
    inputs = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(40_000))
    found = advised(inputs)
    # Room of 25,550 takes all 9,000 of long-term gain there is by then: lot B2 turns on the 23rd. The short-term gain
    # of C2 is taxed at 12 percent now, and at 15 later.
    assert (found.short_usd, found.long_usd) == (1_000, 9_000)
    first_days = {s.offer.lot.lot_id: s.first_day for s in found.sales}
    assert first_days == {"A1": AS_OF, "B2": date(2026, 12, 23), "C2": AS_OF}


def test_room_at_0_percent_is_worth_nothing_to_who_will_never_pay_more() -> None:
    inputs = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(61_000))
    never = LaterTax(Decimal(0))
    assert advised(inputs, never).long_usd <= 0


def test_nothing_is_advised_where_a_carryover_does_it_already() -> None:
    found = advised(replace(SINGLE, carryover_short_usd=Decimal(10_000)))
    assert (found.short_usd, found.long_usd, found.steps, found.sales) == (0, 0, (), ())


def test_constant_rates_take_every_loss_that_saves_more_than_it_costs_later() -> None:
    found = advised(TaxProfile(ConstantRates(0.4, 0.2)))
    assert (found.short_usd, found.long_usd) == (-5_000, -1_500)
    assert found.tax_usd == -2_000 - 300


def test_the_later_rate_is_15_percent_or_more_where_gains_are_taxed_higher_today() -> None:
    assert later_tax(SINGLE, AS_OF).rate == Fraction(15, 100)
    high = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(900_000))
    assert later_tax(high, AS_OF).rate == Fraction(238, 1000)
    bent = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(250_000), net_long_usd=Decimal(400_000))
    assert later_tax(bent, AS_OF).rate == Fraction(3, 10)  # 36.8 percent where the minimum tax takes its exemption
    assert LaterTax(Decimal("0.2"), 1.0, 0.25).per_usd == Fraction(16, 100)


def test_a_value_of_carryovers_that_is_given_is_kept() -> None:
    given_ = FilerTax(SINGLE, carryover_value=CarryoverValue(Decimal("0.2"), Decimal("0.1")))
    assert filer_of(given_, LATER) is given_
    assert filer_of(SINGLE, LATER) == FilerTax(SINGLE, None, CarryoverValue(LATER.per_usd, LATER.per_usd))
    with pytest.raises(InputError, match="Rate and discount are fractions"):
        LaterTax(Decimal(15))
