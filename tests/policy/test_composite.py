"""Composite targets: dated allocations, drift, and where a trade comes from."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.allocation import Allocation
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.errors import InputError
from di_advisor.policy.composite import (
    allocation_change,
    drifted_allocation,
    origins_frame,
    origins_of_trades,
    target_change,
)
from di_advisor.policy.triggers import Reconstitution, TriggerState
from tests.policy.trading_world import TODAY, net_shares, owner, workspace
from tests.policy.world import WEIGHTS, Day

JAN, NOV, DEC = date(2026, 1, 2), date(2026, 11, 2), date(2026, 12, 1)
LARGE = TargetComponent(
    "large", 0.8, (IndexWeights(JAN, {"A": 0.5, "B": 0.5}), IndexWeights(NOV, {"A": 0.7, "B": 0.3}))
)
SMALL = TargetComponent("small", 0.2, (IndexWeights(JAN, {"B": 0.2, "C": 0.8}),))
TARGET = Target((LARGE, SMALL), (Allocation(NOV, {"large": 0.6, "small": 0.4}),))


def test_an_allocation_holds_from_its_day_on() -> None:
    assert TARGET.fractions_on(JAN) == {"large": 0.8, "small": 0.2}
    assert TARGET.fractions_on(DEC) == {"large": 0.6, "small": 0.4}
    assert TARGET.weights_on(JAN) == pytest.approx({"A": 0.4, "B": 0.44, "C": 0.16})
    assert TARGET.weights_on(NOV) == pytest.approx({"A": 0.42, "B": 0.26, "C": 0.32})
    assert TARGET.effective_days == (JAN, NOV)
    assert allocation_change(TARGET, JAN, NOV) == pytest.approx({"large": -0.2, "small": 0.2})
    assert "1 dated allocations" in repr(TARGET)


def test_an_index_may_come_in_with_an_allocation() -> None:
    new = TargetComponent("new", 0.0, (IndexWeights(NOV, {"D": 1.0}),))
    target = Target((TargetComponent("large", 1.0, LARGE.path), new), (Allocation(NOV, {"large": 0.9, "new": 0.1}),))
    assert target.weights_on(JAN) == {"A": 0.5, "B": 0.5}
    assert target.weights_on(NOV) == pytest.approx({"A": 0.63, "B": 0.27, "D": 0.1})
    assert target_change(target, JAN, NOV)["D"] == pytest.approx((0.1, 0.0))


@pytest.mark.parametrize(
    ("fractions", "words"),
    [({"large": 0.5, "small": 0.4}, "sums to 0.9"), ({"large": 1.5, "small": -0.5}, "negative for small")],
)
def test_fractions_that_do_not_sum_to_one_are_refused(fractions, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Allocation(NOV, fractions)


def test_two_sets_of_weights_for_one_day_are_refused_and_the_same_set_twice_is_one() -> None:
    first, other = IndexWeights(JAN, {"A": 1.0}), IndexWeights(JAN, {"B": 1.0})
    with pytest.raises(InputError, match="two sets of weights effective 2026-01-02"):
        TargetComponent("large", 1.0, (first, other))
    assert Target((TargetComponent("large", 1.0, (first, first)),)).weights_on(NOV) == {"A": 1.0}


def test_an_allocation_of_an_index_that_is_no_component_is_refused() -> None:
    with pytest.raises(InputError, match="names bonds, no component"):
        Target((LARGE, SMALL), (Allocation(NOV, {"bonds": 1.0}),))
    with pytest.raises(InputError, match="is not one for each day"):
        Target((LARGE, SMALL), (Allocation(NOV, {"large": 1.0}), Allocation(NOV, {"small": 1.0})))


def test_fractions_drift_with_their_indexes_until_somebody_changes_them() -> None:
    drift = drifted_allocation(TARGET, JAN, date(2026, 6, 1), {"large": 1.2, "small": 0.9})
    assert dict(drift.fractions) == pytest.approx({"large": 0.96 / 1.14, "small": 0.18 / 1.14})
    with pytest.raises(InputError, match=f"changes on {NOV}"):
        drifted_allocation(TARGET, JAN, DEC, {"large": 1.0, "small": 1.0})


def test_a_change_is_parted_by_hand() -> None:
    # A: allocation -0.2 x 0.6 = -0.12, index 0.2 x 0.7 = 0.14; C: allocation 0.2 x 0.8 = 0.16, index none.
    # B: allocation -0.2 x 0.4 + 0.2 x 0.2 = -0.04, index -0.2 x 0.7 = -0.14.
    parts = target_change(TARGET, JAN, NOV)
    assert parts["A"] == pytest.approx((-0.12, 0.14))
    assert parts["B"] == pytest.approx((-0.04, -0.14))
    assert parts["C"] == pytest.approx((0.16, 0.0))


fractions = st.lists(st.floats(0.01, 1), min_size=2, max_size=2)
sheet = st.dictionaries(st.sampled_from("ABCDE"), st.floats(0.01, 1), min_size=1)


@given(fractions, fractions, st.lists(sheet, min_size=4, max_size=4))
def test_the_parts_of_a_change_add_up(before, after, sheets) -> None:
    one, two = ([f / sum(each) for f in each] for each in (before, after))
    components = tuple(
        TargetComponent(name, f, (IndexWeights.rescaled(JAN, sheets[i]), IndexWeights.rescaled(NOV, sheets[i + 2])))
        for i, (name, f) in enumerate(zip(("x", "y"), one, strict=True))
    )
    target = Target(components, (Allocation(NOV, dict(zip(("x", "y"), two, strict=True))),))
    old, new = target.weights_on(JAN), target.weights_on(NOV)
    parts = target_change(target, JAN, NOV)
    for k in {*old, *new}:
        assert sum(parts[k]) == pytest.approx(new.get(k, 0.0) - old.get(k, 0.0), abs=1e-12)
    assert sum(a for a, _ in parts.values()) == pytest.approx(0.0, abs=1e-12)
    assert sum(i for _, i in parts.values()) == pytest.approx(0.0, abs=1e-12)


def test_the_origins_of_a_trade_sum_to_what_is_traded() -> None:
    # Held as the target of January stood; all that is traded comes from the two changes and from rounding.
    book = "A1 400 A @ 100.00 on 2020-01-02\n B1 440 B @ 100.00 on 2020-01-02\n C1 160 C @ 100.00 on 2020-01-02"
    plan = workspace(owner(book, [("0", TODAY)]), TARGET).propose()
    origins = {o.security_id: o for o in origins_of_trades(plan, TARGET, JAN)}
    net = net_shares(plan)
    for k, o in origins.items():
        assert o.traded_usd == pytest.approx(100 * net[k])
        assert o.allocation_usd + o.index_usd + o.account_usd == pytest.approx(o.traded_usd)
        assert "from the allocation" in o.sentence
    assert origins["C"].allocation_usd == pytest.approx(16_000)
    assert origins["C"].index_usd == 0
    assert origins["B"].index_usd == pytest.approx(-14_000)
    frame = origins_frame(tuple(origins.values()))
    assert frame["traded_usd"].iloc[:-1].sum() == pytest.approx(frame["traded_usd"].iloc[-1])


def test_a_change_of_allocation_calls_for_a_rebalance_as_a_reconstitution_does() -> None:
    soon = date(2026, 11, 24)
    three = TargetComponent("three", 1.0, (IndexWeights(JAN, WEIGHTS),))
    more = TargetComponent("more", 0.0, (IndexWeights(JAN, {"C": 1.0}),))
    target = Target((three, more), (Allocation(soon, {"three": 0.8, "more": 0.2}),))
    reading = Reconstitution().read(replace(Day().facts(), target=target), TriggerState())
    # C goes from 0.3 to 0.44: 0.14 one way.
    assert reading.figure == pytest.approx(0.14)
    assert f"The target changes on {soon}" in reading.sentence
