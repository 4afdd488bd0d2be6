"""Realised gains of a plan by term: linear in the lots sold, and all that a year's tax depends on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import AccountSignals
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.segments import Segments

__all__ = ["RealisedGains"]


@dataclass(frozen=True)
class RealisedGains:
    """Gain per unit of weight sold of each lot; losses are negative.

    Attributes
    ----------
    short, long : ndarray of shape (L,)
        Short-term and long-term gain over market value; a lot has at most one of the two.
    """

    short: FloatArray
    long: FloatArray

    @classmethod
    def of(cls, account: AccountSignals) -> RealisedGains:
        """The gains of an account's lots; 0 for lots whose basis is not known, which are not sold."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(account.lot_value_usd > 0, account.lot_gain_usd / account.lot_value_usd, 0.0)
        ratio = np.where(account.lot_known, ratio, 0.0)
        return cls(np.where(account.lot_long_term, 0.0, ratio), np.where(account.lot_long_term, ratio, 0.0))

    @property
    def total(self) -> FloatArray:
        """Gain of either term, shape (L,)."""
        return self.short + self.long

    def realised(self, plan: Plan) -> tuple[float, float]:
        """Net short-term and net long-term gain of a plan, fractions of the account."""
        return float(self.short @ plan.sells), float(self.long @ plan.sells)

    def taxed(self, rates: tuple[float, float]) -> FloatArray:
        """Tax per unit of weight sold of each lot at constant rates, shape (L,)."""
        return rates[0] * self.short + rates[1] * self.long

    def on_segments(self, rates: tuple[float, float], segments: Segments) -> FloatArray:
        """The same per unit of each segment, 0 for buys, shape (m,)."""
        per_lot = np.r_[self.taxed(rates), 0.0]
        return np.asarray(np.where(segments.sell, per_lot[segments.lot], 0.0), dtype=np.float64)

    def reach(self, sell_max: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Least and most short-term and long-term gain when lots are sold up to a weight, each of shape (2,)."""
        least = [float(np.minimum(g * sell_max, 0.0).sum()) for g in (self.short, self.long)]
        most = [float(np.maximum(g * sell_max, 0.0).sum()) for g in (self.short, self.long)]
        return np.array(least), np.array(most)
