"""Lots kept as columns are the lots made one by one, and what is not plain is left to those."""

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lot_columns import LotColumns, basis_at, lot_ids_at, shares_at, units_of_decimals
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.written_amounts import written_of_texts

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
        written = written_of_texts(texts)
        assert written is not None
        units = written.units
        assert [Decimal(n).scaleb(-units.places) for n in units.count.tolist()] == [Decimal(t) for t in texts]
        backwards = list(range(len(texts)))[::-1]
        for found in (
            written.decimals_at(backwards),
            written.take(np.array(backwards, dtype=np.int64)).decimals_at(range(len(texts))),
        ):
            assert list(map(str, found)) == [str(Decimal(t)) for t in texts[::-1]]


@pytest.mark.parametrize(
    ("texts", "counts", "places", "own"),
    [
        ([], [], 0, None),
        (["7", "12"], [7, 12], 0, None),
        (["7.5", "12.0"], [75, 120], 1, None),
        (["7.50", "12.5"], [750, 1250], 2, [2, 1]),
        (["7.50", "12"], [750, 1200], 2, [2, 0]),
        (["007", "0.00"], [700, 0], 2, [0, 2]),
        (["999999999999999"], [999_999_999_999_999], 0, None),
        (["9999999.99999999"], [999_999_999_999_999], 8, None),
    ],
)
def test_plain_texts_are_read(texts: list[str], counts: list[int], places: int, own: list[int] | None) -> None:
    written = written_of_texts(texts)
    assert written is not None
    assert (written.units.count.tolist(), written.units.places) == (counts, places)
    assert (None if written.places is None else written.places.tolist()) == own


@pytest.mark.parametrize(
    "text",
    [
        *("1,5", "", ".", "1.", ".5", "1.2.3", "1_0", " 1", "1\n", "-1", "+1", "1E3", "1/3", "nan", "inf", "\u0661"),
        *("1" + "0" * 15, "1" + "0" * 40, "0.000000001", "10000000.00000000"),
    ],
)
def test_what_is_not_plain_is_no_amount(text: str) -> None:
    for beside in ([], ["2.5"]):
        assert written_of_texts([text, *beside]) is None
        assert written_of_texts([*beside, text]) is None


def test_amounts_that_have_too_many_digits_only_beside_others_are_none() -> None:
    assert written_of_texts(["99999999"]) is not None
    assert written_of_texts(["99999999", "0.00000001"]) is None


def test_units_of_decimals_have_no_exponent_and_no_sign() -> None:
    found = units_of_decimals([Decimal("1E+2"), Decimal("2.50")])
    assert found is not None
    assert (found.count.tolist(), found.places) == ([10_000, 250], 2)
    assert units_of_decimals([Decimal(-1)]) is None
    assert units_of_decimals([Decimal("NaN")]) is None


@given(_ROWS, st.sets(st.sampled_from(["S0", "S1", "S2", "L0", "L3"])))
def test_names_and_ids_are_found_at_their_places(rows: list[tuple[str, str, int, int | None]], known: set[str]) -> None:
    columns = _columns(rows)
    found = LotColumns.of("A", columns)
    assert found is not None
    positions = {name: 10 + i for i, name in enumerate(sorted(known))}
    expected = [positions.get(name) for name in columns[1]]
    names = found.names_in(positions)
    assert (None if names is None else names.tolist()) == (None if None in expected else expected)
    assert found.at_ids(known) == [i for i, lot_id in enumerate(columns[0]) if lot_id in known]
    kept = [i for i, name in enumerate(columns[1]) if name in known]
    of_kept = found.take(kept).names_in(positions)  # names that no lot has any more do not matter
    assert of_kept is not None
    assert of_kept.tolist() == [expected[i] for i in kept]


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
