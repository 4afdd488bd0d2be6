"""Booking: what each event of an account does to the book.

Trades, cash and moves stand here; corporate actions have files of their own. Every function takes
the book and one event, and changes the book only through its moves. Limits: cash may go below zero,
since many journals do not hold all deposits; shares never do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any, Final

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import (
    BY_LAW,
    Buy,
    CashInLieu,
    Deposit,
    Dividend,
    Event,
    GiftGiven,
    GiftReceived,
    Inheritance,
    LotChoice,
    LotMethod,
    OpenAccount,
    Reinvestment,
    Sell,
    Transfer,
    TransferIn,
    TransferOut,
    Withdrawal,
)
from di_advisor.errors import InputError
from di_advisor.ledger.book import Book
from di_advisor.ledger.lot_selection import chosen_parts
from di_advisor.ledger.parts import HeldBefore, Part, Purchase, RealizedKind
from di_advisor.ledger.realized import Identification, Income, IncomeKind
from di_advisor.ledger.settlement import identification_deadline

__all__ = ["BOOKINGS", "taken_parts"]

_ZERO: Final = Fraction(0)


def taken_parts(
    book: Book,
    event: Any,  # noqa: ANN401
    account_id: str,
    security_id: str,
    shares: Fraction,
    choice: LotChoice,
) -> list[tuple[Part, Fraction]]:
    """Open parts that an event takes, with the shares of each.

    Parameters
    ----------
    book : Book
        The book.
    event : Event
        For errors.
    account_id, security_id : str
        Where, and what.
    shares : Fraction
        Shares to take.
    choice : LotChoice
        Which lots.

    Raises
    ------
    InputError
        If there are not enough shares, or a named lot is missing or too small.
    """
    book.require_account(account_id)
    parts = book.lots(account_id, security_id)
    where = f"{type(event).__name__} {event.event_id!r} on {event.on}"
    held = _ZERO
    for part in parts:
        if held >= shares:
            break
        held += part.shares
    if shares > held:
        raise book.no_lots(account_id, security_id, shares, held, where)
    return chosen_parts(parts, shares, choice, where, event.on)


def _open_account(book: Book, event: OpenAccount) -> None:
    book.open_account(event.account_id, event.kind)
    if event.reinvests_dividends:
        book.reinvesting.add(event.account_id)


def _deposit(book: Book, event: Deposit) -> None:
    book.require_account(event.account_id)
    book.pay(event.account_id, as_fraction(event.amount_usd))


def _withdrawal(book: Book, event: Withdrawal) -> None:
    book.require_account(event.account_id)
    book.pay(event.account_id, -as_fraction(event.amount_usd))


def _new_part(event: Any, basis_usd: Fraction | None, acquired: date | None, purchase: Purchase) -> Part:  # noqa: ANN401
    return Part(
        lot_id=event.lot_id,
        root_id=event.lot_id,
        account_id=event.account_id,
        security_id=event.security_id,
        shares=as_fraction(event.shares),
        basis_usd=basis_usd,
        acquired=acquired,
        held_since=acquired,
        purchase=purchase,
    )


def _buy(book: Book, event: Buy) -> None:
    cost = as_fraction(event.amount_usd) + as_fraction(event.fees_usd)
    purchase = Purchase(event.purchase_id, event.on, (event.sequence, event.event_id))
    book.receive(_new_part(event, cost, event.on, purchase))
    book.pay(event.account_id, -cost)


def _sell(book: Book, event: Sell) -> None:
    shares = as_fraction(event.shares)
    proceeds = as_fraction(event.amount_usd) - as_fraction(event.fees_usd)
    if proceeds < 0:
        raise InputError(
            f"Sell {event.event_id!r}: costs of {event.fees_usd} exceed the amount of {event.amount_usd}.",
            hint="Check both; a sale for nothing is a worthless security.",
            event_id=event.event_id,
        )
    choice = _choice_in_time(book, event)
    taken = taken_parts(book, event, event.account_id, event.security_id, shares, choice)
    if event.choice != BY_LAW:
        book.identifications.append(
            Identification(
                event.event_id,
                event.choice.method,
                choice.method,
                event.choice.chosen_on,
                identification_deadline(event.on, event.settles_on),
                event.choice.chosen_by,
                tuple((part.lot_id, amount) for part, amount in taken),
            )
        )
    for part, amount in taken:
        book.sell(part, amount, proceeds * amount / shares, event.on, event_id=event.event_id, kind=RealizedKind.SALE)
    book.pay(event.account_id, proceeds)


def _choice_in_time(book: Book, event: Sell) -> LotChoice:
    """The choice itself, or FIFO where it came after the deadline."""
    chosen_on = event.choice.chosen_on
    if chosen_on is None or event.choice.method is LotMethod.FIFO:
        return event.choice
    deadline = identification_deadline(event.on, event.settles_on)
    if chosen_on <= deadline:
        return event.choice
    book.note(
        "late_choice",
        f"The lots of sale {event.event_id} were named on {chosen_on}, after {deadline}: first in, first out is used.",
        event_id=event.event_id,
        account_id=event.account_id,
        security_id=event.security_id,
    )
    return BY_LAW


def _dividend(book: Book, event: Dividend) -> None:
    book.require_account(event.account_id)
    amount = as_fraction(event.amount_usd)
    book.income.append(
        Income(
            event.event_id,
            event.account_id,
            event.security_id,
            event.on,
            amount,
            IncomeKind.DIVIDEND,
            event.kind,
            event.ex_on,
            book.taxed(event.account_id),
        )
    )
    book.pay(event.account_id, amount)


def _transfer_in(book: Book, event: TransferIn) -> None:
    basis = None if event.basis_total_usd is None else as_fraction(event.basis_total_usd)
    purchase = Purchase(event.purchase_id, event.acquired, (event.sequence, event.event_id))
    part = _new_part(event, basis, event.acquired, purchase)
    if event.held_since is not None:
        part.held_since = event.held_since
    if event.acquired is None:
        book.note(
            "term_unknown",
            f"The acquisition date of lot {event.lot_id} is not known: its term is unknown, and it is not harvested.",
            event_id=event.event_id,
            account_id=event.account_id,
            security_id=event.security_id,
        )
    if basis is None:
        part.pending = event.event_id
        book.note(
            "basis_pending",
            f"The basis of lot {event.lot_id} is not known: no gain or loss is shown for it.",
            event_id=event.event_id,
            account_id=event.account_id,
            security_id=event.security_id,
        )
    book.receive(part)


def _transfer(book: Book, event: Transfer) -> None:
    book.require_account(event.to_account_id)
    if book.taxed(event.account_id) != book.taxed(event.to_account_id):
        raise InputError(
            f"Transfer {event.event_id!r} moves shares between a taxable and a retirement account.",
            hint="That is a distribution or a contribution at market value, no transfer: record what it was.",
            event_id=event.event_id,
        )
    taken = taken_parts(book, event, event.account_id, event.security_id, as_fraction(event.shares), event.choice)
    for part, amount in taken:
        moved = book.split(part, amount)
        moved.held_before += (HeldBefore(event.account_id, event.security_id, event.on),)
        book.move(moved, event.to_account_id)


def _leave(book: Book, event: TransferOut | GiftGiven) -> None:
    taken = taken_parts(book, event, event.account_id, event.security_id, as_fraction(event.shares), event.choice)
    for part, amount in taken:
        book.leave(part, amount, event.on, event_id=event.event_id)


def _gift_received(book: Book, event: GiftReceived) -> None:
    donor, value = as_fraction(event.donor_basis_usd), as_fraction(event.value_usd)
    part = _new_part(event, donor, event.on, Purchase(event.event_id, None, (event.sequence, event.event_id)))
    part.held_since = event.donor_held_since
    part.gift_on = event.on
    if value < donor:
        part.loss_basis_usd = value
    book.receive(part)


def _inheritance(book: Book, event: Inheritance) -> None:
    value = as_fraction(event.value_at_death_usd)
    part = _new_part(event, value, event.died_on, Purchase(event.event_id, None, (event.sequence, event.event_id)))
    part.deemed_long = True
    book.receive(part)


def _cash_in_lieu(book: Book, event: CashInLieu) -> None:
    from di_advisor.ledger.actions import pay_fraction

    pay_fraction(book, event)


BOOKINGS: Final[dict[type[Event], Callable[[Book, Any], None]]] = {
    OpenAccount: _open_account,
    Deposit: _deposit,
    Withdrawal: _withdrawal,
    Buy: _buy,
    Reinvestment: _buy,
    Sell: _sell,
    Dividend: _dividend,
    CashInLieu: _cash_in_lieu,
    TransferIn: _transfer_in,
    Transfer: _transfer,
    TransferOut: _leave,
    GiftGiven: _leave,
    GiftReceived: _gift_received,
    Inheritance: _inheritance,
}
"""What books each type of event of an account."""
