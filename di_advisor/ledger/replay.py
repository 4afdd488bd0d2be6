"""Replay: from events to books.

Problem: the same events must give the same lots, byte for byte, whoever replays them, in whatever
order they were entered. Decision: events are sorted by day, by kind (accounts, corporate actions in
a fixed order, arrivals, trades, what leaves), by sequence and by id; actions of a day come before
its trades, so that ownership before the ex-date decides. The losses of a day are looked at when all
its trades are booked. Nothing depends on the clock or on hashing.

A transfer between accounts comes before the day's trades where its shares are there by then, so that
what arrives can be sold that day; else after all of them (and before dividends), so that shares
bought that day can be moved. Transfers that wait for each other are tried until none goes through.
A sale of shares that arrive only after the day's trades is refused, and its error names the transfer.

Limits: corrections are resolved by the journal before the replay.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from di_advisor.domain.events import (
    Buy,
    CashInLieu,
    Correction,
    Deposit,
    Dividend,
    Event,
    Exchange,
    GiftGiven,
    GiftReceived,
    Inheritance,
    OpenAccount,
    Reinvestment,
    SecurityEvent,
    Sell,
    Transfer,
    TransferIn,
    TransferOut,
    Withdrawal,
    Worthless,
)
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.ledger.actions import ACTIONS
from di_advisor.ledger.book import Book
from di_advisor.ledger.booking import BOOKINGS
from di_advisor.ledger.books import Books
from di_advisor.ledger.frozen_parts import booked_lot, frozen_piece, held_before_today, open_lot
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.realized import BookedLot, Realized

__all__ = [
    "advance",
    "apply_event",
    "booked_lot",
    "booked_on",
    "canonical_order",
    "frozen",
    "frozen_piece",
    "open_lot",
    "replay",
]

_ACTIONS: Final = 150
_RANK: Final[dict[type[Event], int]] = {
    OpenAccount: 0,
    TransferIn: 200,
    GiftReceived: 200,
    Inheritance: 200,
    Deposit: 200,
    Transfer: 210,
    Buy: 300,
    Reinvestment: 300,
    Sell: 300,
    Dividend: 310,
    CashInLieu: 310,
    GiftGiven: 400,
    TransferOut: 400,
    Withdrawal: 400,
    Worthless: 500,
}

# Trades, and other transfers of the day, come before a transfer whose shares were not there in the morning.
_BEFORE_LATE_TRANSFERS: Final = (Transfer, Buy, Reinvestment, Sell)


def booked_on(event: Event) -> date:
    """The day on which an event is booked: its own, but for worthless stock."""
    # 26 USC 165(g)(1): worthless stock counts as sold on the last day of the year.
    return date(event.on.year, 12, 31) if isinstance(event, Worthless) else event.on


def canonical_order(events: Iterable[Event], policies: LedgerPolicies | None = None) -> list[Event]:
    """Events in the order in which they are applied; the order in which they come does not matter.

    Parameters
    ----------
    events : iterable of Event
        Without corrections.
    policies : LedgerPolicies, optional
        Give the order of actions on one day.

    Raises
    ------
    InputError
        If a correction is among them.
    """
    order = {name: _ACTIONS + n for n, name in enumerate((policies or LedgerPolicies()).action_order)}
    ranks: dict[type[Event], int] = {}

    def key(event: Event) -> tuple[int, int, int, int, str]:
        kind = type(event)
        rank = ranks.get(kind)
        if rank is None:
            if isinstance(event, Correction):
                raise InputError(
                    f"Correction {event.event_id!r} is among the events to replay.",
                    hint="Replay Journal.effective(), where corrections are applied.",
                )
            rank = ranks[kind] = _RANK[kind] if kind in _RANK else order[kind.__name__]
        return (booked_on(event).toordinal(), rank, event.sequence, int(kind is Sell), event.event_id)

    return sorted(events, key=key)


def replay(
    events: Iterable[Event],
    *,
    as_of: date,
    taxpayer: str = "taxpayer",
    policies: LedgerPolicies | None = None,
    groups: IdenticalGroups | None = None,
) -> Books:
    """Derive the books of one taxpayer from what happened.

    Parameters
    ----------
    events : iterable of Event
        Of all accounts of the taxpayer, in any order, without corrections.
    as_of : date
        Last day to replay; later events are left out.
    taxpayer : str
        Who files the return.
    policies : LedgerPolicies, optional
        How the law is read where it is silent; recorded with the result.
    groups : IdenticalGroups, optional
        What counts as substantially identical; each security alone when left out.

    Raises
    ------
    InputError
        If an event cannot be booked: shares that are not held, lots that are not open, an account
        never opened. Nothing is returned then.
    """
    policies = policies or LedgerPolicies()
    groups = groups or IdenticalGroups()
    book = Book(policies, groups)
    advance(book, canonical_order(events, policies), as_of)
    return frozen(book, as_of, taxpayer)


def advance(book: Book, events: Iterable[Event], as_of: date, *, closing: bool = True) -> None:
    """Apply events to a book, day by day, the losses of a day when all its trades are booked.

    Parameters
    ----------
    book : Book
        Changed in place; of no use after an error.
    events : iterable of Event
        In canonical order.
    as_of : date
        Last day to apply.
    closing : bool
        Whether the last day is over, so that its losses are looked at.

    Raises
    ------
    InputError
        As for `replay`.
    """
    day: date | None = None
    waiting: list[Transfer] = []
    for event in events:
        on = booked_on(event)
        if on > as_of:
            break
        if waiting and (on != day or type(event) not in _BEFORE_LATE_TRANSFERS):
            _move_late(book, waiting)
        if on != day:
            book.close_day()
            day = on
        if type(event) is Transfer:
            if not _moved(book, event):
                waiting.append(event)
        elif waiting:
            _apply_before_arrivals(book, event, waiting)
        else:
            apply_event(book, event)
    _move_late(book, waiting)
    if closing:
        book.close_day()


def _moved(book: Book, transfer: Transfer) -> bool:
    """Book a transfer if its shares are there; a booking that is refused has changed nothing."""
    try:
        apply_event(book, transfer)
    except InputError:
        return False
    return True


def _move_late(book: Book, waiting: list[Transfer]) -> None:
    """Book the transfers that waited for the day's trades; where one may need another, in any order that works."""
    while waiting:
        late = [transfer for transfer in waiting if not _moved(book, transfer)]
        if len(late) == len(waiting):
            apply_event(book, late[0])
        waiting[:] = late


