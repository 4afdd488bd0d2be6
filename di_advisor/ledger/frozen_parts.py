"""Parts as readers see them: open ones as booked lots, sold ones as realised pieces, in shares of the books' day.

Limits: a piece is made from what the part is now; whoever keeps it must ask again when the book has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.ledger.parts import HeldBefore, Part
from di_advisor.ledger.realized import BookedLot, Realized

__all__ = ["booked_lot", "frozen_piece", "held_before_today", "open_lot"]


def held_before_today(part: Part, scale: Callable[[str], Fraction]) -> tuple[HeldBefore, ...]:
    """Where a part was before, in shares of the books' day."""
    if not part.held_before:
        return ()
    found, per_share = [], 1 / scale(part.security_id)
    for before in reversed(part.held_before):
        per_share *= before.per_share
        found.append(replace(before, per_share=per_share * scale(before.security_id)))
    return tuple(reversed(found))


def open_lot(part: Part, scale: Callable[[str], Fraction]) -> BookedLot:
    """An open part of a book as readers see it; ``scale`` is the cumulative split factor of a security so far."""
    return booked_lot(part, held_before=held_before_today(part, scale))


def booked_lot(
    part: Part, split_since: Fraction = Fraction(1), *, held_before: tuple[HeldBefore, ...] = ()
) -> BookedLot:
    """An open part, or one that left, as readers see it.

    Parameters
    ----------
    part : Part
        Of a book.
    split_since : Fraction
        What a share of the day it left has become by splits since.
    held_before : tuple of HeldBefore
        Where it was before, in shares of the books' day.
    """
    basis = part.basis_usd if part.loss_basis_usd is None else part.loss_basis_usd
    lot = TaxLot(
        part.lot_id,
        part.account_id,
        part.security_id,
        part.shares,
        basis if basis is None else as_fraction(basis),
        part.acquired,
        part.held_since,
        LotState.of(basis, part.acquired),
    )
    return BookedLot(
        lot,
        part.root_id,
        part.purchase.purchase_id,
        part.purchase.bought_on,
        part.replaced,
        part.deemed_long,
        part.basis_usd,
        part.pending,
        part.purchase.order,
        part.left_on,
        part.sale_id,
        split_since,
        part.gift_on,
        held_before,
    )


def frozen_piece(part: Part, scale: Callable[[str], Fraction]) -> Realized:
    """A sold part as readers see it.

    Parameters
    ----------
    part : Part
        Of a book, sold.
    scale : callable
        Cumulative split factor of a security so far.
    """
    if part.sold is None:  # pragma: no cover - only sold parts come here
        raise AssertionError("an open part among the sold ones")
    lost = sum((m.disallowed_usd for m in part.matches if m.lost_for_good), as_fraction(0))
    return Realized(
        part.sale_id,
        part.kind,
        part.account_id,
        part.security_id,
        part.lot_id,
        part.root_id,
        part.purchase.purchase_id,
        part.shares,
        part.proceeds_usd,
        part.basis_usd,
        part.acquired,
        part.held_since,
        part.sold,
        part.deemed_long,
        part.disallowed_usd,
        lost,
        part.replaced,
        part.taxed,
        tuple(part.matches),
        part.purchase.bought_on,
        part.purchase.order,
        scale(part.security_id) / part.scale,
        part.gift_on,
        held_before_today(part, scale),
    )
