"""What may move in kind, and what may not; which lots to give."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.events import Event, GiftGiven, OpenAccount, Transfer, TransferIn
from di_advisor.domain.household import Filer, Household
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.ledger.replay import replay
from di_advisor.propose.household import facts_of
from di_advisor.propose.household.moves import Move, donations, moved
from di_advisor.propose.planned import never
from tests.household.world import AS_OF, account, market, target

RATES = ConstantRates(0.35, 0.15)
LOTS = "L 10 X @ 40 on 2020-03-02\nS 10 X @ 90 on 2026-05-02\nD 10 Y @ 150 on 2020-03-02"


def couple(*, apart: bool) -> Household:
    filers = (Filer("ann", ("ann",)), Filer("bob", ("bob",))) if apart else (Filer("both", ("ann", "bob")),)
    accounts = (
        account("hers", "ann", LOTS, cash_usd="10"),
        account("hers too", "ann", "", cash_usd="10"),
        account("his", "bob", "", cash_usd="10"),
        account("ira", "ann", "", cash_usd="10", kind=AccountKind.IRA),
        account("roth", "ann", "", cash_usd="10", kind=AccountKind.ROTH),
        account("his ira", "bob", "R 1 X @ 40 on 2020-03-02", cash_usd="10", kind=AccountKind.IRA),
    )
    return Household("couple", filers, accounts, target("X", "Y"))


def signals_of(household: Household, account_id: str):  # type: ignore[no-untyped-def]
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-4})
    taxes = {f.name: TaxProfile(RATES) for f in household.filers}
    return facts_of(household, world, taxes, never).accounts[account_id].signals


def test_between_own_taxable_accounts_a_lot_is_transferred_with_its_basis_and_dates() -> None:
    house = couple(apart=False)
    events = moved(house, signals_of(house, "hers"), Move("L", "hers", "hers too", Decimal(4)))["both"]
    assert isinstance(events[0], Transfer)
    before: list[Event] = [
        OpenAccount(event_id=f"open {i}", on=AS_OF - timedelta(days=90), account_id=i) for i in ("hers", "hers too")
    ]
    lot = house.account("hers").account.lots[0]
    before.append(
        TransferIn(
            event_id="L", on=AS_OF - timedelta(days=60), account_id="hers", security_id="X", shares=lot.shares,
            basis_total_usd=lot.basis_total_usd, acquired=lot.acquired,
        )
    )  # fmt: skip
    books = replay([*before, *events], as_of=AS_OF)
    (there,) = books.lots_of("hers too")
    assert (there.lot.shares, there.lot.basis_total_usd, there.lot.acquired) == (4, Fraction(160), lot.acquired)
    assert books.realized == ()


def test_a_gift_to_the_spouse_keeps_the_donors_basis_even_above_its_value() -> None:
    house = couple(apart=True)
    found = moved(house, signals_of(house, "hers"), Move("D", "hers", "his"))
    (given,), (came,) = found["ann"], found["bob"]
    assert isinstance(given, GiftGiven)
    assert isinstance(came, TransferIn)
    # Worth 1,000, basis 1,500: the loss goes with it (26 USC 1041(b), 1015(e)).
    assert (given.value_usd, came.basis_total_usd) == (1_000, 1_500)
    assert came.held_since == came.acquired


@pytest.mark.parametrize(
    ("lot", "giver", "taker"),
    [("L", "hers", "ira"), ("L", "hers", "roth"), ("R", "his ira", "his"), ("R", "his ira", "ira")],
)
def test_nothing_moves_in_kind_into_or_between_retirement_accounts(lot: str, giver: str, taker: str) -> None:
    house = couple(apart=False)
    with pytest.raises(UnsupportedWishError, match="Nothing moves"):
        moved(house, signals_of(house, giver), Move(lot, giver, taker))


def test_more_than_a_lot_holds_does_not_move() -> None:
    house = couple(apart=False)
    with pytest.raises(InputError, match="11 of 10 shares"):
        moved(house, signals_of(house, "hers"), Move("L", "hers", "his", Decimal(11)))


def test_long_term_gains_are_given_first_and_losses_never() -> None:
    house = couple(apart=False)
    given = donations({"hers": signals_of(house, "hers")}, Decimal(1_650), RATES, 0.30)
    # L: gain 60 a share at 15 % never taxed. S: gain 10 at 35 %, less 10 of deduction lost at 30 %: 0.50 a share.
    assert [(d.lot_id, d.shares) for d in given] == [("L", 10), ("S", 6)]
    assert [d.advantage_usd for d in given] == [Decimal("90.0"), Decimal("3.0")]
    assert [d.deduction_usd for d in given] == [1_000, 540]
