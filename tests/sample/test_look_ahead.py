"""Nothing that a day's view shows depends on what happened later."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.market import PriceBars
from di_advisor.errors import InputError
from di_advisor.sample.characteristics import characteristics_of, standard_scores
from di_advisor.sample.path import Path
from di_advisor.sample.regimes import STYLES


def scrambled_after(path: Path, day: int) -> Path:
    """The path with another future."""
    rng = np.random.default_rng(5)

    def spoil(values):
        future = values.copy()
        future[day + 1 :] = rng.permutation(values[day + 1 :], axis=1)
        return future

    names = ("close_usd", "total_return", "observed", "dividend_usd", "split", "shares")
    return replace(path, **{name: spoil(getattr(path, name)) for name in names})


@pytest.mark.parametrize("month", [14, 30, 47, 60])
def test_characteristics_are_the_same_whatever_the_future_brings(simulation, month):
    path = simulation.path
    day = int(path.month_ends[month])
    other = scrambled_after(path, day)
    past = other.past(day, path.book_usd[month], path.profitability[month])
    np.testing.assert_array_equal(characteristics_of(past), path.characteristics[month])


def test_the_scrambled_future_is_another_one(simulation):
    day = int(simulation.path.month_ends[30])
    other = scrambled_after(simulation.path, day)
    assert not np.array_equal(other.close_usd[day + 1], simulation.path.close_usd[day + 1], equal_nan=True)


def test_the_world_shows_the_characteristics_of_the_simulation(world, simulation):
    months = simulation.path.month_ends
    first = int(np.flatnonzero(simulation.days[months] == world.exposures.dates[0])[0])
    expected = simulation.path.characteristics[first:][:, simulation.kept]
    np.testing.assert_array_equal(world.exposures.values, expected)


@pytest.mark.parametrize("at", [0, 300, 1000, 1253])
def test_a_market_of_the_past_follows_from_bars_and_returns_up_to_that_day(world, at):
    day = world.days[at].astype(object)
    market = world.market(day)
    where = world.universe.index_of(market.universe.security_ids, where="market")
    bars: PriceBars = world.bars
    np.testing.assert_allclose(market.price_array_usd, bars.close_usd[at, where])
    assert bars.observed[at, where].all()
    if at >= 300:
        window = slice(at - 20, at + 1)
        traded = bars.close_usd[window][:, where] * bars.volume_shares[window][:, where]
        np.testing.assert_allclose(market.adv_usd, np.nanmean(traded, axis=0), rtol=1e-5)
        returns = world.returns
        old = returns.observed[at - 251 : at + 1][:, where].all(axis=0)
        window = returns.total_return[at - 251 : at + 1][:, where[old]]
        expected = window.std(axis=0, ddof=1) * 252**0.5
        np.testing.assert_allclose(market.volatility_per_year[old], expected, rtol=1e-4)
    month = np.searchsorted(world.exposures.dates, np.datetime64(day), side="right") - 1
    for k, name in enumerate(STYLES):
        np.testing.assert_array_equal(market.characteristics[name], world.exposures.values[month, where, k])


def test_a_market_lists_a_company_only_once_it_was_in_the_news(world, simulation):
    joins = world.events[world.events["kind"] == "index_add"].drop_duplicates("security_id")
    spun = {simulation.security_id(o.child) for o in simulation.plan.spin_offs}
    initial = set(world.target.components[0].path[0].weights)
    bought_for = set(world.events.loc[world.events["kind"] == "stock_merger", "other_security_id"])
    first = world.market(world.days[0].astype(object)).universe
    checked = 0
    for e in joins.itertuples():
        if e.security_id in spun | initial | bought_for or e.announced <= np.datetime64(world.days[1]):
            continue
        assert e.security_id not in first.positions
        on = world.market(e.announced.date()).universe
        assert e.security_id in on.positions
        checked += 1
    assert checked > 40


def test_a_day_without_trading_is_refused_with_the_sample_s_range(world):
    from datetime import date

    with pytest.raises(InputError, match="2026-06-28 is not a trading day of the sample") as caught:
        world.market(date(2026, 6, 28))
    assert "SampleWorld.days" in caught.value.hint


def test_standard_scores_are_zero_where_nothing_is_known_and_keep_the_order():
    values = np.array([[1.0, np.nan], [3.0, 2.0], [2.0, np.nan], [np.nan, np.nan]])
    scores = standard_scores(values)
    assert scores[3, 0] == 0.0
    assert (scores[:, 1] == 0.0).all()
    assert scores[0, 0] < scores[2, 0] < scores[1, 0]
