"""Mergers, exchange offers and distributions: a sale, a purchase, or neither."""

import datetime as dt
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.lots import LotState
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import InputError
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import RealizedKind
from di_advisor.ledger.realized import Term
from tests.ledger.actions.ledgers import (
    FREE,
    LOT,
    TAXABLE,
    UNKNOWN,
    about,
    action,
    books,
    bought,
    gains,
    lots,
    mixed,
    opened,
    sold,
    spin_off,
    states,
    to_stock,
    total,
)


def offer(shares: object, **terms) -> ev.Exchange:
    given = {
        "event_id": "offer",
        "on": dt.date(2016, 1, 4),
        "account_id": "A",
        "security_id": "X",
        "new_security_id": "Y",
        "shares": shares,
        "new_per_old": 4,
        "tax_treatment": FREE,
        "source": "final results",
        **terms,
    }
    return ev.Exchange(**given)


def test_a_stock_merger_keeps_lots_and_dates_and_buys_nothing() -> None:
    loss = [bought("early", 10, "900", "2015-12-01", name="Y"), sold("S", 10, "500", "2015-12-20", name="Y")]
    found = books(LOT, bought("L2", 10, "300", "2015-12-30"), *loss, to_stock())
    assert lots(found, "Y") == {"L": (200, 1000), "L2": (20, 300)}
    assert [b.lot.acquired for b in found.lots] == [LOT.on, dt.date(2015, 12, 30)]
    assert found.disallowed_usd == 0
    assert lots(found) == {}


def test_a_fully_taxable_exchange_is_a_sale_and_a_purchase() -> None:
    loss = [bought("early", 10, "900", "2015-12-01", name="Y"), sold("S", 10, "500", "2015-12-20", name="Y")]
    found = books(LOT, *loss, to_stock(TAXABLE, value_per_new_usd="6"))
    assert [(r.kind, r.recognized_usd) for r in found.realized] == [
        (RealizedKind.SALE, 0),
        (RealizedKind.TAXABLE_EXCHANGE, 200),
    ]
    assert found.disallowed_usd == 400
    assert total(found, "Y") == (200, 1200 + 400)
    assert {b.bought_on for b in found.lots} == {dt.date(2016, 1, 4)}
    assert found.cash_usd["A"] == -1000 - 900 + 500


def test_shares_that_count_as_one_security_stay_the_purchase_they_were() -> None:
    groups = IdenticalGroups({"X": "one", "Y": "one"})
    recent = bought("recent", 10, "100", "2015-12-30")
    events = (LOT, recent, to_stock(new_per_old=1), sold("S", 10, "40", "2016-01-10", "Y", lot="L"))
    assert books(*events, groups=groups).disallowed_usd == 60
    assert books(*events).disallowed_usd == 0


def test_boot_on_an_unknown_basis_is_a_gain_that_is_not_known() -> None:
    found = books(UNKNOWN, mixed())
    (piece,) = found.realized
    assert (piece.kind, piece.shares, piece.proceeds_usd, piece.known) == (RealizedKind.BOOT, 0, 50, False)
    assert states(found) == {"U": LotState.BASIS_PENDING}
    assert found.cash_usd["A"] == 50


def test_gain_on_boot_has_the_term_of_its_lot_and_no_shares() -> None:
    old = bought("L1", 100, "1000", "2014-06-02")
    found = books(old, bought("L2", 10, "20", "2015-12-30"), mixed())
    assert [(r.lot_id, r.shares, r.term, r.recognized_usd) for r in found.realized] == [
        ("L1", 0, Term.LONG, 300),
        ("L2", 0, Term.SHORT, 50),
    ]
    assert lots(found, "Y") == {"L1": (100, 800), "L2": (10, 20)}


def test_a_retirement_account_exchanges_without_tax() -> None:
    found = books(opened("A", AccountKind.ROTH), LOT, mixed(dividend_per_share_usd=1))
    assert [r.taxed for r in found.realized] == [False]
    assert [i.taxed for i in found.income] == [False]
    assert found.realized_in(2016) == ()
    assert total(found, "Y") == (100, 800)


def test_the_holder_says_which_lots_are_surrendered() -> None:
    named = ev.LotChoice(ev.LotMethod.SPECIFIC, (ev.LotShares("L2"),), chosen_on=dt.date(2016, 2, 1))
    second = bought("L2", 20, "800", "2015-08-03")
    chosen = books(LOT, second, offer(20, choice=named))
    assert lots(chosen, "Y") == {"L2": (80, 800)}
    assert [(i.event_id, i.accepted, i.lots) for i in chosen.identifications] == [("offer", True, (("L2", 20),))]
    by_law = books(LOT, second, offer(20))
    assert total(by_law, "Y") == (80, 200)
    assert lots(by_law)["L"] == (80, 800)


