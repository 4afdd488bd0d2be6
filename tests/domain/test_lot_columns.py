"""Lots kept as columns are the lots made one by one, and what is not plain is left to those."""

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lot_columns import LotColumns, basis_at, lot_ids_at, shares_at, units_of_texts
from di_advisor.domain.lots import TaxLot

_DAY = date(2025, 3, 3)
_SHARES = st.integers(1, 10**9).flatmap(lambda n: st.sampled_from([str(n), str(Decimal(n).scaleb(-4)), f"{n}.50"]))
_USD = st.decimals("0.01", 10**9, places=2).map(str)
_ROWS = st.lists(st.tuples(_SHARES, _USD, st.integers(0, 9_000), st.one_of(st.none(), st.integers(1, 400))), max_size=8)


def _columns(rows: list[tuple[str, str, int, int | None]]) -> list[list[Any]]:
    bought = [_DAY.toordinal() - ago for _, _, ago, _ in rows]
    since = [None if more is None else on - more for on, (_, _, _, more) in zip(bought, rows, strict=True)]
    ids = [f"L{i}" for i in range(len(rows))]
    return [ids, [f"S{i % 3}" for i in range(len(rows))], [r[0] for r in rows], [r[1] for r in rows], bought, since]


def _one_by_one(columns: list[list[Any]]) -> tuple[TaxLot, ...]:
    return tuple(
        TaxLot(
            i, "A", s, Decimal(n), Decimal(usd), date.fromordinal(on), date.fromordinal(on if held is None else held)
        )
        for i, s, n, usd, on, held in zip(*columns, strict=True)
    )


@given(_ROWS)
def test_columns_are_lots_one_by_one(rows: list[tuple[str, str, int, int | None]]) -> None:
    columns = _columns(rows)
    found, lots = LotColumns.of("A", columns), _one_by_one(columns)
    assert found is not None
    assert (found, len(found), hash(found)) == (lots, len(lots), hash(lots))
    assert [repr(lot) for lot in found] == [repr(lot) for lot in lots]
    assert deepcopy(found) == lots  # as a process passes it to another
    some = list(range(len(lots)))[::-2]
    assert found.take(some) == tuple(lots[i] for i in some) == tuple(found.made_at(some))
    assert found[1:] == lots[1:]
    for ask in (shares_at, basis_at, lot_ids_at):
        assert list(map(str, ask(found, some))) == list(map(str, ask(lots, some)))  # type: ignore[operator]


@given(_ROWS)
def test_whole_numbers_are_the_amounts(rows: list[tuple[str, str, int, int | None]]) -> None:
    for texts in _columns(rows)[2:4]:
        units = units_of_texts(texts)
        assert units is not None
        assert [Decimal(n).scaleb(-units.places) for n in units.count.tolist()] == [Decimal(t) for t in texts]


@pytest.mark.parametrize(
    ("texts", "counts", "places"),
    [
        ([], [], 0),
        (["7", "12"], [7, 12], 0),
        (["7.5", "12.0"], [75, 120], 1),
        (["7.50", "12.5"], [750, 1250], 2),
        (["7.50", "12"], [750, 1200], 2),
        (["1.50 ", "2.25"], [150, 225], 2),
        (["1_0.50", "2.25"], [1050, 225], 2),
        ([".50", "2.25"], [50, 225], 2),
        (["5.", "2."], [5, 2], 0),
        (["999999999999999"], [999_999_999_999_999], 0),
    ],
)
def test_texts_of_any_kind_are_read(texts: list[str], counts: list[int], places: int) -> None:
    units = units_of_texts(texts)
    assert units is not None
    assert (units.count.tolist(), units.places) == (counts, places)


@pytest.mark.parametrize("text", ["1,5", "", ".", "1.2.3", "1._50x", "1 5"])
def test_what_is_no_number_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        units_of_texts([text])
    with pytest.raises(ValueError, match="could not convert"):
        units_of_texts([text, "2.5"])


def test_one_lot_is_asked_for() -> None:
    found = LotColumns.of("A", _columns([("3", "10.00", 50, None), ("4", "20.00", 60, None)]))
    assert found is not None
    assert found[-1] is found[1]
    assert found[1].acquired == _DAY - timedelta(days=60)
    assert found != (found[0],)
    with pytest.raises(IndexError):
        found[2]


@pytest.mark.parametrize(
    ("shares", "basis", "on"),
    [
        ("1/3", "10", 1),
        ("0", "10", 1),
        ("-2", "10", 1),
        ("nan", "10", 1),
        ("inf", "10", 1),
        ("1234567890.123456", "10", 1),
        ("0.000000001", "10", 1),
        (3, "10", 1),
        ("3", None, 1),
        ("3", "0", 1),
        ("3", "-1", 1),
        ("3", "0E-60", 1),
        ("3", "10", None),
        ("3", "10", 0),
        ("3", "10", True),
        ("3", "10", 7.5),
        ("3", "10", "700000"),
        ("3", "10", 10**9),
    ],
)
def test_what_is_not_plain_is_left_to_lots_one_by_one(shares: Any, basis: Any, on: Any) -> None:
    assert LotColumns.of("A", [["L"], ["S"], [shares], [basis], [on], [None]]) is None
