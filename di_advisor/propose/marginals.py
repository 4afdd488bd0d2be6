"""Marginals: what one more dollar of each trade changes, at a plan and its prices.

At an optimum every name's trade stands where one more dollar of it brings nothing, or where a limit
of its own holds it. The parts of that balance (price of risk, prices of rules, slopes of the terms)
are what shadow prices of single names, force balances and break-evens are made of. Limits: they are
those of the plan before rounding to shares, under its discrete choices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block
from di_advisor.solve.prices import Prices

__all__ = ["Marginals", "amounts_of"]

_USED = 1e-12
_PUSHES = 1e-12


def amounts_of(block: Block, plan: Plan) -> FloatArray:
    """Amounts of the segments that make a plan, shape (m,): of each lot, and of each buy, filled in order."""
    segments = block.segments
    if not len(segments):
        return np.zeros(0)
    of = np.where(segments.sell, segments.lot, len(plan.sells) + segments.name)
    wanted = np.where(segments.sell, np.r_[plan.sells, 0.0][segments.lot], plan.buys[segments.name])  # a buy has lot -1
    end = np.cumsum(segments.width)
    first = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    counts = np.diff(np.r_[first, len(of)])
    before = np.repeat(end[first] - segments.width[first], counts)
    return np.asarray(np.clip(wanted - (end - segments.width - before), 0.0, segments.width), dtype=np.float64)


@dataclass(frozen=True)
class Marginals:
    """The parts of a name's balance at active weights and prices; all per unit of weight.

    Attributes
    ----------
    block : Block
        The account, priced as its choices have it.
    amounts : ndarray of shape (m,)
        Of the segments.
    active : ndarray of shape (n,)
        Active weights.
    prices : Prices
        Multipliers.
    """

    block: Block
    amounts: FloatArray
    active: FloatArray
    prices: Prices

    @classmethod
    def of(cls, block: Block, plan: Plan, prices: Prices) -> Marginals:
        """The balance of a plan."""
        active = block.holdings.active + plan.net(block.holdings.lot_name)
        return cls(block, amounts_of(block, plan), active, prices)

    @cached_property
    def trade(self) -> FloatArray:
        """Net trade of each name, shape (n,)."""
        return np.asarray(self.active - self.block.holdings.active, dtype=np.float64)

    @cached_property
    def own_risk(self) -> FloatArray:
        """Variance per unit of weight from the names' own risk, shape (n,)."""
        return np.asarray(2.0 * self.block.risk.specific_variance_per_year * self.active, dtype=np.float64)

    @cached_property
    def factor_risk(self) -> FloatArray:
        """Variance per unit of weight by factor, shape (n, k)."""
        risk = self.block.risk
        return np.asarray(risk.exposures * (2.0 * risk.factor_covariance_per_year @ self.prices.point))

    @cached_property
    def box_prices(self) -> FloatArray:
        """Multipliers of the exposures' boxes, shape (k,): positive pushes down, from the upper limit."""
        risk = self.block.risk
        price = self.prices.exposures - 2.0 * self.prices.risk * (risk.factor_covariance_per_year @ self.prices.point)
        limit = np.where(price > 0, self.block.exposure_upper, self.block.exposure_lower)
        size = np.abs(self.prices.exposures) + np.abs(price)
        return np.where(np.isfinite(limit) & (np.abs(price) > _PUSHES * size), price, 0.0)

    @cached_property
    def lean(self) -> FloatArray:
        """What one more unit of net trade of each name changes beside the segments' slopes, shape (n,)."""
        block, prices = self.block, self.prices
        total = prices.risk * (self.own_risk + self.factor_risk.sum(axis=1)) + block.risk.exposures @ self.box_prices
        total = total + 2.0 * block.impact * self.trade
        for price, row in zip(prices.rows, block.rows, strict=True):
            if price and row.on_active is not None:
                total = total + price * row.on_active
        return np.asarray(total, dtype=np.float64)

    @cached_property
    def charge(self) -> FloatArray:
        """What one more unit of each segment costs with the prices of rules that count amounts, shape (m,)."""
        total = self.block.segments.slope
        for price, row in zip(self.prices.rows, self.block.rows, strict=True):
            if price and row.on_segments is not None:
                total = total + price * row.on_segments
        return np.asarray(total, dtype=np.float64)

    @cached_property
    def power(self) -> FloatArray:
        """Marginal cost of the 3/2 powers of what is sold, and bought, shape (n, 2)."""
        n, segments = len(self.active), self.block.segments
        if self.block.power is None:
            return np.zeros((n, 2))
        sold = np.bincount(segments.name, weights=np.where(segments.sell, self.amounts, 0.0), minlength=n)
        bought = np.bincount(segments.name, weights=np.where(segments.sell, 0.0, self.amounts), minlength=n)
        return np.asarray(1.5 * self.block.power * np.sqrt(np.stack([sold, bought], axis=1)), dtype=np.float64)

    @cached_property
    def by_segment(self) -> FloatArray:
        """What one more unit of each segment changes in all, shape (m,): below zero, more of it would pay."""
        segments = self.block.segments
        power = self.power[segments.name, np.where(segments.sell, 0, 1)]
        return np.asarray(segments.sign * self.lean[segments.name] + self.charge + power, dtype=np.float64)

    @cached_property
    def last_used(self) -> NDArray[np.int64]:
        """Last segment used of each name on the side it trades, -1 where it does not, shape (n,)."""
        segments = self.block.segments
        found = np.full(len(self.active), -1, dtype=np.int64)
        side = np.where(self.trade[segments.name] < 0, segments.sell, ~segments.sell)
        used = np.flatnonzero((self.amounts > _USED) & side)
        np.maximum.at(found, segments.name[used], used)
        return found

    @cached_property
    def at_margin(self) -> FloatArray:
        """What one more unit of each name's trade changes, in the direction of the trade, shape (n,); 0 without one."""
        at = self.last_used
        return np.where(at >= 0, self.by_segment[at], 0.0)
