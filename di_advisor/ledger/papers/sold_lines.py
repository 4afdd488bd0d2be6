"""Lines: what was sold of one lot by one event, in cents that add up. The papers are sums of these.

Problem: a form's rows, the wash-sale report and the year's summary must agree to the cent, however
rows are combined. Decision: cents are made once, here: within a sale, proceeds and basis by largest
remainder; the gain after disallowance is what the cents leave, unless the loss is disallowed
altogether, which leaves nothing. Pieces of one lot with the same date and character, all gains or
all losses, are one line. Limits: a gain whose basis or term is not known makes no line; it is named
as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import as_fraction, at_places, cents_of_parts
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.paper import Missing
from di_advisor.ledger.parts import RealizedKind
from di_advisor.ledger.realized import Realized, Term

__all__ = ["INHERITED", "SoldLine", "sold_lines"]

INHERITED: Final = "INHERITED"
"""What a form shows instead of the date of acquisition (26 USC 1223(9))."""

_ZERO: Final = Fraction(0)
_Key = tuple[str, str, str, str, str, str, bool]


@dataclass(frozen=True, slots=True)
class SoldLine:
    """Shares of one lot sold by one event, all at a gain or all at a loss.

    Attributes
    ----------
    event_id, account_id, security_id, root_id : str
        The sale, where, what, and the lot.
    kind : RealizedKind
        What it was.
    term : Term
        Short or long.
    acquired : str
        Day from which the holding period counts (tacked days included), or INHERITED.
    sold : date
        The day that counts.
    shares : Fraction
        In shares of that day.
    proceeds_usd, basis_usd, washed_usd, gain_usd : Decimal
        Cents: ``gain_usd`` is ``proceeds_usd - basis_usd + washed_usd``.
    pieces : tuple of Realized
        What it is made of.
    """

    event_id: str
    account_id: str
    security_id: str
    root_id: str
    kind: RealizedKind
    term: Term
    acquired: str
    sold: date
    shares: Fraction
    proceeds_usd: Decimal
    basis_usd: Decimal
    washed_usd: Decimal
    gain_usd: Decimal
    pieces: tuple[Realized, ...]


def sold_lines(books: Books, year: int) -> tuple[tuple[SoldLine, ...], tuple[Missing, ...]]:
    """Lines of a calendar year that count for tax, and what cannot be one.

    Parameters
    ----------
    books : Books
        The books; sales in retirement accounts make no line.
    year : int
        Calendar year of the trade dates.

    Returns
    -------
    lines : tuple of SoldLine
        By day, event, account and lot.
    missing : tuple of Missing
        Sales whose basis or term is not known.
    """
    by_sale: dict[tuple[date, str, str], list[Realized]] = {}
    missing = []
    for piece in books.realized_in(year):
        unknown = _unknown(piece)
        if unknown is None:
            by_sale.setdefault((piece.sold, piece.event_id, piece.account_id), []).append(piece)
        else:
            missing.append(unknown)
    lines = [line for sale in sorted(by_sale) for line in _lines_of_sale(by_sale[sale])]
    return tuple(lines), tuple(missing)


def _unknown(piece: Realized) -> Missing | None:
    what = "" if piece.known else "basis"
    if not what and piece.term is Term.UNKNOWN:
        what = "term"
    if not what:
        return None
    said = "basis" if what == "basis" else "acquisition date"
    sentence = (
        f"The {said} of lot {piece.lot_id} ({piece.security_id}, account {piece.account_id}), sold on {piece.sold} for "
        f"{at_places(piece.proceeds_usd, 2):,} USD, is not known: its gain or loss stands in no row."
    )
    return Missing(what, piece.account_id, piece.security_id, piece.event_id, piece.lot_id, sentence)


def _lines_of_sale(pieces: Sequence[Realized]) -> list[SoldLine]:
    grouped: dict[_Key, list[Realized]] = {}
    for piece in pieces:
        since = INHERITED if piece.deemed_long else str(piece.held_since)
        key = (piece.security_id, piece.kind, piece.term, piece.root_id, piece.purchase_id, since, piece.gain_usd < 0)
        grouped.setdefault(key, []).append(piece)
    groups = [(key, tuple(grouped[key])) for key in sorted(grouped)]
    proceeds = cents_of_parts([_sum(p.proceeds_usd for p in group) for _, group in groups])
    basis = cents_of_parts([_sum(as_fraction(p.basis_usd or 0) for p in group) for _, group in groups])
    return [_line(key, group, d, e) for (key, group), d, e in zip(groups, proceeds, basis, strict=True)]


def _line(key: _Key, pieces: tuple[Realized, ...], proceeds: Decimal, basis: Decimal) -> SoldLine:
    washed_usd = _sum(p.disallowed_usd for p in pieces)
    loss = max(basis - proceeds, Decimal(0))
    if washed_usd == _sum(-min(p.gain_usd, _ZERO) for p in pieces):
        washed = loss
    else:
        washed = min(cents_of_parts([washed_usd])[0], loss)
    first = pieces[0]
    return SoldLine(
        event_id=first.event_id,
        account_id=first.account_id,
        security_id=first.security_id,
        root_id=first.root_id,
        kind=first.kind,
        term=first.term,
        acquired=key[5],
        sold=first.sold,
        shares=_sum(p.shares for p in pieces),
        proceeds_usd=proceeds,
        basis_usd=basis,
        washed_usd=washed,
        gain_usd=proceeds - basis + washed,
        pieces=pieces,
    )


def _sum(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, _ZERO)
