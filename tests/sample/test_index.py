"""The index: 500 names, announced changes, weights that add up on every effective date."""

import itertools
from datetime import timedelta

import numpy as np
import pytest

from di_advisor.sample.calendar import reconstitution_days


def path(world):
    return world.target.components[0].path


def changes(world, kind):
    return world.events[world.events["kind"] == kind]


def test_weights_sum_to_one_over_five_hundred_names_on_each_effective_date(world):
    assert len(path(world)) >= 40
    for w in path(world):
        assert sum(w.weights.values()) == pytest.approx(1.0, abs=1e-12)
        assert len(w.weights) == 500
        assert min(w.weights.values()) > 0
        assert max(w.weights.values()) < 0.12


def test_the_path_holds_every_quarterly_reconstitution(world):
    effective = {w.effective for w in path(world)}
    for at in reconstitution_days(world.days):
        assert world.days[at].astype(object) in effective


def test_members_change_exactly_as_the_events_say(world):
    sets = [(w.effective, set(w.weights)) for w in path(world)]
    joins, leaves = changes(world, "index_add"), changes(world, "index_remove")
    for (_, before), (day, after) in itertools.pairwise(sets):
        on = np.datetime64(day)
        added = set(joins.loc[joins["effective"] == on, "security_id"])
        removed = set(leaves.loc[leaves["effective"] == on, "security_id"])
        # A name may be thrown out and taken back on one day: the net change is what counts.
        assert after - before == added - (added & removed)
        assert before - after == removed - (added & removed)


def test_changes_are_announced_before_they_take_effect(world):
    for kind in ("index_add", "index_remove"):
        rows = changes(world, kind)
        assert (rows["announced"] < rows["effective"]).all()
        quarterly = rows[rows["reason"] == "reconstitution"]
        notice = (quarterly["effective"] - quarterly["announced"]).dt.days
        assert notice.between(12, 20).all()


def test_bought_and_failed_names_leave_the_index_before_or_on_the_day_they_are_gone(world):
    gone = world.events[world.events["kind"].isin(["cash_merger", "stock_merger", "delisting"])]
    for e in gone.itertuples():
        after = world.target.weights_on(max(e.effective.date(), path(world)[0].effective))
        assert e.security_id not in after


def test_every_member_trades_on_the_day_its_weight_takes_effect(world):
    for w in path(world):
        if w.effective > world.as_of:
            continue
        at = int(np.searchsorted(world.days, np.datetime64(w.effective)))
        members = world.universe.index_of(w.weights, where="index")
        assert world.bars.observed[at, members].all()


def test_weights_are_free_float_capitalisations_of_the_close_before(world):
    w = path(world)[-2]
    day = world.days[np.searchsorted(world.days, np.datetime64(w.effective)) - 1].astype(object)
    market = world.market(day)
    inside = [s for s in w.weights if s in market.universe.positions]
    cap = market.market_cap_usd[market.universe.index_of(inside, where="index")]
    share = np.array([w.weights[s] for s in inside]) / (cap / cap.sum())
    # A float below one and otherwise the capitalisation: no name weighs far more than its share.
    assert share.min() > 0.4
    assert share.max() < 1.25
    assert np.corrcoef(np.log(cap), np.log([w.weights[s] for s in inside]))[0, 1] > 0.98


def test_one_change_is_announced_and_not_yet_in_force_on_the_last_day(world):
    last = path(world)[-1]
    assert world.as_of < last.effective <= world.as_of + timedelta(days=10)
    assert set(last.weights) != set(world.target.weights_on(world.as_of))
    pending = world.events[world.events["effective"] > np.datetime64(world.as_of)]
    assert {"index_add", "index_remove", "cash_merger"} == set(pending["kind"])
    assert (pending["announced"] <= np.datetime64(world.as_of)).all()


def test_the_target_known_on_a_day_holds_nothing_announced_later(world):
    announced = {(r.effective.date()): r.announced.date() for r in changes(world, "index_add").itertuples()}
    for at in range(20, len(world.days), 97):
        day = world.days[at].astype(object)
        known = world.target_known_on(day).components[0].path
        late = [w.effective for w in known[1:] if w.effective in announced and announced[w.effective] > day]
        assert late == []
        assert world.target_known_on(day).weights_on(day) == world.target.weights_on(day)
