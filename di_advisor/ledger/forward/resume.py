"""A book that goes on from frozen books, for one group of identical securities.

Problem: a question about tomorrow must be answered by the very rules that book tomorrow, and in
milliseconds. Decision: the parts of one group are put back into a `Book` as they were, without their
history: open lots, sold shares that may still replace others, and losses that a purchase may still
disallow; then events are applied as in any replay. Limits: ties between pieces that differ only in
their number are broken by numbers counted from the ids seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from di_advisor.domain.amounts import as_fraction
from di_advisor.ledger.book import Book
from di_advisor.ledger.books import Books
from di_advisor.ledger.parts import Part, Purchase
from di_advisor.ledger.realized import BookedLot, Realized
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["Holdings", "holdings_by_group", "resumed"]

_WINDOW = timedelta(days=WASH_WINDOW_DAYS)


@dataclass(frozen=True)
class Holdings:
    """What one group of identical securities left behind that can matter from now on.

    Attributes
    ----------
    lots : tuple of BookedLot
        Open lots, and lots that left and may still replace.
    sold : tuple of (int, Realized)
        Sold shares that may still replace, and losses that may still be disallowed, with the place
        of their sale among all.
    """

    lots: tuple[BookedLot, ...]
    sold: tuple[tuple[int, Realized], ...]


def holdings_by_group(books: Books, *, bought_from: date | None = None) -> dict[str, Holdings]:
    """What can still matter, by the key of its group.

    Parameters
    ----------
    books : Books
        The books.
    bought_from : date, optional
        Earliest trade date of shares that come after the books' day: a transfer brings old ones. The
        books' day where left out.
    """
    first = min(bought_from or books.as_of, books.as_of)
    lots: dict[str, list[BookedLot]] = {}
    gone = [d for d in books.departed if d.bought_on is not None and not d.is_replacement]
    for booked in (*books.lots, *gone):
        lots.setdefault(books.groups.key(booked.lot.security_id), []).append(booked)
    sold: dict[str, list[tuple[int, Realized]]] = {}
    ranks: dict[tuple[str, str, str], int] = {}
    for piece in books.realized:
        rank = ranks.setdefault((piece.event_id, piece.account_id, piece.lot_id), len(ranks) + 1)
        if piece.shares and not piece.matches and (_can_replace(piece) or _waits(piece, first)):
            sold.setdefault(books.groups.key(piece.security_id), []).append((rank, piece))
    return {key: Holdings(tuple(lots.get(key, ())), _within_reach(sold.get(key, ()), first)) for key in lots | sold}


def _can_replace(piece: Realized) -> bool:
    return piece.bought_on is not None and not piece.is_replacement


def _waits(piece: Realized, as_of: date) -> bool:
    return piece.taxed and piece.known and piece.recognized_usd < 0 and piece.sold >= as_of - _WINDOW


def _within_reach(sold: Sequence[tuple[int, Realized]], as_of: date) -> tuple[tuple[int, Realized], ...]:
    """Leave out what was bought too long ago to replace anything, chains included."""
    reach = as_of - _WINDOW
    while True:
        near = [each for each in sold if (each[1].bought_on or date.min) >= reach or _waits(each[1], as_of)]
        further = min((piece.sold - _WINDOW for _, piece in near), default=reach)
        if further >= reach:
            return tuple(near)
        reach = further


def resumed(books: Books, holdings: Holdings) -> Book:
    """A book with these holdings, as of the books' day.

    Parameters
    ----------
    books : Books
        For accounts and settings.
    holdings : Holdings
        Of one group.
    """
    book = Book(books.policies, books.groups)
    for account_id, kind in books.accounts.items():
        book.open_account(account_id, kind)
    purchases: dict[tuple[str, date | None, tuple[int, str]], Purchase] = {}

    def purchase_of(each: BookedLot | Realized) -> Purchase:
        key = (each.purchase_id, each.bought_on, each.purchase_order)
        return purchases.setdefault(key, Purchase(*key))

    for part in (*_held_parts(holdings.lots, purchase_of), *_sold_parts(holdings.sold, purchase_of)):
        book.restore(part, _number(part))
    return book


def _held_parts(lots: Iterable[BookedLot], purchase_of: object) -> Iterable[Part]:
    for booked in lots:
        lot = booked.lot
        basis = None if lot.basis_total_usd is None else as_fraction(lot.basis_total_usd)
        two = booked.gain_basis_usd is not None and basis is not None and booked.gain_basis_usd != basis
        yield Part(
            lot_id=lot.lot_id,
            root_id=booked.root_id,
            account_id=lot.account_id,
            security_id=lot.security_id,
            shares=as_fraction(lot.shares),
            basis_usd=booked.gain_basis_usd if two else basis,
            acquired=lot.acquired,
            held_since=lot.held_since,
            purchase=purchase_of(booked),  # type: ignore[operator]
            loss_basis_usd=basis if two else None,
            gift_on=lot.acquired if two else None,
            deemed_long=booked.deemed_long,
            pending=booked.pending,
            replaced=booked.is_replacement,
            left_on=booked.left_on,
            sale_id=booked.left_by,
            scale=1 / booked.split_since,
        )


def _sold_parts(sold: Iterable[tuple[int, Realized]], purchase_of: object) -> Iterable[Part]:
    for rank, piece in sold:
        yield Part(
            lot_id=piece.lot_id,
            root_id=piece.root_id,
            account_id=piece.account_id,
            security_id=piece.security_id,
            shares=piece.shares,
            basis_usd=piece.basis_usd,
            acquired=piece.acquired,
            held_since=piece.held_since,
            purchase=purchase_of(piece),  # type: ignore[operator]
            deemed_long=piece.deemed_long,
            replaced=piece.is_replacement,
            sold=piece.sold,
            sale_id=piece.event_id,
            kind=piece.kind,
            proceeds_usd=piece.proceeds_usd,
            scale=1 / piece.split_since,
            sale_rank=rank,
            taxed=piece.taxed,
        )


def _number(part: Part) -> int:
    tail = part.lot_id[len(part.root_id) :]
    return int(tail[1:]) if tail[:1] == "~" and tail[1:].isdigit() else 0
