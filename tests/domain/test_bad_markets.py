"""Prices and weights that are wrong: refused with row and column, or unpriced and said so."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from di_advisor.domain.frames import weights_from_frame
from di_advisor.domain.market import Market
from di_advisor.domain.plausibility import doubtful_bases
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.target import Target
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError, InputWarning, RowsError

DAY = date(2026, 3, 31)
GOOD = {
    "security_id": "A",
    "sector": "Energy",
    "price_usd": "50.00",
    "half_spread_bps": 2.0,
    "adv_usd": 1e7,
    "volatility_per_year": 0.3,
}


def market(*rows: dict) -> Market:
    return Market.from_frame(pd.DataFrame([{**GOOD, **row} for row in rows], dtype=object), as_of=DAY)


def target(*rows: tuple) -> Target:
    return Target.from_frame(pd.DataFrame(rows, columns=["security_id", "weight"], dtype=object))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"price_usd": "NaN"}, "row 0, price_usd: the value is not finite: 'NaN'."),
        ({"price_usd": float("inf")}, "row 0, price_usd: the value is not finite: 'inf'."),
        ({"price_usd": "0"}, "row 0, price_usd: the price is 0 USD, and a price is more than zero."),
        ({"price_usd": -3}, "row 0, price_usd: the price is -3 USD"),
        ({"price_usd": "1/3"}, "row 0, price_usd: 1/3 is a ratio."),
        ({"currency": "GBp"}, "row 0, currency: the currency is GBp, and amounts are in USD. It is a hundredth"),
        ({"adv_usd": 0}, "row 0, adv_usd: it is 0, and must be more than zero."),
        ({"adv_usd": None}, "row 0, adv_usd: it is empty. Hint: Fill it on purpose"),
        ({"half_spread_bps": -1.0}, "row 0, half_spread_bps: it is -1, below zero."),
        ({"half_spread_bps": "wide"}, "row 0, half_spread_bps: the value is not a number: 'wide'."),
        ({"volatility_per_year": float("inf")}, "row 0, volatility_per_year: inf is not finite."),
        ({"volatility_per_year": 30.0}, "row 0, volatility_per_year: it is 30, more than 3: probably a percent."),
        ({"market_cap_usd": -5.0}, "row 0, market_cap_usd: it is -5, and must be more than zero."),
        ({"characteristic_value": "cheap"}, "row 0, characteristic_value: the value is not a number: 'cheap'."),
        ({"security_id": ""}, "row 0, security_id: it is empty."),
    ],
)
def test_a_wrong_figure_is_named_by_row_and_column(cells, words):
    with pytest.raises(RowsError) as caught:
        market(cells)
    assert words in str(caught.value)


def test_one_volatility_in_percent_among_fractions_is_named():
    with pytest.raises(RowsError, match="row 2, volatility_per_year: it is 25, more than 3") as caught:
        market({}, {"security_id": "B"}, {"security_id": "C", "volatility_per_year": 25.0})
    assert len(caught.value.errors) == 1


def test_a_missing_price_is_unpriced_and_never_zero():
    with pytest.warns(InputWarning, match="no price for B; these positions are left alone"):
        read = market({}, {"security_id": "B", "price_usd": None})
    assert read.price_usd[1] is None
    assert np.isnan(read.price_array_usd[1])


def test_a_name_without_a_price_needs_no_other_figure():
    with pytest.warns(InputWarning, match="no price for B"):
        read = market({}, {"security_id": "B", "price_usd": "", "adv_usd": None, "volatility_per_year": None})
    assert np.isfinite(read.adv_usd).all()
    assert read.volatility_per_year[1] == 0.3


def test_a_security_that_stands_twice_is_an_error_that_names_both_rows():
    with pytest.raises(RowsError, match="row 1, security_id: A stands already in row 0"):
        market({}, {})


def test_characteristics_may_have_gaps_and_market_capitalisation_may_not():
    read = market({"characteristic_value": 1.5}, {"security_id": "B", "characteristic_value": None})
    np.testing.assert_array_equal(read.characteristics["value"], [1.5, np.nan])
    with pytest.raises(RowsError, match="row 1, market_cap_usd: it is empty"):
        market({"market_cap_usd": 1e9}, {"security_id": "B", "market_cap_usd": None})


def test_a_universe_names_the_row_of_an_empty_or_repeated_id():
    with pytest.raises(RowsError, match="row 1, security_id: it is empty"):
        Universe.from_frame(pd.DataFrame({"security_id": ["A", ""]}))
    with pytest.raises(RowsError, match="row 1, security_id: A stands already in row 0"):
        Universe.from_frame(pd.DataFrame({"security_id": ["A", "A"]}))
    with pytest.raises(InputError, match=r"the column security_id is missing\. Hint: It has: id"):
        Universe.from_frame(pd.DataFrame({"id": ["A"]}))


def test_a_blank_country_stays_blank_and_an_absent_column_takes_the_default():
    blank = Universe.from_frame(pd.DataFrame({"security_id": ["A"], "country": [None]}))
    absent = Universe.from_frame(pd.DataFrame({"security_id": ["A"]}))
    assert (blank.securities[0].country, absent.securities[0].country) == ("", "US")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("A", 0.5), ("B", -0.5)], "row 1, weight: it is -0.5, below zero."),
        ([("A", float("nan"))], "row 0, weight: it is empty."),
        ([("A", "NaN")], "row 0, weight: the value is not finite"),
        ([("A", 0.5), ("A", 0.5)], "row 1, security_id: A has a weight already in row 0."),
        ([("", 1.0)], "row 0, security_id: it is empty."),
        ([("A", 0.999)], "the weights of index effective 0001-01-01 sum to 0.999000, not 1."),
        ([("A", 50.0), ("B", 50.0)], "sum to 100.000000, not 1. Hint: Weights are fractions (0.0705, not 7.05)"),
        ([], "there are no weights in it."),
    ],
)
def test_wrong_weights_are_named_and_never_rescaled_silently(rows, words):
    with pytest.raises(RowsError) as caught:
        target(*rows)
    assert words in str(caught.value)


def test_weights_alone_do_not_have_to_sum_to_one():
    assert weights_from_frame(pd.DataFrame({"security_id": ["A"], "weight": [0.2]})) == {"A": 0.2}


def book(shares: str, basis: str) -> Portfolio:
    return Portfolio.from_frame(
        pd.DataFrame(
            {"security_id": ["A"], "shares": [shares], "basis_total_usd": [basis], "acquired": ["2024-01-02"]},
        )
    )


def test_a_total_basis_that_looks_like_one_per_share_is_pointed_out():
    (sentence,) = doubtful_bases(book("100", "50.00"), market({}))
    assert "100 shares for 50.00 USD in all, 0.50 a share, at a price of 50.00" in sentence
    assert "Check basis_total_usd" in sentence


@pytest.mark.parametrize(
    ("shares", "basis"), [("100", "5000"), ("1", "48.10"), ("100", "600"), ("0.5", "25"), ("9", "0")]
)
def test_an_ordinary_basis_is_not_doubted(shares, basis):
    assert doubtful_bases(book(shares, basis), market({})) == ()
