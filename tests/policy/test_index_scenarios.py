"""Corporate actions as scenarios: targets by index rules and lots by tax rules, both worked by hand.

Dates and terms of the deals are facts; holdings and weights are invented.
"""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.index_actions import IndexRule, MergedName, SpunName
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.target import IndexWeights
from di_advisor.ledger.realized import Term
from di_advisor.ledger.to_portfolio import portfolio_of_books
from di_advisor.policy.index_events import AnnouncedAction, IndexChange, KnownIndex, index_known_on
from tests.ledger.actions.ledgers import FREE, TAXABLE, action, books, bought, gains, lots, sold, spin_off, split
from tests.policy.trading_world import net_shares, workspace

START = date(2010, 1, 4)


def day(text: str) -> date:
    return date.fromisoformat(text)


def known(on: str, weights, changes=(), actions=(), **more) -> KnownIndex:
    return index_known_on(day(on), IndexWeights(START, weights), changes, actions, **more)


def weights(index: KnownIndex, on: str) -> dict[str, float]:
    return index.target("index").weights_on(day(on))


def said(index: KnownIndex, name: str) -> list[str]:
    return [c.sentence for c in index.changes if c.security_id == name]


# Lululemon for Activision: the deal closed on 2023-10-13 at 95.00, the index changed on 2023-10-18.
DEAL = action(ev.CashMerger, "2023-10-13", TAXABLE, "ATVI", cash_per_share_usd="95.00")
CLOSED = AnnouncedAction(DEAL, day("2023-10-13"))
REPLACED = IndexChange(
    announced=day("2023-10-13"),
    effective=day("2023-10-18"),
    reason="Microsoft bought Activision Blizzard",
    enters={"LULU": None},
    leaves=("ATVI",),
)
BEFORE = {"ATVI": 0.02, "MSFT": 0.58, "OTHER": 0.40}


def test_lululemon_replaces_activision_in_the_target() -> None:
    the_day_before = known("2023-10-12", BEFORE, [REPLACED], [CLOSED])
    assert weights(the_day_before, "2023-10-31") == BEFORE  # nothing was announced yet
    index = known("2023-10-13", BEFORE, [REPLACED], [CLOSED])
    assert weights(index, "2023-10-12") == BEFORE
    # It cannot be bought any more, so the others take its two hundredths: 0.58 / 0.98 and 0.40 / 0.98.
    between = {"MSFT": 0.58 / 0.98, "OTHER": 0.40 / 0.98}
    assert weights(index, "2023-10-17") == pytest.approx(between)
    # Lululemon takes the place, the others are scaled to 0.98 again.
    assert weights(index, "2023-10-18") == pytest.approx({"MSFT": 0.58, "OTHER": 0.40, "LULU": 0.02})
    assert said(index, "ATVI") == [
        "ATVI leaves on 2023-10-13: bought for $95.00 a share in cash; its 200.0 bps go to the others.",
        (
            "ATVI, which ended before, leaves the index on 2023-10-18: Microsoft bought Activision Blizzard "
            "(announced 2023-10-13)."
        ),
    ]
    assert said(index, "LULU") == [
        (
            "LULU enters on 2023-10-18 with 200.0 bps, for ATVI: Microsoft bought Activision Blizzard "
            "(announced 2023-10-13)."
        )
    ]


def test_activision_shares_are_sold_lot_by_lot_for_95_dollars() -> None:
    found = books(
        bought("old", 40, "3200.00", "2022-01-18", "ATVI"),
        bought("new", 60, "5100.00", "2023-02-01", "ATVI"),
        bought("dear", 10, "1010.00", "2023-05-01", "ATVI"),
        DEAL,
    )
    assert lots(found, "ATVI") == {}
    # 40 x 95 - 3,200 = 600 long-term; 60 x 95 - 5,100 = 600 and 10 x 95 - 1,010 = -60 short-term.
    assert gains(found) == [600, 600, -60]
    assert [r.term for r in found.realized] == [Term.LONG, Term.SHORT, Term.SHORT]
    assert found.cash_usd["A"] == -3200 - 5100 - 1010 + 110 * 95


