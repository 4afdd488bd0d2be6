"""Who may buy what another sells at a loss: all kinds of accounts, both people, one return or two; by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household, HouseholdAccount
from di_advisor.domain.portfolio import AccountKind, Fill, Side
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.propose.household import propose
from di_advisor.propose.household.proposal import HouseholdProposal
from tests.household.test_by_hand import traded
from tests.household.world import AS_OF, LOOSE, account, market, target

RATES = TaxProfile(ConstantRates(0.35, 0.15))
JOINT = (Filer("both", ("ann", "bob")),)
APART = (Filer("ann", ("ann",)), Filer("bob", ("bob",)))
INVESTS = LOOSE.with_changes(cash_max=0.02)


def loser(loss_usd: int = 1_000) -> HouseholdAccount:
    """Ann's 100 X, worth 10,000, at a short-term loss worth 35 % of it."""
    return account("sells", "ann", f"L 100 X for {10_000 + loss_usd} on 2026-03-02", cash_usd="10")


def with_fill(each: HouseholdAccount, fill: Fill) -> HouseholdAccount:
    return replace(each, account=replace(each.account, fills=(fill,)))


def proposed(*accounts: HouseholdAccount, filers: tuple[Filer, ...] = JOINT, same: bool = False) -> HouseholdProposal:
    """In a market where X costs 1 bp to trade, its share class X2 as much, and Y 100 bps."""
    names = {"X": 1e-4, "Y": 1e-2} | ({"X2": 1e-4} if same else {})
    groups = {"X": "one company", "X2": "one company"} if same else None
    world = market(dict.fromkeys(names, "100"), names, groups)
    house = Household("couple", filers, accounts, target(*(("X2", "Y") if same else ("X", "Y"))))
    return propose(house, world, {f.name: RATES for f in filers}, compare=False)


@pytest.mark.parametrize("filers", [JOINT, APART], ids=["joint", "apart"])
@pytest.mark.parametrize(
    ("kind", "owner"),
    [
        (AccountKind.TAXABLE, "ann"),
        (AccountKind.SPOUSE, "bob"),
        (AccountKind.IRA, "ann"),
        (AccountKind.ROTH, "ann"),
        (AccountKind.IRA, "bob"),
    ],
)
def test_no_account_of_the_couple_buys_what_one_sells_at_a_loss(
    kind: AccountKind, owner: str, filers: tuple[Filer, ...]
) -> None:
    buyer = account("buys", owner, "", cash_usd="10000", kind=kind, mandate=INVESTS)
    found = proposed(loser(), buyer, filers=filers)
    # The loss is worth 350; Y instead of X costs the buyer 99 bps of 9,800.
    assert traded(found, "sells") == pytest.approx({("sell", "X"): 10_000})
    assert set(traded(found, "buys")) == {("buy", "Y")}
    assert found.washes == ()
    assert "No account buys X: sells sells it at a loss." in found.decisions[0].sentence


def test_a_share_class_of_the_same_company_washes_too() -> None:
    buyer = account("ira", "ann", "", cash_usd="10000", kind=AccountKind.IRA, mandate=INVESTS)
    found = proposed(loser(), buyer, same=True)
    assert traded(found, "sells") == pytest.approx({("sell", "X"): 10_000})
    assert set(traded(found, "ira")) == {("buy", "Y")}
    assert found.washes == ()


@pytest.mark.parametrize(
    ("kind", "owner"), [(AccountKind.IRA, "ann"), (AccountKind.IRA, "bob"), (AccountKind.TAXABLE, "bob")]
)
def test_a_loss_bought_back_in_another_account_this_month_is_not_sold(kind: AccountKind, owner: str) -> None:
    on = AS_OF - timedelta(days=9)
    held = account("bought", owner, f"M 100 X @ 90 on {on}", cash_usd="10", kind=kind)
    found = proposed(loser(), with_fill(held, Fill("X", Side.BUY, Decimal(100), on, lot_id="M")))
    assert traded(found, "sells") == {}
    locks = [x for x in found.proposals["sells"].locks if x.security_id == "X"]
    assert locks
    assert str(on + timedelta(days=31)) in " ".join(x.reason for x in locks)


@pytest.mark.parametrize("filers", [JOINT, APART], ids=["joint", "apart"])
@pytest.mark.parametrize(("kind", "owner"), [(AccountKind.IRA, "bob"), (AccountKind.TAXABLE, "bob")])
def test_what_one_sold_at_a_loss_this_month_no_account_of_the_couple_buys_back(
    kind: AccountKind, owner: str, filers: tuple[Filer, ...]
) -> None:
    on = AS_OF - timedelta(days=9)
    sold = with_fill(account("sold", "ann", "", cash_usd="10"), Fill("X", Side.SELL, Decimal(100), on, Decimal(-1_000)))
    buyer = account("buys", owner, "", cash_usd="10000", kind=kind, mandate=INVESTS)
    found = proposed(sold, buyer, filers=filers)
    assert set(traded(found, "buys")) == {("buy", "Y")}


def test_wishes_of_one_account_bind_that_account_alone() -> None:
    never_y = INVESTS.with_changes(do_not_buy=frozenset({"Y"}))
    one = account("no Y", "ann", "", cash_usd="10000", mandate=never_y)
    other = account("no X", "bob", "", cash_usd="10000", mandate=INVESTS.with_changes(do_not_buy=frozenset({"X"})))
    found = proposed(one, other)
    assert set(traded(found, "no Y")) == {("buy", "X")}
    assert set(traded(found, "no X")) == {("buy", "Y")}
