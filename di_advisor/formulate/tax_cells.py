"""Cells of the tax as polygons of two gains: clipped by budgets, and what any price proves about them.

For any pair of prices p of short-term and long-term gain, let D(p) be the least of everything else
plus p times the gains. Then no plan whose gains lie in a cell is better than D(p) plus the least, over
the cell's corners, of tax minus p times gains: both are affine there. So one solve bounds every cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.schedule_d import TaxCell

__all__ = [
    "GAIN_BUDGET",
    "TAX_BUDGET",
    "Corners",
    "HalfPlane",
    "Region",
    "clipped",
    "corners_of",
    "hull_of",
    "regions_of",
]

GAIN_BUDGET, TAX_BUDGET = "gain budget", "tax budget"
"""Names of the rules that clip cells, and of their rows."""

_SLIVER = 1e-13
_SAME_LINE = 1e-9
_TRIANGLE = 3


@dataclass(frozen=True, eq=False)
class HalfPlane:
    """Points with ``normal . gains <= limit``; ``rule`` says which rule it comes from, empty for a cell's border."""

    normal: FloatArray
    limit: float
    rule: str = ""


@dataclass(frozen=True, eq=False)
class Region:
    """What budgets leave of a cell of the tax.

    Attributes
    ----------
    cell : TaxCell
        Rates and constant of the tax here.
    corners : ndarray of shape (c, 2)
        Of the region, fractions of the account's value.
    borders : tuple of HalfPlane
        Its edges, but for those that no plan can reach.
    """

    cell: TaxCell
    corners: FloatArray
    borders: tuple[HalfPlane, ...]

    @property
    def rates(self) -> FloatArray:
        """Tax per unit of short-term and of long-term gain, shape (2,)."""
        return np.array(self.cell.rates)

    def least_beside(self, prices: FloatArray) -> float:
        """Least of tax minus prices times gains in the region."""
        return float((self.cell.tax(self.corners) - self.corners @ prices).min())

    def excess(self, gains: FloatArray) -> float:
        """By how much a point is outside; 0 or less inside."""
        return max((float(b.normal @ gains) - b.limit for b in self.borders), default=-np.inf)


@dataclass(frozen=True, eq=False)
class Corners:
    """The corners of regions side by side, where any prices of the gains prove something of all of them at once.

    Attributes
    ----------
    at : ndarray of shape (regions, c, 2)
        Gains; the last corner of a region stands for those that it has fewer than others.
    tax : ndarray of shape (regions, c)
        By the plane of its region.
    """

    at: FloatArray
    tax: FloatArray

    def least_beside(self, prices: FloatArray) -> FloatArray:
        """Least of tax minus prices times gains in each region, shape (regions,)."""
        return np.asarray((self.tax - self.at @ prices).min(axis=1), dtype=np.float64)


@lru_cache(maxsize=16)
def corners_of(regions: tuple[Region, ...]) -> Corners:
    """The corners of some regions, in their order."""
    most = max((len(region.corners) for region in regions), default=1)
    at, tax = np.zeros((len(regions), most, 2)), np.zeros((len(regions), most))
    for i, region in enumerate(regions):
        own = len(region.corners)
        at[i, :own], at[i, own:] = region.corners, region.corners[-1]
        tax[i] = region.cell.tax(at[i])
    return Corners(at, tax)


def clipped(corners: FloatArray, normal: FloatArray, limit: float) -> FloatArray:
    """The part of a convex polygon on one side of a line, possibly empty."""
    side = corners @ normal - limit
    if side.max(initial=-np.inf) <= 0:
        return corners
    if side.min() > 0:
        return corners[:0]
    kept: list[FloatArray] = []
    for i, here in enumerate(side):
        j = (i + 1) % len(side)
        if here <= 0:
            kept.append(corners[i])
        if here * side[j] < 0:
            kept.append(corners[i] + (corners[j] - corners[i]) * (here / (here - side[j])))
    return np.array(kept).reshape(len(kept), 2)


def _edges(corners: FloatArray) -> list[HalfPlane]:
    found, points = [], corners.tolist()
    for (x, y), (right, up) in zip(points, points[1:] + points[:1], strict=True):
        along, across = right - x, up - y
        length = math.hypot(along, across)
        if length > _SLIVER:
            normal = np.array([across, -along]) / length
            found.append(HalfPlane(normal, float(normal[0] * x + normal[1] * y)))
    return found


def _on_line(edge: HalfPlane, line: HalfPlane) -> bool:
    """Whether a line carries an edge, whose normal has length one."""
    (x, y), (a, b) = edge.normal.tolist(), line.normal.tolist()
    size = math.hypot(a, b)
    if abs(x - a / size) >= _SAME_LINE or abs(y - b / size) >= _SAME_LINE:
        return False
    return abs(edge.limit - line.limit / size) < _SAME_LINE * (1 + abs(edge.limit))


def _region(cell: TaxCell, corners: FloatArray, budgets: Sequence[HalfPlane], reach: Sequence[HalfPlane]) -> Region:
    borders = []
    for edge in _edges(corners):
        if any(_on_line(edge, line) for line in reach):
            continue
        own = next((line for line in budgets if _on_line(edge, line)), None)
        borders.append(edge if own is None else replace(edge, rule=own.rule))
    return Region(cell, corners, tuple(borders))


def regions_of(
    cells: Iterable[TaxCell],
    least: FloatArray,
    most: FloatArray,
    *,
    gain_budget: float | None = None,
    tax_budget: float | None = None,
) -> tuple[Region, ...]:
    """The regions that a plan's gains may lie in.

    Parameters
    ----------
    cells : iterable of TaxCell
        Of the tax.
    least, most : ndarray of shape (2,)
        What can be realised at all.
    gain_budget, tax_budget : float, optional
        Most net gain, and most tax beyond that of doing nothing, fractions of the account.
    """
    room = _SAME_LINE + _SAME_LINE * (most - least)
    reach = [
        HalfPlane(sign * axis, float(sign * end[i] + room[i]))
        for i, axis in enumerate(np.eye(2))
        for sign, end in ((-1.0, least), (1.0, most))
    ]
    found = []
    for cell in cells:
        budgets = []
        if gain_budget is not None:
            budgets.append(HalfPlane(np.ones(2), gain_budget, GAIN_BUDGET))
        if tax_budget is not None and any(cell.rates):
            budgets.append(HalfPlane(np.array(cell.rates), tax_budget - cell.constant, TAX_BUDGET))
        elif tax_budget is not None and cell.constant > tax_budget:
            continue
        corners = cell.corners
        for line in (*reach, *budgets):
            corners = clipped(corners, line.normal, line.limit) if len(corners) else corners
        if len(corners) > 2 or (len(corners) and (budgets or len(cell.corners) < 3)):
            found.append(_region(cell, corners, budgets, reach))
    return tuple(found)


def hull_of(regions: Iterable[Region]) -> tuple[HalfPlane, ...]:
    """Half-planes around the corners of all regions: what every plan within any of them keeps.

    Andrew's monotone chain (1979).
    """
    points = sorted({(float(x), float(y)) for region in regions for x, y in region.corners})
    if len(points) < _TRIANGLE:
        return ()

    def chain(ordered: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for p in ordered:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], p) <= 0:
                kept.pop()
            kept.append(p)
        return kept[:-1]

    return tuple(_edges(np.array([*chain(points), *chain(points[::-1])])))


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
