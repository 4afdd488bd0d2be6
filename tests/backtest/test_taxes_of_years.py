"""Taxes of an account's years: constant rates with losses used elsewhere or carried, and whole returns; by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.backtest.settings import LossUse
from di_advisor.backtest.tax_years import TaxYears, YearOfAccount
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.ledger.tax_return import ReturnInputs, compute_return

RATES = TaxProfile(ConstantRates(0.4, 0.2), ordinary_income_usd=Decimal(500_000))


def _year(short: int = 0, long: int = 0, qualified: int = 0, ordinary: int = 0) -> YearOfAccount:
    return YearOfAccount(Fraction(short), Fraction(long), Fraction(qualified), Fraction(ordinary))


def test_elsewhere_a_loss_saves_at_the_rate_of_its_term() -> None:
    years = TaxYears(RATES, LossUse.ELSEWHERE)
    assert float(years.close(2024, _year(-10_000, 3_000, 1_000, 500))) == pytest.approx(-4_000 + 600 + 200 + 200)
    assert years.carried_usd == (0, 0)


def test_carried_a_loss_meets_gains_then_three_thousand_then_next_years() -> None:
    years = TaxYears(RATES, LossUse.CARRIED)
    # 10,000 of short-term loss: 4,000 meet the long-term gain, 3,000 ordinary income, 3,000 are left.
    assert float(years.close(2024, _year(-10_000, 4_000))) == pytest.approx(-3_000 * 0.4)
    assert years.carried_usd == (3_000, 0)
    # Next year 3,000 of a short-term gain of 5,000 are met.
    assert float(years.close(2025, _year(5_000, 1_000))) == pytest.approx(2_000 * 0.4 + 1_000 * 0.2)
    assert years.carried_usd == (0, 0)


def test_carried_a_net_loss_of_one_term_is_taken_off_the_gain_of_the_other() -> None:
    years = TaxYears(RATES, LossUse.CARRIED)
    assert float(years.tax_usd(2024, _year(5_000, -2_000))) == pytest.approx(3_000 * 0.4)
    assert float(years.tax_usd(2024, _year(-2_000, 5_000))) == pytest.approx(3_000 * 0.2)


def test_asking_what_a_year_would_cost_carries_nothing() -> None:
    years = TaxYears(RATES, LossUse.CARRIED)
    assert years.tax_usd(2024, _year(-50_000)) == years.tax_usd(2024, _year(-50_000))
    assert years.carried_usd == (0, 0)


def test_a_return_with_the_account_less_one_without_each_with_its_own_carryovers() -> None:
    inputs = ReturnInputs(tax_year=2025, ordinary_income_usd=Decimal(200_000), net_long_usd=Decimal(10_000))
    years = TaxYears(inputs, LossUse.ELSEWHERE)
    alone = compute_return(inputs).total_usd
    with_account = compute_return(
        ReturnInputs(tax_year=2025, ordinary_income_usd=Decimal(200_000), net_long_usd=Decimal(10_000),
                     net_short_usd=Decimal(-33_000), qualified_dividends_usd=Decimal(1_000))
    )  # fmt: skip
    assert years.close(2025, _year(-33_000, qualified=1_000)) == with_account.total_usd - alone
    assert years.carried_usd == (with_account.short_carryover_usd, with_account.long_carryover_usd)
    assert years.carried_usd[0] == 33_000 - 10_000 - 3_000
    # What was carried meets the filer's own gain of the next year, without any trade of the account.
    assert years.close(2026, _year()) < 0


def test_a_year_without_tables_takes_those_of_the_nearest() -> None:
    inputs = ReturnInputs(tax_year=2025, ordinary_income_usd=Decimal(200_000))
    old, known = TaxYears(inputs, LossUse.ELSEWHERE), TaxYears(inputs, LossUse.ELSEWHERE)
    assert old.tax_usd(2016, _year(1_000)) == known.tax_usd(2025, _year(1_000))


def test_proposals_of_a_known_year_see_the_year_so_far_and_others_see_rates() -> None:
    inputs = ReturnInputs(tax_year=2025, ordinary_income_usd=Decimal(200_000), net_long_usd=Decimal(10_000))
    years = TaxYears(inputs, LossUse.ELSEWHERE)
    seen = years.taxpayer_on(date(2026, 5, 4), _year(-700, 300))
    assert (seen.inputs.tax_year, seen.inputs.net_short_usd, seen.inputs.net_long_usd) == (2026, -700, 10_300)
    profile = years.taxpayer_on(date(2016, 5, 4), _year())
    assert isinstance(profile, TaxProfile)
    assert 0 < profile.rates.long_term < profile.rates.short_term
    assert TaxYears(RATES, LossUse.ELSEWHERE).taxpayer_on(date(2016, 5, 4), _year()).rates == RATES.rates
