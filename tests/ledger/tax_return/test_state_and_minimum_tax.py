"""State taxes from inputs; the minimum tax where the second return's word is not enough."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return import ReturnInputs, StateTax, compute_return

FLAT = StateTax.at_flat_rates("flat", short_rate="0.085", long_rate="0.05", source="a test")
EXEMPTING = replace(FLAT, short_deduction_usd=Fraction(1_000), long_deduction_usd=Fraction(2_000))
NO_CARRY = StateTax.at_flat_rates(
    "no carry", short_rate="0.03", long_rate="0.03", source="a test", carries_losses=False
)
ORDINARY = StateTax.as_ordinary_income(
    "ordinary", [(0, "0.01"), (50_000, "0.09")], deduction_usd=5_000, source="a test"
)
ORDINARY_NO_CARRY = StateTax.as_ordinary_income("no carry", [(0, "0.05")], source="a test", carries_losses=False)


def state_tax(state: StateTax, short: int, long: int, carried: int = 0) -> Fraction:
    inputs = ReturnInputs(
        tax_year=2025,
        ordinary_income_usd=80_000,
        net_short_usd=short,
        net_long_usd=long,
        carryover_short_usd=carried,
        state=state,
    )
    return compute_return(inputs).state_tax_usd


@pytest.mark.parametrize(
    ("state", "short", "long", "carried", "tax"),
    [
        (FLAT, 10_000, 20_000, 0, "1850"),
        (FLAT, -5_000, 20_000, 0, "750"),
        (FLAT, 10_000, -4_000, 0, "510"),
        (FLAT, 10_000, 20_000, 15_000, "750"),
        (FLAT, -10_000, 0, 0, "-255"),
        (EXEMPTING, 11_000, 22_000, 0, "1850"),
        (EXEMPTING, 900, 1_900, 0, "0"),
        (NO_CARRY, 10_000, 20_000, 15_000, "900"),
        (NO_CARRY, -10_000, 4_000, 0, "0"),
        (ORDINARY, 10_000, 5_000, 0, "4100"),
        (ORDINARY, -10_000, 0, 0, "2480"),
        (ORDINARY_NO_CARRY, -10_000, 0, 0, "4000"),
        (ORDINARY_NO_CARRY, 10_000, 5_000, 0, "4750"),
        (ORDINARY_NO_CARRY, 1_000, 1_000, 50_000, "4100"),
    ],
)
def test_state_tax_by_hand(state: StateTax, short: int, long: int, carried: int, tax: str) -> None:
    assert state_tax(state, short, long, carried) == Decimal(tax)


def test_without_a_state_there_is_no_state_tax_and_no_source() -> None:
    result = compute_return(ReturnInputs(tax_year=2025, net_long_usd=1_000_000))
    assert result.state_tax_usd == 0
    assert "state" not in result.sources


def test_a_negative_state_deduction_is_refused() -> None:
    with pytest.raises(InputError, match="long_deduction_usd of Washington is -1"):
        StateTax.on_long_gain_alone("Washington", [(0, "0.07")], deduction_usd=-1, source="a test")


@pytest.mark.parametrize(("income", "added"), [(640_200, 0), (700_200, 30_000), (780_400, 70_100), (900_000, 70_100)])
def test_married_separately_gets_the_exemption_back_as_income(income: int, added: int) -> None:
    inputs = ReturnInputs(tax_year=2026, filing_status=FilingStatus.MARRIED_SEPARATE, net_long_usd=income)
    minimum = compute_return(inputs).minimum_tax
    assert minimum.income_usd == income + added
    assert minimum.exemption_usd == 0


def test_itemised_taxes_are_added_back_and_the_rest_is_not() -> None:
    plain = ReturnInputs(tax_year=2026, ordinary_income_usd=300_000, itemized_usd=50_000, itemized_taxes_usd=10_000)
    result = compute_return(plain)
    assert result.taxable_income_usd == 250_000
    assert result.minimum_tax.income_usd == 260_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"itemized_taxes_usd": 1}, "more than all itemised deductions"),
        ({"itemized_usd": 5, "itemized_taxes_usd": 6}, "more than all itemised deductions"),
        ({"interest_usd": -1}, "interest_usd is -1; it cannot be negative"),
        ({"qualified_dividends_usd": 0.5}, "qualified_dividends_usd is a float"),
        ({"net_long_usd": "1,000"}, "net_long_usd is not a number"),
    ],
)
def test_figures_that_cannot_be_are_refused(change: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ReturnInputs(tax_year=2025, **change)
