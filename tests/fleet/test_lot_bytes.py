"""Accounts as columns of bytes: nothing is lost, nothing damaged is taken, nothing forged makes a lot that is none."""

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lot_columns import LotColumns, shares_at
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Account, AccountKind, Portfolio
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError, NewerSchemaError
from di_advisor.fleet.account import FleetAccount, account_from_bytes, account_to_bytes
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.sealed import begun_at, heads_of, is_begun, label_of
from tests.fleet.older_bodies import older_body

DAY = date(2026, 3, 2)
TAX = TaxProfile(ConstantRates(0.37, 0.2))

_IDS = st.text(max_size=5)
_AMOUNT = st.one_of(st.integers(1, 10**6).map(Decimal), st.decimals("0.00000001", 10**6, places=8))
_AMOUNT |= st.decimals("0.01", 10**7, places=2)
_AGE = st.integers(0, 9_000)


def _fleet_account(*accounts: Account, label: str = "one") -> FleetAccount:
    return FleetAccount(label, Portfolio("ann", accounts), accounts[0].account_id, Mandate(), TAX)


def _lot(i: int, name: str, shares: Decimal, usd: Decimal, age: int, more: int) -> TaxLot:
    acquired = DAY - timedelta(days=age)
    return TaxLot(f"L{i}", "A", name, shares, usd, acquired, acquired - timedelta(days=more))


_LOTS = st.lists(st.tuples(_IDS, _AMOUNT, _AMOUNT, _AGE, st.sampled_from([0, 0, 7])), min_size=1, max_size=8).map(
    lambda rows: tuple(_lot(i, *row) for i, row in enumerate(rows))
)


@given(_LOTS, st.floats(-1, 1), st.booleans())
def test_an_account_comes_back_with_every_decimal_it_was_written_with(
    lots: tuple[TaxLot, ...], price: float, begins: bool
) -> None:
    account = replace(_fleet_account(Account("A", lots)), begins_at={"market": price} if begins else {})
    body = account_to_bytes(account)
    read = account_from_bytes(body)
    assert read == account
    assert account_to_bytes(read) == body
    assert [repr(x) for x in read.portfolio.lots] == [repr(x) for x in lots]
    assert account_from_bytes(begun_at(older_body(account), account.begins_at)) == account


def _base() -> FleetAccount:
    first = tuple(_lot(i, "XYX"[i], Decimal(f"{i + 1}.50"), Decimal(300 * i + 9), i, 0) for i in range(3))
    other = TaxLot("B0", "B", "Z", Decimal(7), Decimal("3.25"), DAY, date(2025, 1, 2))
    return _fleet_account(Account("A", first), Account("B", (other,), kind=AccountKind.IRA))


def _said(body: bytes) -> Any:
    return json.loads(body.partition(b"\n")[0])


def _forged(body: bytes, change: Callable[[dict[str, Any]], None], columns: bytes | None = None) -> bytes:
    """The same bytes with other words before the columns, or other columns, and a checksum that fits."""
    line, _, behind = body.partition(b"\n")
    said = json.loads(line)
    change(said)
    made = json.dumps(said, separators=(",", ":")).encode() + b"\n" + (behind[:-4] if columns is None else columns)
    return made + zlib.crc32(made).to_bytes(4, "little")


def test_lots_stand_in_columns_of_the_narrowest_types() -> None:
    found = [a["lots"] for a in _said(account_to_bytes(_base()))["accounts"]]
    first, other = found
    assert first == {
        "lots": 3,
        "texts": [8, 3],
        "places": [2, 0],
        "numbers": ["u1", "u2", "u2", "u4", None, None, None],
    }
    assert other["numbers"] == ["u1", "u1", "u2", "u4", "u4", None, None]
    assert isinstance(account_from_bytes(account_to_bytes(_base())).portfolio.accounts[1].lots, LotColumns)