def _apply_before_arrivals(book: Book, event: Event, waiting: list[Transfer]) -> None:
    try:
        apply_event(book, event)
    except InputError as error:
        late = next((t for t in waiting if isinstance(event, Sell) and _brings(t, event)), None)
        if late is None:
            raise
        raise InputError(
            f"{error.what} Transfer {late.event_id!r} brings shares that are bought that day in account "
            f"{late.account_id}: they arrive after the trades of the day.",
            hint="Record the sale in the account where the shares were bought, or the day on which they arrived.",
            **error.facts,
        ) from error


def _brings(transfer: Transfer, sale: Sell) -> bool:
    return (transfer.to_account_id, transfer.security_id) == (sale.account_id, sale.security_id)


def apply_event(book: Book, event: Any) -> None:  # noqa: ANN401
    """Apply one event to a book; the day's losses are looked at by `Book.close_day`.

    Raises
    ------
    InputError
        As for `replay`.
    """
    if isinstance(event, SecurityEvent | Exchange):
        ACTIONS[type(event)](book, event)
    else:
        BOOKINGS[type(event)](book, event)


def frozen(
    book: Book,
    as_of: date,
    taxpayer: str,
    *,
    realized: Iterable[Realized] | None = None,
    lots: Iterable[BookedLot] | None = None,
) -> Books:
    """A book as readers get it.

    Parameters
    ----------
    book : Book
        Its day is over, or losses of the day are not looked at yet.
    as_of : date
        Last day that was applied.
    taxpayer : str
        Who files the return.
    realized : iterable of Realized, optional
        Pieces of sales in place of all there are, for who needs the recent ones only.
    lots : iterable of BookedLot, optional
        The open lots, for who has them already.
    """
    scale = book.wash.scale
    if realized is None:
        sold = sorted(book.realized, key=lambda p: (p.sale_rank, p.match_rank == 0, p.match_rank))
        realized = (frozen_piece(part, scale) for part in sold)
    return Books(
        taxpayer=taxpayer,
        as_of=as_of,
        accounts=FrozenMap(dict(sorted(book.accounts.items()))),
        reinvesting=frozenset(book.reinvesting),
        lots=tuple(open_lot(part, scale) for part in book.open_parts()) if lots is None else tuple(lots),
        realized=tuple(realized),
        washes=tuple(book.wash.matches),
        income=tuple(book.income),
        departed=tuple(
            booked_lot(part, scale(part.security_id) / part.scale, held_before=held_before_today(part, scale))
            for part in book.left
        ),
        identifications=tuple(book.identifications),
        cash_usd=FrozenMap(dict(sorted(book.cash_usd.items()))),
        pending_fractions=FrozenMap(dict(sorted(book.fractions.items()))),
        delisted=frozenset(book.delisted),
        tickers=FrozenMap(dict(sorted(book.tickers.items()))),
        notices=tuple(book.notices),
        policies=book.policies,
        groups=book.groups,
    )