def test_a_taxable_offer_sells_what_was_accepted() -> None:
    found = books(LOT, offer(40, tax_treatment=TAXABLE, value_per_new_usd="3"))
    assert gains(found) == [40 * 12 - 400]
    assert total(found, "Y") == (160, 480)
    assert total(found) == (60, 600)


def test_an_offer_for_more_than_is_held_is_refused() -> None:
    with pytest.raises(InputError, match="1 are missing"):
        books(LOT, offer(101))


def test_a_taxable_stock_dividend_is_income_and_a_new_lot() -> None:
    event = action(
        ev.StockDividend, "2016-01-04", TAXABLE, new_per_old="1/10", value_per_share_usd="12", event_id="stock"
    )
    found = books(LOT, event)
    assert lots(found) == {"L": (100, 1000), "stock": (10, 120)}
    assert [i.amount_usd for i in found.income] == [120]


def test_a_ticker_that_skips_a_name_is_noted() -> None:
    def change(on: str, old: str, new: str) -> ev.TickerChange:
        return action(
            ev.TickerChange, on, ev.TaxTreatment.NONE, old_ticker=old, new_ticker=new, event_id=f"{old}-{new}"
        )

    assert books(LOT, change("2016-01-04", "A", "B"), change("2017-01-04", "B", "C")).notices == ()
    found = books(LOT, change("2016-01-04", "A", "B"), change("2017-01-04", "C", "D"))
    assert about(found, "ticker_gap") == ["X"]
    assert found.tickers["X"] == "D"


@pytest.mark.parametrize(("right", "basis"), [("4.49", 0), ("4.50", Fraction(1000 * 45, 345))])
def test_rights_worth_fifteen_percent_have_basis_without_an_election(right: str, basis: Fraction) -> None:
    terms = {"rights_security_id": "R", "new_per_old": 1, "value_per_old_usd": "30", "value_per_right_usd": right}
    found = books(LOT, action(ev.Rights, "2016-01-04", FREE, **terms))
    assert total(found, "R")[1] == basis
    assert total(found)[1] == 1000 - basis


def test_rights_on_an_unknown_basis_are_zero_or_unknown() -> None:
    terms = {"rights_security_id": "R", "new_per_old": 1, "value_per_old_usd": "30"}
    small = action(ev.Rights, "2016-01-04", FREE, value_per_right_usd="1", **terms)
    large = action(ev.Rights, "2016-01-04", FREE, value_per_right_usd="9", **terms)
    assert lots(books(UNKNOWN, small), "R") == {"U+Rights": (10, 0)}
    assert lots(books(UNKNOWN, large), "R") == {"U+Rights": (10, None)}


def test_a_return_of_capital_on_an_unknown_basis_is_paid_and_noted() -> None:
    roc = action(ev.ReturnOfCapital, "2016-01-04", ev.TaxTreatment.RETURN_OF_CAPITAL, amount_per_share_usd=2)
    found = books(UNKNOWN, roc)
    assert found.cash_usd["A"] == 20
    assert found.realized == ()
    assert states(found) == {"U": LotState.BASIS_PENDING}
    assert "a gain it may have brought is not shown" in found.notices[-1].sentence


def test_what_one_account_receives_in_a_taxable_exchange_replaces_what_another_sells() -> None:
    deal = to_stock(TAXABLE, value_per_new_usd="6")
    loss = sold("S", 50, "200", "2016-01-11", name="Y")
    alone = books(LOT, deal, loss)
    assert alone.disallowed_usd == 0
    both = books(opened("A"), opened("B"), LOT, bought("L2", 10, "100", account="B"), deal, loss)
    assert [(w.replacement_account_id, w.disallowed_usd) for w in both.washes] == [("B", 40)]


def test_a_taxable_stock_dividend_washes_no_loss() -> None:
    event = action(ev.StockDividend, "2016-01-04", TAXABLE, new_per_old="1/10", value_per_share_usd="12")
    assert books(LOT, sold("S", 5, "10", "2015-12-20"), event).disallowed_usd == 0


def test_a_delisted_security_that_turns_worthless_needs_no_advice_any_more() -> None:
    off = action(ev.Delisting, "2016-01-04", ev.TaxTreatment.NONE)
    gone = action(ev.Worthless, "2016-02-01", ev.TaxTreatment.WORTHLESS)
    assert about(books(LOT, off), "delisted") == ["X"]
    assert about(books(LOT, off, gone), "delisted") == []


def test_an_action_that_turns_a_security_into_itself_is_refused() -> None:
    for event in (spin_off("2016-01-04", 1, spun="X"), to_stock(new_security_id="X"), offer(1, new_security_id="X")):
        with pytest.raises(InputError, match="turns X into X"):
            books(LOT, event)
