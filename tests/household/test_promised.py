"""Lots that are sold, given and moved at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.propose.household import facts_of, propose
from di_advisor.propose.household.moves import Donation, Move, ToldMove, donations, told_move
from di_advisor.propose.household.promised import promised_twice
from di_advisor.propose.household.proposal import HouseholdProposal
from di_advisor.propose.planned import never
from di_advisor.report.household_view import household_markdown, household_page, household_text
from tests.household.world import LOOSE, account, market, target

RATES = TaxProfile(ConstantRates(0.35, 0.15))
WORLD = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
RAISING = LOOSE.with_changes(withdrawal_usd=Decimal(400))
HOUSE = Household(
    "couple",
    (Filer("both", ("ann", "bob")),),
    (
        account("<i>hers", "ann", "G 10 X @ 40 on 2020-01-02", cash_usd="1", mandate=RAISING),
        account("his", "bob", "M 10 Y @ 90 on 2020-01-02", cash_usd="10"),
    ),
    target("X", "Y"),
)


@pytest.fixture(scope="module")
def found() -> HouseholdProposal:
    """Four of the ten shares of G are sold, near enough, to raise 399."""
    return propose(HOUSE, WORLD, {"both": RATES}, compare=False)


def given(usd: int) -> tuple[Donation, ...]:
    signals = facts_of(HOUSE, WORLD, {"both": RATES}, never).accounts["<i>hers"].signals
    return donations({"<i>hers": signals}, Decimal(usd), RATES.rates, 0.3)


def moved(shares: int) -> ToldMove:
    signals = facts_of(HOUSE, WORLD, {"both": RATES}, never).accounts["<i>hers"].signals
    return told_move(HOUSE, signals, Move("G", "<i>hers", "his", Decimal(shares)))


def test_what_a_lot_holds_may_be_shared_out(found: HouseholdProposal) -> None:
    assert promised_twice(found, given(300), [moved(3)]) == ()
    assert promised_twice(found) == ()


def test_a_lot_that_is_named_for_more_than_it_holds_is_told_with_what_for(found: HouseholdProposal) -> None:
    (sold,) = [t for t in found.proposals["<i>hers"].trade_list if t.lot_id == "G"]
    (said,) = promised_twice(found, given(300), [moved(4)])
    assert said == (
        f"Lot G of <i>hers holds 10 shares, and more is named: {sold.shares:.4f} sold by the proposal, 3 given to "
        "charity, 4 moved. Decide which of them to do."
    ).replace(f"{sold.shares:.4f}", f"{sold.shares:.4f}".rstrip("0"))
    (twice,) = promised_twice(found, (), [moved(6), moved(6)])
    assert "12 moved" in twice


def test_every_form_says_it_escaped(found: HouseholdProposal) -> None:
    both = {"given": given(1_000), "moves": [moved(10)]}
    assert "Decide which of them to do." in household_text(found, **both)
    assert "Decide which of them to do." in household_markdown(found, **both)
    page = household_page(found, **both)
    assert "Lot G of &lt;i&gt;hers holds 10 shares" in page
    assert "<i>hers" not in page
