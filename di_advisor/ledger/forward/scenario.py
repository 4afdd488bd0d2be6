"""What is booked to answer a question: the books, today's trades, what is planned, and the trade asked about.

Problem: the losses and purchases of one day are matched together, when the day is over. Books that go
to a day have closed it, so a further trade of that day cannot simply be added. Decision: the books go
to the day before, and the trades of today come as events; where the name was not traded on the books'
last day, that day may be asked about as well. Limits: of a name that becomes another one today (a
merger, a spin-off) nothing is said that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import show_exact
from di_advisor.domain.events import Buy, CashInLieu, Dividend, Event, TransferIn
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.book import Book
from di_advisor.ledger.books import Books
from di_advisor.ledger.days import calendar_day
from di_advisor.ledger.forward.answers import PlannedPurchase
from di_advisor.ledger.forward.resume import Holdings, holdings_by_group, resumed
from di_advisor.ledger.frozen_parts import booked_lot
from di_advisor.ledger.realized import BookedLot
from di_advisor.ledger.replay import advance, canonical_order

__all__ = ["ASKED", "NOT_RECORDED", "PLANNED", "Scenario", "purchase_event"]

NOT_RECORDED: Final = "\0"
"""Before the ids made here: no store takes NUL in an id, so that a user's own "asked" is another trade."""
ASKED: Final = f"{NOT_RECORDED}asked"
"""Id of the trade asked about."""
PLANNED: Final = f"{NOT_RECORDED}planned "
"""Beginning of the ids of planned purchases."""

_EMPTY: Final = Holdings((), ())
# What is planned comes after what happened that day.
_LATE: Final = 10**8
_CASH_ONLY: Final = (Dividend, CashInLieu)


def purchase_event(event_id: str, sequence: int, purchase: PlannedPurchase) -> Buy:
    """A purchase as an event; what it costs does not matter to any question that is asked here.

    Parameters
    ----------
    event_id : str
        Its id.
    sequence : int
        Place in its day.
    purchase : PlannedPurchase
        What is bought.
    """
    return Buy(
        event_id=event_id,
        sequence=sequence,
        on=purchase.on,
        account_id=purchase.account_id,
        security_id=purchase.security_id,
        shares=purchase.shares,
        amount_usd=Fraction(0),
    )


