"""The published cases on corporate actions, each through a replay or the public function of one lot."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.ledger.actions import exchange_with_boot, parent_fraction_by_value, spin_off_basis_usd
from di_advisor.ledger.realized import Term
from tests.ledger.actions.ledgers import (
    BOOT,
    FREE,
    SPLIT,
    TAXABLE,
    about,
    action,
    books,
    bought,
    cash_in_lieu,
    cents,
    gains,
    lots,
    sold,
    spin_off,
    split,
    total,
)


@pytest.fixture
def case(shared: Path, request: pytest.FixtureRequest) -> dict:
    """Return one case of the file by its id."""
    cases = json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))
    return next(c for c in cases if c["id"] == request.param)


def of(*ids: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", ids, indirect=True)


def purchases(given: dict) -> list:
    """Return a purchase for every lot of a case; later lots are bought later."""
    return [
        bought(lot["lot"], lot["shares"], lot["basis"], f"2014-0{number}-03")
        for number, lot in enumerate(given["lots"], 1)
    ]


def half_a_unit(printed: str) -> Fraction:
    return Fraction(Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)) / 2


def says(printed: str, value: Fraction) -> bool:
    """Whether a printed figure is this value, rounded at its last digit."""
    return abs(Fraction(printed) - value) <= half_a_unit(printed)


@of("SP-001", "SP-002", "SP-004")
def test_a_split_keeps_every_lots_basis(case: dict) -> None:
    given = case["input"]
    steps = given.get("steps")
    if steps is None:
        events = [split("2016-01-04", given["new_per_old"])]
    else:
        assert steps == ["stock dividend 20%", "split 3-for-1"]
        events = [action(ev.StockDividend, "2016-01-04", SPLIT, new_per_old="1/5"), split("2016-02-01", 3)]
    held = lots(books(*purchases(given), *events))
    for lot in case["expected"]["lots"]:
        shares, basis = held[lot["lot"]]
        assert (shares, basis) == (Fraction(lot["shares"]), Fraction(lot["basis"]))
        assert basis / shares == Fraction(lot["per_share"])


@of("SP-005")
def test_half_a_share_of_a_reverse_split_is_sold(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    (lot,) = given["lots"]
    purchase = bought(lot["lot"], lot["shares"], lot["basis"], lot["acquired"])
    price = Fraction(given["cash_in_lieu"]) / Fraction(expected["fraction"])
    at_once = [split(given["sale_date"], given["new_per_old"], cash_in_lieu_usd=price)]
    paid_later = [split("2021-07-30", given["new_per_old"]), cash_in_lieu(given["sale_date"], given["cash_in_lieu"])]
    for events in (at_once, paid_later):
        found = books(purchase, *events)
        assert total(found) == (Fraction(expected["shares_whole"]), Fraction(expected["basis_whole"]))
        (piece,) = found.realized
        assert (piece.shares, piece.basis_usd) == (Fraction(expected["fraction"]), Fraction(expected["basis_fraction"]))
        assert (piece.recognized_usd, piece.term) == (Fraction(expected["gain"]), Term(expected["term"]))
        assert piece.sold.isoformat() == given["sale_date"]
        assert total(found)[1] + piece.basis_usd == Fraction(expected["basis_conserved"])


@of("SP-007", "SP-008")
def test_rights_have_basis_when_elected(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    rights = action(
        ev.Rights,
        "2016-01-04",
        FREE,
        rights_security_id="R",
        new_per_old=Fraction(given["rights"]) / Fraction(given["old_shares"]),
        value_per_old_usd=given["fmv_old"],
        value_per_right_usd=given["fmv_right"],
        elected=given["election"],
    )
    found = books(bought("L", given["old_shares"], given["old_basis"]), rights)
    assert total(found, "R")[0] == Fraction(given["rights"])
    assert [str(c) for c in cents(total(found)[1], total(found, "R")[1])] == [
        expected["basis_old"],
        expected["basis_rights"],
    ]


@of("SO-001", "SO-002", "SO-004", "SO-005", "SO-007")
def test_a_spin_off_divides_basis_to_the_cent(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    keep = Fraction(given["parent_percent"]) / 100 if "parent_percent" in given else Fraction(given["fmv_ratio_parent"])
    ratio = given.get("ratio_spinco_per_parent", given.get("ratio"))
    found = books(
        bought("L", given["parent_shares"], given["parent_basis"]), spin_off("2016-01-04", ratio, parent_fraction=keep)
    )
    (parent_shares, parent), (shares, child) = total(found), total(found, "Y")
    assert [str(c) for c in cents(parent, child)] == [expected["parent_basis"], expected["spinco_basis"]]
    assert spin_off_basis_usd(Fraction(given["parent_basis"]), keep) == tuple(cents(parent, child))
    assert shares == Fraction(expected["spinco_shares"])
    assert says(expected["parent_per_share"], parent / parent_shares)
    assert says(expected["spinco_per_share"], child / shares)
    assert gains(found) == []
    assert {b.lot.held_since for b in found.lots} == {b.lot.acquired for b in found.lots_of("A", "X")}


@of("SO-001")
def test_values_right_after_reproduce_the_published_percentage(case: dict) -> None:
    given = case["input"]
    values = (given["fmv_parent"], given["fmv_spinco"], given["ratio_spinco_per_parent"])
    keep = parent_fraction_by_value(*map(Fraction, values))
    assert says(given["parent_percent"], 100 * keep)


@of("SO-008")
def test_a_split_off_moves_the_basis_of_what_was_accepted(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    accepted = Fraction(given["tendered"]) * Fraction(given["proration"])
    assert accepted == Fraction(expected["jnj_exchanged_before_rounding"])
    held, per_share = Fraction(given["jnj_shares"]), Fraction(given["jnj_basis_per_share"])
    offer = ev.Exchange(
        event_id="offer",
        on=books().as_of.replace(year=2023),
        account_id="A",
        security_id="X",
        new_security_id="Y",
        shares=accepted,
        new_per_old=given["ratio"],
        tax_treatment=FREE,
        source="final results",
    )
    found = books(bought("L", held, held * per_share), offer)
    (left, basis), (shares, moved) = total(found), total(found, "Y")
    assert (left, basis / left) == (held - accepted, Fraction(expected["retained_jnj_basis_per_share"]))
    assert shares == accepted * Fraction(expected["kvue_per_jnj"])
    assert says(expected["kvue_basis_per_share"], moved / shares)
    assert sum(gains(found)) == Fraction(expected["gain"])


@of("SO-010")
def test_two_spin_offs_leave_whole_shares_and_one_fraction(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    found = books(
        bought("L", given["ge_shares"], "9000"),
        spin_off("2023-01-04", given["ratios"]["GEHC"], "GEHC", event_id="gehc"),
        spin_off("2024-04-02", given["ratios"]["GEV"], "GEV", event_id="gev"),
    )
    due = dict(found.pending_fractions)
    gehc, gev = due.pop(("A", "GEHC")), due.pop(("A", "GEV"), Fraction(0))
    assert due == {}
    assert total_shares(found, "GEHC") - gehc == Fraction(expected["gehc_shares"])
    assert total_shares(found, "GEV") - gev == Fraction(expected["gev_shares"])
    assert says(expected["gehc_fraction"], gehc)
    assert gev == Fraction(expected["gev_fraction"])
    assert "GEHC" in about(found, "basis_pending")


def total_shares(found, name: str) -> Fraction:
    return sum((shares for shares, _ in lots(found, name).values()), Fraction(0))


@of("MG-001")
def test_a_cash_merger_sells_everything(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    deal = action(ev.CashMerger, given["date"], TAXABLE, cash_per_share_usd=given["cash_per_share"])
    found = books(bought("L", given["shares"], given["basis"], given["acquired"]), deal)
    (piece,) = found.realized
    assert (piece.proceeds_usd, piece.recognized_usd) == (Fraction(expected["proceeds"]), Fraction(expected["gain"]))
    assert piece.term is Term(expected["term"])
    assert total(found)[0] == Fraction(expected["shares_left"])


@of("MG-002")
def test_boot_and_property_and_a_dividend(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    names = ("basis", "stock_fmv", "cash", "other_property_fmv", "ratable_earnings_and_profits")
    result = exchange_with_boot(*(Fraction(given[name]) for name in names))
    assert {
        "realized_gain": result.realized_usd,
        "recognized_gain": result.recognized_usd,
        "dividend_part": result.dividend_usd,
        "capital_gain_part": result.capital_gain_usd,
        "new_stock_basis": result.new_basis_usd,
        "other_property_basis": result.other_property_basis_usd,
    } == {name: Fraction(value) for name, value in expected.items()}
    deal = action(
        ev.MixedMerger,
        "2016-01-04",
        BOOT,
        new_security_id="Y",
        new_per_old=1,
        cash_per_share_usd=given["cash"],
        value_per_new_usd=given["stock_fmv"],
        other_per_share_usd=given["other_property_fmv"],
        dividend_per_share_usd=given["ratable_earnings_and_profits"],
    )
    found = books(bought("L", 1, given["basis"]), deal)
    assert gains(found) == [Fraction(expected["capital_gain_part"])]
    assert [i.amount_usd for i in found.income] == [Fraction(expected["dividend_part"])]
    assert total(found, "Y") == (1, Fraction(expected["new_stock_basis"]))
    (sentence,) = [n.sentence for n in found.notices if n.about == "other_property"]
    assert f"its value, {Fraction(expected['other_property_basis'])} USD" in sentence


def merger_with_boot(given: dict) -> ev.Event:
    return action(
        ev.MixedMerger,
        "2018-06-15",
        BOOT,
        new_security_id="T",
        new_per_old=given["t_per_twx"],
        cash_per_share_usd=given["cash"],
        value_per_new_usd=given["t_fmv"],
    )


@of("MG-004", "MG-005")
def test_gain_is_recognised_up_to_the_boot(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    found = books(bought("L", given["twx_shares"], given["basis"]), merger_with_boot(given))
    shares, basis = total(found, "T")
    assert says(expected["recognized_gain"], sum(gains(found)))
    assert says(expected["t_basis_total"], basis)
    assert says(expected["t_basis_per_share"], basis / shares)
    stock = Fraction(given["t_per_twx"]) * Fraction(given["t_fmv"])
    result = exchange_with_boot(Fraction(given["basis"]), stock, Fraction(given["cash"]))
    assert says(expected["realized"], result.realized_usd)


@of("MG-007")
def test_a_loss_lot_shelters_no_gain_lot(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    found = books(*purchases(given), merger_with_boot(given))
    assert sum(gains(found)) == Fraction(expected["recognized_gain_total"])
    assert total(found, "T")[1] == 20 + 110 - 2 * Fraction(given["cash"]) + sum(gains(found))


@of("MG-008")
def test_lots_are_exchanged_one_by_one(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    deal = action(ev.StockMerger, "2016-01-04", FREE, new_security_id="Y", new_per_old=given["ratio"])
    found = books(*purchases(given), deal)
    held = lots(found, "Y")
    for lot in expected["lots"]:
        shares, basis = held[lot["lot"]]
        assert (shares, basis / shares) == (Fraction(lot["shares"]), Fraction(lot["per_share"]))
    assert sum(gains(found)) == Fraction(expected["gain"])
    assert [b.lot.held_since.isoformat() for b in found.lots] == ["2014-01-03", "2014-02-03"]


@of("MG-010")
def test_a_taxable_deal_recognises_the_loss(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    deal = action(
        ev.MixedMerger,
        "2018-06-15",
        TaxTreatment(given["tax_treatment"]),
        new_security_id="T",
        new_per_old=given["stock_per_share"],
        cash_per_share_usd=given["cash"],
        value_per_new_usd=given["stock_fmv"],
    )
    found = books(bought("L", given["shares"], given["basis"]), deal)
    (piece,) = found.realized
    assert (piece.proceeds_usd, piece.recognized_usd) == (Fraction(expected["proceeds"]), Fraction(expected["gain"]))
    (new,) = found.lots
    assert new.lot.basis_total_usd == Fraction(expected["new_stock_basis"])
    assert new.lot.held_since == deal.on
    assert new.bought_on == deal.on


@of("RC-001")
def test_a_return_of_capital_lowers_basis_and_then_is_gain(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    first, second = (
        action(
            ev.ReturnOfCapital,
            f"{year}-03-02",
            TaxTreatment.RETURN_OF_CAPITAL,
            amount_per_share_usd=amount,
            event_id=f"roc {year}",
        )
        for year, amount in zip(("2019", given["second_in"]), given["distributions"], strict=True)
    )
    purchase = bought("L", 1, given["basis"], f"{given['bought']}-05-07")
    assert total(books(purchase, first))[1] == Fraction(expected["basis_after_first"])
    found = books(purchase, first, second)
    assert total(found)[1] == Fraction(expected["basis_after_second"])
    (piece,) = found.realized
    assert (piece.recognized_usd, piece.term) == (Fraction(expected["capital_gain_second"]), Term(expected["term"]))


@of("RC-002")
def test_spare_basis_of_one_lot_shelters_no_other(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    roc = action(
        ev.ReturnOfCapital,
        "2019-03-02",
        TaxTreatment.RETURN_OF_CAPITAL,
        amount_per_share_usd=given["distribution_per_share"],
    )
    found = books(*purchases(given), roc)
    gain = {r.lot_id: r.recognized_usd for r in found.realized}
    for lot in expected["lots"]:
        assert lots(found)[lot["lot"]][1] == Fraction(lot["basis"])
        assert gain.get(lot["lot"], 0) == Fraction(lot["capital_gain"])
    assert sum(gain.values()) != Fraction(expected["wrong_pooled_answer"]["capital_gain"])


@of("WL-001")
def test_worthless_stock_is_sold_on_the_last_day_of_the_year(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    gone = action(ev.Worthless, given["worthless_on"], TaxTreatment.WORTHLESS)
    found = books(bought("L", 100, given["basis"], given["acquired"]), gone)
    (piece,) = found.realized
    assert piece.sold.isoformat() == expected["deemed_sale"]
    assert (piece.proceeds_usd, piece.recognized_usd) == (Fraction(expected["proceeds"]), Fraction(expected["loss"]))
    assert piece.term is Term(expected["term"])


@of("WL-002")
def test_delisted_is_not_worthless(case: dict) -> None:
    given, expected = case["input"], case["expected"]
    off = action(ev.Delisting, "2025-04-15", TaxTreatment.NONE)
    found = books(bought("L", given["shares"], given["basis"], given["acquired"]), off)
    assert sum(gains(found)) == Fraction(expected["loss"])
    assert total(found) == (Fraction(given["shares"]), Fraction(given["basis"]))
    (notice,) = found.notices
    assert "sell or abandon" in notice.sentence.lower()
    assert "fix the year" in notice.sentence
    assert found.delisted == {"X"}


@of("TC-001")
def test_a_new_ticker_changes_nothing_else(case: dict) -> None:
    lot, expected = case["input"]["lot"], case["expected"]
    change = action(
        ev.TickerChange,
        "2022-06-09",
        TaxTreatment.NONE,
        old_ticker=lot["ticker"],
        new_ticker=case["input"]["new_ticker"],
    )
    purchase = bought("L", lot["shares"], lot["basis"], lot["acquired"])
    found = books(purchase, change)
    assert found.tickers["X"] == expected["ticker"]
    assert total(found) == (Fraction(expected["shares"]), Fraction(expected["basis"]))
    assert found.lots[0].lot.acquired.isoformat() == expected["acquired"]
    assert sum(gains(found)) == Fraction(expected["gain"])
    rebought = [sold("S", 10, "1500", "2022-06-08"), bought("L2", 10, "1500", "2022-06-10")]
    assert books(purchase, change, *rebought).disallowed_usd == 500
