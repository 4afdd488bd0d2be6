"""Parts: pieces of one purchase while the books are written.

Problem: a purchase falls apart. Some shares are sold, some replace shares sold at a loss and take
over their loss and their days; each piece then has a basis and a date of its own. Decision: one
mutable record a piece, open or sold, that knows its purchase; pieces are split share by share in
fractions, so nothing is rounded. Parts never leave the ledger: what is shown are the frozen
`BookedLot` and `Realized`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

__all__ = ["HeldBefore", "LossOrder", "Part", "Purchase", "RealizedKind", "WashMatch"]

_ZERO: Final = Fraction(0)

LossOrder = tuple[int, int, tuple[int, str], int, str, int, Fraction]
"""Place of a loss among others: sale, acquisition, order of the purchase, days held, lot, place of the sale, and
what it took over a share."""


class RealizedKind(StrEnum):
    """What made a gain or loss due."""

    SALE = "sale"
    CASH_IN_LIEU = "cash_in_lieu"
    CASH_MERGER = "cash_merger"
    BOOT = "boot"
    TAXABLE_EXCHANGE = "taxable_exchange"
    RETURN_OF_CAPITAL = "return_of_capital"
    WORTHLESS = "worthless"


@dataclass(frozen=True, slots=True)
class HeldBefore:
    """Where shares of a lot were before, and as what: moved between accounts, or exchanged for another name.

    Attributes
    ----------
    account_id, security_id : str
        The holding they belonged to; empty where they were none of any (a lot that came by a spin-off).
    until : date
        Day on which they left it.
    per_share : Fraction
        Shares of that holding for one share of the lot, on the books' day; in a part, with all
        splits of either name taken out.
    """

    account_id: str
    security_id: str
    until: date
    per_share: Fraction = Fraction(1)


@dataclass(slots=True, eq=False)
class Purchase:
    """Shares that came in together.

    Attributes
    ----------
    purchase_id : str
        Parts of one purchase do not replace each other (Rev. Rul. 56-602).
    bought_on : date or None
        Trade date, if it was a purchase that can wash a loss; None for gifts, inheritances, and
        shares received in a spin-off or a tax-free exchange.
    order : tuple
        Place among the purchases of one day.
    parts : list of Part
        What it fell into, sold parts included; parts that can replace nothing any more may be missing.
    """

    purchase_id: str
    bought_on: date | None
    order: tuple[int, str] = (0, "")
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WashMatch:
    """Shares sold at a loss and the shares that replaced them (26 USC 1091).

    Attributes
    ----------
    loss_event_id, loss_lot_id, loss_account_id, loss_security_id : str
        The sale.
    sold : date
        Its trade date.
    loss_shares, replacement_shares : Fraction
        Equal unless a split lies between the two.
    replacement_lot_id, replacement_purchase_id, replacement_account_id, replacement_security_id : str
        The purchase.
    bought : date
        Its trade date.
    disallowed_usd : Fraction
        Loss that was disallowed.
    lost_for_good : bool
        Whether nobody's basis took it over (a purchase in a retirement account, Rev. Rul. 2008-5).
    rule : str
        Source.
    """

    loss_event_id: str
    loss_lot_id: str
    loss_account_id: str
    loss_security_id: str
    sold: date
    loss_shares: Fraction
    replacement_lot_id: str
    replacement_purchase_id: str
    replacement_account_id: str
    replacement_security_id: str
    bought: date
    replacement_shares: Fraction
    disallowed_usd: Fraction
    lost_for_good: bool
    rule: str


@dataclass(slots=True, eq=False)
class Part:
    """A piece of a purchase, open or sold.

    Attributes
    ----------
    lot_id, root_id : str
        Key of the piece, and of the lot it was split from.
    account_id, security_id : str
        Where, and what.
    shares : Fraction
        More than zero; in shares of the day it was sold, once sold.
    basis_usd : Fraction or None
        Adjusted basis of the piece; None while it is not known.
    acquired, held_since : date or None
        Trade date, and effective start of the holding period.
    purchase : Purchase
        What it is a piece of.
    loss_basis_usd : Fraction or None
        Basis for a loss, where a gift has two (26 USC 1015(a)); ``gift_on`` is then the day of the gift.
    given_up_usd : Fraction
        Sold out of a gift with two bases: the donor's basis less the one that counted.
    deemed_long : bool
        Inherited: long-term whatever the dates (26 USC 1223(9)).
    pending : str
        Id of the event whose percentages or basis are missing; empty if none.
    replaced : bool
        Its shares have replaced shares sold at a loss: they cannot again (26 CFR 1.1091-1(e)).
    sold : date or None
        Trade date of the sale; None while open.
    left_on : date or None
        Day it went without a sale (transfer out, gift).
    sale_id, kind, proceeds_usd
        The event that sold it, what it was, and net proceeds.
    scale : Fraction
        Cumulative split factor of its security when it was sold.
    disallowed_usd : Fraction
        Loss disallowed on it.
    settled : bool
        Sold at a loss that is disallowed: its shares cannot replace others any more.
    waits : bool
        Sold at a loss that a later purchase may still disallow.
    sale_rank, match_rank : int
        Place among all sales, and among all matches (0: not matched).
    taxed : bool
        Whether a gain or loss on it counts (not in a retirement account).
    matches : list of WashMatch
        Why a loss was disallowed.
    loss_order : tuple or None
        Place among the losses, once it was needed.
    held_before : tuple of HeldBefore
        Where its shares were before, first to last.
    """

    lot_id: str
    root_id: str
    account_id: str
    security_id: str
    shares: Fraction
    basis_usd: Fraction | None
    acquired: date | None
    held_since: date | None
    purchase: Purchase
    loss_basis_usd: Fraction | None = None
    gift_on: date | None = None
    given_up_usd: Fraction = _ZERO
    deemed_long: bool = False
    pending: str = ""
    replaced: bool = False
    sold: date | None = None
    left_on: date | None = None
    sale_id: str = ""
    kind: RealizedKind = RealizedKind.SALE
    proceeds_usd: Fraction = _ZERO
    scale: Fraction = Fraction(1)
    disallowed_usd: Fraction = _ZERO
    settled: bool = False
    waits: bool = False
    sale_rank: int = 0
    match_rank: int = 0
    taxed: bool = True
    matches: list[WashMatch] = field(default_factory=list)
    loss_order: LossOrder | None = None
    held_before: tuple[HeldBefore, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it is still held."""
        return self.sold is None and self.left_on is None

    @property
    def gone_on(self) -> date | None:
        """Day from which it is not held any more, sold or not; None while open."""
        return self.sold or self.left_on

    @property
    def loss_usd(self) -> Fraction:
        """Loss on a sold part before disallowance, not negative; 0 where the basis is not known."""
        if self.basis_usd is None or self.basis_usd <= self.proceeds_usd:
            return _ZERO
        return self.basis_usd - self.proceeds_usd

    def split_off(self, shares: Fraction) -> Part:
        """Take shares, fewer than there are, into a new part with their share of every amount."""
        rest = self.shares - shares
        keep = rest / self.shares
        taken = Part.__new__(Part)
        for name in _PART_FIELDS:
            setattr(taken, name, getattr(self, name))
        taken.shares, taken.matches = shares, list(self.matches)
        if self.basis_usd:
            kept = self.basis_usd * keep
            self.basis_usd, taken.basis_usd = kept, self.basis_usd - kept
        if self.loss_basis_usd:
            kept = self.loss_basis_usd * keep
            self.loss_basis_usd, taken.loss_basis_usd = kept, self.loss_basis_usd - kept
        if self.proceeds_usd:
            kept = self.proceeds_usd * keep
            self.proceeds_usd, taken.proceeds_usd = kept, self.proceeds_usd - kept
        if self.disallowed_usd:
            kept = self.disallowed_usd * keep
            self.disallowed_usd, taken.disallowed_usd = kept, self.disallowed_usd - kept
        self.shares = rest
        self.purchase.parts.append(taken)
        return taken


_PART_FIELDS: Final = tuple(f.name for f in fields(Part))
