"""Orders written column by column are the JSON of the record's own values, whatever ids, places and kinds there are."""

import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.written_amounts import Units, Written
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.order_texts import _halves, _inner_texts, texts_of
from di_advisor.fleet.recording import recorded, written
from di_advisor.fleet.solving import FleetWork, _settled, workspace_for
from di_advisor.propose.planned import Settled
from di_advisor.sample.world import SampleWorld

_ODD = ["7", "7.0", "12.50", "3.125", "100"]


def _account(world: SampleWorld, mandate: Mandate, *, odd: bool, kind: AccountKind) -> FleetAccount:
    """An account whose lots are columns; odd ones have ids that need escapes and shares of many places."""
    account = SampleFleet(world, 1, seed=7, wishes=(mandate,), names=60, lots_a_name=4).account(0)
    mine = account.portfolio.accounts[0]
    lots = tuple(mine.lots)
    if odd:
        lots = tuple(
            replace(lot, lot_id=f'{lot.lot_id} "ä\\"', shares=Decimal(_ODD[i % len(_ODD)]))
            for i, lot in enumerate(lots)
        )
    columns = LotColumns.of(
        mine.account_id,
        (
            [lot.lot_id for lot in lots],
            [lot.security_id for lot in lots],
            [str(lot.shares) for lot in lots],
            [str(lot.basis_total_usd) for lot in lots],
            [lot.acquired.toordinal() for lot in lots if lot.acquired],
            [None] * len(lots),
        ),
    )
    assert columns is not None
    portfolio = replace(account.portfolio, accounts=(replace(mine, lots=columns, kind=kind),))
    return replace(account, portfolio=portfolio)


def _settled_one(facts: FleetFacts, account: FleetAccount) -> Settled:
    return _settled(FleetWork(facts), workspace_for(facts, account))


_WISHES = {
    "four places": Mandate(rounding=Rounding.FRACTIONAL),
    "seven places": Mandate(rounding=Rounding.FRACTIONAL, share_decimals=7),
    "six places": Mandate(rounding=Rounding.FRACTIONAL, share_decimals=6),
    "whole": Mandate(rounding=Rounding.WHOLE_SHARES),
}


@pytest.mark.parametrize("kind", [AccountKind.TAXABLE, AccountKind.IRA])
@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("wish", _WISHES)
def test_the_row_is_that_of_the_values(
    world: SampleWorld, facts: FleetFacts, wish: str, kind: AccountKind, *, odd: bool
) -> None:
    settled = _settled_one(facts, _account(world, _WISHES[wish], odd=odd, kind=kind))
    row = recorded("one", settled).to_row() | {"account_digest": "digest"}
    sides = {order[1] for order in row["orders"]}
    assert {"buy"} <= sides
    assert written("one", settled, "digest") == json.dumps(row, sort_keys=True, separators=(",", ":")).encode()
    assert (texts_of(settled) is None) == (wish == "seven places")


def test_settling_and_writing_make_no_decimals_of_buys(world: SampleWorld, facts: FleetFacts) -> None:
    account = _account(world, _WISHES["four places"], odd=False, kind=AccountKind.TAXABLE)
    settled = _settled_one(facts, account)
    written("one", settled, "digest")
    assert "buys" not in settled.orders.shares.__dict__
    assert "sells" not in settled.orders.shares.__dict__
    assert settled.orders.buys


@given(st.lists(st.integers(0, 10**12), max_size=6), st.integers(0, 6))
def test_amounts_read_as_their_decimals_do(counts: list[int], places: int) -> None:
    amounts = Written(Units(np.array(counts, np.int64), places))
    texts = ["".join(map(str, halves)) for halves in zip(*_halves(amounts), strict=True)]
    assert texts == [f"{Decimal(count).scaleb(-places):f}" for count in counts]
    assert texts == [str(Decimal(count).scaleb(-places)) for count in counts]


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 4)), max_size=6), st.integers(4, 6))
def test_amounts_show_their_own_places(written: list[tuple[int, int]], places: int) -> None:
    counts = np.array([count * 10 ** (places - own) for count, own in written], np.int64)
    amounts = Written(Units(counts, places), np.array([own for _, own in written], np.int64))
    texts = ["".join(map(str, halves)) for halves in zip(*_halves(amounts), strict=True)]
    assert texts == [str(Decimal(count).scaleb(-own)) for count, own in written]


@given(st.lists(st.text(max_size=4), max_size=4))
def test_ids_are_escaped_as_json_does(ids: list[str]) -> None:
    assert [f'"{text}"' for text in _inner_texts(ids)] == [json.dumps(text) for text in ids]
