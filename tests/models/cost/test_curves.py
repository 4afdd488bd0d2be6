"""Curves for the optimizer: convex, increasing, zero at zero, over random models and markets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from di_advisor.ports import CostModel
from di_models.cost import PriorCostModel
from di_models.cost.curves import POWERS, fit_curves
from di_models.cost.law import CostLaw, LawPrior
from di_models.cost.learned import untrained
from tests.models.cost.histories import clear_signal, simulated, trained, trained_on_clear_signal
from tests.models.worlds import market_of, weekdays

SEEDS = st.integers(0, 2**32 - 1)
LAWS = st.builds(
    CostLaw,
    spread_capture=st.floats(0.0, 2.0),
    impact=st.floats(0.02, 5.0),
    exponent=st.floats(0.2, 1.2),
    crossover=st.sampled_from([0.0, 1e-4]),
)


def random_market(seed, names=20):
    g = np.random.default_rng(seed)
    return market_of(
        [f"id{k}" for k in range(names)],
        weekdays(1)[0],
        half_spread_bps=np.exp(g.normal(1.0, 1.0, names)),
        adv_usd=np.exp(g.normal(18.0, 2.0, names)),
        volatility_per_year=np.exp(g.normal(np.log(0.3), 0.4, names)),
    )


def assert_sound(curves, adv_usd):
    for share in (1e-7, 1e-5, 1e-3, 0.1):
        v = share * adv_usd
        one, two, three = (curves.cost_usd(k * v) for k in (1.0, 2.0, 3.0))
        assert (one > 0).all()
        assert (two >= 2.0 * one * (1 - 1e-12)).all()
        assert (three - two >= (two - one) * (1 - 1e-12)).all()
        np.testing.assert_array_equal(one, curves.cost_usd(-v))
    assert (curves.cost_usd(np.zeros(len(adv_usd))) == 0).all()


@settings(max_examples=60)
@given(LAWS, SEEDS)
def test_curves_of_any_law_in_any_market_are_convex_increasing_and_zero_at_zero(law, seed):
    market = random_market(seed)
    assert_sound(untrained(LawPrior(law)).curves(market), market.adv_usd)


@settings(max_examples=20)
@given(SEEDS, st.sampled_from(["", "Dunmere", "Amberly", "Nowhere"]))
def test_curves_of_trained_trees_are_convex_increasing_and_zero_at_zero(seed, venue):
    market = random_market(seed)
    assert trained_on_clear_signal().trees_ is not None
    assert_sound(trained_on_clear_signal().curves(market, venue=venue), market.adv_usd)


@settings(max_examples=60)
@given(SEEDS)
def test_curves_of_any_predictions_at_all_are_convex_increasing_and_zero_at_zero(seed):
    g = np.random.default_rng(seed)
    value = np.sort(np.exp(g.normal(12.0, 3.0, (7, 16))), axis=1)
    found = fit_curves(value, value * np.exp(g.normal(-7.0, 2.0, (7, 16))), g.random(16) + 0.01)
    assert (found.coefficients >= 0).all()
    assert (found.coefficients.sum(axis=1) > 0).all()
    assert np.isfinite(found.worst_error).all()


@settings(max_examples=20)
@given(SEEDS)
def test_a_split_changes_nothing(seed):
    market = random_market(seed)
    split = replace(market, price_usd=tuple(price / 2 for price in market.price_usd))
    v = 1e-3 * market.adv_usd
    before, after = (trained_on_clear_signal().curves(m).cost_usd(v) for m in (market, split))
    np.testing.assert_array_equal(before, after)


@settings(max_examples=20)
@given(SEEDS)
def test_the_same_dollars_cost_less_in_a_more_traded_name_and_more_at_a_wider_spread(seed):
    market = random_market(seed)
    model = untrained()
    v = 1e-3 * market.adv_usd
    base = model.curves(market).cost_usd(v)
    for any_model in (model, trained_on_clear_signal()):
        before = any_model.curves(market).cost_usd(v)
        assert (any_model.curves(replace(market, adv_usd=3.0 * market.adv_usd)).cost_usd(v) <= before).all()
    assert (model.curves(replace(market, half_spread_bps=1.5 * market.half_spread_bps)).cost_usd(v) > base).all()
    assert (
        model.curves(replace(market, volatility_per_year=1.5 * market.volatility_per_year)).cost_usd(v) > base
    ).all()


@settings(max_examples=40)
@given(SEEDS)
def test_the_fit_is_that_of_scipys_nnls(seed):
    g = np.random.default_rng(seed)
    value = np.geomspace(1e3, 1e7, 16) * np.exp(g.normal(0.0, 0.2))
    cost = value * (3e-4 + 1e-6 * value ** g.uniform(0.2, 1.0)) * np.exp(g.normal(0.0, 0.3, 16))
    weight = g.random(16) + 0.05
    found = fit_curves(value[None], cost[None], weight)
    unit = value / value[-1]
    design = np.column_stack([unit**p for p in POWERS]) / cost[:, None] * np.sqrt(weight)[:, None]
    exact, loss = nnls(design, np.sqrt(weight))
    ours = found.coefficients[0] * value[-1] ** np.array(POWERS)
    assert np.linalg.norm(design @ ours - np.sqrt(weight)) <= loss * (1 + 1e-6) + 1e-9
    np.testing.assert_allclose(design @ ours, design @ exact, atol=1e-4)


def test_without_orders_the_curves_are_those_of_the_prior_model():
    market = random_market(1, names=50)
    ours, prior = untrained().curves(market), PriorCostModel().curves(market)
    for share in (1e-6, 1e-4, 1e-2, 0.1):
        v = share * market.adv_usd
        np.testing.assert_allclose(ours.cost_usd(v), prior.cost_usd(v), rtol=1e-5)
    assert ours.provenance.startswith("prior, not calibrated")


def test_curves_stay_near_the_predictions_and_say_how_near():
    market = random_market(2, names=200)
    errors = trained().curve_errors(market)
    assert errors.shape == (200,)
    assert np.median(errors) < 0.05
    assert "curves within" in trained().curves(market).provenance


def test_curves_far_from_the_predictions_are_counted_in_the_provenance():
    bent = untrained(LawPrior(CostLaw(0.0, 1.0, 0.2)))  # flatter than any sum of the three powers
    market = random_market(4, names=30)
    far = int((bent.curve_errors(market) > 0.15).sum())
    assert far > 0
    assert f"{far} of 30 names further than 15%" in bent.curves(market).provenance
    assert "further than" not in untrained().curves(market).provenance


def test_it_keeps_the_port_and_says_what_it_rests_on():
    model = trained()
    assert isinstance(model, CostModel)
    assert "simulated orders" in model.curves(random_market(0)).provenance
    assert "1,500" in model.provenance_


def test_the_venue_that_is_asked_for_counts():
    market = random_market(3)
    v = 1e-4 * market.adv_usd
    dear = trained_on_clear_signal().curves(market, venue="Dunmere").cost_usd(v)
    cheap = trained_on_clear_signal().curves(market, venue="Amberly").cost_usd(v)
    assert (dear > 1.2 * cheap).all()
    assert set(clear_signal().venue.tolist()) >= {"Dunmere", "Amberly"}


def test_curves_end_where_the_orders_that_were_seen_end():
    size = simulated().history.size_of_adv
    assert trained().sizes_.low == pytest.approx(np.quantile(size, 0.01))
    assert trained().sizes_.high == pytest.approx(np.quantile(size, 0.99))
