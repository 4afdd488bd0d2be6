"""Past orders: what they cost is what they were bound to cost, plus the noise of the market."""

import numpy as np
import pytest

from di_advisor.sample.orders import true_cost_bps


def test_there_are_twenty_thousand_orders_in_order_of_arrival(world):
    orders = world.orders
    assert len(orders) == 20_000
    assert orders["order_id"].is_unique
    assert orders["arrival_utc"].is_monotonic_increasing
    assert (orders["end_utc"] >= orders["arrival_utc"]).all()
    assert orders.notna().all().all()


def test_orders_are_worked_within_the_exchange_s_hours_of_trading_days(world):
    import pandas as pd

    for column in ("arrival_utc", "end_utc"):
        local = pd.DatetimeIndex(world.orders[column]).tz_localize("UTC").tz_convert("America/New_York")
        assert set(local.date) <= set(world.days.astype(object).tolist())
        minutes = local.hour * 60 + local.minute + local.second / 60
        assert minutes.min() >= 9.5 * 60
        assert minutes.max() <= 16 * 60


def test_arrival_prices_lie_within_the_day_s_bar(world):
    orders = world.orders
    day = np.searchsorted(world.days, orders["arrival_utc"].to_numpy().astype("datetime64[D]"))
    at = world.universe.index_of(orders["security_id"], where="orders")
    arrival = orders["arrival_price_usd"].to_numpy()
    assert (arrival >= world.bars.low_usd[day, at] - 0.0051).all()
    assert (arrival <= world.bars.high_usd[day, at] + 0.0051).all()


def test_the_cost_is_that_of_the_average_price_against_arrival(world):
    o = world.orders
    side = np.where(o["side"] == "buy", 1.0, -1.0)
    cost = side * (o["average_price_usd"] / o["arrival_price_usd"] - 1) * 1e4
    np.testing.assert_allclose(cost, o["cost_bps"], atol=1e-9)
    assert o["side"].value_counts(normalize=True).between(0.4, 0.6).all()


def test_the_noise_has_no_bias_and_the_size_that_is_told(world):
    o = world.orders
    surprise = ((o["cost_bps"] - o["true_cost_bps"]) / o["noise_bps"]).to_numpy()
    assert abs(surprise.mean()) < 3 / np.sqrt(len(surprise))
    # Student's t with 4 degrees of freedom, scaled to a standard deviation of one: the middle half is known.
    assert np.quantile(np.abs(surprise), 0.5) == pytest.approx(0.7407 / 2**0.5, rel=0.04)


def test_the_truth_is_positive_and_of_the_size_that_a_desk_knows(world):
    truth = world.orders["true_cost_bps"]
    rests = world.orders["order_type"] == "passive limit"
    assert truth[~rests].min() > 0
    # The generator of the reference has a mean of 8.35 bps with noise of 27.
    assert 6.0 < truth.mean() < 10.5
    assert 18.0 < world.orders["noise_bps"].mean() < 36.0


def test_venues_and_times_of_day_cost_what_the_generator_says(world):
    o = world.orders
    o = o[o["order_type"] == "market"]
    scaled = o["true_cost_bps"] / (o["half_spread_bps"] + o["volatility_daily_bps"] * np.sqrt(o["size_of_adv"]))
    small = o["size_of_adv"] < 2e-4
    venue = scaled[small].groupby(o["venue"]).mean()
    assert venue.idxmin() == "Northlit"
    assert venue.idxmax() == "Glasscross"
    early, late = scaled[o["time_of_day"] < 0.05].mean(), scaled[o["time_of_day"] > 0.8].mean()
    assert early > 1.3 * late


