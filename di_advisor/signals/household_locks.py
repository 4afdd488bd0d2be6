"""Locks that a household lays on an account's signals: who may buy a group, and who may sell it at a loss.

Problem: a loss in one account is washed by a purchase in any other on the same day (26 USC 1091; for good,
where that is a retirement account, Rev. Rul. 2008-5). Decision: of every group of substantially identical
names either nobody buys, or nobody in a taxable account sells at a loss; both are locks on signals, so that
all that follows treats them as it treats any other lock. Where wash sales have a price, a group is washed by the
smaller of what is sold at a loss and what is bought: so either every loss counts as washed, or every purchase as
washing, and the cheaper of the two is the price. The first is a loss that is worth less, on signals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals, Lock, LockKind, Signals
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS

__all__ = ["LevelSide", "PricedSide", "Side", "WashSide", "loss_lots", "with_losses_worth", "with_sides"]


class WashSide(StrEnum):
    """What nobody in the household does with a group."""

    NO_BUY = "no_buy"
    NO_LOSS_SALE = "no_loss_sale"


class PricedSide(StrEnum):
    """What is charged for in a group where wash sales have a price."""

    LOSSES = "losses"
    """Every loss, as if it were washed."""

    LOSSES_BACK = "losses_back"
    """The same, and they do come back: no retirement account buys."""

    PURCHASES = "purchases"
    """Every purchase, as if it washed the cheapest loss."""


@dataclass(frozen=True)
class LevelSide:
    """A priced side at a level, which moves a charge between those who sell at a loss and those who buy.

    Attributes
    ----------
    side : PricedSide
        What is charged for.
    level_usd : float
        By the share. Of losses: how much of what they are worth later has to be bought back, by purchases that are
        paid for it. Of purchases: what they are charged, those losses that are cheaper being paid the difference.
    """

    side: PricedSide
    level_usd: float


Side = WashSide | PricedSide | LevelSide


def loss_lots(account: AccountSignals) -> NDArray[np.bool_]:
    """Lots that may be sold, and at a loss that counts for tax, shape (L,)."""
    if account.kind in RETIREMENT_KINDS:
        return np.zeros(len(account.lots), dtype=np.bool_)
    return np.asarray(account.lot_sellable & (account.lot_gain_usd < 0), dtype=np.bool_)


def with_losses_worth(signals: Signals, shares: FloatArray) -> Signals:
    """Signals in which losses count for a share of what they are; the same where each counts in full.

    Parameters
    ----------
    signals : Signals
        One account.
    shares : ndarray of shape (L,)
        By lot, above 0; 1 where it holds no loss.
    """
    if (shares == 1.0).all():
        return signals
    account = signals.account
    return replace(signals, account=replace(account, lot_gain_usd=account.lot_gain_usd * shares))


def with_sides(signals: Signals, sides: Mapping[int, Side], reasons: Mapping[int, str] | None = None) -> Signals:
    """Signals under the sides of some groups; the same object where nothing changes.

    Parameters
    ----------
    signals : Signals
        One account.
    sides : Mapping of int to WashSide, PricedSide or LevelSide
        By the group's number in the universe; a priced one locks nothing but purchases for good.
    reasons : Mapping of int to str, optional
        What the locks say, by group.
    """
    account, universe = signals.account, signals.market.universe
    group = universe.group_of
    silencing = {WashSide.NO_BUY, *([PricedSide.LOSSES_BACK] if account.kind in RETIREMENT_KINDS else [])}
    silent = [g for g, side in sides.items() if side in silencing]
    keep = [g for g, side in sides.items() if side is WashSide.NO_LOSS_SALE]
    unbought = np.isin(group, silent) & account.can_buy
    unsold = loss_lots(account) & np.isin(group[account.lot_name], keep)
    if not unbought.any() and not unsold.any():
        return signals
    said = {} if reasons is None else reasons
    locks = [
        Lock(universe.security_ids[i], LockKind.NO_BUY, said.get(int(group[i]), "Another account sells it at a loss."))
        for i in np.flatnonzero(unbought).tolist()
    ]
    for i in np.flatnonzero(unsold).tolist():
        lot = account.lots[i]
        reason = said.get(int(group[account.lot_name[i]]), "Another account buys it.")
        locks.append(Lock(lot.security_id, LockKind.NO_LOSS_SALE, reason, lot_id=lot.lot_id))
    return replace(
        signals,
        account=replace(
            account,
            can_buy=account.can_buy & ~unbought,
            lot_sellable=account.lot_sellable & ~unsold,
            locks=(*account.locks, *locks),
        ),
    )
