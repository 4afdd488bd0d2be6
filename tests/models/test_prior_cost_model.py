"""The prior cost of a trade: near the published averages, convex, and the same after a split."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_advisor.ports import CostModel
from di_models.cost import PriorCostModel
from tests.models.worlds import market_of, weekdays

positive = st.floats(1e-3, 1.0)


def one_name(*, half_spread_bps=3.0, sigma_daily=0.017, adv_usd=1e8):
    return market_of(
        ["id0"],
        weekdays(1)[0],
        half_spread_bps=np.array([half_spread_bps]),
        volatility_per_year=np.array([sigma_daily * np.sqrt(252)]),
        adv_usd=np.array([adv_usd]),
    )


def cost_bps(market, traded_usd):
    return float(PriorCostModel().curves(market).cost_usd(np.array([traded_usd]))[0] / traded_usd * 1e4)


@pytest.mark.parametrize(("share_of_adv", "published_bps"), [(0.009, 9.5), (0.02, 13.7), (0.10, 32.3)])
def test_it_lies_near_the_published_cost_of_live_orders(share_of_adv, published_bps):
    """Frazzini, Israel and Moskowitz (2018): 1.7 trillion USD of live orders in 21 markets."""
    assert 0.6 < cost_bps(one_name(), share_of_adv * 1e8) / published_bps < 1.6


def test_the_constants_lie_among_the_published_fits_of_average_cost():
    """Almgren et al. (2005) .37 to .65 by duration, I-Star .49, Frazzini et al. about .54."""
    assert 0.37 <= PriorCostModel().impact <= 0.65


def test_a_small_trade_costs_its_part_of_the_half_spread():
    assert cost_bps(one_name(), 1e-3) == pytest.approx(0.8 * 3.0, rel=1e-3)


def test_figures_by_hand():
    # 0.8 x 5 bps + 0.55 x 2 % x sqrt(1 %) = 4 bps + 11 bps, of 1,000,000 USD.
    market = one_name(half_spread_bps=5.0, sigma_daily=0.02)
    curves = PriorCostModel().curves(market)
    assert curves.cost_usd(np.array([1e6]))[0] == pytest.approx(1500.0)
    assert curves.quadratic[0] == 0.0


@given(positive, positive, st.floats(0.0, 50.0), st.floats(0.0, 0.1), st.floats(1e4, 1e10))
def test_cost_is_zero_at_zero_increasing_and_convex(one, step, half_spread, sigma, adv):
    market = one_name(half_spread_bps=half_spread, sigma_daily=sigma, adv_usd=adv)
    curves = PriorCostModel().curves(market)

    def cost(share):
        return float(curves.cost_usd(np.array([share * adv]))[0])

    low, middle, high = cost(one), cost(one + step), cost(one + 2 * step)
    slack = 1e-9 * max(high, 1.0)
    assert cost(0.0) == 0.0
    assert low <= middle + slack
    assert middle <= (low + high) / 2 + slack
    assert cost(2 * one) >= 2 * low - slack
    assert float(curves.cost_usd(np.array([-one * adv]))[0]) == low


@given(positive, st.floats(1.01, 5.0))
def test_cost_rises_with_spread_and_volatility_and_falls_with_volume(share, factor):
    base = cost_bps(one_name(), share * 1e8)
    assert cost_bps(one_name(half_spread_bps=3.0 * factor), share * 1e8) > base
    assert cost_bps(one_name(sigma_daily=0.017 * factor), share * 1e8) > base
    assert cost_bps(one_name(adv_usd=1e8 * factor), share * 1e8) < base


def test_a_split_changes_nothing():
    market = one_name()
    split = replace(market, price_usd=tuple(p / 4 for p in market.price_usd))
    one, two = (PriorCostModel().curves(m) for m in (market, split))
    np.testing.assert_array_equal(one.linear, two.linear)
    np.testing.assert_array_equal(one.three_halves, two.three_halves)


def test_it_keeps_the_port_and_says_that_it_is_not_calibrated():
    assert isinstance(PriorCostModel(), CostModel)
    assert PriorCostModel().curves(one_name()).provenance.startswith("prior, not calibrated: 0.8 x half-spread + 0.55")


@pytest.mark.parametrize(("name", "value"), [("impact", -0.1), ("spread_capture", float("nan"))])
def test_constants_that_would_pay_for_trading_are_refused(name, value):
    with pytest.raises(InputError, match=f"{name} of the prior cost model is {value}"):
        PriorCostModel(**{name: value})
