"""Piecewise-linear trading cost: chords of the power curve, as many as the accuracy asks for.

Problem: ``v^1.5`` needs a cone solver. Decision: chords over knots at ``V (j/K)^2`` (the spacing that
suits a curve whose slope grows like a square root), V the usual size of a trade of the name and K
from 1 to 8, as many as keep the error near `TOLERANCE_BPS` of V; one more chord reaches the largest
trade allowed. Chords lie above the curve, so cost is never understated. Limits: a name with a very
large impact errs more even with 8 (`worst_error_bps` says how much), and trades far beyond the usual
size are charged too much, never too little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import as_floats, is_compiled
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import FloatArray
from di_advisor.units import bps_from_fraction, fraction_from_bps

__all__ = ["MAX_KNOTS", "TOLERANCE_BPS", "CostChords", "Drawn", "Fineness", "chords", "shared_quadratic"]

MAX_KNOTS = 8
TOLERANCE_BPS = 0.1


class Fineness(NamedTuple):
    """How fine chords are drawn.

    Attributes
    ----------
    chord_error : float
        Worst error of K chords of ``v^1.5`` on [0, V], times K^2, in units of V^1.5.
    tolerance : float
        Error that is left, a share of the usual size.
    most : int
        Chords up to the usual size.
    shortest : float
        Usual size of a name that does not trade.
    same : float
        Largest trades that pass the usual size by no more than this share are no larger.
    """

    chord_error: float
    tolerance: float
    most: int
    shortest: float
    same: float


_FINENESS = Fineness(0.375, fraction_from_bps(TOLERANCE_BPS), MAX_KNOTS, 1e-12, 1e-9)


@dataclass(frozen=True)
class Drawn:
    """Chords as they were drawn, before they became slopes.

    Attributes
    ----------
    knots, slope : ndarray of shape (n, K + 1), (n, K)
        Trade sizes, and slopes of the chords of ``v^1.5``.
    powers, extras : ndarray of shape (s, n)
        Coefficients of the power and of the square that is not shared, of each side.
    usual : ndarray of shape (n,)
        Usual sizes of trades.
    count : int
        Chords up to the usual size.
    """

    knots: FloatArray
    slope: FloatArray
    powers: FloatArray
    extras: FloatArray
    usual: FloatArray
    count: int

    @property
    def worst_bps(self) -> float:
        """Largest distance to the curve up to the usual size, over all names, in bps of that size."""
        start, slope, run = self.knots[:, :-1], self.slope, np.diff(self.knots, axis=1)
        touch = np.clip((slope / 1.5) ** 2, start, self.knots[:, 1:])  # where the curve is parallel to the chord
        gap = np.where(run > 0, slope * (touch - start) + start**1.5 - touch**1.5, 0.0)
        near = gap[:, : self.count].max(axis=1, initial=0.0)
        widest = run[:, : self.count].max(axis=1, initial=0.0)  # of a square, a quarter of a chord's width squared
        dearest = self.powers.max(axis=0) * near + 0.25 * self.extras.max(axis=0) * widest**2
        worst = dearest / np.maximum(self.usual, _FINENESS.shortest)
        return bps_from_fraction(float(worst.max(initial=0.0)))


@dataclass(frozen=True)
class CostChords:
    """Convex piecewise-linear cost of n names, in fractions of account value.

    Attributes
    ----------
    knots : ndarray of shape (n, K + 1)
        Ascending trade sizes from 0 to the largest trade; a name that needs fewer repeats its last.
    slopes : ndarray of shape (n, K)
        Cost per unit traded between knots, ascending.
    error : float or Drawn
        Largest distance to the curve up to the usual size, over all names, in bps of that size, or what it follows
        from: few ask for it.
    sell_slopes : ndarray of shape (n, K), optional
        Of sales, where they differ from those of buys.
    """

    knots: FloatArray
    slopes: FloatArray
    error: float | Drawn
    sell_slopes: FloatArray | None = None

    @property
    def worst_error_bps(self) -> float:
        """Largest distance to the curve up to the usual size, over all names, in bps of that size."""
        return self.error.worst_bps if isinstance(self.error, Drawn) else self.error

    def side(self, *, selling: bool) -> CostChords:
        """The chords of one side."""
        if self.sell_slopes is None:
            return self
        return CostChords(self.knots, self.sell_slopes if selling else self.slopes, self.error)

    def of_names(self, at: NDArray[np.int64]) -> CostChords:
        """The chords of a few names, in this order."""
        selling = None if self.sell_slopes is None else self.sell_slopes[at]
        return CostChords(self.knots[at], self.slopes[at], self.error, selling)

    def cost(self, traded: FloatArray) -> FloatArray:
        """Cost of buying ``traded`` (at least 0) of each name, shape (n,); the last slope goes on."""
        found = np.zeros(len(traded))
        at = np.flatnonzero(traded)  # of hundreds of names few trade
        if len(at):
            some, knots, slopes = traded[at], self.knots[at], self.slopes[at]
            filled = np.minimum(np.maximum(some[:, None] - knots[:, :-1], 0.0), knots[:, 1:] - knots[:, :-1])
            beyond = np.maximum(some - knots[:, -1], 0.0)
            found[at] = (filled * slopes).sum(axis=1) + beyond * slopes[:, -1]
        return found


def chords(curves: CostCurves, largest: FloatArray, value_usd: float, usual: FloatArray | None = None) -> CostChords:
    """Chords of the cost curves without the quadratic part that both sides share (`shared_quadratic`).

    Parameters
    ----------
    curves : CostCurves
        Linear and 3/2-power coefficients, in USD of dollars traded.
    largest : ndarray of shape (n,)
        Largest trade of each name, fraction of the account.
    value_usd : float
        Account value.
    usual : ndarray of shape (n,), optional
        Usual size of a trade, where the chords are close to the curve; the largest when left out.
    """
    usual = largest if usual is None else np.minimum(usual, largest)
    sides = [curves] if curves.selling is None else [curves, curves.selling]
    shared = shared_quadratic(curves)
    linear = np.array([c.linear for c in sides])
    powers = np.array([c.three_halves for c in sides]) * np.sqrt(value_usd)  # cost weight per traded weight^1.5
    extras = np.array([c.quadratic - shared for c in sides]) * value_usd  # per traded weight^2, beside what is shared
    draw = _drawn_by_loops if is_compiled() else _drawn
    count, knots, slope, slopes = draw(as_floats(usual), as_floats(largest), linear, powers, extras)
    drawn = Drawn(knots, slope, powers, extras, usual, count)
    return CostChords(knots, slopes[0], drawn, slopes[1] if len(slopes) > 1 else None)


def _drawn_by_loops(
    usual: FloatArray, largest: FloatArray, linear: FloatArray, powers: FloatArray, extras: FloatArray
) -> tuple[int, FloatArray, FloatArray, FloatArray]:
    """`_drawn` in compiled loops."""
    from di_advisor.formulate.cost_knot_loops import drawn_by_loops

    return drawn_by_loops(usual, largest, linear, powers, extras, _FINENESS)


def _drawn(
    usual: FloatArray, largest: FloatArray, linear: FloatArray, powers: FloatArray, extras: FloatArray
) -> tuple[int, FloatArray, FloatArray, FloatArray]:
    """Chords up to the usual size, knots (n, K + 1), and slopes: of the power (n, K), of each side's cost (s, n, K)."""
    single = _FINENESS.chord_error * powers.max(axis=0) * np.sqrt(usual) + extras.max(axis=0) * usual
    pieces = np.ceil(np.sqrt(single / _FINENESS.tolerance))
    pieces = np.minimum(np.maximum(pieces, 1), _FINENESS.most).astype(np.int64)
    count = int(pieces.max(initial=1))
    steps = np.minimum(np.arange(count + 1)[None, :] / pieces[:, None], 1.0)
    knots = np.maximum(usual, _FINENESS.shortest)[:, None] * steps**2
    beyond = largest > usual * (1 + _FINENESS.same)
    if beyond.any():
        knots = np.concatenate([knots, np.where(beyond, largest, knots[:, -1])[:, None]], axis=1)
    height = knots * np.sqrt(knots)
    rise, run = height[:, 1:] - height[:, :-1], knots[:, 1:] - knots[:, :-1]
    slope = np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)
    rising, square = _rising(slope), _rising(np.where(run > 0, knots[:, :-1] + knots[:, 1:], 0.0))
    return count, knots, slope, linear[:, :, None] + powers[:, :, None] * rising + extras[:, :, None] * square


def _rising(slope: FloatArray) -> FloatArray:
    """The largest slope so far of each name: column by column, which for a few columns is quicker than along rows."""
    found = slope.copy()
    for k in range(1, found.shape[1]):
        np.maximum(found[:, k], found[:, k - 1], out=found[:, k])
    return found


def shared_quadratic(curves: CostCurves) -> FloatArray:
    """The quadratic coefficient that buys and sales have in common, USD per USD^2, shape (n,)."""
    return curves.quadratic if curves.selling is None else np.minimum(curves.quadratic, curves.selling.quadratic)
