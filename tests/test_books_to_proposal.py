"""From books to a proposal: what recent trades and open breaks lock is not traded, and every account is seen."""

from datetime import timedelta

import pytest

from di_advisor import Advisor, Mandate, sample
from di_advisor.domain.events import Deposit, Event, OpenAccount, Sell, TransferIn
from di_advisor.domain.portfolio import AccountKind, Side
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.reconciliation import CustodianStatement, blocked, reconcile, refuse_blocked
from di_advisor.ledger.replay import replay
from di_advisor.propose.proposal import Proposal
from di_advisor.sample.world import SampleWorld


@pytest.fixture(scope="module")
def world() -> SampleWorld:
    return sample.load()


@pytest.fixture(scope="module")
def books(world: SampleWorld) -> Books:
    """The first sample account as a journal, with a loss two days ago, and an empty IRA beside it."""
    name, portfolio = next(iter(world.portfolios.items()))
    account = next(a for a in portfolio.accounts if a.kind is AccountKind.TAXABLE)
    start = min(lot.acquired for lot in account.lots if lot.acquired)
    events: list[Event] = [
        OpenAccount(event_id="open", on=start, account_id="main"),
        OpenAccount(event_id="open ira", on=start, account_id="ira", kind=AccountKind.IRA),
        Deposit(event_id="cash", on=start, account_id="main", amount_usd=50_000),
    ]
    events += [
        TransferIn(
            event_id=f"in {lot.lot_id}",
            on=lot.acquired or start,
            account_id="main",
            security_id=lot.security_id,
            shares=lot.shares,
            basis_total_usd=lot.basis_total_usd,
            acquired=lot.acquired,
            lot_id=lot.lot_id,
        )
        for lot in account.lots
    ]
    last = account.lots[-1]
    events.append(
        Sell(
            event_id="loss",
            on=world.as_of - timedelta(days=2),
            account_id="main",
            security_id=last.security_id,
            shares=sum(x.shares for x in account.lots if x.security_id == last.security_id),
            amount_usd=1,
        )
    )
    return replay(events, as_of=world.as_of, taxpayer=name)


def propose(world: SampleWorld, books: Books, **more: object) -> Proposal:
    return Advisor().propose(
        books.portfolio(),
        market=world.market(),
        target=world.target,
        mandate=Mandate(tracking_error_max=None),
        tax=world.tax,
        returns=world.returns,
        exposures=world.exposures,
        account_id="main",
        **more,  # type: ignore[arg-type]
    )


def test_a_proposal_from_books_keeps_the_locks_of_trades_and_of_the_reconciliation(
    world: SampleWorld, books: Books
) -> None:
    sold = next(r.security_id for r in books.realized)
    free = propose(world, books)
    assert free.accounts_seen == ("ira", "main")
    assert any(k.security_id == sold and k.kind is LockKind.NO_BUY for k in free.locks)
    assert sold not in {t.security_id for t in free.trade_list if t.side is Side.BUY}
    traded = free.trade_list[0].security_id
    statement = CustodianStatement.of_books(books, ["main"])
    kept = tuple(x for x in statement.lots if x.security_id != traded)
    doubled = tuple(x for x in statement.lots if x.security_id == traded)[:-1]
    report = reconcile(books, CustodianStatement(statement.as_of, statement.accounts, (*kept, *doubled), settled=False))
    locks = blocked(report)
    if not report.breaks:  # the first trade is a purchase of a name that is not held
        locks = {"main": tuple(Lock(traded, kind, "a break") for kind in (LockKind.NO_BUY, LockKind.NO_SELL))}
    kept_out = propose(world, books, locks=locks["main"])
    assert traded not in {t.security_id for t in kept_out.trade_list}
    refuse_blocked(kept_out.trade_list, "main", locks)
    assert set(locks["main"]) <= set(kept_out.locks)


def test_a_further_lock_on_a_single_lot_is_refused_rather_than_lost(world: SampleWorld, books: Books) -> None:
    lock = Lock(world.market().universe.security_ids[0], LockKind.NO_SELL, "why", lot_id="L1")
    with pytest.raises(InputError, match="whole names"):
        propose(world, books, locks=(lock,))
