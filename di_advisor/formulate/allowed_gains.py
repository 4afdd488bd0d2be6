"""What a tax budget allows of the two net gains of a year, as convex parts.

Problem: the gains whose tax stays within a budget are a set with dents, since the tax bends both ways; around all
of it there is only its hull, and a plan within the hull may pass the budget. Decision: no dollar of gain lowers
the tax, so whatever is below an allowed point is allowed, and the border falls from left to right. It is cut at
its dents: the part between two of them, with all that lies below, is convex, its half-planes count both gains at
no less than nothing, and the parts together are the whole set. So each is a problem with rows, and the best of
their plans is the best of all. Limits: where some rate of a return is below nothing there are no such parts.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.schedule_d import ScheduleDTax, cells_of
from di_advisor.formulate.tax_cells import HalfPlane, regions_of

__all__ = ["AllowedParts", "allowed_parts"]

AllowedParts = tuple[tuple[HalfPlane, ...], ...]
"""Each part by its half-planes; one empty part where all that can be counted is allowed, no part where nothing is."""

_AT_THE_LIMIT = 1e-11
_SAME = 1e-12
_DENT = 1e-9
"""Sine of the angle from which on a border has a dent."""


def allowed_parts(tax: ScheduleDTax, upper: float, least: FloatArray, most: FloatArray) -> AllowedParts | None:
    """Convex parts of the gains that a tax budget allows; None where a rate is below nothing.

    Parameters
    ----------
    tax : ScheduleDTax
        The law.
    upper : float
        The budget, a fraction of the account's value.
    least, most : ndarray of shape (2,)
        Gains that can be counted at all, fractions.
    """
    within = np.minimum(least, 0.0), np.maximum(most, 0.0)
    cells = cells_of(tax.law, *within, tax.holdings.value_usd)
    if min(min(cell.rates) for cell in cells) < -_SAME:
        return None
    regions = regions_of(cells, least, most, tax_budget=upper)
    points = [
        point
        for region in regions
        for point, owed in zip(region.corners, region.cell.tax(region.corners), strict=True)
        if abs(float(owed) - upper) <= _AT_THE_LIMIT
    ]
    if not points:
        return ((),) if regions else ()
    return _parts(_border(np.array(points)))


def _border(points: FloatArray) -> FloatArray:
    """The corners of the border, from left to right and downwards."""
    kept = [p for p in points if not ((points > p + _SAME).all(axis=1)).any()]
    ordered = sorted(kept, key=lambda p: (float(p[0]), -float(p[1])))
    found = [ordered[0]]
    for point in ordered[1:]:
        if np.abs(point - found[-1]).max() > _AT_THE_LIMIT:
            found.append(np.array([point[0], min(point[1], found[-1][1])]))
    return np.array(found)


def _parts(border: FloatArray) -> AllowedParts:
    dents = [i for i in range(1, len(border) - 1) if _turn(border[i - 1], border[i], border[i + 1]) > _DENT]
    ends = [0, *dents, len(border) - 1]
    if len(border) == 1:  # a budget that a corner of all that can be counted just meets
        return (tuple(HalfPlane(axis, float(border[0] @ axis)) for axis in np.eye(2)),)
    found = []
    for first, last in pairwise(ends):
        lines = [_line(a, b) for a, b in pairwise(border[first : last + 1])]
        if first and lines[0].normal[0] > 0:
            lines.append(HalfPlane(np.array([0.0, 1.0]), float(border[first][1])))
        if last < len(border) - 1 and lines[-1].normal[1] > 0:
            lines.append(HalfPlane(np.array([1.0, 0.0]), float(border[last][0])))
        found.append(tuple(lines))
    return tuple(found)


def _line(a: FloatArray, b: FloatArray) -> HalfPlane:
    along = b - a
    normal = np.maximum(np.array([-along[1], along[0]]), 0.0) / float(np.hypot(*along))
    return HalfPlane(normal, float(normal @ a))


def _turn(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    """Sine of the turn to the left at the second of three points."""
    one, other = b - a, c - b
    return float(one[0] * other[1] - one[1] * other[0]) / float(np.hypot(*one) * np.hypot(*other))
