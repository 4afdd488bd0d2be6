"""Columns of whole numbers give what decimals give one by one: products, differences, cents, floats."""

from decimal import Decimal

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from di_advisor.domain.amounts import all_at_places
from di_advisor.domain.lot_columns import Units
from di_advisor.domain.unit_columns import (
    cents_of,
    decimal_of,
    difference_of,
    floats_of,
    product_of,
    rescaled,
    total_of,
)

_COLUMN = st.tuples(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6), st.integers(0, 6))
_PRICES = st.tuples(st.lists(st.integers(1, 10**6), min_size=6, max_size=6), st.integers(0, 4))


def _units(column: tuple[list[int], int]) -> Units:
    return Units(np.array(column[0], dtype=np.int64), column[1])


def _decimals(amounts: Units) -> list[Decimal]:
    return [decimal_of(c, amounts.places) for c in amounts.count.tolist()]


@given(_COLUMN, _PRICES)
def test_products_their_cents_and_floats_are_those_of_decimals(
    column: tuple[list[int], int], prices: tuple[list[int], int]
) -> None:
    shares, price = _units(column), _units((prices[0][: len(column[0])], prices[1]))
    found = product_of(shares, price)
    assert found is not None
    exact = [s * p for s, p in zip(_decimals(shares), _decimals(price), strict=True)]
    assert _decimals(found) == exact
    assert floats_of(found).tolist() == [float(x) for x in exact]
    cents = cents_of(found)
    assert [decimal_of(c, 2) for c in cents.tolist()] == all_at_places(exact, 2)
    assert str(total_of(cents)) == str(sum(all_at_places(exact, 2), Decimal(0)))


@given(_COLUMN, _COLUMN)
def test_differences_are_those_of_decimals_whatever_their_places(
    one: tuple[list[int], int], other: tuple[list[int], int]
) -> None:
    size = min(len(one[0]), len(other[0]))
    a, b = _units((one[0][:size], one[1])), _units((other[0][:size], other[1]))
    found = difference_of(a, b)
    assert found is not None
    assert _decimals(found) == [x - y for x, y in zip(_decimals(a), _decimals(b), strict=True)]


@given(st.integers(-(2**40), 2**40), st.integers(0, 8))
@example(125, 3)
@example(-125, 3)
@example(-135, 3)
def test_half_a_cent_goes_to_the_even_one_on_both_sides_of_zero(count: int, places: int) -> None:
    (cents,) = cents_of(Units(np.array([count]), places)).tolist()
    assert decimal_of(cents, 2) == round(decimal_of(count, places), 2)


def test_what_does_not_fit_is_refused_not_rounded() -> None:
    large, small = Units(np.array([2**40]), 4), Units(np.array([2**14]), 2)
    assert product_of(large, small) is None
    assert product_of(Units(np.array([2**40]), 18), Units(np.array([1]), 1)) is None
    assert rescaled(large, 9) is None
    assert rescaled(large, 3) is None, "places are never dropped"
    assert difference_of(large, Units(np.array([1]), 12)) is None


def test_nothing_adds_up_to_a_plain_zero() -> None:
    assert str(total_of(np.zeros(0, dtype=np.int64))) == str(sum([], Decimal(0))) == "0"
