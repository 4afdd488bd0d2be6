"""Fractions of a share: one for each account, sold at once or kept until somebody pays."""

from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import InputError
from di_advisor.ledger.parts import RealizedKind
from di_advisor.ledger.policies import FractionFrom, LedgerPolicies
from tests.ledger.actions.ledgers import (
    BOOT,
    FREE,
    TAXABLE,
    about,
    action,
    books,
    bought,
    cash_in_lieu,
    gains,
    lots,
    opened,
    sold,
    spin_off,
    split,
    total,
)

TWO_LOTS = (bought("L1", 10, "100", "2014-01-02"), bought("L2", 10, "400", "2014-02-03"))


def test_two_lots_with_fractions_make_one_fraction_of_the_account() -> None:
    found = books(*TWO_LOTS, split("2016-01-04", "1/8", cash_in_lieu_usd="80"))
    (piece,) = found.realized
    assert (piece.shares, piece.proceeds_usd, piece.kind) == (Fraction(1, 2), 40, RealizedKind.CASH_IN_LIEU)
    assert total(found)[0] == 2


@pytest.mark.parametrize(
    ("setting", "lot", "basis"),
    [(FractionFrom.EARLIEST, "L1", 40), (FractionFrom.LATEST, "L2", 160), (FractionFrom.HIGHEST_BASIS, "L2", 160)],
)
def test_a_setting_says_which_lot_supplies_the_fraction(setting: FractionFrom, lot: str, basis: int) -> None:
    policies = LedgerPolicies(fraction_from=setting)
    found = books(*TWO_LOTS, split("2016-01-04", "1/8", cash_in_lieu_usd="80"), policies=policies)
    assert [(r.lot_id, r.basis_usd) for r in found.realized] == [(lot, basis)]


def test_the_highest_basis_is_counted_by_share() -> None:
    cheap = bought("L3", 16, "480", "2014-03-03")
    policies = LedgerPolicies(fraction_from=FractionFrom.HIGHEST_BASIS)
    found = books(*TWO_LOTS, cheap, split("2016-01-04", "1/8", cash_in_lieu_usd="80"), policies=policies)
    assert [r.lot_id for r in found.realized] == ["L2"]


def test_a_fraction_larger_than_a_lot_comes_from_several() -> None:
    small = [bought(f"L{n}", 1, "10", f"2014-0{n}-03") for n in range(1, 8)]
    found = books(*small, split("2016-01-04", "1/8", cash_in_lieu_usd="80"))
    assert len(found.realized) == 7
    assert sum(r.proceeds_usd for r in found.realized) == 70
    assert found.lots == ()
    assert found.cash_usd["A"] == -70 + 70


def test_without_cash_the_fraction_stays_pending_and_nothing_is_lost() -> None:
    found = books(*TWO_LOTS, split("2016-01-04", "1/8"))
    assert dict(found.pending_fractions) == {("A", "X"): Fraction(1, 2)}
    assert total(found) == (Fraction(5, 2), 500)
    assert about(found, "fraction_pending") == ["X"]


def test_cash_that_comes_later_pays_the_fraction_on_its_day() -> None:
    found = books(*TWO_LOTS, split("2016-01-04", "1/8"), cash_in_lieu("2016-01-20", "40"))
    (piece,) = found.realized
    assert piece.sold.isoformat() == "2016-01-20"
    assert piece.recognized_usd == 0
    assert found.pending_fractions == {}
    assert about(found, "fraction_pending") == []


def test_a_fraction_as_a_statement_prints_it_is_the_pending_one() -> None:
    lot = bought("L", 100, "900")
    found = books(lot, split("2016-01-04", "1/3"), cash_in_lieu("2016-01-20", "9", shares="0.3333"))
    assert total(found)[0] == 33
    assert found.pending_fractions == {}


def test_part_of_a_fraction_leaves_the_rest_pending() -> None:
    found = books(*TWO_LOTS, split("2016-01-04", "1/8"), cash_in_lieu("2016-01-20", "20", shares="0.25"))
    assert dict(found.pending_fractions) == {("A", "X"): Fraction(1, 4)}


def test_cash_for_a_fraction_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="none is there: 20 shares are held"):
        books(*TWO_LOTS, cash_in_lieu("2016-01-20", "40"))
    with pytest.raises(InputError, match="none is held"):
        books(cash_in_lieu("2016-01-20", "40", shares="0.5"))


