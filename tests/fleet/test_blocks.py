"""Blocks conserve shares and cents exactly, favour nobody, and odd shares go round over the days."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.fleet.blocks import Block, BlockFill, Rotation, allocate

PRICE = Decimal("101.37")
labels = st.text("abcdef", min_size=1, max_size=4)
whole = st.integers(1, 900).map(Decimal)
parts = st.integers(1, 90_000).map(lambda n: Decimal(n).scaleb(-2))


def block(**orders: int) -> Block:
    return Block("X", Side.BUY, {k: Decimal(v) for k, v in orders.items()}, PRICE)


def filled(shares: int | Decimal, price: str = "100") -> list[BlockFill]:
    return [BlockFill(Decimal(shares), Decimal(price))] if shares else []


@given(st.dictionaries(labels, whole | parts, min_size=1, max_size=9), st.data())
def test_shares_and_cents_are_conserved_and_nobody_gets_more_than_it_ordered(
    orders: dict[str, Decimal], data: st.DataObject
) -> None:
    ordered = Block("X", Side.SELL, orders, PRICE)
    shares = data.draw(st.integers(0, int(ordered.shares)))
    cuts = sorted(data.draw(st.lists(st.integers(0, shares), max_size=3)))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, shares], strict=True) if b > a]
    prices = data.draw(st.lists(st.decimals("90", "110", places=3), min_size=len(sizes), max_size=len(sizes)))
    fills = [BlockFill(Decimal(n), p) for n, p in zip(sizes, prices, strict=True)]
    seed = data.draw(st.integers(0, 5))
    found, _ = allocate(ordered, fills, Rotation(seed))
    assert sum(found.shares.values()) == shares
    paid = sum((Fraction(f.shares) * Fraction(f.price_usd) for f in fills), Fraction(0))
    assert abs(Fraction(sum(found.amount_usd.values(), Decimal(0))) - paid) <= Fraction(1, 200)
    for label, order in orders.items():
        assert 0 <= found.shares[label] <= order
        if order == order.to_integral_value():
            assert found.shares[label] == found.shares[label].to_integral_value()


@given(st.dictionaries(labels, whole, min_size=1, max_size=9), st.data())
def test_whole_shares_are_within_one_share_of_pro_rata(orders: dict[str, Decimal], data: st.DataObject) -> None:
    ordered = Block("X", Side.BUY, orders, PRICE)
    shares = data.draw(st.integers(0, int(ordered.shares)))
    found, _ = allocate(ordered, filled(shares), Rotation())
    ratio = Fraction(shares) / Fraction(ordered.shares)
    assert all(abs(Fraction(found.shares[k]) - ratio * Fraction(v)) < 1 for k, v in orders.items())


def test_an_odd_share_goes_round_so_that_equal_orders_get_equal_shares_over_the_days() -> None:
    ordered = block(a=10, b=10, c=10, d=10, e=10)
    rotation, got = Rotation(seed=4), Counter[str]()
    for _ in range(5):
        found, rotation = allocate(ordered, filled(32), rotation)
        got.update({k: int(v) for k, v in found.shares.items()})
    assert set(got.values()) == {32}


@pytest.mark.parametrize(
    ("orders", "shares"),
    [
        ({"large": "9", "small": "1"}, "1"),  # by turns alone, each would get a half
        ({"large": "900", "a": "1", "b": "1", "c": "1"}, "10"),
        ({"whole": "10", "part": "0.5", "other": "1.5"}, "5"),  # parts of shares do not always get what is left over
        ({"large": "100", "small": "3", "part": "0.55", "other": "12.25"}, "7"),
    ],
)
def test_over_many_days_everybody_comes_to_exact_pro_rata_whatever_the_size_of_its_orders(
    orders: dict[str, str], shares: str
) -> None:
    ordered = Block("X", Side.SELL, {k: Decimal(v) for k, v in orders.items()}, PRICE)
    rotation, got, days = Rotation(seed=2), dict.fromkeys(orders, Decimal(0)), 60
    for day in range(1, days + 1):
        found, rotation = allocate(ordered, filled(Decimal(shares)), rotation)
        for label, order in ordered.orders.items():
            got[label] += found.shares[label]
            due = day * Fraction(shares) * Fraction(order) / Fraction(ordered.shares)
            assert abs(Fraction(got[label]) - due) < Fraction(3, 2)


@given(st.dictionaries(labels, whole | parts, min_size=1, max_size=6), st.lists(st.integers(0, 10_000), max_size=6))
def test_what_is_owed_is_what_pro_rata_gave_and_the_account_did_not_get(
    orders: dict[str, Decimal], days: list[int]
) -> None:
    ordered = Block("X", Side.BUY, orders, PRICE)
    rotation, late = Rotation(), dict.fromkeys(orders, Fraction(0))
    for day in days:
        shares = Decimal(day % (int(ordered.shares) + 1))
        found, rotation = allocate(ordered, filled(shares), rotation)
        for label, order in orders.items():
            late[label] += Fraction(shares) * Fraction(order) / Fraction(ordered.shares) - Fraction(found.shares[label])
    owed = rotation.owed.get("buy X", {})
    assert all(abs(Fraction(owed.get(k, 0), 1_000_000) - v) <= Fraction(len(days), 2_000_000) for k, v in late.items())


def test_the_turn_is_kept_while_accounts_come_and_go() -> None:
    rotation = Rotation(seed=1)
    everybody = dict.fromkeys("abcdefgh", 7)
    _, rotation = allocate(block(**everybody), filled(3), rotation)
    served = {k for k in everybody if rotation.place(k) <= rotation.last["buy X"]}
    rest = {k: v for k, v in everybody.items() if k not in served} | {"new": 7}
    found, _ = allocate(block(**{**everybody, "new": 7}), filled(len(rest)), rotation)
    assert {k for k, v in found.shares.items() if v} == set(rest) or rotation.place("new") <= rotation.last["buy X"]


def test_another_seed_begins_with_another_account() -> None:
    firsts = {Rotation(seed).queue("buy X", "abcdefgh")[0] for seed in range(30)}
    assert len(firsts) > 4


def test_the_average_price_of_all_fills_is_everybodys_and_cents_add_up() -> None:
    found, _ = allocate(
        block(a=1, b=1, c=1),
        [BlockFill(Decimal(1), Decimal("10.01")), BlockFill(Decimal(2), Decimal("10.02"))],
        Rotation(),
    )
    assert found.price_usd == Fraction(3005, 300)
    assert sum(found.amount_usd.values()) == Decimal("30.05")
    assert set(found.amount_usd.values()) == {Decimal("10.01"), Decimal("10.02")}


def test_a_fraction_that_is_sold_out_does_not_leave_part_of_a_share_to_somebody_who_wants_whole_ones() -> None:
    ordered = Block("X", Side.SELL, {"whole": Decimal(10), "rest": Decimal("0.37")}, PRICE)
    found, _ = allocate(ordered, filled(10), Rotation())
    assert dict(found.shares) == {"whole": Decimal(10), "rest": Decimal(0)}
    found, _ = allocate(ordered, filled(Decimal("10.37")), Rotation())
    assert dict(found.shares) == dict(ordered.orders)


def test_more_than_was_ordered_or_a_part_that_nobody_takes_is_refused() -> None:
    with pytest.raises(InputError, match="3 ordered"):
        allocate(block(a=1, b=2), filled(4), Rotation())
    with pytest.raises(InputError, match="no account takes a part of a share"):
        allocate(block(a=1, b=2), filled(Decimal("2.5")), Rotation())
    with pytest.raises(InputError, match="no shares for a"):
        block(a=0, b=1)
