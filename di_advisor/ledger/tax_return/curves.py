"""Tax as a function of gain: a curve of straight pieces, and a surface of planes. Not tax advice.

Both are exact. A curve holds its knots (where the slope changes) and slopes; a surface holds the
cells of the plane of short-term and long-term gain with one plane each. Tax above zero is owed, so
a slope is what the next dollar of gain costs, and what the next dollar of loss saves.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from di_advisor.domain.amounts import Exact
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return.pieces import Piece, Point

__all__ = ["Plane", "TaxCurve", "TaxSurface", "curve_of", "plane_of"]


@dataclass(frozen=True, slots=True)
class TaxCurve:
    """A continuous, piecewise linear amount in USD along one axis in USD.

    Attributes
    ----------
    knots_usd : tuple of Fraction, length n
        Where the slope changes, rising.
    values_usd : tuple of Fraction, length n
        The amount at the knots.
    slopes : tuple of Fraction, length n + 1
        Before the first knot, between knots, after the last.
    at_zero_usd : Fraction
        The amount at 0.
    """

    knots_usd: tuple[Fraction, ...]
    values_usd: tuple[Fraction, ...]
    slopes: tuple[Fraction, ...]
    at_zero_usd: Fraction

    def at(self, x_usd: Exact | int) -> Fraction:
        """The exact amount at one point."""
        x = Fraction(x_usd)
        i = bisect_right(self.knots_usd, x)
        if not self.knots_usd:
            return self.at_zero_usd + self.slopes[0] * x
        nearest = max(0, i - 1)
        return self.values_usd[nearest] + self.slopes[i] * (x - self.knots_usd[nearest])

    def slope_above(self, x_usd: Exact | int = 0) -> Fraction:
        """Slope just above a point: what the next dollar of gain costs there."""
        return self.slopes[bisect_right(self.knots_usd, Fraction(x_usd))]

    def slope_below(self, x_usd: Exact | int = 0) -> Fraction:
        """Slope just below a point: what the next dollar of loss saves there."""
        return self.slopes[bisect_left(self.knots_usd, Fraction(x_usd))]

    def as_arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Knots, values at the knots, and slopes, float64 of shapes (n,), (n,), (n + 1,)."""
        knots, values, slopes = (
            np.array([float(each) for each in exact_values])
            for exact_values in (self.knots_usd, self.values_usd, self.slopes)
        )
        return knots, values, slopes

    def at_many(self, x_usd: ArrayLike) -> NDArray[np.float64]:
        """Amounts at many points, float64 of the points' shape."""
        x = np.asarray(x_usd, dtype=np.float64)
        knots, values, slopes = self.as_arrays()
        if not len(knots):
            return np.asarray(float(self.at_zero_usd) + slopes[0] * x)
        i = np.searchsorted(knots, x, side="right")
        nearest = np.maximum(0, i - 1)
        return np.asarray(values[nearest] + slopes[i] * (x - knots[nearest]))


@dataclass(frozen=True, slots=True)
class Plane:
    """An affine amount on a convex cell of the plane of gains.

    Attributes
    ----------
    corners_usd : tuple of (short, long)
        The cell, counter-clockwise.
    constant_usd, per_short, per_long : Fraction
        The amount is ``constant_usd + per_short * short + per_long * long``.
    """

    corners_usd: tuple[Point, ...]
    constant_usd: Fraction
    per_short: Fraction
    per_long: Fraction

    def holds(self, short_usd: Fraction, long_usd: Fraction) -> bool:
        """Whether a point lies in the cell or on its border."""
        turns = [
            (b[0] - a[0]) * (long_usd - a[1]) - (b[1] - a[1]) * (short_usd - a[0])
            for a, b in zip(self.corners_usd, (*self.corners_usd[1:], self.corners_usd[0]), strict=True)
        ]
        return all(each >= 0 for each in turns)

    def at(self, short_usd: Fraction, long_usd: Fraction) -> Fraction:
        """The plane's amount at a point, inside its cell or not."""
        return self.constant_usd + self.per_short * short_usd + self.per_long * long_usd


@dataclass(frozen=True, slots=True)
class TaxSurface:
    """A continuous amount in USD over a rectangle of short-term and long-term gain.

    Attributes
    ----------
    planes : tuple of Plane
        Their cells cover the rectangle; neighbours may be parts of one plane.
    """

    planes: tuple[Plane, ...]

    def at(self, short_usd: Exact | int, long_usd: Exact | int) -> Fraction:
        """The exact amount at a point of the rectangle.

        Raises
        ------
        InputError
            If the point lies outside.
        """
        short, long = Fraction(short_usd), Fraction(long_usd)
        for plane in self.planes:
            if plane.holds(short, long):
                return plane.at(short, long)
        raise InputError(
            f"The point ({short_usd}, {long_usd}) lies outside the surface.", hint="Ask for a surface that covers it."
        )

    def slopes(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """The distinct pairs of slopes (per short, per long), sorted."""
        return tuple(sorted({(plane.per_short, plane.per_long) for plane in self.planes}))


def curve_of(pieces: Sequence[Piece], output: int) -> TaxCurve:
    """Join segments along one axis into a curve of one output, without knots that are none.

    Parameters
    ----------
    pieces : sequence of Piece
        Segments in one dimension that cover a range around 0.
    output : int
        Which output.
    """
    ends = sorted((tuple(zip((c[0] for c in p.corners), p.values[output], strict=True)) for p in pieces), key=min)
    knots: list[Fraction] = []
    values: list[Fraction] = []
    slopes: list[Fraction] = []
    at_zero = Fraction(0)
    for (low, low_value), (high, high_value) in (sorted(segment) for segment in ends):
        slope = (high_value - low_value) / (high - low)
        if low <= 0 <= high:
            at_zero = low_value - slope * low
        if slopes and slope == slopes[-1]:
            continue
        if slopes:
            knots.append(low)
            values.append(low_value)
        slopes.append(slope)
    return TaxCurve(tuple(knots), tuple(values), tuple(slopes), at_zero)


def plane_of(piece: Piece, output: int) -> Plane:
    """The plane of one output on a polygon, by three of its corners."""
    (x0, y0), (x1, y1) = piece.corners[:2]
    value = piece.values[output]
    for (x2, y2), third in zip(piece.corners[2:], value[2:], strict=True):
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area:
            rise_1, rise_2 = value[1] - value[0], third - value[0]
            per_short = (rise_1 * (y2 - y0) - rise_2 * (y1 - y0)) / area
            per_long = (rise_2 * (x1 - x0) - rise_1 * (x2 - x0)) / area
            return Plane(piece.corners, value[0] - per_short * x0 - per_long * y0, per_short, per_long)
    raise InputError("A cell of the surface has no area.", hint="Give ranges whose ends differ.")
