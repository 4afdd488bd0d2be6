"""Losses that a plan washes, as gains of the year: what budgets of gain and tax must not count on.

Problem: a washed loss is disallowed (26 USC 1091(a)): it sets nothing off this year, so a budget that took
it off would be kept on paper and passed on the return; and a purchase that washes a loss sold before
raises the year's gain by that loss. Decision: of each name the shares sold that could be washed are
taken to be those with the largest losses, so that the gain counted is never less than the ledger's.
Limits: an estimate on the safe side, as the prices of wash sales are (`WashQuantities`); a loss sold
before is taken to be a short-term one, which is the dearer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.washes import WashQuantities
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.plan import Holdings, Plan

__all__ = ["WashedGains"]


@dataclass(frozen=True)
class WashedGains:
    """What is disallowed; all figures are fractions of the account's value.

    Attributes
    ----------
    lot, name : ndarray of int, shape (l,)
        Lots that may be sold at a loss, by name, the largest loss per unit first; and their names.
    short, long : ndarray of shape (l,)
        Their loss per unit of weight sold, of either term.
    sell_width, buy_width : ndarray of shape (n,)
        The first so much sold at a loss, and bought, of each name washes, at most.
    buy_loss : ndarray of shape (n,)
        Loss per unit bought that is washed.
    """

    lot: NDArray[np.int64]
    name: NDArray[np.int64]
    short: FloatArray
    long: FloatArray
    sell_width: FloatArray
    buy_width: FloatArray
    buy_loss: FloatArray

    @classmethod
    def of(cls, washes: WashQuantities, gains: RealisedGains, holdings: Holdings) -> WashedGains:
        """What could be washed, from the facts."""
        short, long = np.maximum(-gains.short, 0.0), np.maximum(-gains.long, 0.0)
        lot = np.flatnonzero(short + long > 0)
        lot = lot[np.lexsort((-(short + long)[lot], holdings.lot_name[lot]))]
        value = holdings.value_usd
        widths = washes.sell_usd / value, washes.buy_usd / value
        return cls(lot, holdings.lot_name[lot], short[lot], long[lot], widths[0], widths[1], washes.buy_loss)

    def disallowed(self, plan: Plan) -> tuple[float, float]:
        """Short-term and long-term loss that a plan washes, at most; each at least 0."""
        sold = plan.sells[self.lot]
        end = np.cumsum(sold)
        first = np.flatnonzero(np.r_[True, self.name[1:] != self.name[:-1]]) if len(sold) else np.zeros(0, np.int64)
        begun = np.repeat(np.r_[0.0, end][first], np.diff(np.r_[first, len(sold)]))
        washed = np.clip(self.sell_width[self.name] - (end - sold - begun), 0.0, sold)
        before = float(self.buy_loss @ np.minimum(plan.buys, self.buy_width))
        return float(self.short @ washed) + before, float(self.long @ washed)

    def dearest(self) -> FloatArray:
        """Largest loss per unit sold of each name, shape (n,)."""
        found = np.zeros(len(self.sell_width))
        np.maximum.at(found, self.name, self.short + self.long)
        return found
