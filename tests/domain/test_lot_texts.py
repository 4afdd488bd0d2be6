"""Lots read in one pass over their bytes are those that `json` and `LotColumns.of` give; all else is left to these."""

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain import lot_texts
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.lot_texts import columns_of_json

_IDS = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=6)
_AMOUNT = st.one_of(
    st.integers(1, 10**9).map(str),
    st.decimals("0.01", 10**6, places=2).map(str),
    st.sampled_from(["0.5", "007", "10."]),
)
_DAY = st.integers(730_000, 740_000)


def _written(columns: list[list[Any]]) -> bytes:
    return json.dumps(columns, separators=(",", ":")).encode()[2:-2]


@st.composite
def _columns(draw: st.DrawFn) -> list[list[Any]]:
    size = draw(st.integers(1, 6))

    def many(of: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(of, min_size=size, max_size=size))

    alike = draw(st.sampled_from([_AMOUNT, st.integers(1, 10**9).map(str), st.decimals("0.01", 99, places=2).map(str)]))
    since = st.one_of(st.none(), _DAY)
    return [
        many(_IDS),
        many(st.sampled_from(["A", "BB", "A,", "]]"])),
        many(alike),
        many(alike),
        many(_DAY),
        many(since),
    ]


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lot_texts, "is_compiled", lambda: True)


@given(_columns())
def test_what_is_read_in_one_pass_is_what_json_reads(columns: list[list[Any]]) -> None:
    found, expected = columns_of_json(_written(columns)), LotColumns.of("A", columns)
    if found is None:
        return
    lots = found.of("A")
    assert expected is not None
    assert lots == expected
    assert [*lots.lot_ids] == columns[0]
    for mine, theirs in ((lots.shares, expected.shares), (lots.basis, expected.basis)):
        assert mine.places == theirs.places
        assert mine.count.tolist() == theirs.count.tolist()
    at = list(range(len(lots)))[::2]
    assert list(map(str, lots.shares_at(at))) == list(map(str, expected.shares_at(at)))
    assert lots.take(at) == expected.take(at)
    positions = {"A": 3, "BB": 4, "A,": 5, "]]": 6}
    names, others = lots.names_in(positions), expected.names_in(positions)
    assert names is not None
    assert others is not None
    assert names.tolist() == others.tolist() == [positions[s] for s in columns[1]]
    assert lots.names_in({"A": 3}) is None or set(columns[1]) == {"A"}
    assert deepcopy(lots) == lots


_PLAIN: list[list[Any]] = [["x", "y"], ["A", "A"], ["1.50", "2.25"], ["10", "20"], [738_000, 738_001], [None, 737_000]]


def test_plain_columns_are_read() -> None:
    found = columns_of_json(_written(_PLAIN))
    assert found is not None
    assert found.amounts[0].count.tolist() == [150, 225]
    assert found.days[1].tolist() == [738_000, 737_000]
    assert found.security_ids.runs.tolist() == [0]
    assert found.texts[0][1] == "2.25"
    assert found.texts[0][:] == ["1.50", "2.25"]


@pytest.mark.parametrize(
    "written",
    [
        _written(_PLAIN).replace(b'"x"', b'"\\u0041"'),
        _written(_PLAIN).replace(b'"x"', '"é"'.encode()),
        _written(_PLAIN).replace(b'"x"', b'"\x01"'),
        _written(_PLAIN).replace(b'"1.50"', b'"1.5"'),
        _written(_PLAIN).replace(b'"1.50"', b'"1/3"'),
        _written(_PLAIN).replace(b'"1.50"', b'"-1.50"'),
        _written(_PLAIN).replace(b'"1.50"', b'"0.00"'),
        _written(_PLAIN).replace(b'"1.50"', b"1.50"),
        _written(_PLAIN).replace(b'"1.50"', b'""'),
        _written(_PLAIN).replace(b'"1.50"', b'"12345678901234.56"'),
        _written(_PLAIN).replace(b"738000", b"0738000"),
        _written(_PLAIN).replace(b"738000", b"738000.0"),
        _written(_PLAIN).replace(b"738000", b"null"),
        _written(_PLAIN).replace(b"738000", b"99999999"),
        _written(_PLAIN).replace(b"738000", b""),
        _written(_PLAIN).replace(b"null", b"nul"),
        _written(_PLAIN).replace(b'"x",', b'"x", '),
        _written(_PLAIN).replace(b'"x",', b""),
        _written(_PLAIN).replace(b'"x"', b"null"),
        _written(_PLAIN) + b",1",
        _written(_PLAIN)[:-7],
        _written(_PLAIN)[:20],
        b"",
        b"],[],[],[],[],[",
    ],
)
def test_anything_unusual_is_left_to_json(written: bytes) -> None:
    assert columns_of_json(written) is None


def test_nothing_is_read_so_where_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lot_texts, "is_compiled", lambda: False)
    assert columns_of_json(_written(_PLAIN)) is None


def test_days_beyond_the_calendar_are_left_to_json() -> None:
    days = np.array([4_000_000])
    assert lot_texts._days(days) is None