class Scenario:
    """Books, and what comes after them.

    Parameters
    ----------
    books : Books
        Replayed to a day before the questions.
    planned : iterable of PlannedPurchase
        Purchases that are coming.
    today : iterable of Event
        What has happened after the books' day; cash does not matter here.

    Raises
    ------
    InputError
        If a purchase is in an account that was not seen, or something is dated before the books end.
    """

    def __init__(self, books: Books, planned: Iterable[PlannedPurchase], today: Iterable[Event]) -> None:
        self.books = books
        today = tuple(today)
        came = [e.acquired for e in today if isinstance(e, TransferIn) and e.acquired]
        self._holdings = holdings_by_group(books, bought_from=min(came, default=None))
        self._sold_on = {(self.key(p.security_id), p.sold) for p in books.realized if p.sold == books.as_of}
        self._coming: dict[str, list[Event]] = {}
        self._today: dict[str, list[Event]] = {}
        self._unsettled: dict[str, Event] = {}
        for event in today:
            self._happened(event)
        for number, purchase in enumerate(planned):
            self.require(purchase.account_id, purchase.security_id, purchase.on)
            event = purchase_event(f"{PLANNED}{number}", _LATE + number, purchase)
            self._coming.setdefault(self.key(purchase.security_id), []).append(event)

    def _happened(self, event: Event) -> None:
        if event.on <= self.books.as_of:
            raise InputError(
                f"{type(event).__name__} {event.event_id!r} on {event.on} is not after {self.books.as_of}, where the "
                f"books end.",
                hint="Give what happened on later days; the books hold everything else.",
                event_id=event.event_id,
            )
        named = [getattr(event, f.name) for f in fields(event) if f.name.endswith("security_id")]
        if not named or isinstance(event, _CASH_ONLY):
            return
        if len(named) > 1:
            self._unsettled |= {self.key(security_id): event for security_id in named}
            return
        self._coming.setdefault(self.key(named[0]), []).append(event)
        self._today.setdefault(self.key(named[0]), []).append(event)

    def key(self, security_id: str) -> str:
        """Key of the group of identical securities."""
        return self.books.groups.key(security_id)

    def holdings(self, security_id: str) -> Holdings:
        """What the books hold of a security's group."""
        return self._holdings.get(self.key(security_id), _EMPTY)

    def coming(self, security_id: str) -> Sequence[Event]:
        """Today's and planned trades of a security's group."""
        return self._coming.get(self.key(security_id), ())

    def booked(self, security_id: str, *asked: Event) -> Book:
        """The group's book after everything, the trades asked about included.

        Parameters
        ----------
        security_id : str
            Any member of the group.
        *asked : Event
            Trades asked about.
        """
        book = resumed(self.books, self.holdings(security_id))
        events = canonical_order((*self.coming(security_id), *asked), self.books.policies)
        advance(book, events, date.max)
        return book

    def lot(self, account_id: str, lot_id: str) -> BookedLot:
        """An open lot, of the books or of today, whose basis is known.

        Parameters
        ----------
        account_id, lot_id : str
            Its keys.

        Raises
        ------
        InputError
            If there is none.
        IncompleteDataError
            If its basis is not known.
        """
        lots = [*self._lots_of_today(account_id), *self.books.lots_of(account_id)]
        found = next((b for b in lots if b.lot.lot_id == lot_id), None)
        if found is None:
            held = [f"{b.lot.lot_id} ({show_exact(b.lot.shares)})" for b in lots[:10]]
            raise InputError(
                f"Account {account_id} holds no lot {lot_id!r}.",
                hint=f"It holds: {', '.join(held) or 'nothing'}.",
                lot_id=lot_id,
            )
        if found.lot.basis_total_usd is None:
            raise IncompleteDataError(
                f"The basis of lot {lot_id} ({found.lot.security_id}) is not known: nobody can say whether its sale "
                f"is a loss.",
                hint="Supply the basis by a correction first.",
                lot_id=lot_id,
            )
        return found

    def _lots_of_today(self, account_id: str) -> Iterable[BookedLot]:
        for key, events in self._today.items():
            book = resumed(self.books, self._holdings.get(key, _EMPTY))
            advance(book, canonical_order(events, self.books.policies), date.max, closing=False)
            yield from (booked_lot(p) for p in book.open_parts() if p.account_id == account_id)

    def require(self, account_id: str, security_id: str, on: date) -> None:
        """Refuse accounts that were not seen, and days that the books have closed.

        Parameters
        ----------
        account_id, security_id : str
            Of a trade.
        on : date
            Its day.

        Raises
        ------
        InputError
            If the trade cannot be booked after the books.
        """
        if account_id not in self.books.accounts:
            raise InputError(
                f"Account {account_id!r} is none of those seen.",
                hint=f"{self.books.scope} Open it in the journal first.",
                account_id=account_id,
            )
        closed = self.books.as_of
        if calendar_day(on, "The day of the trade") < closed:
            raise InputError(
                f"The trade on {on} lies before the books, which go to {closed}.",
                hint="Replay the journal to an earlier day to ask about that one.",
            )
        action = self._unsettled.get(self.key(security_id))
        if action is not None:
            raise InputError(
                f"{type(action).__name__} {action.event_id!r} on {action.on} concerns {security_id} and another "
                f"security: nothing is said of it on that day.",
                hint="Replay the journal through that day, and ask about the next one.",
                security_id=security_id,
            )
        holdings = self.holdings(security_id)
        traded = any(b.bought_on == closed for b in holdings.lots)
        if on == closed and (traded or (self.key(security_id), closed) in self._sold_on):
            raise InputError(
                f"{security_id}, or what counts as identical, was traded on {closed}, and the books have closed that "
                f"day.",
                hint="Replay to the day before, and give that day's trades as today's "
                "(WashQuestions.from_events does both).",
                security_id=security_id,
            )