def test_the_truth_can_be_learned_from_the_features_and_names(world):
    # Least squares on the two terms of the law, weighted by the noise, finds coefficients near the generator's.
    o = world.orders[world.orders["order_type"] == "market"]
    x = (
        np.column_stack([o["half_spread_bps"], o["volatility_daily_bps"] * np.sqrt(o["size_of_adv"])])
        / o["noise_bps"].to_numpy()[:, None]
    )
    (spread, impact), *_ = np.linalg.lstsq(x, (o["cost_bps"] / o["noise_bps"]).to_numpy(), rcond=None)
    assert 0.4 < spread < 0.9
    assert 0.35 < impact < 0.85


def test_order_types_cost_what_the_generator_says(world):
    o = world.orders
    law = o["half_spread_bps"] + o["volatility_daily_bps"] * np.sqrt(o["size_of_adv"])
    small = o["size_of_adv"] < 2e-4
    scaled = (o["true_cost_bps"] / law)[small].groupby(o["order_type"]).mean()
    assert list(scaled.sort_values().index) == [
        *("passive limit", "close auction", "midpoint", "marketable limit", "market")
    ]
    assert o["order_type"].value_counts(normalize=True).between(0.08, 0.4).all()
    assert (o["order_type"] == "close auction").equals(o["algo"] == "close")


def test_an_auction_order_is_done_at_the_close_but_for_its_impact(world):
    o = world.orders[world.orders["order_type"] == "close auction"]
    side = np.where(o["side"] == "buy", 1.0, -1.0)
    beyond = side * (o["average_price_usd"] - o["close_price_usd"]) / o["arrival_price_usd"] * 1e4
    assert beyond.to_numpy() == pytest.approx(o["true_cost_bps"].to_numpy(), abs=0.02)
    assert (o["time_of_day"] >= 0.9).all()
    assert (o["filled_shares"] == o["shares"]).all()


def test_what_stays_unfilled_ran_away_and_its_completion_costs_what_is_told(world):
    o = world.orders
    side = np.where(o["side"] == "buy", 1.0, -1.0)
    left = (1 - o["filled_shares"] / o["shares"]).to_numpy()
    completion = left * side * (o["close_price_usd"] / o["arrival_price_usd"] - 1).to_numpy() * 1e4
    waits = o["order_type"].isin(["passive limit", "midpoint"]).to_numpy()
    told = o["true_unfilled_bps"].to_numpy()
    assert (told[~waits] == 0).all()
    for kind in ("passive limit", "midpoint"):
        of = (o["order_type"] == kind).to_numpy()
        error = completion[of].std() / np.sqrt(of.sum())
        assert told[of].mean() > 0.2
        assert completion[of].mean() == pytest.approx(told[of].mean(), abs=4 * error)
    assert 0.7 < 1 - left[(o["order_type"] == "passive limit").to_numpy()].mean() < 0.8


def test_features_were_known_before_the_trade(world):
    o = world.orders.iloc[::400]
    close, volume, returns = world.bars.close_usd, world.bars.volume_shares, world.returns.total_return
    for row in o.itertuples():
        day = int(np.searchsorted(world.days, np.datetime64(row.arrival_utc, "D")))
        at = world.universe.positions[row.security_id]
        if day < 22:
            continue
        before = slice(day - 21, day)
        assert row.adv_usd == pytest.approx((close[before, at] * volume[before, at]).mean(), rel=1e-9)
        assert row.volatility_daily_bps == pytest.approx(returns[before, at].std(ddof=1) * 1e4, rel=0.5, abs=10)
        assert row.size_of_adv == pytest.approx(row.shares * row.arrival_price_usd / row.adv_usd, rel=1e-9)


def test_the_true_cost_grows_with_size_spread_and_volatility():
    one = np.ones(3)
    factors = (one, one, one)
    size = np.array([1e-4, 1e-3, 1e-2])
    base = true_cost_bps(2 * one, 150 * one, size, 0.1 * one, factors)
    assert (np.diff(base) > 0).all()
    assert (true_cost_bps(3 * one, 150 * one, size, 0.1 * one, factors) > base).all()
    assert (true_cost_bps(2 * one, 200 * one, size, 0.1 * one, factors) > base).all()
