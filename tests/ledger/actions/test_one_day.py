"""Several things on one day: the order of actions, and who owns the shares when the day begins."""

import dataclasses
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.errors import ConflictingEventError, InputError
from di_advisor.ledger.policies import ACTION_ORDER, LedgerPolicies
from tests.ledger.actions.ledgers import (
    FREE,
    TAXABLE,
    about,
    action,
    books,
    bought,
    cash_in_lieu,
    lots,
    sold,
    spin_off,
    split,
    total,
)

LOT = bought("L", 100, "1000")
DAY = "2016-01-04"


def reordered(*first: str) -> LedgerPolicies:
    """Settings in which some actions come before all others."""
    return LedgerPolicies(action_order=(*first, *(name for name in ACTION_ORDER if name not in first)))


def test_a_split_comes_before_a_spin_off_of_the_same_day() -> None:
    pair = (spin_off(DAY, "1/4", parent_fraction="0.8"), split(DAY, 2))
    documented = books(LOT, *pair)
    assert (total(documented), total(documented, "Y")) == ((200, 800), (50, 200))
    other = books(LOT, *pair, policies=reordered("SpinOff"))
    assert (total(other), total(other, "Y")) == ((200, 800), (25, 200))
    assert documented.policies.recorded()["action_order"] == ",".join(ACTION_ORDER)
    assert documented.digest() == books(LOT, *reversed(pair)).digest()


def test_what_comes_first_is_the_lots_and_not_the_row_order() -> None:
    roc = action(ev.ReturnOfCapital, DAY, TaxTreatment.RETURN_OF_CAPITAL, amount_per_share_usd=1)
    deal = action(ev.StockMerger, DAY, FREE, new_security_id="Y", new_per_old=3)
    found = books(LOT, deal, roc, split(DAY, 2))
    assert total(found, "Y") == (600, 800)


def test_an_order_that_misses_an_action_is_refused() -> None:
    with pytest.raises(InputError, match="order of actions"):
        LedgerPolicies(action_order=ACTION_ORDER[1:])


def test_a_chain_of_a_reverse_split_and_two_spin_offs_reaches_an_old_lot() -> None:
    """The order of General Electric: 1 for 8 in 2021, one for three in 2023, one for four in 2024."""
    old = bought("L", 2400, "24000", "2010-03-01")
    chain = (
        spin_off("2024-04-02", "1/4", "V", parent_fraction="0.75", event_id="v"),
        split("2021-08-02", "1/8"),
        spin_off("2023-01-04", "1/3", "H", parent_fraction="0.8", event_id="h"),
    )
    found = books(old, *chain)
    assert [total(found, name) for name in "XHV"] == [(300, 14400), (100, 4800), (75, 4800)]
    assert {b.lot.held_since for b in found.lots} == {old.on}
    assert found.notices == ()
    odd = books(bought("L", 100, "1300", "2019-05-01"), *chain, cash_in_lieu("2021-08-05", "52.50"))
    assert total(odd)[0] == 12
    assert total(odd, "H")[0] == 4
    assert total(odd, "V")[0] == 3
    assert sum((total(odd, name)[1] for name in "XHV"), Fraction(0)) == 1248


@pytest.mark.parametrize(("on", "received"), [("2016-01-01", 0), (DAY, 25), ("2016-01-05", 25)])
def test_who_owns_the_shares_before_the_ex_date_receives(on: str, received: int) -> None:
    found = books(LOT, spin_off(DAY, "1/4", parent_fraction="0.8"), sold("S", 100, "900", on))
    assert total(found, "Y")[0] == received
    assert total(found)[0] == 0


@pytest.mark.parametrize(("on", "shares"), [("2016-01-01", 200), (DAY, 100)])
def test_who_buys_on_the_ex_date_buys_without_what_is_distributed(on: str, shares: int) -> None:
    found = books(bought("L", 100, "1000", on), split(DAY, 2))
    assert total(found) == (shares, 1000)


def test_a_purchase_on_the_day_of_a_split_is_in_new_shares() -> None:
    loss = sold("S", 100, "600", "2015-12-28")
    found = books(LOT, loss, split(DAY, 2), bought("L2", 200, "700", DAY))
    assert found.disallowed_usd == 400
    assert lots(found)["L2"] == (200, 1100)


def test_worthless_comes_after_the_last_days_trades() -> None:
    gone = action(ev.Worthless, "2016-03-01", TaxTreatment.WORTHLESS)
    found = books(LOT, sold("S", 40, "4", "2016-12-31"), gone)
    assert [(r.event_id, r.shares) for r in found.realized] == [("S", 40), ("Worthless", 60)]
    before = books(LOT, gone, as_of=found.realized[0].sold.replace(day=30))
    assert total(before)[0] == 100


def test_a_cash_merger_leaves_nothing_to_sell_that_day() -> None:
    deal = action(ev.CashMerger, DAY, TAXABLE, cash_per_share_usd="15")
    with pytest.raises(InputError, match="none is held"):
        books(LOT, deal, sold("S", 1, "15", DAY))


def test_the_same_split_from_two_sources_is_applied_once() -> None:
    again = dataclasses.replace(split(DAY, 2, event_id="again"), source="vendor 2")
    found = books(LOT, split(DAY, 2), again)
    assert total(found) == (200, 1000)
    assert about(found, "told_twice") == ["X"]


def test_two_sources_that_disagree_on_the_ratio_are_a_conflict() -> None:
    with pytest.raises(ConflictingEventError, match="new_per_old 2 against 3"):
        books(LOT, split(DAY, 2, event_id="a"), split(DAY, 3, event_id="b"))


def test_two_companies_may_be_spun_off_on_one_day() -> None:
    pair = (
        spin_off(DAY, 1, "P", parent_fraction="0.8", event_id="p"),
        spin_off(DAY, "1/2", "Q", parent_fraction="0.5", event_id="q"),
    )
    found = books(LOT, *pair)
    assert [total(found, name) for name in "XPQ"] == [(100, 400), (100, 200), (50, 400)]
