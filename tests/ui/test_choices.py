"""Choices in a person's units become wishes in fractions, and the printed Python says the same."""

import ast
from dataclasses import replace
from decimal import Decimal

import pytest

from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.ui.choices import Choices
from di_advisor.ui.recipe import answer_bundle, python_of

CHOICES = Choices("young", 80.0, 250.5, 1.5, 40.8, 23.8)
BASE_TAX = TaxProfile(ConstantRates(0.1, 0.05), carryover_short_usd=Decimal(1200))


def test_choices_become_fractions_and_exact_dollars() -> None:
    mandate = CHOICES.mandate(Mandate(cash_max=0.03))
    assert mandate.tracking_error_max == 0.008
    assert mandate.min_trade_usd == Decimal("250.5")
    assert mandate.sector_band == Band.within(0.015)
    assert mandate.cash_max == 0.03


def test_rates_change_and_the_rest_of_the_taxpayer_stays() -> None:
    tax = CHOICES.tax(BASE_TAX)
    assert (tax.rates.short_term, tax.rates.long_term) == (0.408, 0.238)
    assert tax.carryover_short_usd == Decimal(1200)


def test_zero_sets_no_cap_and_no_band() -> None:
    none = replace(CHOICES, tracking_error_max_bps=0.0, sector_band_percent=0.0)
    assert none.mandate(Mandate(tracking_error_max=0.01)).tracking_error_max is None
    assert none.mandate(Mandate(sector_band=Band.within(0.1))).sector_band is None
    assert "no tracking-error cap, " in none.sentence()
    assert "no sector band" in none.sentence()


def test_choices_that_start_from_a_mandate_say_what_it_says() -> None:
    mandate = Mandate(tracking_error_max=0.0075, sector_band=Band.within(0.02), min_trade_usd=Decimal(500))
    tax = TaxProfile(ConstantRates(0.408, 0.238))
    again = Choices.starting_from("young", mandate, tax)
    assert again == Choices("young", 75.0, 500.0, 2.0, 40.8, 23.8)
    assert again.mandate(mandate) == mandate
    assert again.tax(tax) == tax


def test_a_rate_of_a_hundred_percent_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="Rates are fractions"):
        replace(CHOICES, short_term_rate_percent=float("1e2")).rates()


def test_printed_python_builds_the_same_mandate_and_rates() -> None:
    code = python_of(CHOICES)
    tree = ast.parse(code)
    found = {
        node.func.id: ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    names = {"Mandate": Mandate, "Band": Band, "ConstantRates": ConstantRates, "Decimal": Decimal}
    assert eval(found["Mandate"], names) == CHOICES.mandate(Mandate())  # noqa: S307 our own line
    assert eval(found["ConstantRates"], names) == CHOICES.rates()  # noqa: S307 our own line


def test_names_in_printed_python_cannot_leave_their_quotes() -> None:
    name = "a'] = 1 ``` \n</pre><script>"
    code = python_of(replace(CHOICES, account=name), own=(name, "ira"))
    assert "```" not in code
    assert isinstance(ast.parse(code), ast.Module)
    bundle = answer_bundle(replace(CHOICES, account=name), [f"account {name}"], own=(name, "ira"))
    assert "<script>" not in bundle["text/html"]
    assert bundle["text/markdown"].count("```") == 2


def test_a_stale_answer_says_so_in_every_form() -> None:
    fresh, stale = answer_bundle(CHOICES, []), answer_bundle(CHOICES, ["minimum trade $0"])
    assert all("STALE" not in text for text in fresh.values())
    assert all("STALE: the panel now says minimum trade" in text for text in stale.values())
    assert all("80 bps a year" in text for text in stale.values())
    assert all("Press Propose again" in text for text in stale.values())


def test_after_a_run_in_vain_nobody_is_told_to_press_again() -> None:
    bundle = answer_bundle(CHOICES, ["tracking-error cap 1 bps a year"], tried_in_vain=True)
    assert all("STALE: the panel now says tracking" in text for text in bundle.values())
    assert all("the last proposal that worked" in text for text in bundle.values())
    assert all("Press Propose" not in text for text in bundle.values())
