"""What could wash a loss today, in shares and in dollars: the facts behind prices of wash sales.

Problem: a lock says that a trade is not safe; a price must know how many shares of it are not, which
shares replace them, and whether the loss comes back. Decision: the purchases that may still replace
shares sold at a loss, and the losses that a purchase may still disallow, stand here share by share
(26 CFR 1.1091-1(c) to (e)), beside the figures for each name that a price needs.

Limits: figures of a name are cautious where several lots, purchases or members of an identical group
meet: widths count every share that could be washed, and the dearest of them sets the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from numpy import bool_
from numpy.typing import NDArray

from di_advisor.domain.amounts import Exact
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import FloatArray

__all__ = ["FreePurchase", "WaitingLoss", "WashQuantities", "Washed"]


@dataclass(frozen=True, slots=True)
class FreePurchase:
    """Shares bought within 30 days of today, or planned to be, that have replaced no others yet.

    Attributes
    ----------
    account_id, security_id : str
        Where, and what.
    group : str
        Key of its group of substantially identical securities.
    on : date
        Trade date; after today where it is only planned.
    shares : Decimal or Fraction
        How many.
    purchase_id : str
        Parts of one purchase share it; they do not replace each other (Rev. Rul. 56-602).
    lot_id : str
        The lot, where it is still held.
    lost : bool
        In a retirement account: a loss that these shares replace is gone for good (Rev. Rul. 2008-5).
    """

    account_id: str
    security_id: str
    group: str
    on: date
    shares: Exact
    purchase_id: str
    lot_id: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class WaitingLoss:
    """Shares sold at a loss in the last 30 days, of which a purchase today would disallow the loss.

    Attributes
    ----------
    account_id, security_id, group : str
        Where, what, and the key of its group.
    on : date
        Trade date of the sale.
    shares : Decimal or Fraction
        How many.
    loss_usd : Decimal or Fraction
        Loss on all of them, more than zero.
    """

    account_id: str
    security_id: str
    group: str
    on: date
    shares: Exact
    loss_usd: Exact


@dataclass(frozen=True, slots=True)
class Washed:
    """Shares whose loss is disallowed by a plan, and where the loss goes.

    Attributes
    ----------
    lot_at : int
        Position of the lot sold today; -1 for a loss that was sold before.
    name_at : int
        Position of the name bought today that replaces; -1 where it was bought before or is planned.
    shares, loss_usd : Decimal or Fraction
        How many, and their loss in USD.
    sold : date
        Trade date of the loss.
    account_id, security_id, lot_id : str
        Where the shares that replace are, which, and their lot where known.
    bought : date
        Their trade date.
    lost : bool
        Whether the loss is gone for good.
    """

    lot_at: int
    name_at: int
    shares: Exact
    loss_usd: Exact
    sold: date
    account_id: str
    security_id: str
    lot_id: str
    bought: date
    lost: bool


@dataclass(frozen=True, eq=False)
class WashQuantities:
    """What may wash, over an account's L lots and n names.

    Attributes
    ----------
    purchases : tuple of FreePurchase
        Earliest first.
    losses : tuple of WaitingLoss
        Earliest first.
    purchase_of : Mapping of str to str
        Purchase of the account's own lots, where another one shares it; elsewhere the lot's id.
    group : tuple of str
        Key of the group of each name, shape (n,).
    lot_washable : ndarray of bool, shape (L,)
        Lots at a loss of which a sale today meets shares that may replace them.
    sell_usd : ndarray of shape (n,)
        The first so much sold at a loss is washed, at most.
    sell_lost : ndarray of bool, shape (n,)
        Whether some of that would be lost for good.
    buy_usd : ndarray of shape (n,)
        The first so much bought washes a loss that was sold before.
    buy_loss : ndarray of shape (n,)
        Washed loss per dollar of it, at most.
    """

    purchases: tuple[FreePurchase, ...]
    losses: tuple[WaitingLoss, ...]
    purchase_of: Mapping[str, str]
    group: tuple[str, ...]
    lot_washable: NDArray[bool_]
    sell_usd: FloatArray
    sell_lost: NDArray[bool_]
    buy_usd: FloatArray
    buy_loss: FloatArray
    matters: bool = field(init=False, default=False)
    """Whether any trade today could be washed at all."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "purchase_of", FrozenMap(self.purchase_of))
        object.__setattr__(self, "matters", bool((self.sell_usd > 0).any() or (self.buy_usd > 0).any()))
