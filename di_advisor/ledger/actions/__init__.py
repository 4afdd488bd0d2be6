"""Corporate actions on lots (26 USC 165(g), 301(c), 305, 307, 354 to 358), each applied lot by lot.

Every action is applied by one function through the moves of the book, and its totals are checked
right after (`held.require_conserved`). The same action from two sources is applied once. Several
actions of one day come in the order of the setting ``action_order``; ownership before the day began
decides. Pure functions for a single lot stand beside: `spin_off_basis_usd`, `exchange_with_boot`,
`return_capital`, `rights_fraction`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from di_advisor.domain.event_text import content_differences
from di_advisor.domain.events import (
    CashInLieu,
    CashMerger,
    Delisting,
    Event,
    Exchange,
    MixedMerger,
    ReturnOfCapital,
    ReverseSplit,
    Rights,
    SpinOff,
    Split,
    StockDividend,
    StockMerger,
    TickerChange,
    Worthless,
)
from di_advisor.errors import ConflictingEventError
from di_advisor.ledger.actions.boot import BootExchange, apply_mixed_merger, exchange_with_boot
from di_advisor.ledger.actions.distributions import (
    apply_return_of_capital,
    apply_rights,
    return_capital,
    rights_fraction,
)
from di_advisor.ledger.actions.endings import apply_delisting, apply_ticker_change, apply_worthless
from di_advisor.ledger.actions.fractions_due import apply_cash_in_lieu
from di_advisor.ledger.actions.held import Action, Held, Outcome, require_conserved
from di_advisor.ledger.actions.mergers import apply_cash_merger, apply_exchange, apply_stock_merger
from di_advisor.ledger.actions.spin_offs import apply_spin_off, parent_fraction_by_value, spin_off_basis_usd
from di_advisor.ledger.actions.splits import apply_split, apply_stock_dividend
from di_advisor.ledger.book import Book
from di_advisor.ledger.known_events import action_key

__all__ = [
    "ACTIONS",
    "BootExchange",
    "exchange_with_boot",
    "parent_fraction_by_value",
    "pay_fraction",
    "return_capital",
    "rights_fraction",
    "spin_off_basis_usd",
]

_RECEIVED: Final = ("spun_security_id", "new_security_id", "rights_security_id")


def _checked(apply: Callable[[Book, Any, Held], Outcome]) -> Callable[[Book, Any], None]:
    """An action, with its totals taken before and compared after."""

    def applied(book: Book, event: Action) -> None:
        if _told_before(book, event):
            return
        accounts = book.holders(event.security_id) if not hasattr(event, "account_id") else (event.account_id,)
        securities = [event.security_id, *(getattr(event, name) for name in _RECEIVED if hasattr(event, name))]
        before = Held.of(book, accounts, dict.fromkeys(securities))
        require_conserved(book, event, before, apply(book, event, before))

    return applied


def _told_before(book: Book, event: Action) -> bool:
    """Whether the same action, from another source, was applied already; it is applied once."""
    key = action_key(event)
    first = event if key is None else book.actions.setdefault(key, event)
    if first is event:
        return False
    differences = content_differences(first, event, ignoring=("event_id", "sequence"))
    if differences:
        raise ConflictingEventError(
            f"{type(event).__name__} {event.event_id!r} and {first.event_id!r} tell the same action with other terms: "
            f"{'; '.join(differences)}.",
            hint="Find out which is right, and correct the other one.",
            event_id=event.event_id,
            known_id=first.event_id,
        )
    book.note(
        "told_twice",
        f"{type(event).__name__} {event.event_id} tells what {first.event_id} tells: it is applied once.",
        event_id=event.event_id,
        security_id=event.security_id,
    )
    return True


pay_fraction: Final[Callable[[Book, CashInLieu], None]] = _checked(apply_cash_in_lieu)
"""Pays cash for a fraction that an action left over."""

ACTIONS: Final[dict[type[Event], Callable[[Book, Any], None]]] = {
    TickerChange: _checked(apply_ticker_change),
    Split: _checked(apply_split),
    ReverseSplit: _checked(apply_split),
    StockDividend: _checked(apply_stock_dividend),
    Rights: _checked(apply_rights),
    ReturnOfCapital: _checked(apply_return_of_capital),
    SpinOff: _checked(apply_spin_off),
    Exchange: _checked(apply_exchange),
    MixedMerger: _checked(apply_mixed_merger),
    StockMerger: _checked(apply_stock_merger),
    CashMerger: _checked(apply_cash_merger),
    Delisting: _checked(apply_delisting),
    Worthless: _checked(apply_worthless),
}
"""What applies each type of corporate action."""