def test_an_account_that_books_fractions_keeps_its_fraction() -> None:
    dividends = bought("L3", "0.4", "5", "2014-03-03")
    found = books(*TWO_LOTS, dividends, split("2016-01-04", "1/8"))
    assert found.pending_fractions == {}
    assert found.notices == ()
    reinvesting = books(opened(reinvests_dividends=True), *TWO_LOTS, split("2016-01-04", "1/8"))
    assert reinvesting.pending_fractions == {}
    paid = books(*TWO_LOTS, dividends, split("2016-01-04", "1/8"), cash_in_lieu("2016-01-20", "40"))
    assert total(paid)[0] == 2


def test_an_action_that_pays_for_fractions_pays_all_of_them() -> None:
    dividends = bought("L3", "0.4", "5", "2014-03-03")
    found = books(*TWO_LOTS, dividends, split("2016-01-04", "1/8", cash_in_lieu_usd="80"))
    assert total(found)[0] == 2
    assert sum(r.proceeds_usd for r in found.realized) == Fraction("0.55") * 80


def test_each_account_has_a_fraction_of_its_own() -> None:
    found = books(
        opened("A"),
        opened("B", AccountKind.IRA),
        bought("L1", 9, "90"),
        bought("L2", 9, "90", account="B"),
        split("2016-01-04", "1/8", cash_in_lieu_usd="80"),
    )
    assert [(r.account_id, r.shares, r.taxed) for r in found.realized] == [
        ("A", Fraction(1, 8), True),
        ("B", Fraction(1, 8), False),
    ]
    assert found.cash_usd == {"A": -80, "B": -80}


def test_the_fraction_of_a_spin_off_comes_from_what_was_received() -> None:
    older = bought("old Y", 5, "500", "2010-01-04", name="Y")
    found = books(
        older,
        bought("L", 10, "100"),
        spin_off("2016-01-04", "1/4", parent_fraction="0.8"),
        cash_in_lieu("2016-01-20", "30", name="Y"),
    )
    (piece,) = found.realized
    assert (piece.lot_id, piece.basis_usd) == ("L+SpinOff", 4)
    assert lots(found, "Y")["old Y"] == (5, 500)


def test_a_later_split_counts_the_pending_fraction_again() -> None:
    found = books(bought("L", 10, "100"), split("2016-01-04", "1/4"), split("2016-06-01", 3, event_id="second"))
    assert dict(found.pending_fractions) == {("A", "X"): Fraction(1, 2)}
    assert len(about(found, "fraction_pending")) == 1
    whole = books(bought("L", 10, "100"), split("2016-01-04", "1/4"), split("2016-06-01", 2, event_id="second"))
    assert whole.pending_fractions == {}
    assert whole.notices == ()


@pytest.mark.parametrize(
    "ending",
    [
        action(ev.CashMerger, "2016-06-01", TAXABLE, cash_per_share_usd="50"),
        action(ev.StockMerger, "2016-06-01", FREE, new_security_id="Y", new_per_old=2),
        action(
            ev.MixedMerger,
            "2016-06-01",
            BOOT,
            new_security_id="Y",
            new_per_old=2,
            cash_per_share_usd=1,
            value_per_new_usd=20,
        ),
        action(ev.Worthless, "2016-06-01", TaxTreatment.WORTHLESS),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_pending_fraction_goes_with_its_shares(ending: ev.Event) -> None:
    found = books(bought("L", 10, "100"), split("2016-01-04", "1/4"), ending)
    assert found.pending_fractions == {}
    assert found.notices == ()


def test_a_fraction_sold_at_a_loss_can_be_washed() -> None:
    rebuy = bought("L2", 10, "80", "2016-01-15")
    found = books(bought("L", 10, "100"), split("2016-01-04", "1/4"), cash_in_lieu("2016-01-20", "5"), rebuy)
    assert found.disallowed_usd == 15
    assert gains(found) == [0]


def test_whole_shares_can_be_sold_while_the_fraction_waits() -> None:
    found = books(
        bought("L", 10, "100"),
        split("2016-01-04", "1/4"),
        sold("S", 2, "90", "2016-01-10"),
        cash_in_lieu("2016-01-20", "20"),
    )
    assert [r.shares for r in found.realized] == [2, Fraction(1, 2)]
    assert found.lots == ()


def test_fractions_of_two_actions_add_up_until_they_are_paid() -> None:
    pair = (
        spin_off("2016-01-04", "1/4", parent_fraction="0.8", event_id="one"),
        spin_off("2016-02-04", "1/3", parent_fraction="0.8", event_id="two"),
    )
    found = books(bought("L", 10, "100"), *pair)
    assert dict(found.pending_fractions) == {("A", "Y"): Fraction(1, 2) + Fraction(1, 3)}
    paid = books(bought("L", 10, "100"), *pair, cash_in_lieu("2016-03-01", "30", name="Y"))
    assert sum(r.shares for r in paid.realized) == Fraction(5, 6)
    assert total(paid, "Y")[0] == 5
