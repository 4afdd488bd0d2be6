"""Mergers for cash and for stock, and exchange offers.

Cash: a sale of every lot on the closing date. Stock, tax-free (26 USC 354, 358, 368): basis and
dates go over lot by lot (26 CFR 1.358-2(a)(2)(i)). Stock, taxable: a sale of every lot at the value
of what came, and one new lot at that value, which is a purchase. In an exchange offer only the
shares accepted go, with their whole basis, and the holder may say which they are
(1.358-2(a)(2)(vii)): until the basis of what came matters, so no deadline is applied here.
"""

from __future__ import annotations

from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import BY_LAW, CashMerger, Exchange, StockMerger, TaxTreatment
from di_advisor.ledger.actions.fractions_due import drop_pending, settle_fraction
from di_advisor.ledger.actions.held import Held, Outcome
from di_advisor.ledger.actions.identity import note_unsettled_identity
from di_advisor.ledger.actions.received import receive_at_value, require_other, sell_for_value
from di_advisor.ledger.book import Book
from di_advisor.ledger.booking import taken_parts
from di_advisor.ledger.parts import Part, RealizedKind
from di_advisor.ledger.realized import Identification

__all__ = ["apply_cash_merger", "apply_exchange", "apply_stock_merger", "exchange_lots"]


def apply_cash_merger(book: Book, event: CashMerger, before: Held) -> Outcome:
    """Sell every lot of every account."""
    price = as_fraction(event.cash_per_share_usd)
    for account_id in before.accounts:
        lots = [(part, part.shares) for part in book.lots(account_id, event.security_id)]
        sell_for_value(book, event, lots, price, RealizedKind.CASH_MERGER)
        book.pay(account_id, before.shares[account_id, event.security_id] * price)
        drop_pending(book, account_id, event.security_id)
    return Outcome({place: Fraction(0) for place in before.shares})


def apply_stock_merger(book: Book, event: StockMerger, before: Held) -> Outcome:
    """Turn every lot into shares of the other company."""
    require_other(event, event.new_security_id)
    outcome = Outcome()
    if event.tax_treatment is not TaxTreatment.TAXABLE:
        note_unsettled_identity(book, event, [p for a in before.accounts for p in book.lots(a, event.security_id)])
    for account_id in before.accounts:
        lots = [(part, part.shares) for part in book.lots(account_id, event.security_id)]
        new = exchange_lots(book, event, lots)
        drop_pending(book, account_id, event.security_id)
        settle_fraction(book, event, new, before, event.cash_in_lieu_usd)
        held = before.shares[account_id, event.security_id]
        outcome.shares[account_id, event.security_id] = Fraction(0)
        outcome.shares[account_id, event.new_security_id] = before.shares[
            account_id, event.new_security_id
        ] + held * as_fraction(event.new_per_old)
    return outcome


def apply_exchange(book: Book, event: Exchange, before: Held) -> Outcome:
    """Turn the shares accepted into shares of the other company; the rest of the holding stays as it is.

    Raises
    ------
    InputError
        If there are not enough shares, or a named lot is missing or too small.
    """
    require_other(event, event.new_security_id)
    shares, account_id = as_fraction(event.shares), event.account_id
    taken = taken_parts(book, event, account_id, event.security_id, shares, event.choice)
    if event.choice is not BY_LAW:
        method, choice = event.choice.method, event.choice
        named = tuple((part.lot_id, amount) for part, amount in taken)
        book.identifications.append(
            Identification(event.event_id, method, method, choice.chosen_on, event.on, choice.chosen_by, named)
        )
    if event.tax_treatment is not TaxTreatment.TAXABLE:
        note_unsettled_identity(book, event, [part for part, _ in taken])
    new = exchange_lots(book, event, taken)
    settle_fraction(book, event, new, before, None)
    old, other = (account_id, event.security_id), (account_id, event.new_security_id)
    return Outcome(
        {
            old: before.shares[old] - shares,
            other: before.shares[other] + shares * as_fraction(event.new_per_old),
        }
    )


def exchange_lots(book: Book, event: StockMerger | Exchange, taken: list[tuple[Part, Fraction]]) -> list[Part]:
    """Exchange shares of lots of one account for shares of another company; returns the new lots."""
    ratio, to = as_fraction(event.new_per_old), event.new_security_id
    if event.tax_treatment is TaxTreatment.TAXABLE and event.value_per_new_usd is not None:
        account_id = taken[0][0].account_id
        value, shares = ratio * as_fraction(event.value_per_new_usd), sum((s for _, s in taken), Fraction(0))
        sell_for_value(book, event, taken, value, RealizedKind.TAXABLE_EXCHANGE)
        lot = receive_at_value(book, event, account_id, to, shares * ratio, shares * value, is_purchase=True)
        return [lot]
    new = []
    for part, shares in taken:
        given = book.split(part, shares)
        book.become(given, to, shares * ratio, event.on)
        new.append(given)
    return new
