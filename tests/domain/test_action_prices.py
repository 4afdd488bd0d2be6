"""Prices that speak against the terms of an action."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain import events as ev
from di_advisor.domain.action_prices import doubtful_ratio
from di_advisor.domain.events import TaxTreatment
from di_advisor.errors import InputError

COMMON = {"event_id": "a", "on": date(2021, 8, 2), "security_id": "X", "source": "letter"}


def split(ratio: object) -> ev.SecurityEvent:
    kind = ev.Split if Fraction(ratio) > 1 else ev.ReverseSplit
    return kind(**COMMON, tax_treatment=TaxTreatment.SPLIT, new_per_old=ratio)


def spin_off(**terms) -> ev.SpinOff:
    return ev.SpinOff(**COMMON, tax_treatment=TaxTreatment.TAX_FREE, spun_security_id="Y", new_per_old="1/4", **terms)


def test_eight_for_one_instead_of_one_for_eight_is_noticed() -> None:
    assert doubtful_ratio(split("1/8"), before_usd=12.95, after_usd=103.0) == ()
    (sentence,) = doubtful_ratio(split(8), before_usd=12.95, after_usd=103.0)
    assert "looks inverted: 1/8 would fit" in sentence
    assert "from 12.95 to 103.00 USD" in sentence


def test_a_split_that_prices_do_not_show_is_noticed() -> None:
    (sentence,) = doubtful_ratio(split(2), before_usd=50.0, after_usd=49.0)
    assert "adjusted for it already" in sentence


@given(st.sampled_from(["2", "3", "3/2", "1/8", "1/4", "20"]), st.floats(-0.18, 0.18), st.floats(1, 1000))
def test_a_right_ratio_is_never_doubted_on_a_usual_day(ratio: str, market: float, price: float) -> None:
    after = price / float(Fraction(ratio)) * (1 + market)
    assert doubtful_ratio(split(ratio), before_usd=price, after_usd=after) == ()


@given(st.sampled_from(["2", "3", "3/2", "1/8", "1/4", "20"]), st.floats(-0.05, 0.05), st.floats(1, 1000))
def test_an_inverted_ratio_is_always_noticed(ratio: str, market: float, price: float) -> None:
    after = price / float(Fraction(ratio)) * (1 + market)
    assert doubtful_ratio(split(1 / Fraction(ratio)), before_usd=price, after_usd=after)


def test_a_small_stock_dividend_cannot_be_seen() -> None:
    event = ev.StockDividend(**COMMON, tax_treatment=TaxTreatment.SPLIT, new_per_old="1/20")
    assert doubtful_ratio(event, before_usd=50.0, after_usd=51.0) == ()
    large = ev.StockDividend(**COMMON, tax_treatment=TaxTreatment.SPLIT, new_per_old=1)
    assert doubtful_ratio(large, before_usd=50.0, after_usd=25.0) == ()
    assert doubtful_ratio(large, before_usd=50.0, after_usd=51.0)


def test_a_spin_off_is_compared_with_what_it_gives() -> None:
    assert doubtful_ratio(spin_off(), before_usd=106.07, after_usd=94.02) == ()
    assert doubtful_ratio(spin_off(), before_usd=106.07, after_usd=94.02, spun_usd=69.1) == ()
    (sentence,) = doubtful_ratio(spin_off(value_per_new_usd="690"), before_usd=106.07, after_usd=94.02)
    assert "gives 172.50 USD for a share" in sentence
    assert "12.05 USD less" in sentence


def test_other_actions_are_not_judged_and_prices_must_be_prices() -> None:
    change = ev.TickerChange(**COMMON, tax_treatment=TaxTreatment.NONE, old_ticker="FB", new_ticker="META")
    assert doubtful_ratio(change, before_usd=1.0, after_usd=9.0) == ()
    for prices in ((0.0, 1.0), (1.0, float("nan"))):
        with pytest.raises(InputError, match="prices around 'a'"):
            doubtful_ratio(split(2), before_usd=prices[0], after_usd=prices[1])
