"""The three accounts: sizes as told, lots that follow from trades, prices and corporate actions."""

from collections import defaultdict
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.lots import LotState
from di_advisor.domain.portfolio import Side

NAMES = ("young", "seasoned", "concentrated")


def values_usd(world, name):
    """Value by lot at the last closes, and gain by lot."""
    market = world.market()
    account = world.portfolios[name].account(name)
    price = market.price_array_usd[market.universe.index_of([x.security_id for x in account.lots], where=name)]
    value = price * np.array([float(x.shares) for x in account.lots])
    return value, value - np.array([float(x.basis_total_usd) for x in account.lots])


def by_name(world, name):
    total = defaultdict(float)
    for lot, value in zip(world.portfolios[name].lots, values_usd(world, name)[0], strict=True):
        total[lot.security_id] += value
    return total


@pytest.mark.parametrize("name", NAMES)
def test_every_lot_is_known_bought_on_a_trading_day_and_priced(world, name):
    days = set(world.days.astype(object).tolist())
    lots = world.portfolios[name].lots
    for lot in lots:
        assert lot.state is LotState.KNOWN
        assert lot.acquired in days
        assert lot.held_since in days
        assert lot.held_since <= lot.acquired <= world.as_of
        assert isinstance(lot.shares, Decimal)
        assert isinstance(lot.basis_total_usd, Decimal)
        assert lot.basis_total_usd == lot.basis_total_usd.quantize(Decimal("0.01"))
    assert len({lot.lot_id for lot in lots}) == len(lots)
    assert values_usd(world, name)[0].min() > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_taxpayer_and_its_cash_say_what_they_are(world, name):
    portfolio = world.portfolios[name]
    assert [a.account_id for a in portfolio.accounts] == [name]
    assert "simulated" in portfolio.taxpayer
    assert portfolio.account(name).cash_usd(world.as_of) > 0


def test_the_young_account_has_many_small_lots_of_the_last_year(world):
    lots = world.portfolios["young"].lots
    value, gain = values_usd(world, "young")
    assert 430 <= len({lot.security_id for lot in lots}) <= 500
    assert 900 <= len(lots) <= 1300
    assert 220_000 <= value.sum() <= 340_000
    assert np.median(value) < 400
    assert min(lot.acquired for lot in lots if "." not in lot.lot_id) >= world.days[-260].astype(object)
    assert (gain < 0).sum() > 50


def test_the_seasoned_account_has_lots_of_five_years_with_large_gains_and_some_losses(world):
    lots = world.portfolios["seasoned"].lots
    value, gain = values_usd(world, "seasoned")
    assert 2500 <= len(lots) <= 3000
    assert 900_000 <= value.sum() <= 1_400_000
    assert gain[gain > 0].sum() > 0.3 * value.sum()
    assert (gain < 0).sum() > 100
    assert {lot.acquired.year for lot in lots} == set(range(2021, 2027))


def test_the_concentrated_account_has_a_third_in_one_old_name_of_low_basis(world):
    value = by_name(world, "concentrated")
    account = world.portfolios["concentrated"].account("concentrated")
    total = sum(value.values()) + float(account.cash_usd(world.as_of))
    largest = max(value, key=value.get)
    assert 0.30 <= value[largest] / total <= 0.40
    assert sorted(value.values())[-2] / total < 0.08
    lots = [lot for lot in account.lots if lot.security_id == largest]
    assert sum(float(lot.basis_total_usd) for lot in lots) < 0.35 * value[largest]
    assert max(lot.held_since for lot in lots).year <= 2022
    assert 0.10 <= float(account.cash_usd(world.as_of)) / total <= 0.25


