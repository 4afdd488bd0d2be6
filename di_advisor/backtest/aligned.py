"""How an account stands to its index at a close: in factors, in sectors, and in losses that wash windows keep.

Decision: ex ante, from the day's risk model and the weights at the close, as `di_advisor.policy.measures` reckons it
for an account of today, so that a backtest and a live account are judged alike. Limits: losses kept are what stands in
locked lots before the day's trades; the same loss stands there on many days, so they are averaged and never added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals, LockKind, Signals
from di_advisor.policy.measures import factor_alignment

__all__ = ["Aligned", "aligned", "locked_loss_usd"]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Alignment with the target, ex ante.

    Attributes
    ----------
    correlation : float
        Of returns with the target's.
    factor_share : float
        Share of active variance that factors explain.
    sector_active : float
        Largest distance of a sector's weight from its weight in the target; 0 where no sector is known.
    """

    correlation: float
    factor_share: float
    sector_active: float


def aligned(signals: Signals, held_usd: FloatArray, value_usd: float) -> Aligned:
    """Alignment of holdings.

    Parameters
    ----------
    signals : Signals
        Risk model and target of the day.
    held_usd : ndarray of shape (n,)
        At the close, after trades.
    value_usd : float
        Of the account, more than zero.
    """
    target, universe = signals.account.target_weight, signals.market.universe
    held = held_usd / value_usd
    found = factor_alignment(signals.market.risk, held, target)
    by_sector = np.bincount(universe.sector_of + 1, weights=held - target, minlength=len(universe.sectors) + 1)[1:]
    return Aligned(float(found.correlation), float(found.factor_share), float(np.abs(by_sector).max(initial=0.0)))


def locked_loss_usd(account: AccountSignals) -> float:
    """Losses in lots that a wash window keeps from being sold, a positive amount."""
    locked = {lock.lot_id for lock in account.locks if lock.kind is LockKind.NO_LOSS_SALE}
    if not locked:
        return 0.0
    of = np.array([lot.lot_id in locked for lot in account.lots], dtype=np.bool_)
    return float(-np.minimum(account.lot_gain_usd[of], 0.0).sum())
