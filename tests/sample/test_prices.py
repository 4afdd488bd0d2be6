"""Raw prices show what happened to a share; total returns show what happened to its owner."""

import numpy as np
import pandas as pd
import pytest

from di_advisor.sample.world import SampleWorld


def rows(world: SampleWorld, kind: str) -> pd.DataFrame:
    """Events of a kind that took effect within the sample, with the positions of day and security."""
    found = world.events[(world.events["kind"] == kind) & (world.events["effective"] <= np.datetime64(world.as_of))]
    day = np.searchsorted(world.days, found["effective"].to_numpy().astype("datetime64[D]"))
    return found.assign(
        day=day,
        at=world.universe.index_of(found["security_id"], where="events"),
        other=[world.universe.positions.get(i, -1) for i in found["other_security_id"]],
    )


def test_bars_are_whole_cents_and_open_and_close_lie_between_low_and_high(world):
    bars = world.bars
    seen = bars.observed
    for price in (bars.open_usd, bars.high_usd, bars.low_usd, bars.close_usd):
        assert np.isnan(price[~seen]).all()
        assert np.abs(price[seen] * 100 - np.round(price[seen] * 100)).max() < 1e-6
    assert (bars.low_usd[seen] <= np.minimum(bars.open_usd, bars.close_usd)[seen]).all()
    assert (bars.high_usd[seen] >= np.maximum(bars.open_usd, bars.close_usd)[seen]).all()
    assert (bars.low_usd[seen] > 0).all()
    assert (bars.volume_shares[seen] >= 1).all()


def test_every_total_return_follows_from_raw_closes_and_events_alone(world):
    close, returns = world.bars.close_usd, world.returns
    split, received = np.ones_like(close), np.zeros_like(close)
    for e in rows(world, "split").itertuples():
        split[e.day, e.at] = e.ratio
    for e in rows(world, "dividend").itertuples():
        received[e.day, e.at] += e.cash_usd
    for e in rows(world, "spin_off").itertuples():
        received[e.day, e.at] += e.ratio * close[e.day, e.other]
    rebuilt = (close[1:] * split[1:] + received[1:]) / close[:-1] - 1
    seen = returns.observed[1:]
    assert seen.mean() > 0.9
    assert np.abs(rebuilt[seen] - returns.total_return[1:][seen]).max() < 1e-12
    both = world.bars.observed[1:] & world.bars.observed[:-1]
    assert (seen == both).all()


def test_a_split_makes_the_raw_price_jump_by_its_ratio_and_the_total_return_ordinary(world):
    close, returns = world.bars.close_usd, world.returns.total_return
    splits = rows(world, "split")
    assert len(splits) >= 25
    usual = world.market().volatility_per_year.max() / 252**0.5
    for e in splits.itertuples():
        jump = close[e.day, e.at] / close[e.day - 1, e.at]
        assert jump * e.ratio == pytest.approx(1 + returns[e.day, e.at], rel=1e-9)
        assert abs(np.log(jump * e.ratio)) < 6 * usual
        assert abs(np.log(jump)) > 0.9 * abs(np.log(e.ratio)) - 6 * usual
    # Somewhere a share became four or more.
    assert splits["ratio"].max() >= 4


def test_a_spin_off_lowers_the_raw_price_by_what_the_owner_receives(world):
    close, returns = world.bars.close_usd, world.returns.total_return
    spins = rows(world, "spin_off")
    assert len(spins) >= 15
    for e in spins.itertuples():
        received = e.ratio * close[e.day, e.other]
        assert e.basis_fraction == pytest.approx(received / (received + close[e.day, e.at]))
        assert not world.bars.observed[e.day - 1, e.other]
        assert (close[e.day, e.at] + received) / close[e.day - 1, e.at] == pytest.approx(
            1 + returns[e.day, e.at], abs=0.02
        )


