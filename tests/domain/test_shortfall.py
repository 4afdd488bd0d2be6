"""Implementation shortfall: worked by hand, parts that add up, unknowns that stay unknown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.shortfall import shortfall
from di_advisor.errors import InputError
from tests.domain.orders_in_a_row import history


def test_a_purchase_that_was_late_dear_and_not_finished():
    # Decided: 1,000 at 50.00. Came to the market at 50.10; 800 done at 50.25; close 50.50; 12 USD of fees.
    found = shortfall(
        history(
            ordered_shares=1000.0,
            filled_shares=800.0,
            decision_price_usd=50.0,
            arrival_price_usd=50.10,
            average_price_usd=50.25,
            close_price_usd=50.50,
            commission_usd=8.0,
            fees_usd=4.0,
        )
    )
    assert found.delay_usd == pytest.approx([80.0])  # 800 x 0.10
    assert found.execution_usd == pytest.approx([120.0])  # 800 x 0.15
    assert found.opportunity_usd == pytest.approx([100.0])  # 200 x 0.50
    assert found.fees_usd == pytest.approx([12.0])
    assert found.total_usd == pytest.approx([312.0])
    assert found.total_bps == pytest.approx([62.4])  # of 50,000
    assert "1 orders cost 312.00 USD, 62.4 bps of 50,000 USD decided" in found.sentence


def test_a_sale_into_a_rising_market_earns():
    # Decided: 500 at 20.00. Came at 20.04; all done at 20.01; 1 USD of fees.
    found = shortfall(
        history(
            side=-1,
            ordered_shares=500.0,
            filled_shares=500.0,
            decision_price_usd=20.0,
            arrival_price_usd=20.04,
            average_price_usd=20.01,
            commission_usd=1.0,
        )
    )
    assert found.delay_usd == pytest.approx([-20.0])
    assert found.execution_usd == pytest.approx([15.0])
    assert found.opportunity_usd.tolist() == [0.0]
    assert found.total_usd == pytest.approx([-4.0])
    assert found.total_bps == pytest.approx([-4.0])


def test_without_a_decision_price_delay_is_zero_and_that_is_told():
    found = shortfall(history(average_price_usd=10.02))
    assert found.delay_usd.tolist() == [0.0]
    assert found.from_arrival.tolist() == [True]
    assert "for 1 the arrival price stands for the decision price" in found.sentence


def test_an_unfilled_remainder_without_a_close_has_no_known_cost():
    found = shortfall(history(2, filled_shares=[100.0, 50.0], average_price_usd=10.02))
    assert np.isnan(found.total_usd).tolist() == [False, True]
    assert "1 orders with an unfilled remainder and no close are left out" in found.sentence
    assert shortfall(history(filled_shares=50.0)).sentence == "The shortfall of none of 1 orders is known in full."


def test_more_filled_than_asked_for_is_refused():
    with pytest.raises(InputError, match="Order O0 has 101 shares filled of 100"):
        shortfall(history(filled_shares=101.0))


_price = st.floats(1.0, 500.0)


@given(
    side=st.sampled_from([-1, 1]),
    prices=st.tuples(_price, _price, _price, _price),
    part=st.floats(0.01, 1.0),
    fees=st.floats(0.0, 50.0),
)
def test_the_parts_are_what_the_paper_portfolio_made_over_the_real_one(side, prices, part, fees):
    decision, arrival, average, close = prices
    one = history(
        side=side,
        filled_shares=100.0 * part,
        decision_price_usd=decision,
        arrival_price_usd=arrival,
        average_price_usd=average,
        close_price_usd=close,
        fees_usd=fees,
    )
    found = shortfall(one)
    filled = 100.0 * part
    paper = side * 100.0 * (close - decision)
    real = side * filled * (close - average) - fees
    assert found.total_usd[0] == pytest.approx(paper - real, abs=1e-6)
    assert found.to_frame()["total_usd"][0] == found.total_usd[0]
