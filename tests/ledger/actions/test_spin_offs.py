"""Spin-offs, and gifts and inheritances in any action: what each lot keeps, and what is not known yet."""

import datetime as dt
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.lots import LotState
from di_advisor.errors import IncompleteDataError
from di_advisor.ledger.books import Books
from di_advisor.ledger.journal import Journal
from di_advisor.ledger.policies import LedgerPolicies, MissingPercentages
from di_advisor.ledger.realized import IncomeKind, Term
from di_advisor.ledger.replay import replay
from tests.ledger.actions.ledgers import (
    LATER,
    LOT,
    TAXABLE,
    UNKNOWN,
    VALUES,
    about,
    action,
    books,
    bought,
    lots,
    mixed,
    opened,
    sold,
    spin_off,
    split,
    states,
    to_stock,
    total,
)


def test_without_percentages_no_basis_is_known_for_either_name() -> None:
    found = books(LOT, spin_off("2016-01-04", "1/4"))
    assert states(found) == {"L": LotState.BASIS_PENDING, "L+SpinOff": LotState.BASIS_PENDING}
    assert {b.pending for b in found.lots} == {"SpinOff"}
    assert about(found, "basis_pending") == ["X", "Y"]
    assert total_of(found, "Y") == 25


def total_of(found: Books, name: str) -> Fraction:
    return sum((s for s, _ in lots(found, name).values()), Fraction(0))


def test_a_sale_while_percentages_are_missing_shows_no_gain() -> None:
    found = books(LOT, spin_off("2016-01-04", "1/4"), sold("S", 100, "500", "2016-02-01"))
    (piece,) = found.realized
    assert not piece.known
    assert found.disallowed_usd == 0
    with pytest.raises(IncompleteDataError, match="not known"):
        _ = piece.recognized_usd


def test_values_of_the_event_are_used_on_purpose_only_and_labelled() -> None:
    waiting = books(LOT, spin_off("2016-01-04", "1/4", **VALUES))
    assert states(waiting)["L"] is LotState.BASIS_PENDING
    asked = books(LOT, spin_off("2016-01-04", "1/4", by_value=True, **VALUES))
    setting = LedgerPolicies(missing_percentages=MissingPercentages.BY_VALUE)
    by_setting = books(LOT, spin_off("2016-01-04", "1/4", **VALUES), policies=setting)
    for found in (asked, by_setting):
        assert (total(found)[1], total(found, "Y")[1]) == (750, 250)
        assert about(found, "basis_by_value") == ["X", "Y"]
    still = books(LOT, spin_off("2016-01-04", "1/4"), policies=setting)
    assert states(still)["L"] is LotState.BASIS_PENDING


def test_published_percentages_win_over_values() -> None:
    found = books(LOT, spin_off("2016-01-04", "1/4", parent_fraction="0.9", by_value=True, **VALUES))
    assert total(found)[1] == 900
    assert found.notices == ()


def test_a_correction_that_supplies_the_percentages_computes_everything_anew() -> None:
    pending = spin_off("2016-01-04", "1/4")
    known = spin_off("2016-01-04", "1/4", parent_fraction="0.8", event_id="SpinOff/2")
    rest = [opened(), LOT, sold("S", 50, "300", "2016-02-01"), bought("L2", 50, "300", "2016-02-10")]
    now = dt.datetime(2016, 3, 1, tzinfo=dt.UTC)
    journal, _ = Journal().append([*rest, pending], recorded_at=now)
    before = replay(journal.effective(), as_of=LATER)
    assert [r.known for r in before.realized] == [False]
    correction = ev.Correction(
        event_id="C", on=dt.date(2016, 5, 1), corrects="SpinOff", replacement=known, reason="Form 8937"
    )
    journal, _ = journal.append([correction], recorded_at=now)
    after = replay(journal.effective(), as_of=LATER)
    assert [(r.basis_usd, r.disallowed_usd) for r in after.realized] == [(400, 100)]
    assert after.digest() == replay([*rest, known], as_of=LATER).digest()
    assert about(after, "basis_pending") == []


def test_an_unknown_basis_stays_unknown_and_names_what_it_waits_for() -> None:
    found = books(LOT, UNKNOWN, spin_off("2016-01-04", "1/4", parent_fraction="0.8"))
    assert states(found)["U"] is LotState.BASIS_PENDING
    assert {b.lot.lot_id: b.pending for b in found.lots} == {"L": "", "U": "U", "L+SpinOff": "", "U+SpinOff": "U"}
    assert lots(found)["L"] == (100, 800)


def test_shares_of_a_spin_off_keep_the_dates_and_wash_nothing() -> None:
    early = bought("early", 10, "900", "2015-12-01", name="Y")
    loss = sold("S", 10, "500", "2015-12-20", name="Y")
    found = books(LOT, early, loss, spin_off("2016-01-04", "1/4", parent_fraction="0.8"))
    assert found.disallowed_usd == 0
    (child,) = found.lots_of("A", "Y")
    assert (child.lot.acquired, child.lot.held_since, child.bought_on) == (LOT.on, LOT.on, None)


