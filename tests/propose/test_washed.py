"""Which shares a plan washes: worked cases of the law, and the ledger's own bookings on random books."""

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
from di_advisor.domain.signals import LockKind, Signals
from di_advisor.domain.washes import Washed
from di_advisor.errors import SettlementError
from di_advisor.propose import wash_check
from di_advisor.propose.wash_check import check_washes
from di_advisor.propose.washed import washed_by
from tests.propose.wash_world import PRICE, RandomBooks, random_books, signals_of

T = date(2026, 6, 30)
CASH = (CashItem(Decimal(1000), T),)


def lot(name: str, shares: object, basis: object, days: int, account: str = "A", security: str = "X") -> TaxLot:
    return TaxLot(name, account, security, Decimal(str(shares)), Decimal(str(basis)), T - timedelta(days=days))


def signals(*accounts: Account, price: str = "40", groups: dict[str, str] | None = None) -> Signals:
    prices = {"X": price, "Y": price, "Z": "10"}
    return signals_of(Portfolio("t", accounts), T, prices, groups=groups)


def sold(s: Signals, **shares: object) -> dict[int, Decimal]:
    at = {x.lot_id: i for i, x in enumerate(s.account.lots)}
    return {at[name]: Decimal(str(n)) for name, n in shares.items()}


def facts(washed: tuple[Washed, ...]) -> list[tuple[str, Fraction, Fraction, bool]]:
    return [(w.lot_id, as_fraction(w.shares), as_fraction(w.loss_usd), w.lost) for w in washed]


