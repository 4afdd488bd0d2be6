"""What the next dollars are worth: sums of stretches are differences of whole returns, and ends have names."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import (
    AmtPolicy,
    CarryoverValue,
    ReturnInputs,
    ReturnPolicies,
    compute_return,
    tax_on_gains,
)
from di_advisor.policy.year_end import Stretch, Way, room_at_zero_usd, stretches
from di_advisor.testing.random_filers import random_return
from tests.policy.year_end.year import AS_OF, SINGLE

VALUE = CarryoverValue(Decimal("0.11"), Decimal("0.07"))


def summed(found: tuple[Stretch, ...], amount: Fraction) -> Fraction:
    """Dollars of tax along stretches up to an amount."""
    return sum(
        (s.rate * (min(amount, s.to_usd if s.to_usd is not None else amount) - s.from_usd))
        for s in found
        if s.from_usd < amount
    ) + Fraction(0)


def whole(inputs: ReturnInputs, short: Fraction, long: Fraction) -> Fraction:
    """Total of the return less the value of what it carries over, computed apart from any curve."""
    there = replace(
        inputs,
        net_short_usd=Fraction(inputs.net_short_usd) + short,
        net_long_usd=Fraction(inputs.net_long_usd) + long,
    )
    found = compute_return(there)
    worth = found.short_carryover_usd * Fraction(VALUE.short_per_usd)
    return found.total_usd - worth - found.long_carryover_usd * Fraction(VALUE.long_per_usd)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([Term.SHORT, Term.LONG]), st.sampled_from(Way), st.integers(1, 400_000))
def test_stretches_sum_to_the_difference_of_two_whole_returns(seed: int, term: Term, way: Way, amount: int) -> None:
    inputs = random_return(np.random.default_rng(seed))
    tax = tax_on_gains(inputs, AS_OF, carryover_value=VALUE)
    sign = 1 if way is Way.GAIN else -1
    there = (Fraction(sign * amount), Fraction(0)) if term is Term.SHORT else (Fraction(0), Fraction(sign * amount))
    nowhere = Fraction(0)
    found = stretches(tax, term, way)
    assert sign * summed(found, Fraction(amount)) == whole(inputs, *there) - whole(inputs, nowhere, nowhere)
    assert found[0].from_usd == 0
    assert found[-1].to_usd is None
    for stretch in found:
        assert stretch.rate == sum(stretch.by_part.values())
        assert stretch.ends_by


def test_losses_offset_short_gains_then_long_gains_then_3000_of_income_then_nothing() -> None:
    inputs = replace(SINGLE, net_short_usd=Decimal(5_000), net_long_usd=Decimal(10_000))
    found = stretches(tax_on_gains(inputs, AS_OF), Term.SHORT, Way.LOSS)
    told = [(float(s.from_usd), s.to_usd and float(s.to_usd), float(s.rate), s.ends_by) for s in found]
    assert told == [
        (0.0, 5_000.0, 0.22, "net short-term gain, carryover in, is zero"),
        (5_000.0, 15_000.0, 0.15, "gains and losses of the year, carryovers in, offset each other fully"),
        (15_000.0, 18_000.0, 0.22, "the $3,000 of net loss that may be deducted in a year are used"),
        (18_000.0, None, 0.0, "it goes on without end"),
    ]


def test_room_at_0_percent_ends_at_the_threshold_and_then_come_15_the_surtax_and_20() -> None:
    inputs = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(40_000))
    found = stretches(tax_on_gains(inputs, AS_OF), Term.LONG, Way.GAIN)
    # Taxable income 23,900; 0 percent up to 49,450, net investment income tax from 200,000 of income, 20 from 545,500.
    assert room_at_zero_usd(found) == 49_450 - 23_900
    assert found[0].ends_by == "the 0 % bracket of long-term gain ends, at $49,450 of taxable income"
    assert (found[1].rate, found[1].to_usd) == (Fraction(15, 100), 160_000)
    assert found[1].ends_by == "net investment income tax begins, at $200,000 of adjusted gross income"
    assert (found[2].rate, found[2].to_usd) == (Fraction(188, 1000), 545_500 - 23_900)


def test_gains_that_use_up_a_carryover_have_no_room_at_0_percent() -> None:
    inputs = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(40_000), carryover_long_usd=Decimal(9_000))
    found = stretches(tax_on_gains(inputs, AS_OF, carryover_value=VALUE), Term.LONG, Way.GAIN)
    assert found[0].this_year == 0
    assert found[0].carried == Fraction(7, 100)
    assert found[0].to_usd == 6_000  # 9,000 less the 3,000 that are deducted this year
    assert room_at_zero_usd(found) == 0


def test_constant_rates_have_one_stretch_each_way() -> None:
    tax = tax_on_gains(TaxProfile(ConstantRates(0.4, 0.2)), AS_OF)
    for term, rate in ((Term.SHORT, Fraction(4, 10)), (Term.LONG, Fraction(2, 10))):
        for way in Way:
            (only,) = stretches(tax, term, way)
            assert (only.rate, only.to_usd) == (rate, None)


STATUS = {
    "single": FilingStatus.SINGLE,
    "mfj": FilingStatus.MARRIED_JOINT,
    "mfs": FilingStatus.MARRIED_SEPARATE,
}


def test_stretches_lead_to_the_tax_of_the_worked_cases(shared: Path) -> None:
    cases = json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))
    tried = 0
    for case in (c for c in cases if c["id"].startswith("TX-") and "tax_year" in c["input"]):
        given_, expected = case["input"], case["expected"]
        nothing = ReturnInputs(
            tax_year=given_["tax_year"],
            filing_status=STATUS[given_["filing_status"]],
            ordinary_income_usd=Decimal(given_["wages"]),
        )
        short, long = Fraction(given_["net_short_term"]), Fraction(given_["net_long_term"])
        warned = ReturnPolicies(amt=AmtPolicy.WARNED)
        on = date(given_["tax_year"], 12, 1)
        amount = compute_return(nothing, warned).total_usd
        way = Way.GAIN if short >= 0 else Way.LOSS
        sign = 1 if short >= 0 else -1
        amount += sign * summed(stretches(tax_on_gains(nothing, on, policies=warned), Term.SHORT, way), abs(short))
        after_short = replace(nothing, net_short_usd=short)
        gains = stretches(tax_on_gains(after_short, on, policies=warned), Term.LONG, Way.GAIN)
        amount += summed(gains, long)
        assert amount == Fraction(expected["regular_tax_formula"]) + Fraction(expected["niit"]), case["id"]
        if Fraction(expected["taxed_at_15"]) > 0:
            assert room_at_zero_usd(gains) == Fraction(expected["taxed_at_0"]), case["id"]
        tried += 1
    assert tried >= 8


@pytest.mark.parametrize("way", list(Way))
def test_a_bend_of_the_alternative_minimum_tax_has_a_name(way: Way) -> None:
    inputs = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(250_000), net_long_usd=Decimal(330_000))
    named = {s.ends_by for s in stretches(tax_on_gains(inputs, AS_OF), Term.LONG, way)}
    assert any("alternative minimum tax" in words for words in named)
