"""A taxpayer's figures: one sign for a carryover, known filing statuses, rates as fractions."""

from decimal import Decimal

import pytest

from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.errors import InputError

RATES = ConstantRates(0.4, 0.25)


def test_a_mistyped_filing_status_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="'maried' is not known") as caught:
        TaxProfile(RATES, filing_status="maried")  # type: ignore[arg-type]
    for status in FilingStatus:
        assert status.value in caught.value.hint


@pytest.mark.parametrize("field", ["carryover_short_usd", "carryover_long_usd"])
def test_a_carryover_is_a_positive_amount_and_the_other_sign_is_refused(field: str) -> None:
    with pytest.raises(InputError, match=f"{field} is -4000.*entered as a positive amount"):
        TaxProfile(RATES, **{field: Decimal(-4000)})
    assert getattr(TaxProfile(RATES, **{field: "4000"}), field) == 4000


@pytest.mark.parametrize("rate", [-0.1, 1.0, 23.8, float("nan")])
def test_a_rate_in_percent_or_of_no_number_is_refused(rate: float) -> None:
    with pytest.raises(InputError, match=r"The tax rate long_term is .*0\.238 for 23\.8 percent"):
        ConstantRates(0.4, rate)


def test_dividends_take_the_rates_of_gains_unless_said_otherwise() -> None:
    assert RATES.qualified_dividend == 0.25
    assert RATES.ordinary_dividend == 0.4
    assert ConstantRates(0.4, 0.25, qualified_dividend=0.2).qualified_dividend == 0.2


def test_money_as_binary_float_is_refused() -> None:
    with pytest.raises(InputError, match="realized_short_usd is a float"):
        TaxProfile(RATES, realized_short_usd=0.1)  # type: ignore[arg-type]