# Dell: 13.75 in cash, and a special dividend of 0.13, on 2013-10-29.
DELL = action(ev.CashMerger, "2013-10-29", TAXABLE, "DELL", cash_per_share_usd="13.75")
SPECIAL = ev.Dividend(event_id="special", on=day("2013-10-29"), account_id="A", security_id="DELL", amount_usd="13.00")


def test_dell_goes_private_a_sale_and_a_dividend() -> None:
    found = books(bought("L", 100, "1200.00", "2012-11-05", "DELL"), SPECIAL, DELL)
    # Held since 2012-11-06: twelve months end on 2013-11-06, so the gain of 1,375 - 1,200 is short-term.
    assert gains(found) == [175]
    assert found.realized[0].term is Term.SHORT
    assert sum(i.amount_usd for i in found.income) == 13
    assert found.cash_usd["A"] == -1200 + 13 + 1375


def test_dell_leaves_the_target_without_a_successor() -> None:
    index = known("2013-10-29", {"DELL": 0.1, "X": 0.6, "Y": 0.3}, (), [AnnouncedAction(DELL, day("2013-02-05"))])
    assert weights(index, "2013-10-29") == pytest.approx({"X": 0.6 / 0.9, "Y": 0.3 / 0.9})
    assert said(index, "DELL") == [
        "DELL leaves on 2013-10-29: bought for $13.75 a share in cash; its 1,000.0 bps go to the others."
    ]
    assert said(index, "") == ["The other 2 names go from 9,000.0 bps to 10,000.0 bps on 2013-10-29, in proportion."]


SPUN = spin_off("2018-06-01", "1/2", "Y", parent_fraction="4/5")


def test_a_spin_off_that_the_index_keeps_and_one_that_it_drops() -> None:
    start = {"X": 0.5, "Z": 0.5}
    prices = {"X": 80.0, "Y": 40.0}  # a share of X went with half a share of Y, worth 20: a fifth of 100

    def after(rule: SpunName) -> KnownIndex:
        spun = AnnouncedAction(SPUN, day("2018-05-01"), IndexRule(spun=rule), prices)
        return known("2018-06-01", start, (), [spun])

    kept, back, out = (after(rule) for rule in (SpunName.ADDED, SpunName.TO_PARENT, SpunName.TO_CASH))
    assert weights(kept, "2018-06-01") == pytest.approx({"X": 0.4, "Y": 0.1, "Z": 0.5})
    assert said(kept, "Y") == [
        "Y enters on 2018-06-01 with 1,000.0 bps: spun off from X (0.5 shares of Y for each of X)."
    ]
    assert weights(back, "2018-06-01") == start
    assert "the index drops it, the weight stays" in said(back, "X")[0]
    assert weights(out, "2018-06-01") == pytest.approx({"X": 0.4 / 0.9, "Z": 0.5 / 0.9})
    # The account gets the shares whatever the index does: a fifth of each basis goes with them, dates stay.
    found = books(bought("a", 100, "5000", "2016-01-04"), bought("b", 10, "900", "2018-03-01"), SPUN)
    assert lots(found) == {"a": (100, 4000), "b": (10, 720)}
    assert list(lots(found, "Y").values()) == [(50, 1000), (5, 180)]
    assert [b.lot.held_since for b in found.lots_of("A", "Y")] == [day("2016-01-04"), day("2018-03-01")]
    assert gains(found) == []


def test_a_spin_off_to_come_moves_no_weight_before_its_first_price_and_says_so() -> None:
    index = known("2018-05-15", {"X": 0.5, "Z": 0.5}, (), [AnnouncedAction(SPUN, day("2018-05-01"))])
    assert weights(index, "2018-06-01") == {"X": 0.5, "Z": 0.5}
    assert "is not known before the first price" in said(index, "X")[0]


