"""Wash windows: their edges day by day, what counts as a purchase, and what each reason says."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account, AccountKind, Fill, Portfolio, Side
from di_advisor.domain.signals import LockKind
from di_advisor.errors import InputError
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.recent_trades import SoldReplacement, in_wash_window
from di_advisor.ledger.wash_windows import WashWindows, wash_windows
from di_advisor.testing import lots, portfolio

TODAY = date(2024, 3, 1)
OLD = "OLD 100 ACME @ 50.00 on 2020-01-02"
ALPHABET = IdenticalGroups.from_lists({"alphabet": ["GOOG", "GOOGL"]})


def days(n: int) -> timedelta:
    return timedelta(days=n)


def bought(on: date, security_id: str = "ACME", lot_id: str = "") -> Fill:
    return Fill(security_id, Side.BUY, Decimal(5), on, lot_id=lot_id)


def sold(on: date, gain_usd: str | None, security_id: str = "ACME") -> Fill:
    return Fill(security_id, Side.SELL, Decimal(5), on, None if gain_usd is None else Decimal(gain_usd))


def with_account(first: Portfolio, second: Account) -> Portfolio:
    return replace(first, accounts=(*first.accounts, second))


def loss_sale_reasons(windows: WashWindows, book: Portfolio, lot_id: str = "OLD") -> list[str]:
    (lot,) = [x for x in book.lots if x.lot_id == lot_id]
    return [lock.reason for lock in windows.loss_sale_locks(lot)]


@pytest.mark.parametrize("offset", range(-33, 34))
def test_a_purchase_locks_a_loss_sale_up_to_thirty_days_either_side(offset: int) -> None:
    on = TODAY + days(offset)
    book = portfolio(OLD, fills=[bought(on)])
    locks = wash_windows(book, TODAY).loss_sale_locks(book.lots[0])
    if abs(offset) > 30:
        assert locks == ()
        return
    (lock,) = locks
    assert (lock.kind, lock.lot_id, lock.until) == (LockKind.NO_LOSS_SALE, "OLD", on + days(30))
    assert f"First safe day: {on + days(31)}" in lock.reason


@pytest.mark.parametrize("offset", range(-33, 1))
def test_a_recent_lot_is_a_purchase_even_if_no_fill_is_listed(offset: int) -> None:
    book = portfolio(f"{OLD}\nNEW 5 ACME @ 60.00 on {TODAY + days(offset)}")
    locks = wash_windows(book, TODAY).loss_sale_locks(book.lots[0])
    assert len(locks) == (offset >= -30)


@pytest.mark.parametrize("offset", range(-33, 34))
def test_a_loss_sale_locks_a_purchase_up_to_thirty_days_either_side(offset: int) -> None:
    on = TODAY + days(offset)
    locks = wash_windows(portfolio(OLD, fills=[sold(on, "-1.00")]), TODAY).no_buy_locks(["ACME", "OTHER"])
    if abs(offset) > 30:
        assert locks == ()
        return
    (lock,) = locks
    assert (lock.security_id, lock.kind, lock.until) == ("ACME", LockKind.NO_BUY, on + days(30))
    assert f"First safe day: {on + days(31)}" in lock.reason
    assert ("are planned to be sold" in lock.reason) == (offset > 0)


def test_the_window_is_counted_on_the_calendar_over_a_leap_february() -> None:
    assert in_wash_window(date(2024, 3, 2), date(2024, 2, 1))
    assert not in_wash_window(date(2024, 3, 3), date(2024, 2, 1))
    assert in_wash_window(date(2023, 3, 3), date(2023, 2, 1))
    assert not in_wash_window(date(2023, 3, 4), date(2023, 2, 1))


@pytest.mark.parametrize(("gain_usd", "locked"), [("-0.01", True), ("0", False), ("0.01", False), (None, True)])
def test_only_a_loss_or_an_unknown_gain_locks_a_purchase(gain_usd: str | None, locked: bool) -> None:
    windows = wash_windows(portfolio(OLD, fills=[sold(TODAY - days(3), gain_usd)]), TODAY)
    assert bool(windows.no_buy_locks(["ACME"])) == locked


def test_the_latest_sale_decides_and_the_reason_counts_the_others() -> None:
    fills = [sold(TODAY - days(k), "-1000.50") for k in (9, 2, 5)]
    (lock,) = wash_windows(portfolio(OLD, fills=fills), TODAY).no_buy_locks(["ACME"])
    assert lock.until == TODAY + days(28)
    assert "at a loss of 1,000.50 USD in account account on 2024-02-28 (and 2 more such sales)" in lock.reason


def test_a_loss_in_a_retirement_account_is_none_and_locks_nothing() -> None:
    ira = Account("ira", lots("I1 10 ACME @ 90.00 on 2020-01-02", account_id="ira"), kind=AccountKind.IRA)
    ira = replace(ira, fills=(sold(TODAY - days(1), "-100.00"),))
    book = with_account(portfolio(OLD, fills=[bought(TODAY - days(1))]), ira)
    windows = wash_windows(book, TODAY)
    assert windows.no_buy_locks(["ACME"]) == ()
    assert windows.loss_sale_locks(ira.lots[0]) == ()


@pytest.mark.parametrize("kind", [AccountKind.IRA, AccountKind.ROTH])
def test_a_purchase_in_a_retirement_account_locks_and_says_that_the_loss_is_lost_for_good(kind: AccountKind) -> None:
    book = with_account(portfolio(OLD), Account("pension", fills=(bought(TODAY - days(4)),), kind=kind))
    (reason,) = loss_sale_reasons(wash_windows(book, TODAY), book)
    assert "bought in account pension on 2024-02-26" in reason
    assert "would be washed for good, because that is a retirement account" in reason


def test_the_spouse_counts_for_purchases_and_for_loss_sales() -> None:
    spouse = Account("spouse", fills=(bought(TODAY - days(4)), sold(TODAY - days(5), "-9.00")), kind=AccountKind.SPOUSE)
    book = with_account(portfolio(OLD), spouse)
    windows = wash_windows(book, TODAY)
    assert len(windows.no_buy_locks(["ACME"])) == 1
    (reason,) = loss_sale_reasons(windows, book)
    assert "for good" not in reason


def test_every_reason_names_the_accounts_that_were_seen() -> None:
    book = with_account(portfolio(OLD, fills=[sold(TODAY, "-1.00"), bought(TODAY)]), Account("spouse"))
    windows = wash_windows(book, TODAY)
    reasons = [lock.reason for lock in windows.no_buy_locks(["ACME"])] + loss_sale_reasons(windows, book)
    assert len(reasons) == 2
    assert all(r.endswith("Accounts seen: account, spouse.") for r in reasons)
    assert windows.accounts_seen == ("account", "spouse")


def test_a_lot_is_not_its_own_replacement() -> None:
    book = portfolio("A 100 ACME @ 50.00 on 2024-02-20")
    assert loss_sale_reasons(wash_windows(book, TODAY), book, "A") == []


def test_a_fill_that_names_its_lot_is_not_counted_twice() -> None:
    book = portfolio("A 5 ACME @ 50.00 on 2024-02-20", fills=[bought(date(2024, 2, 20), lot_id="A")])
    assert loss_sale_reasons(wash_windows(book, TODAY), book, "A") == []


def test_a_fill_that_names_no_lot_counts_and_the_reason_says_how_to_link_it() -> None:
    book = portfolio("A 5 ACME @ 50.00 on 2024-02-20", fills=[bought(date(2024, 2, 20))])
    (reason,) = loss_sale_reasons(wash_windows(book, TODAY), book, "A")
    assert "give the fill its lot_id" in reason


def test_a_fill_that_names_a_lot_of_another_security_is_a_purchase_of_its_own() -> None:
    book = portfolio(f"{OLD}\nA 5 OTHER @ 50.00 on 2024-02-20", fills=[bought(date(2024, 2, 20), lot_id="A")])
    assert len(loss_sale_reasons(wash_windows(book, TODAY), book)) == 1


def test_a_fill_dated_otherwise_than_its_lot_still_locks_the_other_lots() -> None:
    book = portfolio(f"{OLD}\nA 5 ACME @ 50.00 on 2023-12-20", fills=[bought(date(2024, 2, 20), lot_id="A")])
    windows = wash_windows(book, TODAY)
    assert len(loss_sale_reasons(windows, book)) == 1
    assert loss_sale_reasons(windows, book, "A") == []


def test_two_parts_of_one_purchase_do_not_wash_each_other() -> None:
    # A broker splits a purchase and rounds each part's basis to the cent.
    book = portfolio("A 3 ACME for 30.00 on 2024-02-20\nB 7 ACME for 70.01 on 2024-02-20")
    windows = wash_windows(book, TODAY)
    assert [loss_sale_reasons(windows, book, k) for k in "AB"] == [[], []]


@pytest.mark.parametrize(
    "other",
    [
        "B 7 ACME @ 10.50 on 2024-02-20",
        "B 7 ACME @ 10.00 on 2024-02-21",
        "B 7 ACME @ ? on 2024-02-20",
        "B 7 ACME @ 10.00 on 2024-02-20 since 2023-11-01",
    ],
)
def test_another_purchase_locks_the_lot_even_on_the_same_day(other: str) -> None:
    book = portfolio(f"A 3 ACME @ 10.00 on 2024-02-20\n{other}")
    (reason,) = loss_sale_reasons(wash_windows(book, TODAY), book, "A")
    assert "(lot B)" in reason


def test_lots_of_one_day_and_price_in_two_accounts_are_two_purchases() -> None:
    book = portfolio("A 3 ACME @ 10.00 on 2024-02-20")
    book = with_account(book, Account("two", lots("A 3 ACME @ 10.00 on 2024-02-20", account_id="two")))
    windows = wash_windows(book, TODAY)
    assert [len(windows.loss_sale_locks(lot)) for lot in book.lots] == [1, 1]


def test_a_wash_sale_replacement_is_locked_with_its_first_safe_date() -> None:
    book = portfolio("R 10 ACME @ 50.00 on 2024-02-20 since 2023-11-01")
    (reason,) = loss_sale_reasons(wash_windows(book, TODAY), book, "R")
    assert "Lot R of ACME, bought on 2024-02-20, carries a holding period from 2023-11-01" in reason
    assert "First safe day: 2024-03-22" in reason
    assert loss_sale_reasons(wash_windows(book, date(2024, 3, 21)), book, "R") != []
    assert loss_sale_reasons(wash_windows(book, date(2024, 3, 22)), book, "R") == []


def test_reinvested_dividends_lock_loss_sales_wherever_the_name_is_held() -> None:
    roth = Account("roth", lots("D 1 GOOGL @ 9.00 on 2020-01-02", account_id="roth"), kind=AccountKind.ROTH)
    book = with_account(portfolio("A 5 GOOG @ 9 on 2020-01-02\nB 5 IBM @ 9 on 2020-01-02"), roth)
    assert loss_sale_reasons(wash_windows(book, TODAY, ALPHABET), book, "A") == []
    book = replace(book, accounts=(book.accounts[0], replace(roth, reinvests_dividends=True)))
    windows = wash_windows(book, TODAY, ALPHABET)
    (reason,) = loss_sale_reasons(windows, book, "A")
    assert "in account roth" in reason
    assert "Turn reinvestment off" in reason
    assert windows.loss_sale_locks(book.lots[0])[0].until is None
    assert loss_sale_reasons(windows, book, "B") == []


def test_a_sale_of_one_share_class_locks_the_other_and_the_reason_says_why() -> None:
    book = portfolio("A 5 GOOGL @ 9 on 2020-01-02", fills=[sold(TODAY, "-5.00", "GOOG"), bought(TODAY, "GOOG")])
    windows = wash_windows(book, TODAY, ALPHABET, tickers={"GOOG": "Class C"})
    class_c, class_a = windows.no_buy_locks(["GOOG", "GOOGL"])
    assert "substantially identical" not in class_c.reason
    assert "Class C (which counts as substantially identical to GOOGL) were sold" in class_a.reason
    (reason,) = loss_sale_reasons(windows, book, "A")
    assert "Class C (which counts as substantially identical to GOOGL) were bought" in reason
    assert wash_windows(book, TODAY).no_buy_locks(["GOOGL"]) == ()


def test_shares_bought_and_sold_again_count_unless_the_other_reading_is_chosen() -> None:
    book = portfolio(OLD, fills=[bought(TODAY - days(9), lot_id="GONE")])
    assert len(loss_sale_reasons(wash_windows(book, TODAY), book)) == 1
    other = wash_windows(book, TODAY, sold_replacement=SoldReplacement.DOES_NOT_COUNT)
    assert loss_sale_reasons(other, book) == []
    assert other.sold_replacement is SoldReplacement.DOES_NOT_COUNT


def test_a_planned_purchase_counts_whatever_is_thought_of_sold_shares() -> None:
    book = portfolio(OLD, fills=[bought(TODAY + days(9), lot_id="NOT YET")])
    windows = wash_windows(book, TODAY, sold_replacement=SoldReplacement.DOES_NOT_COUNT)
    assert "are planned to be bought" in loss_sale_reasons(windows, book)[0]


def test_a_lot_without_a_date_is_neither_a_recent_purchase_nor_locked_as_one() -> None:
    book = portfolio(f"{OLD}\nV 5 ACME @ 9 on ?\nW 5 ACME @ ? on ?")
    windows = wash_windows(book, TODAY)
    assert [loss_sale_reasons(windows, book, k) for k in ("OLD", "V", "W")] == [[], [], []]


def test_a_lot_from_the_future_is_refused() -> None:
    with pytest.raises(InputError, match="Lot F of ACME in account account was acquired on 2024-03-02, after"):
        wash_windows(portfolio("F 1 ACME @ 9 on 2024-03-02"), TODAY)


def test_timestamps_are_refused_wherever_they_hide() -> None:
    late = datetime(2024, 2, 29, 23, 30)  # noqa: DTZ001 - any timestamp, with or without a zone
    lot = TaxLot("T", "account", "ACME", Decimal(1), Decimal(1), late)
    hidden = [
        portfolio("", fills=[bought(late)]),
        portfolio("", fills=[sold(late, "-1")]),
        Portfolio("t", (Account("account", (lot,)),)),
    ]
    for book in hidden:
        with pytest.raises(InputError, match="a datetime; tax rules count calendar dates"):
            wash_windows(book, TODAY)
    with pytest.raises(InputError, match="The tax date"):
        wash_windows(portfolio(OLD), late)


# Locked although no loss would be disallowed: a lock looks at names, not at which share replaces which.
CAUTIOUS = {
    ("WS-012", "B"): "the earlier lot is sold the same day, and that sale is what uses up the match",
    ("WS-022", "B"): "the replacement's shares are used up by the first loss",
    ("WS-024", "A"): "the would-be replacement is sold already; the default reading counts it",
}


def test_every_published_wash_sale_would_have_been_locked_and_no_other_loss_but_for_caution(shared: Path) -> None:
    cases = json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))
    seen = 0
    for case in (c for c in cases if c["id"].startswith("WS-")):
        rows = case["input"]["rows"]
        washed = {p["lot"] for p in case["expected"]["pieces"] if Decimal(p["disallowed_loss"]) > 0}
        clean = {p["lot"] for p in case["expected"]["pieces"] if p["sell_date"]} - washed
        for row in rows:
            if "sell_date" not in row:
                continue
            today = date.fromisoformat(row["sell_date"])
            book = book_on(rows, today)
            (lot,) = [x for x in book.lots if x.lot_id == row["lot"]]
            is_locked = wash_windows(book, today).loss_sale_locks(lot) != ()
            at_loss = Decimal(row["proceeds"]) < Decimal(row["basis"])
            if row["lot"] in washed:
                assert is_locked, (case["id"], row["lot"])
            elif row["lot"] in clean and at_loss:
                assert is_locked == ((case["id"], row["lot"]) in CAUTIOUS), (case["id"], row["lot"])
            seen += 1
    assert seen >= 24


def test_every_published_repurchase_after_a_washed_loss_would_have_been_locked(shared: Path) -> None:
    cases = json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))
    seen = 0
    for case in (c for c in cases if c["id"].startswith("WS-")):
        rows = case["input"]["rows"]
        for row in rows:
            today = date.fromisoformat(row["buy_date"])
            losses = [
                r
                for r in rows
                if r.get("sell_date")
                and date.fromisoformat(r["sell_date"]) < today
                and Decimal(r["proceeds"]) < Decimal(r["basis"])
            ]
            expected = any((today - date.fromisoformat(r["sell_date"])).days <= 30 for r in losses)
            assert bool(wash_windows(book_on(rows, today), today).no_buy_locks(["X"])) == expected, case["id"]
            seen += expected
    assert seen >= 12


def book_on(rows: list[dict[str, str]], today: date) -> Portfolio:
    """Build the book as it stood before the trades of a day, with what the case does later as plans."""
    accounts: dict[str, tuple[list[TaxLot], list[Fill]]] = {}
    kinds = {r.get("account", "one"): AccountKind(r.get("account_type", "taxable")) for r in rows}
    for row in rows:
        account_id = row.get("account", "one")
        held, fills = accounts.setdefault(account_id, ([], []))
        bought_on = date.fromisoformat(row["buy_date"])
        sold_on = date.fromisoformat(row["sell_date"]) if row.get("sell_date") else None
        if bought_on <= today and (sold_on is None or sold_on >= today):
            line = f"{row['lot']} {row['shares']} X for {row['basis']} on {bought_on}"
            held.extend(lots(line, account_id=account_id))
        else:
            fills.append(Fill("X", Side.BUY, Decimal(1), bought_on, lot_id=row["lot"]))
        if sold_on is not None and sold_on < today:
            gain = Decimal(row["proceeds"]) - Decimal(row["basis"])
            fills.append(Fill("X", Side.SELL, Decimal(1), sold_on, gain))
    return Portfolio("t", tuple(Account(k, tuple(h), (), tuple(f), kinds[k]) for k, (h, f) in accounts.items()))