def replayed(world, simulation, name):
    """Lots by id as (security, shares, basis), from the buys, and from events and closes as the world shows them."""
    s = simulation
    sold = {t.lot_id: t.day for t in s.books[name].trades if t.gain_usd is not None}
    events = world.events[world.events["kind"].isin(["split", "spin_off", "stock_merger"])]
    close, at, days = world.bars.close_usd, world.universe.positions, world.days
    lots = {}
    for t in s.books[name].trades:
        if t.gain_usd is None:
            security = s.security_id(t.company)
            day = s.days[t.day]
            cost = float(t.shares) * close[np.searchsorted(days, day), at[security]]
            lots[t.lot_id] = [security, float(t.shares), cost, day]
    held = defaultdict(set)
    for lot_id, (security, *_) in lots.items():
        held[security].add(lot_id)
    for e in events.itertuples():
        day = np.datetime64(e.effective, "D")
        position = int(np.searchsorted(days, day))
        for lot_id in sorted(held[e.security_id]):
            lot = lots[lot_id]
            if lot[0] != e.security_id or lot[3] >= day or (lot_id in sold and s.days[sold[lot_id]] < day):
                continue
            if e.kind == "split":
                lot[1] *= e.ratio
            elif e.kind == "stock_merger":
                lot[0], lot[1] = e.other_security_id, lot[1] * e.ratio
                held[e.other_security_id].add(lot_id)
            else:
                child, moved = e.other_security_id, lot[2] * e.basis_fraction
                lot[2] -= moved
                child_id = f"{lot_id}.{int(child[3:]) - 1}"
                lots[child_id] = [child, lot[1] * e.ratio, moved, day]
                held[child].add(child_id)
                assert close[position, at[child]] > 0
    return {i: lot for i, lot in lots.items() if i not in sold}


@pytest.mark.parametrize("name", NAMES)
def test_lots_are_what_buys_and_corporate_actions_make_of_them(world, simulation, name):
    expected = replayed(world, simulation, name)
    gone = world.events[world.events["kind"].isin(["cash_merger", "delisting"])]
    dead = set(gone.loc[gone["effective"] <= np.datetime64(world.as_of), "security_id"])
    lots = {lot.lot_id: lot for lot in world.portfolios[name].lots}
    assert set(lots) == {i for i, (security, *_) in expected.items() if security not in dead}
    for lot_id, lot in lots.items():
        security, shares, basis, _ = expected[lot_id]
        assert lot.security_id == security
        assert float(lot.shares) == pytest.approx(shares, rel=1e-4, abs=2e-6)
        assert float(lot.basis_total_usd) == pytest.approx(basis, rel=1e-3, abs=0.02)


def test_some_lots_went_through_a_split_a_spin_off_and_a_merger(world, simulation):
    whole = defaultdict(int)
    seasoned = {lot.lot_id: lot for lot in world.portfolios["seasoned"].lots}
    bought = {t.lot_id: t for t in simulation.books["seasoned"].trades if t.gain_usd is None}
    for lot_id, lot in seasoned.items():
        if "." in lot_id:
            whole["spun off"] += 1
        elif lot.security_id != simulation.security_id(bought[lot_id].company):
            whole["merged"] += 1
        elif lot.shares != bought[lot_id].shares:
            whole["split"] += 1
    assert min(whole["spun off"], whole["merged"], whole["split"]) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_the_newest_fills_hold_losses_that_lock_names_and_buys_that_point_to_their_lots(world, name):
    account = world.portfolios[name].account(name)
    lots = {lot.lot_id: lot for lot in account.lots}
    sales = [f for f in account.fills if f.side is Side.SELL and f.gain_usd < 0]
    buys = [f for f in account.fills if f.side is Side.BUY]
    assert sales
    assert buys
    assert all(0 <= (world.as_of - f.on).days < 30 for f in account.fills)
    for f in buys:
        assert lots[f.lot_id].security_id == f.security_id
        assert lots[f.lot_id].shares == f.shares
        assert lots[f.lot_id].acquired == f.on
    # The sample itself made no wash sale.
    assert not {f.security_id for f in sales} & {f.security_id for f in buys}


def test_no_account_ever_bought_within_thirty_days_of_a_sale_at_a_loss(simulation):
    for name, books in simulation.books.items():
        losses = [t for t in books.trades if t.gain_usd is not None and t.gain_usd < 0]
        leavers = {m.target for m in simulation.plan.mergers} | {simulation.plan.failure.company}
        buys = defaultdict(list)
        for t in books.trades:
            if t.gain_usd is None:
                buys[t.company].append(simulation.days[t.day])
        for t in losses:
            near = [d for d in buys[t.company] if abs(d - simulation.days[t.day]).astype(int) <= 30]
            # A cash merger or a failure sells without asking.
            assert not near or t.company in leavers, (name, t, near)


def test_the_tax_profile_is_that_of_a_top_earner(world):
    assert (world.tax.rates.short_term, world.tax.rates.long_term) == (0.408, 0.238)
    assert world.tax.tax_year == world.as_of.year