def test_a_washed_lot_spins_off_the_loss_that_is_in_its_basis_and_keeps_its_dates() -> None:
    # 100 bought for 10,000 on 2 January are sold for 8,000 on 1 March, 59 days later; 100 are bought back for 8,100
    # ten days on: the loss of 2,000 goes into their basis, 10,100, and the 59 days before 11 March into their time.
    bought_back = books(
        bought("L", 100, "10000", "2024-01-02"),
        sold("S", 100, "8000", "2024-03-01"),
        bought("R", 100, "8100", "2024-03-11"),
        spin_off("2024-04-01", "1/2", parent_fraction="0.75"),
    )
    assert (lots(bought_back), lots(bought_back, "Y")) == ({"R": (100, 7575)}, {"R+SpinOff": (50, 2525)})
    assert {b.lot.held_since for b in bought_back.lots} == {day("2024-01-12")}
    assert gains(bought_back) == [0]


def test_a_split_on_the_day_of_a_deal_comes_first_in_whatever_order_they_are_told() -> None:
    deal = action(ev.CashMerger, "2024-05-01", TAXABLE, "X", cash_per_share_usd=50)
    for told in ([split("2024-05-01", 2), deal], [deal, split("2024-05-01", 2)]):
        assert gains(books(bought("L", 100, "1000", "2024-01-02"), *told)) == [2 * 100 * 50 - 1000]
        index = known("2024-06-01", {"X": 0.5, "REST": 0.5}, (), [AnnouncedAction(e, day("2024-05-01")) for e in told])
        assert weights(index, "2024-05-01") == {"REST": 1.0}


def test_a_split_and_a_ticker_change_leave_the_target_and_the_basis_alone() -> None:
    three = split("2020-08-31", 3)
    renamed = action(ev.TickerChange, "2022-06-09", ev.TaxTreatment.NONE, old_ticker="FB", new_ticker="META")
    actions = [AnnouncedAction(e, e.on) for e in (three, renamed)]
    index = known("2022-06-09", {"X": 0.3, "Y": 0.7}, (), actions, tickers={"X": "META"})
    assert weights(index, "2022-06-09") == {"X": 0.3, "Y": 0.7}
    assert said(index, "X") == [
        "META: split 3 for 1 on 2020-08-31; shares change, weights stay.",
        "FB trades as META from 2022-06-09: the same security, weights stay.",
    ]
    found = books(bought("L", 7, "700", "2019-01-02"), three, renamed)
    assert lots(found) == {"L": (21, 700)}
    assert gains(found) == []


def test_a_new_listing_enters_with_its_weight_and_nobody_leaves() -> None:
    entry = IndexChange(day("2020-12-11"), day("2020-12-21"), "new listing", enters={"NEW": 0.016})
    index = known("2020-12-14", {"X": 0.5, "Y": 0.5}, [entry])
    assert weights(index, "2020-12-18") == {"X": 0.5, "Y": 0.5}
    assert weights(index, "2020-12-21") == pytest.approx({"X": 0.492, "Y": 0.492, "NEW": 0.016})
    assert said(index, "NEW") == ["NEW enters on 2020-12-21 with 160.0 bps: new listing (announced 2020-12-11)."]


@pytest.mark.parametrize(
    ("member", "rule", "after"),
    [
        (True, MergedName.TO_MEMBER, {"Y": 0.7, "Z": 0.3}),
        (False, MergedName.TO_MEMBER, {"Z": 1.0}),
        (False, MergedName.TO_ACQUIRER, {"Y": 0.4, "Z": 0.6}),
    ],
)
def test_a_merger_for_stock_goes_to_the_acquirer_where_the_index_says_so(member, rule, after) -> None:
    event = action(ev.StockMerger, "2019-11-01", FREE, new_security_id="Y", new_per_old="3/10", cash_in_lieu_usd="50")
    start = {"X": 0.4, "Y": 0.3, "Z": 0.3} if member else {"X": 0.4, "Z": 0.6}
    index = known("2019-11-01", start, (), [AnnouncedAction(event, day("2019-08-01"), IndexRule(merged=rule))])
    assert weights(index, "2019-11-01") == pytest.approx(after)
    assert said(index, "X")[0].startswith("X leaves on 2019-11-01: exchanged for 0.3 shares of Y a share")