def test_a_parent_bought_just_before_its_spin_off_still_replaces_a_loss() -> None:
    recent = bought("recent", 10, "90", "2015-12-28")
    loss = sold("S", 10, "40", "2016-01-10", lot="L")
    found = books(LOT, recent, spin_off("2016-01-04", "1/4", parent_fraction="0.8"), loss)
    assert found.disallowed_usd == 40
    assert lots(found)["recent"] == (10, 72 + 40)


def test_the_same_company_may_be_spun_off_twice() -> None:
    first = spin_off("2016-01-04", "1/4", parent_fraction="0.8", event_id="one")
    second = spin_off("2017-01-04", "1/10", parent_fraction="0.9", event_id="two")
    found = books(LOT, first, second)
    assert lots(found, "Y") == {"L+one": (25, 200), "L+two": (10, 80)}


def test_a_taxable_spin_off_is_income_and_a_new_lot_but_no_purchase() -> None:
    early = bought("early", 10, "900", "2015-12-01", name="Y")
    loss = sold("S", 10, "500", "2015-12-20", name="Y")
    found = books(LOT, early, loss, spin_off("2016-01-04", "1/4", treatment=TAXABLE, value_per_new_usd="40"))
    assert total(found) == (100, 1000)
    assert total(found, "Y") == (25, 1000)
    assert [(i.kind, i.amount_usd, i.taxed) for i in found.income] == [(IncomeKind.TAXABLE_DISTRIBUTION, 1000, True)]
    assert found.disallowed_usd == 0
    assert [b.lot.held_since for b in found.lots_of("A", "Y")] == [dt.date(2016, 1, 4)]


def test_nothing_is_spun_off_to_those_who_hold_nothing() -> None:
    found = books(bought("L", 100, "1000", name="Z"), spin_off("2016-01-04", "1/4"))
    assert total(found, "Z") == (100, 1000)
    assert len(found.lots) == 1
    assert found.notices == ()


# --- gifts and inheritances ------------------------------------------------------------------------------------------


def gift(donor: str = "1000", value: str = "600") -> ev.GiftReceived:
    return ev.GiftReceived(
        event_id="G",
        on=dt.date(2015, 9, 1),
        account_id="A",
        security_id="X",
        shares=100,
        donor_basis_usd=donor,
        value_usd=value,
        donor_held_since=dt.date(2010, 1, 4),
    )


@pytest.mark.parametrize(
    ("event", "name", "bases"),
    [
        (split("2016-01-04", 2), "X", (1000, 600)),
        (spin_off("2016-01-04", "1/4", parent_fraction="0.8"), "X", (800, 480)),
        (spin_off("2016-01-04", "1/4", parent_fraction="0.8"), "Y", (200, 120)),
        (to_stock(), "Y", (1000, 600)),
        (mixed(), "Y", (800, 400)),
        (
            action(ev.ReturnOfCapital, "2016-01-04", ev.TaxTreatment.RETURN_OF_CAPITAL, amount_per_share_usd=7),
            "X",
            (300, 0),
        ),
    ],
    ids=["split", "parent", "spun off", "stock", "boot", "return of capital"],
)
def test_both_bases_of_a_gift_follow(event: ev.Event, name: str, bases: tuple[int, int]) -> None:
    (lot,) = books(gift(), event).lots_of("A", name)
    assert (lot.gain_basis_usd, lot.lot.basis_total_usd) == bases


@pytest.mark.parametrize(("usd", "gain", "since"), [("1500", 500, 2010), ("800", 0, 2010), ("400", -200, 2015)])
def test_a_gift_taken_in_a_cash_merger_has_one_of_three_bases(usd: str, gain: int, since: int) -> None:
    deal = action(ev.CashMerger, "2016-01-04", TAXABLE, cash_per_share_usd=Fraction(usd) / 100)
    (piece,) = books(gift(), deal).realized
    assert (piece.recognized_usd, piece.held_since.year) == (gain, since)


def test_a_loss_on_what_a_gift_brought_counts_from_the_gift() -> None:
    found = books(
        gift(), spin_off("2016-01-04", "1/4", parent_fraction="0.8"), sold("S", 25, "100", "2016-02-01", name="Y")
    )
    assert [(r.recognized_usd, r.held_since, r.term) for r in found.realized] == [
        (-20, dt.date(2015, 9, 1), Term.SHORT)
    ]


def test_inherited_shares_stay_long_term_through_a_spin_off() -> None:
    heir = ev.Inheritance(
        event_id="H",
        on=dt.date(2016, 1, 2),
        account_id="A",
        security_id="X",
        shares=100,
        value_at_death_usd="1000",
        died_on=dt.date(2015, 12, 1),
    )
    found = books(heir, spin_off("2016-01-04", "1/4", parent_fraction="0.8"), sold("S", 25, "300", "2016-01-05", "Y"))
    assert [(r.term, r.recognized_usd) for r in found.realized] == [(Term.LONG, 100)]
