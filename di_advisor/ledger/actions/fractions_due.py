"""Fractions of a share: received, then sold for cash (Rev. Rul. 66-365, Rev. Proc. 77-41).

Problem: one share in eight leaves half a share over, and the cash for it comes later, at once, or
never. Decision: one fraction for each account and action, not for each lot. Where the action says
what a whole share brings, the fraction is sold on its day. Otherwise it stays in the lots, counted
as pending, until a `CashInLieu` event pays it; its sale is then of that event's day. Either way the
fraction keeps its basis and holding period, and a setting says which lot supplies it.

An account that books fractions anyway (its dividends buy shares, or it held part of a share before)
keeps its fraction without anything pending, unless the action names a price: then the issuer has
paid it. Limits: cash for fractions is never a dividend here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, show_exact
from di_advisor.domain.events import CashInLieu, Exchange, LotMethod, SecurityEvent
from di_advisor.errors import InputError
from di_advisor.ledger.actions.held import Held, Outcome
from di_advisor.ledger.book import Book
from di_advisor.ledger.lot_selection import in_order
from di_advisor.ledger.parts import Part, RealizedKind
from di_advisor.ledger.policies import FractionFrom

__all__ = ["apply_cash_in_lieu", "drop_pending", "settle_fraction"]

_ZERO: Final = Fraction(0)
_ORDERS: Final = {
    FractionFrom.EARLIEST: LotMethod.FIFO,
    FractionFrom.LATEST: LotMethod.LIFO,
    FractionFrom.HIGHEST_BASIS: LotMethod.HIFO,
}
_ABOUT: Final = "fraction_pending"


def settle_fraction(
    book: Book,
    event: SecurityEvent | Exchange,
    parts: Sequence[Part],
    before: Held,
    price_usd: Exact | None,
    *,
    adds: bool = True,
) -> None:
    """Sell the fraction that an action left in one account, or note it as pending.

    Parameters
    ----------
    book : Book
        The book.
    event : SecurityEvent or Exchange
        The action.
    parts : sequence of Part
        Open lots of one account and security that the action made or changed, first in first.
    before : Held
        Totals before the action.
    price_usd : Decimal, Fraction or None
        Cash for a whole share, if the action pays it.
    adds : bool
        Whether the fraction comes on top of a pending one (new shares), or takes its place (a
        split, after which the whole holding was counted again).
    """
    if not parts:
        return
    account_id, security_id = place = (parts[0].account_id, parts[0].security_id)
    received = sum((p.shares for p in parts), _ZERO)
    due = received - floor(received)
    if not adds:
        drop_pending(book, *place)
    if not due:
        return
    if price_usd is not None:
        cash = due * as_fraction(price_usd)
        _sell(book, event, parts, due, cash)
    elif account_id not in before.fractional:
        book.fractions[place] = book.fractions.get(place, _ZERO) + due
        book.fraction_roots.setdefault(place, set()).update(p.root_id for p in parts)
        book.note(
            _ABOUT,
            f"{show_exact(due)} of a share of {security_id} is left over from {event.event_id} on {event.on}, and no "
            f"cash for it is recorded: it is kept in the lots.",
            event_id=event.event_id,
            account_id=account_id,
            security_id=security_id,
        )


def drop_pending(book: Book, account_id: str, security_id: str) -> None:
    """Forget a pending fraction: it was paid, counted again, or went with its shares."""
    if book.fractions.pop((account_id, security_id), None) is not None:
        book.fraction_roots.pop((account_id, security_id), None)
        book.settle_note(_ABOUT, account_id, security_id)


def apply_cash_in_lieu(book: Book, event: CashInLieu, _before: Held) -> Outcome:
    """Pay cash for a fraction: the pending one, or the one named.

    Raises
    ------
    InputError
        If no fraction is there to be paid, or more is named than is held.
    """
    book.require_account(event.account_id)
    place = (event.account_id, event.security_id)
    parts = book.lots(*place)
    held = sum((p.shares for p in parts), _ZERO)
    pending = book.fractions.get(place, _ZERO)
    shares = _shares_paid(event, held, pending)
    where = f"CashInLieu {event.event_id!r} on {event.on}"
    if shares > held or not shares:
        raise book.no_lots(*place, shares, held, where)
    roots = book.fraction_roots.get(place, set())
    mine = [p for p in parts if p.root_id in roots]
    if sum((p.shares for p in mine), _ZERO) < shares:  # sold meanwhile: any lot of the holding
        mine = list(parts)
    _sell(book, event, mine, shares, as_fraction(event.amount_usd))
    left = pending - shares
    if left <= 0:
        drop_pending(book, *place)
    else:
        book.fractions[place] = left
    return Outcome()


def _shares_paid(event: CashInLieu, held: Fraction, pending: Fraction) -> Fraction:
    if event.shares is not None:
        named = as_fraction(event.shares)
        return pending if pending and abs(pending - named) < _last_place(event.shares) else named
    if pending:
        return pending
    if held.denominator == 1:
        raise InputError(
            f"CashInLieu {event.event_id!r} pays for a fraction of {event.security_id} in account "
            f"{event.account_id}, and none is there: {show_exact(held)} shares are held.",
            hint="Record the action that left it over, or name the shares.",
            event_id=event.event_id,
        )
    return held - floor(held)


def _last_place(shares: Exact) -> Fraction:
    """What a printed figure leaves open: a statement prints a third of a share as 0.3333."""
    return Fraction(Decimal(1).scaleb(int(shares.as_tuple().exponent))) if isinstance(shares, Decimal) else _ZERO


def _sell(
    book: Book,
    event: SecurityEvent | Exchange | CashInLieu,
    parts: Sequence[Part],
    shares: Fraction,
    cash_usd: Fraction,
) -> None:
    account_id, left = parts[0].account_id, shares
    for part in in_order(parts, _ORDERS[book.policies.fraction_from]):
        amount = min(left, part.shares)
        if amount:
            book.sell(
                part,
                amount,
                cash_usd * amount / shares,
                event.on,
                event_id=event.event_id,
                kind=RealizedKind.CASH_IN_LIEU,
            )
            left -= amount
    book.pay(account_id, cash_usd)
