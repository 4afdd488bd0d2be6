"""Straight pieces of a function that is written with plus, minus, scaling, larger and smaller.

Problem: the return's kinks come from brackets, phase-outs, limits and from which of two taxes is
larger; listing them by hand misses some, and searching for them by finite differences misses those
that lie close together. Decision: the function runs on a whole cell at once, on exact values at the
cell's corners. Wherever one of its comparisons turns inside the cell, the cell is cut exactly there
and both parts run again. What runs through is affine on its cell: the pieces are exact, cover
everything, and no kink is missed.

A cell is a segment (two corners, in one or two dimensions) or a convex polygon (corners in order).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from di_advisor.ledger.tax_return.kinds import OnCell, UndecidedError

__all__ = ["Piece", "Point", "cut", "straight_pieces"]

Point = tuple[Fraction, ...]
"""A point, one coordinate for each variable."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A cell on which every output is affine.

    Attributes
    ----------
    corners : tuple of Point
        Two ends of a segment, or the corners of a convex polygon in order.
    values : tuple of tuple of Fraction
        For each output its exact values at the corners.
    """

    corners: tuple[Point, ...]
    values: tuple[tuple[Fraction, ...], ...]


def cut(corners: tuple[Point, ...], difference: tuple[Fraction, ...]) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """Cut a cell where an affine function is zero.

    Parameters
    ----------
    corners : tuple of Point
        The cell.
    difference : tuple of Fraction
        The function's values at the corners; both signs occur.

    Returns
    -------
    tuple of two cells
        Where it is not below, and where it is not above zero.
    """
    above: list[Point] = []
    below: list[Point] = []
    for i, (corner, value) in enumerate(zip(corners, difference, strict=True)):
        if value >= 0:
            above.append(corner)
        if value <= 0:
            below.append(corner)
        following = (i + 1) % len(corners)
        is_edge = following or len(corners) > 2  # a segment has one edge, not two
        if is_edge and value * difference[following] < 0:
            share = value / (value - difference[following])
            crossing = tuple(a + (b - a) * share for a, b in zip(corner, corners[following], strict=True))
            above.append(crossing)
            below.append(crossing)
    return tuple(above), tuple(below)


def straight_pieces(
    function: Callable[[tuple[OnCell, ...]], tuple[OnCell, ...]], corners: tuple[Point, ...]
) -> tuple[Piece, ...]:
    """Cut a cell into pieces on which all outputs of a function are affine.

    Parameters
    ----------
    function : callable
        From the coordinates to the outputs, written with the operations of
        `di_advisor.ledger.tax_return.kinds`.
    corners : tuple of Point
        The cell to cover.

    Returns
    -------
    tuple of Piece
        They cover the cell and overlap in their borders only; neighbours may be equally steep.
    """
    waiting, done = [corners], []
    while waiting:
        cell = waiting.pop()
        coordinates = tuple(OnCell(along) for along in zip(*cell, strict=True))
        try:
            outputs = function(coordinates)
        except UndecidedError as undecided:
            waiting.extend(cut(cell, undecided.difference))
        else:
            done.append(Piece(cell, tuple(output.at_corners for output in outputs)))
    return tuple(done)
