"""Records of accounts whose lots stay columns are, to the byte, those of accounts whose lots are made one by one."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.amounts import Exact, as_fraction, at_places
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.fleet.account import account_from_bytes, account_to_bytes
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import CONVEX, DESK, SampleFleet
from di_advisor.fleet.recording import _gain_of_part
from di_advisor.fleet.solving import FleetWork, solved
from di_advisor.sample.world import SampleWorld
from tests.fleet.older_bodies import older_body

_WISHES = (*CONVEX, DESK[0], Mandate(wash_policy=WashPolicy.PRICE, min_trade_usd=Decimal(250)))


def _never(account_id: str, columns: Sequence[Sequence[Any]]) -> None:
    del account_id, columns


def _but_for_the_digest(record: bytes) -> bytes:
    """An account's digest is one of its bytes, which a version of the program writes in its own way."""
    rest, count = re.subn(rb'"account_digest":"[0-9a-f]{16}"', b"", record)
    assert count == 1
    return rest


def test_twenty_records_are_the_same_to_the_byte(
    world: SampleWorld, facts: FleetFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, fleet = FleetWork(facts), SampleFleet(world, 20, seed=7, wishes=_WISHES, names=60, lots_a_name=4)
    bodies = [account_to_bytes(a) for a in fleet]
    assert all(isinstance(account_from_bytes(b).portfolio.accounts[0].lots, LotColumns) for b in bodies)
    found = [solved(work, b) for b in bodies]
    older = [older_body(a) for a in fleet]
    from_older = [solved(work, b) for b in older]
    monkeypatch.setattr(LotColumns, "of", _never)
    assert not any(isinstance(account_from_bytes(b).portfolio.accounts[0].lots, LotColumns) for b in older)
    assert from_older == [solved(work, b) for b in older]
    assert [_but_for_the_digest(r) for r in found] == [_but_for_the_digest(r) for r in from_older]
    assert any(b'"sell"' in record for record in found)


def test_an_account_read_is_the_account_written(world: SampleWorld) -> None:
    one = SampleFleet(world, 1, seed=7, names=30).account(0)
    read = account_from_bytes(account_to_bytes(one))
    assert isinstance(read.portfolio.accounts[0].lots, LotColumns)
    assert read == one
    assert account_to_bytes(read) == account_to_bytes(one)


_USD = st.one_of(st.decimals("0.01", 10**7, places=2), st.fractions(Fraction(1, 9), 10**6, max_denominator=60))
_HELD = st.one_of(st.decimals("0.5", 10**5, places=3), st.fractions(Fraction(1, 9), 10**4, max_denominator=60))


@given(_USD, _HELD, st.decimals("0.000001", "0.4", places=6), st.decimals("0.01", 10**4, places=2))
def test_the_gain_of_a_part_is_exact(basis: Exact, held: Exact, sold: Decimal, price: Decimal) -> None:
    gain = as_fraction(sold) * as_fraction(price) - as_fraction(basis) * as_fraction(sold) / as_fraction(held)
    assert str(_gain_of_part(basis, held, sold, price)) == str(at_places(gain, 2))


@pytest.mark.parametrize(("price", "cents"), [("10.01", 0), ("10.03", 2), ("9.99", 0), ("9.97", -2)])
def test_half_a_cent_goes_to_the_even_one(price: str, cents: int) -> None:
    gain = _gain_of_part(Decimal(10), Decimal(1), Decimal("0.5"), Decimal(price))
    assert gain == Decimal(cents).scaleb(-2)
