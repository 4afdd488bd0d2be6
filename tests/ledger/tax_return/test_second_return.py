"""A second, naive return agrees line by line, on random filers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings

from di_advisor.ledger.tax_return import ReturnInputs, compute_return
from di_advisor.ledger.tax_return.result import cents
from tests.ledger.tax_return.naive import naive_return
from tests.ledger.tax_return.strategies import STATES, filers


@settings(max_examples=120)
@given(filers())
def test_a_return_written_from_the_statutes_agrees(inputs: ReturnInputs) -> None:
    ours, theirs = compute_return(inputs), naive_return(inputs)
    assert ours.agi_usd == theirs.agi
    assert ours.regular_tax_usd == theirs.regular
    assert ours.niit_usd == theirs.niit
    assert ours.amt_usd == theirs.amt
    assert ours.capital_loss_deduction_usd == theirs.deduction
    assert ours.carryover.line_4_used_usd == theirs.used
    assert ours.short_carryover_usd == theirs.short_carryover
    assert ours.long_carryover_usd == theirs.long_carryover


@given(filers(STATES))
def test_the_parts_of_a_return_add_up(inputs: ReturnInputs) -> None:
    result = compute_return(inputs)
    assert result.taxed_at_0_usd + result.taxed_at_15_usd + result.taxed_at_20_usd == result.preferential_part_usd
    assert result.ordinary_part_usd + result.preferential_part_usd == result.taxable_income_usd
    assert result.total_usd == result.regular_tax_usd + result.niit_usd + result.amt_usd + result.state_tax_usd
    assert result.minimum_tax.base_usd >= 0
    net_loss = max(Decimal(0), -result.schedule_d.line_16_total_usd)
    assert result.carryover.line_4_used_usd + result.short_carryover_usd + result.long_carryover_usd == net_loss


@pytest.mark.parametrize(
    ("amount", "shown"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049", "0.00"), ("12.345", "12.35"), ("0", "0")]
)
def test_half_a_cent_is_rounded_away_from_zero(amount: str, shown: str) -> None:
    assert cents(Fraction(amount)) == Decimal(shown)


@given(filers())
def test_what_a_person_sees_is_in_cents_and_no_advice(inputs: ReturnInputs) -> None:
    result = compute_return(inputs)
    assert "Not tax advice" in repr(result)
    for name, value in result.in_cents().items():
        assert value == value.quantize(Decimal("0.01")), name
    assert abs(Fraction(result.in_cents()["total_usd"]) - result.total_usd) <= Fraction(1, 200)
