"""The parts of the factor risk model, each on inputs whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from di_models.risk.covariance import factor_covariance_per_year, regular_gauge
from di_models.risk.exposures import refresh_rows, standardised
from di_models.risk.history import aligned_returns
from di_models.risk.residual_factors import residual_loadings
from di_models.risk.series import age_weights, effective_days, final_sum, row_median, weighted_sum
from di_models.risk.specific import specific_variance_per_year
from di_models.risk.volatility import FACTOR_BLEND, LEVEL_BLEND, MARKET_BLEND, blended_mean
from tests.models.worlds import simulated

finite = st.floats(-1e6, 1e6)
tables = hnp.arrays(float, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9), elements=finite)


@given(tables, st.data())
def test_row_median_is_the_median_of_the_numbers_of_each_row(table, data):
    holes = data.draw(hnp.arrays(bool, table.shape))
    table = np.where(holes, np.nan, table)
    for found, row in zip(row_median(table)[:, 0], table, strict=True):
        known = row[np.isfinite(row)]
        assert found == pytest.approx(np.median(known)) if len(known) else np.isnan(found)


@given(tables, st.floats(1.0, 300.0))
def test_the_last_running_sum_is_the_final_sum_and_weights_forget_by_half_in_a_half_life(table, half_life):
    np.testing.assert_allclose(weighted_sum(table, half_life)[-1], final_sum(table, half_life), atol=1e-6)
    weights = age_weights(200, 40.0)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[-1] / weights[-41] == pytest.approx(2.0)
    assert effective_days(np.full(50, 0.02)) == pytest.approx(50.0)


@pytest.mark.parametrize("blend", [MARKET_BLEND, FACTOR_BLEND, LEVEL_BLEND])
def test_the_weights_of_a_blend_sum_to_one(blend):
    assert sum(weight for _, weight in blend) == pytest.approx(1.0)
    assert blended_mean(np.full((300, 2), 7.0), blend) == pytest.approx([7.0, 7.0])


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(2, 60))
def test_a_factor_covariance_has_no_negative_variance(seed, factors, days):
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal((days, factors)) * rng.choice([0.0, 1e-3, 0.02], factors)
    values = np.linalg.eigvalsh(factor_covariance_per_year(returns, correlation_half_life=100.0))
    assert values[0] >= -1e-12 * max(values[-1], 1e-300)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 3))
def test_the_gauge_leaves_every_names_covariance_as_it_was(seed, sectors, styles):
    rng = np.random.default_rng(seed)
    k = 1 + sectors + styles
    root = rng.standard_normal((k, k))
    weights = rng.dirichlet(np.ones(sectors))
    root[1 : 1 + sectors] -= weights @ root[1 : 1 + sectors]  # sector returns that sum to zero: a singular F
    singular = root @ root.T
    shares = rng.dirichlet(np.ones(sectors), 20)
    x = np.hstack([np.ones((20, 1)), shares, rng.standard_normal((20, styles))])
    regular = regular_gauge(singular, sectors)
    np.testing.assert_allclose(x @ regular @ x.T, x @ singular @ x.T, rtol=1e-9, atol=1e-12)
    assert np.linalg.eigvalsh(singular)[0] == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.eigvalsh(regular)[0] > 1e-9


@given(tables, st.data())
def test_standardised_rows_have_weighted_mean_zero_and_no_holes(table, data):
    weights = data.draw(hnp.arrays(float, table.shape, elements=st.floats(0.1, 1.0)))
    holes = data.draw(hnp.arrays(bool, table.shape))
    out = standardised(np.where(holes, np.nan, table), weights)
    assert np.isfinite(out).all()
    assert (out[holes] == 0).all()
    np.testing.assert_allclose((np.where(holes, 0, weights) * out).sum(axis=1), 0.0, atol=1e-6)


def test_standardised_pulls_in_an_outlier():
    raw = np.append(np.linspace(-1, 1, 99), 1e6)[None, :]
    out = standardised(raw, np.ones((1, 100)))
    assert out.std() == pytest.approx(1.0)
    assert out.max() < 6


def test_refresh_rows_count_back_from_the_last_row_and_wait_for_the_warm_up():
    rows = refresh_rows(800, every=5, warm_up=126)
    assert rows[-1] == 799
    assert set(np.diff(rows)) == {5}
    assert 126 <= rows[0] < 131
    assert refresh_rows(45, every=5, warm_up=126)[0] >= 15


def test_a_crash_of_the_whole_market_is_no_outlier():
    world = simulated(names=60, days=200)
    values = world.returns.total_return.copy()
    values[-5] -= 0.12
    crashed = type(world.returns)(world.returns.dates, world.returns.security_ids, values, world.returns.observed)
    history = aligned_returns(world.market, crashed, window_days=1008, outlier_sigmas=10.0)
    np.testing.assert_allclose(history.values, values, atol=1e-12)


def residuals(seed, names, days, cluster=0, strength=0.0):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((days, names)) * 0.015
    values[:, :cluster] += strength * 0.015 * rng.standard_normal((days, 1))
    return values, np.ones(values.shape, dtype=bool)


def test_pure_noise_has_no_further_factors():
    values, seen = residuals(0, 200, 756)
    assert residual_loadings(values, seen, most=4, half_life=252.0, window_days=756).shape == (200, 0)


def test_a_cluster_in_the_residuals_is_found_at_its_strength():
    values, seen = residuals(1, 200, 756, cluster=25, strength=1.0)
    loadings = residual_loadings(values, seen, most=4, half_life=252.0, window_days=756)
    assert loadings.shape[1] == 1
    # Two names of the cluster share half their variance.
    assert np.median(loadings[:25] ** 2) == pytest.approx(0.5, abs=0.12)
    assert np.abs(loadings[25:]).max() < 0.3


def test_few_names_or_days_have_no_further_factors():
    values, seen = residuals(2, 20, 756, cluster=10, strength=2.0)
    assert residual_loadings(values, seen, most=4, half_life=252.0, window_days=756).shape[1] == 0
    values, seen = residuals(2, 100, 90, cluster=50, strength=2.0)
    assert residual_loadings(values, seen, most=4, half_life=252.0, window_days=756).shape[1] == 0


def test_specific_variance_follows_a_common_doubling_within_weeks():
    values, seen = residuals(3, 150, 600)
    x = np.ones((150, 1))
    calm = specific_variance_per_year(values, seen, x, half_life=126.0)
    values[-10:] *= 2.0
    stormy = specific_variance_per_year(values, seen, x, half_life=126.0)
    assert np.sqrt(np.median(calm) / 252) == pytest.approx(0.015, rel=0.05)
    assert 1.3 < np.sqrt(np.median(stormy / calm)) < 2.0


def test_specific_variance_is_shrunk_to_what_the_exposures_explain():
    rng = np.random.default_rng(6)
    style = rng.standard_normal(150)
    truth = 0.015 * np.exp(0.4 * style)
    values = rng.standard_normal((600, 150)) * truth
    seen = np.ones(values.shape, dtype=bool)
    seen[:, :5] = False
    x = np.column_stack([np.ones(150), style])
    found = np.sqrt(specific_variance_per_year(values, seen, x, half_life=126.0) / 252)
    np.testing.assert_allclose(found[:5], truth[:5], rtol=0.2)
    own = np.sqrt(np.mean(values[-252:] ** 2, axis=0))
    assert np.abs(np.log(found / truth))[5:].mean() < np.abs(np.log(own / truth))[5:].mean()
