"""Splits, reverse splits and stock dividends: more or fewer shares of the same security.

Basis per lot and dates stay, lots are never averaged (26 USC 305(a), 307, 1223(4)). A stock
dividend that holders could have had in cash is income at its value, and a new lot (305(b)). Shares
received so are no purchase; a dividend that is paid in cash and buys shares is a `Reinvestment`.
"""

from __future__ import annotations

from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import ReverseSplit, Split, StockDividend, TaxTreatment
from di_advisor.ledger.actions.fractions_due import settle_fraction
from di_advisor.ledger.actions.held import Held, Outcome
from di_advisor.ledger.actions.received import distribute, receive_at_value
from di_advisor.ledger.book import Book
from di_advisor.ledger.realized import IncomeKind

__all__ = ["apply_split", "apply_stock_dividend"]


def apply_split(book: Book, event: Split | ReverseSplit, before: Held) -> Outcome:
    """Multiply the shares of every lot."""
    return _rescaled(book, event, before, as_fraction(event.new_per_old))


def apply_stock_dividend(book: Book, event: StockDividend, before: Held) -> Outcome:
    """Add shares to every lot, or, where taxable, a new lot to every account."""
    if event.tax_treatment is not TaxTreatment.TAXABLE or event.value_per_share_usd is None:
        return _rescaled(book, event, before, 1 + as_fraction(event.new_per_old))
    outcome = Outcome()
    for account_id in before.accounts:
        held = before.shares[account_id, event.security_id]
        shares = held * as_fraction(event.new_per_old)
        value = shares * as_fraction(event.value_per_share_usd)
        distribute(book, event, account_id, value, IncomeKind.TAXABLE_DISTRIBUTION)
        lot = receive_at_value(book, event, account_id, event.security_id, shares, value, is_purchase=False)
        settle_fraction(book, event, [lot], before, event.cash_in_lieu_usd)
        outcome.shares[account_id, event.security_id] = held + shares
    return outcome


def _rescaled(book: Book, event: Split | ReverseSplit | StockDividend, before: Held, factor: Fraction) -> Outcome:
    book.rescale(event.security_id, factor)
    for account_id in before.accounts:
        parts = book.lots(account_id, event.security_id)
        settle_fraction(book, event, parts, before, event.cash_in_lieu_usd, adds=False)
    return Outcome({place: held * factor for place, held in before.shares.items()})
