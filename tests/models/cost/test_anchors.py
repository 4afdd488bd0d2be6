"""Published formulas give the numbers that their papers print, and our law lies among them."""

import numpy as np
import pytest

from di_models.cost.anchors import (
    almgren_cost_bps,
    frazzini_cost_bps,
    implied_impact,
    istar_bps,
    istar_cost_bps,
)
from di_models.cost.law import CostLaw

IBM = {"volatility_daily_bps": 157.0, "shares_outstanding_of_volume": 263.0}
DRI = {"volatility_daily_bps": 226.0, "shares_outstanding_of_volume": 87.0}


@pytest.mark.parametrize(
    ("name", "span_days", "printed_bps", "exact_bps"),
    [
        (IBM, 0.1, 32, 32.2),
        (IBM, 0.2, 25, 24.6),
        (IBM, 0.5, 18, 18.4),
        (DRI, 0.1, 43, 42.9),
        (DRI, 0.2, 32, 32.0),
        (DRI, 0.5, 23, 23.1),
    ],
)
def test_the_table_of_almgren_and_others_is_reproduced(name, span_days, printed_bps, exact_bps):
    found = almgren_cost_bps(0.1, span_days=span_days, **name)
    assert found == pytest.approx(exact_bps, abs=0.06)
    assert found == pytest.approx(printed_bps, abs=0.5)


def test_the_istar_example_is_reproduced():
    assert istar_bps(0.1, volatility_per_year=0.25) == pytest.approx(74.6, abs=0.05)
    assert istar_cost_bps(0.1, volatility_per_year=0.25, participation=0.1) == pytest.approx(24.6, abs=0.05)


@pytest.mark.parametrize(("size", "published_bps"), [(0.02, 13.7), (0.10, 32.3)])
def test_the_live_costs_of_frazzini_and_others_are_reproduced(size, published_bps):
    assert frazzini_cost_bps(size) == pytest.approx(published_bps, abs=0.05)


def test_the_published_fits_agree_about_the_impact_of_the_law():
    daily = 10_000 * 0.25 / np.sqrt(252)
    almgren = [almgren_cost_bps(0.1, span_days=span, **IBM) for span in (0.1, 0.5)]
    istar = istar_cost_bps(0.1, volatility_per_year=0.25, participation=0.1)
    found = [
        *(implied_impact(each, 0.1, volatility_daily_bps=157.0) for each in almgren),
        implied_impact(istar, 0.1, volatility_daily_bps=daily),
        implied_impact(frazzini_cost_bps(0.05), 0.05, volatility_daily_bps=170.0),
    ]
    assert found == pytest.approx([0.65, 0.37, 0.49, 0.58], abs=0.01)
    assert min(found) < CostLaw().impact < max(found)


@pytest.mark.parametrize(("size", "published_bps"), [(0.009, 9.5), (0.02, 13.7), (0.10, 32.3)])
def test_the_default_law_lies_near_the_cost_of_live_orders(size, published_bps):
    found = CostLaw().cost_bps(np.array([size]), np.array([3.0]), np.array([170.0]))[0]
    assert 0.6 < found / published_bps < 1.6
