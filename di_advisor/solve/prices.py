"""Names at given prices: every name a scalar problem, and so a bound on everything at once.

Given prices of the exposures (k), of the coupling rows and of risk, each name minimises a quadratic
plus a piecewise-linear cost on its own. Summed up this is the Lagrangian dual: a lower bound on any
plan that keeps the rules, **with the discrete choices inside**, whatever the prices are. It needs no
solver, so it certifies whatever a solver returned (Geoffrion 1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, Choices, Restriction

if TYPE_CHECKING:
    from di_advisor.solve.dual_newton.pieces import Pieces

__all__ = ["NameValues", "PricedNames", "Prices"]

_TOLERANCE = 1e-9
_TINY = 1e-300


@dataclass(frozen=True)
class Prices:
    """Lagrange multipliers, in objective per unit.

    Attributes
    ----------
    risk : float
        Price of variance: aversion plus the multiplier of the tracking-error cap.
    exposures : ndarray of shape (k,)
        Of ``X'z - e = 0``.
    rows : ndarray of shape (r,)
        Of the coupling rows; positive pushes down, from the upper limit.
    point : ndarray of shape (k,)
        Exposures of the plan the prices come from, where the box problem is linearised.
    """

    risk: float
    exposures: FloatArray
    rows: FloatArray
    point: FloatArray


@dataclass(frozen=True)
class _Side:
    """Segments of one side in fill order, with where each starts and ends within its name."""

    segment: NDArray[np.int64]
    name: NDArray[np.int64]
    first: NDArray[np.int64]
    owner: NDArray[np.int64]
    start: FloatArray
    end: FloatArray


@dataclass(frozen=True)
class NameValues:
    """Best value and net trade of each name under each choice, shape (n, 4); infinite where not open.

    ``value`` is relative to doing nothing; ``base`` is the value of doing nothing.
    """

    value: FloatArray
    trade: FloatArray
    base: FloatArray


class PricedNames:
    """The scalar problems of a block, ready for any prices."""

    def __init__(self, block: Block) -> None:
        self.block = block
        segments = block.segments
        self._sell = self._side(segments.sell)
        with_losses = segments.names_with_losses(len(block.active_lower))
        self._gains = self._side(segments.sell & ~with_losses[segments.name])
        self._buy = self._side(~segments.sell)

    def _side(self, mask: NDArray[np.bool_]) -> _Side:
        at = np.flatnonzero(mask)
        name = self.block.segments.name[at]
        first = np.flatnonzero(np.r_[True, name[1:] != name[:-1]]) if len(at) else np.zeros(0, np.int64)
        end = np.cumsum(self.block.segments.width[at])
        offset = np.zeros(len(at))
        if len(at):
            counts = np.diff(np.r_[first, len(at)])
            offset = np.repeat(np.r_[0.0, end[first[1:] - 1]], counts)
        return _Side(at, name, first, name[first], end - offset - self.block.segments.width[at], end - offset)

    @cached_property
    def _row_active(self) -> FloatArray:
        n = len(self.block.active_lower)
        rows = [np.zeros(n) if r.on_active is None else r.on_active for r in self.block.rows]
        return np.array(rows).reshape(len(rows), n)

    @cached_property
    def _row_segments(self) -> FloatArray:
        m = len(self.block.segments)
        rows = [np.zeros(m) if r.on_segments is None else r.on_segments for r in self.block.rows]
        return np.array(rows).reshape(len(rows), m)

    def _best(
        self, side: _Side, slope: FloatArray, pull: FloatArray, q: FloatArray, low: FloatArray, high: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Minimise ``q/2 a^2 + pull a + cost(a)`` over ``low <= a <= high``; value and amount, shape (n,)."""
        n = len(q)
        value, amount = np.full(n, np.inf), np.zeros(n)
        if not len(side.segment):
            return value, amount
        s, name, owner = slope[side.segment], side.name, side.owner
        power = np.zeros(n) if self.block.power is None else self.block.power[:, 1 if side is self._buy else 0]
        candidate = -(pull[name] + s) / q[name]
        if self.block.power is not None:
            # marginal cost q a + 3/2 power sqrt(a) + pull + s: a quadratic in the root
            wish, half = np.maximum(-(pull[name] + s), 0.0), 1.5 * power[name]
            root = 2.0 * wish / (half + np.sqrt(half * half + 4.0 * q[name] * wish) + _TINY)
            candidate = np.where(candidate > 0, root * root, candidate)
        best = np.maximum.reduceat(np.minimum(candidate, side.end), side.first)
        reach = np.minimum(high[owner], np.maximum.reduceat(side.end, side.first))
        floor = low[owner]
        best = np.clip(best, floor, np.maximum(reach, floor))
        filled = np.zeros(n)
        filled[owner] = best
        width = self.block.segments.width[side.segment]
        cost = np.add.reduceat(s * np.clip(filled[name] - side.start, 0.0, width), side.first)
        total = 0.5 * q[owner] * best**2 + pull[owner] * best + cost + power[owner] * np.maximum(best, 0.0) ** 1.5
        possible = floor <= reach + _TOLERANCE
        value[owner] = np.where(possible, total, np.inf)
        amount[owner] = best
        return value, amount

    def values(self, prices: Prices) -> NameValues:
        """Each name's best value under each choice, at given prices."""
        block = self.block
        z0, s = block.holdings.active, block.risk.specific_variance_per_year
        own = prices.risk * s
        g = block.risk.exposures @ prices.exposures + prices.rows @ self._row_active
        slope = block.segments.slope + prices.rows @ self._row_segments
        q = np.maximum(2.0 * (own + block.impact), 1e-14)
        lean = 2.0 * own * z0 + g
        down, up = z0 - block.active_lower, block.active_upper - z0
        forced_down, forced_up = np.maximum(-up, 0.0), np.maximum(-down, 0.0)
        minimum = block.min_trade
        sell, sold = self._best(self._sell, slope, -lean, q, np.maximum(minimum, forced_down), down)
        gains, trimmed = self._best(self._gains, slope, -lean, q, np.maximum(minimum, forced_down), down)
        buy, bought = self._best(self._buy, slope, lean, q, np.maximum(minimum, forced_up), up)
        buy, bought = self._with_gains_sold(prices, slope, buy, bought)
        nothing = np.where((forced_down <= _TOLERANCE) & (forced_up <= _TOLERANCE), 0.0, np.inf)
        return NameValues(
            value=np.stack([nothing, sell, buy, gains], axis=1),
            trade=np.stack([np.zeros_like(sold), -sold, bought, -trimmed], axis=1),
            base=own * z0 * z0 + g * z0,
        )

    @cached_property
    def _both_sides(self) -> Pieces | None:
        """The names that may be sold and bought at once, because they hold no loss and have no minimum trade.

        None where there is none, or where a 3/2 power makes both at once no list of pieces.
        """
        # here, because that package builds on this module's prices
        from di_advisor.solve.dual_newton.cutting import cut_pieces, filling_order

        block = self.block
        free = ~block.segments.names_with_losses(len(block.active_lower)) & (block.min_trade <= 0)
        limits = Restriction(free[block.segments.name], block.active_lower, block.active_upper)
        matrix = np.concatenate([block.risk.exposures, self._row_active.T], axis=1)
        pieces = cut_pieces(block, matrix, filling_order(block), limits)
        return pieces if len(pieces.first) and block.power is None else None

    def _with_gains_sold(
        self, prices: Prices, slope: FloatArray, value: FloatArray, trade: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Buying where gains may be sold too: a lot that is better sold now may be, and bought back."""
        segments, block = self.block.segments, self.block
        n = len(value)
        least = np.full(n, np.inf)
        np.minimum.at(least, segments.name[~segments.sell], slope[~segments.sell])
        pays = segments.sell & (slope + least[segments.name] < 0) & ~segments.names_with_losses(n)[segments.name]
        pays &= block.min_trade[segments.name] <= 0
        if not pays.any():
            return value, trade
        concerned = np.zeros(n, dtype=np.bool_)
        concerned[segments.name[pays]] = True
        pieces = self._both_sides
        if pieces is None:  # no more than every such pair can bring
            brings = ((slope + np.where(pays, least[segments.name], 0.0)) * segments.width)[pays]
            return value + np.bincount(segments.name[pays], weights=brings, minlength=n), trade
        both, net = pieces.values(np.concatenate([prices.exposures, prices.rows]), pieces.charges(prices.risk, 1.0))
        at = np.flatnonzero(concerned[pieces.traders])
        value, trade = value.copy(), trade.copy()
        value[pieces.traders[at]], trade[pieces.traders[at]] = both[at], net[at]
        return value, trade

    def coupling(self, prices: Prices, *, reserved: bool) -> float:
        """The part of the dual that belongs to exposures, rows and the cap; with or without the rows' reserves."""
        block = self.block
        factor = block.risk.factor_covariance_per_year
        slope = 2.0 * prices.risk * (factor @ prices.point)
        t = prices.exposures
        lean = slope - t
        reach = np.where(lean > 0, block.exposure_lower, block.exposure_upper) - prices.point
        with np.errstate(invalid="ignore"):
            box = np.where(lean == 0, 0.0, lean * reach)
        total = 0.5 * float(slope @ prices.point) - float(t @ prices.point) + float(box.sum())
        for price, row in zip(prices.rows, block.rows, strict=True):
            if price:
                upper = row.upper - row.reserve if reserved else row.upper
                total -= price * (upper if price > 0 else row.lower)
        if block.tracking_error_max is not None:
            total -= (prices.risk - block.aversion) * block.tracking_error_max**2
        return total

    def bound(self, prices: Prices, choices: Choices | None = None) -> float:
        """Lower bound of the objective.

        Over all choices it bounds any plan that keeps the rules; with given choices it is the dual value
        of the convex problem that was solved, reserves included.
        """
        names = self.values(prices)
        return self._over_all(prices, names) if choices is None else self._with(prices, names, choices)

    def bounds(self, prices: Prices, choices: Choices) -> tuple[float, float]:
        """Both bounds at once: with the given choices, and over all."""
        names = self.values(prices)
        return self._with(prices, names, choices), self._over_all(prices, names)

    def _over_all(self, prices: Prices, names: NameValues) -> float:
        return float(names.base.sum() + names.value.min(axis=1).sum()) + self.coupling(prices, reserved=False)

    def _with(self, prices: Prices, names: NameValues, choices: Choices) -> float:
        value = names.value
        best = value[np.arange(len(choices)), choices]
        if not self.block.min_trade.any():  # a buyer may also sell gains or stand still, a seller stand still
            other = np.where(choices == Choice.BUY, np.minimum(value[:, 0], value[:, 3]), value[:, 0])
            best = np.minimum(best, other)
        return float(names.base.sum() + best.sum()) + self.coupling(prices, reserved=True)

    def sanitised(self, prices: Prices) -> Prices:
        """Prices that keep the bound finite: rows open on one side, exposures without a box."""
        block = self.block
        rows = prices.rows.copy()
        for j, row in enumerate(block.rows):
            if rows[j] > 0 and not np.isfinite(row.upper):
                rows[j] = 0.0
            if rows[j] < 0 and not np.isfinite(row.lower):
                rows[j] = 0.0
        slope = 2.0 * prices.risk * (block.risk.factor_covariance_per_year @ prices.point)
        lean = slope - prices.exposures
        limit = np.where(lean > 0, block.exposure_lower, block.exposure_upper)
        exposures = np.where(np.isfinite(limit), prices.exposures, slope)
        return Prices(prices.risk, exposures, rows, prices.point)
