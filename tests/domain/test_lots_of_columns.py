"""Lots made by the column are the lots made one by one, and what is no lot is refused all the same."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lots import LotState, TaxLot, lots_of_columns
from di_advisor.errors import InputError

_DAY = date(2025, 3, 3)
_AMOUNTS = st.one_of(
    st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(10**9), places=4),
    st.fractions(min_value=Fraction(1, 7), max_value=Fraction(10**6), max_denominator=97),
)
_DAYS = st.integers(0, 900).map(lambda n: _DAY - timedelta(days=n))
_ROWS = st.lists(
    st.tuples(_AMOUNTS, st.one_of(st.none(), st.just(Decimal("0.00")), _AMOUNTS), st.one_of(st.none(), _DAYS)),
    max_size=6,
)
_PLAIN = st.lists(st.tuples(st.decimals("0.01", 10**6, places=2), st.decimals("0.01", 10**6, places=2), _DAYS))


def _columns(rows: list[tuple[Any, Any, Any]]) -> list[list[Any]]:
    ids = [f"L{i}" for i in range(len(rows))]
    shares, bases, days = ([row[j] for row in rows] for j in range(3))
    held = [None if i % 2 or day is None else day - timedelta(days=5) for i, day in enumerate(days)]
    return [ids, [f"S{i}" for i in ids], shares, bases, days, held]


@given(st.one_of(_ROWS, _PLAIN))
def test_lots_by_the_column_are_lots_one_by_one(rows: list[tuple[Any, Any, Any]]) -> None:
    columns = _columns(rows)
    one_by_one = tuple(
        TaxLot(i, "A", s, q, basis, on, held, LotState.of(basis, on))
        for i, s, q, basis, on, held in zip(*columns, strict=True)
    )
    found = lots_of_columns("A", *columns)
    assert found == one_by_one
    assert [hash(lot) for lot in found] == [hash(lot) for lot in one_by_one]
    assert [repr(lot) for lot in found] == [repr(lot) for lot in one_by_one]


@pytest.mark.parametrize(
    ("shares", "basis"),
    [
        (Decimal(0), Decimal(1)),
        (Decimal(-3), Decimal(1)),
        (Decimal("NaN"), Decimal(1)),
        (Decimal("Infinity"), Decimal(1)),
        (Decimal("1E-40"), Decimal(1)),
        (Decimal("0." + "1" * 29), Decimal(1)),
        (0.5, Decimal(1)),
        (Decimal(1), Decimal(-1)),
        (Decimal(1), Decimal("1E+40")),
        (Decimal(1), Decimal("0E-60")),
    ],
)
def test_one_bad_figure_in_a_column_is_refused(shares: Any, basis: Any) -> None:
    good = (Decimal(5), Decimal(50), _DAY)
    with pytest.raises(InputError, match="L1"):
        lots_of_columns("A", *_columns([good, (shares, basis, _DAY), good]))