def test_a_merger_for_stock_pays_cash_for_the_fraction_and_keeps_dates() -> None:
    event = action(ev.StockMerger, "2019-11-01", FREE, new_security_id="Y", new_per_old="3/10", cash_in_lieu_usd="50")
    found = books(bought("L", 101, "1010", "2018-01-02"), event)
    # 101 x 0.3 = 30.3 shares of Y: 30 whole ones, and 0.3 paid with 0.3 x 50 = 15; basis 1,010 x 0.3 / 30.3 = 10.
    assert sum(s for s, _ in lots(found, "Y").values()) == 30
    assert sum(b for _, b in lots(found, "Y").values()) == 1000
    assert gains(found) == [5]
    assert {b.lot.held_since for b in found.lots_of("A", "Y")} == {day("2018-01-02")}
    assert found.cash_usd["A"] == Fraction(-1010 + 15)


def test_a_delisting_to_zero_leaves_the_target_now_and_the_lots_at_the_end_of_the_year() -> None:
    delisted = action(ev.Delisting, "2021-03-01", ev.TaxTreatment.NONE)
    worthless = action(ev.Worthless, "2021-05-03", ev.TaxTreatment.WORTHLESS)
    index = known("2021-05-03", {"X": 0.1, "Y": 0.9}, (), [AnnouncedAction(e, e.on) for e in (delisted, worthless)])
    assert weights(index, "2021-03-01") == pytest.approx({"Y": 1.0})
    assert said(index, "X") == ["X leaves on 2021-03-01: delisted; its 1,000.0 bps go to the others."]
    lot = bought("L", 10, "500", "2020-07-01")
    assert lots(books(lot, delisted)) == {"L": (10, 500)}  # delisted is not worthless
    found = books(lot, delisted, worthless)
    assert (gains(found), found.realized[0].sold) == ([-500], day("2021-12-31"))
    assert found.realized[0].term is Term.LONG  # sold for nothing on the last day of the year


def test_shares_that_the_index_dropped_are_sold_by_the_ordinary_optimizer_and_the_target_never_holds_them() -> None:
    spun = spin_off("2026-11-18", "1/4", "H", "A", parent_fraction="4/5")
    rule = IndexRule(spun=SpunName.TO_PARENT)
    index = known("2026-11-20", {"A": 0.5, "B": 0.5}, (), [AnnouncedAction(spun, day("2026-11-01"), rule)])
    found = books(
        bought("a", 480, "48000", "2020-01-02", "A"),
        bought("b", 480, "48000", "2020-01-02", "B"),
        spun,
        as_of=day("2026-11-20"),
    )
    held = portfolio_of_books(found).accounts[0]
    assert {(x.security_id, x.shares, x.basis_total_usd) for x in held.lots if x.security_id != "B"} == {
        ("A", 480, 38_400),
        ("H", 120, 9600),
    }
    who = Portfolio("someone", (replace(held, account_id="account", lots=renamed(held.lots), cash=(), fills=()),))
    target = index.target("index")
    assert "H" not in target.weights_on(day("2026-11-20"))
    net = net_shares(workspace(who, target, prices={"H": "80"}).propose())
    assert net["H"] <= -115
    assert net["A"] > 0 < net["B"]


def renamed(held: tuple[TaxLot, ...]) -> tuple[TaxLot, ...]:
    """The same lots in the account that the workspace advises."""
    return tuple(replace(lot, account_id="account") for lot in held)