@pytest.mark.parametrize("kind", ["cash_merger", "stock_merger"])
def test_a_target_trades_up_to_the_day_before_and_ends_at_its_offer(world, kind):
    close = world.bars.close_usd
    mergers = rows(world, kind)
    assert len(mergers) >= 5
    for e in mergers.itertuples():
        last = close[e.day - 1, e.at]
        offer = e.cash_usd if kind == "cash_merger" else e.ratio * close[e.day - 1, e.other]
        assert last == pytest.approx(offer, rel=0.002, abs=0.011)
        assert np.isnan(close[e.day :, e.at]).all()


def test_the_failed_company_melts_and_is_delisted_worthless(world):
    (e,) = rows(world, "delisting").itertuples()
    close = world.bars.close_usd[:, e.at]
    assert e.cash_usd == 0.0
    assert close[e.day - 1] < 0.25 * close[e.day - 200]
    assert np.isnan(close[e.day :]).all()


def test_a_ticker_changes_while_the_security_stays_the_same(world):
    changes = rows(world, "ticker_change")
    assert len(changes) >= 10
    for e in changes.itertuples():
        if not (world.bars.observed[e.day - 1 : e.day + 1, e.at]).all():
            continue
        before, after = (world.market(world.days[d].astype(object)).universe for d in (e.day - 1, e.day))
        if e.security_id in before.positions:
            assert before.securities[before.positions[e.security_id]].ticker == e.old_ticker
            assert after.securities[after.positions[e.security_id]].ticker == e.new_ticker


def test_a_ticker_is_used_again_by_another_company_and_never_by_two_on_one_day(world):
    changes = rows(world, "ticker_change")
    first = {s.security_id: s.ticker for s in world.market(world.days[0].astype(object)).universe.securities}
    again = [
        e for e in changes.itertuples() if e.new_ticker in first.values() and first.get(e.security_id) != e.new_ticker
    ]
    assert again
    for at in range(0, len(world.days), 60):
        tickers = [s.ticker for s in world.market(world.days[at].astype(object)).universe.securities]
        assert len(set(tickers)) == len(tickers)


def test_half_spreads_are_at_least_half_a_cent_and_narrower_where_more_is_traded(world):
    market = world.market()
    cents = market.half_spread_bps / 1e4 * market.price_array_usd * 100
    assert cents.min() >= 0.5 - 1e-4
    low, high = np.quantile(market.adv_usd, [0.2, 0.8])
    narrow, wide = market.half_spread_bps[market.adv_usd > high], market.half_spread_bps[market.adv_usd < low]
    assert np.median(narrow) < 0.75 * np.median(wide)


def test_companies_of_one_sector_move_together_more_than_others(world):
    returns = world.returns
    whole = returns.observed.all(axis=0)
    c = np.corrcoef(returns.total_return[:, whole].T)
    sector = world.universe.sector_of[whole]
    same = (sector[:, None] == sector[None, :]) & ~np.eye(len(sector), dtype=bool)
    other = sector[:, None] != sector[None, :]
    assert c[same].mean() > c[other].mean() + 0.05


def test_a_style_is_a_factor_and_not_just_noise_of_its_members(world):
    exposures, returns = world.exposures, world.returns
    whole = returns.observed.all(axis=0)
    column = exposures.names.index("volatility")
    spread, noise = [], []
    for m, day in enumerate(exposures.dates[:-1]):
        at = np.searchsorted(returns.dates, day, side="right")
        month = returns.total_return[at : at + 20, whole]
        order = np.argsort(exposures.values[m, whole, column])
        fifth = len(order) // 5
        calm, wild = month[:, order[:fifth]], month[:, order[-fifth:]]
        spread += (wild.mean(axis=1) - calm.mean(axis=1)).tolist()
        noise += ((wild.var(axis=1) + calm.var(axis=1)) / fifth).tolist()
    assert np.var(spread) > 4 * np.mean(noise)


def test_the_two_share_classes_of_an_issuer_move_as_one_and_say_that_they_are_identical(world):
    groups = [s.identical_group for s in world.universe.securities]
    pairs = {g: [i for i, other in enumerate(groups) if other == g] for g in set(groups) - {""}}
    assert pairs
    for first, second in pairs.values():
        both = world.returns.observed[:, [first, second]].all(axis=1)
        r = world.returns.total_return[both]
        assert np.corrcoef(r[:, first], r[:, second])[0, 1] > 0.97
