"""Wash-sale report: each loss that was disallowed, by which purchase, under which rule, and where it went.

Amounts are those of Form 8949: the rows of a sale sum to its adjustment with code W. A loss that a
later purchase can still disallow is listed in the notes with the day until which it can. Limits:
only the accounts seen; a broker's 1099-B adjusts within one account and one CUSIP only (26 CFR
1.6045-1(d)(6)(iii)), so it is no proof. Not tax advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import cents_of_parts
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.paper import Paper, about
from di_advisor.ledger.papers.sold_lines import SoldLine, sold_lines

__all__ = ["WashRow", "wash_report"]

_BROKERS: Final = (
    "A broker adjusts for replacements in the same account with the same CUSIP only, so its Form 1099-B is no proof."
)


@dataclass(frozen=True, slots=True)
class WashRow:
    """Shares sold at a loss, and the shares that replaced them.

    Attributes
    ----------
    sold : date
        Trade date of the loss sale.
    loss_account_id, loss_security_id, loss_event_id, loss_lot_id : str
        The sale.
    loss_shares : Fraction
        Shares whose loss is disallowed.
    bought : date
        Trade date of the replacement.
    replacement_account_id, replacement_security_id, replacement_lot_id : str
        The purchase.
    replacement_shares : Fraction
        Shares that replace; as many, unless a split lies between.
    disallowed_usd : Decimal
        In cents; rows of a sale sum to column (g) of its rows with code W.
    lost_for_good : bool
        Whether no basis took the loss over.
    went_to : str
        Where the loss went, in words.
    rule : str
        Source.
    """

    sold: date
    loss_account_id: str
    loss_security_id: str
    loss_event_id: str
    loss_lot_id: str
    loss_shares: Fraction
    bought: date
    replacement_account_id: str
    replacement_security_id: str
    replacement_lot_id: str
    replacement_shares: Fraction
    disallowed_usd: Decimal
    lost_for_good: bool
    went_to: str
    rule: str


def wash_report(books: Books, year: int) -> Paper[WashRow]:
    """Losses of one tax year that are disallowed, and those that may yet be.

    Parameters
    ----------
    books : Books
        The books.
    year : int
        Calendar year of the loss sales.
    """
    lines, missing = sold_lines(books, year)
    rows = tuple(row for line in lines for row in _rows(line))
    notes = [_BROKERS]
    for line in lines:
        until = max((p.window_closes for p in line.pieces if p.provisional(books.as_of)), default=None)
        if until is not None:
            notes.append(
                f"Provisional: the loss of {-line.gain_usd:,.2f} USD on lot {line.root_id} ({line.security_id}), sold "
                f"on {line.sold} in account {line.account_id}, can still be disallowed by a purchase until {until}."
            )
    title = f"Wash sales, tax year {year}"
    return Paper(about(books, title, notes=tuple(notes), missing=missing), WashRow, rows)


def _rows(line: SoldLine) -> list[WashRow]:
    matches = [m for piece in line.pieces for m in piece.matches]
    cents = cents_of_parts([m.disallowed_usd for m in matches], line.washed_usd)
    return [
        WashRow(
            sold=m.sold,
            loss_account_id=m.loss_account_id,
            loss_security_id=m.loss_security_id,
            loss_event_id=m.loss_event_id,
            loss_lot_id=m.loss_lot_id,
            loss_shares=m.loss_shares,
            bought=m.bought,
            replacement_account_id=m.replacement_account_id,
            replacement_security_id=m.replacement_security_id,
            replacement_lot_id=m.replacement_lot_id,
            replacement_shares=m.replacement_shares,
            disallowed_usd=amount,
            lost_for_good=m.lost_for_good,
            went_to="lost for good" if m.lost_for_good else f"basis of lot {m.replacement_lot_id}",
            rule=m.rule,
        )
        for m, amount in zip(matches, cents, strict=True)
    ]
