"""Lots that an action brings: with the basis and dates of the lot they come from, or at value.

What comes tax-free is no purchase, so it washes no loss (26 CFR 1.1091-1(a)); what comes in a fully
taxable exchange is one. New lots have ids of their own: ``L1+so7`` came from lot L1 by event so7,
and a lot at value bears the id of its event.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from di_advisor.domain.events import Exchange, SecurityEvent
from di_advisor.errors import InputError
from di_advisor.ledger.book import Book
from di_advisor.ledger.parts import HeldBefore, Part, Purchase, RealizedKind
from di_advisor.ledger.realized import Income, IncomeKind

__all__ = ["distribute", "receive_at_value", "receive_beside", "require_other", "sell_for_value"]

_ZERO: Final = Fraction(0)


def require_other(event: SecurityEvent | Exchange, security_id: str) -> None:
    """Refuse an action that gives the security itself.

    Raises
    ------
    InputError
        If it does.
    """
    if security_id == event.security_id:
        raise InputError(
            f"{type(event).__name__} {event.event_id!r} turns {security_id} into {security_id}.",
            hint="Name the security received; for more or fewer shares of the same one use Split or ReverseSplit.",
            event_id=event.event_id,
        )


def receive_beside(
    book: Book,
    event: SecurityEvent,
    part: Part,
    security_id: str,
    shares: Fraction,
    basis_usd: Fraction | None,
    loss_basis_usd: Fraction | None,
) -> Part:
    """Take in shares of another security beside an open lot, with its dates (26 USC 1223(1), (4)).

    Parameters
    ----------
    book : Book
        The book.
    event : SecurityEvent
        The action.
    part : Part
        The lot they come from.
    security_id : str
        What came.
    shares : Fraction
        How many.
    basis_usd, loss_basis_usd : Fraction or None
        Their part of its basis, or bases; None where the lot waits for its own.
    """
    lot_id = f"{part.lot_id}+{event.event_id}"
    child = Part(
        lot_id=lot_id,
        root_id=lot_id,
        account_id=part.account_id,
        security_id=security_id,
        shares=shares,
        basis_usd=basis_usd,
        acquired=part.acquired,
        held_since=part.held_since,
        purchase=Purchase(part.purchase.purchase_id, None, part.purchase.order),
        loss_basis_usd=loss_basis_usd,
        gift_on=part.gift_on,
        deemed_long=part.deemed_long,
        pending=part.pending if basis_usd is None else "",
        # Its days count, and yet nobody held it before: a dividend of that time went to other shares.
        held_before=(HeldBefore("", "", event.on),),
    )
    book.receive(child)
    return child


def receive_at_value(
    book: Book,
    event: SecurityEvent | Exchange,
    account_id: str,
    security_id: str,
    shares: Fraction,
    value_usd: Fraction,
    *,
    is_purchase: bool,
) -> Part:
    """Take in one new lot at fair market value, held since this day.

    Parameters
    ----------
    book : Book
        The book.
    event : SecurityEvent or Exchange
        The action.
    account_id, security_id : str
        Where, and what.
    shares, value_usd : Fraction
        How many, and their value in all.
    is_purchase : bool
        Whether it can wash a loss: a fully taxable exchange does, a distribution does not.
    """
    order = (event.sequence, event.event_id)
    bought_on = event.on if is_purchase else None
    lot = Part(
        lot_id=event.event_id,
        root_id=event.event_id,
        account_id=account_id,
        security_id=security_id,
        shares=shares,
        basis_usd=value_usd,
        acquired=event.on,
        held_since=event.on,
        purchase=Purchase(f"{event.event_id}@{account_id}", bought_on, order),
    )
    book.receive(lot)
    return lot


def sell_for_value(
    book: Book,
    event: SecurityEvent | Exchange,
    taken: Sequence[tuple[Part, Fraction]],
    value_per_share_usd: Fraction,
    kind: RealizedKind,
) -> None:
    """Sell shares of lots at one value each; what was received is booked apart."""
    for part, shares in taken:
        book.sell(part, shares, shares * value_per_share_usd, event.on, event_id=event.event_id, kind=kind)


def distribute(book: Book, event: SecurityEvent, account_id: str, amount_usd: Fraction, kind: IncomeKind) -> None:
    """Book income of one account that an action brought (26 USC 301, 305(b), 356(a)(2))."""
    if not amount_usd:
        return
    book.income.append(
        Income(
            event.event_id,
            account_id,
            event.security_id,
            event.on,
            amount_usd,
            kind,
            ex_on=event.on,
            taxed=book.taxed(account_id),
        )
    )
