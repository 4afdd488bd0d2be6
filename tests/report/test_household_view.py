"""A household on paper: who gave way, dollars that add up, lots that move, and nothing from a file as markup."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.propose.household import facts_of, propose
from di_advisor.propose.household.moves import Move, donations, told_move
from di_advisor.propose.household.proposal import HouseholdProposal
from di_advisor.propose.planned import never
from di_advisor.report.household_view import household_bundle, household_page, household_text
from tests.household.world import LOOSE, account, market, target

RATES = TaxProfile(ConstantRates(0.35, 0.15))
WORLD = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})


def house() -> Household:
    hers = account("<b>hers</b>", "ann", "L 100 X for 11000 on 2026-03-02\nG 10 Y @ 40 on 2020-01-02", cash_usd="10")
    ira = account("ira", "ann", "", cash_usd="10000", kind=AccountKind.IRA, mandate=LOOSE.with_changes(cash_max=0.02))
    his = account("his", "bob", "M 10 Y @ 90 on 2020-01-02", cash_usd="10")
    filers = (Filer("both", ("ann", "bob")),)
    return Household("Ann & Bob", filers, (hers, ira, his), target("X", "Y"))


@pytest.fixture(scope="module")
def found() -> HouseholdProposal:
    return propose(house(), WORLD, {"both": RATES}, compare=False)


def test_every_form_says_who_gave_way_and_adds_up(found: HouseholdProposal) -> None:
    text = household_text(found)
    assert "No account buys X: <b>hers</b> sells it at a loss." in text
    assert "None of these 3 accounts washes another's loss." in text
    assert "accounts of this household (<b>hers</b>, ira, his)" in text
    assert "accounts that are not here are not seen" in text
    total = next(line for line in text.splitlines() if line.strip().startswith("Household "))
    assert f"{found.benefit_usd:,.2f}" in total
    assert text.endswith("\n\nNot tax advice.\n")
    assert text.count("Not tax advice.") == 1
    bundle = household_bundle(found)
    assert set(bundle) == {"text/html", "text/markdown", "text/plain"}
    for form in ("text/html", "text/markdown"):
        assert "<b>hers" not in bundle[form]


def test_a_page_stands_alone_and_shows_lots_that_are_given_and_moved(found: HouseholdProposal) -> None:
    signals = {i: a.signals for i, a in facts_of(house(), WORLD, {"both": RATES}, never).accounts.items()}
    moves = [told_move(house(), signals["<b>hers</b>"], Move("G", "<b>hers</b>", "his", Decimal(4)))]
    given = donations({"<b>hers</b>": signals["<b>hers</b>"]}, Decimal(600), RATES.rates, 0.3)
    page = household_page(found, label="made up", given=given, moves=moves)
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "A gift from ann to bob, who are married" in page
    assert "basis of $160.00" in page
    assert "Lots to give to charity instead of cash" in page
    assert "&lt;b&gt;hers" in page


def test_a_transfer_between_own_accounts_is_no_gift() -> None:
    own = replace(house(), accounts=(*house().accounts, account("hers too", "ann", "", cash_usd="1")))
    signals = facts_of(own, WORLD, {"both": RATES}, never).accounts["<b>hers</b>"].signals
    told = told_move(own, signals, Move("G", "<b>hers</b>", "hers too"))
    assert told.sentence.startswith("A transfer between accounts of ann")
    assert "2020-01-02" in told.sentence
