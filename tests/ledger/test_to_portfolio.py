"""A portfolio from books holds what the books hold, and locks what their trades should lock."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.events import (
    Buy,
    Deposit,
    Event,
    GiftReceived,
    Inheritance,
    OpenAccount,
    Reinvestment,
    Sell,
    TransferIn,
)
from di_advisor.domain.lots import LotState
from di_advisor.domain.portfolio import AccountKind, Fill, Side
from di_advisor.domain.signals import LockKind
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.holding_period import is_long_term
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.recent_trades import SoldReplacement
from di_advisor.ledger.replay import replay
from di_advisor.ledger.to_portfolio import portfolio_of_books
from di_advisor.ledger.wash_windows import wash_windows

AS_OF = date(2025, 6, 20)


def opened(account: str = "A", kind: AccountKind = AccountKind.TAXABLE, *, reinvests: bool = False) -> OpenAccount:
    return OpenAccount(
        event_id=f"open {account}", on=date(2020, 1, 2), account_id=account, kind=kind, reinvests_dividends=reinvests
    )


def buy(lot: str, on: date, shares: object = 10, amount: object = 1000, account: str = "A", security: str = "X") -> Buy:
    return Buy(event_id=lot, on=on, account_id=account, security_id=security, shares=shares, amount_usd=amount)


def sell(name: str, on: date, shares: object, amount: object, account: str = "A", security: str = "X") -> Sell:
    return Sell(event_id=name, on=on, account_id=account, security_id=security, shares=shares, amount_usd=amount)


def books_of(*events: Event, policies: LedgerPolicies | None = None) -> Books:
    return replay(events, as_of=AS_OF, policies=policies)


def test_every_account_comes_with_lots_cash_kind_and_reinvestment() -> None:
    books = books_of(
        opened(),
        opened("R", AccountKind.ROTH, reinvests=True),
        Deposit(event_id="d", on=date(2025, 1, 2), account_id="A", amount_usd="5000.50"),
        buy("L1", date(2025, 1, 6), Fraction(100, 3)),
        buy("L2", date(2025, 1, 6), "2.50", 100, "R"),
    )
    taxable, roth = books.portfolio().accounts
    assert (taxable.account_id, taxable.kind, taxable.reinvests_dividends) == ("A", AccountKind.TAXABLE, False)
    assert (roth.kind, roth.reinvests_dividends) == (AccountKind.ROTH, True)
    assert [(x.lot_id, x.shares, x.basis_total_usd) for x in taxable.lots] == [("L1", Fraction(100, 3), 1000)]
    assert str(roth.lots[0].shares) == "2.5"
    assert taxable.cash_usd(AS_OF) == Decimal("4000.50")
    assert taxable.fills == ()


def test_lots_whose_basis_or_date_is_not_known_keep_their_state() -> None:
    common = {"on": date(2025, 1, 6), "account_id": "A", "security_id": "X", "shares": 5}
    books = books_of(
        opened(),
        TransferIn(event_id="T1", basis_total_usd=None, acquired=date(2024, 1, 2), **common),
        TransferIn(event_id="T2", basis_total_usd=100, acquired=None, **common),
    )
    states = {lot.lot_id: (lot.state, lot.basis_total_usd) for lot in books.portfolio().lots}
    assert states == {"T1": (LotState.BASIS_PENDING, None), "T2": (LotState.TERM_UNKNOWN, 100)}


def test_a_loss_of_the_last_thirty_days_locks_purchases_in_every_account() -> None:
    books = books_of(
        opened(), opened("R", AccountKind.IRA), buy("L1", date(2025, 1, 6)), sell("S1", date(2025, 5, 21), 10, 800)
    )
    (fill,) = books.portfolio().account("A").fills
    assert (fill.side, fill.shares, fill.gain_usd) == (Side.SELL, 10, -200)
    (lock,) = wash_windows(books.portfolio(), AS_OF).no_buy_locks(["X", "Y"])
    assert (lock.security_id, lock.kind, lock.until) == ("X", LockKind.NO_BUY, AS_OF)


def test_a_loss_that_is_a_day_older_locks_nothing() -> None:
    books = books_of(opened(), buy("L1", date(2025, 1, 6)), sell("S1", date(2025, 5, 20), 10, 800))
    assert books.portfolio().account("A").fills == ()


def test_a_gain_and_a_loss_of_one_sale_do_not_hide_each_other() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6), 10, 100),
        buy("L2", date(2025, 1, 7), 10, 1000),
        sell("S1", date(2025, 6, 2), 20, 1800),
    )
    assert [f.gain_usd for f in books.portfolio().account("A").fills] == [800, -100]
    assert wash_windows(books.portfolio(), AS_OF).no_buy_locks(["X"])


def test_a_loss_that_is_disallowed_already_locks_no_purchase_and_its_replacement_no_second_loss() -> None:
    books = books_of(
        opened(), buy("L1", date(2025, 1, 6)), sell("S1", date(2025, 6, 2), 10, 800), buy("L2", date(2025, 6, 10))
    )
    portfolio = books.portfolio()
    windows = wash_windows(portfolio, AS_OF)
    assert windows.no_buy_locks(["X"]) == ()
    (lot,) = portfolio.lots
    assert lot.held_since != lot.acquired
    (lock,) = windows.loss_sale_locks(lot)
    assert (lock.kind, lock.until) == (LockKind.NO_LOSS_SALE, date(2025, 7, 10))


def test_a_recent_purchase_or_reinvestment_locks_the_loss_of_older_lots_once() -> None:
    drip = Reinvestment(
        event_id="D1", on=date(2025, 6, 12), account_id="R", security_id="X", shares="0.31", amount_usd=30
    )
    books = books_of(opened(), opened("R", AccountKind.IRA), buy("L1", date(2025, 1, 6)), drip)
    portfolio = books.portfolio()
    assert [f.lot_id for f in portfolio.account("R").fills] == ["D1"]
    windows = wash_windows(portfolio, AS_OF)
    assert sum(len(p) for p in windows.purchases.values()) == 1
    (lock,) = windows.loss_sale_locks(portfolio.account("A").lots[0])
    assert "for good" in lock.reason
    assert lock.until == date(2025, 7, 12)


def test_shares_bought_in_the_window_and_sold_again_count_as_the_setting_says() -> None:
    events = [
        opened(),
        opened("B"),
        buy("L1", date(2025, 1, 6)),
        buy("L2", date(2025, 6, 2), account="B"),
        sell("S1", date(2025, 6, 9), 10, 1100, "B"),
    ]
    counts = books_of(*events).portfolio()
    assert wash_windows(counts, AS_OF).loss_sale_locks(counts.account("A").lots[0])
    not_counted = books_of(*events, policies=LedgerPolicies(sold_replacement=SoldReplacement.DOES_NOT_COUNT))
    portfolio = not_counted.portfolio()
    assert wash_windows(portfolio, AS_OF).loss_sale_locks(portfolio.account("A").lots[0]) == ()


def test_gifts_and_inheritances_of_the_last_days_are_no_purchases_and_inherited_lots_are_long_term() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6)),
        Inheritance(
            event_id="I",
            on=date(2025, 6, 16),
            account_id="A",
            security_id="X",
            shares=5,
            value_at_death_usd=500,
            died_on=date(2025, 6, 6),
        ),
        GiftReceived(
            event_id="G",
            on=date(2025, 6, 16),
            account_id="A",
            security_id="X",
            shares=5,
            donor_basis_usd=500,
            value_usd=400,
            donor_held_since=date(2023, 1, 3),
        ),
    )
    portfolio = books.portfolio()
    lots = {lot.lot_id: lot for lot in portfolio.lots}
    assert wash_windows(portfolio, AS_OF).loss_sale_locks(lots["L1"]) == ()
    assert is_long_term(lots["I"].held_since, AS_OF)
    assert lots["G"].held_since == date(2023, 1, 3)
    assert lots["G"].basis_total_usd == 400


def test_a_sale_whose_basis_is_not_known_counts_as_a_loss() -> None:
    books = books_of(
        opened(),
        TransferIn(
            event_id="T1",
            on=date(2025, 1, 6),
            account_id="A",
            security_id="X",
            shares=5,
            basis_total_usd=None,
            acquired=date(2024, 1, 2),
        ),
        sell("S1", date(2025, 6, 2), 5, 800),
    )
    assert books.portfolio().account("A").fills[0].gain_usd is None
    assert wash_windows(books.portfolio(), AS_OF).no_buy_locks(["X"])


def test_planned_trades_join_the_fills_of_their_account() -> None:
    books = books_of(opened(), buy("L1", date(2025, 1, 6)))
    plan = Fill("X", Side.BUY, 3, date(2025, 7, 1))
    portfolio = portfolio_of_books(books, planned={"A": [plan]})
    assert portfolio.account("A").fills == (plan,)
    assert wash_windows(portfolio, AS_OF).loss_sale_locks(portfolio.lots[0])
    with pytest.raises(InputError, match="do not have: Z"):
        portfolio_of_books(books, planned={"Z": [plan]})
