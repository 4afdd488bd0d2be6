"""The estimator: scikit-learn's manners, no future information, intervals that cover."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from di_advisor.domain.trade_history import ArrivalPrice, TradeHistory
from di_advisor.errors import InputError
from di_models.cost.features import Conditions, noisier
from di_models.cost.intervals import Calibration, calibrate
from di_models.cost.learned import LearnedCostModel, untrained
from tests.models.cost.histories import WRONG, clear_signal, simulated, trained, trained_on_clear_signal


def test_it_is_cloned_with_its_settings_and_without_what_it_learnt():
    model = trained()
    copy = clone(model)
    assert copy.get_params() == {"patience": None, "prior": WRONG, "seed": 3, "trees": True}
    assert not hasattr(copy, "fit_")
    assert clone(model).set_params(seed=8).seed == 8


def test_an_untrained_estimator_refuses_to_predict():
    with pytest.raises(InputError, match="not trained"):
        LearnedCostModel().predict(simulated().history)


def test_predictions_are_the_same_from_a_history_from_columns_and_from_a_frame():
    history = simulated().history.take(np.arange(40))
    model = trained_on_clear_signal()
    found = model.predict(history)
    np.testing.assert_array_equal(model.predict(Conditions.of(history)), found)
    frame = history.to_frame().assign(size_of_adv=history.size_of_adv)
    np.testing.assert_array_equal(model.predict(frame), found)


@pytest.mark.parametrize(
    "column", ["end_utc", "average_price_usd", "filled_shares", "close_price_usd", "market_return"]
)
def test_what_came_after_arrival_changes_no_prediction(column):
    history = clear_signal()
    values = getattr(history, column)
    changed = replace(
        history, **{column: values + np.timedelta64(3, "h") if column == "end_utc" else values * 1.07 + 1}
    )
    model = trained_on_clear_signal()
    np.testing.assert_array_equal(model.predict(changed), model.predict(history))
    np.testing.assert_array_equal(model.predict_interval(changed), model.predict_interval(history))


def test_training_does_not_depend_on_anything_but_cost_and_conditions():
    history = simulated(400, 11).history
    g = np.random.default_rng(0)
    changed = replace(history, filled_shares=history.filled_shares * g.random(400), end_utc=history.arrival_utc)
    one, two = LearnedCostModel(seed=1).fit(history), LearnedCostModel(seed=1).fit(changed)
    np.testing.assert_array_equal(one.predict(history), two.predict(history))


def test_without_orders_it_is_the_prior():
    model = untrained(WRONG)
    given_orders = simulated().history
    law = WRONG.law.cost_bps(given_orders.size_of_adv, given_orders.half_spread_bps, given_orders.volatility_daily_bps)
    np.testing.assert_array_equal(model.predict(given_orders), law)
    assert model.provenance_ == "prior, not calibrated"


@settings(max_examples=15)
@given(st.integers(1, 60), st.integers(0, 1000))
def test_any_small_number_of_orders_trains_and_predicts_finite_positive_costs(count, seed):
    history = simulated().history.take(np.random.default_rng(seed).permutation(1500)[:count])
    model = LearnedCostModel(WRONG).fit(history)
    found = model.predict(simulated().history)
    assert np.isfinite(found).all()
    assert (found > 0).all()
    assert np.isfinite(model.predict_interval(history)).all()


@pytest.mark.parametrize("orders", [200, 1000])
def test_it_beats_the_prior_that_is_wrong_on_the_mean_of_several_histories(orders):
    ours, prior = [], []
    for seed in range(6):
        seen, asked = simulated(orders, 20 + seed), simulated(3000, 20 + seed)
        model = LearnedCostModel(WRONG).fit(seen.history)
        ours.append(np.sqrt(np.mean((model.predict(asked.history) - asked.true_cost_bps) ** 2)))
        prior.append(np.sqrt(np.mean((untrained(WRONG).predict(asked.history) - asked.true_cost_bps) ** 2)))
    assert np.mean(ours) < 1.02 * np.mean(prior)


def test_intervals_cover_new_orders_overall_and_in_each_quartile_of_noise():
    inside, noise = [], []
    for seed in range(3):
        model = LearnedCostModel(seed=seed).fit(simulated(2000, 30 + seed).history)
        asked = simulated(4000, 60 + seed)
        interval = model.predict_interval(asked.history)
        cost = asked.history.cost_bps
        inside.append((cost >= interval[:, 0]) & (cost <= interval[:, 1]))
        noise.append(asked.noise_bps)
    covered, width = np.concatenate(inside), np.concatenate(noise)
    assert 0.87 < covered.mean() < 0.93
    edges = np.quantile(width, [0.25, 0.5, 0.75])
    for quartile in range(4):
        assert covered[np.searchsorted(edges, width) == quartile].mean() > 0.84


def test_a_wider_coverage_gives_a_wider_interval_around_the_same_prediction():
    history = simulated().history
    narrow, wide = trained().predict_interval(history, 0.8), trained().predict_interval(history, 0.95)
    assert (wide[:, 0] < narrow[:, 0]).all()
    assert (wide[:, 1] > narrow[:, 1]).all()
    np.testing.assert_allclose(narrow.mean(axis=1), trained().predict(history), atol=1e-9)
    with pytest.raises(InputError, match="coverage"):
        trained().predict_interval(history, 1.0)


def test_conformal_scores_of_few_orders_cover_at_least_as_much_as_promised():
    g = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        calibration = calibrate(g.standard_normal(29), np.ones(29))
        covered.append(abs(g.standard_normal()) <= calibration.half_width(np.ones(1), 0.9)[0])
    assert np.mean(covered) > 0.87


def test_a_calibration_goes_through_json_and_back():
    g = np.random.default_rng(0)
    found = calibrate(g.standard_normal(900), g.random(900) + 0.1)
    again = Calibration.from_json(found.as_json())
    noise = g.random(50) + 0.1
    np.testing.assert_array_equal(found.half_width(noise, 0.9), again.half_width(noise, 0.9))
    assert again.orders == 900


def test_poor_arrival_prices_count_for_less():
    history = simulated(200, 12).history
    poor = replace(history, arrival_price_source=np.full(200, ArrivalPrice.PREVIOUS_CLOSE.value))
    assert (noisier(poor) == 9.0).all()
    assert LearnedCostModel().fit(poor).fit_.prior_share[1] > LearnedCostModel().fit(history).fit_.prior_share[1]


@pytest.mark.parametrize("column", ["size_of_adv", "half_spread_bps", "volatility_daily_bps"])
@pytest.mark.parametrize("value", [np.nan, -1.0, np.inf])
def test_figures_that_are_none_are_refused_by_name(column, value):
    columns = {"size_of_adv": [1e-3], "half_spread_bps": [2.0], "volatility_daily_bps": [150.0]}
    with pytest.raises(InputError, match=column):
        trained().predict(columns | {column: [value]})


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="volatility_daily_bps"):
        trained().predict({"size_of_adv": [1e-3], "half_spread_bps": [2.0]})


def test_costs_that_do_not_fit_the_orders_are_refused():
    with pytest.raises(InputError, match="finite costs"):
        LearnedCostModel().fit(simulated().history, np.zeros(3))


def test_a_history_of_one_day_gives_a_law_without_trees():
    history = simulated().history
    one_day = history.take(history.day == history.day[0])
    model = LearnedCostModel().fit(one_day)
    assert model.trees_ is None
    assert model.fit_.orders == len(one_day)


def test_own_fills_are_not_called_simulated():
    found = simulated(300, 13).history
    own = TradeHistory.from_columns({name: getattr(found, name) for name in found.columns()})
    model = LearnedCostModel().fit(own)
    assert not model.simulated_
    assert "simulated" not in model.provenance_
