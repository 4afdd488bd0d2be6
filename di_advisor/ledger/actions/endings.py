"""What changes a name, ends a listing, or ends a security without anything in return.

A new ticker, CUSIP or name is no tax event. A delisted security is not worthless: its lots stay
open until they are sold, abandoned, or worthless. Worthless stock counts as sold for nothing on the
**last day of the year** (26 USC 165(g)(1); 26 CFR 1.165-5), which can make the loss long-term.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Final

from di_advisor.domain.events import Delisting, TickerChange, Worthless
from di_advisor.ledger.actions.fractions_due import drop_pending
from di_advisor.ledger.actions.held import Held, Outcome
from di_advisor.ledger.book import Book
from di_advisor.ledger.parts import RealizedKind

__all__ = ["apply_delisting", "apply_ticker_change", "apply_worthless"]

_ZERO: Final = Fraction(0)


def apply_ticker_change(book: Book, event: TickerChange, _before: Held) -> Outcome:
    """Keep the new ticker; a change that starts from another ticker than the last one is noted."""
    known = book.tickers.get(event.security_id)
    if known is not None and known != event.old_ticker:
        book.note(
            "ticker_gap",
            f"{event.security_id} changes its ticker from {event.old_ticker} to {event.new_ticker} on {event.on}, and "
            f"was {known} until then: a change is missing.",
            event_id=event.event_id,
            security_id=event.security_id,
        )
    book.tickers[event.security_id] = event.new_ticker
    return Outcome()


def apply_delisting(book: Book, event: Delisting, before: Held) -> Outcome:
    """Keep the lots open, and tell every holder what would fix a loss."""
    book.delisted.add(event.security_id)
    for account_id in before.accounts:
        book.note(
            "delisted",
            f"{event.security_id} is not listed any more since {event.on}; it is not worthless by that, and there is "
            "no loss yet. Sell or abandon it to fix the year of the loss.",
            event_id=event.event_id,
            account_id=account_id,
            security_id=event.security_id,
        )
    return Outcome()


def apply_worthless(book: Book, event: Worthless, before: Held) -> Outcome:
    """Sell every lot for nothing on the last day of the year."""
    last_day = date(event.on.year, 12, 31)
    for account_id in before.accounts:
        for part in book.lots(account_id, event.security_id):
            book.sell(part, part.shares, _ZERO, last_day, event_id=event.event_id, kind=RealizedKind.WORTHLESS)
        drop_pending(book, account_id, event.security_id)
        book.settle_note("delisted", account_id, event.security_id)
    return Outcome(dict.fromkeys(before.shares, _ZERO))
