"""One side of every name at given prices: the best amount to sell, or to buy.

The cost of an amount is a quadratic, a 3/2 power and a piecewise-linear function whose slopes ascend
in fill order, so that the best amount has a closed form: the largest over pieces of
min(candidate, right end), cut off at the limits. In whole shares the best amount is one of the two
counts beside it, or all that may be sold. Where prices of rows disturb the order of the slopes, the
pieces are sorted anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.segments import Segments

__all__ = ["Best", "Curve", "Side", "minimised"]

_TOLERANCE = 1e-9
_TINY = 1e-300
_DISORDER = 1e-13
_LATTICE = 1e-6
"""Part of a step of shares by which a count may pass a limit, as rounding to shares allows it."""


@dataclass(frozen=True)
class Side:
    """Segments of one side in fill order, with where each starts and ends within its name.

    Attributes
    ----------
    segment, name : ndarray of int, shape (s,)
        Segment of the block, and its name.
    first : ndarray of int, shape (o,)
        First piece of each name that has any.
    owner : ndarray of int, shape (o,)
        These names.
    start, end : ndarray of shape (s,)
        Amount of the name at which the piece begins and ends.
    """

    segment: NDArray[np.int64]
    name: NDArray[np.int64]
    first: NDArray[np.int64]
    owner: NDArray[np.int64]
    start: FloatArray
    end: FloatArray

    @classmethod
    def of(cls, segments: Segments, segment: NDArray[np.int64]) -> Side:
        """The side that some segments make, sorted by name and in fill order."""
        name, width = segments.name[segment], segments.width[segment]
        first = np.flatnonzero(np.r_[True, name[1:] != name[:-1]]) if len(segment) else np.zeros(0, np.int64)
        end = np.cumsum(width)
        offset = np.zeros(len(segment))
        if len(segment):
            offset = np.repeat(np.r_[0.0, end[first[1:] - 1]], np.diff(np.r_[first, len(segment)]))
        return cls(segment, name, first, name[first], end - offset - width, end - offset)

    def sorted_by(self, segments: Segments, slope: FloatArray) -> Side:
        """The same with ascending slopes, shape (m,), within each name; itself where they ascend already."""
        s = slope[self.segment]
        wrong = (s[1:] < s[:-1] - _DISORDER) & (self.name[1:] == self.name[:-1])
        return self if not wrong.any() else Side.of(segments, self.segment[np.lexsort((s, self.name))])

    def filled(self, amount: FloatArray) -> FloatArray:
        """How much of each piece is used when so much of its name is traded, shape (s,)."""
        return np.asarray(np.clip(amount[self.name] - self.start, 0.0, self.end - self.start), dtype=np.float64)


@dataclass(frozen=True)
class Curve:
    """What an amount a of each name costs beside its pieces: ``q/2 a^2 + pull a + power a^1.5``, each (n,)."""

    q: FloatArray
    pull: FloatArray
    power: FloatArray | None = None

    def at(self, owner: NDArray[np.int64], amount: FloatArray) -> FloatArray:
        """Cost of amounts of some names."""
        total = (0.5 * self.q[owner] * amount + self.pull[owner]) * amount
        if self.power is not None:
            total = total + self.power[owner] * np.maximum(amount, 0.0) ** 1.5
        return np.asarray(total, dtype=np.float64)


@dataclass(frozen=True)
class Best:
    """Best amounts of one side.

    Attributes
    ----------
    value, amount : ndarray of shape (n,)
        Least cost and where it is; infinite where the limits leave nothing.
    side : Side
        In the order in which it was filled.
    inside : ndarray of bool, shape (n,)
        Whether the amount would move with the prices.
    """

    value: FloatArray
    amount: FloatArray
    side: Side
    inside: NDArray[np.bool_]


def minimised(
    side: Side,
    slope: FloatArray,
    curve: Curve,
    low: FloatArray,
    high: FloatArray,
    *,
    step: FloatArray | None = None,
) -> Best:
    """Minimise the cost of each name's amount between its limits.

    Parameters
    ----------
    side : Side
        Pieces, with ascending slopes.
    slope : ndarray of shape (m,)
        Cost per unit of the block's segments.
    curve : Curve
        Cost beside them.
    low, high : ndarray of shape (n,)
        Limits of the amounts.
    step : ndarray of shape (n,), optional
        Amounts are multiples of it, or all there is.
    """
    n = len(curve.q)
    value, amount, inside = np.full(n, np.inf), np.zeros(n), np.zeros(n, dtype=np.bool_)
    if not len(side.segment):
        return Best(value, amount, side, inside)
    s, name, owner = slope[side.segment], side.name, side.owner
    candidate = -(curve.pull[name] + s) / curve.q[name]
    if curve.power is not None:
        # marginal cost q a + 3/2 power sqrt(a) + pull + s: a quadratic in the root
        wish, half = np.maximum(-(curve.pull[name] + s), 0.0), 1.5 * curve.power[name]
        root = 2.0 * wish / (half + np.sqrt(half * half + 4.0 * curve.q[name] * wish) + _TINY)
        candidate = np.where(candidate > 0, root * root, candidate)
    free = np.maximum.reduceat(np.minimum(candidate, side.end), side.first)
    total = np.maximum.reduceat(side.end, side.first)
    reach, floor = np.minimum(high[owner], total), low[owner]
    best = np.clip(free, floor, np.maximum(reach, floor))
    inside[owner] = np.logical_or.reduceat(candidate == np.repeat(free, np.diff(np.r_[side.first, len(s)])), side.first)
    inside[owner] &= (free > floor) & (free < reach)

    def cost(at: FloatArray) -> FloatArray:
        spread = np.zeros(n)
        spread[owner] = at
        return curve.at(owner, at) + np.add.reduceat(s * side.filled(spread), side.first)

    if step is None:
        value[owner] = np.where(floor <= reach + _TOLERANCE, cost(best), np.inf)
        amount[owner] = best
        return Best(value, amount, side, inside)
    least, most = np.full(len(owner), np.inf), best
    unit = step[owner]
    fewest, highest = np.maximum(np.ceil(floor / unit - _LATTICE), 0.0), np.floor(reach / unit + _LATTICE)
    below = np.floor(best / unit)
    for count in (below, below + 1.0):
        at = np.clip(count, fewest, highest) * unit
        there = np.where(fewest <= highest, cost(at), np.inf)
        least, most = np.where(there < least, there, least), np.where(there < least, at, most)
    everything = np.where((reach >= total * (1 - _LATTICE)) & (floor <= total + _TOLERANCE), cost(total), np.inf)
    least, most = np.where(everything < least, everything, least), np.where(everything < least, total, most)
    value[owner], amount[owner] = least, most
    return Best(value, amount, side, inside)
