"""Lots and names that wash sales lock are found without a word of why; the words are made when somebody looks."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor import sample
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.portfolio import Account, AccountKind, Fill, Portfolio, Side
from di_advisor.domain.signals import LockKind
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet, sample_facts_of
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.wash_windows import WashWindows, wash_windows
from di_advisor.sample.world import SampleWorld
from di_advisor.signals import estimate_account

TODAY = date(2026, 3, 2)
IDS = ("A", "B", "C", "D")
PAIR = IdenticalGroups.from_lists({"pair": ["A", "B"]})
_AGE = st.sampled_from([0, 1, 29, 30, 31, 400])
_LOT = st.tuples(
    st.sampled_from(IDS), _AGE, st.sampled_from([0, 0, 0, 50]), st.sampled_from(["10.00", "10.01", "30.00"])
)
_FILL = st.tuples(
    st.sampled_from(IDS), st.sampled_from([-29, -5, 0, 1, 30, 31]), st.sampled_from(["", "L0", "L1", "X"])
)


def _columns(rows: list[tuple[str, int, int, str]], account_id: str) -> LotColumns:
    days = [TODAY.toordinal() - age for _, age, _, _ in rows]
    since = [None if more == 0 else day - more for day, (_, _, more, _) in zip(days, rows, strict=True)]
    ids = [f"L{i}" for i in range(len(rows))]
    texts: list[list[Any]] = [ids, [r[0] for r in rows], ["1"] * len(rows), [r[3] for r in rows], days, since]
    found = LotColumns.of(account_id, texts)
    assert found is not None
    return found


@given(
    st.lists(_LOT, min_size=1, max_size=6),
    st.lists(_FILL, max_size=3),
    st.lists(_LOT, max_size=2),
    st.booleans(),
    st.sampled_from([AccountKind.TAXABLE, AccountKind.IRA]),
)
def test_lots_are_locked_exactly_where_there_is_a_lock_to_read(
    lots: list[tuple[str, int, int, str]],
    fills: list[tuple[str, int, str]],
    others: list[tuple[str, int, int, str]],
    reinvests: bool,
    kind: AccountKind,
) -> None:
    bought = tuple(
        Fill(name, Side.BUY, Decimal(1), TODAY - timedelta(days=ago), lot_id=lot_id) for name, ago, lot_id in fills
    )
    mine = _columns(lots, "mine")
    accounts = (
        Account("mine", mine, (), bought, kind),
        Account("other", _columns(others, "other") if others else (), reinvests_dividends=reinvests),
    )
    windows = wash_windows(Portfolio("ann", accounts), TODAY, PAIR)
    expected = [i for i, lot in enumerate(mine) if windows.loss_sale_locks(lot)]
    at, lot_name = np.arange(len(mine)), np.array([IDS.index(lot.security_id) for lot in mine])
    assert windows.losses_locked_at(mine, at, lot_name, IDS) == expected
    assert windows.losses_locked_at(tuple(mine), at, lot_name, IDS) == expected
    some = at[::2]
    assert windows.losses_locked_at(mine, some, lot_name, IDS) == [i for i in expected if i in some]


@pytest.fixture(scope="module")
def world() -> SampleWorld:
    return sample.load()


@pytest.fixture(scope="module")
def facts(world: SampleWorld) -> FleetFacts:
    return sample_facts_of(world)


def _no_words(*_: object) -> None:
    raise AssertionError("somebody asked why")


@pytest.mark.parametrize("policy", list(WashPolicy))
def test_masks_are_those_of_the_locks_and_words_are_made_at_the_first_look(
    policy: WashPolicy, world: SampleWorld, facts: FleetFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    mandate = Mandate(wash_policy=policy, do_not_sell=frozenset(facts.market.universe.security_ids[:3]))
    one = SampleFleet(world, 4, seed=3, names=60).account(1)
    asked = (one.portfolio, one.account_id, facts.market, facts.target_of(""), mandate)
    with monkeypatch.context() as patched:
        if policy is not WashPolicy.PRICE:  # prices replace some of the locks, which are looked at to tell which
            for name in ("_bought", "_no_buy", "_replacement", "_reinvested"):
                patched.setattr(WashWindows, name, _no_words)
        found = estimate_account(*asked)
        if policy is WashPolicy.BAN:
            with pytest.raises(AssertionError, match="asked why"):
                len(found.locks)
    positions = facts.market.universe.positions
    assert set(np.flatnonzero(~found.can_buy)) == {
        positions[k.security_id] for k in found.locks if k.kind is LockKind.NO_BUY
    }
    assert set(np.flatnonzero(~found.can_sell)) == {
        positions[k.security_id] for k in found.locks if k.kind is LockKind.NO_SELL and not k.lot_id
    }
    on_lots = {k.lot_id for k in found.locks if k.lot_id}
    kept = {lot.lot_id for lot in found.lots if not found.can_sell[positions[lot.security_id]]}
    assert kept
    assert {found.lots[i].lot_id for i in np.flatnonzero(~found.lot_sellable).tolist()} == on_lots | kept
    if policy is WashPolicy.BAN:
        assert on_lots
        assert not found.can_buy.all()
