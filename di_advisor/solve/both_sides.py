"""Names that may be sold and bought at once where amounts cost a 3/2 power: a bound on each one's best.

A name then minimises ``q/2 u^2 + lean u + C(s) + B(b)`` over what is sold (s) and bought (b), with
``u = b - s`` between its limits and C, B piecewise linear with a power: no list of pieces any more. Decision: a
price v on ``u = b - s`` takes it apart into three scalar problems with closed forms, whose sum is a lower bound at
every v, concave in it; v is halved down to the top, where it is the minimum (strong duality: all is convex).
Limits: where a step is left the bound is a hair low, never high.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.segments import Segments
from di_advisor.solve.scalar import Curve, Side, minimised

if TYPE_CHECKING:
    from di_advisor.solve.choices import Restriction
    from di_advisor.solve.prices import PricedNames, Prices

__all__ = ["Ends", "both_at_once", "bound_within"]

_HALVINGS = 60
_FLATTEST = 1e-14
"""Curvature that keeps the closed forms finite; on amounts below one it costs less than round-off."""


@dataclass(frozen=True)
class Ends:
    """The sides of some names: pieces that may be used, and limits of the net trade, each of shape (n,)."""

    sold: Side
    bought: Side
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def of(cls, segments: Segments, usable: NDArray[np.bool_], lower: FloatArray, upper: FloatArray) -> Ends:
        """From the pieces that may be used, shape (m,), and the limits."""
        at = np.flatnonzero(usable)
        at = at[np.argsort(segments.name[at], kind="stable")]
        sell = segments.sell[at]
        return cls(Side.of(segments, at[sell]), Side.of(segments, at[~sell]), lower, upper)


def both_at_once(segments: Segments, ends: Ends, slope: FloatArray, net: Curve, power: FloatArray) -> FloatArray:
    """Lower bound of each name's minimum relative to doing nothing, shape (n,).

    Parameters
    ----------
    segments : Segments
        Of the block.
    ends : Ends
        What may be used.
    slope : ndarray of shape (m,)
        Cost per unit of the segments.
    net : Curve
        Of the net trade: its quadratic and its lean.
    power : ndarray of shape (n, 2)
        Per 3/2 power of what is sold, and bought.
    """
    sold, bought = ends.sold.sorted_by(segments, slope), ends.bought.sorted_by(segments, slope)
    q, lean = np.maximum(net.q, _FLATTEST), net.pull
    flat, zero, most = np.full(len(q), _FLATTEST), np.zeros(len(q)), np.full(len(q), np.inf)

    def parts(v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The bound at prices v, and how far the net trade is above what is bought less what is sold."""
        u = np.clip((v - lean) / q, ends.lower, ends.upper)
        value = (0.5 * q * u + lean - v) * u
        s = minimised(sold, slope, Curve(flat, -v, power[:, 0]), zero, most)
        b = minimised(bought, slope, Curve(flat, v, power[:, 1]), zero, most)
        value = value + np.where(np.isfinite(s.value), s.value, 0.0) + np.where(np.isfinite(b.value), b.value, 0.0)
        return value, u - (b.amount - s.amount)

    low, high = _around(segments, ends, slope, q, lean, power)
    best = np.maximum(parts(low)[0], parts(high)[0])
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        value, over = parts(middle)
        best = np.maximum(best, value)
        low, high = np.where(over < 0, middle, low), np.where(over < 0, high, middle)
    return np.asarray(best, dtype=np.float64)


def _around(
    segments: Segments, ends: Ends, slope: FloatArray, q: FloatArray, lean: FloatArray, power: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Prices below and above any marginal cost there can be."""
    n = len(q)
    largest, total = np.zeros(n), np.zeros(n)
    np.maximum.at(largest, segments.name, np.abs(slope))
    for side in (ends.sold, ends.bought):
        np.add.at(total, side.name, side.end - side.start)
    reach = np.maximum(total, np.maximum(np.abs(ends.lower), np.abs(ends.upper)))
    reach = np.where(np.isfinite(reach), reach, total)
    most = 1.0 + largest + np.abs(lean) + q * reach + 1.5 * power.max(axis=1) * np.sqrt(total)
    return -most, most


def bound_within(names: PricedNames, limits: Restriction, prices: Prices) -> float:
    """Lower bound of a convex problem in which every name may be sold and bought at once within its limits.

    The limits on numbers are no part of it.
    """
    clean = replace(names.sanitised(prices), held=0.0, traded=0.0)
    block = names.block
    z0, own = block.holdings.active, clean.risk * block.risk.specific_variance_per_year
    charged = block.risk.exposures @ clean.exposures + clean.rows @ names.row_active
    net = Curve(2.0 * (own + block.impact), 2.0 * own * z0 + charged)
    slope = block.segments.slope + clean.rows @ names.row_segments
    ends = Ends.of(block.segments, limits.open_segments, limits.active_lower - z0, limits.active_upper - z0)
    power = np.zeros((len(z0), 2)) if block.power is None else block.power
    best = both_at_once(block.segments, ends, slope, net, power)
    return float((own * z0 + charged) @ z0 + best.sum()) + names.coupling(clean, reserved=True)
