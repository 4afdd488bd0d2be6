"""Joint size: the shares of a block's cost add up, an order alone costs what it did, and a crowd trades less."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.portfolio import Side
from di_advisor.domain.universe import Security, Universe
from di_advisor.fleet.blocks import Allocation, BlockFill, Rotation, allocate, blocks_of
from di_advisor.fleet.fairness import fairness_of
from di_advisor.fleet.joint import joint_size, mean_size, priced_jointly, unsettled_share
from di_advisor.fleet.record import FleetRecord, RecordedOrder
from di_advisor.propose.proposal import Certificate

UNIVERSE = Universe((Security("X"), Security("Y")))
COSTS = CostCurves(UNIVERSE, np.array([2e-4, 3e-4]), np.array([4e-6, 2e-6]), np.array([0.0, 1e-10]))
PROOF = Certificate("test", 0.0, 0.0, 0.0, 0.0, 0.0)


def record(label: str, **shares: int) -> FleetRecord:
    orders = tuple(
        RecordedOrder(name, Side.BUY if n > 0 else Side.SELL, Decimal(abs(n)), Decimal(100))
        for name, n in shares.items()
    )
    day = date(2026, 6, 30)
    return FleetRecord(label, day, orders, Decimal(1_000_000), Decimal(0), {}, PROOF, 0.01, 0.005)


def test_joint_dollars_are_summed_by_name_and_side() -> None:
    size = joint_size([record("a", X=10), record("b", X=30, Y=-5), record("c", X=-1)], UNIVERSE)
    np.testing.assert_allclose(size.total_usd, [[4_000, 0], [100, 500]])
    np.testing.assert_allclose(size.typical_usd, [[(1_000**2 + 3_000**2) / 4_000, 0], [100, 500]])


def test_an_account_that_trades_a_name_alone_is_priced_as_before() -> None:
    priced = priced_jointly(COSTS, joint_size([record("a", X=100, Y=-40)], UNIVERSE))
    assert priced.selling is not None
    for one in (priced, priced.selling):
        np.testing.assert_allclose(one.linear, COSTS.linear)
        np.testing.assert_allclose(one.three_halves, COSTS.three_halves)


@given(st.integers(1, 400), st.integers(1, 5_000))
def test_equal_orders_pay_exactly_their_share_of_the_blocks_cost(accounts: int, shares: int) -> None:
    size = joint_size([record(f"a{i}", X=shares, Y=shares) for i in range(accounts)], UNIVERSE)
    mine = np.full(2, 100.0 * shares)
    together = COSTS.cost_usd(mine * accounts)
    np.testing.assert_allclose(priced_jointly(COSTS, size).cost_usd(mine) * accounts, together, rtol=1e-9)


@given(st.lists(st.integers(1, 3_000), min_size=2, max_size=30))
def test_joint_prices_are_never_below_those_of_an_order_alone_and_stay_convex(sizes: list[int]) -> None:
    size = joint_size([record(f"a{i}", X=n) for i, n in enumerate(sizes)], UNIVERSE)
    priced = priced_jointly(COSTS, size)
    v = np.full(2, float(size.typical_usd[0, 0]))
    assert (priced.cost_usd(v) >= COSTS.cost_usd(v) * (1 - 1e-12)).all()
    assert (priced.three_halves >= 0).all()
    assert (priced.three_halves <= COSTS.three_halves).all()


def test_rounds_are_priced_at_the_mean_of_what_was_seen_and_what_is_left_over_is_told() -> None:
    first = joint_size([record("a", X=10)], UNIVERSE)
    second = joint_size([record("a", X=30)], UNIVERSE)
    mean = mean_size([first, second])
    assert mean.total_usd[0, 0] == 2_000
    assert unsettled_share(mean, second) == pytest.approx(1_000 / 3_000)
    assert unsettled_share(first, joint_size([], UNIVERSE)) == 0.0


def dealt(records: list[FleetRecord], filled: Decimal) -> list[Allocation]:
    (one,) = blocks_of(records)
    return [allocate(one, [BlockFill(filled, Decimal(101))], Rotation())[0]]


def test_fairness_shows_costs_against_size_and_how_far_fills_are_from_pro_rata() -> None:
    records = [record("small", X=10), record("large", X=990)]
    found = fairness_of(dealt(records, Decimal(555)), COSTS)
    large, small = found.rows
    assert (large.label, small.label) == ("large", "small")
    assert small.cost_rate == pytest.approx(large.cost_rate)
    assert small.cost_alone_usd < small.cost_usd
    together = COSTS.cost_usd(np.array([100_000.0, 0.0]))[0]
    assert small.cost_usd + large.cost_usd == pytest.approx(together)
    assert found.off_by_a_step_max < 1
    assert found.ratio_off_max == pytest.approx(0.045)  # 6 of 10, where 5.55 were due
    assert small.odd_shares == pytest.approx(-large.odd_shares)
    by_size = found.cost_rate_by_size(2)
    assert [round(mean) for mean, _, _ in by_size] == [1_000, 99_000]
    assert by_size[0][1] < by_size[1][1]


def test_partly_filled_sales_take_the_lots_in_the_order_of_the_proposal() -> None:
    day, price = date(2026, 6, 30), Decimal(10)
    lots = tuple(RecordedOrder("X", Side.SELL, Decimal(n), price, lot) for lot, n in (("L2", 5), ("L1", 7)))
    sale = FleetRecord("a", day, lots, Decimal(1), Decimal(0), {}, PROOF, 0.0, 0.0)
    (allocation,) = dealt([sale], Decimal(9))
    assert allocation.by_lot("a", sale.orders) == [("L2", Decimal(5)), ("L1", Decimal(4))]
