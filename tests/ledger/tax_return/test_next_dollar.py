"""The next dollar: slopes are those of whole returns, kinks are complete, tax never falls by gaining."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.tax_return import (
    AmtPolicy,
    CarryoverValue,
    ReturnInputs,
    ReturnPolicies,
    SmallIncomeTax,
    TaxCurve,
    compute_return,
    next_dollar,
    tax_on_gains,
)
from tests.ledger.tax_return.strategies import STATES, cents, filers

FAR = Fraction(5_000_000)
A_DAY = {2025: date(2025, 11, 3), 2026: date(2026, 11, 3)}


def total(inputs: ReturnInputs, short: Fraction, long: Fraction) -> Fraction:
    """Return the total of a whole return with so much more gain."""
    more = replace(
        inputs, net_short_usd=Fraction(inputs.net_short_usd) + short, net_long_usd=Fraction(inputs.net_long_usd) + long
    )
    return compute_return(more).total_usd


def spans(curve: TaxCurve) -> list[tuple[Fraction, Fraction, Fraction]]:
    """Return the straight parts of a curve, the outer ones cut off, with their slopes."""
    ends = [min([-FAR, *curve.knots_usd]) - 1, *curve.knots_usd, max([FAR, *curve.knots_usd]) + 1]
    return [(*ends_of, slope) for ends_of, slope in zip(pairwise(ends), curve.slopes, strict=True)]


@settings(max_examples=25)
@given(filers(STATES), st.sampled_from(["short", "long"]))
def test_between_its_kinks_the_whole_return_is_straight_and_the_kinks_are_real(inputs: ReturnInputs, axis: str) -> None:
    curve = getattr(next_dollar(inputs, A_DAY[inputs.tax_year]), axis)
    assert all(before != after for before, after in pairwise(curve.slopes))
    for low, high, slope in spans(curve):
        at = {
            share: total(inputs, *((x, Fraction(0)) if axis == "short" else (Fraction(0), x)))
            for share in (Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(1))
            for x in [low + share * (high - low)]
        }
        for share, amount in at.items():
            assert amount == at[Fraction(0)] + slope * share * (high - low)
            assert amount == curve.at(low + share * (high - low))


@settings(max_examples=50)
@given(filers(STATES))
def test_the_four_slopes_are_differences_of_whole_returns(inputs: ReturnInputs) -> None:
    answer = next_dollar(inputs, A_DAY[inputs.tax_year])
    now, zero = total(inputs, Fraction(0), Fraction(0)), Fraction(0)
    assert answer.now_usd == now == answer.tax.at()
    kinks = [*answer.short.knots_usd, *answer.long.knots_usd]
    step = min([Fraction(1), *(abs(each) for each in kinks if each)]) / 2
    assert answer.short_gain == (total(inputs, step, zero) - now) / step
    assert answer.short_loss == (now - total(inputs, -step, zero)) / step
    assert answer.long_gain == (total(inputs, zero, step) - now) / step
    assert answer.long_loss == (now - total(inputs, zero, -step)) / step


@settings(max_examples=50)
@given(filers(STATES), st.decimals(0, Decimal("0.99"), places=2), st.sampled_from(AmtPolicy))
def test_adding_gain_never_lowers_tax_and_the_parts_add_up(
    inputs: ReturnInputs, worth: Decimal, amt: AmtPolicy
) -> None:
    answer = next_dollar(
        inputs,
        A_DAY[inputs.tax_year],
        policies=ReturnPolicies(amt=amt),
        carryover_value=CarryoverValue(worth, worth),
    )
    for curve, parts in ((answer.short, answer.short_parts), (answer.long, answer.long_parts)):
        assert min(curve.slopes) >= 0
        for x in (Fraction(0), *curve.knots_usd, Fraction(-12_345), FAR):
            assert curve.at(x) == sum(part.at(x) for part in parts.values())
            # Continuous: the line from the left ends where the line to the right starts.
            below, above = curve.slope_below(x), curve.slope_above(x)
            tiny = Fraction(1, 10**9)
            assert abs(curve.at(x + tiny) - curve.at(x - tiny)) == (below + above) * tiny
    assert answer.short_parts["carryover_value"].at(0) <= 0


@settings(max_examples=10)
@given(filers(STATES), st.lists(st.tuples(cents(-400_000, 900_000), cents(-400_000, 900_000)), min_size=1, max_size=8))
def test_planes_and_arrays_agree_with_whole_returns(inputs: ReturnInputs, points: list) -> None:
    tax = tax_on_gains(inputs, A_DAY[inputs.tax_year])
    surface = tax.surface((-400_000, 900_000), (-400_000, 900_000))
    exact = [total(inputs, Fraction(short), Fraction(long)) for short, long in points]
    assert [surface.at(short, long) for short, long in points] == exact
    short, long = np.array([[float(each) for each in point] for point in points]).T
    np.testing.assert_allclose(tax.at_many(short, long), [float(each) for each in exact], rtol=0, atol=1e-6)
    assert all(per_short >= 0 and per_long >= 0 for per_short, per_long in surface.slopes())


@settings(max_examples=20)
@given(filers(STATES), st.lists(cents(-3_000_000, 3_000_000), min_size=1))
def test_a_curve_at_many_points_is_the_curve(inputs: ReturnInputs, points: list) -> None:
    curve = next_dollar(inputs, A_DAY[inputs.tax_year]).long
    found = curve.at_many([float(each) for each in points])
    np.testing.assert_allclose(found, [float(curve.at(each)) for each in points], rtol=0, atol=1e-6)


EMPLOYEE = ReturnInputs(tax_year=2025, ordinary_income_usd=80_000)


def test_a_short_term_loss_saves_the_ordinary_rate_up_to_3000_and_then_what_the_carryover_is_worth() -> None:
    plain = next_dollar(EMPLOYEE, A_DAY[2025])
    assert plain.short_gain == plain.short_loss == Fraction("0.22")
    assert plain.long_gain == Fraction("0.15")
    assert plain.long_loss == Fraction("0.22")
    assert -3_000 in plain.short.knots_usd
    assert plain.short.slope_below(-3_000) == 0
    valued = next_dollar(EMPLOYEE, A_DAY[2025], carryover_value=CarryoverValue("0.18", "0.12"))
    assert valued.short.slope_below(-3_000) == Fraction("0.18")
    assert valued.long.slope_below(-3_000) == Fraction("0.12")
    assert valued.short_loss == Fraction("0.22")
    assert "valued at 0.18 short, 0.12 long" in valued.label


def test_a_loss_carried_over_shields_the_next_gain_of_either_term() -> None:
    carrying = replace(EMPLOYEE, carryover_short_usd=10_000)
    answer = next_dollar(carrying, A_DAY[2025])
    assert answer.short_gain == answer.long_gain == 0
    assert answer.short.slope_above(7_000) == Fraction("0.22")
    assert answer.long.slope_above(7_000) == Fraction("0.22")
    assert answer.long.slope_above(10_000) == Fraction("0.15")


def test_the_minimum_tax_of_2026_is_in_the_slope_or_left_out_by_policy() -> None:
    gainer = ReturnInputs(tax_year=2026, ordinary_income_usd=250_000, net_long_usd=400_000)
    counted = next_dollar(gainer, A_DAY[2026])
    assert counted.now_usd == 115_724 + 15_200 + 9_770
    # 20 percent, 3.8 percent, and 26 percent on the half dollar of exemption that each dollar takes away.
    assert counted.long_gain == Fraction("0.20") + Fraction("0.038") + Fraction("0.13")
    left_out = next_dollar(gainer, A_DAY[2026], policies=ReturnPolicies(amt=AmtPolicy.WARNED))
    assert left_out.now_usd == 115_724 + 15_200
    assert left_out.long_gain == Fraction("0.238")
    assert "minimum tax left out" in left_out.label
    warned = compute_return(gainer, ReturnPolicies(amt=AmtPolicy.WARNED))
    assert "9,770.00 USD" in warned.warnings[0]
    assert compute_return(gainer).warnings == ()


def test_the_table_has_no_slopes_so_the_schedule_s_are_given_and_the_label_says_so() -> None:
    policies = ReturnPolicies(small_income_tax=SmallIncomeTax.TABLE)
    answer = next_dollar(EMPLOYEE, A_DAY[2025], policies=policies)
    assert answer.short_gain == Fraction("0.22")
    assert "not of the Tax Table's steps" in answer.label


def test_constant_rates_are_the_same_at_any_amount_and_labelled() -> None:
    profile = TaxProfile(
        ConstantRates(0.408, 0.238), tax_year=2031, realized_short_usd=Decimal(1000), realized_long_usd=Decimal(500)
    )
    answer = next_dollar(profile, date(2031, 5, 1))
    assert answer.short_gain == answer.short_loss == Fraction("0.408")
    assert answer.long_gain == answer.long_loss == Fraction("0.238")
    assert answer.short.knots_usd == answer.long.knots_usd == ()
    assert answer.now_usd == 408 + 119
    assert answer.short.at(-2_000) == -408 + 119
    assert answer.tax.surface((-10, 10), (-10, 10)).at(1, 1) == answer.tax.at(1, 1)
    np.testing.assert_allclose(answer.short.at_many([0, 1000]), [527, 935])
    assert answer.label.startswith("constant rates")
    assert "Not tax advice" in answer.label


def test_a_profile_s_figures_make_a_return_by_tables() -> None:
    profile = TaxProfile(
        ConstantRates(0.4, 0.2),
        FilingStatus.MARRIED_JOINT,
        ordinary_income_usd=Decimal(150_000),
        realized_long_usd=Decimal(200_000),
        carryover_long_usd=Decimal(5),
    )
    inputs = ReturnInputs.of_profile(profile, 2026)
    assert compute_return(inputs).agi_usd == 349_995
    assert next_dollar(inputs, A_DAY[2026]).long_gain == Fraction("0.188")
    with pytest.raises(InputError, match="figures are for 2025, and the return is for 2026"):
        ReturnInputs.of_profile(replace(profile, tax_year=2025), 2026)


def test_a_day_of_another_year_is_refused() -> None:
    with pytest.raises(InputError, match="for 2025, and the question is asked on 2026-01-02"):
        next_dollar(EMPLOYEE, date(2026, 1, 2))
    with pytest.raises(IncompleteDataError, match="no tax tables for 2024"):
        next_dollar(replace(EMPLOYEE, tax_year=2024), date(2024, 6, 3))


def test_the_answer_reads_as_a_sentence_and_is_no_advice() -> None:
    shown = repr(next_dollar(EMPLOYEE, A_DAY[2025]))
    assert "short gain 0.22, short loss 0.22, long gain 0.15, long loss 0.22" in shown
    assert "Not tax advice" in shown


def test_a_surface_knows_where_it_ends() -> None:
    surface = tax_on_gains(EMPLOYEE, A_DAY[2025]).surface((-10, 10), (0, 10))
    with pytest.raises(InputError, match="lies outside the surface"):
        surface.at(11, 0)
    with pytest.raises(InputError, match="is empty"):
        tax_on_gains(EMPLOYEE, A_DAY[2025]).surface((0, 0), (0, 10))
    with pytest.raises(InputError, match="is empty"):
        tax_on_gains(EMPLOYEE, A_DAY[2025]).surface((0, 10), (5, 5))


@pytest.mark.parametrize("worth", ["-0.1", "1", "20"])
def test_a_carryover_is_worth_a_fraction(worth: str) -> None:
    with pytest.raises(InputError, match=r"fraction in \[0, 1\)"):
        CarryoverValue(short_per_usd=worth)
