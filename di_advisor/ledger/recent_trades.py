"""Trades that can make a wash sale: what was bought, and what was sold at a loss, around one day.

Problem: the same purchase may show as a lot, as a fill, or as both; a sale may come without its
gain. Decision: a lot acquired within 30 days is a purchase even if no fill is listed; a fill that
names the lot it opened is that lot and does not count again; a fill that names none counts as a
purchase of its own; a sale whose gain is not known counts as a loss. Limits: a lot whose date is
not known counts neither as a recent purchase nor as an old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

import numpy as np

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account, AccountKind, Fill, Side
from di_advisor.errors import InputError
from di_advisor.ledger.days import calendar_day
from di_advisor.units import CENTS_PER_USD

__all__ = [
    "PLAN_KINDS",
    "RETIREMENT_KINDS",
    "WASH_WINDOW_DAYS",
    "LossSale",
    "Purchase",
    "SoldReplacement",
    "in_wash_window",
    "is_same_purchase",
    "loss_sales_of",
    "purchases_of",
]

WASH_WINDOW_DAYS: Final = 30
"""Days before and after a loss sale in which a purchase washes it: 61 days with the day itself."""

PLAN_KINDS: Final = frozenset({AccountKind.RETIREMENT_PLAN, AccountKind.HSA})
"""Accounts for which no wash-sale ruling was found; read like an IRA unless a setting says otherwise."""

RETIREMENT_KINDS: Final = frozenset({AccountKind.IRA, AccountKind.ROTH}) | PLAN_KINDS
"""Accounts whose gains are not taxed and whose losses are none."""

_ONE_CENT: Final = Fraction(1, CENTS_PER_USD)


class SoldReplacement(StrEnum):
    """Whether shares bought in the window and sold again before the loss sale count as a purchase.

    Unsettled: the statute, read literally, does not ask that they are still owned.
    """

    COUNTS = "counts"
    DOES_NOT_COUNT = "does_not_count"


@dataclass(frozen=True, slots=True)
class Purchase:
    """Shares bought, or planned to be, within 30 days of today.

    Attributes
    ----------
    account_id, security_id : str
        Where, and what.
    on : date
        Trade date.
    shares : Decimal or Fraction
        How many.
    lot_id : str
        The lot it opened, where that is known.
    lot : TaxLot or None
        That lot, where it is still held.
    used : bool
        Whether its shares have replaced others already, as far as the lot or its fill says.
    purchase_id : str
        What it is a part of, where its fill says so.
    gone : bool
        Shares of a lot that is still held in part: its fills bought more than it holds.
    """

    account_id: str
    security_id: str
    on: date
    shares: Exact
    lot_id: str = ""
    lot: TaxLot | None = None
    used: bool = False
    purchase_id: str = ""
    gone: bool = False

    @property
    def order(self) -> tuple[int, str, str, str, bool, str]:
        """Sort key: the latest first, ties by content, so that the order of rows in a file changes nothing."""
        return (-self.on.toordinal(), self.account_id, self.security_id, self.lot_id, self.gone, str(self.shares))


@dataclass(frozen=True, slots=True)
class LossSale:
    """Shares sold at a loss, or at a gain that is not known, within 30 days of today.

    Attributes
    ----------
    account_id, security_id : str
        Where, and what.
    on : date
        Trade date.
    shares : Decimal or Fraction
        How many.
    gain_usd : Decimal, Fraction or None
        Negative; None where not known.
    """

    account_id: str
    security_id: str
    on: date
    shares: Exact
    gain_usd: Exact | None

    @property
    def order(self) -> tuple[int, str, str, str, str]:
        """Sort key: the latest first, ties by content."""
        return (-self.on.toordinal(), self.account_id, self.security_id, str(self.gain_usd), str(self.shares))


def in_wash_window(purchase: date, sale: date) -> bool:
    """Whether a purchase and a loss sale are at most 30 calendar days apart, either first."""
    return abs((purchase - sale).days) <= WASH_WINDOW_DAYS


def loss_sales_of(account: Account, as_of: date) -> list[LossSale]:
    """Sales of one account at a loss, or at a gain not known, within 30 days; none in a retirement account.

    Parameters
    ----------
    account : Account
        Any account of the taxpayer.
    as_of : date
        Today.

    Raises
    ------
    InputError
        If a date is a timestamp.
    """
    if account.kind in RETIREMENT_KINDS:
        return []
    return [
        LossSale(account.account_id, fill.security_id, fill.on, fill.shares, fill.gain_usd)
        for fill in account.fills
        if fill.side is Side.SELL
        and (fill.gain_usd is None or fill.gain_usd < 0)
        and in_wash_window(calendar_day(fill.on, "The date of a fill"), as_of)
    ]


def purchases_of(account: Account, as_of: date, sold_replacement: SoldReplacement) -> list[Purchase]:
    """Purchases of one account within 30 days, each once: a lot, or a fill that no lot shows already.

    Parameters
    ----------
    account : Account
        Any account of the taxpayer.
    as_of : date
        Today.
    sold_replacement : SoldReplacement
        How to read the law where the shares bought are sold already.

    Raises
    ------
    InputError
        If a lot is dated after ``as_of``, or a date is a timestamp.
    """
    earliest = as_of - timedelta(days=WASH_WINDOW_DAYS)
    found = []
    bought: dict[str, Exact] = {}
    told = {f.lot_id: f for f in account.fills if f.side is Side.BUY and f.lot_id}
    held, recent = _held_and_recent(account.lots, told, earliest)
    for lot in recent:
        acquired = calendar_day(lot.acquired, "The acquisition date of a lot")  # type: ignore[arg-type]
        if acquired >= earliest:
            if acquired > as_of:
                raise InputError(
                    f"Lot {lot.lot_id} of {lot.security_id} in account {account.account_id} was acquired on "
                    f"{acquired}, after the tax date {as_of}.",
                    hint="Correct the date; a purchase that is only planned is a fill, not a lot.",
                    lot_id=lot.lot_id,
                )
            fill = told.get(lot.lot_id)
            used = lot.held_since != acquired or (fill is not None and fill.replaced)
            part_of = "" if fill is None else fill.purchase_id
            what = (account.account_id, lot.security_id, acquired)
            found.append(Purchase(*what, lot.shares, lot.lot_id, lot, used, part_of))
    for fill in account.fills:
        if fill.side is not Side.BUY or not in_wash_window(calendar_day(fill.on, "The date of a fill"), as_of):
            continue
        opened = held.get(fill.lot_id) if fill.lot_id else None
        if opened is not None and (opened.security_id, opened.acquired) == (fill.security_id, fill.on):
            before = bought.get(opened.lot_id)
            bought[opened.lot_id] = fill.shares if before is None else as_fraction(before) + as_fraction(fill.shares)
            continue
        if fill.lot_id and opened is None and fill.on <= as_of and sold_replacement is SoldReplacement.DOES_NOT_COUNT:
            continue
        what = (account.account_id, fill.security_id, fill.on)
        found.append(Purchase(*what, fill.shares, fill.lot_id, opened, fill.replaced, fill.purchase_id))
    if sold_replacement is SoldReplacement.COUNTS:
        found += [p for lot_id, shares in bought.items() for p in _gone(held[lot_id], shares, told[lot_id])]
    return found


def _held_and_recent(
    lots: Sequence[TaxLot], told: Mapping[str, Fill], earliest: date
) -> tuple[dict[str, TaxLot], Sequence[TaxLot]]:
    """Lots that fills opened, by id, and lots that may be recent: of thousands, few are looked at one by one."""
    if isinstance(lots, LotColumns):
        recent = lots.made_at(np.flatnonzero(lots.acquired >= earliest.toordinal()).tolist())
        held = {lot.lot_id: lot for lot in recent if lot.lot_id in told}
        older = told.keys() - held.keys()  # as a rule none: what a recent fill opened is recent
        if older:
            held |= {lot.lot_id: lot for lot in lots.made_at(lots.at_ids(older))}
        return held, recent
    recent = [x for x in lots if (on := x.acquired) is not None and (type(on) is not date or on >= earliest)]
    return {lot.lot_id: lot for lot in lots if lot.lot_id in told}, recent


def _gone(lot: TaxLot, bought: Exact, fill: Fill) -> Iterator[Purchase]:
    """Shares that a lot's fills bought and that it holds no more."""
    if bought == lot.shares:
        return
    gone = as_fraction(bought) - as_fraction(lot.shares)
    if gone > 0 and lot.acquired is not None:
        what = (lot.account_id, lot.security_id, lot.acquired)
        yield Purchase(*what, gone, lot.lot_id, lot, purchase_id=fill.purchase_id, gone=True)


def is_same_purchase(purchase: Purchase, lot: TaxLot) -> bool:
    """Whether a purchase is the one that brought the lot, or a part of it (Rev. Rul. 56-602).

    Lots of one account, security, trade date and price are parts of one purchase; prices are
    compared to the cent, since brokers round the basis of each part.
    """
    if purchase.account_id != lot.account_id or purchase.security_id != lot.security_id:
        return False
    if purchase.lot_id and purchase.lot_id == lot.lot_id:
        return True
    other = purchase.lot
    if other is None or other.acquired != lot.acquired or purchase.on != lot.acquired:
        return False
    if other.basis_total_usd is None or lot.basis_total_usd is None:
        return False
    # A tacked lot carries another loss in its basis, so its price cannot be compared.
    if other.held_since != other.acquired or lot.held_since != lot.acquired:
        return False
    large, small = (other, lot) if other.shares >= lot.shares else (lot, other)
    return abs(large.basis_of(small.shares) - small.basis_of(small.shares)) <= _ONE_CENT
