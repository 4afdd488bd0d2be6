"""Lots statement: what is held, with basis and dates, and what it is worth where prices are given.

A basis or date that is not known is shown as such, never as zero; it stands in no total and is named
as missing. Cents of the basis add up within an account and security. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from di_advisor.domain.amounts import Exact, as_fraction, cents_of_parts, exact
from di_advisor.domain.lots import LotState
from di_advisor.ledger.books import Books
from di_advisor.ledger.holding_period import long_term_from
from di_advisor.ledger.papers.paper import Missing, Paper, about
from di_advisor.ledger.papers.sold_lines import INHERITED
from di_advisor.ledger.realized import BookedLot, Term

__all__ = ["LotRow", "lots_statement"]


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot.

    Attributes
    ----------
    account_id, security_id, name, lot_id : str
        Where, what, what it is called, and which lot.
    shares : Fraction
        Shares held.
    state : str
        ``known``, ``basis_pending`` or ``term_unknown``.
    pending : str
        Event that a pending basis waits for; empty if none.
    basis_usd : Decimal or None
        Adjusted basis; None where pending. Of a gift with two bases, the lower one.
    gain_basis_usd : Decimal or None
        Basis for a gain, where a gift has two; else as ``basis_usd``.
    acquired, held_since : date or None
        Trade date, and effective start of the holding period.
    term : str
        Term of a sale on the statement's day.
    long_from : date or None
        First day of a long-term sale; None where not known or always long-term.
    days_to_long : int or None
        Days until then, 0 if reached; None where not known.
    replacement : bool
        Whether it carries a loss disallowed elsewhere.
    price_usd, value_usd, unrealised_usd : Decimal or None
        Where a price is given; the last one also needs the basis.
    """

    account_id: str
    security_id: str
    name: str
    lot_id: str
    shares: Fraction
    state: str
    pending: str
    basis_usd: Decimal | None
    gain_basis_usd: Decimal | None
    acquired: date | None
    held_since: date | None
    term: str
    long_from: date | None
    days_to_long: int | None
    replacement: bool
    price_usd: Decimal | Fraction | None
    value_usd: Decimal | None
    unrealised_usd: Decimal | None


def lots_statement(
    books: Books,
    *,
    account_id: str | None = None,
    prices_usd: Mapping[str, Exact] | None = None,
    names: Mapping[str, str] | None = None,
) -> Paper[LotRow]:
    """Every lot on the books' day.

    Parameters
    ----------
    books : Books
        The books; for another day, replay to it.
    account_id : str, optional
        One account; all where left out.
    prices_usd : Mapping of str to Decimal or Fraction, optional
        Price of a share by security id; without it nothing is valued.
    names : Mapping of str to str, optional
        What to call a security id.
    """
    called = {**books.tickers, **(names or {})}
    booked = [b for b in books.lots if account_id in (None, b.lot.account_id)]
    rows: list[LotRow] = []
    for _, held in groupby(booked, key=lambda b: (b.lot.account_id, b.lot.security_id)):
        rows += _rows(list(held), books.as_of, prices_usd, called)
    missing = [m for row in rows for m in _missing(row, priced=prices_usd is not None)]
    missing += [
        Missing("fraction", a, s, "", "", f"{float(n):.6f} of a share of {s} in account {a} awaits its cash.")
        for (a, s), n in sorted(books.pending_fractions.items())
        if account_id in (None, a)
    ]
    notes = tuple(
        f"{called.get(s, s)} is no longer listed; that alone is no loss." for s in sorted(books.delisted & _held(rows))
    )
    title = f"Lots on {books.as_of}" + (f", account {account_id}" if account_id else "")
    return Paper(about(books, title, notes=notes, missing=tuple(missing)), LotRow, tuple(rows))


def _held(rows: Sequence[LotRow]) -> set[str]:
    return {r.security_id for r in rows}


def _rows(
    held: Sequence[BookedLot], as_of: date, prices: Mapping[str, Exact] | None, called: Mapping[str, str]
) -> list[LotRow]:
    """Rows of one account and security."""
    security_id = held[0].lot.security_id
    price = None if prices is None else prices.get(security_id)
    basis = _cents([b.lot.basis_total_usd for b in held])
    gain_basis = _cents([b.gain_basis_usd for b in held])
    worth = None if price is None else as_fraction(exact(price, f"price of {security_id}"))
    value = _cents([None if worth is None else worth * as_fraction(b.lot.shares) for b in held])
    return [_row(b, as_of, price, called, (basis[i], gain_basis[i], value[i])) for i, b in enumerate(held)]


def _row(
    booked: BookedLot,
    as_of: date,
    price: Exact | None,
    called: Mapping[str, str],
    cents: tuple[Decimal | None, Decimal | None, Decimal | None],
) -> LotRow:
    lot = booked.lot
    basis, gain_basis, value = cents
    since = None if booked.deemed_long or lot.acquired is None else lot.held_since
    long_from = None if since is None else long_term_from(since)
    days = 0 if booked.deemed_long else None if long_from is None else max(0, (long_from - as_of).days)
    return LotRow(
        account_id=lot.account_id,
        security_id=lot.security_id,
        name=called.get(lot.security_id, lot.security_id),
        lot_id=lot.lot_id,
        shares=as_fraction(lot.shares),
        state=lot.state.value,
        pending=booked.pending,
        basis_usd=basis,
        gain_basis_usd=gain_basis,
        acquired=lot.acquired,
        held_since=lot.held_since,
        term=INHERITED.casefold() if booked.deemed_long else _term(days),
        long_from=long_from,
        days_to_long=days,
        replacement=booked.is_replacement,
        price_usd=price,
        value_usd=value,
        unrealised_usd=_unrealised(value, basis, gain_basis),
    )


def _term(days: int | None) -> str:
    return (Term.UNKNOWN if days is None else Term.SHORT if days else Term.LONG).value


def _unrealised(value: Decimal | None, basis: Decimal | None, gain_basis: Decimal | None) -> Decimal | None:
    """Gain above the higher basis, loss below the lower one, neither between (26 USC 1015(a))."""
    if value is None or basis is None or gain_basis is None:
        return None
    return max(value - gain_basis, Decimal("0.00")) + min(value - basis, Decimal("0.00"))


def _cents(amounts: Sequence[Exact | None]) -> list[Decimal | None]:
    """Cents of the known amounts, which add up; None stays None."""
    known = iter(cents_of_parts([a for a in amounts if a is not None]))
    return [None if a is None else next(known) for a in amounts]


def _missing(row: LotRow, *, priced: bool) -> list[Missing]:
    where = f"lot {row.lot_id} ({row.name}, account {row.account_id})"
    found = []
    if row.state == LotState.BASIS_PENDING:
        waits = f", pending event {row.pending}" if row.pending else ""
        found.append(("basis", f"The basis of {where} is not known{waits}: it stands in no total."))
    if row.days_to_long is None:
        found.append(("term", f"The acquisition date of {where} is not known, and so is its term."))
    if priced and row.value_usd is None:
        found.append(("price", f"There is no price of {row.name} for {where}: it is not valued."))
    return [Missing(what, row.account_id, row.security_id, "", row.lot_id, sentence) for what, sentence in found]
