"""Gifts of lots: which, what they deduct, and the limits by income, by hand."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return import ReturnInputs, compute_return
from di_advisor.policy.year_end import Charity, LaterTax, deduction_of, gift_plan, standing
from di_advisor.testing.random_filers import random_return
from tests.policy.year_end.year import SINGLE, workspace

LATER = LaterTax(Decimal("0.15"), years=0.0)
BOOK = """
    A1 100 A @ 20.00 on 2020-01-02
    A2 100 A @ 60.00 on 2021-01-04
    B1 100 B @ 50.00 on 2026-03-02
    C1 100 C @ 130.00 on 2020-01-02
    C2 10 C @ ? on 2020-01-02
"""


def test_the_lot_with_most_gain_for_each_dollar_goes_first_and_the_others_say_why_not() -> None:
    plan = gift_plan(standing(workspace(BOOK)), SINGLE, Decimal(12_550), LATER)
    assert [(x.offer.lot.lot_id, x.shares) for x in plan.lots] == [("A1", 100), ("A2", 25)]
    assert (plan.value_usd, plan.gain_usd) == (12_500, 8_000 + 1_000)
    assert plan.sale_tax_usd == Fraction(15, 100) * 9_000
    assert plan.later_usd == 1_350
    reasons = {n.lots[0].lot.lot_id: n.why for n in plan.not_given}
    assert set(reasons) == {"B1", "C1", "C2"}
    assert "short-term" in reasons["B1"]
    assert "sell it, take the loss" in reasons["C1"]
    assert "not known" in reasons["C2"]


def test_30_percent_of_income_is_the_limit_and_the_rest_is_carried_on() -> None:
    # Income 100,000: 30,000 may count, 5,000 carry; the floor of 2026 takes 500. With 10,000 of other deductions
    # 39,500 are itemised against the 16,100 that would be standard: 23,400 less taxable income, at 22 percent.
    found = deduction_of(SINGLE, Decimal(35_000), other_itemized_usd=Decimal(10_000))
    assert (found.limit_usd, found.carried_usd, found.floor_usd) == (30_000, 5_000, 500)
    assert (found.deducted_usd, found.over_standard_usd) == (29_500, 23_400)
    # Taxable income falls from 83,900 to 60,500, all of it in the 22 percent bracket.
    assert found.saved_usd == Fraction(22, 100) * 23_400


def test_a_private_foundation_has_20_percent_and_years_before_2026_no_floor() -> None:
    found = deduction_of(replace(SINGLE, tax_year=2025), Decimal(35_000), charity=Charity.PRIVATE_FOUNDATION)
    assert (found.limit_usd, found.carried_usd, found.floor_usd) == (20_000, 15_000, 0)
    assert found.over_standard_usd == 20_000 - 15_750


def test_a_gift_below_the_standard_deduction_saves_nothing() -> None:
    found = deduction_of(SINGLE, Decimal(10_000))
    assert (found.over_standard_usd, found.saved_usd) == (0, 0)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(0, 200_000), st.integers(0, 60_000))
def test_parts_of_a_gift_add_up_and_its_saving_is_within_reason(seed: int, gift: int, other: int) -> None:
    inputs = random_return(np.random.default_rng(seed))
    found = deduction_of(inputs, Decimal(gift), other_itemized_usd=Decimal(other))
    assert found.deducted_usd + found.floor_usd + found.carried_usd == gift
    assert found.deducted_usd <= found.limit_usd == Fraction(30, 100) * max(compute_return(inputs).agi_usd, Fraction(0))
    assert 0 <= found.over_standard_usd <= found.deducted_usd
    assert (found.over_standard_usd == 0) <= (found.saved_usd == 0)


def test_constant_rates_have_no_deduction_and_wrong_amounts_are_refused() -> None:
    stands = standing(workspace(BOOK))
    rates = TaxProfile(ConstantRates(0.4, 0.2))
    assert gift_plan(stands, rates, Decimal(1_000), LATER).deduction is None
    for wrong in (Decimal(0), Decimal(-5)):
        with pytest.raises(InputError, match="above zero"):
            gift_plan(stands, rates, wrong, LATER)
    with pytest.raises(InputError, match="positive amount"):
        deduction_of(ReturnInputs(tax_year=2026), Decimal(-1))
