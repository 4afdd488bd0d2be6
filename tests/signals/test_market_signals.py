"""Market signals: priced names only, and risk and costs in their order."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.universe import Universe
from di_advisor.errors import IncompleteDataError, InputError, UnknownSecurityError
from di_advisor.signals import estimate_market
from tests.signals.small_world import SmallWorld


def in_order(world: SmallWorld, order: list[int]) -> tuple[FactorRisk, CostCurves]:
    universe = Universe(tuple(world.market.universe.securities[i] for i in order))
    risk = replace(
        world.risk,
        universe=universe,
        exposures=world.risk.exposures[order],
        specific_variance_per_year=world.risk.specific_variance_per_year[order],
    )
    costs = CostCurves(
        universe, world.costs.linear[order], world.costs.three_halves[order], world.costs.quadratic[order]
    )
    return risk, costs


def test_a_fully_priced_market_keeps_its_universe_and_models(small_world: SmallWorld) -> None:
    signals = estimate_market(small_world.market, small_world.risk, small_world.costs)
    assert signals.universe is small_world.market.universe
    assert signals.risk is small_world.risk
    assert signals.costs is small_world.costs
    assert signals.price_usd == small_world.market.price_usd
    assert signals.unpriced == ()


def test_provenance_says_which_models_and_which_prices(small_world: SmallWorld) -> None:
    signals = estimate_market(small_world.market, small_world.risk, small_world.costs)
    assert signals.provenance["risk"] == "a risk model"
    assert signals.provenance["costs"] == "a cost model"
    assert "2026-11-20" in signals.provenance["prices"]


def test_models_in_another_order_are_put_into_the_markets_order(small_world: SmallWorld) -> None:
    risk, costs = in_order(small_world, [4, 2, 0, 1, 3])
    signals = estimate_market(small_world.market, risk, costs)
    assert signals.risk.universe.security_ids == small_world.market.universe.security_ids
    np.testing.assert_array_equal(signals.risk.exposures, small_world.risk.exposures)
    np.testing.assert_array_equal(signals.risk.specific_variance_per_year, small_world.risk.specific_variance_per_year)
    np.testing.assert_array_equal(signals.costs.linear, small_world.costs.linear)
    np.testing.assert_array_equal(signals.costs.three_halves, small_world.costs.three_halves)


def test_names_without_a_price_are_left_out_everywhere_and_listed(world_without_a_price_of_fox: SmallWorld) -> None:
    world = world_without_a_price_of_fox
    esg = {"carbon": np.array([1.0, 2.0, 3.0, 4.0, np.nan])}
    signals = estimate_market(world.market, world.risk, world.costs, esg=esg)
    assert signals.universe.security_ids == ("GOOG", "GOOGL", "IBM", "MSFT")
    assert [s.security_id for s in signals.unpriced] == ["FOX"]
    assert all(p is not None for p in signals.price_usd)
    np.testing.assert_array_equal(signals.adv_usd, world.market.adv_usd[[0, 1, 2, 4]])
    np.testing.assert_array_equal(signals.risk.exposures, world.risk.exposures[[0, 1, 2, 4]])
    np.testing.assert_array_equal(signals.costs.linear, world.costs.linear[[0, 1, 2, 4]])
    np.testing.assert_array_equal(signals.esg["carbon"], [1.0, 2.0, 3.0, np.nan])


def test_a_model_needs_not_cover_a_name_without_a_price(world_without_a_price_of_fox: SmallWorld) -> None:
    world = world_without_a_price_of_fox
    risk, costs = in_order(world, [4, 2, 0, 1])
    assert len(estimate_market(world.market, risk, costs).universe) == 4


@pytest.mark.parametrize("part", ["risk figures", "cost curves"])
def test_a_model_that_leaves_out_a_priced_name_is_refused_by_name(small_world: SmallWorld, part: str) -> None:
    risk, costs = in_order(small_world, [0, 1, 2, 3])
    if part == "risk figures":
        costs = small_world.costs
    else:
        risk = small_world.risk
    with pytest.raises(UnknownSecurityError, match=f"The {part} do not cover 1 priced names of the market: MSFT"):
        estimate_market(small_world.market, risk, costs)


def test_a_market_without_any_price_is_refused(small_world: SmallWorld) -> None:
    bare = replace(small_world.market, price_usd=(None,) * 5)
    with pytest.raises(IncompleteDataError, match="None of the 5 names of the market has a price on 2026-11-20"):
        estimate_market(bare, small_world.risk, small_world.costs)


def test_a_price_that_is_not_a_number_never_reaches_the_signals(small_world: SmallWorld) -> None:
    with pytest.raises(InputError, match="not finite"):
        replace(small_world.market, price_usd=(Decimal("NaN"), *small_world.market.price_usd[1:]))


def test_an_esg_measure_of_another_length_is_refused_by_name(small_world: SmallWorld) -> None:
    with pytest.raises(InputError, match=r"carbon has the shape \(4,\) for 5 names"):
        estimate_market(small_world.market, small_world.risk, small_world.costs, esg={"carbon": np.zeros(4)})