@pytest.mark.parametrize(
    "changed",
    [
        {"lot_id": "two\nlines"},
        {"security_id": "two\nlines"},
        {"lot_id": "\udc80"},
        {"shares": Fraction(1, 3)},
        {"shares": Decimal("0.123456789")},
        {"basis_total_usd": Decimal(0)},
        {"shares": Decimal("1E+3")},
    ],
)
def test_lots_that_do_not_fit_into_columns_stay_json_and_come_back(changed: dict[str, Any]) -> None:
    lots = (replace(_base().portfolio.lots[0], **changed), _base().portfolio.lots[1])
    account = _fleet_account(Account("A", lots))
    body = account_to_bytes(account)
    assert isinstance(_said(body)["accounts"][0]["lots"], list)
    assert account_from_bytes(body) == account
    assert account_to_bytes(account_from_bytes(body)) == body


def test_bodies_take_little_more_than_half_of_what_json_takes(six: SampleFleet) -> None:
    for account in six:
        assert len(account_to_bytes(account)) < 0.65 * len(older_body(account))


@given(st.data())
def test_a_body_that_was_cut_or_changed_is_refused(data: st.DataObject) -> None:
    body = account_to_bytes(_base())
    at = data.draw(st.integers(0, len(body) - 1))
    cut = data.draw(st.sampled_from([body[:at], body + body[:at] + b"x"]))
    with pytest.raises(InputError, match="cannot be read"):
        account_from_bytes(cut)
    flipped = bytearray(body)
    flipped[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((InputError, NewerSchemaError)):
        account_from_bytes(bytes(flipped))


@given(st.data())
def test_columns_of_any_bytes_are_refused_or_are_lots(data: st.DataObject) -> None:
    """Whoever forges a body cannot make a lot of it that a lot cannot be, nor end the worker."""
    body = account_to_bytes(_base())
    behind = bytearray(body.partition(b"\n")[2][:-4])
    for _ in range(data.draw(st.integers(1, 4))):
        behind[data.draw(st.integers(0, len(behind) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = account_from_bytes(_forged(body, lambda _: None, bytes(behind)))
    except InputError:
        return
    for account in read.portfolio.accounts:
        one_by_one = tuple(
            TaxLot(x.lot_id, x.account_id, x.security_id, x.shares, x.basis_total_usd, x.acquired, x.held_since)
            for x in account.lots
        )  # with every check of a lot that is made by hand
        assert account.lots == one_by_one
    assert account_from_bytes(account_to_bytes(read)) == read


def _lots(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda said: said["accounts"][0]["lots"].update(values)


def _of(place: int, name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(said: dict[str, Any]) -> None:
        said["accounts"][0]["lots"][name][place] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_lots(lots=10**30), "0 bytes, and 42 are there"),
        (_lots(lots=2), "are there|differ|belong|has a"),
        (_lots(lots=0), "cannot be read"),
        (_lots(lots=-1), "-1 bytes"),
        (_lots(lots=3.0), "3.0 bytes"),
        (_lots(lots="3"), "bytes"),
        (_lots(lots=None), "cannot be read"),
        (_of(0, "texts", 10**12), "1000000000000 bytes"),
        (_of(0, "texts", True), "True bytes"),
        (_lots(texts=[8]), "cannot be read"),
        (_lots(texts=8), "cannot be read"),
        (_of(0, "places", -1), "-1 decimals"),
        (_of(0, "places", 9), "9 decimals"),
        (_of(0, "places", 2.0), "2.0 decimals"),
        (_lots(places=[2]), "cannot be read"),
        (_of(0, "numbers", "u3"), "'u3'"),
        (_of(0, "numbers", ["u1"]), "unhashable"),
        (_of(0, "numbers", None), "None"),
        (_of(4, "numbers", "u4"), "are there|has a day|belong|has a name|not above"),
        (_lots(numbers=["u1", "u2", "u2", "u4"]), "cannot be read"),
        (_lots(numbers=None), "cannot be read"),
        (lambda said: said["accounts"][1].update(lots=[[], [], [], [], [], []]), "belong to no column"),
        (lambda said: said["accounts"][0].update(lots=1), "cannot be read"),
        (lambda said: said["accounts"].pop(), "belong to no column"),
        (lambda said: said.pop("client"), "'client'"),
    ],
)
def test_words_that_do_not_fit_the_columns_are_refused(change: Callable[[dict[str, Any]], None], says: str) -> None:
    with pytest.raises(InputError, match=says):
        account_from_bytes(_forged(account_to_bytes(_base()), change))


@pytest.mark.parametrize(
    ("code", "shares", "basis", "day", "own", "says"),
    [
        (0, 100, 5, 738_000, 2, ""),
        (1, 100, 5, 738_000, 2, "has a name that is not there"),
        (0, 0, 5, 738_000, 2, "not above zero"),
        (0, 10**15, 5, 738_000, 2, "too many digits"),
        (0, 2**64 - 1, 5, 738_000, 2, "not above zero"),
        (0, 100, 0, 738_000, 2, "not above zero"),
        (0, 100, 5, 0, 2, "in no calendar"),
        (0, 100, 5, 4_000_000, 2, "in no calendar"),
        (0, 100, 5, 738_000, 0, ""),
        (0, 101, 5, 738_000, 0, "more decimals than"),
        (0, 100, 5, 738_000, 3, "more decimals than"),
        (2**63, 100, 5, 738_000, 2, "has a name that is not there"),
    ],
)
def test_figures_that_no_lot_has_are_refused(code: int, shares: int, basis: int, day: int, own: int, says: str) -> None:
    account = _fleet_account(Account("A", (_lot(0, "X", Decimal("1.50"), Decimal(9), 0, 0),)))
    numbers = np.array([code, shares, basis, day, own], dtype="<u8").tobytes()
    said = _lots(texts=[2, 1], places=[2, 0], numbers=["u8", "u8", "u8", "u8", None, "u8", None])
    body = _forged(account_to_bytes(account), said, b"L0X" + numbers)
    if says:
        with pytest.raises(InputError, match=says):
            account_from_bytes(body)
        return
    (lot,) = account_from_bytes(body).portfolio.lots
    assert str(lot.shares) == ("1" if own == 0 else "1.00")


@pytest.mark.parametrize(("old", "new", "says"), [(b"L1", b"L0", "stands twice"), (b"L1", b"\xff\xfe", "decode")])
def test_ids_that_are_no_ids_are_refused(old: bytes, new: bytes, says: str) -> None:
    body = account_to_bytes(_base())
    behind = body.partition(b"\n")[2][:-4]
    assert old in behind
    with pytest.raises(InputError, match=says):
        account_from_bytes(_forged(body, lambda _: None, behind.replace(old, new, 1)))


def test_a_body_of_a_later_schema_says_so_whatever_stands_behind_it() -> None:
    for body in (b'{"schema":3,"label":"x"}\n\xff\x00', b'{"schema": 3, "label": "x"}'):
        with pytest.raises(NewerSchemaError, match="schema 3, this one reads 2"):
            account_from_bytes(body)
    with pytest.raises(InputError, match="are missing"):
        account_from_bytes(b'{"label": "x", "schema": 2}')


def test_whose_account_it_is_is_told_from_its_first_line() -> None:
    odd = 'a "label" ,"begins_at": é'
    account = replace(_base(), label=odd)
    for body in (account_to_bytes(account), older_body(account)):
        assert body.startswith(heads_of(odd))
        assert not body.startswith(heads_of("a"))
        assert label_of(body) == odd
        assert not is_begun(body)
        assert is_begun(begun_at(body, {"market": 0.5}))
        assert account_from_bytes(begun_at(body, {"market": 0.5})).begins_at == {"market": 0.5}
        assert begun_at(body, {}) == body
    assert [label_of(body) for body in (b"", b"[1]", b"{}", b"\xff", b"[" * 50_000)] == [None] * 5


def test_shares_are_exact_whatever_the_thread_rounds_to() -> None:
    lots = (
        account_from_bytes(
            account_to_bytes(
                _fleet_account(
                    Account(
                        "A",
                        (
                            _lot(0, "X", Decimal("123456.7891"), Decimal(9), 0, 0),
                            _lot(1, "X", Decimal("12.5"), Decimal(9), 0, 0),
                        ),
                    )
                )
            )
        )
        .portfolio.accounts[0]
        .lots
    )
    with localcontext(prec=3):
        assert list(map(str, shares_at(lots, [0, 1]))) == ["123456.7891", "12.5"]
