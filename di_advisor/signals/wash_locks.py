"""What wash sales forbid in an account today, as positions at once and as words where somebody reads them.

Problem: the optimizer needs which names are not bought and which lots are not sold, a reader needs to know why, and to
say why takes longer than to find it out. Decision: positions, and locks that are made when they are looked at; where
the mandate prices wash sales, only the locks that prices do not replace. Limits: a mandate that ignores them has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.deferred import Deferred
from di_advisor.domain.lot_columns import IntArray
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import Account
from di_advisor.domain.signals import Lock, MarketSignals
from di_advisor.domain.washes import WashQuantities
from di_advisor.ledger.wash_windows import WashWindows
from di_advisor.signals.wash_quantities import priced_no_buy, priced_no_loss_sale, wash_quantities

__all__ = ["WashLocks", "banned", "priced"]


@dataclass(frozen=True)
class WashLocks:
    """Names and lots that wash sales keep from being traded.

    Attributes
    ----------
    unbought, unsold : sequence of int
        Positions of names that are not bought, and of lots that are not sold.
    of_names, of_lots : sequence of Lock
        Why, in the order of names and of lots.
    washes : WashQuantities or None
        What could be washed, where that is priced.
    """

    unbought: Sequence[int] = ()
    unsold: Sequence[int] = ()
    of_names: Sequence[Lock] = ()
    of_lots: Sequence[Lock] = ()
    washes: WashQuantities | None = None


def banned(
    windows: WashWindows, lots: Sequence[TaxLot], losing: NDArray[np.bool_], lot_name: IntArray, ids: tuple[str, ...]
) -> WashLocks:
    """Everything that could wash, or be washed, is locked.

    Parameters
    ----------
    windows : WashWindows
        What is open today.
    lots : sequence of TaxLot
        L lots of an account.
    losing : ndarray of bool, shape (L,)
        Those at a loss.
    lot_name : ndarray of int, shape (L,)
        Position of each lot's name.
    ids : tuple of str
        Names.
    """
    unsold = windows.losses_locked_at(lots, np.flatnonzero(losing), lot_name, ids)
    return WashLocks(
        windows.no_buy_places(ids),
        unsold,
        Deferred(lambda: windows.no_buy_locks(ids)),
        Deferred(lambda: tuple(windows.locks_of_losses(lots[i] for i in unsold))),
    )


def priced(
    account: Account,
    market: MarketSignals,
    windows: WashWindows,
    lots: Sequence[TaxLot],
    lot_name: IntArray,
    losing: NDArray[np.bool_],
) -> WashLocks:
    """Only what prices of wash sales do not replace is locked.

    Parameters
    ----------
    account : Account
        Whose.
    market : MarketSignals
        Prices.
    windows, lots, lot_name
        As for `banned`.
    losing : ndarray of bool, shape (L,)
        Lots at a loss that nothing else keeps from being sold.
    """
    universe = market.universe
    of_names = priced_no_buy(windows.no_buy_locks(universe.security_ids), windows)
    washes = wash_quantities(account, market, windows, lots, lot_name, losing)
    of_lots = priced_no_loss_sale(lots, losing, windows, washes)
    locked = {k.lot_id for k in of_lots}
    return WashLocks(
        [universe.positions[k.security_id] for k in of_names],
        [i for i in np.flatnonzero(losing).tolist() if lots[i].lot_id in locked] if locked else (),
        of_names,
        of_lots,
        washes,
    )
