"""Wash windows against a naive second implementation that walks the calendar, and their invariants.

The second implementation shares no code with the ledger: it looks at every day of the 61, at every
account, lot and fill on that day, and finds the end of a lock by walking forward.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import Account, AccountKind, Fill, Portfolio, Side
from di_advisor.domain.signals import LockKind
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.wash_windows import wash_windows

TODAY = date(2024, 3, 5)
NAMES = ("GOOG", "GOOGL", "IBM", "FOX")
GROUP = {"GOOG": "alphabet", "GOOGL": "alphabet"}
GROUPS = IdenticalGroups(GROUP)
RETIREMENT = ("ira", "roth", "retirement_plan", "hsa")


@st.composite
def a_lot(draw: st.DrawFn, account_id: str, number: int) -> TaxLot:
    acquired = draw(st.none() | st.integers(0, 45).map(lambda k: TODAY - timedelta(days=k)))
    tacked_days = draw(st.sampled_from([0, 0, 0, 100]))
    shares = Decimal(draw(st.integers(1, 3)))
    basis = draw(st.none() | st.sampled_from([Decimal(10), Decimal("10.005"), Decimal(11)]))
    total = None if basis is None else basis * shares
    return TaxLot(
        f"L{number}",
        account_id,
        draw(st.sampled_from(NAMES)),
        shares,
        total,
        acquired,
        None if acquired is None else acquired - timedelta(days=tacked_days),
        LotState.of(total, acquired),
    )


@st.composite
def a_fill(draw: st.DrawFn) -> Fill:
    side = draw(st.sampled_from(Side))
    gain = draw(st.none() | st.sampled_from([Decimal(-1), Decimal(0), Decimal(1)])) if side is Side.SELL else None
    on = TODAY + timedelta(days=draw(st.integers(-40, 40)))
    lot_id = draw(st.sampled_from(["", "L0", "L1", "L9"])) if side is Side.BUY else ""
    return Fill(draw(st.sampled_from(NAMES)), side, Decimal(draw(st.integers(1, 9))), on, gain, lot_id)


@st.composite
def an_account(draw: st.DrawFn, account_id: str) -> Account:
    held = tuple(draw(a_lot(account_id, i)) for i in range(draw(st.integers(0, 4))))
    fills = list(draw(st.lists(a_fill(), max_size=4)))
    fills.extend(
        Fill(lot.security_id, Side.BUY, lot.shares, lot.acquired, lot_id=lot.lot_id)
        for lot in held
        if lot.acquired is not None and draw(st.booleans())
    )
    kind = draw(st.sampled_from(AccountKind))
    reinvests = draw(st.sampled_from([False, False, True]))
    return Account(account_id, held, (), tuple(fills), kind, reinvests)


@st.composite
def a_book(draw: st.DrawFn) -> Portfolio:
    return Portfolio("t", tuple(draw(an_account(f"a{i}")) for i in range(draw(st.integers(1, 3)))))


def alike(one: str, other: str) -> bool:
    return one == other or (one in GROUP and other in GROUP and GROUP[one] == GROUP[other])


def last_unsafe_day(event_days: list[date]) -> date:
    """Walk forward from today while any event is at most thirty days away."""
    day = TODAY
    while any(-30 <= (day + timedelta(days=1) - e).days <= 30 for e in event_days):
        day += timedelta(days=1)
    return day


def days_around_today() -> list[date]:
    return [TODAY + timedelta(days=k) for k in range(-30, 31)]


def naive_no_buy(book: Portfolio, security_id: str) -> date | None:
    """Return the last day of the lock on purchases, or None."""
    losses = []
    for day in days_around_today():
        for account in book.accounts:
            for fill in account.fills:
                loses = fill.gain_usd is None or fill.gain_usd < 0
                taxed = account.kind not in RETIREMENT
                if fill.on == day and fill.side == "sell" and loses and taxed and alike(fill.security_id, security_id):
                    losses.append(day)
    return last_unsafe_day(losses) if losses else None


def bought_by_fill(fill: Fill, day: date, account: Account, lot: TaxLot) -> bool:
    """Say whether a fill of an account is a purchase that a loss on the lot has to fear, on a day."""
    if fill.on != day or fill.side != "buy" or not alike(fill.security_id, lot.security_id):
        return False
    opened = [x for x in account.lots if x.lot_id == fill.lot_id]
    if any(x.acquired == day and x.security_id == fill.security_id for x in opened):
        return False
    return not (account.account_id == lot.account_id and lot in opened and fill.security_id == lot.security_id)


def bought_by_lot(other: TaxLot, day: date, lot: TaxLot) -> bool:
    """Say whether a lot shows a purchase that a loss on the lot has to fear, on a day."""
    if other.acquired != day or not alike(other.security_id, lot.security_id):
        return False
    return other.account_id != lot.account_id or not parts_of_one_purchase(other, lot)


def naive_loss_sale(book: Portfolio, lot: TaxLot) -> set[date | None]:
    """Return the last days of the locks on a loss sale of a lot."""
    if any(a.account_id == lot.account_id and a.kind in RETIREMENT for a in book.accounts):
        return set()
    purchases = [
        day
        for day in days_around_today()
        for account in book.accounts
        if any(bought_by_lot(x, day, lot) for x in account.lots)
        or any(bought_by_fill(x, day, account, lot) for x in account.fills)
    ]
    ends: set[date | None] = {last_unsafe_day(purchases)} if purchases else set()
    if lot.acquired in days_around_today() and lot.held_since != lot.acquired:
        ends.add(last_unsafe_day([lot.acquired]))
    for account in book.accounts:
        if account.reinvests_dividends and any(alike(x.security_id, lot.security_id) for x in account.lots):
            ends.add(None)
    return ends


def parts_of_one_purchase(one: TaxLot, other: TaxLot) -> bool:
    if one is other:
        return True
    if one.security_id != other.security_id or one.acquired != other.acquired:
        return False
    if one.held_since != one.acquired or other.held_since != other.acquired:
        return False
    if one.basis_total_usd is None or other.basis_total_usd is None:
        return False
    price = Fraction(one.basis_total_usd) / Fraction(one.shares)
    other_price = Fraction(other.basis_total_usd) / Fraction(other.shares)
    return abs(price - other_price) * min(Fraction(one.shares), Fraction(other.shares)) <= Fraction("0.01")


@given(a_book())
def test_purchases_are_locked_as_the_calendar_walk_says(book: Portfolio) -> None:
    locks = wash_windows(book, TODAY, GROUPS).no_buy_locks(NAMES)
    expected = {name: until for name in NAMES if (until := naive_no_buy(book, name)) is not None}
    assert {lock.security_id: lock.until for lock in locks} == expected
    assert all(lock.kind is LockKind.NO_BUY for lock in locks)


@given(a_book())
def test_loss_sales_are_locked_as_the_calendar_walk_says(book: Portfolio) -> None:
    windows = wash_windows(book, TODAY, GROUPS)
    for lot in book.lots:
        locks = windows.loss_sale_locks(lot)
        assert {lock.until for lock in locks} == naive_loss_sale(book, lot)
        assert {(lock.security_id, lock.lot_id) for lock in locks} <= {(lot.security_id, lot.lot_id)}


@given(a_book())
def test_a_lot_stays_locked_until_its_first_safe_day_and_is_free_on_it(book: Portfolio) -> None:
    last_plan = TODAY + timedelta(days=30)
    book = replace(
        book,
        accounts=tuple(
            replace(a, fills=tuple(f for f in a.fills if f.on <= last_plan), reinvests_dividends=False)
            for a in book.accounts
        ),
    )
    for lot in book.lots:
        last = max((k.until for k in wash_windows(book, TODAY, GROUPS).loss_sale_locks(lot) if k.until), default=None)
        if last is not None:
            held = [wash_windows(book, d, GROUPS).loss_sale_locks(lot) for d in (TODAY, last)]
            assert all(held)
            assert wash_windows(book, last + timedelta(days=1), GROUPS).loss_sale_locks(lot) == ()


@given(a_book(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(book: Portfolio, random: Random) -> None:
    shuffled = []
    for account in book.accounts:
        held, fills = list(account.lots), list(account.fills)
        random.shuffle(held)
        random.shuffle(fills)
        shuffled.append(replace(account, lots=tuple(held), fills=tuple(fills)))
    before = wash_windows(book, TODAY, GROUPS)
    after = wash_windows(replace(book, accounts=tuple(shuffled)), TODAY, GROUPS)
    assert before.no_buy_locks(NAMES) == after.no_buy_locks(NAMES)
    for lot in book.lots:
        assert before.loss_sale_locks(lot) == after.loss_sale_locks(lot)


@given(a_book(), st.sampled_from(NAMES), st.integers(31, 400), st.sampled_from([-1, 1]))
def test_a_purchase_or_a_loss_31_or_more_days_away_changes_nothing(
    book: Portfolio, name: str, away_days: int, sign: int
) -> None:
    on = TODAY + timedelta(days=sign * away_days)
    far = (Fill(name, Side.BUY, Decimal(1), on), Fill(name, Side.SELL, Decimal(1), on, Decimal(-1)))
    first = book.accounts[0]
    with_far = replace(book, accounts=(replace(first, fills=(*first.fills, *far)), *book.accounts[1:]))
    before, after = wash_windows(book, TODAY, GROUPS), wash_windows(with_far, TODAY, GROUPS)
    assert before.no_buy_locks(NAMES) == after.no_buy_locks(NAMES)
    assert [before.loss_sale_locks(x) for x in book.lots] == [after.loss_sale_locks(x) for x in book.lots]


@given(a_book(), an_account("another"))
def test_seeing_one_more_account_never_unlocks_anything(book: Portfolio, another: Account) -> None:
    more = replace(book, accounts=(*book.accounts, another))
    before, after = wash_windows(book, TODAY, GROUPS), wash_windows(more, TODAY, GROUPS)
    assert {k.security_id for k in before.no_buy_locks(NAMES)} <= {k.security_id for k in after.no_buy_locks(NAMES)}
    for lot in book.lots:
        assert len(before.loss_sale_locks(lot)) <= len(after.loss_sale_locks(lot))