def drawn_sells(books: RandomBooks, seed: int) -> dict[int, Decimal]:
    """Some of the lots that may be sold, whole or in part."""
    draw, account = random.Random(seed), books.signals.account  # noqa: S311 - a seed, not a secret
    sells = {}
    for i, own in enumerate(account.lots):
        if account.lot_sellable[i] and draw.random() < 0.7:
            shares = int(as_fraction(own.shares))
            sells[i] = Decimal(draw.choice((shares, shares, max(shares // 2, 1))))
    return sells


@pytest.mark.parametrize("block", range(8))
def test_what_is_stated_is_what_the_ledger_books_on_random_books(block: int) -> None:
    compared = 0
    for seed in range(50 * block, 50 * block + 50):
        books = random_books(seed)
        sells = drawn_sells(books, seed + 7)
        if not sells:
            continue
        stated = check_washes(books.signals, sells, {})
        found: dict[tuple[object, ...], tuple[Fraction, Fraction]] = {}
        for w in stated:
            key = (books.signals.account.lots[w.lot_at].lot_id, w.account_id, w.security_id, w.bought, w.lost)
            before = found.get(key, (Fraction(0), Fraction(0)))
            found[key] = (before[0] + as_fraction(w.shares), before[1] + as_fraction(w.loss_usd))
        if books.earlier_sale_changes(sells):
            continue
        assert found == books.replayed_with(sells), seed
        compared += bool(found)
    assert compared >= 10


@pytest.mark.parametrize("block", range(4))
def test_widths_and_prices_never_understate_what_a_plan_washes(block: int) -> None:
    for seed in range(50 * block, 50 * block + 50):
        books = random_books(seed)
        account, prices = books.signals.account, books.signals.market.price_usd
        washes = account.washes
        assert washes is not None
        sells = drawn_sells(books, seed)
        bound: dict[str, float] = {}
        for name, key in enumerate(washes.group):
            mine = [i for i in sells if account.lot_name[i] == name and account.lot_gain_usd[i] < 0]
            amount = sum(float(sells[i] * prices[name]) for i in mine)
            dearest = max((-account.lot_gain_usd[i] / account.lot_value_usd[i] for i in mine), default=0.0)
            bound[key] = bound.get(key, 0.0) + min(amount, washes.sell_usd[name]) * dearest
        washed: dict[str, float] = {}
        for w in washed_by(books.signals, sells, {}):
            key = washes.group[int(account.lot_name[w.lot_at])]
            # A loss that passes through a replacement sold today is counted where it came from.
            own = as_fraction(w.shares) * max(-_gain(books.signals, w.lot_at), Fraction(0))
            washed[key] = washed.get(key, 0.0) + float(own)
        for key, usd in washed.items():
            assert usd <= bound[key] + 1e-6, seed


def _gain(s: Signals, lot_at: int) -> Fraction:
    own = s.account.lots[lot_at]
    return as_fraction(s.market.price_usd[int(s.account.lot_name[lot_at])]) - own.basis_of(Fraction(1))


def test_fewer_shares_bought_than_sold_wash_only_so_many_the_earliest_purchase_first() -> None:
    account = Account("A", (lot("old", 100, 5000, 105), lot("b", 50, 2750, 21), lot("c", 25, 1125, 13)), CASH)
    s = signals(account)  # Pub. 550: 75 of 100
    assert facts(check_washes(s, sold(s, old=100), {})) == [("b", 50, 500, False), ("c", 25, 250, False)]
    assert facts(check_washes(s, sold(s, old=60), {})) == [("b", 50, 500, False), ("c", 10, 100, False)]
    assert s.account.washes is not None
    assert s.account.washes.sell_usd.tolist() == [75 * 40, 0, 0]
    assert s.account.lot_sellable.all()


def test_a_lot_does_not_replace_itself_nor_another_part_of_its_purchase() -> None:
    s = signals(Account("A", (lot("a", 100, 5000, 10),), CASH))
    assert check_washes(s, sold(s, a=60), {}) == ()
    parts = Account("A", (lot("a", 60, 3000, 10), lot("b", 40, 2000, 10)), CASH)
    s = signals(parts)
    assert check_washes(s, sold(s, a=60), {}) == ()
    assert s.account.washes is not None
    assert not s.account.washes.matters


def test_a_share_replaces_once_and_lots_and_fills_say_that_it_has() -> None:
    new = replace(lot("b", 30, 1500, 5), held_since=T - timedelta(days=300))
    used = signals(Account("A", (lot("old", 100, 5000, 100), new), CASH))
    assert check_washes(used, sold(used, old=100), {}) == ()
    told = Fill("X", Side.BUY, Decimal(30), T - timedelta(days=5), lot_id="r", replaced=True)
    ira = Account("R", (lot("r", 30, 1200, 5, "R"),), (), (told,), AccountKind.IRA)
    taxable = Account("A", (lot("old", 100, 5000, 100),), CASH)
    s = signals(taxable, ira)
    assert check_washes(s, sold(s, old=100), {}) == ()
    s = signals(taxable, replace(ira, fills=(replace(told, replaced=False),)))
    assert facts(check_washes(s, sold(s, old=100), {})) == [("r", 30, 300, True)]


@pytest.mark.parametrize(("first", "lost"), [("B", 400), ("R", 600)])
def test_a_purchase_of_the_ira_two_days_earlier_takes_more_for_good(first: str, lost: int) -> None:
    days = {"B": 18, "R": 18} | {first: 20}
    accounts = (
        Account("A", (lot("old", 100, 5000, 400),), CASH),
        Account("B", (lot("b", 60, 2460, days["B"], "B"),), (), (), AccountKind.SPOUSE),
        Account("R", (lot("r", 60, 2460, days["R"], "R"),), (), (), AccountKind.ROTH),
    )
    s = signals(*accounts)
    washed = check_washes(s, sold(s, old=100), {})
    assert sum(as_fraction(w.loss_usd) for w in washed) == 1000
    assert sum(as_fraction(w.loss_usd) for w in washed if w.lost) == lost
    assert s.account.washes is not None
    assert s.account.washes.sell_lost.tolist() == [True, False, False]


def test_a_replacement_sold_the_same_day_takes_the_loss_and_may_be_washed_in_turn() -> None:
    lots = (lot("a", 10, 600, 100), lot("b", 10, 350, 20), lot("c", 10, 400, 5))
    s = signals(Account("A", lots, CASH))
    # a's loss of 20 a share makes b, a gain of 5 a share, a loss of 15 that c takes
    assert facts(check_washes(s, sold(s, a=10, b=10), {})) == [("b", 10, 200, False), ("c", 10, 150, False)]
    # what is still held of a purchase comes before what is sold of it
    assert facts(check_washes(s, sold(s, a=10, b=4), {}))[:2] == [("b", 6, 120, False), ("b", 4, 80, False)]


def test_a_purchase_washes_the_earliest_loss_first_and_only_what_waits() -> None:
    fills = (
        Fill("X", Side.SELL, Decimal(20), T - timedelta(days=3), Decimal(-100)),
        Fill("X", Side.SELL, Decimal(10), T - timedelta(days=30), Decimal(-300)),
        Fill("X", Side.SELL, Decimal(10), T - timedelta(days=31), Decimal(-900)),
    )
    s = signals(Account("A", (), CASH, fills))
    washed = check_washes(s, {}, {0: Decimal(15)})
    assert [(w.sold, as_fraction(w.shares), as_fraction(w.loss_usd)) for w in washed] == [
        (T - timedelta(days=30), 10, 300),
        (T - timedelta(days=3), 5, 25),
    ]
    washes = s.account.washes
    assert washes is not None
    assert washes.buy_usd.tolist() == [30 * 40, 0, 0]
    assert washes.buy_loss[0] == pytest.approx(30 / 40)


def test_members_of_an_identical_group_wash_each_other_and_each_counts_all_of_it() -> None:
    groups = {"X": "g", "Y": "g"}
    sale = Fill("Y", Side.SELL, Decimal(10), T - timedelta(days=3), Decimal(-100))
    other = Account("B", (lot("y", 25, 1000, 10, "B", "Y"),), (), ())
    s = signals(Account("A", (lot("old", 100, 5000, 100),), CASH, (sale,)), other, groups=groups)
    assert facts(check_washes(s, sold(s, old=100), {})) == [("y", 25, 250, False)]
    assert s.account.washes is not None
    assert s.account.washes.buy_usd.tolist() == [400, 400, 0]
    assert [w.name_at for w in check_washes(s, {}, {0: Decimal(6), 1: Decimal(6)})] == [0, 1]


def test_a_planned_purchase_washes_and_a_sale_that_is_not_known_stays_locked() -> None:
    fills = (
        Fill("X", Side.BUY, Decimal(5), T + timedelta(days=12)),
        Fill("Y", Side.SELL, Decimal(5), T - timedelta(days=12)),
        Fill("Z", Side.SELL, Decimal(5), T + timedelta(days=2), Decimal(-50)),
    )
    s = signals(Account("A", (lot("old", 100, 5000, 100),), CASH, fills))
    assert facts(check_washes(s, sold(s, old=100), {})) == [("", 5, 50, False)]
    assert {(k.security_id, k.kind) for k in s.account.locks} == {("Y", LockKind.NO_BUY), ("Z", LockKind.NO_BUY)}


def test_dividends_that_buy_shares_keep_their_lock() -> None:
    s = signals(Account("A", (lot("old", 100, 5000, 100),), CASH, reinvests_dividends=True))
    assert [k.kind for k in s.account.locks] == [LockKind.NO_LOSS_SALE]


def test_a_loss_that_is_safe_keeps_the_lock_on_another_of_its_name_that_is_not() -> None:
    s = signals(Account("A", (lot("old", 100, 5000, 100), lot("new", 10, 500, 5)), CASH))
    assert [(k.lot_id, k.kind) for k in s.account.locks] == [("old", LockKind.NO_LOSS_SALE)]
    assert s.account.lot_sellable.tolist() == [False, True]


def test_under_a_ban_nothing_is_counted() -> None:
    account = Account("A", (lot("old", 100, 5000, 105), lot("b", 50, 1750, 21)), CASH)
    s = signals_of(Portfolio("t", (account,)), T, {"X": "40"}, mandate=Mandate())
    assert s.account.washes is None
    assert washed_by(s, sold(s, old=1), {}) == ()
    assert PRICE.wash_policy != Mandate().wash_policy


def test_a_statement_that_the_ledger_does_not_book_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    s = signals(Account("A", (lot("old", 100, 5000, 105), lot("b", 50, 1750, 21)), CASH))
    right = washed_by(s, sold(s, old=60), {})
    monkeypatch.setattr(wash_check, "washed_by", lambda *_: (replace(right[0], shares=Fraction(49)),))
    with pytest.raises(SettlementError, match=r"50 shares with losses of \$500.00 against 49 shares"):
        check_washes(s, sold(s, old=60), {})


@pytest.mark.parametrize("case_id", ["WS-002", "WS-004", "WS-005", "WS-007", "WS-008", "WS-010", "WS-012", "WS-017"])
def test_the_worked_cases_of_the_law(shared: Path, case_id: str) -> None:
    cases = {c["id"]: c for c in json.loads((shared / "cases" / "tax_cases.json").read_text())}
    case = cases[case_id]
    rows = case["input"]["rows"]
    today = max(date.fromisoformat(r["sell_date"]) for r in rows if r.get("sell_date"))
    price = {Fraction(r["proceeds"]) / Fraction(r["shares"]) for r in rows if r.get("sell_date")}
    assert len(price) == 1
    lots: dict[str, list[TaxLot]] = {"A": []}
    fills: dict[str, list[Fill]] = {}
    for r in rows:
        account, bought = ("R" if r.get("account_type") == "ira" else "A"), date.fromisoformat(r["buy_date"])
        lots.setdefault(account, [])
        if bought > today:
            fills.setdefault(account, []).append(Fill("X", Side.BUY, Decimal(r["shares"]), bought))
        else:
            lots[account].append(TaxLot(r["lot"], account, "X", Decimal(r["shares"]), Decimal(r["basis"]), bought))
    accounts = tuple(
        Account(
            a,
            tuple(of),
            (CashItem(Decimal(1000), today),) if a == "A" else (),
            tuple(fills.get(a, ())),
            AccountKind.IRA if a == "R" else AccountKind.TAXABLE,
        )
        for a, of in lots.items()
    )
    s = signals_of(Portfolio("t", accounts), today, {"X": str(Decimal(str(float(price.pop()))))})
    washed = check_washes(s, sold(s, **{r["lot"]: r["shares"] for r in rows if r.get("sell_date")}), {})
    expected = case["expected"]
    assert sum(as_fraction(w.loss_usd) for w in washed) == Fraction(expected["total_disallowed"])
    assert sum(as_fraction(w.loss_usd) for w in washed if w.lost) == Fraction(expected["permanently_lost"])
