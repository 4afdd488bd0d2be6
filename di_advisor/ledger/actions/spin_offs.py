"""Spin-offs: shares of a subsidiary beside the parent's.

Tax-free (26 USC 355, 358(b)(2), (c)): each lot's basis is split by fair market value right after,
to the fractions the issuer publishes (Form 8937); dates tack; nothing is recognised but the cash
for a fraction. While the fractions are not published the lots of **both** names have no basis:
pending, not zero, until a correction of the event supplies them, or its values are used on purpose
and labelled so. Taxable: a distribution at value, and new lots at that value.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import as_fraction, cents_of_parts, show_exact
from di_advisor.domain.events import SpinOff, TaxTreatment
from di_advisor.ledger.actions.fractions_due import settle_fraction
from di_advisor.ledger.actions.held import Held, Outcome
from di_advisor.ledger.actions.received import distribute, receive_at_value, receive_beside, require_other
from di_advisor.ledger.book import Book
from di_advisor.ledger.parts import Part
from di_advisor.ledger.policies import MissingPercentages
from di_advisor.ledger.realized import IncomeKind

__all__ = ["apply_spin_off", "parent_fraction_by_value", "spin_off_basis_usd"]

_ZERO: Final = Fraction(0)


def parent_fraction_by_value(
    value_per_old_usd: Fraction, value_per_new_usd: Fraction, new_per_old: Fraction
) -> Fraction:
    """Part of the basis that stays with the parent, by values right after (26 CFR 1.358-2(a)(2)(iv)).

    Parameters
    ----------
    value_per_old_usd, value_per_new_usd : Fraction
        Of a share of the parent, and of a share received; more than zero.
    new_per_old : Fraction
        Shares received for each.
    """
    return value_per_old_usd / (value_per_old_usd + new_per_old * value_per_new_usd)


def spin_off_basis_usd(basis_usd: Fraction, parent_fraction: Fraction) -> tuple[Decimal, Decimal]:
    """Basis of the parent and of what was spun off, in cents that add up.

    Parameters
    ----------
    basis_usd : Fraction
        Basis before.
    parent_fraction : Fraction
        Part that stays with the parent.
    """
    parent, spun = cents_of_parts([basis_usd * parent_fraction, basis_usd * (1 - parent_fraction)])
    return parent, spun


def apply_spin_off(book: Book, event: SpinOff, before: Held) -> Outcome:
    """Split every lot's basis between the two names, or distribute at value."""
    require_other(event, event.spun_security_id)
    ratio = as_fraction(event.new_per_old)
    outcome = Outcome()
    keep = None if event.tax_treatment is TaxTreatment.TAXABLE else _parent_fraction(book, event, before)
    for account_id in before.accounts:
        held = before.shares[account_id, event.security_id]
        if event.tax_treatment is TaxTreatment.TAXABLE and event.value_per_new_usd is not None:
            value = held * ratio * as_fraction(event.value_per_new_usd)
            distribute(book, event, account_id, value, IncomeKind.TAXABLE_DISTRIBUTION)
            lot = receive_at_value(
                book, event, account_id, event.spun_security_id, held * ratio, value, is_purchase=False
            )
            children = [lot]
        else:
            parents = book.lots(account_id, event.security_id)
            children = [_divide(book, event, part, part.shares * ratio, keep, outcome) for part in parents]
        outcome.shares[account_id, event.spun_security_id] = (
            before.shares[account_id, event.spun_security_id] + held * ratio
        )
        settle_fraction(book, event, children, before, event.cash_in_lieu_usd)
    return outcome


def _divide(book: Book, event: SpinOff, part: Part, shares: Fraction, keep: Fraction | None, outcome: Outcome) -> Part:
    if part.basis_usd is None or keep is None:
        outcome.add_unknown(part.account_id, part.basis_usd or _ZERO)
        book.rebase(part, None, pending=part.pending or event.event_id)
        return receive_beside(book, event, part, event.spun_security_id, shares, None, None)
    spun = part.basis_usd * (1 - keep)
    loss = None if part.loss_basis_usd is None else part.loss_basis_usd * (1 - keep)
    child = receive_beside(book, event, part, event.spun_security_id, shares, spun, loss)
    left = None if part.loss_basis_usd is None or loss is None else part.loss_basis_usd - loss
    book.rebase(part, part.basis_usd - spun, left)
    return child


def _parent_fraction(book: Book, event: SpinOff, before: Held) -> Fraction | None:
    """The published fraction, one by values, or None; the last two with a notice for every holder."""
    if event.parent_fraction is not None:
        return as_fraction(event.parent_fraction)
    name = f"{event.spun_security_id}, spun off {event.security_id} on {event.on}"
    by_value = event.by_value or book.policies.missing_percentages is MissingPercentages.BY_VALUE
    if by_value and event.value_per_old_usd is not None and event.value_per_new_usd is not None:
        keep = parent_fraction_by_value(
            as_fraction(event.value_per_old_usd), as_fraction(event.value_per_new_usd), as_fraction(event.new_per_old)
        )
        about, sentence = (
            "basis_by_value",
            (
                f"The issuer's percentages for {name} are not recorded: basis is split by the values "
                f"{show_exact(event.value_per_old_usd)} and {show_exact(event.value_per_new_usd)} USD."
            ),
        )
    else:
        keep, about, sentence = (
            None,
            "basis_pending",
            (
                f"The percentages for {name} are not recorded: no basis is known for either name. Supply them from "
                f"Form 8937 by a correction of {event.event_id}, or choose a split by value."
            ),
        )
    for account_id in before.accounts:
        for security_id in (event.security_id, event.spun_security_id):
            book.note(about, sentence, event_id=event.event_id, account_id=account_id, security_id=security_id)
    return keep
