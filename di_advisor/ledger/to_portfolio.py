"""From books to the portfolio that the advisor takes.

Problem: the books know more than a portfolio can say. Decision: every account comes with its open
lots, pending ones in their typed state; cash as it is on the books' day; and the trades of the last
30 days as fills. A sale's fill has the loss that still counts: what a purchase has disallowed already
cannot be disallowed again, so it locks nothing; gains and losses of one sale are two fills, so that
neither hides the other. A purchase's fill names its lot, so that the same shares do not count twice.

Limits: a portfolio tells a purchase from other receipts by dates only, so lots that no purchase
brought (gifts, inheritances, spin-offs) show the start of their holding period as their date of
acquisition; inherited lots, always long-term, show one that is. Of a gift with two bases the lower
one is shown, so no loss is promised that is none. Cash that is not settled counts as cash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, at_places
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio, Side
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.realized import BookedLot, Realized
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS, SoldReplacement

__all__ = ["exact_cash", "portfolio_of_books", "shown_lot"]

_WINDOW: Final = timedelta(days=WASH_WINDOW_DAYS)
_LONG_SINCE: Final = timedelta(days=731)
"""Longer than any holding period must be."""
_MOST_PLACES: Final = 12


def portfolio_of_books(
    books: Books,
    *,
    planned: Mapping[str, Sequence[Fill]] | None = None,
    show: Callable[[BookedLot, date], TaxLot] | None = None,
) -> Portfolio:
    """The holdings of all accounts, as `Advisor.propose` takes them.

    Parameters
    ----------
    books : Books
        The books, on the day of the proposal.
    planned : Mapping of str to sequence of Fill, optional
        By account: trades that are planned for the next 30 days.
    show : callable, optional
        `shown_lot`, or what remembers its answers.

    Raises
    ------
    InputError
        If a planned trade is in an account that the books do not have.
    """
    planned = planned or {}
    strange = sorted(set(planned) - set(books.accounts))
    if strange:
        raise InputError(
            f"Trades are planned in accounts that the books do not have: {', '.join(strange)}.",
            hint=f"The books have: {', '.join(books.accounts) or 'none'}.",
        )
    return Portfolio(
        books.taxpayer,
        tuple(
            _account(books, account_id, tuple(planned.get(account_id, ())), show or shown_lot)
            for account_id in books.accounts
        ),
    )


def _account(
    books: Books, account_id: str, planned: tuple[Fill, ...], show: Callable[[BookedLot, date], TaxLot]
) -> Account:
    cash = books.cash_usd.get(account_id, Fraction(0))
    return Account(
        account_id,
        tuple(show(b, books.as_of) for b in books.lots_of(account_id)),
        (CashItem(_written(cash), books.as_of),) if cash else (),
        (*_sales(books, account_id), *_purchases(books, account_id), *planned),
        books.accounts[account_id],
        account_id in books.reinvesting,
    )


def shown_lot(booked: BookedLot, as_of: date) -> TaxLot:
    """A booked lot as a portfolio can say it; only that of an inherited lot depends on the day."""
    lot = booked.lot
    basis = None if lot.basis_total_usd is None else _written(as_fraction(lot.basis_total_usd))
    shown = replace(lot, shares=_written(as_fraction(lot.shares)), basis_total_usd=basis)
    if booked.bought_on is not None or lot.acquired is None:
        return shown
    since = lot.held_since or lot.acquired
    if booked.deemed_long:
        since = min(since, as_of - _LONG_SINCE)
    return replace(shown, acquired=since, held_since=since)


def _sales(books: Books, account_id: str) -> list[Fill]:
    """Sales of the last 30 days: of each, what is a loss that counts, what is not, and what is not known."""
    pieces: dict[tuple[date, str, str, str], list[Realized]] = {}
    for r in books.realized:
        if r.account_id == account_id and r.shares > 0 and books.as_of - _WINDOW <= r.sold <= books.as_of:
            character = "unknown" if not r.known else "loss" if r.recognized_usd < 0 else "gain"
            pieces.setdefault((r.sold, r.event_id, r.security_id, character), []).append(r)
    fills = []
    for (sold, _, security_id, character), mine in sorted(pieces.items()):
        gain = None if character == "unknown" else sum((r.recognized_usd for r in mine), Fraction(0))
        shares = sum((r.shares * r.split_since for r in mine), Fraction(0))
        fills.append(
            Fill(security_id, Side.SELL, _written(shares), sold, gain_usd=None if gain is None else _written(gain))
        )
    return fills


def _purchases(books: Books, account_id: str) -> list[Fill]:
    """Purchases of the last 30 days: lots that are held, and shares that are sold but can still replace others."""
    first = books.as_of - _WINDOW
    fills = [
        Fill(
            b.lot.security_id,
            Side.BUY,
            _written(as_fraction(b.lot.shares)),
            b.bought_on,
            lot_id=b.lot.lot_id,
            replaced=b.is_replacement,
            purchase_id=b.purchase_id,
        )
        for b in books.lots_of(account_id)
        if b.bought_on is not None and b.bought_on >= first
    ]
    if books.policies.sold_replacement is SoldReplacement.DOES_NOT_COUNT:
        return fills
    gone = [
        r
        for r in books.realized
        if r.account_id == account_id
        and r.shares > 0
        and r.bought_on is not None
        and r.bought_on >= first
        and not (r.is_replacement or r.disallowed_usd)
    ]
    return fills + [
        Fill(
            r.security_id,
            Side.BUY,
            _written(r.shares * r.split_since),
            r.bought_on,
            lot_id=r.lot_id,
            purchase_id=r.purchase_id,
        )
        for r in gone
        if r.bought_on is not None
    ]


def exact_cash(amount_usd: Fraction) -> Exact:
    """An amount as a portfolio states it: a decimal where there is a short exact one, else the fraction itself."""
    return _written(amount_usd)


def _written(amount: Fraction) -> Exact:
    """A decimal where there is a short exact one, as people write it; else the fraction itself."""
    if amount.denominator == 1:
        return Decimal(amount.numerator)
    number = at_places(amount, _MOST_PLACES).normalize()
    return number if number == amount else amount
