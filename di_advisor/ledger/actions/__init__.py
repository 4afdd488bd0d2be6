"""Corporate actions on lots (26 USC 305, 307, 354 to 358, 165(g), 301(c)), each applied lot by lot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from di_advisor.domain.events import CashInLieu, Event
from di_advisor.errors import InputError
from di_advisor.ledger.book import Book

__all__ = ["ACTIONS", "pay_fraction"]

ACTIONS: Final[dict[type[Event], Callable[[Book, Any], None]]] = {}
"""What applies each type of corporate action."""


def pay_fraction(book: Book, event: CashInLieu) -> None:
    """Pay cash for a pending fraction."""
    raise InputError("not yet")
